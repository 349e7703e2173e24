"""An item's owner answers a search in vain, tries an item, keeps an example, drafts a change and has
a colleague publish it; then the two versions lie side by side. Clauses T2.1, T2.2, T2.8."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import county as made
from tests.journeys.people import Staff
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.catalogue import upkeep
from yichuang.catalogue.models import Example, ItemVersion
from yichuang.faces.operations.pack.loader import load_pack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

ITEM = "QH-05-002"
SAID = "俺娘的活命钱"


@pytest.fixture
def county(transactional_db):
    at = timezone.now()
    load_pack(made.PACK, by=system("test"), at=at - timedelta(days=40))
    posts = [
        DemoPost(login, name, "bureau", "事项岗", made.APPROVAL, "", made.COUNTY)
        for login, name in (("writer", "演示起草"), ("publisher", "演示发布"))
    ]
    starts_on = timezone.localdate(at) - timedelta(days=30)
    make_demo_accounts(posts, starts_on=starts_on, by=system("test"), at=at)
    for _time in range(3):
        upkeep.note_miss(SAID, timezone.localdate(at))


def test_an_item_from_a_search_in_vain_to_a_new_version(page, barriers, county):
    writer = Staff(page, barriers, login="writer")
    publisher = Staff(page, barriers, login="publisher")

    # what somebody searched for in vain is answered in two presses
    writer.signs_in()
    page.goto("/library/misses")
    writer.looks_around()
    page.get_by_role("link", name=SAID).click()
    page.get_by_label("用别的话找这个事项").fill("生活困难")
    press(page, "查找")
    writer.looks_around()
    press(page, "就是它，添加.*生活困难补贴给付")
    writer.sees("第一个就是“生活困难补贴给付”")

    # walk the questions as a resident does: each answer brings the next and the list so far
    page.goto(f"/library/items/{ITEM}")
    writer.looks_around()
    page.get_by_role("link", name="试一试").click()
    for question, answer in (
        ("谁来申请？", "替别人办"),
        ("申请补贴的人满16周岁了吗？", "满了"),
        ("全家每人每月收入在标准以下吗？", "在标准以下"),
        ("家里有持证残疾人吗？", "有"),
    ):
        with page.expect_navigation():  # the form sends itself
            page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    writer.sees("办事人看到的结果", "不用交")
    page.get_by_label("给这个样例起个名").fill("替父母办、有残疾证")
    press(page, "记录为样例")
    assert Example.objects.get().name == "替父母办、有残疾证"
    writer.looks_around()

    # draft the next version: the proof of income is asked for again
    press(page, "起草新版")
    page.get_by_role("link", name=re.compile("情形对照")).click()
    writer.looks_around()
    page.get_by_role("row", name=re.compile("收入证明")).get_by_role("link").click()
    writer.looks_around()
    press(page, "删去这一行")
    writer.sees("已保存到草稿")
    page.get_by_role("link", name=re.compile("核对和发布")).click()
    writer.sees("有1个样例的结果会变")
    press(page, "提交核对")
    writer.sees("要由另一个人核对后发布")

    # the colleague sees what changes, says that it is meant, and publishes; on a phone
    publisher.signs_in()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/library/drafts")
    publisher.looks_around()
    page.locator("main").get_by_role("link", name="生活困难补贴给付").click()
    publisher.looks_around()
    press(page, "发布新版")
    publisher.sees("请逐个核对")
    page.get_by_label("已核对，确实应当改变").check()
    press(page, "发布新版")
    publisher.sees("第2版已发布", "尚未施行")
    assert ItemVersion.objects.filter(item=ITEM, version=2).exists()
    press(page, "对照两个版本")
    publisher.sees("第1版与第2版的不同")
    assert "收入证明" in page.locator("del").first.inner_text()

    assert writer.faults + publisher.faults == []


def press(page, name):
    """Press the button of this name in the page's own part and wait for the next page."""
    button = page.locator("main").get_by_role("button", name=re.compile(name)).first
    with page.expect_navigation():
        button.click()
