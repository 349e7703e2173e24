"""容缺后补: secondary materials that may follow within some working days, and being reminded of them.

Nothing is refused silently for what did not follow: it cannot be granted, everybody sees that it is
overdue, the applicant is told once, and a person decides what becomes of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import lifecycle, rules, step, terms
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, CaseMaterial
from yichuang.cases.rules import CheckedMaterial, ListedMaterial, MaterialEntry
from yichuang.clock.queries import calendar
from yichuang.files import queries as stored
from yichuang.journal.actions import record
from yichuang.journal.models import Entry
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal

REMINDED = "case.later_overdue"  # no step: it moves nothing, and it happens once
RUNNING = (lifecycle.ACCEPTED, lifecycle.REVIEWED, lifecycle.SPECIAL)


def with_days(
    materials: Sequence[CheckedMaterial], listed: Sequence[ListedMaterial], today: date
) -> tuple[CheckedMaterial, ...]:
    """The materials, each that follows later with its last day. Refusal "later-day-unknown" where
    no calendar reaches that far: a day is promised or it is not, never guessed."""
    days = {row.position: row.later_days for row in listed}
    found = []
    for row in materials:
        if row.state == rules.LATER:
            last = terms.computed(today, days[row.position] or 0, calendar(), ())
            if last is None:
                raise Refusal(
                    "later-day-unknown",
                    _("“%(name)s”后补的最后一天还算不出来：工作日历还没有公布到那时。")
                    % {"name": row.name},
                    remedy=_("请现在交这项材料，或选“待补”。"),
                    field="materials",
                )
            row = replace(row, follow_by=last.due)
        found.append(row)
    return tuple(found)


def supply_later(
    *,
    case_id: uuid.UUID,
    seq: int,
    supplied: Sequence[MaterialEntry],
    by: Actor,
    at: datetime,
) -> step.Receipt:
    """Hand in some or all of what was to follow, late or not, by the applicant or at the window.

    Raises "material-not-outstanding" for a position that nobody waits for, "nothing-handed-in".
    """

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        names = hand_in(case, supplied, waiting_for=rules.LATER, by=by)
        return step.Change(payload={"supplied": names, "outstanding": outstanding(case)})

    return step.advance(case_id=case_id, event="supply_later", seq=seq, by=by, at=at, work=work)


def hand_in(
    case: Case, supplied: Sequence[MaterialEntry], *, waiting_for: str, by: Actor
) -> list[str]:
    """Write down what was handed in of the materials in one state; their names."""
    stored.check_own([entry.file_id for entry in supplied if entry.file_id], by)
    rules.check_private(*(entry.note for entry in supplied)).enforce()
    rows = {
        row.position: row
        for row in CaseMaterial.objects.filter(case=case, state=waiting_for).order_by("position")
    }
    chosen = []
    for entry in supplied:
        row = rows.get(entry.position)
        if row is None or entry.state != rules.SUBMITTED:
            raise Refusal(
                "material-not-outstanding",
                _("第%(position)s项材料不在要补的材料里。") % {"position": entry.position},
                remedy=_("请刷新页面，按还要补的材料勾选。"),
                field="materials",
            )
        if by.role == roles.RESIDENT and not entry.file_id:
            raise file_missing(row.name)
        rules.check_length(entry.note, what=row.name, limit=rules.NOTE_LIMIT).enforce()
        row.state, row.copies, row.file_id = rules.SUBMITTED, entry.copies, entry.file_id or None
        row.note = entry.note
        chosen.append(row)
    if not chosen:
        raise Refusal(
            "nothing-handed-in",
            _("没有选择这次补交的材料。"),
            remedy=_("请勾选或上传补交的材料。"),
            field="materials",
        )
    CaseMaterial.objects.bulk_update(chosen, ["state", "copies", "file", "note"])
    return [row.name for row in chosen]


def file_missing(name: str) -> Refusal:
    return Refusal(
        "file-missing",
        _("“%(name)s”还没有上传。") % {"name": name},
        remedy=_("请拍照或选择文件上传；要带到窗口交的，请选“待补”。"),
        field="materials",
    )


def outstanding(case: Case) -> list[str]:
    """What is still to follow, by name."""
    rows = CaseMaterial.objects.filter(case=case, state=rules.LATER)
    return list(rows.values_list("name", flat=True))


def overdue(case: Case, today: date) -> list[str]:
    """What should have followed before today, by name."""
    rows = CaseMaterial.objects.filter(case=case, state=rules.LATER, follow_by__lt=today)
    return list(rows.values_list("name", flat=True))


def check_complete(case: Case) -> None:
    """Refusal "materials-outstanding" (409): nothing is granted before all has followed."""
    names = outstanding(case)
    if names:
        raise Refusal(
            "materials-outstanding",
            _("容缺后补的材料还没有补齐：%(names)s。") % {"names": "、".join(names)},
            remedy=_("请等申请人补齐后再准予；逾期不补的，可以终止办理并说明理由。"),
            status=409,
        )


def to_remind(*, today: date, limit: int = 200) -> list[uuid.UUID]:
    """Running cases with something overdue of which their applicants were not told yet."""
    told = Entry.objects.filter(kind=REMINDED).values_list("stream", flat=True)
    rows = (
        CaseMaterial.objects.filter(state=rules.LATER, follow_by__lt=today, case__state__in=RUNNING)
        .order_by("follow_by", "case_id")
        .values_list("case_id", flat=True)
    )
    streams = {f"case:{case_id}": case_id for case_id in rows}
    known = set(told.filter(stream__in=list(streams)))
    return [case_id for stream, case_id in streams.items() if stream not in known][:limit]


def remind(*, case_id: uuid.UUID, by: Actor, at: datetime) -> bool:
    """Tell the applicant, once, that what was to follow is overdue. Nothing else changes; whether
    they were told now."""
    with transaction.atomic():
        case = step.locked(case_id)
        names = overdue(case, timezone.localdate(at))
        told = Entry.objects.filter(stream=case.stream, kind=REMINDED).exists()
        if told or not names or case.state not in RUNNING:
            return False
        record(
            kind=REMINDED,
            by=by,
            at=at,
            stream=case.stream,
            payload={"number": case.number, "outstanding": names},
            tasks=[Task(step.AFTER, {"paper_id": ""})],
        )
    return True
