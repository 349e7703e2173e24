"""Reading the journal: timelines, proofs, and how far the readers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yichuang.journal import rules
from yichuang.journal.models import Cursor, Entry, Head
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class EntrySheet:
    """One entry, as a reader or a page sees it."""

    index: int
    stream: str
    seq: int | None
    kind: str
    at: datetime
    author: Mapping[str, Any]
    payload: Mapping[str, Any]
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class HeadSheet:
    """The tree over the first `size` entries."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That one entry stands at `index` under `root`: checked by rules.verify_inclusion."""

    index: int
    leaf: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        return rules.verify_inclusion(
            leaf=self.leaf, index=self.index, size=self.size, proof=self.path, root=self.root
        )


@dataclass(frozen=True, slots=True)
class ReaderSheet:
    """How far one reader is. behind: entries it has not handled; error: what stopped it, if so."""

    name: str
    next_index: int
    behind: int
    attempts: int
    error: str


def sheet(entry: Entry) -> EntrySheet:
    return EntrySheet(
        entry.index,
        entry.stream,
        entry.seq,
        entry.kind,
        entry.at,
        entry.author,
        entry.payload,
        bytes(entry.leaf_hash),
    )


def timeline(stream: str) -> tuple[EntrySheet, ...]:
    """Every entry of one stream ("case:<uuid>"), oldest first."""
    return tuple(
        sheet(entry)
        for entry in Entry.objects.filter(stream=stream).defer("nodes").order_by("index")
    )


def head() -> HeadSheet:
    """The present size and root; (0, hash of nothing) for a new journal."""
    row = Head.objects.filter(pk=1).values_list("size", "root").first()
    return HeadSheet(row[0], bytes(row[1])) if row else HeadSheet(0, rules.EMPTY_ROOT)


def entry_proof(index: int) -> EntryProof:
    """The proof, against the present head, that entry `index` is in the journal.

    Refusal "journal-entry-unknown" (404) when there is no such entry. Two queries, at most
    about log2(size)**2 / 2 rows.
    """
    now = head()
    if not 0 <= index < now.size:
        raise Refusal(
            "journal-entry-unknown",
            _("日志里没有第%(index)s条。") % {"index": index},
            remedy=_("请核对凭证上的日志序号。"),
            status=404,
        )
    leaf, *path = _hashes([(index, index + 1), *rules.inclusion_ranges(index, now.size)])
    return EntryProof(index, leaf, now.size, now.root, tuple(path))


def consistency_proof(first: int, second: int) -> tuple[bytes, ...]:
    """That the tree of `second` entries extends the tree of `first`: 0 < first <= second <= size.

    For whoever keeps our exported heads and wants to see that a newer one continues an older one.
    """
    if second > head().size:
        raise ValueError(f"The journal does not have {second} entries.")
    return tuple(_hashes(rules.consistency_ranges(first, second)))


def root_at(size: int) -> bytes:
    """The root over the first `size` entries, from the stored subtrees. KeyError past the end."""
    return _hashes([(0, size)])[0]


def readers() -> tuple[ReaderSheet, ...]:
    """Every reader by name, with how far behind it is."""
    size = head().size
    return tuple(
        ReaderSheet(row.name, row.next_index, size - row.next_index, row.attempts, row.error)
        for row in Cursor.objects.order_by("name")
    )


def _hashes(ranges: Sequence[rules.Range]) -> list[bytes]:
    """The hash over each range of leaves; one query for all."""
    nodes = {node for start, end in ranges for node in rules.range_nodes(start, end)}
    rows = {
        index: (bytes(leaf), bytes(kept))
        for index, leaf, kept in Entry.objects.filter(
            index__in={rules.keeper(node) for node in nodes}
        ).values_list("index", "leaf_hash", "nodes")
    }

    def look_up(node: rules.Node) -> bytes:
        leaf, kept = rows[rules.keeper(node)]
        level = node[0]
        return kept[(level - 1) * rules.HASH_BYTES : level * rules.HASH_BYTES] if level else leaf

    return [rules.range_hash(start, end, look_up) for start, end in ranges]
