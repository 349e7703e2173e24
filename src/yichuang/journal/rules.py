"""The journal's arithmetic: canonical JSON, and the Merkle tree of RFC 6962 over it.

Pure: values in, values out. Hashes are 32 raw bytes (SHA-256). Entries are counted from 0; a
tree of `size` n covers entries 0 to n-1. `docs/journal-format.md` states the same for an outsider
who writes a verifier of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

HASH_BYTES = 32
LARGEST_INTEGER = 2**53 - 1  # RFC 7493 (I-JSON) §2.2: what every JSON reader keeps exactly
MOST_LEVELS = 100  # of objects and arrays within each other; deeper ones, readers refuse variously
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = tuple[int, int]  # (level, position): the complete subtree of 2**level leaves, from 0
Range = tuple[int, int]  # leaves [start, end)


class Author(Protocol):
    """Whoever may be named as the author of an entry; accounts.actor.Actor is the usual one."""

    def journal_record(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class SystemAuthor:
    """The platform itself, where no person acts: a timer, a reader, a loader."""

    name: str

    def journal_record(self) -> dict[str, str]:
        return {"role": "system", "name": self.name}


# --- canonical JSON ------------------------------------------------------------------------------


def plain(value: Any, level: int = 0) -> Any:
    """`value` in JSON's own types, exactly as it will be stored and hashed.

    dict (string keys), list, tuple, str, int, bool and None pass; an aware datetime becomes UTC
    ISO 8601 with microseconds and Z, a date ISO, a UUID its text. Everything else raises
    TypeError (floats and Decimals too: two databases do not keep them alike; give money as 分)
    and ValueError is raised for naive datetimes, integers beyond ±(2**53-1), U+0000 and lone
    surrogates, which PostgreSQL cannot store, and beyond MOST_LEVELS. level: how many objects and
    arrays `value` stands in already.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{value} is beyond ±(2**53-1); give it as text.")
        return int(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping | list | tuple) and level == MOST_LEVELS:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("JSON keys must be text.")
        return {_plain_text(key): plain(item, level + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, level + 1) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in the journal's JSON.")


def _plain_text(text: str) -> str:
    if "\0" in text:
        raise ValueError("U+0000 cannot be stored.")
    text.encode("utf-8")  # UnicodeEncodeError is a ValueError: a lone surrogate
    return str.__str__(text)  # a choice or another subclass becomes its bare text


def moment(at: datetime) -> str:
    """An aware datetime as UTC: 2026-11-22T01:02:03.000000Z. ValueError when it is naive."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("A moment without a time zone cannot be journalled.")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with keys sorted by code point and no spaces: one value, one byte string."""
    return plain_json(plain(value))


def plain_json(value: Any) -> bytes:
    """`canonical_json` of what `plain` or `strict_object` gave already."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode("utf-8")


def strict_object(text: str, level: int = 0) -> dict[str, Any]:
    """The JSON object in `text`, if canonical JSON could say it; ValueError or TypeError otherwise.

    Python's own reader takes the last of two members of one name, fractions, and any integer.
    level: as for `plain`.
    """
    try:
        found = plain(json.loads(text, object_pairs_hook=_each_once), level)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def entry_leaf(
    *,
    index: int,
    stream: str,
    seq: int | None,
    kind: str,
    at: datetime,
    author: Mapping[str, Any],
    payload: Mapping[str, Any],
) -> bytes:
    """The leaf hash of one entry: every column a person could read is under it."""
    return leaf_hash(
        canonical_json(
            {
                "index": index,
                "stream": stream,
                "seq": seq,
                "kind": kind,
                "at": at,
                "author": author,
                "payload": payload,
            }
        )
    )


# --- the tree (RFC 6962 §2.1; proofs as verified in RFC 9162 §2.1.3–2.1.4) ---------------------


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(peaks: Sequence[bytes]) -> bytes:
    """The hash over adjacent complete subtrees, largest first; none gives the empty tree's."""
    if not peaks:
        return EMPTY_ROOT
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded


@dataclass(frozen=True, slots=True)
class CompactRange:
    """A tree known only by its frontier: the complete subtrees of `size`, largest first.

    len(frontier) is the number of one bits in `size`, so an append costs O(log size).
    """

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> CompactRange:
        """From a size and its frontier's bytes; ValueError when the two do not fit."""
        if size < 0 or len(packed) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(packed)} bytes of frontier do not belong to size {size}.")
        return cls(
            size,
            tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)),
        )

    @property
    def packed(self) -> bytes:
        return b"".join(self.frontier)

    @property
    def root(self) -> bytes:
        return fold(self.frontier)

    def append(self, leaf: bytes) -> tuple[CompactRange, tuple[bytes, ...]]:
        """The range with one more leaf, and the subtrees this completed, levels 1, 2, … up."""
        peaks = [*self.frontier, leaf]
        completed = []
        level = self.size
        while level & 1:
            right = peaks.pop()
            peaks.append(node_hash(peaks.pop(), right))
            completed.append(peaks[-1])
            level >>= 1
        return CompactRange(self.size + 1, tuple(peaks)), tuple(completed)


def keeper(node: Node) -> int:
    """The index of the entry whose append completed `node`, and so keeps its hash."""
    level, position = node
    return ((position + 1) << level) - 1


def range_nodes(start: int, end: int) -> tuple[Node, ...]:
    """The complete subtrees that make up leaves [start, end), largest first.

    `start` must be a multiple of the largest of them, as it is in every range of a proof.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start % (1 << level):
            raise ValueError(f"[{start}, {end}) is not a subtree.")
        nodes.append((level, start >> level))
        start += 1 << level
    return tuple(nodes)


def range_hash(start: int, end: int, node: Callable[[Node], bytes]) -> bytes:
    """The hash over leaves [start, end), from a look-up of complete subtrees."""
    return fold([node(each) for each in range_nodes(start, end)])


def _split(size: int) -> int:
    """The largest power of two below `size` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """The ranges whose hashes prove leaf `index` in a tree of `size`, leaf to root."""
    if not 0 <= index < size:
        raise ValueError(f"Entry {index} is not in a tree of {size}.")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return tuple(reversed(found))


def consistency_ranges(first: int, second: int) -> tuple[Range, ...]:
    """The ranges whose hashes prove that a tree of `second` extends one of `first`.

    0 < first <= second: a proof from the empty tree would prove nothing, so it is refused.
    """
    if not 0 < first <= second:
        raise ValueError(f"No consistency proof runs from {first} to {second}.")
    start, end, found, whole = 0, second, [], True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    if not whole:  # the old tree itself needs no naming while it is a subtree of the new one
        found.append((start, end))
    return tuple(reversed(found))


def same(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows `leaf` at `index` under `root`; every element counts, none may spare.

    RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size or not _hashes([leaf, root, *proof]):
        return False
    node, last, computed = index, size - 1, leaf
    for element in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(element, computed)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, element)
        node >>= 1
        last >>= 1
    return last == 0 and same(computed, root)


def verify_consistency(
    *, first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the tree of `second` extends the tree of `first`.

    RFC 9162 §2.1.4.2; first == 0 is never accepted (see `consistency_ranges`).
    """
    if not 0 < first <= second or not _hashes([first_root, second_root, *proof]):
        return False
    if first == second:
        return not proof and same(first_root, second_root)
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for element in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old = node_hash(element, old)
            new = node_hash(element, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, element)
        node >>= 1
        last >>= 1
    return last == 0 and same(old, first_root) and same(new, second_root)


def _hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
