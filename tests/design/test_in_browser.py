"""The gallery in a real browser: sizes, accessibility, the policy that forbids inline code, keys."""

from __future__ import annotations

import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from playwright.sync_api import expect, sync_playwright

from tests.support.needs import chromium

pytestmark = pytest.mark.journey

PATHS = ("/design", "/design?show=workbench", "/design?show=error", "/accessibility")
WIDTHS = (320, 390, 1280)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site():
    with override_settings(
        ROOT_URLCONF="yichuang.design.urls",
        MIDDLEWARE=[name for name in settings.MIDDLEWARE if "operations" not in name],
        DEMO=True,
        COUNTY_NAME="示例县",
        PUBLIC_PHONE="0000-0000000",
    ):
        server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


def tab(browser, site, *, mode="", language="zh-hans", width=1280, **options):
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    cookies = {"mode": mode, "language": language}
    context.add_cookies([{"name": k, "value": v, "url": site} for k, v in cookies.items() if v])
    return context.new_page()


def paths(width):
    """Every page at 320; the two full of components at the other widths too."""
    return PATHS if width == 320 else PATHS[:2]


@pytest.mark.parametrize("mode", ["standard", "elder", "dense"])
@pytest.mark.parametrize(("language", "widths"), [("zh-hans", WIDTHS), ("en", (320,))])
def test_nothing_scrolls_sideways_and_the_policy_holds(browser, site, mode, language, widths):
    complaints = []

    def watch(request):
        if not request.url.startswith((site, "data:")):
            complaints.append(request.url)

    for width in widths:
        page = tab(browser, site, mode=mode, language=language, width=width)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", watch)
        for path in paths(width):
            policy = page.goto(site + path).headers["content-security-policy"]
            assert "script-src 'self'" in policy and "unsafe" not in policy
            across = page.evaluate("document.documentElement.scrollWidth")
            assert across <= width, (path, mode, width)
        page.context.close()
    assert complaints == []


@pytest.mark.parametrize("mode", ["standard", "elder", "dense"])
def test_axe_finds_nothing(browser, site, mode):
    for width in WIDTHS:
        # axe itself is an inline script; the policy is tried above
        page = tab(browser, site, mode=mode, width=width, bypass_csp=True)
        for path in paths(width):
            page.goto(site + path)
            found = Axe().run(page).response["violations"]
            told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
            assert told == [], (path, mode, width)
        page.context.close()


@pytest.mark.parametrize(("mode", "tap", "text"), [("standard", 44, 14), ("elder", 60, 21)])
def test_controls_are_large_enough_to_tap_and_text_to_read(browser, site, mode, tap, text):
    page = tab(browser, site, mode=mode, width=390)
    page.goto(site + "/design")
    small = page.evaluate(
        """least => [...document.querySelectorAll(
            'main .zw-button:not(.zw-button--plain, .zw-filter-bar__button), .zw-input, .zw-select, .zw-choice__button, '
            + '.zw-nav__link, .zw-tabs__link, .zw-radios__label, .zw-checkboxes__label')]
            .map(e => [e.className, e.getBoundingClientRect()])
            .filter(([, box]) => box.height && box.height < least - 0.5)
            .map(([name, box]) => [name, box.height])""",
        tap,
    )
    assert small == []
    tiny = page.evaluate(
        """least => [...document.querySelectorAll('body *')]
            .filter(e => e.getClientRects().length && [...e.childNodes].some(
                n => n.nodeType === 3 && n.textContent.trim()) && !e.matches('kbd'))
            .filter(e => parseFloat(getComputedStyle(e).fontSize) < least - 0.1)
            .map(e => e.className + ' ' + getComputedStyle(e).fontSize)""",
        text,
    )
    assert tiny == []
    page.context.close()


def test_a_key_works_but_not_while_an_input_method_composes(browser, site):
    page = tab(browser, site)
    page.goto(site + "/design?show=workbench")
    page.evaluate(
        """() => { window.pressed = 0; document.querySelector('[data-hotkey="F4"]')
            .addEventListener('click', () => { window.pressed += 1; }); }"""
    )
    page.locator("#id_name").focus()
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent(
            'keydown', {key: 'F4', isComposing: true, bubbles: true, cancelable: true}))"""
    )
    assert page.evaluate("window.pressed") == 0
    page.keyboard.press("F4")
    assert page.evaluate("window.pressed") == 1
    page.context.close()


def test_the_list_of_keys_opens_and_can_turn_them_off(browser, site):
    page = tab(browser, site)
    page.goto(site + "/design?show=workbench")
    page.locator("#id_name").focus()
    page.keyboard.type("?")  # in a box it is text
    expect(page.locator("#id_name")).to_have_value("?")
    expect(page.locator("#zw-keys")).to_be_hidden()
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.locator("#zw-keys")).to_contain_text("受理")
    page.get_by_role("button", name="停用快捷键").click()
    page.wait_for_url("**/design?show=workbench")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.locator("#zw-keys")).to_be_hidden()
    page.context.close()


def test_the_error_summary_has_the_focus_and_leads_into_the_field(browser, site):
    page = tab(browser, site)
    page.goto(site + "/design")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.locator("[data-error-summary] a").first.click()
    expect(page.locator("#id_number").first).to_be_focused()
    page.context.close()


def test_large_type_and_english_without_scripts(browser, site):
    page = tab(browser, site, width=390, java_script_enabled=False)
    page.goto(site + "/design?show=error")
    page.get_by_role("button", name="长辈版").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == site + "/design?show=error"
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)  # it needs scripts
    page.context.close()


def test_printed_pages_leave_the_controls_out(browser, site):
    page = tab(browser, site)
    page.goto(site + "/design")
    page.emulate_media(media="print")
    for hidden in (".zw-header__tools", ".zw-nav", ".zw-search", "main .zw-button"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".zw-summary-list").first).to_be_visible()
    page.context.close()
