"""Where the format had left something open: each point as the document settles it, told by both verifiers.

The points were found by whoever wrote the second verifier from the document alone. Those of files that no
database can hold are in test_vectors.

Seen to fail with the check taken out of ours, one at a time: the presence of a subtree under an earlier fault,
the calendar's days, the head row's size, a witness called `journal`, a folder named as a head, the lowest 1000,
the levels, the size of a file. In the second verifier: the fault that spares the subtrees over it.
"""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection

from tests.journal import second
from tests.journal.second import agreed, cosign, fill, put, sign_head, swap
from yichuang.journal import export, guard, heads, queries, rules
from yichuang.journal.models import Entry, Head

pytestmark = [pytest.mark.django_db, pytest.mark.fault]
AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
WRONG = b"\7" * 32
ON_SQLITE = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="jsonb keeps no such text")


@pytest.fixture(autouse=True)
def journal(settings, tmp_path):
    """Entries 0–10, no head exported, the guard gone."""
    settings.HOME, settings.HEADS_ROOT = tmp_path, tmp_path / "heads"
    settings.WITNESS_KEYS = tmp_path / "witnesses"
    fill(11, AT)
    guard.lower_guard(connection)


def rows(**which):
    return Entry.objects.filter(**which)


def nodes(index, content):
    rows(pk=index).update(nodes=content)


@pytest.mark.parametrize("content", [b"", b"\1" * 32, b"\1" * 5])
def test_of_an_entry_that_does_not_match_nodes_is_not_looked_at(content):
    rows(pk=7).update(kind="x", nodes=content)
    assert agreed() == {("edited", 7)}


@pytest.mark.parametrize("more", [b"", b"\1" * 16])
def test_a_subtree_missing_under_an_earlier_fault_is_still_missing(more):
    """Entry 6 is at fault, so of the subtree 4–7 only the presence is asked."""
    nodes(6, b"\1")
    nodes(7, bytes(Entry.objects.get(pk=7).nodes)[:32] + more)
    assert agreed() == {("rehashed", 6), ("rehashed", 4)}


def test_nodes_only_too_long_are_a_fault_like_another():
    """The subtrees above are not compared after it, however wrong."""
    nodes(6, b"\1" * 32)
    nodes(7, WRONG * 3)
    assert agreed() == {("rehashed", 6)}


@pytest.mark.parametrize("write", [sign_head, cosign])
@pytest.mark.parametrize(
    "at",
    ["2026-13-01T00:00:00.000000Z", "2026-02-30T00:00:00.000000Z", "2026-11-22T01:02:60.000000Z",
     "2026-11-22T24:00:00.000000Z", "0000-01-01T00:00:00.000000Z", "2026-11-22T01:02:03Z"],
)  # fmt: skip
def test_a_moment_that_no_calendar_has_is_none_whoever_signed_it(write, at):
    write(11, queries.head().root, at=at)
    assert agreed() == {("not-genuine", 11)}


@pytest.mark.parametrize("size", [-1, 2**53])
def test_a_head_row_whose_size_is_no_number_of_entries(size):
    Head.objects.update(size=size)
    assert agreed() == {("head", 0)}


def test_heads_up_to_the_first_missing_entry_are_compared():
    for size in (3, 4, 5, 11):
        sign_head(size, queries.root_at(3) if size == 3 else WRONG)
    rows(pk=4).delete()
    assert agreed() == {("rewritten", 3), ("removed", 4)}


def test_what_the_head_row_does_not_count_is_no_part_of_anything():
    second.rewrite_everything(8)
    rows(pk=9).delete()
    rows(pk=10).update(kind="x")
    sign_head(9, WRONG)
    assert agreed() == {("beyond-head", 8), ("truncated", 8)}


def test_only_a_genuine_head_tells_of_a_truncation():
    path = sign_head(50, WRONG)
    path.write_text(path.read_text().replace("2026", "2025"))
    assert agreed() == {("not-genuine", 50)}


def test_heads_of_one_size_that_differ():
    sign_head(4, queries.root_at(4))
    sign_head(9, queries.root_at(9))
    cosign(9, WRONG)
    cosign(10, WRONG)
    sign_head(10, b"\6" * 32)
    assert agreed() == {("rewritten", 4), ("rewritten", 9)}


def test_an_ill_typed_entry_lends_its_place_and_hash_and_is_itself_edited():
    swap(2, 9)
    rows(pk=9).update(payload={"a": 1.5})
    Head.objects.all().delete()
    assert agreed() == {("reordered", 2), ("edited", 9), ("head", 0)}


def test_moved_across_a_long_gap_is_edited():
    rows(pk=10).update(index=5000)
    Head.objects.update(size=5001)
    found = agreed()
    assert ("edited", 5000) in found
    assert found - {("edited", 5000)} == {("removed", index) for index in range(10, 1010)}


def test_the_lowest_1000_of_each_word_are_listed(tmp_path):
    fill(3300, AT)
    rows(pk__lt=2100).update(leaf_hash=WRONG)
    rows(pk__gte=2150, pk__lt=3200).delete()
    expected = {("edited", index) for index in range(1000)}
    assert agreed() == expected | {("removed", index) for index in range(2150, 3150)}
    export.export_journal(tmp_path / "export")
    code, out = second.as_program("journal", tmp_path / "export")
    told = out.splitlines()
    assert code == 1 and told[-2:] == ["... and more", "3311 entries, WRONG"]
    assert told[:-2] == [f"edited {n}" for n in range(1000)] + [
        f"removed {n}" for n in range(2150, 3150)
    ]


def test_a_witness_is_not_called_journal(settings):
    """In an export its key would be the journal's."""
    path = cosign(11, WRONG)
    path.rename(path.with_name("11.journal.json"))
    (settings.WITNESS_KEYS / f"{second.WITNESS}.pem").rename(settings.WITNESS_KEYS / "journal.pem")
    assert agreed() == set()


def test_how_a_head_is_spelt_does_not_matter():
    path = sign_head(11, WRONG)
    found = json.loads(path.read_text())
    path.write_text("\r\n" + json.dumps(dict(reversed(found.items())), indent=3), encoding="utf-8")
    assert agreed() == {("rewritten", 0)}
    path.write_text("\ufeff" + json.dumps(found), encoding="utf-8")
    assert agreed() == {("not-genuine", 11)}
    path.write_text(json.dumps(found) + " " * 2**20, encoding="utf-8")
    assert agreed() == {("not-genuine", 11)}


def test_a_witness_may_be_behind_the_journals_clock():
    cosign(11, queries.head().root, witnessed="2026-01-01T00:00:00.000000Z")
    assert agreed() == set()


def test_what_is_no_file_does_not_count_and_a_link_is_what_it_points_to(settings, tmp_path):
    for name in ("5.json", f"6.{second.WITNESS}.json"):
        (settings.HEADS_ROOT / name).mkdir(parents=True)
    (settings.HEADS_ROOT / "7.json").symlink_to(tmp_path / "nothing")
    assert heads.newest_head() is None
    elsewhere = sign_head(8, WRONG).rename(tmp_path / "kept.json")
    cosign(11, queries.head().root)
    assert agreed() == set()
    (settings.HEADS_ROOT / "8.json").symlink_to(elsewhere)
    (settings.HEADS_ROOT / "9.json").symlink_to(elsewhere)
    assert agreed() == {("rewritten", 0), ("not-genuine", 9)}


def test_a_size_has_no_leading_zeros_and_may_be_zero():
    put("011.json", "{}")
    sign_head(0, rules.EMPTY_ROOT)
    assert agreed() == set()
    sign_head(0, WRONG)
    assert agreed() == {("rewritten", 0)}


def levels(number):
    """An object with arrays in it, `number` of both."""
    return json.loads('{"a":' + "[" * (number - 1) + "]" * (number - 1) + "}")


def test_a_hundred_levels_and_no_more(tmp_path):
    """The leaf is the first of them, the payload the second."""
    rows(pk=10).update(payload=levels(99))
    second.rewrite_everything(11)
    assert agreed() == set()
    rows(pk=10).update(payload=levels(100))
    assert agreed() == {("edited", 10)}
    with pytest.raises(ValueError, match="nested too deeply"):
        second.rewrite_everything(11)


@ON_SQLITE
@pytest.mark.parametrize(("text", "found"), [('{"n":-0}', set()), ('{"n":-0.0}', {("edited", 10)})])
def test_minus_zero_is_zero(text, found):
    rows(pk=10).update(payload={"n": 0})
    second.rewrite_everything(11)
    with connection.cursor() as cursor:
        cursor.execute('UPDATE journal_entry SET payload = %s WHERE "index" = 10', [text])
    assert agreed() == found


def test_no_consistency_proof_runs_from_nothing_to_nothing(tmp_path):
    empty = rules.EMPTY_ROOT
    assert not rules.verify_consistency(
        first=0, first_root=empty, second=0, second_root=empty, proof=()
    )
    proof = {"first": 0, "first_root": empty.hex(), "second": 0, "second_root": empty.hex()}
    (tmp_path / "proof.json").write_text(json.dumps(proof | {"path": []}))
    told = second.as_program("consistency", tmp_path / "proof.json")
    assert told == (1, "does not hold\n")
