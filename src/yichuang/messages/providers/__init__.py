"""What every way out looks like from inside: one protocol, and the four ends a sending can have.

An adapter says honestly which end it was, because what follows differs: taken (done), refused (a
person's turn), not taken (try later), in doubt (ask before trying again, else repeat with the same
key and leave it to the provider to notice).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from yichuang.messages.rules import Line


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for a provider. key: the same at every try, so that a repeat can be noticed."""

    key: str
    address: str
    subject: str
    text: str
    template: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it. ref: its own number; segments: what it charges, 0 if it does not say.
    state: what became of it, where it says so: "delivered", "undelivered" or "" (on its way)."""

    ref: str = ""
    segments: int = 0
    state: str = ""
    reason: str = ""


class NotTaken(OSError):
    """Certainly not sent: no connection, or the provider asks to come later."""


class Rejected(OSError):
    """Certainly not sent, and trying again would change nothing (no such number, bad template)."""


class Doubt(OSError):
    """It may have been sent: the answer did not come, or could not be read."""


class Provider(Protocol):
    """A way out of the platform. can_ask: whether `ask` and `statement` can answer."""

    name: str
    can_ask: bool

    def send(self, parcel: Parcel) -> Taken:
        """Hand over; raises NotTaken, Rejected or Doubt."""

    def ask(self, key: str) -> Taken | None:
        """What became of the message sent under `key`; None when the provider never had it.
        Raises Doubt when it cannot be learnt now."""

    def statement(self, day: date) -> Iterator[Line]:
        """The provider's own account of one day (its local day). Raises Doubt."""
