"""Applying from home (行政许可法 §29): filing, handing in what was missing. Withdrawing: `intake`.

A resident files for themselves, for their child, for a unit or for somebody who entrusted them; the
applicant is the one whose matter it is, and the case belongs to the account that filed it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order, OutletFacts
from yichuang.cases import later, lifecycle, opening, permissions, rules, step, terms
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, CaseMaterial, Pause
from yichuang.cases.rules import MaterialEntry, Submission
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal


def outlet_for(order: Order, item_code: str, place_code: str, on: date) -> str:
    """The counter that takes in what is filed from home: the centre of the place's town where it
    lists the item, else the county's hall. No SQL. Raises the centre's refusal where neither does.
    """
    refusal = None
    for counter in counters_for(order, place_code):
        try:
            order.ruling(item_code, place_code, counter.outlet.code, on).verdict.enforce()
        except Refusal as found:
            refusal = refusal or found
        else:
            return counter.outlet.code
    raise refusal or _nowhere()


def counters_for(order: Order, place_code: str) -> list[OutletFacts]:
    """The counters that may take in what is filed from home, the nearest first."""
    centre = order.centre_of(order.place(place_code))
    county = place_code[:6]
    halls = [
        facts
        for code, facts in sorted(order.outlets.items())
        if facts.outlet.kind == "hall" and code.startswith(county)
    ]
    return [centre, *halls] if centre else halls


def _nowhere() -> Refusal:
    return Refusal(
        "outlet-unknown",
        _("这个地方没有可以网上收件的窗口。"),
        remedy=_("请向县政务服务大厅咨询。"),
        status=404,
    )


def answers_for(order: Order, place_code: str) -> str:
    """The counter that answers for a whole 一件事 filed from home: the centre of the place's town,
    else the county's hall. No SQL. Refusal "outlet-unknown"."""
    counters = counters_for(order, place_code)
    if not counters:
        raise _nowhere()
    return counters[0].outlet.code


def file(*, submission: Submission, by: Actor, at: datetime) -> step.Receipt:
    """Hand an application in from home: received, with five working days to accept or to ask.

    The outlet is chosen (`outlet_for`) where the submission names none. The form must be whole; a
    material that is not a form comes as a file, or is said to be missing, and then the window tells
    once what is to be brought. Raises what `opening.opened` does, "not-a-resident" (403),
    "file-missing".
    """
    permissions.may_file(by).enforce(status=403)
    submission = replace(submission.visible(), outcome=rules.RECEIVE, channel=opening.PORTAL)
    rules.check_shape(submission).enforce()
    if not submission.outlet_code:
        found = outlet_for(
            authority.order(),
            submission.item_code,
            submission.place_code,
            timezone.localdate(at),
        )
        submission = replace(submission, outlet_code=found)
    return opening.begin(submission, event="file", by=by, at=at)


def receipt_of(case_id: uuid.UUID) -> step.Receipt:
    """The receipt of what was filed, with the case as it stands now. 3 SQL."""
    return opening.again(Case.objects.get(pk=case_id))


def supply(
    *,
    case_id: uuid.UUID,
    seq: int,
    supplied: Sequence[MaterialEntry],
    by: Actor,
    at: datetime,
) -> step.Receipt:
    """Hand in, from home, everything the one notice named: the case is looked at again, and the day
    of acceptance will be this day (行政许可法 §32).

    Raises "materials-missing" while anything is outstanding, "material-not-outstanding".
    """

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        names = later.hand_in(case, supplied, waiting_for=rules.MISSING, by=by)
        rows = CaseMaterial.objects.filter(case=case, state=rules.MISSING)
        missing = list(rows.values_list("name", flat=True))
        if missing:
            raise Refusal(
                "materials-missing",
                _("还缺：%(names)s。") % {"names": "、".join(missing)},
                remedy=_("请一次补齐补正通知列出的全部材料；也可以带到窗口补交。"),
                basis="行政许可法第32条第1款第4项",
                field="materials",
            )
        today = timezone.localdate(at)
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=today)
        term = terms.term(
            start=today,
            promised_days=lifecycle.CHECK_DAYS,
            legal_days=None,
            extension_days=0,
            pauses=(),
            calendar=calendar(),
        )
        return step.Change(
            columns={
                "paused": False,
                "supplied_at": at,
                "due_on": term.due_on,
                "work_by": term.work_by,
            },
            payload={"supplied": names},
        )

    return step.advance(case_id=case_id, event="supply", seq=seq, by=by, at=at, work=work)
