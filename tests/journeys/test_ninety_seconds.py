"""A common case at the counter by keyboard alone, within 90 seconds (T2.7), on Huantai's real data.

Keystrokes are counted and the time is estimated by the keystroke-level model (Card, Moran, Newell
1983): 0.28 s a keystroke of an average typist, 1.35 s of thought before each field or decision, and
2 s for a card to be read. Nothing is timed here: an estimate does not depend on the machine.
"""

import itertools
import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.journeys.test_matter import GUOLI, PACK
from yichuang.accounts.actor import system
from yichuang.accounts.demo import DEMO_PASSWORD, DemoPost, make_demo_accounts
from yichuang.cases.models import Case
from yichuang.faces.operations.commands import reader
from yichuang.faces.operations.demo import fictional_number
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.places.models import Division

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

KEY, THOUGHT, CARD = 0.28, 1.35, 2.0  # seconds


@dataclass
class Hands:
    """A keyboard that counts; `decides` before each field or choice."""

    page: object
    keys: int = 0
    thoughts: int = 0
    names: list = field(default_factory=list)

    def decides(self, what):
        self.thoughts += 1
        self.names.append(what)
        return self

    def press(self, *keys):
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def type(self, text):
        self.keys += len(text)
        self.page.keyboard.type(text)

    @property
    def seconds(self):
        return self.keys * KEY + self.thoughts * THOUGHT + CARD


def card(village):
    """What the reader on the desk says, again and again."""
    return itertools.repeat(
        {
            "number": fictional_number("370321", 80),
            "name": "寿演示",
            "address": f"山东省桓台县果里镇{village}演示巷1号（虚构）",
        }
    )


@pytest.fixture
def village(transactional_db):
    """Huantai with one clerk of 果里; the name of one of the town's villages."""
    at = timezone.now()
    load_pack(PACK, by=system("test"), at=at)
    make_demo_accounts(
        [DemoPost("clerk", "演示窗口", "clerk", "", f"{GUOLI}-centre", f"{GUOLI}-centre", GUOLI)],
        starts_on=timezone.localdate(at) - timedelta(days=30),
        by=system("test"),
        at=at,
    )
    return Division.objects.filter(parent=GUOLI).order_by("code").first().short_name


@pytest.fixture
def card_reader(live_server, settings, village):
    """The reader's service on the clerk's machine, on a port of its own."""
    service = reader.server(port=0, origin=live_server.url, cards=card(village))
    threading.Thread(target=service.serve_forever, daemon=True).start()
    settings.ID_READER_URL = f"http://127.0.0.1:{service.server_port}"
    yield service
    service.shutdown()
    service.server_close()


@pytest.fixture
def counter(browser, live_server, card_reader):
    """The page of a clerk who has just signed in."""
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    page.goto("/staff/login")
    page.fill("[name=login]", "clerk")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/window/")
    yield page
    context.close()
    assert complaints == []


def focused(page):
    return page.evaluate("document.activeElement.name || document.activeElement.id")


def test_the_old_age_allowance_takes_less_than_ninety_seconds(counter, village, barriers):
    page, hands = counter, Hands(counter)
    hands.decides("next person").press("F2")
    page.wait_for_url("**/intake")
    page.wait_for_selector("#q:focus")  # nobody types before the cursor stands in the box
    hands.decides("the item").type("gaoling")
    page.wait_for_selector('.win-hits[data-for="gaoling"]')
    assert "高龄津贴" in page.locator(".win-hits__link").first.inner_text()
    hands.press("Enter")
    page.wait_for_url("**/intake?item=MZ-05-014")

    for number in range(1, 5):
        page.wait_for_selector("[data-open] input:focus")
        hands.decides(f"question {number}").press("1")
        page.locator(".win-question:not([data-open])").nth(number - 1).wait_for()
    page.wait_for_selector("#id_identity:focus")

    hands.decides("the card").press("F4")
    page.wait_for_selector("#id_phone:focus")
    page.wait_for_selector("#identity-said >> text=号码正确")
    assert page.input_value("#id_name") == "寿演示"
    chosen = page.locator("#id_village option:checked").inner_text()
    assert chosen.startswith(village)
    hands.decides("phone").type("13800000080")
    hands.press("Enter")
    assert focused(page) == "town"
    hands.decides("the place is right").press("Enter", "Enter")
    assert focused(page) == "fact_other_allowance"
    hands.decides("other allowances").type("wu")
    hands.press("Enter")
    hands.decides("account").type("6200000000000000001")
    hands.decides("materials").press("F7")
    assert barriers(page) == []
    hands.decides("accept").press("F9")
    page.wait_for_url("**/receipt*")

    case = Case.objects.get()
    assert (case.state, case.item_id) == ("accepted", "MZ-05-014")
    assert case.situation == {"age": "yes", "home": "here", "who": "self", "bank": "yes"}
    print(f"\n{hands.keys} keys, {hands.thoughts} decisions: {hands.seconds:.0f} s")  # noqa: T201
    assert hands.keys <= 70
    assert hands.seconds <= 90


def test_without_a_card_typing_goes_on(counter, card_reader):
    page = counter
    page.goto("/window/intake?item=MZ-05-014")
    card_reader.server_close()
    page.keyboard.press("F4")
    page.wait_for_selector("#reader-said >> text=也可以直接输入号码")
    page.wait_for_selector("#id_identity:focus")


def test_a_wedge_may_send_the_number_or_the_whole_card(counter):
    page = counter
    page.goto("/window/intake?item=MZ-05-014")
    number = fictional_number("370321", 81)
    page.focus("#id_identity")
    page.keyboard.type(f"样例乙|女|汉|18900101|山东省桓台县演示路9号|{number}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_phone:focus")
    assert page.input_value("#id_name") == "样例乙"
    assert page.input_value("#id_identity") == number
    assert "演示路9号" in page.input_value("#id_address")
    page.focus("#id_identity")
    page.fill("#id_identity", "")
    page.keyboard.type(f"{number[:-1]}{'0' if number[-1] != '0' else '1'}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reader-said >> text=校验位不对")


def test_pages_of_a_camera_become_one_file_of_their_row(counter):
    page = counter
    page.add_init_script(
        """
        navigator.mediaDevices.getUserMedia = function () {
          var screen = document.createElement('canvas');
          screen.width = 640; screen.height = 480;
          var pen = screen.getContext('2d');
          setInterval(function () {
            for (var i = 0; i < 400; i += 1) {
              pen.fillStyle = i % 2 ? '#000' : '#fff';
              pen.fillRect((i % 20) * 32, Math.floor(i / 20) * 24, 32, 24);
            }
          }, 50);
          return Promise.resolve(screen.captureStream(20));
        };
        """
    )
    page.goto("/window/intake?item=MZ-05-014")
    page.keyboard.press("F6")
    page.wait_for_selector("#camera[open]")
    for number in (1, 2):
        while page.locator("[data-camera-pages] li").count() < number:
            page.keyboard.press("F6")  # the picture may not be there yet
    assert "清楚" in page.locator("[data-camera-said]").inner_text()
    page.keyboard.press("F7")
    page.keyboard.press("F9")
    page.wait_for_selector("#camera", state="hidden")
    assert page.evaluate("document.getElementById('file-1').files[0].name") == "capture.pdf"
    assert page.is_checked("#state-1")
