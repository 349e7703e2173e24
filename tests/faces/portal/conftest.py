"""The tiny county behind the portal, on one day; pages read as a person would."""

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import county as factory

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Page:
    """An answer, as its reader meets it."""

    def __init__(self, response, statements):
        self.response = response
        self.status = response.status_code
        self.statements = statements
        html = response.content if response["Content-Type"].startswith("text/html") else b""
        self.soup = BeautifulSoup(html, "html.parser")

    @property
    def main(self):
        return " ".join(self.soup.find("main").get_text(" ", strip=True).split())

    @property
    def title(self):
        return self.soup.h1.get_text(" ", strip=True)

    def link(self, words):
        """Where the first link with these words leads."""
        return next(a["href"] for a in self.soup.find_all("a", href=True) if words in a.get_text())

    def fact(self, key):
        """The value beside a key of a list of facts."""
        for term in self.soup.find_all("dt"):
            if term.get_text(strip=True) == key:
                return term.find_next("dd").get_text(" ", strip=True)
        raise AssertionError(f"{key} is not on the page: {self.main}")

    def queries(self):
        return [one for one in self.statements if not one.startswith(("SAVEPOINT", "RELEASE"))]


@pytest.fixture(autouse=True)
def today():
    """Wednesday, 9 September 2026: the day everything happens on; nobody has tried a code yet."""
    cache.clear()
    with time_machine.travel(factory.AT, tick=False) as moment:
        yield moment


@pytest.fixture
def county(db):
    return factory.load()


@pytest.fixture
def read(client):
    """read(path) → Page; a page that was only read has written nothing."""

    def get(path, **more):
        with CaptureQueriesContext(connection) as seen:
            page = Page(client.get(path, **more), [])
        page.statements = [one["sql"] for one in seen]
        written = [one for one in page.statements if one.lstrip().upper().startswith(WRITES)]
        # a search in vain is counted (docs/decisions/0013)
        assert [one for one in written if "catalogue_searchmiss" not in one] == []
        return page

    return get


@pytest.fixture
def send(client):
    """send(path, data) → Page of the answer to a posted form."""

    def post(path, data=None, **more):
        return Page(client.post(path, data or {}, **more), [])

    return post
