"""Entries as the database holds them, for those who doubt it.

The model reads kindly: of a member named twice it takes the last, and a column that is no JSON
raises. A verifier and an export must see what stands there, and go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from yichuang.journal import rules
from yichuang.journal.models import Entry, Head

COLUMNS = (
    "index",
    "leaf_hash",
    "nodes",
    "stream",
    "seq",
    "kind",
    "at",
    "author_text",
    "payload_text",
)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One row. content: the leaf's members without `index`, in JSON's own types; None when a
    column is not what the format says, so that the row can match no leaf hash."""

    index: int
    leaf_hash: bytes
    nodes: bytes
    content: Mapping[str, Any] | None

    def leaf_at(self, index: int) -> bytes | None:
        """The leaf hash of this content under `index`."""
        if self.content is None:
            return None
        return rules.leaf_hash(rules.plain_json({**self.content, "index": index}))

    @property
    def matches(self) -> bool:
        leaf = self.leaf_at(self.index)
        return leaf is not None and rules.same(leaf, self.leaf_hash)


def entries(start: int, end: int, batch: int) -> Iterator[list[RawEntry]]:
    """The rows [start, end) in index order, in lists of at most `batch`."""
    rows = Entry.objects.order_by("index").annotate(
        author_text=Cast("author", TextField()), payload_text=Cast("payload", TextField())
    )
    while start < end:
        wanted = rows.filter(index__gte=start, index__lt=end)[:batch]
        try:
            found = [_entry(*row) for row in wanted.values_list(*COLUMNS)]
        except (ValueError, TypeError):  # a moment that is none: find out which
            found = [_singly(index) for index in wanted.values_list("index", flat=True)]
        if not found:
            return
        yield found
        start = found[-1].index + 1


def _singly(index: int) -> RawEntry:
    rows = Entry.objects.filter(pk=index).annotate(
        author_text=Cast("author", TextField()), payload_text=Cast("payload", TextField())
    )
    try:
        return _entry(*rows.values_list(*COLUMNS).get())
    except (ValueError, TypeError):
        leaf, nodes = rows.values_list("leaf_hash", "nodes").get()
        return RawEntry(index, octets(leaf), octets(nodes), None)


def _entry(index: int, leaf: Any, nodes: Any, *columns: Any) -> RawEntry:
    return RawEntry(index, octets(leaf), octets(nodes), _content(*columns))


def _content(stream: Any, seq: Any, kind: Any, at: Any, author: Any, payload: Any) -> Any:
    """The members as the format types them; None where one is something else."""
    try:
        content = {
            "stream": rules.plain(stream),
            "seq": rules.plain(seq),
            "kind": rules.plain(kind),
            "at": rules.moment(at),
            "author": rules.strict_object(author, level=1),
            "payload": rules.strict_object(payload, level=1),
        }
    except (ValueError, TypeError, AttributeError):
        return None
    texts = [stream, kind, *content["author"].values()]
    fits = all(isinstance(text, str) for text in texts) and (seq is None or type(seq) is int)
    return content if fits else None


@dataclass(frozen=True, slots=True)
class RawHead:
    """The head row. size: 0 to 2^53-1."""

    size: int
    root: bytes
    frontier: bytes


def head() -> RawHead | None:
    """The head row; None where there is none, or its size is no number of entries."""
    found = Head.objects.filter(pk=1).values_list("size", "root", "frontier").first()
    if found is None or type(found[0]) is not int:
        return None
    if not 0 <= found[0] <= rules.LARGEST_INTEGER:
        return None
    return RawHead(found[0], octets(found[1]), octets(found[2]))


def octets(value: Any) -> bytes:
    """SQLite keeps what it is given: text in a column of bytes is no hash."""
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""
