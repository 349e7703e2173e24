"""Writing to the journal: one verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yichuang.journal import outbox, rules
from yichuang.journal.models import STREAM_SEQ, Entry, Head
from yichuang.verdict import Refusal


def record(
    *,
    kind: str,
    by: rules.Author,
    at: datetime,
    stream: str = "",
    seq: int | None = None,
    payload: Mapping[str, Any],
    tasks: Sequence[outbox.Task] = (),
) -> Entry:
    """Append one entry, and enqueue `tasks`, in the caller's transaction. Call it last there.

    It locks the head row until the transaction ends, which is what makes commit order equal index
    order (docs/decisions/0001-journal-as-spine.md): whatever runs after it makes every other
    writer wait. Three statements, and one for each task.

    kind: what happened ("case.accepted").  at: aware.  stream, seq: the object and the caller's
    own count within it, unique together.  payload: JSON values as `rules.plain` takes them; never
    a plaintext identity or phone number.
    Raises Refusal "journal-sequence-taken" (409) when another writer took (stream, seq) first,
    RuntimeError outside a transaction, TypeError or ValueError for what JSON cannot hold.
    """
    wanted = Wanted(kind=kind, payload=payload, stream=stream, seq=seq, tasks=tasks)
    return record_all([wanted], by=by, at=at)[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry to be written; the fields as `record` takes them."""

    kind: str
    payload: Mapping[str, Any]
    stream: str = ""
    seq: int | None = None
    tasks: Sequence[outbox.Task] = ()


def record_all(wanted: Sequence[Wanted], *, by: rules.Author, at: datetime) -> list[Entry]:
    """Append several entries of one act that touches several objects (一件事), in their order.

    As `record`, and as many statements: the head is read and moved once for all of them.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("journal entries belong inside the action's transaction.")
    rules.moment(at)
    author = rules.plain(by.journal_record())
    contents = [rules.plain(each.payload) for each in wanted]
    for each in wanted:
        for task in each.tasks:
            outbox.enqueue(task)
    head = locked_head()
    tree = rules.CompactRange.unpacked(head.size, bytes(head.frontier))
    entries = []
    for index, (each, content) in enumerate(zip(wanted, contents, strict=True), start=head.size):
        leaf = rules.entry_leaf(
            index=index,
            stream=each.stream,
            seq=each.seq,
            kind=each.kind,
            at=at,
            author=author,
            payload=content,
        )
        tree, completed = tree.append(leaf)
        entries.append(
            Entry(
                index=index,
                stream=each.stream,
                seq=each.seq,
                kind=each.kind,
                at=at,
                author=author,
                payload=content,
                leaf_hash=leaf,
                nodes=b"".join(completed),
            )
        )
    try:
        Entry.objects.bulk_create(entries)
    except IntegrityError as error:
        if not _is_sequence_conflict(error):
            raise  # index taken: the head row does not belong to these entries
        raise Refusal(
            "journal-sequence-taken",
            _("这件事刚刚被别人先办了一步，您这一步没有保存。"),
            remedy=_("请刷新页面，看看现在的状态再决定下一步。"),
            status=409,
            detail={"streams": [(each.stream, each.seq) for each in wanted]},
        ) from error
    Head.objects.filter(pk=1).update(size=tree.size, root=tree.root, frontier=tree.packed)
    return entries


def locked_head() -> Head:
    """The head row, locked until the transaction ends; made when the journal is new.

    SQLite has no row locks: there the transaction is IMMEDIATE and holds the only write lock.
    """
    locked = Head.objects.select_for_update()
    head = next(iter(locked.filter(pk=1)), None)
    if head is None:
        Head.objects.bulk_create(
            [Head(id=1, size=0, root=rules.EMPTY_ROOT, frontier=b"")], ignore_conflicts=True
        )
        head = locked.get(pk=1)
    return head


def _is_sequence_conflict(error: IntegrityError) -> bool:
    """PostgreSQL names the constraint, SQLite the columns."""
    return STREAM_SEQ in str(error) or "journal_entry.seq" in str(error)
