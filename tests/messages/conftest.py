"""A gateway that obeys the test, and messages to send through it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from tests.messages import simulator
from yichuang.messages import actions
from yichuang.messages.providers import gateway as adapter

AT = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)  # ten in the morning, local time
PHONE = "13800001234"
PARAMS = {
    "item": "村民建房用地审批",
    "number": "379901100000C2026000001",
    "event": "受理",
    "url": "https://example.test/track/ABCDE-ABCDE-ABCDE-ABCDE-ABCDEF",
}


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self):
        self.at = AT

    def __call__(self):
        return self.at

    def forward(self, **span):
        self.at += timedelta(**span)
        return self.at


def put(key="entry:1", *, at=AT, **changes):
    """One message in the outbox."""
    wanted = {"template": "case-step", "params": PARAMS, "address": PHONE, "stream": "case:x"}
    with transaction.atomic():
        return actions.put(key=key, at=at, **(wanted | changes))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sim(monkeypatch):
    """The simulated gateway; the adapter waits half a second for answers instead of seven."""
    monkeypatch.setattr(adapter, "READ", 0.6)
    made = simulator.Gateway()
    yield made
    made.close()


@pytest.fixture
def providers(sim):
    """What configured.provider is in a deployment."""
    found = adapter.Gateway(sim.url, simulator.TOKEN)
    return lambda channel: found
