"""A case's dates from its stored facts: start, days, pauses, extension. Pure, given a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from yichuang.cases import shipment_rules
from yichuang.clock.rules import Calendar, Due, Pause, due
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class Term:
    """When a case must be decided.

    due_on: the promised day, None while the calendar does not reach it (a day is promised or it is
    not, never guessed). legal_due_on: the statutory day, None where there is none or it is not
    known yet. work_by: what worklists order by; the last known day where due_on is None.
    """

    due_on: date | None
    legal_due_on: date | None
    work_by: date
    arithmetic: Due | None


def computed(start: date, days: int, calendar: Calendar, pauses: Sequence[Pause]) -> Due | None:
    """The term, or None when it runs beyond the last published year."""
    try:
        return due(start, days, calendar, pauses)
    except Refusal as refusal:
        if refusal.code == "calendar-unknown-year":
            return None
        raise


def handing_over(decided_on: date, calendar: Calendar) -> dict[str, date | None]:
    """The columns that a decision sets: the last day to hand it over, by which worklists order the
    case from now on (after everything else, while no calendar reaches that day)."""
    last = shipment_rules.deliver_by(decided_on, calendar)
    return {"deliver_by": last, "work_by": last or last_known(calendar, decided_on)}


def last_known(calendar: Calendar, start: date) -> date:
    """The last day of the last published year, `start` where that is later."""
    return max(date(max(calendar.years), 12, 31), start) if calendar.years else start


def term(
    *,
    start: date,
    promised_days: int,
    legal_days: int | None,
    extension_days: int,
    pauses: Sequence[Pause],
    calendar: Calendar,
) -> Term:
    """The promised and the statutory day. An extension lengthens both (行政许可法 §42)."""
    promised = computed(start, promised_days + extension_days, calendar, pauses)
    legal = None
    if legal_days is not None:
        legal = computed(start, legal_days + extension_days, calendar, pauses)
    return Term(
        due_on=promised.due if promised else None,
        legal_due_on=legal.due if legal else None,
        work_by=promised.due if promised else last_known(calendar, start),
        arithmetic=promised,
    )
