"""What the worker does for oversight: it keeps the counts up with the journal."""

from __future__ import annotations

from yichuang.journal.outbox import task
from yichuang.journal.schedules import Periodic
from yichuang.oversight import measure

COUNT = "oversight.count"
PERIODIC = (Periodic(COUNT, 5),)


@task(COUNT)
def count() -> int:
    """Take new journal entries into the counts, all of them; how many were read."""
    read = 0
    while some := measure.count():
        read += some
    return read
