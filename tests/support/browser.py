"""A real browser: `page` to walk with, `barriers` to ask axe. A plug-in of every test.

A page that asks another host for anything, or breaks its own content policy, fails its test.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.support.needs import chromium

WIDTHS = (320, 390, 1280)


@pytest.fixture(scope="module")
def browser():
    """Chromium. One a module: only one Playwright may run in a process at a time."""
    # Playwright's loop runs in this thread, and Django would take that for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, live_server):
    """A fresh visitor in Chinese at 1280 px; relative addresses lead to the test's server."""
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(10_000)
    opened = context.new_page()
    strangers, complaints = [], []

    def look(request):
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            strangers.append(request.url)

    def listen(message):
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    context.on("request", look)
    context.on("console", listen)
    yield opened
    context.close()
    assert strangers == [], "the page asked another host"
    assert complaints == [], "the page broke its content policy"


@pytest.fixture(scope="session")
def barriers():
    """barriers(page) → what axe finds wrong on the page as it stands: rule and element."""
    axe = Axe()

    def find(page):
        found = axe.run(page).response["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    return find
