"""People of 青禾县 at their counters, signed in as they would sign in."""

import pytest
import time_machine
from django.test import Client

from tests.factories import county as made


@pytest.fixture
def county(db):
    """青禾县, loaded; the faces' clock stands at the moment it lives in."""
    with time_machine.travel(made.AT, tick=False):
        made.load()
        yield


@pytest.fixture
def sit_down(county):
    """sit_down(actor) → a browser signed in to the post that `actor` stands for."""

    def signed_in(actor):
        user, _post, _token = made.posted(actor)
        browser = Client()
        sent = {"login": user.login, "password": "Correct-Horse-7"}
        assert browser.post("/staff/login", sent).status_code == 302
        return browser

    return signed_in


@pytest.fixture
def clerk(sit_down):
    return sit_down(made.CLERK)


@pytest.fixture
def villager(sit_down):
    return sit_down(made.VILLAGER)
