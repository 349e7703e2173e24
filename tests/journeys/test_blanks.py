"""A numbered certificate at a town's counter: handed out, jammed, printed again, spoiled, used, and
the day closed, each by the two people it takes, by keyboard where a key is offered. Clause T3.2;
the county's own types, invented sheets.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.journeys.people import Staff
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.blanks.models import Blank, DayClose, Proposal, Stockroom
from yichuang.faces.operations.pack.loader import load_pack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PACK = Path(__file__).parents[2] / "counties" / "huantai"
GUOLI, COUNTY = "370321110000", "370321000000"
CENTRE, HALL = f"{GUOLI}-centre", f"{COUNTY}-hall"
TYPE, FIRST = "homestead-approval", "桓宅0000001"


@pytest.fixture
def county(transactional_db):
    at = timezone.now()
    load_pack(PACK, by=system("test"), at=at)
    make_demo_accounts(
        [
            DemoPost("store", "演示库管", "custodian", "", f"{COUNTY}-approval", HALL, COUNTY),
            DemoPost("bureau", "演示县局", "bureau", "", f"{COUNTY}-approval", "", COUNTY),
            DemoPost("keeper", "演示保管", "custodian", "", CENTRE, CENTRE, GUOLI),
            DemoPost("clerk", "演示窗口", "clerk", "", CENTRE, CENTRE, GUOLI),
        ],
        starts_on=timezone.localdate(at) - timedelta(days=30),
        by=system("test"),
        at=at,
    )


class AtACounter(Staff):
    """Somebody whose day has numbered sheets in it."""

    def proposes(self, kind, choices, **facts):
        """Fill the form of one of the acts for two people and send it by key."""
        self.page.goto(f"/custody/blanks/ask/{kind}")
        for name, value in choices.items():
            self.page.get_by_label(name).select_option(value)
        for name, value in facts.items():
            self.page.get_by_label(name).fill(value)
        self.looks_around()
        self.page.keyboard.press("F9")
        self.page.wait_for_url("**/proposals/**")
        self.sees("您自己不能确认")
        assert not self.page.get_by_role("button", name="点清了，同意").count()

    def agrees(self):
        """Open the first thing that waits, look at it, and agree."""
        self.page.goto("/custody/blanks/")
        self.sees("等您确认")
        self.page.keyboard.press("j")
        self.page.wait_for_url("**/proposals/**")
        self.sees("请先看实物")
        self.page.keyboard.press("F9")
        self.page.wait_for_url(lambda url: "/proposals/" not in url)
        self.sees("已确认")

    def takes_a_number(self, case):
        self.page.goto("/window/")
        self.page.get_by_role("link", name="空白证照").click()
        self.looks_around()
        self.page.get_by_label("办件编号").fill(case)
        self.page.keyboard.press("F8")
        self.sees("可以打印了", case)

    def presses(self, shown, *then):
        """The page's own key for the one main button, which says `shown`."""
        self.page.get_by_role("button", name=shown).first.wait_for()
        self.page.keyboard.press("F9")
        self.sees(*then)

    def opens_the_day(self):
        self.page.goto("/custody/blanks/counter")
        self.page.keyboard.press("F4")
        self.page.wait_for_url("**/days/**")
        self.looks_around()


def state(serial):
    return Blank.objects.get(type=TYPE, serial=serial).state


def test_a_sheet_is_jammed_spoiled_replaced_and_the_day_closes(page, barriers, county, live_server):
    store, bureau, keeper, clerk = people = [
        AtACounter(page, barriers, login=login) for login in ("store", "bureau", "keeper", "clerk")
    ]

    # sheets come in and go to the town, each time seen by two
    store.signs_in()
    store.proposes(
        "receive", {"证照种类": TYPE}, 起号=FIRST, 止号="桓宅0000020", 从何处领来="演示：领证单1号"
    )
    bureau.signs_in()
    bureau.agrees()
    store.signs_in()
    store.proposes("hand_out", {"证照种类": TYPE, "交给哪里": CENTRE}, 张数="5")
    clerk.signs_in()
    clerk.agrees()

    # the printer jams: the same sheet once more, then it is spoiled and a colleague looks at it
    clerk.takes_a_number("370321110000C2026000001")
    clerk.presses("打印", "已打印，待确认")
    page.get_by_text("卡纸了，纸面完好，同号重打").click()
    page.get_by_label("原因").first.fill("卡纸，纸面完好")
    page.get_by_role("button", name="同号重打").click()
    clerk.sees("打印2次")
    page.get_by_role("link", name="作废").last.click()
    assert page.get_by_label("起号").input_value() == FIRST
    page.get_by_label("原因").fill("第二次打歪了")
    clerk.looks_around()
    page.keyboard.press("F9")
    page.wait_for_url("**/proposals/**")
    clerk.sees("您自己不能确认")
    clerk.opens_the_day()
    clerk.sees("还没有第二人确认", "还没有清点")
    keeper.signs_in()
    keeper.agrees()
    assert state(1) == "spoiled"

    # the next number serves the case
    clerk.signs_in()
    clerk.takes_a_number("370321110000C2026000001")
    clerk.presses("打印", "已打印，待确认")
    clerk.presses("打好了，确认使用", "没有占着或待确认的号")
    assert (state(1), state(2), state(3)) == ("spoiled", "used", "handed_out")

    # counted by one, wrong first; checked and closed by another, on a telephone
    keeper.signs_in()
    keeper.opens_the_day()
    box = page.get_by_label("农村宅基地批准书")
    box.fill("4")
    keeper.presses("保存清点", "多1张")
    box.fill("3")
    keeper.presses("保存清点", "账实相符")
    assert not page.get_by_role("button", name="相符，日结").count()
    clerk.signs_in()
    page.set_viewport_size({"width": 390, "height": 844})
    clerk.opens_the_day()
    clerk.presses("相符，日结", "已日结。")
    assert DayClose.objects.get().state == "closed"
    assert Stockroom.objects.get(pk=CENTRE).closed_through == timezone.localdate()
    assert Proposal.objects.filter(state="done").count() == 3

    # and stays closed
    page.goto("/custody/blanks/counter")
    clerk.looks_around()
    page.get_by_label("办件编号").fill("370321110000C2026000002")
    page.keyboard.press("F8")
    clerk.sees("已经日结，不能再动")
    assert not [fault for one in people for fault in one.faults]
