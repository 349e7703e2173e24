"""Proving the journal whole, or naming what was done to it.

Everything is recomputed from the rows: each leaf from the columns a person can read, each subtree
from the leaves, the head row from the subtrees. What a thorough forger can still rewrite in the
database, exported heads contradict; so give it heads that somebody else kept. What is said of a
journal with several faults is fixed in docs/journal-format.md, and `verifier/` says the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Max
from django.utils.translation import gettext as _

from yichuang.journal import raw, rules
from yichuang.journal.heads import Vouched
from yichuang.journal.models import Entry

BATCH = 10_000
LISTED = 1000  # findings of one kind kept one by one, the lowest; beyond that only counted
COMPARED = 200  # edited entries compared with each other, to tell a reordering from an edit

EDITED = "edited"
REORDERED = "reordered"
REMOVED = "removed"
TRUNCATED = "truncated"
REHASHED = "rehashed"
BEYOND = "beyond-head"
HEAD = "head"
REWRITTEN = "rewritten"
NOT_GENUINE = "not-genuine"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong. index: the entry it begins at; kind: one of this module's words."""

    index: int
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """size, root: what the rows themselves amount to (root is empty when entries are missing).

    counts: how many findings of each kind, also those beyond the listed ones.
    """

    ok: bool
    size: int
    root: bytes
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    heads_checked: int


@dataclass(slots=True)
class _Check:
    """One run: the tree so far and what it came across."""

    due: dict[int, list[Vouched]]
    tree: rules.CompactRange = field(default_factory=rules.CompactRange)
    whole: bool = True  # while no entry is missing, the tree speaks for the rows
    next_index: int = 0
    found: dict[str, dict[int, Finding]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    edited: list[raw.RawEntry] = field(default_factory=list)
    suspect: int = -1  # the last entry already reported: the subtrees over it differ anyway
    sound_head: int = 0
    heads_checked: int = 0

    def report(self, index: int, kind: str, sentence: str) -> None:
        """Keep it, once for each index, while it is among the lowest of its kind."""
        kept = self.found.setdefault(kind, {})
        if index in kept:
            return
        self.counts[kind] += 1
        kept[index] = Finding(index, kind, sentence)
        if len(kept) > 2 * LISTED:  # seldom, so that reporting stays cheap
            self.found[kind] = {lowest: kept[lowest] for lowest in sorted(kept)[:LISTED]}

    def listed(self) -> tuple[Finding, ...]:
        """What was kept, by index, then kind."""
        found = [kept[index] for kept in self.found.values() for index in sorted(kept)[:LISTED]]
        return tuple(sorted(found, key=lambda each: (each.index, each.kind)))

    def take(self, entry: raw.RawEntry) -> None:
        """Check one row against itself and against the tree before it."""
        if entry.index > self.next_index:
            self._report_gap(entry.index)
        self.next_index = entry.index + 1
        matches = entry.matches
        if not matches:
            self.suspect = entry.index
            if len(self.edited) < COMPARED:
                self.edited.append(entry)
            else:
                self._report_edit(entry.index)
        if not self.whole:
            return
        self.tree, completed = self.tree.append(entry.leaf_hash)
        if matches:
            self._check_nodes(entry, completed)
        self.check_heads()

    def check_heads(self) -> None:
        """Compare the tree with the exported heads of exactly its size."""
        heads = self.due.pop(self.tree.size, [])
        self.heads_checked += len(heads)
        differing = [head for head in heads if not rules.same(self.tree.root, head.root)]
        for head in differing:
            self.report(
                self.sound_head,
                REWRITTEN,
                _(
                    "第%(first)s条到第%(last)s条之间的历史被改写：重新计算的根散列与"
                    "%(at)s签出的日志头不同。"
                )
                % {"first": self.sound_head, "last": head.size - 1, "at": head.at},
            )
        if len(differing) < len(heads):
            self.sound_head = self.tree.size

    def settle_edits(self) -> None:
        """Say of each entry that fails its own hash: moved from elsewhere, or edited."""
        leaves = {entry.leaf_hash for entry in self.edited}
        places = {entry.index + step for entry in self.edited for step in (-1, 0, 1)}
        for entry in self.edited:
            origin = next(
                (
                    place
                    for place in sorted(places - {entry.index})
                    if place >= 0 and entry.leaf_at(place) in leaves
                ),
                None,
            )
            if origin is None:
                self._report_edit(entry.index)
                continue
            self.report(
                entry.index,
                REORDERED,
                _("第%(index)s条的位置被调换：它原来是第%(origin)s条。")
                % {"index": entry.index, "origin": origin},
            )

    def check_end(self, head: raw.RawHead | None, last_index: int) -> None:
        """The head row against the rows, and the heads that nothing was left to compare with."""
        size = head.size if head else 0
        if head is None and last_index >= 0:
            self.report(0, HEAD, _("日志头不见了，条目却还在。"))
        elif last_index >= size:
            self.report(
                size,
                BEYOND,
                _(
                    "第%(size)s条及以后的条目不在日志头之内：日志头被退回，或者条目是绕过系统加进来的。"
                )
                % {"size": size},
            )
        if self.next_index < size:
            self._report_truncated(size, _("日志头"))
        elif head and self.whole and not _head_matches(head, self.tree):
            self.report(
                size, HEAD, _("日志头与条目算出的根散列不同：日志头被改，或者有条目连同散列被改。")
            )
        for exported in sorted(
            (each for group in self.due.values() for each in group), key=lambda each: each.size
        ):
            self.heads_checked += 1
            if exported.size > self.next_index:
                self._report_truncated(exported.size, _("%(at)s签出的日志头") % {"at": exported.at})

    def _check_nodes(self, entry: raw.RawEntry, completed: tuple[bytes, ...]) -> None:
        """The kept subtrees of an entry that matches its own hash: the first that is wrong."""
        size = rules.HASH_BYTES
        for level, node in enumerate(completed, start=1):
            first = entry.index + 1 - (1 << level)
            kept = entry.nodes[(level - 1) * size : level * size]
            # under a suspect a subtree differs anyway; that it is there at all is asked all the same
            if len(kept) < size or (first > self.suspect and kept != node):
                self._report_rehashed(first, entry.index)
                return
        if len(entry.nodes) > len(completed) * size:
            self._report_rehashed(entry.index, entry.index)

    def _report_gap(self, found: int) -> None:
        self.whole = False
        for index in range(self.next_index, min(found, self.next_index + LISTED)):
            self.report(index, REMOVED, _("第%(index)s条不见了：它被删除。") % {"index": index})
        self.counts[REMOVED] += max(0, found - self.next_index - LISTED)

    def _report_edit(self, index: int) -> None:
        self.report(
            index,
            EDITED,
            _("第%(index)s条的内容与它的散列不符：它被改过。") % {"index": index},
        )

    def _report_rehashed(self, first: int, last: int) -> None:
        self.suspect = last
        self.report(
            first,
            REHASHED,
            _("第%(first)s条到第%(last)s条的散列树不符：其中有条目连同它的散列一起被改。")
            % {"first": first, "last": last},
        )

    def _report_truncated(self, size: int, witness: str) -> None:
        self.report(
            self.next_index,
            TRUNCATED,
            _("日志末尾被截断：%(witness)s证明曾有%(size)s条，现在最后一条是第%(last)s条。")
            % {"witness": witness, "size": size, "last": self.next_index - 1},
        )


def verify(
    heads: Iterable[Vouched] = (),
    progress: Callable[[int, int], object] | None = None,
    batch: int = BATCH,
    not_genuine: Iterable[int] = (),
) -> Report:
    """Read the whole journal and report every sign of tampering.

    heads: exported heads and co-signatures, signatures already checked (witness.vouched), best from
    those who keep copies.  not_genuine: sizes of those whose signature did not hold.
    progress: called as (entries read, entries in all) after every `batch`.
    Entries that others append meanwhile do not disturb it: it stops at the head it began with.
    """
    # in this order: whatever entry is seen, the head read after it must already count it
    last_index = Entry.objects.aggregate(last=Max("index"))["last"]
    last_index = -1 if last_index is None else last_index
    head = raw.head()
    total = max(last_index + 1, head.size if head else 0)
    due: dict[int, list[Vouched]] = {}
    for (size, _root), each in {(each.size, each.root): each for each in heads}.items():
        due.setdefault(size, []).append(each)
    check = _Check(due)
    for size in sorted(set(not_genuine)):
        check.report(
            size, NOT_GENUINE, _("有%(size)s条时的日志头或副署，签名不成立。") % {"size": size}
        )
    check.check_heads()
    # only to the head: what lies beyond it is one finding, not a part of the tree
    for entries in raw.entries(0, min(total, head.size if head else total), batch):
        for entry in entries:
            check.take(entry)
        if progress:
            progress(check.next_index, total)
    check.settle_edits()
    check.check_end(head, last_index)
    return Report(
        not check.counts,
        check.next_index,
        check.tree.root if check.whole else b"",
        check.listed(),
        dict(check.counts),
        check.heads_checked,
    )


def _head_matches(head: raw.RawHead, tree: rules.CompactRange) -> bool:
    return (
        head.size == tree.size
        and rules.same(head.root, tree.root)
        and rules.same(head.frontier, tree.packed)
    )
