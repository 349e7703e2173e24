"""Results that do not arrive: never closed by themselves, always a person's task.

A task is opened by a courier's message (shipments), or when a result has waited too long (`sweep`).
Who may hand the result over may take it and settle it, with a word of what was done; the case goes
on waiting, and after as many working days is asked about again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor, system
from yichuang.cases import lifecycle, permissions, rules, step, terms
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.models import Case, Delivery, DeliveryTask, Shipment
from yichuang.clock.queries import calendar
from yichuang.journal.actions import Wanted, record, record_all
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

NOTE_LIMIT = 200
WATCH = "送达监测"
MOST = 500  # tasks that one sweep opens; the next one opens the rest


# -- opening and ending ----------------------------------------------------------------------------


def opened(
    case: Case, reason: str, *, at: datetime, shipment: Shipment | None = None
) -> list[Wanted]:
    """A task for this reason, in the caller's transaction, and its journal entry; nothing where one
    is open. Two statements."""
    if DeliveryTask.objects.filter(case=case, reason=reason, settled_at=None).exists():
        return []
    task = DeliveryTask(case=case, reason=reason, shipment=shipment, opened_at=at)
    try:
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:  # somebody else's, in this moment
        return []
    return [
        Wanted(
            kind="delivery-task.opened",
            stream=task.stream,
            seq=1,
            payload={"number": case.number, "about": case.stream, "reason": reason},
        )
    ]


def arrived(case: Case, *, by: Actor, at: datetime) -> list[Wanted]:
    """End what waited for a person only because the result had not arrived. One statement, two
    where there is something."""
    waiting = list(
        DeliveryTask.objects.filter(
            case=case, settled_at=None, reason__in=parcels.ENDED_BY_DELIVERY
        )
    )
    found = []
    for task in waiting:
        seq = 3 if task.taken_at else 2
        DeliveryTask.objects.filter(pk=task.pk, settled_at=None).update(
            settled_at=at, settled_by=by.journal_record(), note="已送达"
        )
        found.append(
            Wanted(
                kind="delivery-task.settled",
                stream=task.stream,
                seq=seq,
                payload={"number": case.number, "about": case.stream, "way": "delivered"},
            )
        )
    return found


# -- what a person does ----------------------------------------------------------------------------


def take(*, task_id: uuid.UUID, by: Actor, at: datetime) -> None:
    """Take a task on. Refuses "delivery-task-unknown" (404), "not-yours" (403), "task-moved-on"
    (409, with who has it)."""
    with transaction.atomic():
        task = _task(task_id, by)
        taken = DeliveryTask.objects.filter(pk=task_id, taken_at=None, settled_at=None).update(
            taken_at=at, taken_by=by.journal_record()
        )
        if not taken:
            raise _moved_on(task)
        record(
            kind="delivery-task.taken",
            by=by,
            at=at,
            stream=task.stream,
            seq=2,
            payload={"number": task.case.number, "about": task.case.stream},
        )


def settle(*, task_id: uuid.UUID, way: str, note: str, by: Actor, at: datetime) -> None:
    """Say what was done. `way` resend or collect: the parcel is given up, another way is open.

    Whoever settles what nobody has taken takes it first; somebody else's only a manager settles.
    Refuses as `take`, and "way-unknown", "note-length", "task-taken" (409), "parcel-under-way".
    """
    said = note.strip()
    if way not in parcels.WAYS:
        raise Refusal("way-unknown", _("没有选择处理方式。"), remedy=_("请选一种处理方式。"))
    if not 2 <= len(said) <= NOTE_LIMIT:
        raise Refusal(
            "note-length",
            _("请写2到%(limit)s个字的说明。") % {"limit": NOTE_LIMIT},
            remedy=_("写清联系了谁、怎么说的、接下来怎么办。"),
            field="note",
        )
    rules.check_private(said).enforce()
    with transaction.atomic():
        task = _task(task_id, by)
        mine = task.taken_by.get("person", "") == by.journal_record().get("person", "")
        if task.taken_at and not mine and by.role != roles.MANAGER:
            raise Refusal(
                "task-taken",
                _("这一件由%(who)s接手处理。") % {"who": task.taken_by.get("name", "")},
                remedy=_("请与接手人商量，或请中心负责人处理。"),
                status=409,
            )
        changed = DeliveryTask.objects.filter(pk=task_id, settled_at=None).update(
            taken_at=task.taken_at or at,
            taken_by=task.taken_by or by.journal_record(),
            settled_at=at,
            settled_by=by.journal_record(),
            way=way,
            note=said,
        )
        if not changed:
            raise _moved_on(task)
        if way in ("resend", "collect"):
            _give_up(task.case, way, at)
        payload = {
            "number": task.case.number,
            "about": task.case.stream,
            "reason": task.reason,
            "way": way,
            "note": said,
        }
        entries = [] if task.taken_at else [_entry(task, "taken", 2, {})]
        record_all([*entries, _entry(task, "settled", 3, payload)], by=by, at=at)


def _entry(task: DeliveryTask, event: str, seq: int, payload: dict[str, str]) -> Wanted:
    about = {"number": task.case.number, "about": task.case.stream}
    return Wanted(
        kind=f"delivery-task.{event}", stream=task.stream, seq=seq, payload=payload or about
    )


def _give_up(case: Case, way: str, at: datetime) -> None:
    """No parcel counts any more: what is not gone yet is cancelled, and set aside."""
    underway = Shipment.objects.filter(case=case, set_aside=False)
    for parcel in underway.exclude(state__in=parcels.GONE):
        waits = parcel.state not in parcels.ENDS
        Shipment.objects.filter(pk=parcel.pk).update(
            set_aside=True,
            cancel_wanted=waits,
            to_follow=False,
            next_try_at=at if waits else parcel.next_try_at,
        )
    method = {"resend": "mail", "collect": "collect"}[way]
    Delivery.objects.filter(case=case, received_at=None).update(
        method=method, courier="", tracking_number="", sent_at=None
    )


def _task(task_id: uuid.UUID, by: Actor) -> DeliveryTask:
    """The task with its case locked, for whoever may hand the case over."""
    found = DeliveryTask.objects.filter(pk=task_id).values_list("case_id", flat=True).first()
    if found is None:
        raise _unknown()
    case = step.locked(found)
    if not permissions.may_see(by, case):
        raise _unknown()
    permissions.may(by, lifecycle.BY_EVENT["deliver"], case).enforce(status=403)
    task = DeliveryTask.objects.get(pk=task_id)
    task.case = case
    return task


def _unknown() -> Refusal:
    return Refusal(
        "delivery-task-unknown",
        _("没有找到这一件送达异常。"),
        remedy=_("请从“送达”页面的列表里选择。"),
        status=404,
    )


def _moved_on(task: DeliveryTask) -> Refusal:
    who = (task.settled_by or task.taken_by).get("name", "")
    return Refusal(
        "task-moved-on",
        _("这一件已由%(who)s处理，您的操作没有保存。") % {"who": who},
        remedy=_("请刷新页面，看最新情况。"),
        status=409,
    )


# -- what has waited too long ----------------------------------------------------------------------


def sweep(*, at: datetime) -> int:
    """Open a task for every result that has not arrived after UNDELIVERED_DAYS working days: since
    the decision, the dispatch, or the last word of a person. How many. Each in its transaction."""
    name_days(at=at)
    days, today, done = settings.UNDELIVERED_DAYS, timezone.localdate(at), 0
    for row in list(_waiting(at - timedelta(days=days))):
        since = [timezone.localdate(moment) for moment in row[1:] if moment is not None]
        if not parcels.too_long(since, days=days, today=today, calendar=calendar()):
            continue
        done += _asked(row[0], at)
        if done == MOST:
            break
    return done


def _waiting(before: datetime) -> Sequence[tuple]:
    """(case, decided, sent, consented, last settled) of results not handed over, none of these
    moments after `before`, and no task open."""
    tasks = DeliveryTask.objects.filter(case=OuterRef("pk")).order_by()
    last = tasks.values("case").annotate(last=Max("settled_at")).values("last")
    rows = (
        Case.objects.filter(state__in=lifecycle.DECIDED_STATES, decided_at__lt=before)
        .exclude(Exists(tasks.filter(settled_at=None)))
        .filter(Q(delivery__sent_at=None) | Q(delivery__sent_at__lt=before))
        .annotate(settled=Subquery(last, output_field=DateTimeField()))
        .filter(Q(settled=None) | Q(settled__lt=before))
        .order_by(F("deliver_by").asc(nulls_first=True), "pk")
    )
    return rows.values_list(
        "pk", "decided_at", "delivery__sent_at", "delivery__consented_at", "settled"
    )


def _asked(case_id: uuid.UUID, at: datetime) -> bool:
    with transaction.atomic():
        case = step.locked(case_id)
        if case.state not in lifecycle.DECIDED_STATES:
            return False
        row = Delivery.objects.filter(case=case).first()
        online = row is not None and row.method == "online"
        entries = opened(case, "not_opened" if online else "waiting", at=at)
        if entries:
            record_all(entries, by=system(WATCH), at=at)
        return bool(entries)


def name_days(*, at: datetime) -> int:
    """The last day to hand over, for what was decided before a calendar reached it (or before this
    platform counted it); how many. It follows from the decision, so no entry is made of it."""
    nameless = Case.objects.filter(state__in=lifecycle.DECIDED_STATES, deliver_by=None)
    done = 0
    for case_id, decided_at in list(nameless.values_list("pk", "decided_at")[: 20 * MOST]):
        columns = terms.handing_over(timezone.localdate(decided_at), calendar())
        if columns["deliver_by"] is not None:
            done += Case.objects.filter(pk=case_id, deliver_by=None).update(**columns)
    return done
