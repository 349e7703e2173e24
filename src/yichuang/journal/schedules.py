"""The worker's timetable: which tasks start by themselves, and how often."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django_q.models import Schedule

from yichuang.journal import outbox, rules
from yichuang.journal.actions import locked_head


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that the worker starts every `minutes` minutes."""

    name: str
    minutes: int
    arguments: dict[str, Any] = field(default_factory=dict)


def ensure_schedules(wanted: Iterable[Periodic], *, at: datetime) -> None:
    """Make the timetable exactly `wanted`; an unchanged line keeps its next run.

    at: the first run of a new or changed line. Schedules of other functions are left alone.
    Any number of processes may call it at start-up: the timetable has no unique key of its own,
    so the transaction stands on the journal's head row.
    """
    missing = {each.name: each for each in wanted}
    with transaction.atomic():
        locked_head()
        for row in Schedule.objects.filter(func=outbox.PERFORM).order_by("pk"):
            line = missing.get(row.name or "")
            if line and (row.args, row.minutes) == (_arguments(line), line.minutes):
                del missing[line.name]  # so that a second row of the name is deleted
            else:
                row.delete()
        for line in missing.values():
            Schedule.objects.create(
                name=line.name,
                func=outbox.PERFORM,
                args=_arguments(line),
                schedule_type=Schedule.MINUTES,
                minutes=line.minutes,
                repeats=-1,
                next_run=at,
            )


def _arguments(line: Periodic) -> str:
    """django-q2 keeps a schedule's arguments as the text of a Python literal."""
    ordered = json.loads(rules.canonical_json(outbox.json_only(line.arguments)))
    return repr((line.name, ordered))
