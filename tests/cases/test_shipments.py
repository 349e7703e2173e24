"""Parcels with a courier that behaves badly: one order, one waybill, nothing lost, nobody held up."""

import random
from datetime import timedelta

import pytest
from django.db import transaction

from tests.factories import county as made
from yichuang.cases import courier_work, delivery, shipments, undelivered
from yichuang.cases.couriers import Event
from yichuang.cases.couriers_simulator import NAME, Simulator
from yichuang.cases.models import Case, Delivery, DeliveryTask, Shipment, ShipmentEvent
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

ADDRESS = "青禾县清水镇东岭村示例路8号"


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self):
        self.at = made.after(1)

    def __call__(self):
        return self.at

    def forward(self, **span):
        self.at += timedelta(**span)
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def courier(clock):
    return Simulator(clock, seed=7)


@pytest.fixture
def ready(county):
    """A case granted and sealed, to be mailed."""
    return made.granted_and_sealed(delivery="mail", applicant=made.applicant(address=ADDRESS))


def another():
    return made.granted_and_sealed(delivery="mail", applicant=made.applicant(address=ADDRESS))


def order(receipt, clock, **changes):
    fields = {"case_id": receipt.case_id, "seq": made.case(receipt).seq, "courier": NAME}
    return shipments.order(**{**fields, "by": made.CLERK, "at": clock(), **changes})


def row(key):
    return Shipment.objects.get(pk=key)


def go_on(courier, clock, *, hours=0, rounds=1):
    """The worker's sweeps, the clock put forward before each."""
    for _round in range(rounds):
        clock.forward(hours=hours)
        for _sweep in range(3):
            courier_work.sweep(courier=courier, now=clock)


def reasons(receipt=None):
    return sorted(DeliveryTask.objects.filter(settled_at=None).values_list("reason", flat=True))


def say(courier, key, clock, *kinds, **more):
    """What the courier will tell of an order, an hour apart."""
    courier.script[str(key)] = [
        Event(f"{key}-{n}", kind, made.after(1, hours=n + 1), **(more if kind == "signed" else {}))
        for n, kind in enumerate(kinds)
    ]


def test_from_order_to_receipt(ready, courier, clock):
    key = order(ready, clock)
    assert row(key).state == "ordering" and courier.calls == []
    go_on(courier, clock)
    parcel = row(key)
    assert (parcel.state, parcel.waybill) == ("labelled", courier.orders[str(key)])
    assert parcel.label.kind == "label" and made.case(ready).state == "granted"
    go_on(courier, clock, hours=3)
    assert row(key).state == "picked_up"
    sent = Delivery.objects.get()
    assert (sent.courier, sent.tracking_number, sent.method) == (NAME, parcel.waybill, "mail")
    go_on(courier, clock, hours=30)
    assert row(key).state == "signed" and made.case(ready).state == "delivered"
    paper = Paper.objects.get(kind="delivery_receipt")
    told = paper.content["delivery"]
    assert told["signed_by"] == "田**" and told["method"] == "邮寄"
    assert "承运人记录" in told["note"] and "本人签收" in told["note"]
    assert told["delivered_on"] == "2026-09-11" and reasons() == []
    told = Entry.objects.filter(stream=parcel.stream).order_by("index")
    kinds = list(told.values_list("kind", flat=True))
    assert kinds[:2] == ["shipment.wanted", "shipment.ordered"]


def test_no_address_and_no_phone_lies_open(ready, courier, clock):
    key = order(ready, clock)
    parcel = row(key)
    assert parcel.address_mask == "青禾县清水镇****"
    for value in (ADDRESS, made.PHONE, made.NAME):
        assert value.encode() not in bytes(parcel.to_sealed)
        assert not Entry.objects.filter(payload__icontains=value).exists()


def test_one_order_at_a_time(ready, courier, clock):
    order(ready, clock)
    with pytest.raises(Refusal) as refused:
        order(ready, clock)
    assert (refused.value.code, refused.value.status) == ("order-under-way", 409)
    assert Shipment.objects.count() == 1


def test_an_order_needs_an_address_and_a_sealed_paper(county, clock):
    unsealed = made.granted(applicant=made.applicant(address=ADDRESS), delivery="mail")
    with pytest.raises(Refusal) as refused:
        order(unsealed, clock)
    assert refused.value.code == "paper-not-sealed"
    made.seal_papers(unsealed.case_id)
    bare = made.granted_and_sealed()
    with pytest.raises(Refusal) as refused:
        order(bare, clock)
    assert refused.value.code == "address-missing"
    assert order(bare, clock, address=ADDRESS)


def test_an_answer_that_was_lost_is_asked_about_and_not_repeated(ready, courier, clock):
    """Seen to fail (ordered twice) with the question before the repeat taken out."""
    courier.behave.append("lost")
    key = order(ready, clock)
    go_on(courier, clock)
    assert row(key).state == "ordering" and row(key).in_doubt
    go_on(courier, clock, hours=1)
    assert row(key).waybill == courier.orders[str(key)]
    assert [what for what, _key in courier.calls].count("order") == 1


@pytest.mark.parametrize("fault", ["away", "error", "nonsense"])
def test_a_courier_that_fails_is_asked_again_and_holds_nobody_up(ready, courier, clock, fault):
    courier.behave.extend([fault, fault])
    key = order(ready, clock)
    go_on(courier, clock)
    assert row(key).state == "ordering" and row(key).error
    sent = delivery.dispatch(  # the desk goes on by hand
        case_id=ready.case_id, seq=made.case(ready).seq, courier="别家快递",
        tracking_number="BJ0001", by=made.CLERK, at=clock(),
    )  # fmt: skip
    assert sent.state == "granted"
    go_on(courier, clock, hours=6, rounds=2)
    assert row(key).state == "cancelled"
    assert Delivery.objects.get().tracking_number == "BJ0001" and reasons() == []


def test_an_order_that_never_succeeds_becomes_a_persons_task(ready, courier, clock):
    key = order(ready, clock)
    for _try in range(8):
        courier.behave.extend(["error", "error", "error"])
        go_on(courier, clock, hours=5)
    assert row(key).state == "unknown" and reasons() == ["unknown"]


def test_a_refused_order_becomes_a_persons_task_and_frees_the_case(ready, courier, clock):
    courier.behave.append("refused")
    key = order(ready, clock)
    go_on(courier, clock)
    assert row(key).state == "cancelled" and reasons() == ["rejected"]
    assert order(ready, clock) != key


def test_the_waybill_of_another_order_is_not_taken(ready, courier, clock):
    first = order(ready, clock)
    go_on(courier, clock)
    courier.behave.append("taken")
    second = order(another(), clock)
    go_on(courier, clock)
    assert row(second).state == "unknown" and not row(second).waybill
    assert row(first).waybill and reasons() == ["waybill_taken"]


def test_the_waybill_typed_by_hand_for_another_case_is_not_taken(ready, courier, clock):
    key = order(ready, clock)
    other = another()
    number = courier._waybill(str(key))
    delivery.dispatch(
        case_id=other.case_id, seq=other.seq, courier=NAME, tracking_number=number,
        by=made.CLERK, at=clock(),
    )  # fmt: skip
    go_on(courier, clock)
    assert row(key).state == "unknown" and reasons() == ["waybill_taken"]


def test_nobody_types_the_waybill_of_another_cases_order(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    other = another()
    with pytest.raises(Refusal) as refused:
        delivery.dispatch(
            case_id=other.case_id, seq=other.seq, courier=NAME,
            tracking_number=row(key).waybill, by=made.CLERK, at=clock(),
        )  # fmt: skip
    assert refused.value.code == "tracking-number-taken"


def test_the_first_of_two_waybills_stands(ready, courier, clock):
    key = order(ready, clock)
    assert shipments.adopt(shipment_id=key, waybill="YS00000000001", at=clock())
    assert not shipments.adopt(shipment_id=key, waybill="YS00000000002", at=clock())
    assert row(key).waybill == "YS00000000001"


def test_messages_in_any_order_and_a_storm_end_the_same(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    say(courier, key, clock, "picked_up", "in_transit", "delivering", "signed", relation="self")
    told = courier.script[str(key)] * 200
    random.Random(1).shuffle(told)
    courier.script[str(key)] = told
    go_on(courier, clock, hours=5)
    assert row(key).state == "signed" and ShipmentEvent.objects.count() == 4
    assert made.case(ready).state == "delivered"


def test_a_storm_of_different_messages_is_bounded_and_loses_no_end(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    moves = [Event(f"m{n}", "in_transit", made.after(1, minutes=n)) for n in range(2000)]
    end = Event("end", "signed", made.after(3), relation="self")
    clock.forward(days=3)
    shipments.absorb(shipment_id=key, events=[*moves, end], at=clock())
    assert ShipmentEvent.objects.count() == 501
    assert row(key).state == "signed" and reasons() == ["storm"]


@pytest.mark.parametrize("kind", ["returned", "lost", "cancelled"])
def test_what_does_not_arrive_is_a_persons_task(ready, courier, clock, kind):
    key = order(ready, clock)
    go_on(courier, clock)
    say(courier, key, clock, "picked_up", kind)
    go_on(courier, clock, hours=4)
    assert row(key).state == kind and reasons() == [kind]
    assert made.case(ready).state == "granted"


def test_signed_and_then_returned_is_a_contradiction(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    say(courier, key, clock, "picked_up", "signed", relation="self")
    go_on(courier, clock, hours=4)
    assert made.case(ready).state == "delivered" and reasons() == []
    courier.script[str(key)].append(Event("late", "returned", made.after(1, hours=9)))
    go_on(courier, clock, hours=6)
    assert row(key).state == "returned" and reasons() == ["contradictory"]
    assert ShipmentEvent.objects.filter(kind="signed").exists()


def test_a_sign_off_by_somebody_else_waits_for_a_person(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    say(courier, key, clock, "picked_up", "signed", signer="李示例", relation="other")
    go_on(courier, clock, hours=4)
    assert row(key).state == "signed" and reasons() == ["other_signed"]
    case = made.case(ready)
    assert case.state == "granted" and row(key).signer_mask == "李**"
    delivery.deliver(
        case_id=case.pk, seq=case.seq, received_by="李示例", by=made.CLERK, at=clock()
    )
    told = Paper.objects.get(kind="delivery_receipt").content["delivery"]
    assert "他人代收" in told["note"] and "李示例" not in str(told) and reasons() == []
    assert DeliveryTask.objects.get().note == "已送达"


def test_a_clock_running_ahead_dates_no_receipt_into_the_future(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    courier.script[str(key)] = [
        Event("1", "picked_up", made.after(400)),
        Event("2", "signed", made.after(500), relation="self"),
    ]
    go_on(courier, clock, hours=2)
    told = Paper.objects.get(kind="delivery_receipt").content["delivery"]
    assert told["delivered_on"] == clock().date().isoformat()


def test_a_broken_label_is_asked_for_again(ready, courier, clock):
    courier.behave.extend(["", "broken"])
    key = order(ready, clock)
    go_on(courier, clock)
    go_on(courier, clock, hours=1)
    assert row(key).state == "labelled" and reasons() == []


def test_a_label_that_stays_broken_does_not_stop_the_parcel(ready, courier, clock, monkeypatch):
    monkeypatch.setattr(courier, "label", lambda known: b"<html>busy</html>")
    key = order(ready, clock)
    go_on(courier, clock, hours=1, rounds=3)
    assert reasons() == ["label"]
    go_on(courier, clock, hours=3)
    assert row(key).state == "picked_up"


def test_a_broken_adapter_is_a_doubt_and_stops_no_other_parcel(ready, courier, clock, monkeypatch):
    """Seen to fail (the sweep died) with the adapter's own errors let through."""
    first = order(ready, clock)
    plain = courier.order
    monkeypatch.setattr(
        courier, "order", lambda parcel: 1 / 0 if parcel.key == str(first) else plain(parcel)
    )
    second = order(another(), clock)
    go_on(courier, clock)
    assert (row(first).state, row(first).error) == ("ordering", "ZeroDivisionError")
    assert row(second).state == "labelled"


def test_silence_leaves_the_parcel_where_it_is(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    courier.behave.extend(["silence", "error"])
    go_on(courier, clock, hours=2)
    assert row(key).state == "labelled"


def test_cancelling_before_and_after_it_is_collected(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    shipments.cancel(shipment_id=key, by=made.CLERK, at=clock())
    go_on(courier, clock)
    assert row(key).state == "cancelled" and reasons() == []
    again = order(ready, clock)
    go_on(courier, clock)
    say(courier, again, clock, "picked_up")
    go_on(courier, clock, hours=2)
    with pytest.raises(Refusal) as refused:
        shipments.cancel(shipment_id=again, by=made.CLERK, at=clock())
    assert refused.value.code == "parcel-under-way"


@pytest.mark.parametrize(("fault", "asked"), [("", []), ("late", ["not_cancelled"])])
def test_cancelled_while_the_order_is_on_its_way(ready, courier, clock, monkeypatch, fault, asked):
    """A person cancels, and another worker sees to it, while the courier is taking the order."""
    key = order(ready, clock)
    plain = courier.order

    def slow(parcel):
        shipments.cancel(shipment_id=key, by=made.CLERK, at=clock())
        courier_work.work(shipment_id=key, courier=courier, now=clock)
        assert row(key).state == "cancelled"
        courier.behave.extend(["", fault])
        return plain(parcel)

    monkeypatch.setattr(courier, "order", slow)
    go_on(courier, clock)
    assert [what for what, _key in courier.calls] == ["cancel", "order", "cancel"]
    assert row(key).state == "cancelled" and reasons() == asked


def test_returned_and_sent_again(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    say(courier, key, clock, "picked_up", "returned")
    go_on(courier, clock, hours=4)
    task = DeliveryTask.objects.get()
    undelivered.settle(
        task_id=task.pk, way="resend", note="电话联系，重寄到新地址", by=made.CLERK, at=clock()
    )
    again = order(ready, clock, address="青禾县清水镇西岭村1号")
    go_on(courier, clock)
    go_on(courier, clock, hours=31)
    assert row(again).state == "signed" and made.case(ready).state == "delivered"
    assert Delivery.objects.get().tracking_number == row(again).waybill


def test_a_push_before_our_answer_adopts_the_order(ready, courier, clock):
    courier.behave.append("lost")
    key = order(ready, clock)
    go_on(courier, clock)
    event = Event("p1", "picked_up", clock())
    number = courier.orders[str(key)]
    shipments.heard(key=str(key), waybill=number, courier=NAME, events=[event], at=clock())
    assert (row(key).state, row(key).waybill) == ("picked_up", number)
    with pytest.raises(Refusal) as refused:
        shipments.heard(key="", waybill="YS404", courier=NAME, events=[event], at=clock())
    assert (refused.value.code, refused.value.status) == ("shipment-unknown", 404)
    with pytest.raises(Refusal) as refused:
        shipments.heard(key=str(key), waybill="YS404", courier=NAME, events=[event], at=clock())
    assert refused.value.code == "waybill-differs"


def test_only_the_cases_own_counter_orders(ready, clock):
    with pytest.raises(Refusal) as refused:
        order(ready, clock, by=made.STREET_CLERK)
    assert refused.value.status == 404


def test_no_call_is_made_inside_a_transaction(ready, courier, clock, monkeypatch):
    """Seen to fail with work() inside transaction.atomic()."""
    seen = []
    for name in ("order", "track", "label", "cancel"):
        plain = getattr(courier, name)

        def watched(*given, plain=plain):
            seen.append(len(transaction.get_connection().savepoint_ids))
            return plain(*given)

        monkeypatch.setattr(courier, name, watched)
    depth = len(transaction.get_connection().savepoint_ids)
    key = order(ready, clock)
    go_on(courier, clock)
    go_on(courier, clock, hours=31)
    assert row(key).state == "signed" and set(seen) == {depth}


def test_a_number_in_what_the_courier_says_is_not_kept(ready, courier, clock):
    key = order(ready, clock)
    go_on(courier, clock)
    told = Event("1", "delivering", clock(), place="派送员 138 0000 1234 正在派送")
    shipments.absorb(shipment_id=key, events=[told], at=clock())
    assert "1234" not in ShipmentEvent.objects.get().place


# --- many badly behaved courses -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.fault
def test_any_course_ends_in_delivery_or_with_a_person(ready, clock):
    """60 seeded couriers, each with faults and messages at random: every parcel ends, and every one
    that did not reach its applicant is somebody's task."""
    for seed in range(60):
        dice = random.Random(seed)
        courier = Simulator(clock, seed=seed)
        receipt = another()
        faults = ["", "", "", "lost", "away", "error", "nonsense", "silence", "broken"]
        courier.behave.extend(dice.choice(faults) for _n in range(12))
        key = order(receipt, clock)
        kinds = ["picked_up", "in_transit", "delivering", dice.choice(["signed", "returned", "lost"])]
        told = [
            Event(f"{seed}-{n}", kind, clock() + timedelta(hours=dice.randint(-9, 30)),
                  relation="self" if kind == "signed" else "")
            for n, kind in enumerate(kinds + dice.choices(kinds, k=4))
        ]  # fmt: skip
        courier.script[str(key)] = dice.sample(told, len(told))
        go_on(courier, clock, hours=5, rounds=12)
        parcel, case = row(key), Case.objects.get(pk=receipt.case_id)
        open_tasks = DeliveryTask.objects.filter(case=case, settled_at=None).count()
        assert case.state == "delivered" or open_tasks, (seed, parcel.state)
        assert len(set(courier.orders.values())) <= 1
