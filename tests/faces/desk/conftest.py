"""People of 青禾县 at their desks, signed in as they would sign in."""

import pytest
import time_machine
from django.test import Client

from tests.factories import county as made


@pytest.fixture
def clock():
    """The faces' clock stands at the moment the county lives in; `move_to` moves it."""
    with time_machine.travel(made.AT, tick=False) as moved:
        yield moved


@pytest.fixture
def county(db, clock):
    """青禾县, loaded."""
    made.load()


@pytest.fixture
def sit_down(county):
    """sit_down(actor) → a browser signed in to the post that `actor` stands for; its `.user`."""

    def signed_in(actor):
        user, _post, _token = made.posted(actor)
        browser = Client()
        browser.user = user
        sent = {"login": user.login, "password": "Correct-Horse-7"}
        assert browser.post("/staff/login", sent).status_code == 302
        return browser

    return signed_in


@pytest.fixture
def examiner(sit_down):
    return sit_down(made.EXAMINER)


@pytest.fixture
def decider(sit_down):
    return sit_down(made.DECIDER)


@pytest.fixture
def bureau(sit_down):
    return sit_down(made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY))
