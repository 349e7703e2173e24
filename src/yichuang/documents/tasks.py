"""What the worker does for papers. Like a face, a task is an edge of the system: it reads the clock."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from yichuang.documents import actions, queries
from yichuang.journal.outbox import Task, enqueue, task
from yichuang.journal.schedules import Periodic

SWEEP = "documents.sweep"
PERIODIC = (Periodic(SWEEP, 5),)
# A paper is normally sealed within seconds; the queue itself offers a failed task again sooner.
_OVERDUE = dt.timedelta(minutes=5)


@task(actions.COMPLETE)
def complete(*, paper_id: str) -> str:
    """Seal one paper; its state afterwards."""
    return actions.complete(paper_id=paper_id, at=timezone.now())


@task(SWEEP)
def sweep() -> int:
    """Ask again for every paper that should have been sealed by now; how many there were."""
    overdue = queries.unfinished(timezone.now() - _OVERDUE)
    with transaction.atomic():
        for paper_id in overdue:
            enqueue(Task(actions.COMPLETE, {"paper_id": str(paper_id)}))
    return len(overdue)
