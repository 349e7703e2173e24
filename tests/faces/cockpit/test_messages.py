"""The messages' page: the county acts on what did not go out, the auditor reads, nobody sees more
of a phone than its ends."""

import pytest
from django.db import transaction

from tests.faces.cockpit.conftest import BUREAU
from tests.factories import county as made
from tests.support.reading import read, words
from yichuang.journal.models import Entry
from yichuang.messages import actions, rules
from yichuang.messages.models import Difference, Message, Reconciliation

AUDITOR = made.Actor(130, "审计试样", "auditor", 30, made.APPROVAL, "", made.COUNTY)
MANAGER = made.Actor(131, "主任试样", "manager", 31, made.APPROVAL, made.CENTRE, made.COUNTY)
PHONE = "13800001234"


@pytest.fixture
def dead(county):
    """A message nobody could send, and a day that does not add up."""
    params = {
        "item": "建房",
        "number": "A1",
        "event": "受理",
        "url": "https://example.test/track/X",
    }
    with transaction.atomic():
        actions.put(template="case-step", params=params, address=PHONE, key="entry:1", at=made.AT)
    Message.objects.update(state=rules.DEAD, next_try_at=None, error="HTTP 422")
    day = Reconciliation.objects.create(
        day=made.AT.date(), provider="gateway", ours=1, theirs=0, our_segments=1,
        state="differs", made_at=made.AT,
    )  # fmt: skip
    message = Message.objects.get()
    Difference.objects.create(
        reconciliation=day, kind=rules.MISSING_THERE, key=str(message.uid), message=message,
        ours=1, theirs=0,
    )  # fmt: skip
    return message


def test_the_county_sends_again(dead, sit_down):
    bureau = sit_down(BUREAU)
    page = read(bureau.get("/cockpit/messages"))
    assert "138****1234" in words(page.main) and "受理" in words(page.main)
    assert PHONE not in str(page) and "example.test" not in str(page)
    form = page.select_one("main form")
    answer = bureau.post(form["action"], follow=True)
    assert "已安排重发" in words(read(answer).body)
    assert Message.objects.filter(state="pending").count() == 1
    again = bureau.post(form["action"], follow=True)
    assert "已经有人处理" in words(read(again).body)


def test_the_county_gives_up_with_a_reason(dead, sit_down):
    bureau = sit_down(BUREAU)
    link = next(
        each["href"]
        for each in read(bureau.get("/cockpit/messages")).select("main a")
        if "不再发送" in words(each)
    )
    assert bureau.post(link, {"note": ""}).status_code == 422
    assert bureau.post(link, {"note": "x"}).status_code == 422
    assert bureau.post(link, {"note": "已由村站当面告知"}).status_code == 302
    assert Message.objects.get().state == "failed"
    assert Entry.objects.filter(kind="message.given-up").count() == 1
    assert bureau.post(link, {"note": "已由村站当面告知"}).status_code == 409


def test_the_county_explains_a_difference(dead, sit_down):
    bureau = sit_down(BUREAU)
    link = next(
        each["href"]
        for each in read(bureau.get("/cockpit/messages")).select("main a")
        if "说明原因" in words(each)
    )
    assert bureau.post(link, {"note": "通道方漏记，已书面确认"}).status_code == 302
    assert "都已说明" in words(read(bureau.get("/cockpit/messages")).main)


def test_the_auditor_reads_and_a_manager_does_not(dead, sit_down):
    auditor = sit_down(AUDITOR)
    page = read(auditor.get("/cockpit/messages"))
    assert "138****1234" in words(page.main) and not page.select("main form")
    assert (
        auditor.post(f"/cockpit/messages/{dead.uid}/give-up", {"note": "试试"}).status_code == 403
    )
    auditor.post(f"/cockpit/messages/{dead.uid}/retry")
    assert Message.objects.get().state == "dead"
    manager = sit_down(MANAGER)
    assert manager.get("/cockpit/messages").status_code in (302, 403)
    assert "/cockpit/messages" not in str(read(manager.get("/cockpit/coverage")))


def test_an_empty_page_says_so_and_what_it_costs(county, sit_down, django_assert_max_num_queries):
    bureau = sit_down(BUREAU)
    bureau.get("/cockpit/messages")
    with django_assert_max_num_queries(9):  # 3 of them session and post
        page = read(bureau.get("/cockpit/messages"))
    assert "没有发不出去的消息" in words(page.main) and "还没有对过账" in words(page.main)
