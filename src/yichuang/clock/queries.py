"""The calendar in force, kept per process."""

from __future__ import annotations

import time
from dataclasses import dataclass

from yichuang.clock.models import CalendarYear, SpecialDay
from yichuang.clock.rules import Calendar

# How long a process trusts its copy before it looks (one small SELECT) for newer versions.
MAX_AGE_SECONDS = 5.0

Stamp = tuple[tuple[int, int, int, str], ...]  # (year, version, row id, digest), by year


@dataclass(frozen=True, slots=True)
class _Held:
    calendar: Calendar
    stamp: Stamp
    checked: float  # time.monotonic()


_held: _Held | None = None


def calendar() -> Calendar:
    """The newest version of every published year. No SQL while the copy is fresh."""
    global _held
    held, now = _held, time.monotonic()
    if held and now - held.checked < MAX_AGE_SECONDS:
        return held.calendar
    stamp = _stamp()
    known = held.calendar if held and held.stamp == stamp else _read(stamp)
    _held = _Held(known, stamp, now)
    return known


def forget() -> None:
    """Drop this process's copy: after a publication, and between tests."""
    global _held
    _held = None


def _stamp() -> Stamp:
    rows = CalendarYear.objects.order_by("year", "version")
    newest = {row[0]: row for row in rows.values_list("year", "version", "id", "digest")}
    return tuple(newest.values())


def _read(stamp: Stamp) -> Calendar:
    ids = [row_id for _year, _version, row_id, _digest in stamp]
    # by year: where two notices rule the same December day, the later notice wins
    rows = SpecialDay.objects.filter(calendar_year__in=ids).order_by("calendar_year__year", "date")
    days = list(rows.values_list("date", "is_off", "name"))
    return Calendar(
        years=frozenset(year for year, *_rest in stamp),
        special={day: not is_off for day, is_off, _name in days},
        names={day: name for day, _is_off, name in days},
    )
