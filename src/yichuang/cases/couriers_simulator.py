"""A courier of the demonstration and of tests, in this process, that behaves badly on demand.

By itself it is a plain company: a parcel is picked up, travels and is signed for, each after a fixed
time. All follows from seed, key and the time of the order, so that it may be restarted. `behave`
is a queue of faults, one for each call:

    order   lost (taken, but the answer never comes), away, refused, error, nonsense,
            another (a second waybill for a key it has), taken (the waybill of another order)
    others  error, silence (nothing new is told), broken (a label that is no PDF), late (cancelling)

`script` replaces the messages of a key: out of order, twice, with skewed clocks, by the thousand.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from yichuang.cases.couriers import Event, Known, Parcel, Tracked
from yichuang.messages.providers import Doubt, NotTaken, Rejected

NAME = "演示寄递"
# what an ordinary parcel does, hours after its order
COURSE = ((2, "picked_up"), (8, "in_transit"), (26, "delivering"), (30, "signed"))


def label(waybill: str) -> bytes:
    """A small page that says what it is: the least that every reader takes for a PDF."""
    text = f"BT /F1 14 Tf 24 140 Td (DEMO LABEL) Tj 0 -28 Td ({waybill}) Tj ET".encode()
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 284 200]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%%%EOF\n" % (len(text), text)
    )


class Simulator:
    """now: its clock. orders: key → waybill of every order it has, which is what was sent."""

    def __init__(self, now: Callable[[], datetime], *, seed: int = 0, name: str = NAME) -> None:
        self.name, self.now, self.seed = name, now, seed
        self.behave: deque[str] = deque()
        self.orders: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.script: dict[str, list[Event]] = {}
        self.cancelled: set[str] = set()

    def order(self, parcel: Parcel) -> str:
        fault = self._begin("order", parcel.key)
        if fault == "away":
            raise NotTaken("away")
        if fault == "refused":
            raise Rejected("address not served")
        if fault == "error":
            raise Doubt("HTTP 500")
        if fault == "nonsense":
            raise Doubt("no waybill in the answer")
        if fault == "taken" and self.orders:
            return next(iter(self.orders.values()))
        if fault == "another":
            return self._waybill(parcel.key + " again")
        waybill = self.orders.setdefault(parcel.key, self._waybill(parcel.key))
        if fault == "lost":
            raise Doubt("answer lost")
        return waybill

    def track(self, known: Known) -> Tracked | None:
        fault = self._begin("track", known.key)
        if fault == "error":
            raise Doubt("HTTP 500")
        waybill = self.orders.get(known.key) or known.waybill
        if not waybill:
            return None
        if fault == "silence" or known.key in self.cancelled:
            return Tracked(waybill)
        told = self.script.get(known.key)
        return Tracked(waybill, tuple(self._course(known) if told is None else told))

    def label(self, known: Known) -> bytes:
        fault = self._begin("label", known.key)
        if fault == "error":
            raise Doubt("HTTP 500")
        return b"<html>busy</html>" if fault == "broken" else label(known.waybill)

    def cancel(self, known: Known) -> bool:
        fault = self._begin("cancel", known.key)
        if fault == "error":
            raise Doubt("HTTP 500")
        if fault == "late":
            return False
        self.cancelled.add(known.key)
        return True

    def _begin(self, what: str, key: str) -> str:
        self.calls.append((what, key))
        return self.behave.popleft() if self.behave else ""

    def _waybill(self, key: str) -> str:
        drawn = hashlib.sha256(f"{self.seed} {key}".encode()).hexdigest()
        return f"YS{int(drawn[:12], 16) % 10**11:011d}"

    def _course(self, known: Known) -> list[Event]:
        told = []
        for hours, kind in COURSE:
            at = known.ordered_at + timedelta(hours=hours)
            if at <= self.now():
                relation = "self" if kind == "signed" else ""
                told.append(Event(f"{known.key}-{kind}", kind, at, relation=relation))
        return told
