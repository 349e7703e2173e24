"""The tiny county behind the portal, on one day; its readers and applicants."""

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.faces.portal.applying import Applicant
from tests.faces.portal.reading import Page
from tests.factories import county as factory

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


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


@pytest.fixture
def outbox(settings, tmp_path):
    """Where messages and files of this test go; the text messages, a JSON object a line."""
    settings.OUTBOX_ROOT = tmp_path / "outbox"
    settings.FILES_ROOT = tmp_path / "files"
    return settings.OUTBOX_ROOT / "sms.jsonl"


@pytest.fixture
def someone(county, client):
    """An applicant before the first page."""
    return Applicant(client).begins()
