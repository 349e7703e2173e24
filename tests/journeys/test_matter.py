"""The main matter: a resident of 马桥 applies for 宅基地 at 果里's counter, on Huantai's real data.

Taken in at one window, ruled, examined, decided within the clock, sealed, couriered, verified by a
stranger, rated. Clauses T2.5, T2.7, T3.1, B1, B4.
"""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pypdf import PdfReader

from tests.journeys.people import Staff, Visitor, work_off
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.cases.models import Case
from yichuang.documents.models import Paper
from yichuang.faces.operations.demo import fictional_number
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.oversight.models import Rating

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PACK = Path(__file__).parents[2] / "counties" / "huantai"
GUOLI, MAQIAO = "370321110000", "370321105000"


@pytest.fixture
def county(transactional_db):
    at = timezone.now()
    load_pack(PACK, by=system("test"), at=at)
    make_demo_accounts(
        [
            DemoPost("clerk", "演示窗口", "clerk", "", f"{GUOLI}-centre", f"{GUOLI}-centre", GUOLI),
            DemoPost("examiner", "演示审核", "examiner", "", f"{MAQIAO}-gov", "", MAQIAO),
            DemoPost("decider", "演示审批", "decider", "", f"{MAQIAO}-gov", "", MAQIAO),
        ],
        starts_on=timezone.localdate(at) - timedelta(days=30),
        by=system("test"),
        at=at,
    )


def test_one_matter_from_the_door_to_the_doorstep(page, barriers, county, live_server):
    clerk = Staff(page, barriers, login="clerk")
    examiner = Staff(page, barriers, login="examiner")
    decider = Staff(page, barriers, login="decider")
    resident = Visitor(page, barriers)

    # a resident at home asks in their own words and reads what to bring
    page.goto("/")
    resident.looks_around()
    page.get_by_role("searchbox").first.fill("盖新屋要批地")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="农村村民住宅用地（宅基地）审批").first.click()
    resident.sees("居民户口簿", "15")

    # 果里's clerk takes the matter in for a place in 马桥, by keyboard
    clerk.signs_in()
    page.goto("/window/intake?item=ZR-01-001")
    page.get_by_label("在自家原宅基地上翻建、改建").press("2")
    page.wait_for_selector("#id_identity:focus")
    clerk.looks_around()
    page.get_by_label("姓名或名称").fill("田演示")
    page.get_by_label("身份号码或信用代码").fill(fictional_number("370321", 7))
    page.get_by_label("手机号码").fill("13800009999")
    page.get_by_label("镇（街道）").select_option(label="马桥镇")
    page.wait_for_function("document.querySelectorAll('select[name=village] option').length > 40")
    page.get_by_label("村（社区）").select_option(index=1)
    page.get_by_text("桓台县马桥镇人民政府公章").first.wait_for()
    page.get_by_label("邮寄", exact=True).check()
    page.get_by_label("邮寄地址").fill("马桥镇演示路9号（虚构）")
    page.keyboard.press("F7")
    page.keyboard.press("F9")
    page.wait_for_url("**/receipt*")
    case = Case.objects.get()
    assert case.outlet_id == f"{GUOLI}-centre"
    assert case.decider_id == f"{MAQIAO}-gov"
    work_off()
    page.reload()
    clerk.sees(case.number)

    # 马桥's town examines and decides
    examiner.signs_in()
    page.goto("/desk/")
    examiner.looks_around()
    page.get_by_role("link", name=case.number).first.click()
    examiner.looks_around()
    page.get_by_label("建议准予").first.check()
    page.get_by_label("审核意见").fill("材料齐全，与现场一致，建议准予（演示）")
    press(page, "审核")
    assert Case.objects.get().state == "reviewed"
    decider.signs_in()
    page.goto("/desk/")
    page.get_by_role("link", name=case.number).first.click()
    page.get_by_label("决定正文").fill("准予使用宅基地166平方米（演示）")
    press(page, "预览|准予")
    decider.sees("桓台县马桥镇人民政府")
    press(page, "确认|准予")
    assert Case.objects.get().state == "granted"
    work_off()

    # the sealed paper goes by courier and arrives
    clerk.signs_in()
    clerk.opens(case.number)
    reveal_form(page, "寄出")
    page.get_by_label("寄递企业").fill("演示快递")
    page.get_by_label("运单号").fill("DEMO20260001")
    press(page, "^寄出")
    reveal_form(page, "送达")
    page.get_by_label("签收人").fill("田演示")
    press(page, "^送达")
    press(page, "^办结")
    assert Case.objects.get().state == "closed"
    work_off()

    # the resident follows it by the code on the receipt, and keeps the paper
    page.context.clear_cookies()
    from_receipt = code_of(case)
    page.goto(f"/track/{from_receipt}")
    resident.sees("演示快递", "DEMO20260001")
    paper = sealed(case, "grant_decision")
    with page.expect_download() as download:
        page.locator(f'a[href*="{paper.pk}"]').first.click()
    content = Path(download.value.path()).read_bytes()
    text = "".join(part.extract_text() for part in PdfReader(io.BytesIO(content)).pages)
    assert "准予行政许可决定书" in text.replace("\n", "")

    # a stranger checks the paper by its code, and by the file; a changed file is found out
    page.goto(f"/verify/{paper.verify_code}")
    resident.sees(paper.number, "田**")
    for body, said in ((content, "没有改动"), (content[:-200] + b"x" * 200, "不")):
        page.goto("/verify")
        page.locator("input[type=file]").set_input_files(
            {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": body}
        )
        page.locator("form:has(input[type=file]) button[type=submit]").click()
        resident.sees(said)

    # and the resident rates it: once
    page.goto(f"/track/{from_receipt}/rate")
    press(page, "^非常满意$")
    page.get_by_label("可以就近办理").check()
    press(page, "提交评价")
    resident.sees("非常满意", "可以就近办理")
    assert Rating.objects.get().grade == "very_satisfied"
    page.goto(f"/track/{from_receipt}/rate")
    resident.sees("评价")
    assert Rating.objects.count() == 1

    faults = clerk.faults + examiner.faults + decider.faults + resident.faults
    assert faults == []


def press(page, name):
    """Press the button of this name in the page's own part and wait for the next page."""
    button = page.locator("main").get_by_role("button", name=re.compile(name)).first
    with page.expect_navigation():
        button.click()


def reveal_form(page, name):
    """Open the folded form of this name, where it is folded."""
    folded = page.locator("main details:not([open]) summary", has_text=name)
    if folded.count():
        folded.first.click()


def code_of(case):
    from_papers = sealed(case, "acceptance_notice").content["tracking"]["code"]
    assert len(from_papers.replace("-", "")) == 26
    return from_papers


def sealed(case, kind):
    from_stream = Paper.objects.filter(stream=case.stream, kind=kind, state="sealed")
    return from_stream.get()
