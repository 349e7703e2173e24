"""出生一件事: seven items, one form, one number, one story; at a counter of Huantai, on real data.

Clauses T2.6, V1.3.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.journeys.people import Staff, Visitor, work_off
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.cases import tracking
from yichuang.cases.models import Bundle, Case, Link
from yichuang.faces.operations.demo import fictional_number
from yichuang.faces.operations.pack.loader import load_pack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PACK = Path(__file__).parents[2] / "counties" / "huantai"
GUOLI = "370321110000"


@pytest.fixture
def county(transactional_db):
    at = timezone.now()
    load_pack(PACK, by=system("test"), at=at)
    make_demo_accounts(
        [DemoPost("clerk", "演示窗口", "clerk", "", f"{GUOLI}-centre", f"{GUOLI}-centre", GUOLI)],
        starts_on=timezone.localdate(at) - timedelta(days=30),
        by=system("test"),
        at=at,
    )


def answer_everything(page):
    """The first answer to each question, one after another, as the page asks them."""
    while (question := page.locator(".win-question--open")).count():
        ticks(page, question.first.locator("input[type=radio]").first)


def ticks(page, box):
    """Tick it, and wait until the form and the list are drawn anew for it."""
    name = box.get_attribute("id")
    with page.expect_response("**/bundles/new"):
        box.check()
    page.wait_for_selector(f"[id='{name}'][checked]")


def test_a_birth_is_one_matter(page, barriers, county, live_server):
    clerk = Staff(page, barriers, login="clerk")
    clerk.signs_in()
    page.goto("/window/bundles")
    clerk.looks_around()
    page.get_by_role("link", name="出生一件事").click()
    ticks(page, page.get_by_label("要办：居民生育医疗费用报销受理"))
    ticks(page, page.get_by_label("要办：生育登记"))
    answer_everything(page)
    clerk.looks_around()

    # each thing once, and what that spares
    names = page.locator("input[name^='name-']").evaluate_all("all => all.map(one => one.value)")
    assert len(names) == len(set(names)) > 3
    figures = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator(".win-spared tbody tr").all()
    }
    assert all(int(after) <= int(before) for before, after in figures.values()), figures
    assert int(figures["填写（栏）"][1]) < int(figures["填写（栏）"][0])
    assert int(figures["跑腿（次）"][1]) == 1

    page.get_by_label("姓名或名称").fill("田演示")
    page.get_by_label("身份号码或信用代码").fill(fictional_number("370321", 7))
    page.get_by_label("手机号码").fill("13800009999")
    page.keyboard.press("F7")
    page.keyboard.press("F9")
    page.wait_for_url("**/receipt")
    bundle = Bundle.objects.get()
    clerk.sees(bundle.number)
    assert sorted(Link.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    states = dict(Link.objects.values_list("seq", "state"))
    assert states == {
        1: "guided", 2: "waiting", 3: "waiting", 4: "waiting",
        5: "waiting", 6: "waiting", 7: "open",
    }  # fmt: skip

    # the hospital and the police give what they give, and the rest begins by itself
    page.goto(f"/window/bundles/{bundle.pk}")
    for name in ("《出生医学证明》首次签发", "出生登记（户口申报）"):
        page.get_by_role("button", name=f"申请人已办好：{name}").click()
        page.wait_for_load_state()
        clerk.looks_around()
    states = dict(Link.objects.values_list("seq", "state"))
    assert states[3] == "guided" and {states[seq] for seq in (4, 5, 6, 7)} == {"open"}
    assert Case.objects.count() == 4

    # one is taken back; the others go on
    page.get_by_label("社会保障卡申领").check()
    page.get_by_label("撤回的理由").fill("过些日子再办卡（演示）")
    page.get_by_role("button", name="撤回所选").click()
    page.wait_for_load_state()
    clerk.looks_around()
    assert Link.objects.get(seq=5).state == "withdrawn"
    work_off()

    # the family follows it all by one code
    family = Visitor(page, barriers)
    page.context.clear_cookies()
    page.goto(f"/track/{tracking.code(bundle.pk)}")
    family.sees(bundle.number, "预防接种证办理", "社会保障卡申领")
    page.goto("/chains/birth")
    family.looks_around()
    page.get_by_role("link", name="在网上一次办").click()
    family.looks_around()
    assert not clerk.faults + family.faults
