"""The calendar under test: the holiday-cn tables kept beside this file (MIT, see LICENSE.txt)."""

import json
from datetime import date
from pathlib import Path

import pytest

from yichuang.clock.rules import Calendar, DraftDay, YearDraft

FOLDER = Path(__file__).parent / "holiday_cn"


@pytest.fixture(scope="session")
def year_drafts() -> tuple[YearDraft, ...]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        table = json.loads(path.read_text(encoding="utf-8"))
        days = tuple(
            DraftDay(date.fromisoformat(day["date"]), day["name"], day["isOffDay"], row)
            for row, day in enumerate(table["days"], start=2)
        )
        found.append(YearDraft(table["year"], " ".join(table["papers"]), days))
    return tuple(found)


@pytest.fixture(scope="session")
def calendar(year_drafts) -> Calendar:
    days = [day for draft in year_drafts for day in draft.days]
    return Calendar(
        years=frozenset(draft.year for draft in year_drafts),
        special={day.date: not day.is_off for day in days},
        names={day.date: day.name for day in days},
    )
