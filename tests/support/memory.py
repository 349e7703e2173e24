"""Drops what a process keeps of the database, so that no test sees another's county."""

import pytest
from django.conf import settings
from django.utils import translation

from yichuang.authority import queries as authority
from yichuang.clock import queries as clock


@pytest.fixture(autouse=True)
def forget():
    """The standing order and the calendar are read anew by each test, and left by none."""
    authority.forget()
    clock.forget()
    yield
    translation.activate(settings.LANGUAGE_CODE)  # a test in English leaves no English behind
    authority.forget()
    clock.forget()
