"""What the worker does for whoever runs the servers: the journal's head goes out every hour, to a
folder and to every witness."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yichuang.journal import heads, witness
from yichuang.journal.outbox import Task, enqueue, task
from yichuang.journal.schedules import Periodic
from yichuang.verdict import Refusal

EXPORT_HEAD = "operations.export-head"
OFFER_HEAD = "operations.offer-head"
PERIODIC = (Periodic(EXPORT_HEAD, 60),)


@task(EXPORT_HEAD)
def export_head() -> str:
    """Sign the journal's head and keep it outside the database; the file's name.

    Each witness is a task of its own: one that hangs keeps no other waiting for its answer.
    """
    at = timezone.now()
    try:
        path = heads.export_head(at)
    except Refusal as refusal:
        if refusal.code == "journal-history-changed":
            witness.alarm(witness.OWN, refusal.code, kept=heads.newest_head(), at=at)
        raise
    with transaction.atomic():
        for name in settings.WITNESSES:
            enqueue(Task(OFFER_HEAD, {"name": name}))
    return path.name


@task(OFFER_HEAD)
def offer_head(name: str) -> str:
    """Offer the newest head to one witness; why that came to nothing, or "". The next hour tries
    again, so a failure is kept and not raised."""
    if name not in settings.WITNESSES:
        return ""  # struck off since
    return witness.offer(name, at=timezone.now()).failure
