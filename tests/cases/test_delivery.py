"""Handing over: only what is sealed, and nothing closed before it is delivered."""

import uuid

import pytest

from tests.factories import county as made
from yichuang.cases import delivery, intake
from yichuang.cases.models import Delivery
from yichuang.documents.models import Paper
from yichuang.verdict import Refusal


def dispatch(receipt, number="YZ000001", seq=None):
    return delivery.dispatch(
        case_id=receipt.case_id, seq=seq or receipt.seq, courier="演示寄递", tracking_number=number,
        by=made.CLERK, at=made.after(1),
    )  # fmt: skip


def deliver(receipt, seq=None, received_by="田试样"):
    return delivery.deliver(
        case_id=receipt.case_id, seq=seq or receipt.seq, received_by=received_by, by=made.CLERK,
        at=made.after(2),
    )  # fmt: skip


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("hand_over", [dispatch, deliver])
def test_nothing_is_handed_over_before_it_is_sealed(county, hand_over):
    receipt = made.granted()
    refusal = refused(lambda: hand_over(receipt))
    assert (refusal.code, refusal.status) == ("paper-not-sealed", 409)
    assert not Delivery.objects.exists()
    made.seal_papers(receipt.case_id)
    assert hand_over(receipt).seq == receipt.seq + 1


def test_a_mailed_result_from_dispatch_to_archive(county):
    receipt = made.granted_and_sealed()
    sent = dispatch(receipt)
    assert sent.state == "granted"
    assert refused(lambda: dispatch(receipt, "YZ000002", seq=sent.seq)).code == "event-only-once"
    signed = deliver(sent)
    row = Delivery.objects.get()
    assert (row.method, row.received_by_mask, row.tracking_number) == ("mail", "田**", "YZ000001")
    paper = Paper.objects.get(pk=signed.paper_id)
    assert [doc["name"] for doc in paper.content["documents"]] == ["准予行政许可决定书"]
    closed = delivery.close(case_id=receipt.case_id, seq=signed.seq, by=made.CLERK, at=made.AT)
    kept = delivery.archive(
        case_id=receipt.case_id, seq=closed.seq, by=made.SYSTEM, at=made.after(30)
    )
    assert (signed.state, closed.state, kept.state) == ("delivered", "closed", "archived")


def test_one_waybill_is_one_parcel(county):
    first, second = made.granted_and_sealed(), made.granted_and_sealed()
    dispatch(first, "YZ000009")
    refusal = refused(lambda: dispatch(second, " YZ000009 "))
    assert (refusal.code, refusal.status) == ("tracking-number-taken", 409)
    assert "YZ000009" in refusal.message and refusal.remedy


def test_a_case_is_not_closed_before_delivery(county):
    receipt = made.granted_and_sealed()
    refusal = refused(
        lambda: delivery.close(case_id=receipt.case_id, seq=receipt.seq, by=made.CLERK, at=made.AT)
    )
    assert (refusal.code, refusal.status) == ("event-not-now", 409)


def test_a_withdrawn_case_closes_without_a_result(county):
    receipt = made.accepted()
    gone = intake.withdraw(
        case_id=receipt.case_id, seq=1, reason="不办了", by=made.CLERK, at=made.AT
    )
    closed = delivery.close(case_id=receipt.case_id, seq=gone.seq, by=made.CLERK, at=made.AT)
    assert closed.state == "closed"


@pytest.mark.parametrize(("courier", "number"), [("", "YZ1"), ("演示寄递", " ")])
def test_a_parcel_has_a_courier_and_a_number(county, courier, number):
    receipt = made.granted_and_sealed()
    refusal = refused(
        lambda: delivery.dispatch(
            case_id=receipt.case_id, seq=receipt.seq, courier=courier, tracking_number=number,
            by=made.CLERK, at=made.AT,
        )
    )  # fmt: skip
    assert refusal.code == "tracking-number-missing"


def test_somebody_signs(county):
    receipt = made.granted_and_sealed()
    assert refused(lambda: deliver(receipt, received_by=" ")).code == "receiver-missing"


@pytest.mark.parametrize(("courier", "number"), [("寄" * 41, "1"), ("演示快递", "1" * 41)])
def test_a_waybill_fits_its_column(county, courier, number):
    """PostgreSQL refuses what SQLite would keep: the sentence comes first."""
    with pytest.raises(Refusal) as refusal:
        delivery.dispatch(
            case_id=uuid.uuid4(), seq=1, courier=courier, tracking_number=number,
            by=made.CLERK, at=made.AT,
        )  # fmt: skip
    assert refusal.value.code == "text-too-long"
