"""Orders with a courier, as they are written: intended first, placed by the worker (courier_work),
then written; and what a courier says, kept whole and only added to.

At most one order is under way for a case. Whatever does not fit goes to a person (`undelivered`).
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor, system
from yichuang.cases import delivery, lifecycle, permissions, rules, step, undelivered
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.couriers import Event
from yichuang.cases.models import Applicant, Case, Delivery, Shipment, ShipmentEvent
from yichuang.cases.models.shipment import TABLE
from yichuang.journal.actions import Wanted, record, record_all
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

WORK = "cases.courier-work"
COURIER = "寄递回执"  # who acts when a courier's messages move a case


# -- the counter -----------------------------------------------------------------------------------


def order(
    *, case_id: uuid.UUID, seq: int, courier: str, address: str = "", by: Actor, at: datetime
) -> uuid.UUID:
    """Want a parcel collected for a case seen at `seq`: a row and a task, nothing has left yet.

    address: where to, if not where the applicant said. Raises what step.advance raises for 寄出,
    "paper-not-sealed", "event-only-once", "order-under-way" (409), "address-missing".
    """
    row = lifecycle.BY_EVENT["dispatch"]
    address = address.strip()
    step.check_lengths("dispatch", address, limit=200)
    rules.check_private(address).enforce()
    with transaction.atomic():
        case = step.locked(case_id)
        permissions.may_see(by, case).enforce(status=404)
        if case.seq != seq:
            raise step.moved_on(case)
        permissions.may(by, row, case).enforce(status=403)
        lifecycle.may_happen("dispatch", case.state, handling=case.handling).enforce(status=409)
        delivery.sealed(case)
        delivery.not_sent(case, row, by)
        parcel = _new(case, courier, address, by, at)
        try:
            with transaction.atomic():
                parcel.save(force_insert=True)
        except IntegrityError:
            raise Refusal(
                "order-under-way",
                _("这一件已经向快递下过单。"),
                remedy=_("请等结果；要改用别的快递，直接登记运单号即可。"),
                status=409,
            ) from None
        record(
            kind="shipment.wanted",
            by=by,
            at=at,
            stream=parcel.stream,
            seq=1,
            payload=_about(case, courier=courier, to=parcel.address_mask),
            tasks=[Task(WORK, {"shipment_id": str(parcel.pk)})],
        )
    return parcel.pk


def _new(case: Case, courier: str, address: str, by: Actor, at: datetime) -> Shipment:
    who = Applicant.objects.get(case=case)

    def opened(column: str) -> str:
        sealed = getattr(who, f"{column}_sealed")
        if not sealed:
            return ""
        return vault.open_(sealed, table="cases_applicant", row=str(who.pk), column=column)

    to = {"name": opened("name"), "phone": opened("phone"), "address": address or opened("address")}
    if not to["address"]:
        raise Refusal(
            "address-missing",
            _("申请人没有留邮寄地址。"),
            remedy=_("请问清地址填上，或者改为窗口领取。"),
            field="address",
        )
    key = uuid.uuid4()
    text = json.dumps(to, ensure_ascii=False)
    return Shipment(
        id=key,
        case=case,
        courier=courier,
        state=parcels.ORDERING,
        to_sealed=vault.seal(text, table=TABLE, row=str(key), column="to"),
        address_mask=parcels.mask_address(to["address"]),
        ordered_at=at,
        ordered_by=by.journal_record(),
        next_try_at=at,
    )


def cancel(*, shipment_id: uuid.UUID, by: Actor, at: datetime) -> None:
    """Want an order cancelled that the courier has not picked up. The worker asks the courier.

    Raises "shipment-unknown" (404), "not-yours" (403), "parcel-under-way" (409).
    """
    with transaction.atomic():
        case_id = Shipment.objects.filter(pk=shipment_id).values_list("case_id", flat=True).first()
        if case_id is None:
            raise _unknown()
        case = step.locked(case_id)
        if not permissions.may_see(by, case):
            raise _unknown()
        permissions.may(by, lifecycle.BY_EVENT["dispatch"], case).enforce(status=403)
        changed = Shipment.objects.filter(
            pk=shipment_id,
            cancel_wanted=False,
            state__in=(parcels.ORDERING, parcels.UNKNOWN, *parcels.WAITING),
        ).update(cancel_wanted=True, next_try_at=at, attempts=0, seq=F("seq") + 1)
        parcel = Shipment.objects.get(pk=shipment_id)
        if not changed:
            raise Refusal(
                "parcel-under-way",
                _("这一件已经取走、结束或正在取消，不能再取消。"),
                remedy=_("请刷新页面看最新情况；需要追回的请直接联系寄递企业。"),
                status=409,
            )
        record(
            kind="shipment.cancel-wanted",
            by=by,
            at=at,
            stream=parcel.stream,
            seq=parcel.seq,
            payload=_about(case, waybill=parcel.waybill),
            tasks=[Task(WORK, {"shipment_id": str(parcel.pk)})],
        )


def _about(case: Case, **more: str) -> dict[str, str]:
    return {"number": case.number, "about": case.stream, **more}


def _unknown() -> Refusal:
    return Refusal(
        "shipment-unknown",
        _("没有找到这个寄件。"),
        remedy=_("请核对编号或运单号。"),
        status=404,
    )


def adopt(*, shipment_id: uuid.UUID, waybill: str, at: datetime) -> bool:
    """Write the waybill of an order; whether it is this parcel's. The first stands; one that another
    case has goes to a person, and the order with it."""
    with transaction.atomic():
        parcel = Shipment.objects.select_for_update().get(pk=shipment_id)
        if parcel.waybill:
            return parcel.waybill == waybill
        if parcel.state not in (parcels.ORDERING, parcels.UNKNOWN):
            return False
        used = Delivery.objects.filter(courier=parcel.courier, tracking_number=waybill)
        try:
            with transaction.atomic():
                if used.exclude(case_id=parcel.case_id).exists():
                    raise IntegrityError("typed by hand for another case")
                Shipment.objects.filter(pk=parcel.pk).update(
                    state=parcels.ORDERED,
                    waybill=waybill,
                    in_doubt=False,
                    attempts=0,
                    error="",
                    next_try_at=at,
                    seq=parcel.seq + 1,
                )
        except IntegrityError:
            ask(parcel, parcels.UNKNOWN, "waybill_taken", waybill, at)
            return False
        case = Case.objects.only("number").get(pk=parcel.case_id)
        record(
            kind="shipment.ordered",
            by=system(COURIER),
            at=at,
            stream=parcel.stream,
            seq=parcel.seq + 1,
            payload=_about(case, courier=parcel.courier, waybill=waybill),
            tasks=[Task(WORK, {"shipment_id": str(parcel.pk)})],
        )
    return True


def ask(
    parcel: Shipment,
    state: str,
    reason: str,
    error: str,
    at: datetime,
    *,
    next_try: datetime | None = None,
) -> None:
    """A person's turn, in the caller's transaction; the state as far as it is known."""
    case = Case.objects.get(pk=parcel.case_id)
    entries = undelivered.opened(case, reason, at=at, shipment=parcel)
    move(parcel, state, at, error=error[:200], next_try_at=next_try, also=entries)


def move(
    parcel: Shipment, state: str, at: datetime, *, also: Sequence[Wanted] = (), **columns: object
) -> None:
    Shipment.objects.filter(pk=parcel.pk).update(state=state, seq=parcel.seq + 1, **columns)
    case = Case.objects.only("number").get(pk=parcel.case_id)
    moved = Wanted(
        kind="shipment.moved",
        stream=parcel.stream,
        seq=parcel.seq + 1,
        payload=_about(case, to=state, waybill=parcel.waybill, **{"from": parcel.state}),
    )
    record_all([moved, *also], by=system(COURIER), at=at)


# -- what the courier says -------------------------------------------------------------------------


def heard(
    *, key: str, waybill: str, courier: str, events: Sequence[Event], at: datetime
) -> uuid.UUID:
    """A courier's own message (push) about one order, by our key or its waybill. Refusal
    "shipment-unknown" (404), so that it says it again later; "waybill-differs" (409)."""
    try:
        known = Q(pk=uuid.UUID(key)) if key else Q(courier=courier, waybill=waybill)
    except ValueError:
        raise _unknown() from None
    parcel = Shipment.objects.filter(known, courier=courier).first() if key or waybill else None
    if parcel is None:
        raise _unknown()
    if waybill and not adopt(shipment_id=parcel.pk, waybill=waybill, at=at):
        raise Refusal(
            "waybill-differs",
            _("这个寄件的运单号不是%(number)s。") % {"number": waybill[:40]},
            remedy=_("请核对订单号和运单号。"),
            status=409,
        )
    absorb(shipment_id=parcel.pk, events=events, at=at)
    return parcel.pk


def absorb(*, shipment_id: uuid.UUID, events: Iterable[Event], at: datetime) -> bool:
    """Keep what is new of these messages and stand where all of them together say; whether anything
    was. One transaction; messages come in any order and as often as they like."""
    with transaction.atomic():
        parcel = Shipment.objects.select_for_update().get(pk=shipment_id)
        if not parcel.waybill:
            return False  # nothing can be told of an order that has no number yet
        case = Case.objects.get(pk=parcel.case_id)
        had = list(parcel.events.order_by("pk"))
        new, stormy = _new_ones(parcel, had, events, at)
        if not new and not stormy:
            return False
        ShipmentEvent.objects.bulk_create(new)
        told = [_told(row, place) for place, row in enumerate([*had, *new])]
        before = parcels.LABELLED if parcel.label_id else parcels.ORDERED
        seen = parcels.outcome(before, told)
        asked = ["storm"] if stormy else []
        columns: dict[str, object] = {}
        if seen.end is not None:
            last = next(row for row in [*new, *had] if row.event_id == seen.end.id)
            columns = {
                "signer_mask": last.signer_mask,
                "relation": last.relation,
                "signed_self": last.signed_self,
                "ended_at": last.told_at,
            }
            asked += _reasons(parcel, seen, last)
        entries = [
            entry
            for reason in asked
            for entry in undelivered.opened(case, reason, at=at, shipment=parcel)
        ]
        changed = parcel.state != seen.state or seen.end is not None
        if changed and parcel.state != parcels.UNKNOWN:
            columns["to_follow"] = not parcel.set_aside
            move(parcel, seen.state, at, also=entries, **columns)
        elif entries:
            record_all(entries, by=system(COURIER), at=at)
    return True


def _reasons(parcel: Shipment, seen: parcels.Outcome, last: ShipmentEvent) -> list[str]:
    """Why a person must look at an end."""
    if seen.contradictory:
        return ["contradictory"]
    if seen.state == parcels.SIGNED:
        return [] if last.signed_self else ["other_signed"]
    if seen.state == parcels.CANCELLED and parcel.cancel_wanted:
        return []
    return [seen.state]


def _new_ones(
    parcel: Shipment, had: Sequence[ShipmentEvent], events: Iterable[Event], at: datetime
) -> tuple[list[ShipmentEvent], bool]:
    """The messages not kept yet, once each; whether there are too many to keep them all."""
    ids, new, stormy = {row.event_id for row in had}, [], False
    ends = {_saying(row) for row in had if parcels.EVENTS[row.kind] in parcels.ENDS}
    name = ""
    for event in events:
        if event.kind not in parcels.EVENTS or event.id in ids:
            continue
        signed_self = None
        if event.kind == "signed":
            name = name or _applicant_name(parcel)
            signed_self = parcels.by_applicant(name, event.signer, event.relation)
        row = ShipmentEvent(
            shipment=parcel,
            event_id=event.id,
            kind=event.kind,
            told_at=event.at,
            received_at=at,
            place=_place_said(event.place),
            signer_mask=parcels.mask_signer(event.signer),
            relation=event.relation,
            signed_self=signed_self,
        )
        is_end = parcels.EVENTS[event.kind] in parcels.ENDS
        if len(had) + len(new) >= parcels.MOST_EVENTS and not (is_end and _saying(row) not in ends):
            stormy = True
            continue
        ids.add(event.id)
        if is_end:
            ends.add(_saying(row))
        new.append(row)
    return new, stormy


def _saying(row: ShipmentEvent) -> tuple[str, str, str]:
    return row.kind, row.signer_mask, row.relation


def _place_said(text: str) -> str:
    """Where it is; a messenger's telephone number is nobody's business."""
    return re.sub(r"\d[\d -]{5,}\d", "…", text.replace("\0", ""))[:60]


def _applicant_name(parcel: Shipment) -> str:
    text = vault.open_(parcel.to_sealed, table=TABLE, row=str(parcel.pk), column="to")
    return str(json.loads(text)["name"])


def _told(row: ShipmentEvent, place: int) -> parcels.Told:
    return parcels.Told(row.event_id, row.kind, row.told_at, place, row.signer_mask, row.relation)
