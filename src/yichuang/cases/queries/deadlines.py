"""How a case stands against its due day."""

from __future__ import annotations

from datetime import date

from yichuang.cases import lifecycle
from yichuang.cases.models import Case
from yichuang.cases.sheets import Deadline
from yichuang.clock.queries import calendar
from yichuang.clock.rules import remaining, warning
from yichuang.verdict import Refusal


def deadline(case: Case, today: date) -> Deadline:
    """How a case stands against its due day."""
    if case.state not in lifecycle.OPEN_STATES:
        return Deadline(case.due_on, None, "done")
    if case.paused:
        return Deadline(case.due_on, None, "paused")
    if case.due_on is None:
        return Deadline(None, None, "unknown")
    return _counted(case.due_on, today)


def delivery_deadline(case: Case, today: date) -> Deadline | None:
    """How a decided case stands against the day to hand it over by; None for any other case."""
    if case.state not in lifecycle.DECIDED_STATES:
        return None
    if case.deliver_by is None:
        return Deadline(None, None, "unknown")
    return _counted(case.deliver_by, today)


def _counted(due_on: date, today: date) -> Deadline:
    try:
        left = remaining(today, due_on, calendar())
    except Refusal:
        return Deadline(due_on, None, "unknown")
    return Deadline(due_on, left, warning(left))
