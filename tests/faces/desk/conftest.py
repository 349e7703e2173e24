"""People of 青禾县 at their desks, signed in as they would sign in."""

import pytest
import time_machine

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
    return made.signed_in


@pytest.fixture
def examiner(sit_down):
    return sit_down(made.EXAMINER)


@pytest.fixture
def decider(sit_down):
    return sit_down(made.DECIDER)


@pytest.fixture
def bureau(sit_down):
    return sit_down(made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY))
