"""The county under a test, and the moment faces read from the clock. A plug-in of every test."""

import pytest
import time_machine
from django.db import connections

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


@pytest.fixture
def shared_database(transactional_db, tmp_path):
    """A database several connections can write to at once, as in service.

    An in-memory SQLite locks whole tables between threads; it is copied into a file.
    """
    default = connections["default"]
    if default.vendor != "sqlite" or not default.is_in_memory_db():
        yield
        return
    path = tmp_path / "shared.sqlite3"
    with default.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    settings = connections.settings["default"]
    name = settings["NAME"]
    del connections["default"]
    settings["NAME"] = str(path)
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = name
        connections["default"] = default
