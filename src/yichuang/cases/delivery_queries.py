"""Reading what is under way to applicants, and what a person must see to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import lifecycle, permissions
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.models import Case, DeliveryTask, Shipment
from yichuang.cases.queries.deadlines import delivery_deadline
from yichuang.cases.sheets import Deadline

LIMIT = 50


@dataclass(frozen=True, slots=True)
class EventLine:
    """One message of the courier, as it may be shown to anybody who may see the case."""

    kind: str
    name: str
    at: datetime
    place: str
    signer: str
    relation: str


@dataclass(frozen=True, slots=True)
class ParcelSheet:
    """A case's newest parcel. events: newest last, in the order that counts."""

    id: uuid.UUID
    state: str
    state_name: str
    courier: str
    waybill: str
    address: str
    label_id: uuid.UUID | None
    error: str
    cancelling: bool
    set_aside: bool
    ordered_at: datetime
    events: tuple[EventLine, ...]

    @property
    def under_way(self) -> bool:
        """Whether it stands in the way of another order."""
        return not self.set_aside and self.state not in parcels.GONE

    @property
    def may_cancel(self) -> bool:
        early = (parcels.ORDERING, parcels.UNKNOWN, *parcels.WAITING)
        return self.state in early and not self.cancelling


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A result that does not arrive: why, since when, who sees to it."""

    id: uuid.UUID
    case_id: uuid.UUID
    number: str
    item_name: str
    item_name_en: str
    applicant: str
    reason: str
    reason_name: str
    opened_at: datetime
    taken_by: str
    mine: bool
    deadline: Deadline | None


@dataclass(frozen=True, slots=True)
class LateLine:
    """A decided case that was not handed over in time."""

    case_id: uuid.UUID
    number: str
    item_name: str
    item_name_en: str
    applicant: str
    deadline: Deadline | None


def parcel_of(case_id: uuid.UUID) -> ParcelSheet | None:
    """The case's newest parcel with what was told of it. 2 SQL, 1 where there is none."""
    row = Shipment.objects.filter(case_id=case_id).order_by("-ordered_at", "-pk").first()
    if row is None:
        return None
    events = row.events.order_by("told_at", "pk")[: parcels.MOST_EVENTS]
    return ParcelSheet(
        id=row.pk,
        state=row.state,
        state_name=str(parcels.STATES[row.state]),
        courier=row.courier,
        waybill=row.waybill,
        address=row.address_mask,
        label_id=row.label_id,
        error=row.error,
        cancelling=row.cancel_wanted and row.state not in parcels.ENDS,
        set_aside=row.set_aside,
        ordered_at=timezone.localtime(row.ordered_at),
        events=tuple(
            EventLine(
                event.kind,
                str(parcels.EVENT_NAMES[event.kind]),
                timezone.localtime(event.told_at),
                event.place,
                event.signer_mask,
                event.relation,
            )
            for event in events
        ),
    )


def label_of(*, shipment_id: uuid.UUID, actor: Actor) -> uuid.UUID | None:
    """The file of a parcel's label, for whoever may see its case; None without. 1 SQL."""
    row = Shipment.objects.filter(permissions_of(actor, "case__"), pk=shipment_id).values_list(
        "label_id", flat=True
    )
    return row.first()


def permissions_of(actor: Actor, prefix: str) -> Q:
    """permissions.visible_to for rows that belong to a case."""
    return Q(**{f"{prefix}in": Case.objects.filter(permissions.visible_to(actor)).values("pk")})


def tasks(*, actor: Actor, today: date, limit: int = LIMIT) -> tuple[TaskLine, ...]:
    """The open tasks at the actor's counter, oldest first. 1 SQL."""
    rows = _open(actor).select_related("case__item_version").order_by("opened_at", "pk")[:limit]
    own = actor.journal_record().get("person", "")
    return tuple(
        TaskLine(
            id=row.pk,
            case_id=row.case_id,
            number=row.case.number,
            item_name=row.case.item_version.name,
            item_name_en=row.case.item_version.name_en,
            applicant=row.case.applicant_mask,
            reason=row.reason,
            reason_name=str(parcels.REASONS[row.reason]),
            opened_at=timezone.localtime(row.opened_at),
            taken_by=row.taken_by.get("name", ""),
            mine=bool(own) and row.taken_by.get("person", "") == own,
            deadline=delivery_deadline(row.case, today),
        )
        for row in rows
    )


def task_count(*, actor: Actor) -> int:
    """How many tasks are open at the actor's counter. 1 SQL."""
    return _open(actor).count()


def case_tasks(*, case_id: uuid.UUID) -> tuple[TaskLine, ...]:
    """The open tasks of one case, for a page whose reader may see it. 1 SQL."""
    rows = DeliveryTask.objects.filter(case_id=case_id, settled_at=None).order_by("opened_at")
    return tuple(
        TaskLine(
            row.pk, case_id, "", "", "", "", row.reason, str(parcels.REASONS[row.reason]),
            timezone.localtime(row.opened_at), row.taken_by.get("name", ""), False, None,
        )
        for row in rows
    )  # fmt: skip


def late(*, actor: Actor, today: date, limit: int = LIMIT) -> tuple[LateLine, ...]:
    """Decided cases at the actor's counter whose day to hand over has passed, oldest first. 1 SQL."""
    rows = (
        Case.objects.filter(
            _counter(actor), state__in=lifecycle.DECIDED_STATES, deliver_by__lt=today
        )
        .select_related("item_version")
        .order_by("deliver_by", "pk")[:limit]
    )
    return tuple(
        LateLine(
            row.pk,
            row.number,
            row.item_version.name,
            row.item_version.name_en,
            row.applicant_mask,
            delivery_deadline(row, today),
        )
        for row in rows
    )


def _open(actor: Actor) -> QuerySet[DeliveryTask]:
    cases = Case.objects.filter(_counter(actor)).values("pk")
    return DeliveryTask.objects.filter(settled_at=None, case__in=cases)


def _counter(actor: Actor) -> Q:
    """Cases that the actor hands over: taken in, accepted or collected at their outlet."""
    if actor.role in (roles.CLERK, roles.VILLAGE, roles.MANAGER) and actor.outlet_code:
        return permissions.visible_to(actor)
    return Q(pk__in=())
