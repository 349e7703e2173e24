"""Taking in: the first chapter of a case's life (收件, 受理, 补正, 不予受理, 撤回).

行政许可法 §32 binds permits; other items follow the same path under their own basis. How a case is
written down: `opening`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import lifecycle, opening, permissions, rules, step, terms
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, CaseMaterial, Pause
from yichuang.cases.opening import replayed
from yichuang.cases.rules import Submission
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal

__all__ = [
    "accept",
    "ask_correction",
    "correct",
    "decline",
    "deem_accepted",
    "replayed",
    "take_in",
    "withdraw",
]


def take_in(*, submission: Submission, by: Actor, at: datetime) -> step.Receipt:
    """Take one matter in: applicant, answers, materials, clock, number, paper, journal, tasks, in
    one transaction. The same idempotency key gives the same receipt, and nothing twice.

    Raises Refusal: what rules.check_* and opening.opened say, "idempotency-key-reused" (409) for a
    key with other content.
    """
    submission = submission.visible()
    rules.check_shape(submission).enforce()
    accepts = submission.outcome != rules.RECEIVE
    permissions.may_take_in(by, submission.outlet_code, accepts=accepts).enforce(status=403)
    event = rules.EVENT_OF_OUTCOME[submission.outcome]
    return opening.begin(submission, event=event, by=by, at=at)


def accept(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Accept what was received (受理): everything is there, so the term starts today."""

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        missing = _missing(case)
        if missing:
            raise Refusal(
                "materials-missing",
                _("还缺：%(names)s。") % {"names": "、".join(missing)},
                remedy=_("请一次告知申请人全部要补正的内容。"),
                basis="行政许可法第32条第1款第4项",
            )
        # what was corrected from home was whole on the day it was all there (§32)
        return _accepted(case, timezone.localdate(case.supplied_at or at))

    return step.advance(case_id=case_id, event="accept", seq=seq, by=by, at=at, work=work)


def correct(
    *, case_id: uuid.UUID, seq: int, supplied: Sequence[int], by: Actor, at: datetime
) -> step.Receipt:
    """Take in what was missing (补正) and accept: the day all is supplied is the day of acceptance.

    supplied: positions of the materials now handed in. Raises "materials-missing" while any is
    still outstanding; nothing beyond the one notice may be asked for.
    """

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        CaseMaterial.objects.filter(case=case, position__in=supplied, state=rules.MISSING).update(
            state=rules.SUBMITTED
        )
        missing = _missing(case)
        if missing:
            raise Refusal(
                "materials-missing",
                _("还缺：%(names)s。") % {"names": "、".join(missing)},
                remedy=_("补正通知里列出的材料收齐后再受理。"),
                basis="行政许可法第32条第1款第4项",
            )
        today = timezone.localdate(at)
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=today)
        change = _accepted(case, today)
        change.columns["supplied_at"] = at
        return change

    return step.advance(case_id=case_id, event="correct", seq=seq, by=by, at=at, work=work)


def ask_correction(
    *, case_id: uuid.UUID, seq: int, missing: Sequence[int], problem: str, by: Actor, at: datetime
) -> step.Receipt:
    """Tell everything that is missing or wrong, once (一次性补正告知), within 5 working days."""
    rules.check_reason(problem, what=_("补正告知")).enforce()

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        CaseMaterial.objects.filter(case=case, position__in=missing).update(
            state=rules.MISSING, note=problem[:300]
        )
        names = _missing(case)
        if not names:
            raise Refusal(
                "nothing-to-correct",
                _("没有选择要补正的材料。"),
                remedy=_("请勾选要补正的材料，或直接受理。"),
            )
        step.correction(case, row, timezone.localdate(at)).save()
        return step.Change(columns={"paused": True}, payload={"missing": names, "problem": problem})

    return step.advance(case_id=case_id, event="ask_correction", seq=seq, by=by, at=at, work=work)


def decline(
    *, case_id: uuid.UUID, seq: int, reason: str, where_to_go: str = "", by: Actor, at: datetime
) -> step.Receipt:
    """Refuse to accept (不予受理), with reasons, where to go instead, and the remedies."""
    rules.check_reason(reason, what=_("不予受理")).enforce()
    step.check_lengths("decline", where_to_go)

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=timezone.localdate(at))
        return step.Change(
            columns={"decided_at": at, "paused": False},
            payload={"reason": reason, "where_to_go": where_to_go},
            facts={"reasons": [reason], "where_to_go": where_to_go},
        )

    return step.advance(case_id=case_id, event="decline", seq=seq, by=by, at=at, work=work)


def deem_accepted(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Nobody asked for anything within 5 working days: accepted from the day the materials came,
    or from the day all was supplied."""

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        filed = timezone.localdate(case.supplied_at or case.filed_at)
        last = terms.computed(filed, lifecycle.CHECK_DAYS, calendar(), ())
        if last is None or timezone.localdate(at) <= last.due:
            raise Refusal(
                "check-period-runs",
                _("5个工作日的审查期还没有过。"),
                remedy=_("请在期限内受理或一次性告知补正。"),
                basis="行政许可法第32条第1款第4项",
                status=409,
            )
        return _accepted(case, filed)

    return step.advance(case_id=case_id, event="deem_accepted", seq=seq, by=by, at=at, work=work)


def withdraw(*, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> step.Receipt:
    """The applicant takes the application back; a window may record it for them."""
    work = _withdrawing(reason, at)
    return step.advance(case_id=case_id, event="withdraw", seq=seq, by=by, at=at, work=work)


def withdrawn(*, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> step.Taken:
    """As `withdraw`, inside the caller's transaction and without the entry."""
    work = _withdrawing(reason, at)
    return step.taken(case_id=case_id, event="withdraw", seq=seq, by=by, at=at, work=work)


def _withdrawing(reason: str, at: datetime) -> step.Work:
    step.check_lengths("withdraw", reason)

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=timezone.localdate(at))
        return step.Change(columns={"paused": False}, payload={"reason": reason})

    return work


def _missing(case: Case) -> list[str]:
    rows = CaseMaterial.objects.filter(case=case, state=rules.MISSING)
    return list(rows.values_list("name", flat=True))


def _accepted(case: Case, day: date) -> step.Change:
    term = terms.term(
        start=day,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=0,
        pauses=(),
        calendar=calendar(),
    )
    columns: dict[str, Any] = {
        "accepted_on": day,
        "due_on": term.due_on,
        "legal_due_on": term.legal_due_on,
        "work_by": term.work_by,
        "paused": False,
    }
    return step.Change(columns=columns, payload={"accepted_on": day.isoformat()})
