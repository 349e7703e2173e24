"""People of 青禾县 at their counters, signed in as they would sign in."""

import pytest
import time_machine

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
    return made.signed_in


@pytest.fixture
def clerk(sit_down):
    return sit_down(made.CLERK)


@pytest.fixture
def villager(sit_down):
    return sit_down(made.VILLAGER)
