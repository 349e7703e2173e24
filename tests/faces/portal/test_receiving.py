"""What an applicant sees of a parcel, and opening an electronic result: posted, once, journalled."""

import pytest
from django.urls import reverse

from tests.factories import county as factory
from yichuang.cases import courier_work, shipments, tracking
from yichuang.cases.couriers import Event
from yichuang.cases.couriers_simulator import NAME, Simulator
from yichuang.cases.models import Delivery, Shipment
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry

ADDRESS = "青禾县清水镇东岭村示例路8号"


def address(receipt, what=""):
    return f"/track/{tracking.code(receipt.case_id)}{what}"


@pytest.fixture
def ready(county):
    return factory.granted_and_sealed(
        delivery="mail", applicant=factory.applicant(address=ADDRESS)
    )


def decision_of(receipt):
    return Paper.objects.get(stream=f"case:{receipt.case_id}", kind="grant_decision")


def test_the_couriers_steps_in_plain_words(ready, read):
    at = factory.after(0, hours=1)
    company = Simulator(lambda: at)
    shipments.order(
        case_id=ready.case_id, seq=ready.seq, courier=NAME, by=factory.CLERK, at=factory.AT
    )
    for _round in range(2):
        courier_work.sweep(courier=company, now=lambda: at)
    parcel = Shipment.objects.get()
    told = [
        Event("1", "picked_up", at, place="清水镇营业点"),
        Event("2", "signed", at, signer="李示例", relation="other"),
    ]
    shipments.absorb(shipment_id=parcel.pk, events=told, at=at)
    courier_work.follow(shipment_id=parcel.pk, at=at)
    page = read(address(ready))
    for text in ("快递员已取件", "清水镇营业点", "已签收", "李**", "他人代收", parcel.waybill):
        assert text in page.main, text
    assert "寄往：青禾县清水镇****" in page.main and "示例路" not in page.main
    assert "李示例" not in page.main


def test_agreeing_opening_and_only_then_saving(ready, read, send, client):
    page = read(address(ready))
    assert "我同意电子送达" in page.main
    assert send(address(ready, "/online"), {"agree": "1"}).status == 302
    page = read(address(ready))
    assert "打开文书" in page.main and "打开后才能下载" in page.main
    paper = decision_of(ready)
    held = client.get(address(ready, f"/papers/{paper.pk}"))
    assert held.status_code == 302, "reading an address ahead receives nothing"
    assert factory.case(ready).state == "granted"
    assert send(address(ready, "/open")).status == 302
    assert factory.case(ready).state == "delivered"
    assert send(address(ready, "/open")).status == 302
    assert Entry.objects.filter(kind="case.deliver").count() == 1
    assert client.get(address(ready, f"/papers/{paper.pk}")).status_code == 200
    row = Delivery.objects.get()
    assert (row.method, row.consent_how) == ("online", "link")


def test_nothing_is_opened_by_a_mere_visit(ready, send, client):
    send(address(ready, "/online"), {"agree": "1"})
    for what in ("/open", "/online"):
        assert client.get(address(ready, what)).status_code == 405
    assert factory.case(ready).state == "granted"


def test_changing_ones_mind(ready, read, send):
    send(address(ready, "/online"), {"agree": "1"})
    send(address(ready, "/online"), {"agree": "0"})
    assert "我同意电子送达" in read(address(ready)).main
    assert send(address(ready, "/open")).status == 302
    assert factory.case(ready).state == "granted"


def test_before_the_decision_one_may_agree_already(county, read, send):
    receipt = factory.accepted()
    send(address(receipt, "/online"), {"agree": "1"})
    page = read(address(receipt))
    assert "文书盖好章以后，在这里打开" in page.main
    factory.seal_papers(receipt.case_id)
    notice = Paper.objects.get(stream=f"case:{receipt.case_id}")
    assert read(address(receipt, f"/papers/{notice.pk}")).status == 200


def test_a_wrong_code_opens_nothing(ready, send):
    wrong = reverse("portal:opened", args=["AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA"])
    assert send(wrong).status == 404
