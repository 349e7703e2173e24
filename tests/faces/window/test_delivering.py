"""Ordering a courier at the counter, what comes back of it, and what did not arrive."""

import pytest
import time_machine

from tests.faces.window.reading import filled, read, words
from tests.factories import county as made
from yichuang.cases import courier_work, shipments, undelivered
from yichuang.cases.couriers_simulator import NAME, Simulator
from yichuang.cases.models import Delivery, DeliveryTask, Shipment
from yichuang.faces.window.views import delivering

pytestmark = pytest.mark.django_db
ADDRESS = "青禾县清水镇东岭村示例路8号"


@pytest.fixture
def company(monkeypatch):
    """A courier is configured; its calls are the worker's."""
    found = Simulator(lambda: made.after(2))
    monkeypatch.setattr(delivering, "courier", lambda: found)
    return found


@pytest.fixture
def ready(county):
    return made.granted_and_sealed(delivery="mail", applicant=made.applicant(address=ADDRESS))


def page(browser, receipt):
    return read(browser.get(f"/window/cases/{receipt.case_id}"))


def press(browser, tree, ending, **said):
    form = tree.select_one(f'form[action$="{ending}"]')
    assert form is not None, ending
    return browser.post(form["action"], filled(form) | said)


def test_an_order_from_the_case_page(clerk, ready, company):
    tree = page(clerk, ready)
    assert f"向{NAME}下单" in words(tree)
    assert press(clerk, tree, "/handing/order").status_code == 302
    assert company.calls == []
    courier_work.sweep(courier=company, now=lambda: made.after(1))
    courier_work.sweep(courier=company, now=lambda: made.after(1))
    tree = page(clerk, ready)
    parcel = Shipment.objects.get()
    assert parcel.waybill in words(tree) and ADDRESS not in words(tree)
    label = clerk.get(tree.select_one(f'a[href="/window/labels/{parcel.pk}"]')["href"])
    assert label["Content-Type"] == "application/pdf"
    assert b"".join(label).startswith(b"%PDF-")
    assert not tree.select('form[action$="/handing/order"]')
    assert press(clerk, tree, "/handing/cancel").status_code == 302
    assert Shipment.objects.get().cancel_wanted


def test_without_a_courier_only_the_waybill_is_typed(clerk, ready):
    tree = page(clerk, ready)
    assert not tree.select('form[action$="/handing/order"]')
    assert tree.select('form[action$="/dispatch"]')
    refused = clerk.post(f"/window/cases/{ready.case_id}/handing/order", {"seq": ready.seq})
    assert refused.status_code == 409 and "没有接通" in refused.content.decode()


def test_a_missing_address_is_asked_for_and_kept(clerk, county, company):
    bare = made.granted_and_sealed()
    tree = page(clerk, bare)
    back = press(clerk, tree, "/handing/order")
    assert back.status_code == 422 and "没有留邮寄地址" in back.content.decode()
    assert press(clerk, read(back), "/handing/order", address=ADDRESS).status_code == 302


def test_a_stale_page_orders_nothing(clerk, ready, company):
    tree = page(clerk, ready)
    form = tree.select_one('form[action$="/handing/order"]')
    back = clerk.post(form["action"], {"seq": "1"})
    assert back.status_code == 409 and not Shipment.objects.exists()


def test_another_counters_label_is_not_shown(sit_down, ready, company):
    shipments.order(
        case_id=ready.case_id, seq=ready.seq, courier=NAME, by=made.CLERK, at=made.after(1)
    )
    for _round in range(2):
        courier_work.sweep(courier=company, now=lambda: made.after(1))
    parcel = Shipment.objects.get()
    assert sit_down(made.STREET_CLERK).get(f"/window/labels/{parcel.pk}").status_code == 404


def test_electronic_delivery_agreed_on_paper_and_taken_back(clerk, ready):
    assert press(clerk, page(clerk, ready), "/handing/agree").status_code == 302
    row = Delivery.objects.get()
    assert (row.method, row.consent_how) == ("online", "window")
    assert press(clerk, page(clerk, ready), "/handing/take-back").status_code == 302
    assert Delivery.objects.get().method == "mail"


def test_the_day_to_hand_over_by_stands_in_the_list(sit_down, ready):
    with time_machine.travel(made.after(15), tick=False):
        clerk = sit_down(made.CLERK)
        tree = read(clerk.get("/window/", {"tab": "deliver"}))
        assert "超期" in words(tree.select_one("tbody tr"))
        assert "超过送达期限 1 件" in words(read(clerk.get("/window/deliveries")))


def test_what_did_not_arrive_is_taken_and_settled(clerk, ready):
    undelivered.sweep(at=made.after(8))
    tree = read(clerk.get("/window/"))
    assert "送达异常 1" in words(tree)
    assert "好几个工作日没有送到" in words(page(clerk, ready))
    tree = read(clerk.get("/window/deliveries"))
    assert press(clerk, tree, "/take").status_code == 302
    tree = read(clerk.get("/window/deliveries"))
    assert "窗口试样接手" in words(tree)
    back = press(clerk, tree, "/settle", way="contacted", note="")
    assert back.status_code == 422 and "请写2到200个字的说明" in back.content.decode()
    assert press(clerk, read(back), "/settle", way="contacted", note="周五来取").status_code == 302
    task = DeliveryTask.objects.get()
    assert (task.way, task.note, task.settled_by["name"]) == ("contacted", "周五来取", "窗口试样")
    assert "没有送达异常" in words(read(clerk.get("/window/deliveries")))


def test_whoever_runs_the_centre_sees_how_many(sit_down, ready):
    undelivered.sweep(at=made.after(8))
    tree = read(sit_down(made.MANAGER).get("/window/bundles"))
    link = tree.select_one('a[href="/window/deliveries"]')
    assert "1" in words(link)


def test_another_counter_sees_none_of_it(sit_down, ready):
    undelivered.sweep(at=made.after(8))
    browser = sit_down(made.STREET_CLERK)
    assert "没有送达异常" in words(read(browser.get("/window/deliveries")))
    task = DeliveryTask.objects.get()
    assert browser.post(f"/window/deliveries/{task.pk}/take").status_code == 404
    assert browser.post(f"/window/deliveries/{task.pk}/nonsense").status_code == 404


def test_the_price_of_the_list(clerk, ready, django_assert_max_num_queries):
    undelivered.sweep(at=made.after(8))
    clerk.get("/window/deliveries")
    with django_assert_max_num_queries(6):
        clerk.get("/window/deliveries")
