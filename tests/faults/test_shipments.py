"""One order, one call, one taker, however many press at once or work at once."""

import pytest

from tests.factories import county as made
from tests.factories.racing import race
from yichuang.cases import courier_work, electronic, shipments, tracking, undelivered
from yichuang.cases.couriers_simulator import NAME, Simulator
from yichuang.cases.models import Delivery, DeliveryTask, Shipment
from yichuang.verdict import Refusal

pytestmark = [pytest.mark.fault, pytest.mark.slow]
ROUNDS = 20
ADDRESS = "青禾县清水镇东岭村示例路8号"


def order(receipt):
    return shipments.order(
        case_id=receipt.case_id, seq=receipt.seq, courier=NAME, address=ADDRESS, by=made.CLERK,
        at=made.after(1),
    )  # fmt: skip


def codes(ends):
    return sorted(end.code for end in ends if isinstance(end, Refusal))


def test_two_orders_at_once_are_one(shared_county):
    """The case's row is locked first; the constraint stands behind it."""
    for _round in range(ROUNDS):
        receipt = made.granted_and_sealed()
        ends = race(lambda r=receipt: order(r), lambda r=receipt: order(r))
        assert codes(ends) == ["order-under-way"], ends
        assert Shipment.objects.filter(case_id=receipt.case_id).count() == 1


def test_two_workers_place_one_order_once(shared_county):
    """Seen to fail (ordered twice) with the claim taken out."""
    at = made.after(1)
    for _round in range(ROUNDS):
        courier = Simulator(lambda: at)
        key = order(made.granted_and_sealed())

        def placed(key=key, courier=courier):
            return courier_work.work(shipment_id=key, courier=courier, now=lambda: at)

        ends = race(placed, placed, placed)
        assert all(isinstance(end, bool) for end in ends), ends
        assert [what for what, _key in courier.calls].count("order") == 1


def test_agreeing_to_electronic_delivery_while_an_order_is_placed(shared_county):
    """One of the two, never both. Seen to fail (both) with an order placed whatever was agreed."""
    for _round in range(ROUNDS):
        receipt = made.granted_and_sealed()
        by = tracking.bearer(receipt.case_id)
        race(
            lambda r=receipt: order(r),
            lambda r=receipt, b=by: electronic.consent(
                case_id=r.case_id, how="link", by=b, at=made.after(1)
            ),
        )
        ordered = Shipment.objects.filter(case_id=receipt.case_id).exists()
        agreed = Delivery.objects.filter(case_id=receipt.case_id, method="online").exists()
        assert ordered != agreed


def test_one_takes_a_task(shared_county):
    for _round in range(ROUNDS):
        made.granted_and_sealed()
    undelivered.sweep(at=made.after(8))
    for task in DeliveryTask.objects.all():
        ends = race(
            *(
                lambda t=task, b=by: undelivered.take(task_id=t.pk, by=b, at=made.after(9))
                for by in (made.CLERK, made.MANAGER)
            )
        )
        assert codes(ends) == ["task-moved-on"], ends
