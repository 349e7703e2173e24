"""Death in the middle of sealing: at every write, rename and commit, and the ledger equals the files.

A worker process is forked for each attempt and dies by its own hand (`os._exit`, nothing is cleaned
up) just before or just after its n-th touch of database or disk. Then the sweep's part is done once.
The typesetter is warmed and left out: it touches neither.

Seen to fail with the stored file never found again: a second signature beside an orphaned first.
"""

import hashlib
import os
import random
import time
import traceback
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from tests.factories import county as made
from yichuang.authority import queries as authority
from yichuang.documents import actions, ledger, queries, rendering, rules, sheets
from yichuang.documents.models import Paper, Seal, SealUse
from yichuang.files import storage
from yichuang.files.models import StoredFile
from yichuang.journal.models import Entry
from yichuang.places.models import Organ

pytestmark = pytest.mark.fault

ROUNDS = int(os.environ.get("SEALING_ROUNDS", "2"))
AT = made.AT
DEAD, DONE, BROKEN = 9, 0, 1
_kept = []  # the parent's connection must not be closed by a child that forgets it


@pytest.fixture
def papers(shared_database, settings, tmp_path):
    """papers() → one more intended paper of 青禾县 under the town's main seal."""
    settings.FILES_ROOT = tmp_path / "files"
    made.load()
    content = {
        "addressee": "田试样", "item_name": "农村村民住宅用地（宅基地）审批",
        "item_code": made.HOUSE, "case_number": "379901100000C2026000001", "is_permit": True,
        "decision": "准予使用宅基地166平方米。", "basis": ["土地管理法第62条"],
        "ruling_of": {"item": made.HOUSE, "place": made.VILLAGE, "outlet": made.CENTRE,
                      "on": AT.date().isoformat()},
    }  # fmt: skip
    ruling = authority.order().ruling(made.HOUSE, made.VILLAGE, made.CENTRE, AT.date())
    organ = Organ.objects.get(pk=made.GOVERNMENT)
    seal = Seal.objects.select_related("organ").get(pk=f"{made.TOWN}-gov-main")

    def one():
        with transaction.atomic():
            return actions.intend(
                kind="grant_decision", stream="case:fault", content=content, organ=organ,
                seal=seal, ruling=ruling, by=made.DECIDER, at=AT,
            )  # fmt: skip

    return one


@pytest.fixture
def warm(papers, monkeypatch):
    """Every paper set beforehand as the first one is: setting costs time and touches nothing."""
    rendered = rendering.render(sheets.sheet_of(sheets.paper_row(papers().pk)))
    monkeypatch.setattr(rendering, "render", lambda _sheet: rendered)


class Touches:
    """Counts touches of database and disk, and dies at the n-th: before it, or just after."""

    def __init__(self, dies_at, after):
        self.left, self.after, self.count = dies_at, after, 0

    def wrap(self, real, counts=lambda *_given: True):
        def touch(*given, **named):
            if not counts(*given):
                return real(*given, **named)
            self.count += 1
            mine = self.count == self.left
            if mine and not self.after:
                os._exit(DEAD)
            result = real(*given, **named)
            if mine:
                os._exit(DEAD)
            return result

        return touch

    def install(self):
        def writes(_cursor, sql, _params=None):
            return sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))

        CursorWrapper.execute = self.wrap(CursorWrapper.execute, writes)
        BaseDatabaseWrapper._commit = self.wrap(BaseDatabaseWrapper._commit)
        storage.os = _Os(replace=self.wrap(os.replace), fsync=self.wrap(os.fsync))
        actions.signing.sign = self.wrap(actions.signing.sign)


class _Os:
    def __init__(self, **ours):
        self.ours = ours

    def __getattr__(self, name):
        return self.ours.get(name) or getattr(os, name)


def attempt(paper, *, dies_at=0, after=False):
    """One worker's attempt in a process of its own → (how it ended, touches)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _kept.append(connection.connection)
            connection.connection = None
            connection.close = lambda: None
            touches = Touches(dies_at, after)
            touches.install()
            state = actions.complete(paper_id=paper.pk, at=AT)
            os.write(writing, str(touches.count).encode())
            os._exit(DONE if state == rules.SEALED else BROKEN)
        except BaseException:
            traceback.print_exc()
            os._exit(BROKEN)
    os.close(writing)
    said = os.read(reading, 16)
    os.close(reading)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(said or 0)


def files_on_disk(root):
    return {p.name for p in root.rglob("*") if p.is_file() and p.parent.name != storage.INCOMING}


def test_killed_anywhere_one_sealed_file_or_none(papers, warm, settings):
    """Bounded by default; SEALING_ROUNDS=10 for the figures."""
    assert connections["default"].vendor in ("sqlite", "postgresql")
    ended, touches = attempt(papers())
    assert ended == DONE and touches > 15
    begun, killed, adopted = time.monotonic(), 0, 0
    for turn in range(ROUNDS):
        for number in range(1, touches + 1):
            paper = papers()
            ended, _count = attempt(paper, dies_at=number, after=bool(turn % 2))
            # a folder made for an earlier file is not forced again: up to two touches fewer
            assert ended == DEAD or ended == DONE and number > touches - 2, number
            killed += ended == DEAD
            row = Paper.objects.get(pk=paper.pk)
            uses = SealUse.objects.filter(paper=paper).count()
            # one sealed file with its line, or none with none
            assert (row.state, bool(row.file_id), uses) in (
                (rules.INTENDED, False, 0),
                (rules.SEALED, True, 1),
            )
            if row.state == rules.INTENDED:
                assert paper.pk in queries.unfinished(AT + timedelta(minutes=6))
                before = row.signed_sha256
                kept = bool(before) and storage.place(settings.FILES_ROOT, before).exists()
                assert actions.complete(paper_id=paper.pk, at=AT) == rules.SEALED
                row.refresh_from_db()
                adopted += kept
                assert not kept or row.sha256 == before  # the file that was there is the one
            assert SealUse.objects.filter(paper=paper).count() == 1
    report = ledger.verify()
    # the papers never attempted by anybody: the one that was only set
    assert report.ok, report.findings
    sealed = set(Paper.objects.filter(state=rules.SEALED).values_list("sha256", flat=True))
    assert files_on_disk(settings.FILES_ROOT) == sealed
    assert sealed == set(StoredFile.objects.values_list("sha256", flat=True))
    assert sealed == set(SealUse.objects.values_list("file_sha256", flat=True))
    assert report.rows == len(sealed) == Entry.objects.filter(kind="paper.sealed").count()
    assert list(SealUse.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, report.rows + 1)
    )
    assert adopted >= ROUNDS  # a death between file and commit was met
    storage.clear_drafts(settings.FILES_ROOT, before=time.time() + 1)
    assert not list((settings.FILES_ROOT / storage.INCOMING).iterdir())
    print(f"{killed} deaths at {touches} places, {adopted} files adopted, "
          f"{time.monotonic() - begun:.0f} s, {connection.vendor}")  # fmt: skip


def test_a_signed_file_of_a_paper_that_fails_after_all_goes(papers, warm, settings):
    """Its seal is destroyed between the death and the next attempt: nothing signed lies about."""
    paper = papers()
    _ended, touches = attempt(papers())
    dies_at = next(
        number
        for number in range(1, touches + 1)
        if attempt(paper, dies_at=number)[0] == DEAD and _lies(paper, settings)
    )
    assert dies_at
    Seal.objects.update(state=rules.DESTROYED)
    late = made.AT.fromtimestamp(time.time(), tz=made.AT.tzinfo)
    assert actions.complete(paper_id=paper.pk, at=late) == rules.FAILED
    assert not _lies(paper, settings)


def _lies(paper, settings):
    digest = Paper.objects.values_list("signed_sha256", flat=True).get(pk=paper.pk)
    place = storage.place(settings.FILES_ROOT, digest)
    return bool(digest) and place.exists() and (
        hashlib.sha256(place.read_bytes()).hexdigest() == digest
    )  # fmt: skip


def test_the_place_of_death_is_drawn_by_lot(papers, warm, settings):
    """Twice in a row, at random places: still one."""
    dice = random.Random(4)  # noqa: S311 - which places, not a secret
    _ended, touches = attempt(papers())
    for _turn in range(10):
        paper = papers()
        for _death in range(2):
            attempt(paper, dies_at=dice.randint(1, touches), after=dice.random() < 0.5)
        assert actions.complete(paper_id=paper.pk, at=AT) == rules.SEALED
        assert SealUse.objects.filter(paper=paper).count() == 1
    assert ledger.verify().ok
