"""What the worker does for parcels: place, label, follow or cancel with the courier, outside any
transaction; then the cases take the steps that their parcels call for (寄出, 送达).

A claim leaves an order in doubt before the courier is asked, so whoever comes after a crash asks
about it first and repeats only under the same key. A courier that fails holds nobody up.
"""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from yichuang.accounts import vault
from yichuang.accounts.actor import system
from yichuang.authority import queries as authority
from yichuang.cases import delivery, lifecycle, shipments, undelivered
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.couriers import LABEL_LIMIT, Courier, Known, Parcel, checked_waybill
from yichuang.cases.models import Case, Delivery, Shipment
from yichuang.cases.models.shipment import TABLE
from yichuang.files import actions as files
from yichuang.journal.actions import record_all
from yichuang.messages.providers import Doubt, NotTaken, Rejected
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

# our choice, as every figure here
LEASE = timedelta(minutes=2)  # longer than a task may run (60 s): its holder is gone by then
RETRY = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
LABEL_TRIES = 3
PULL = timedelta(minutes=30)
AFTER_END = timedelta(days=3)  # how long an end may still be contradicted
PATIENCE = timedelta(seconds=30)
OUTAGES = 3

Given, Said = TypeVar("Given"), TypeVar("Said")
Clock = Callable[[], datetime]


def work(*, shipment_id: uuid.UUID, courier: Courier, now: Clock) -> bool:
    """Do what is next for one parcel, if it is its turn: place, label, cancel or follow. Whether
    the courier answered. Safe to repeat, by any number of workers."""
    at = now()
    parcel = Shipment.objects.filter(pk=shipment_id, next_try_at__lte=at).first()
    if parcel is None or parcel.courier != courier.name:
        return True
    doubted = parcel.in_doubt
    asks = parcel.state == parcels.ORDERING and not parcel.cancel_wanted
    claimed = Shipment.objects.filter(
        pk=parcel.pk, next_try_at=parcel.next_try_at, state=parcel.state
    ).update(next_try_at=at + LEASE, attempts=F("attempts") + 1, in_doubt=doubted or asks)
    if not claimed:
        return True
    parcel.attempts += 1
    try:
        if parcel.cancel_wanted and parcel.state not in parcels.ENDS:
            _cancel(parcel, courier, now)
        elif parcel.state == parcels.ORDERING:
            _place(parcel, courier, now, doubted=doubted)
        elif parcel.state == parcels.ORDERED and parcel.attempts <= LABEL_TRIES:
            _label(parcel, courier, now)
        else:
            _pull(parcel, courier, now)
    except Rejected as problem:
        if not asks:  # only an order can be refused
            _later(parcel, problem, now(), doubt=doubted)
            return False
        _ended(parcel, parcels.CANCELLED, "rejected", str(problem), now())
    except vault.VaultError:
        _ended(parcel, parcels.CANCELLED, "address", "address does not open", now())
    except OSError as problem:  # NotTaken, Doubt, and whatever an adapter did not foresee
        _later(parcel, problem, now(), doubt=not isinstance(problem, NotTaken) or doubted)
        return False
    follow(shipment_id=parcel.pk, at=now())
    return True


def _answer(call: Callable[[Given], Said], given: Given) -> Said:
    """What the courier says. Whatever else goes wrong in an adapter is a doubt like any other."""
    try:
        return call(given)
    except OSError:
        raise
    except Exception as error:
        logger.exception("courier adapter failed")
        raise Doubt(type(error).__name__) from error


def _known(parcel: Shipment) -> Known:
    return Known(str(parcel.pk), parcel.waybill, parcel.ordered_at)


def _place(parcel: Shipment, courier: Courier, now: Clock, *, doubted: bool) -> None:
    """Order; where an order may have arrived already, ask about it first."""
    to = json.loads(vault.open_(parcel.to_sealed, table=TABLE, row=str(parcel.pk), column="to"))
    there = _answer(courier.track, _known(parcel)) if doubted else None
    if there is not None:
        waybill = there.waybill
    else:
        case = Case.objects.only("outlet_id").get(pk=parcel.case_id)
        sender = authority.order().outlet(case.outlet_id).name
        waybill = _answer(
            courier.order,
            Parcel(str(parcel.pk), to["name"], to["phone"], to["address"], sender, now()),
        )
    if not shipments.adopt(shipment_id=parcel.pk, waybill=checked_waybill(waybill), at=now()):
        _not_wanted_any_more(parcel, courier, now)


def _not_wanted_any_more(parcel: Shipment, courier: Courier, now: Clock) -> None:
    """Cancelled by a person while the order was on its way to the courier: cancel it there too."""
    late = Shipment.objects.get(pk=parcel.pk)
    if late.state != parcels.CANCELLED or _answer(courier.cancel, _known(late)):
        return
    with transaction.atomic():
        case = Case.objects.get(pk=parcel.case_id)
        entries = undelivered.opened(case, "not_cancelled", at=now(), shipment=late)
        record_all(entries, by=system(shipments.COURIER), at=now())


def _label(parcel: Shipment, courier: Courier, now: Clock) -> None:
    """Keep the label to be printed; a broken one is asked for again, then a person is."""
    try:
        content = _answer(courier.label, _known(parcel))
        if len(content) > LABEL_LIMIT or not content.startswith(b"%PDF-"):
            raise Doubt("label is no PDF")
        kept = files.store(
            stream=io.BytesIO(content),
            name=f"{parcel.waybill}.pdf",
            kind="label",
            by=system(shipments.COURIER),
            at=now(),
        )
    except (Refusal, Doubt) as problem:
        if parcel.attempts < LABEL_TRIES:
            raise Doubt(str(problem)) from None
        at = now()
        with transaction.atomic():
            locked = Shipment.objects.select_for_update().get(pk=parcel.pk)
            shipments.ask(locked, locked.state, "label", str(problem), at, next_try=at + PULL)
        return
    Shipment.objects.filter(pk=parcel.pk, state=parcels.ORDERED).update(
        state=parcels.LABELLED, label=kept, attempts=0, error="", next_try_at=now() + PULL
    )


def _cancel(parcel: Shipment, courier: Courier, now: Clock) -> None:
    """Have the order cancelled; one that was never placed is. Too late: it is followed again."""
    never = parcel.state == parcels.ORDERING and not parcel.in_doubt
    gone = never or _answer(courier.cancel, _known(parcel))
    at = now()
    with transaction.atomic():
        locked = Shipment.objects.select_for_update().get(pk=parcel.pk)
        if gone:
            shipments.move(locked, parcels.CANCELLED, at, error="", next_try_at=None)
            return
        _write(parcel, cancel_wanted=False, attempts=0, next_try_at=at + PULL)
        if locked.set_aside:  # another goes out as well: somebody must know
            case = Case.objects.get(pk=parcel.case_id)
            entries = undelivered.opened(case, "not_cancelled", at=at, shipment=locked)
            record_all(entries, by=system(shipments.COURIER), at=at)


def _pull(parcel: Shipment, courier: Courier, now: Clock) -> None:
    told = _answer(courier.track, _known(parcel))
    at = now()
    if told is None:
        raise Doubt("the courier does not know the order any more")
    if told.waybill != parcel.waybill:
        raise Doubt("another waybill for the same order")
    shipments.absorb(shipment_id=parcel.pk, events=told.events, at=at)
    parcel.refresh_from_db()
    over = parcel.ended_at is not None and at - parcel.ended_at > AFTER_END
    _write(parcel, error="", attempts=0, next_try_at=None if over else at + PULL)


def _later(parcel: Shipment, problem: Exception, at: datetime, *, doubt: bool) -> None:
    """Try again; an order that does not succeed in five hours goes to a person."""
    error = str(problem)[:200]
    placing = parcel.state == parcels.ORDERING and not parcel.cancel_wanted
    if placing and parcel.attempts > len(RETRY):
        _ended(parcel, parcels.UNKNOWN if doubt else parcels.CANCELLED, "unknown", error, at)
        return
    wait = RETRY[min(parcel.attempts, len(RETRY)) - 1]
    changes = {"in_doubt": doubt} if placing else {}
    _write(parcel, error=error, next_try_at=at + wait, **changes)


def _ended(parcel: Shipment, state: str, reason: str, error: str, at: datetime) -> None:
    with transaction.atomic():
        locked = Shipment.objects.select_for_update().get(pk=parcel.pk)
        shipments.ask(locked, state, reason, error, at)


def _write(parcel: Shipment, **columns: object) -> None:
    Shipment.objects.filter(pk=parcel.pk).update(**columns)


def follow(*, shipment_id: uuid.UUID, at: datetime) -> bool:
    """Let the case take the steps its parcel calls for: 寄出 when the courier has it, 送达 when the
    applicant signed. Whether nothing is left to do; safe to repeat, each step is guarded."""
    parcel = Shipment.objects.filter(pk=shipment_id, to_follow=True).first()
    if parcel is None:
        return True
    by = system(shipments.COURIER)
    try:
        case = Case.objects.get(pk=parcel.case_id)
        sent = Delivery.objects.filter(case=case).first()
        if case.state in lifecycle.DECIDED_STATES and parcel.state in (
            *parcels.MOVES, parcels.SIGNED, parcels.RETURNED, parcels.LOST,
        ):  # fmt: skip
            if sent is None or sent.tracking_number != parcel.waybill:
                delivery.dispatch(
                    case_id=case.pk, seq=case.seq, courier=parcel.courier,
                    tracking_number=parcel.waybill, by=by, at=at,
                )  # fmt: skip
                case.refresh_from_db()
                sent = Delivery.objects.get(case=case)
            if parcel.state == parcels.SIGNED and parcel.signed_self and sent is not None:
                applicant = case.applicant_mask
                own = parcel.signer_mask if "*" in parcel.signer_mask else applicant
                told = parcel.ended_at or at
                delivery.deliver(
                    case_id=case.pk, seq=case.seq, received_by=own, by=by, at=at,
                    signed=delivery.SignedFor(
                        parcels.signed_on(told, sent=parcel.ordered_at, at=at),
                        delivery.record_of(parcel),
                    ),
                )  # fmt: skip
    except Refusal as refusal:
        logger.info("case of shipment %s: %s", parcel.pk, refusal.code)
        return False
    Shipment.objects.filter(pk=parcel.pk, seq=parcel.seq).update(to_follow=False)
    return True


def sweep(*, courier: Courier | None, now: Clock, limit: int = 100) -> int:
    """What is due with the courier, and the cases that have yet to follow; how many parcels. Stops
    at PATIENCE, or when the courier fails three times in a row."""
    began, done, failed = now(), 0, 0
    if courier is not None:
        due = Shipment.objects.filter(courier=courier.name, next_try_at__lte=began)
        for pk in list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit]):
            if now() - began > PATIENCE or failed == OUTAGES:
                break
            failed = 0 if work(shipment_id=pk, courier=courier, now=now) else failed + 1
            done += 1
    waiting = Shipment.objects.filter(to_follow=True).values_list("pk", flat=True)
    for pk in list(waiting[:limit]):
        follow(shipment_id=pk, at=now())
    return done
