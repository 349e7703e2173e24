"""The pages of blank certificates: two people, the counter's numbers, the day's sheet."""

import io

import pytest
import time_machine
from bs4 import BeautifulSoup
from PIL import Image

from tests.blanks import conftest as kit
from tests.blanks.conftest import AT, CLERK, COLLEAGUE, KEEPER, MANAGER, SECOND_KEEPER, TYPE
from tests.factories import county as made
from yichuang.blanks.models import Blank, DayClose, Proposal

pytestmark = pytest.mark.django_db
DAY = f"/custody/blanks/days/{made.CENTRE}/{AT.date()}"


@pytest.fixture
def sit_down(county):
    with time_machine.travel(AT, tick=False):
        yield made.signed_in


@pytest.fixture
def counter(sit_down):
    kit.stocked()
    return sit_down(CLERK)


def tree(answer):
    return BeautifulSoup(answer.content, "html.parser")


def words(answer):
    return " ".join(tree(answer).get_text(" ").split())


def key(answer):
    return tree(answer).select_one("main input[name=key]")["value"]


def reserve(browser, **changes):
    at = "/custody/blanks/counter"
    sent = {"key": key(browser.get(at)), "type_code": TYPE, "case_number": kit.CASE, "paper": ""}
    return browser.post(at, {**sent, **changes}, follow=True)


def step(browser, event, **more):
    blank = Blank.objects.exclude(case_number="").order_by("-since", "-serial").first()
    return browser.post(
        f"/custody/blanks/sheets/{blank.pk}/{event}", {"key": kit.key(), **more}, follow=True
    )


def count(browser, found):
    return browser.post(DAY, {"act": "count", f"found_{TYPE}": found}, follow=True)


def test_a_counter_reserves_prints_and_confirms(counter):
    page = reserve(counter)
    assert "QZ000001" in words(page) and kit.CASE in words(page)
    assert "确认使用" in words(step(counter, "print"))
    page = step(counter, "confirm")
    assert kit.states()[1] == "used" and "没有占着或待确认的号" in words(page)


def test_a_form_sent_twice_is_one_number(counter):
    once = key(counter.get("/custody/blanks/counter"))
    reserve(counter, key=once)
    reserve(counter, key=once)
    assert list(kit.states().values()).count("reserved") == 1


def test_what_was_typed_stays_when_refused(counter):
    page = reserve(counter, case_number="K", paper="宅12号")
    assert page.status_code == 422
    assert tree(page).select_one("input[name=paper]")["value"] == "宅12号"
    assert "没有写清" in words(page)


def test_a_jam_is_printed_again_only_with_a_reason(counter):
    reserve(counter)
    step(counter, "print")
    assert step(counter, "reprint", reason="").status_code == 422
    assert step(counter, "reprint", reason="卡纸，纸面完好").status_code == 200
    assert Blank.objects.get(serial=1).prints == 2


def test_spoiling_with_a_photo_is_confirmed_by_a_colleague(counter, sit_down, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    reserve(counter)
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, "PNG")
    out.seek(0)
    out.name = "spoiled.png"
    at = "/custody/blanks/ask/spoil"
    opened = counter.get(f"{at}?type_code={TYPE}&first=QZ000001")
    assert tree(opened).select_one("input[name=first]")["value"] == "QZ000001"
    facts = {"key": key(opened), "type_code": TYPE, "first": "QZ000001", "reason": "印坏了"}
    page = counter.post(at, {**facts, "last": "", "photo": out}, follow=True)
    asked = Proposal.objects.get(kind="spoil")
    here = f"/custody/blanks/proposals/{asked.pk}"
    assert "您自己不能确认" in words(page) and asked.photo_id
    assert counter.post(here, {"act": "agree", "answer": ""}).status_code == 403
    other = sit_down(COLLEAGUE)
    shown = other.get(f"{here}/photo")
    assert shown["Content-Type"] == "image/png" and "sandbox" in shown["Content-Security-Policy"]
    assert b"".join(shown.streaming_content).startswith(b"\x89PNG")
    other.post(here, {"act": "agree", "answer": ""})
    assert kit.states()[1] == "spoiled"


def test_taking_in_and_handing_out(sit_down):
    kit.publish()
    keeper, second = sit_down(KEEPER), sit_down(SECOND_KEEPER)
    at = "/custody/blanks/ask/receive"
    facts = {"key": kit.key(), "type_code": TYPE, "source": "领证单7号"}
    page = keeper.post(at, {**facts, "first": "QZ000010", "last": "QZ000001"})
    assert page.status_code == 422 and "起号大于止号" in words(page)
    keeper.post(at, {**facts, "first": "QZ000001", "last": "QZ000010"})
    asked = Proposal.objects.get()
    second.post(f"/custody/blanks/proposals/{asked.pk}", {"act": "agree", "answer": ""})
    at = "/custody/blanks/ask/hand_out"
    assert "青溪镇便民服务中心" in words(keeper.get(at))
    keeper.post(at, {"key": kit.key(), "type_code": TYPE, "count": 4, "outlet": made.CENTRE})
    out = Proposal.objects.get(kind="hand_out")
    clerk = sit_down(CLERK)
    assert "等您确认" in words(clerk.get("/custody/blanks/counter"))
    clerk.post(f"/custody/blanks/proposals/{out.pk}", {"act": "refuse", "answer": "只有3张"})
    assert Proposal.objects.get(pk=out.pk).state == "refused"
    assert "10" in words(keeper.get("/custody/blanks/"))


def test_losing_asks_the_manager_for_the_number_of_the_report(counter, sit_down):
    facts = {
        "key": kit.key(),
        "type_code": TYPE,
        "first": "QZ000010",
        "last": "",
        "reason": "没找到",
    }
    counter.post("/custody/blanks/ask/lose", facts)
    here = f"/custody/blanks/proposals/{Proposal.objects.get(kind='lose').pk}"
    manager = sit_down(MANAGER)
    page = manager.post(here, {"act": "agree", "answer": ""})
    assert page.status_code == 422 and "报失编号" in words(page)
    manager.post(here, {"act": "agree", "answer": "报失2026-1"})
    assert kit.states()[10] == "lost"


def test_the_day_closes_by_two_and_opens_again_with_a_reason(counter, sit_down):
    reserve(counter)
    page = count(counter, 9)
    assert "还有2处没有平" in words(page) and "QZ000001" in words(page) and "少1张" in words(page)
    assert counter.post(DAY, {"act": "close"}).status_code in (403, 409)
    step(counter, "release", reason="改日再来")
    page = count(counter, 10)
    assert "已点清" in words(page) and not tree(page).select("button[value=close]")
    manager = sit_down(MANAGER)
    assert tree(manager.get(DAY)).select_one("button[value=close]")
    assert "已日结" in words(manager.post(DAY, {"act": "close"}, follow=True))
    assert reserve(counter).status_code == 409
    assert manager.post(DAY, {"act": "reopen", "reason": ""}).status_code == 422
    manager.post(DAY, {"act": "reopen", "reason": "漏记一张作废"})
    assert DayClose.objects.get().state == "open"


def test_others_do_not_look_in(counter, sit_down):
    at = f"/custody/blanks/outlets/{made.CENTRE}"
    assert sit_down(made.STREET_CLERK).get(at).status_code == 404
    assert sit_down(made.DECIDER).get(at).status_code == 403
    page = sit_down(kit.AUDITOR).get(at)
    assert page.status_code == 200 and not tree(page).select("main form")


@pytest.mark.parametrize("path", ["ask/bless", "sheets/1/bless", f"days/{made.CENTRE}/never"])
def test_addresses_that_are_none(counter, path):
    answer = getattr(counter, "post" if "sheets" in path else "get")(f"/custody/blanks/{path}")
    assert answer.status_code == 404 and "blank" not in words(answer)


def test_statements_of_the_pages(counter, django_assert_max_num_queries):
    reserve(counter)
    for at, most in (("/custody/blanks/counter", 14), (DAY, 16)):
        with django_assert_max_num_queries(most):
            counter.get(at)
