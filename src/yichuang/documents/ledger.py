"""The seal ledger: writing a line, and proving that all lines stand as they were written.

A line is written in the sealing's own transaction, numbered without gaps (in its year and for ever)
and tied by its hash to the line before. `verify` recomputes every hash and holds the lines against
the papers, the stored files and the journal's own entries of each sealing: what somebody rewrites in
the ledger with all hashes made anew, the journal still contradicts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yichuang.documents import rules
from yichuang.documents.ledger_rules import Line, row_hash
from yichuang.documents.models import Counter, Paper, SealUse
from yichuang.documents.numbering import next_number
from yichuang.files import storage
from yichuang.journal.models import Entry

SERIES = "用印"  # counted anew each year
CHAIN = "用印总序"  # counted for ever; its row is the lock of the chain
BATCH = 1000
LISTED = 1000

CHANGED, MISSING, REORDERED, UNCHAINED = "changed", "missing", "reordered", "unchained"
PAPER, FILE, JOURNAL, UNLISTED = "paper", "file", "journal", "unlisted"


def enter(paper: Paper, *, file_sha256: str, at: datetime) -> SealUse:
    """Write the line of this sealing, inside its transaction. Four statements.

    `paper.seal` must be loaded. Raises IntegrityError when the paper has a line already.
    """
    year = localdate(at).year
    position = next_number(series=CHAIN, year=0)
    serial = next_number(series=SERIES, year=year)
    before = SealUse.objects.filter(position=position - 1).values_list("row_hash", flat=True)
    content = paper.content
    use = SealUse(
        position=position,
        year=year,
        serial=serial,
        number=rules.seal_use_number(year, serial),
        paper=paper,
        seal=paper.seal,
        organ_id=paper.seal.organ_id,
        item_code=content.get("item_code", ""),
        case_number=content.get("case_number", ""),
        approver_name=paper.approved_by.get("name", "") or content.get("approver", ""),
        handler_name=content.get("handler", ""),
        copies=content.get("copies", 1),
        grant_number=(content.get("ruling_of") or {}).get("grant", ""),
        document_sha256=paper.approved_sha256,
        file_sha256=file_sha256,
        note=_note(content),
        at=at,
        previous_hash=next(iter(before), "") if position > 1 else "",
    )
    use.row_hash = hash_of(use)
    use.save(force_insert=True)
    return use


def _note(content: dict) -> str:
    replaced = content.get("replaces", {}).get("number", "")
    return f"替换{replaced}"[:200] if replaced else ""


def hash_of(use: Any) -> str:
    """The hash that a row ought to bear; `use` has SealUse's columns."""
    return row_hash(_line(use))


def _line(use: Any) -> Line:
    return Line(
        position=use.position,
        year=use.year,
        serial=use.serial,
        number=use.number,
        paper=str(use.paper_id),
        seal=use.seal_id,
        organ=use.organ_id,
        item_code=use.item_code,
        case_number=use.case_number,
        approver_name=use.approver_name,
        handler_name=use.handler_name,
        copies=use.copies,
        grant_number=use.grant_number,
        document_sha256=use.document_sha256,
        file_sha256=use.file_sha256,
        note=use.note,
        at=use.at,
        previous_hash=use.previous_hash,
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong. position: of the line (0 where there is none); number: 用印编号 or paper number;
    kind: one of this module's words."""

    position: int
    number: str
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """rows: lines there are; last_hash: of the last one, to be kept elsewhere."""

    ok: bool
    rows: int
    last_hash: str
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Check:
    """One run: how far, and what was found."""

    root: Path
    expected: int = 1
    last_hash: str = ""
    rows: int = 0
    serials: dict[int, list[int]] = field(default_factory=dict)  # year → [highest, lines]
    found: list[Finding] = field(default_factory=list)

    def say(self, position: int, number: str, kind: str, sentence: str) -> None:
        if len(self.found) < LISTED:
            self.found.append(Finding(position, number, kind, sentence))

    def take(self, use: SealUse, sealed: dict | None) -> None:
        """One line against itself, the line before, its paper, its file and the journal."""
        self.rows += 1
        self._place(use)
        said = sealed or {}
        if hash_of(use) != use.row_hash:
            self._changed(use, said)
        elif use.previous_hash != self.last_hash:
            self.say(
                use.position,
                use.number,
                UNCHAINED,
                _("第%(position)d行（%(number)s）接不上前一行：前一行被改动、抽走或调换。")
                % {"position": use.position, "number": use.number},
            )
        elif said.get("seal_use_hash") and said["seal_use_hash"] != use.row_hash:
            self.say(
                use.position,
                use.number,
                CHANGED,
                _("第%(position)d行（%(number)s）与日志里记下的不一致：整行连同摘要被改写。")
                % {"position": use.position, "number": use.number},
            )
        self.last_hash = use.row_hash
        self._paper(use, sealed)

    def _place(self, use: SealUse) -> None:
        if use.position > self.expected:
            self.gap(self.expected, use.position - 1)
        self.expected = use.position + 1
        seen = self.serials.setdefault(use.year, [0, 0])
        seen[0], seen[1] = max(seen[0], use.serial), seen[1] + 1

    def gap(self, first: int, last: int) -> None:
        for position in range(first, min(last, first + 50) + 1):
            gone = Entry.objects.filter(
                kind="paper.sealed", payload__seal_use_position=position
            ).first()
            number = gone.payload["seal_use"] if gone else ""
            self.say(
                position,
                number,
                MISSING,
                _("第%(position)d行%(number)s不见了。")
                % {"position": position, "number": f"（{number}）" if number else ""},
            )

    def _changed(self, use: SealUse, said: dict) -> None:
        origin = said.get("seal_use_position")
        if origin and origin != use.position:
            self.say(
                use.position,
                use.number,
                REORDERED,
                _("第%(position)d行（%(number)s）的位置被调换：它原来是第%(origin)d行。")
                % {"position": use.position, "number": use.number, "origin": origin},
            )
            return
        self.say(
            use.position,
            use.number,
            CHANGED,
            _("第%(position)d行（%(number)s）被改动过：内容与它的摘要不符。")
            % {"position": use.position, "number": use.number},
        )

    def _paper(self, use: SealUse, sealed: dict | None) -> None:
        paper = use.paper
        about = {"number": use.number, "paper": paper.number}
        if paper.state != rules.SEALED or paper.seal_id != use.seal_id:
            self.say(
                use.position,
                use.number,
                PAPER,
                _("%(number)s登记的文书%(paper)s没有签章，或者不是这枚印章。") % about,
            )
            return
        if use.file_sha256 and use.file_sha256 != paper.sha256:
            self.say(
                use.position,
                use.number,
                PAPER,
                _("%(number)s登记的文件摘要与文书%(paper)s的不一致。") % about,
            )
        if use.document_sha256 and use.document_sha256 != paper.approved_sha256:
            self.say(
                use.position,
                use.number,
                PAPER,
                _("%(number)s登记的批准内容与文书%(paper)s的不一致。") % about,
            )
        problem = self._file(paper)
        if problem:
            self.say(use.position, use.number, FILE, f"{use.number} {paper.number}：{problem}")
        if sealed is None:
            self.say(
                use.position,
                use.number,
                JOURNAL,
                _("日志里没有%(number)s（文书%(paper)s）的签章记录。") % about,
            )
        elif sealed["sha256"] != paper.sha256 or sealed["seal_use"] != use.number:
            self.say(
                use.position,
                use.number,
                JOURNAL,
                _("日志里文书%(paper)s的签章记录与%(number)s不一致。") % about,
            )

    def _file(self, paper: Paper) -> str:
        if paper.file is None or paper.file.sha256 != paper.sha256:
            return _("登记的文件换成了别的文件。")
        try:
            data = storage.place(self.root, paper.sha256).read_bytes()
        except FileNotFoundError:
            return _("文件不见了。")
        if hashlib.sha256(data).hexdigest() != paper.sha256:
            return _("文件被改动过。")
        return ""


def verify(*, progress: Callable[[int, int], None] = lambda done, total: None) -> Report:
    """Walk the whole ledger, a thousand lines at a time, and the files it stands for."""
    check = _Check(Path(settings.FILES_ROOT))
    last = _last_known()  # before the walk: lines may be added meanwhile
    for batch in _batches():
        sealed = _sealings([use.paper_id for use in batch])
        for use in batch:
            check.take(use, sealed.get(f"paper:{use.paper_id}"))
        progress(check.rows, last)
    _end(check, last)
    return Report(not check.found, check.rows, check.last_hash, tuple(check.found))


def tail(count: int) -> Report:
    """The last lines alone, as `verify`: for a health check that must not take long."""
    check = _Check(Path(settings.FILES_ROOT))
    rows = list(SealUse.objects.select_related("paper__file").order_by("-position")[: count + 1])
    rows.reverse()
    if len(rows) > count:
        check.last_hash, check.expected = rows[0].row_hash, rows[0].position + 1
        rows = rows[1:]
    sealed = _sealings([use.paper_id for use in rows])
    for use in rows:
        check.take(use, sealed.get(f"paper:{use.paper_id}"))
    return Report(not check.found, check.rows, check.last_hash, tuple(check.found))


def _batches() -> Iterator[Sequence[SealUse]]:
    last = -1
    while True:
        rows = SealUse.objects.filter(position__gt=last).select_related("paper__file")
        batch = list(rows.order_by("position")[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].position


def _sealings(papers: Sequence[object]) -> dict[str, dict]:
    """What the journal says of these papers' sealing, by stream."""
    rows = Entry.objects.filter(
        kind="paper.sealed", stream__in=[f"paper:{paper}" for paper in papers]
    )
    return dict(rows.values_list("stream", "payload"))


def _last_known() -> int:
    """The position that the counter and the journal say the ledger reaches."""
    counted = Counter.objects.filter(series=CHAIN, year=0).values_list("value", flat=True).first()
    recorded = (
        Entry.objects.filter(kind="paper.sealed", payload__seal_use_position__isnull=False)
        .order_by("-index")
        .values_list("payload", flat=True)
        .first()
    )
    return max(counted or 0, (recorded or {}).get("seal_use_position") or 0)


def _end(check: _Check, last: int) -> None:
    """What no line was left to speak of: lines cut off the end, papers sealed past the ledger."""
    if last >= check.expected:
        check.gap(check.expected, last)
    for year, (highest, lines) in sorted(check.serials.items()):
        if lines != highest:
            check.say(
                0,
                "",
                MISSING,
                _("%(year)d年的用印编号编到%(serial)d号，台账里只有%(lines)d行。")
                % {"year": year, "serial": highest, "lines": lines},
            )
    past = Paper.objects.filter(state=rules.SEALED, seal__isnull=False, seal_use=None)
    for number in past.order_by("created_at").values_list("number", flat=True)[:LISTED]:
        check.say(0, number, UNLISTED, _("文书%(paper)s盖了章，台账里没有。") % {"paper": number})
    begun = Paper.objects.exclude(state=rules.SEALED).exclude(signed_sha256="")
    for pk, number, digest in begun.values_list("pk", "number", "signed_sha256")[:LISTED]:
        stored = storage.place(check.root, digest).exists()
        if stored and not Paper.objects.filter(pk=pk, state=rules.SEALED).exists():
            check.say(
                0,
                number,
                UNLISTED,
                _("文书%(paper)s的签章文件已经存好，登记还没有写完；下一次补签会接上。")
                % {"paper": number},
            )
