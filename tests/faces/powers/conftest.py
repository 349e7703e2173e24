"""The county's people at the register of grants: one drafts, another approves, others only read."""

import pytest
import time_machine

from tests.factories import county as made


def county_post(number, name, role="bureau"):
    return made.Actor(number, name, role, number, made.APPROVAL, "", made.COUNTY)


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
def bureau(county):
    return made.signed_in(county_post(120, "县局试样"))


@pytest.fixture
def colleague(county):
    return made.signed_in(county_post(121, "同事试样"))


@pytest.fixture
def auditor(county):
    return made.signed_in(county_post(122, "审计试样", "auditor"))
