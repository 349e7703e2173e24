"""Who walks in a journey: each sentence of a test is a verb of one of these."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import connection
from django_q.models import OrmQ

from yichuang.accounts.demo import DEMO_PASSWORD
from yichuang.journal.outbox import perform


def work_off():
    """Do what the worker would: every task in the queue, in order, until there is none.

    In a thread of its own, as the worker has its own process: signing runs an event loop, and
    Playwright's already turns in this one.
    """
    with ThreadPoolExecutor(1) as worker:
        worker.submit(_drain).result()


def _drain():
    try:
        _perform_all()
    finally:
        connection.close()


def _perform_all():
    while (waiting := OrmQ.objects.order_by("pk").first()) is not None:
        name, arguments = waiting.task["args"]
        waiting.delete()
        perform(name, arguments)


@dataclass
class Visitor:
    """Somebody at a screen; `barriers` asks axe of every page they stop at."""

    page: object
    barriers: object
    faults: list = field(default_factory=list)

    def looks_around(self):
        """The page has no barrier and does not scroll sideways."""
        self.faults += [f"{self.page.url}: {fault}" for fault in self.barriers(self.page)]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.faults.append(f"{self.page.url}: scrolls sideways by {wide}px")

    def sees(self, *texts):
        for text in texts:
            self.page.get_by_text(text).first.wait_for(state="attached")
        self.looks_around()


@dataclass
class Staff(Visitor):
    """Somebody with a post."""

    login: str = ""

    def signs_in(self):
        self.page.context.clear_cookies()
        self.page.goto("/staff/login")
        self.page.get_by_label("登录名").fill(self.login)
        self.page.get_by_label("口令").fill(DEMO_PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/staff/login" not in url)
        self.looks_around()

    def opens(self, number):
        """Find a case by its number and open it."""
        field = self.page.locator("input[name=number]").first
        field.fill(number)
        field.press("Enter")
        self.page.wait_for_url("**/cases/**")
        self.looks_around()
