"""The county under a test, and the moment faces read from the clock. A plug-in of every test."""

import pytest
import time_machine

from tests.factories import county as made


@pytest.fixture
def county(db):
    """青禾县, loaded."""
    made.load()


@pytest.fixture
def shared_county(transactional_db):
    """青禾县 in a database that several connections write to at once."""
    made.load()


@pytest.fixture
def today():
    """The clock that faces and tasks read stands at the moment the county lives in."""
    with time_machine.travel(made.AT, tick=True):
        yield
