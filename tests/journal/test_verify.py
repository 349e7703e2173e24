"""Someone with the database administrator's rights tampers; the verifier names what they did.

Each scene was seen to pass unnoticed (that is, the test failed) with the check it aims at taken
out of verify.py: the leaf comparison (edited, reordered), the gap (removed), the head's size and
the exported heads' sizes (truncated), the subtree comparison (rehashed), the exported roots
(rewritten), the head row (head), the last index (beyond-head).
"""

import pytest
from django.db import connection

from yichuang.journal import guard, heads, rules, verify
from yichuang.journal.models import Entry, Head

pytestmark = [pytest.mark.django_db, pytest.mark.fault]


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.HOME, settings.HEADS_ROOT = tmp_path, tmp_path / "heads"


@pytest.fixture
def tampering():
    """The triggers are dropped first, as someone with the rights to would."""

    def begin():
        guard.lower_guard(connection)

    return begin


def kinds(report):
    return {(finding.kind, finding.index) for finding in report.findings}


def rewrite_everything(end):
    """What a thorough forger does: every leaf, subtree and the head recomputed from the rows."""
    tree = rules.CompactRange()
    for entry in Entry.objects.filter(index__lt=end).order_by("index"):
        leaf = rules.entry_leaf(
            index=entry.index,
            stream=entry.stream,
            seq=entry.seq,
            kind=entry.kind,
            at=entry.at,
            author=entry.author,
            payload=entry.payload,
        )
        tree, completed = tree.append(leaf)
        Entry.objects.filter(pk=entry.pk).update(leaf_hash=leaf, nodes=b"".join(completed))
    Head.objects.update(size=tree.size, root=tree.root, frontier=tree.packed)


def swap(one, other):
    rows = Entry.objects
    rows.filter(pk=one).update(index=1_000_000)
    rows.filter(pk=other).update(index=one)
    rows.filter(pk=1_000_000).update(index=other)


@pytest.mark.parametrize("number", [0, 1, 2, 7, 8, 21])
@pytest.mark.parametrize("batch", [1, 4, 10_000])
def test_a_whole_journal_is_found_whole(write, at, number, batch):
    write(number)
    heads.export_head(at)
    write(number)
    heads.export_head(at)
    told = []
    report = verify.verify(
        heads.exported_heads(), progress=lambda *pair: told.append(pair), batch=batch
    )
    assert report.ok and not report.findings
    assert report.size == 2 * number
    assert report.root == bytes(Head.objects.get().root if number else rules.EMPTY_ROOT)
    assert report.heads_checked == (2 if number else 1)
    assert told == [
        (min(end, 2 * number), 2 * number) for end in range(batch, 2 * number + batch, batch)
    ]


CHANGES = {
    "stream": "case:9",
    "seq": 9,
    "kind": "case.refused",
    "author": {"role": "decider", "name": "别人"},
    "payload": {"说明": "不予受理"},
}


@pytest.mark.parametrize("column", [*CHANGES, "at"])
@pytest.mark.parametrize("index", [0, 4, 10])
def test_edited(write, at, tampering, column, index):
    write(11)
    tampering()
    change = CHANGES.get(column) or at.replace(microsecond=0)
    Entry.objects.filter(pk=index).update(**{column: change})
    report = verify.verify(batch=4)
    assert not report.ok
    assert kinds(report) == {("edited", index)}
    assert f"第{index}条" in report.findings[0].sentence


def test_a_number_no_journal_would_hold(write, tampering):
    write(3)
    tampering()
    Entry.objects.filter(pk=1).update(payload={"a": 1.5})
    assert kinds(verify.verify()) == {("edited", 1)}


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's jsonb is always JSON")
def test_a_column_that_is_not_even_json(write, tampering):
    write(5)
    tampering()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute('UPDATE journal_entry SET payload = \'{"a":\' WHERE "index" = 3')
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    assert kinds(verify.verify()) == {("edited", 3)}


def test_removed(write, tampering):
    write(11)
    tampering()
    Entry.objects.filter(pk__in=[4, 5]).delete()
    assert kinds(verify.verify(batch=3)) == {("removed", 4), ("removed", 5)}


def test_the_first_removed(write, tampering):
    write(5)
    tampering()
    Entry.objects.filter(pk=0).delete()
    assert kinds(verify.verify()) == {("removed", 0)}


@pytest.mark.parametrize(("one", "other"), [(2, 3), (1, 9), (0, 10)])
def test_reordered(write, tampering, one, other):
    write(11)
    tampering()
    swap(one, other)
    report = verify.verify()
    assert kinds(report) == {("reordered", one), ("reordered", other), ("head", 11)}
    moved = next(finding for finding in report.findings if finding.index == one)
    assert f"第{one}条" in moved.sentence and f"原来是第{other}条" in moved.sentence


def test_removed_and_closed_up(write, tampering):
    """The rest renumbered over the gap: each is named with the place it had."""
    write(6)
    tampering()
    Entry.objects.filter(pk=2).delete()
    for index in (3, 4, 5):
        Entry.objects.filter(pk=index).update(index=index - 1)
    found = kinds(verify.verify())
    assert {("reordered", 2), ("reordered", 3), ("reordered", 4), ("truncated", 5)} <= found


def test_truncated(write, tampering):
    write(11)
    tampering()
    Entry.objects.filter(pk__gte=8).delete()
    assert kinds(verify.verify()) == {("truncated", 8)}


def test_truncated_and_the_head_rewound(write, at, tampering):
    """Inside the database nothing is wrong any more; only a kept head can tell."""
    write(11)
    heads.export_head(at)
    tampering()
    Entry.objects.filter(pk__gte=8).delete()
    rewrite_everything(8)
    assert verify.verify().ok
    assert kinds(verify.verify(heads.exported_heads())) == {("truncated", 8)}


def test_truncated_rewound_and_regrown(write, at, tampering):
    write(6)
    heads.export_head(at)
    write(5)
    heads.export_head(at)
    tampering()
    Entry.objects.filter(pk__gte=8).delete()
    rewrite_everything(8)
    write(9, kind="case.invented")
    assert verify.verify().ok
    report = verify.verify(heads.exported_heads())
    assert kinds(report) == {("rewritten", 6)}
    assert "第6条到第10条" in report.findings[0].sentence


def test_one_entry_edited_with_its_hash(write, tampering):
    write(11)
    tampering()
    Entry.objects.filter(pk=5).update(kind="case.refused")
    entry = Entry.objects.get(pk=5)
    leaf = rules.entry_leaf(
        index=5,
        stream=entry.stream,
        seq=entry.seq,
        kind=entry.kind,
        at=entry.at,
        author=entry.author,
        payload=entry.payload,
    )
    Entry.objects.filter(pk=5).update(leaf_hash=leaf)
    report = verify.verify()
    assert kinds(report) == {("rehashed", 4), ("head", 11)}
    assert "第4条到第5条" in report.findings[0].sentence


def test_everything_rewritten_and_rehashed(write, at, tampering):
    write(4)
    heads.export_head(at)
    write(7)
    heads.export_head(at)
    tampering()
    Entry.objects.filter(pk=6).update(payload={"说明": "从未退回"})
    rewrite_everything(11)
    assert verify.verify().ok, "the database alone cannot know"
    report = verify.verify(heads.exported_heads())
    assert kinds(report) == {("rewritten", 4)}
    assert "第4条到第10条" in report.findings[0].sentence


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_the_head_row_changed(write, column):
    write(11)
    value = bytes(getattr(Head.objects.get(), column))
    Head.objects.update(**{column: bytes([value[0] ^ 1]) + value[1:]})
    assert kinds(verify.verify()) == {("head", 11)}


def test_the_head_row_gone(write):
    write(3)
    Head.objects.all().delete()
    assert kinds(verify.verify()) == {("head", 0)}


def test_the_head_rewound_over_its_entries(write, tampering):
    write(11)
    tampering()
    rewrite_everything(8)
    assert kinds(verify.verify()) == {("beyond-head", 8)}


def test_a_flood_of_findings_is_counted_not_kept(write, tampering, monkeypatch):
    monkeypatch.setattr(verify, "LISTED", 3)
    monkeypatch.setattr(verify, "COMPARED", 2)
    write(10)
    tampering()
    Entry.objects.update(kind="x")
    report = verify.verify()
    assert (len(report.findings), report.counts) == (3, {"edited": 10})


def test_others_may_append_meanwhile(write):
    """Entries that come after the head it began with are left for the next run."""
    write(5)
    report = verify.verify(batch=2, progress=lambda done, total: write(1))
    assert report.ok and report.size == 5
