"""What every courier looks like from inside: order, track, label, cancel.

The ends a call can have are those of a message's provider (messages.providers): Rejected (a
person's turn), NotTaken (certainly not done, try later), Doubt (it may have been done: ask before
repeating). No call is ever made inside a transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yichuang.messages.providers import Doubt

LABEL_LIMIT = 2 * 1024 * 1024  # bytes
_WAYBILL = re.compile(r"[A-Za-z0-9-]{4,40}")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent to whom. key: the same at every try, so that a repeat can be noticed."""

    key: str
    name: str
    phone: str
    address: str
    sender: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An order that exists. waybill: "" while its answer has not come."""

    key: str
    waybill: str
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One message. kind: of shipment_rules.EVENTS; at: the courier's clock; relation: self, other
    or ""; signer: as the courier wrote it, never kept."""

    id: str
    kind: str
    at: datetime
    place: str = ""
    signer: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the courier knows of an order."""

    waybill: str
    events: tuple[Event, ...] = ()


class Courier(Protocol):
    """name: as people know the company, printed and shown (at most 40 characters)."""

    name: str

    def order(self, parcel: Parcel) -> str:
        """Have it collected; the waybill. Raises NotTaken, Rejected or Doubt."""

    def track(self, known: Known) -> Tracked | None:
        """What became of an order, by its key; None when the courier never had it. Raises Doubt."""

    def label(self, known: Known) -> bytes:
        """The label to print, a PDF. Raises Doubt."""

    def cancel(self, known: Known) -> bool:
        """Whether it is not going (or never was); False when it is too late. Raises Doubt."""


def checked_waybill(text: str) -> str:
    """A waybill as companies write them; Doubt for anything else (the order may stand)."""
    if not _WAYBILL.fullmatch(text):
        raise Doubt("no waybill in the answer")
    return text
