"""How upper floors learn what happened: each reads the journal with a cursor of its own.

Index order is commit order (docs/decisions/0001-journal-as-spine.md), so "everything from my
cursor on" misses nothing. Readers do not know of each other: one that stops holds up none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction

from yichuang.journal.models import Cursor, Entry
from yichuang.journal.queries import EntrySheet, sheet

logger = logging.getLogger(__name__)


def follow(name: str, handle: Callable[[EntrySheet], object], limit: int = 200) -> int:
    """Hand the next entries, at most `limit`, to `handle`, in order; say how many it handled.

    Each entry is handled in a transaction that also moves the cursor, under the cursor's row
    lock: what `handle` writes to this database happens exactly once per entry, however many
    workers follow under one name. A new name starts at entry 0. When `handle` raises, its
    transaction is undone, the failure is kept on the cursor (queries.readers) and logged, and the
    reader stands at that entry; the next call tries it again.
    """
    cursor, _created = Cursor.objects.get_or_create(name=name)
    batch = Entry.objects.filter(index__gte=cursor.next_index).order_by("index")[:limit]
    handled = 0
    for entry in batch:
        try:
            handled += _step(name, handle, sheet(entry))
        except Exception as error:  # the handler's own; one reader's fault stays with it
            _keep_failure(name, entry.index, error)
            break
    return handled


def _step(name: str, handle: Callable[[EntrySheet], object], entry: EntrySheet) -> bool:
    """Handle one entry unless another worker has; whether it was this one."""
    with transaction.atomic(durable=True):
        cursor = Cursor.objects.select_for_update().get(name=name)
        if cursor.next_index != entry.index:
            return False
        handle(entry)
        Cursor.objects.filter(name=name).update(next_index=entry.index + 1, attempts=0, error="")
    return True


def _keep_failure(name: str, index: int, error: Exception) -> None:
    logger.error("Journal reader %s stands at entry %s.", name, index, exc_info=error)
    with transaction.atomic(durable=True):
        cursor = Cursor.objects.select_for_update().get(name=name)
        if cursor.next_index == index:
            cursor.attempts += 1
            cursor.error = f"{type(error).__name__}: {error}"[:2000]
            cursor.save(update_fields=["attempts", "error"])
