"""一次办好, pure: what one case cost its applicant, from the case's journal entries alone.

How to count is our choice (no rule was found): a visit is one day at one outlet on which the
applicant handed something in or fetched something there. The plan asks for 一门、一窗、一次.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

HELPED = ("clerk", "village", "manager")  # with these somebody stood at a counter
IN_PERSON = (
    *("take_in", "accept_on_spot", "take_in_incomplete", "correct", "supply_later", "withdraw"),
)
ENDS = ("deliver", "withdraw")
USUAL_VISITS = {"instant": 1, "promise": 2}  # to apply, and to fetch what was decided later


class Entered(Protocol):
    """What is read of a journal entry. at: local day. author, payload: as journalled."""

    @property
    def event(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def author(self) -> dict[str, Any]: ...
    @property
    def payload(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class CaseCost:
    """One case, counted. ended_on None: still under way. days: working days, None if not decided
    or the calendar does not say. spared: against what is usual, the law's or the promised term."""

    item: str
    outlet: str
    filed_on: date
    ended_on: date | None
    visits: int
    visits_spared: int
    papers_asked: int
    papers_spared: int
    days: int | None
    days_spared: int | None
    one_visit: bool


def cost(
    entries: Sequence[Entered], working_days: Callable[[date, date], int | None]
) -> CaseCost | None:
    """What the case cost; None for a stream that does not begin with an intake.

    working_days(a, b): working days after a, up to and with b.
    """
    if not entries or "item" not in entries[0].payload:
        return None
    first = entries[0]
    begun = first.payload
    materials = begun.get("materials", {})
    ended = next((e.day for e in reversed(entries) if e.event in ENDS), None)
    delivered = any(e.event == "deliver" for e in entries)
    visits = len({(e.day, e.author.get("outlet", "")) for e in entries if _in_person(e)})
    days = _days(entries, working_days)
    allowed = begun.get("legal_days") or begun.get("promised_days")
    usual = USUAL_VISITS.get(begun.get("handling", ""), 1)
    return CaseCost(
        item=begun["item"],
        outlet=begun["outlet"],
        filed_on=first.day,
        ended_on=ended,
        visits=visits,
        visits_spared=max(0, usual - visits) if delivered else 0,
        papers_asked=materials.get("submitted", 0) + materials.get("later", 0),
        papers_spared=materials.get("held", 0) + materials.get("promised", 0),
        days=days,
        days_spared=max(0, allowed - days) if allowed is not None and days is not None else None,
        one_visit=delivered and visits <= 1,
    )


def _in_person(entry: Entered) -> bool:
    if entry.author.get("role") not in HELPED:
        return False  # from home, by a machine, or by mail
    if entry.event == "deliver":
        return entry.payload.get("method") == "collect"
    return entry.event in IN_PERSON and entry.payload.get("channel") != "api"


def _days(
    entries: Sequence[Entered], working_days: Callable[[date, date], int | None]
) -> int | None:
    """From acceptance to decision, without the days of special procedures (行政许可法 §45)."""
    accepted = next((e for e in entries if e.payload.get("to") == "accepted"), None)
    decided = next(
        (e for e in entries if e.event in ("grant", "grant_on_spot", "refuse", "terminate")), None
    )
    if accepted is None or decided is None:
        return None
    since = accepted.payload.get("accepted_on")
    start = date.fromisoformat(since) if since else accepted.day
    taken = working_days(start, decided.day)
    begun: date | None = None
    for entry in entries:
        if entry.event == "begin_special":
            begun = entry.day
        elif entry.event == "end_special" and begun is not None and taken is not None:
            out = working_days(begun, entry.day)
            taken = None if out is None else taken - out
            begun = None
    return taken


@dataclass(frozen=True, slots=True)
class Total:
    """A group of ended cases, added up. share: 一次办好, 0–1; None where nothing has ended."""

    key: str
    ended: int
    one_visit: int
    visits: int
    visits_spared: int
    papers_spared: int
    days_spared: int

    @property
    def share(self) -> float | None:
        return self.one_visit / self.ended if self.ended else None


def whole(totals: Iterable[Total]) -> Total:
    """The groups added up, under no key."""
    groups = list(totals)
    return Total(
        key="",
        ended=sum(g.ended for g in groups),
        one_visit=sum(g.one_visit for g in groups),
        visits=sum(g.visits for g in groups),
        visits_spared=sum(g.visits_spared for g in groups),
        papers_spared=sum(g.papers_spared for g in groups),
        days_spared=sum(g.days_spared for g in groups),
    )
