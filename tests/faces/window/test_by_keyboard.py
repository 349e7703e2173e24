"""A whole intake without the mouse, in a real browser; axe finds nothing on the way."""

from threading import Thread

import pytest
import time_machine
from django.db import connection

from tests.factories import county as made
from yichuang.cases.models import Case

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def counter(page):
    """The page of a clerk who has just signed in."""
    with time_machine.travel(made.AT, tick=True):
        made.load()
        user, _post, _token = made.posted(made.CLERK)
        page.goto("/staff/login")
        page.fill("[name=login]", user.login)
        page.fill("[name=password]", made.PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/window/")
        yield page


def focused(page):
    return page.evaluate("document.activeElement.name")


def seal(case_id):
    """What the worker does; apart, because the browser's loop runs in this thread."""

    def work():
        made.seal_papers(case_id)
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join()


def test_a_matter_is_taken_in_by_keyboard_alone(counter, barriers):
    page = counter
    page.keyboard.press("F2")
    page.wait_for_url("**/intake")
    page.keyboard.type("盖新屋")
    page.wait_for_selector('.win-hits[data-for="盖新屋"]')
    assert barriers(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/intake?item=*")
    assert focused(page) == "identity"
    page.keyboard.type("379901188001010010", delay=50)
    page.keyboard.press("Enter")
    page.wait_for_selector("#identity-said >> text=错误")
    page.fill("#id_identity", "")
    page.keyboard.type(made.identity(), delay=50)
    page.keyboard.press("Enter")
    page.wait_for_selector("#identity-said >> text=号码正确")
    assert focused(page) == "name"
    page.keyboard.type(made.NAME)
    page.keyboard.press("Enter")
    assert focused(page) == "phone"
    page.keyboard.type(made.PHONE)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert focused(page) == "village"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#ruling >> text=东禾村")
    assert focused(page) == "village"
    page.keyboard.press("F7")
    assert barriers(page) == []
    page.keyboard.press("F9")
    page.wait_for_url("**/receipt")
    assert barriers(page) == []
    case = Case.objects.get()
    assert (case.state, case.place_id) == ("accepted", made.VILLAGE)
    seal(case.pk)
    page.wait_for_selector('a[data-hotkey="F8"]')
    page.keyboard.press("F2")
    page.wait_for_url("**/intake")


def test_enter_never_takes_a_matter_in(counter):
    page = counter
    page.goto(f"/window/intake?item={made.RECORDS}")
    for _turn in range(8):
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
        page.keyboard.press("Enter")
    assert page.url.endswith(made.RECORDS)
    assert not Case.objects.exists()


def test_a_refusal_takes_the_focus_and_leads_to_the_field(counter, barriers):
    page = counter
    page.goto(f"/window/intake?item={made.HOUSE}")
    page.keyboard.press("F9")
    page.wait_for_selector("[data-error-summary]:focus")
    assert barriers(page) == []
    page.click("[data-error-summary] a >> nth=0")
    assert focused(page) == "identity"
