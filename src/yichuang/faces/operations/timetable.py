"""What the worker does for whoever runs the servers: the journal's head goes out every hour."""

from __future__ import annotations

from django.utils import timezone

from yichuang.journal import heads
from yichuang.journal.outbox import task
from yichuang.journal.schedules import Periodic

EXPORT_HEAD = "operations.export-head"
PERIODIC = (Periodic(EXPORT_HEAD, 60),)


@task(EXPORT_HEAD)
def export_head() -> str:
    """Sign the journal's head and keep it outside the database; the file's name."""
    return heads.export_head(timezone.now()).name
