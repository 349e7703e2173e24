"""Who reads the county's figures, signed in as they would sign in."""

import pytest
import time_machine

from tests.factories import county as made

BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def clock():
    """The faces' clock stands four weeks after the moment the county lives in."""
    with time_machine.travel(made.after(28), tick=False) as moved:
        yield moved


@pytest.fixture
def county(db):
    """青禾县, loaded."""
    made.load()


@pytest.fixture
def sit_down(county, clock):
    """sit_down(actor) → a browser signed in to the post that `actor` stands for."""
    return made.signed_in
