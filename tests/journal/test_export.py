"""The export: one snapshot, bounded memory, and nothing that is not the journal's."""

import json
import os
import threading
import tracemalloc

import pytest
from django.db import connection, connections, transaction

from tests.journal.second import cosign, fill, put, their_findings
from yichuang.journal import export, heads, queries, witness
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.HOME, settings.HEADS_ROOT = tmp_path / "home", tmp_path / "home" / "heads"
    settings.WITNESS_KEYS = tmp_path / "home" / "witnesses"


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.django_db
def test_nothing_but_the_journal_leaves(at, tmp_path, settings):
    """Seen to fail with what stands in a co-signature's file written out unchecked."""
    fill(3, at)
    heads.export_head(at)
    cosign(3, queries.head().root)
    witness.alarm("office", "rollback", at=at)
    put("secrets.json", {"password": "SECRET"})
    put("3.json.old", "SECRET")
    put("4.json", {"SECRET": "SECRET"})
    put("5.office-example.json", "SECRET")
    put("3.nobody.json", "SECRET")
    head = json.loads((settings.HEADS_ROOT / "3.json").read_text())
    put("3.json", {**head, "note": "SECRET"})
    (settings.WITNESS_KEYS / "mine.pem").write_bytes(
        (settings.HOME / "secrets" / "journal_head_key").read_bytes()
    )
    (settings.WITNESS_KEYS / "office-example.txt").write_text("SECRET")
    target = tmp_path / "out"
    export.export_journal(target)
    assert names(target) == [
        "entries.jsonl",
        "head.json",
        "heads/3.json",
        "heads/3.office-example.json",
        "heads/4.json",
        "heads/5.office-example.json",
        "keys/journal.pem",
        "keys/office-example.pem",
    ]
    for path in target.rglob("*.*"):
        assert b"SECRET" not in path.read_bytes() and b"PRIVATE" not in path.read_bytes()
    lines = (target / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    members = {"index", "stream", "seq", "kind", "at", "author", "payload", "leaf_hash", "nodes"}
    assert [set(json.loads(line)) for line in lines] == [members] * 3


@pytest.mark.django_db
def test_whole_or_not_at_all(at, tmp_path, monkeypatch):
    fill(3, at)
    monkeypatch.setattr(export, "_write_keys", lambda folder: os.stat(tmp_path / "no such file"))
    with pytest.raises(OSError, match="no such file"):
        export.export_journal(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@pytest.mark.django_db
def test_nothing_is_overwritten(at, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(Refusal) as refused:
        export.export_journal(tmp_path / "out")
    assert refused.value.code == "export-exists"


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), [(0, 3), (3, 2), (1, 4), (-1, 2)])
def test_a_proof_that_cannot_be(at, first, second):
    fill(3, at)
    with pytest.raises(Refusal) as refused:
        export.proof_between(first, second)
    assert refused.value.code == "journal-proof-impossible"


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_journal(at, tmp_path, monkeypatch):
    """Seen to fail with the rows put into one list before they are written."""
    monkeypatch.setattr(export, "BATCH", 50)
    peaks = []
    for number in (300, 2700):
        fill(number, at)
        tracemalloc.start()
        export.export_journal(tmp_path / f"out{number}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.django_db(transaction=True)
def test_one_snapshot_while_others_write_and_none_of_them_waits(at, tmp_path, monkeypatch):
    """Seen to fail without `snapshot`: the head row counted entries that were not written."""
    fill(40, at)
    heads.export_head(at)
    monkeypatch.setattr(export, "BATCH", 10)
    done = []

    def write():
        try:
            fill(5, at)
            done.append(Entry.objects.count())
        finally:
            connections.close_all()

    def meanwhile(written, total):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(timeout=15)

    export.export_journal(tmp_path / "out", progress=meanwhile)
    assert done == [45, 50, 55, 60], "every writer went through while the export was being made"
    assert json.loads((tmp_path / "out" / "head.json").read_text())["size"] == 40
    assert their_findings(tmp_path / "out") == set()
    assert not connection.in_atomic_block
    with transaction.atomic():  # the connection is as it was
        assert queries.head().size == 60
