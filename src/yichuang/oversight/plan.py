"""The county's plan as tasks: taken over from the pack whole, and read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from yichuang.oversight.models import PlanTask


@dataclass(frozen=True, slots=True)
class PlanTaskSheet:
    """One task of the plan. responsible: units as the plan names them; due: None where the plan
    sets no day."""

    code: str
    section: str
    section_title: str
    clause: str
    title: str
    text: str
    lead: str
    lead_organ: str
    responsible: tuple[str, ...]
    responsible_organs: tuple[str, ...]
    due: date | None
    due_text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What taking the plan over did."""

    added: int
    changed: int
    unchanged: int


def publish_plan(tasks: Sequence[PlanTaskSheet]) -> Report:
    """Make the plan's tasks these. The plan is a published text: the pack's copy replaces ours.

    Journalled by the load it is part of. Idempotent.
    """
    with transaction.atomic():
        known = {task.code: task for task in tasks_of_plan()}
        added = changed = 0
        for position, task in enumerate(tasks):
            if known.get(task.code) == task:
                continue
            added, changed = added + (task.code not in known), changed + (task.code in known)
            facts = asdict(task)
            facts["responsible"] = list(task.responsible)
            facts["responsible_organs"] = list(task.responsible_organs)
            code = facts.pop("code")
            PlanTask.objects.update_or_create(code=code, defaults={**facts, "position": position})
        PlanTask.objects.exclude(code__in=[task.code for task in tasks]).delete()
    return Report(added, changed, len(tasks) - added - changed)


def tasks_of_plan() -> tuple[PlanTaskSheet, ...]:
    """Every task in the plan's order. One SQL statement."""
    return tuple(
        PlanTaskSheet(
            row.code,
            row.section,
            row.section_title,
            row.clause,
            row.title,
            row.text,
            row.lead,
            row.lead_organ,
            tuple(row.responsible),
            tuple(row.responsible_organs),
            row.due,
            row.due_text,
        )
        for row in PlanTask.objects.order_by("position")
    )
