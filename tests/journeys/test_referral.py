"""A household wants electricity: taken in at a town's window, closed by the company's reply, on
Huantai's real items with a fictional company. And what nobody is connected for is not sent away: the
first person asked keeps it until somebody has it. Clauses T2.2, T2.8.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.journeys.people import Staff, Visitor, work_off
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.cases.models import Contact, Referral
from yichuang.faces.operations.demo import fictional_number
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.journal.models import Entry
from yichuang.messages.models import Message

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PACK = Path(__file__).parents[2] / "counties" / "huantai"
GUOLI, COUNTY = "370321110000", "370321000000"


@pytest.fixture
def county(transactional_db):
    at = timezone.now()
    load_pack(PACK, by=system("test"), at=at)
    make_demo_accounts(
        [
            DemoPost("clerk", "演示窗口", "clerk", "", f"{GUOLI}-centre", f"{GUOLI}-centre", GUOLI),
            DemoPost("power", "演示对接", "counterparty", "", f"{COUNTY}-demo-power", "", COUNTY),
        ],
        starts_on=timezone.localdate(at) - timedelta(days=30),
        by=system("test"),
        at=at,
    )


def test_electricity_for_a_new_house(page, barriers, county, live_server):
    clerk = Staff(page, barriers, login="clerk")
    company = Staff(page, barriers, login="power")
    resident = Visitor(page, barriers)

    # the window finds the matter in people's words and hands it over
    clerk.signs_in()
    page.get_by_role("link", name="转办").click()
    clerk.looks_around()
    page.get_by_role("link", name="收一件转办").first.click()
    page.get_by_role("searchbox").fill("装电表")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="居民生活用电新装").click()
    while page.get_by_role("button", name="下一步").count():  # the item's own questions
        clerk.looks_around()
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="下一步").click()
    clerk.looks_around()
    page.get_by_label("姓名或名称").fill("田演示")
    page.get_by_label("身份号码或信用代码").fill(fictional_number("370321", 7))
    page.get_by_label("手机号码").fill("13800009999")
    page.get_by_label("村（社区）").select_option(index=1)
    page.get_by_label("门牌或位置").fill("演示路9号（虚构）")
    page.get_by_label("申请内容").fill("新房装电表一块，220伏")
    for box in page.locator("input[name=materials]").all():
        box.check()
    for choice in page.locator("select[name^=fact_]").all():  # the item's own facts
        choice.select_option(index=1)
    if page.locator("input[name=fact_visit_date]").count():
        page.locator("input[name=fact_visit_date]").fill("20991231")
    page.keyboard.press("F9")
    page.wait_for_url("**/slip")
    referral = Referral.objects.get()
    assert referral.organ_id == f"{COUNTY}-demo-power" and referral.state == "handed"
    clerk.sees(referral.number, "演示供电公司（虚构）")
    code = page.locator("figcaption").first.inner_text().strip()
    work_off()

    # the company sees its own matter, opens name and phone, and answers
    company.signs_in()
    assert page.url.endswith("/counterparty/")
    page.get_by_role("link", name=referral.number).click()
    assert page.get_by_text("13800009999").count() == 0
    company.looks_around()
    page.get_by_role("button", name="显示姓名、电话和申请内容").click()
    company.sees("13800009999", "新房装电表一块")
    assert Entry.objects.filter(kind="personal-data.revealed").count() == 1
    page.get_by_role("button", name="接收").click()
    page.get_by_label("办理结果").fill("已装表接电，户号已交本人（演示）")
    page.get_by_role("button", name="已办好，答复").click()
    company.sees("已办好")
    referral.refresh_from_db()
    assert referral.state == "done"
    work_off()
    assert Message.objects.filter(stream=referral.stream).count() == 2

    # the window tells, and the applicant can read it
    clerk.signs_in()
    page.get_by_role("link", name="转办").click()
    page.get_by_role("link", name=referral.number).click()
    clerk.sees("已装表接电")
    page.get_by_label("电话", exact=True).check()
    page.get_by_role("button", name="告知申请人").click()
    page.get_by_text("已完成").wait_for()
    referral.refresh_from_db()
    assert referral.told_at
    page.context.clear_cookies()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/track/{code}")
    resident.sees("已装表接电", "演示供电公司（虚构）")
    assert not clerk.faults + company.faults + resident.faults


def test_nobody_is_connected_so_the_first_asked_keeps_it(page, barriers, county, live_server):
    clerk = Staff(page, barriers, login="clerk")
    clerk.signs_in()
    page.goto("/window/referrals/new?item=GY-20-003")
    clerk.sees("还没有接入平台", "待确认")
    page.get_by_role("button", name="登记并跟进").click()
    page.wait_for_url("**/contacts/**")
    clerk.sees("已转交，待接收", "燃气企业")
    contact = Contact.objects.get()
    page.get_by_label("已由接收人办理").check()
    page.locator("textarea[name=answer]").fill("本人来电，燃气企业已登记")
    page.get_by_role("button", name="了结").first.click()
    page.get_by_text("已完成").wait_for()
    contact.refresh_from_db()
    assert contact.state == "closed" and contact.outcome == "handed_over"
    page.goto("/window/contacts?tab=closed")
    clerk.sees(contact.number)
    assert not clerk.faults
