from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from yichuang.journal import actions, queries, rules
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db


def test_a_timeline_is_one_stream_in_order(clerk, at):
    with transaction.atomic():
        for seq, stream in [(1, "case:1"), (1, "case:2"), (2, "case:1"), (3, "case:1")]:
            actions.record(kind="a", by=clerk, at=at, stream=stream, seq=seq, payload={"s": seq})
    sheets = queries.timeline("case:1")
    assert [(sheet.index, sheet.seq, sheet.payload) for sheet in sheets] == [
        (0, 1, {"s": 1}),
        (2, 2, {"s": 2}),
        (3, 3, {"s": 3}),
    ]
    assert queries.timeline("case:3") == ()


def test_a_new_journal_has_an_empty_head():
    assert queries.head() == queries.HeadSheet(0, rules.EMPTY_ROOT)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13])
def test_every_entry_can_be_proved(write, size):
    entries = write(size)
    for entry in entries:
        proof = queries.entry_proof(entry.index)
        assert (proof.index, proof.size, proof.leaf) == (entry.index, size, entry.leaf_hash)
        assert proof.holds()
        assert not replace(proof, leaf=b"\0" * 32).holds()
    for first in range(1, size + 1):
        assert rules.verify_consistency(
            first=first,
            first_root=queries.root_at(first),
            second=size,
            second_root=queries.head().root,
            proof=queries.consistency_proof(first, size),
        )


def test_a_proof_is_two_queries_and_a_few_rows(write):
    write(100)
    with CaptureQueriesContext(connection) as made:
        assert queries.entry_proof(37).holds()
    assert len(made) == 2


@pytest.mark.parametrize("index", [-1, 3, 10**15])
def test_no_proof_of_what_is_not_there(write, index):
    write(3)
    with pytest.raises(Refusal) as refused:
        queries.entry_proof(index)
    assert (refused.value.code, refused.value.status) == ("journal-entry-unknown", 404)


def test_no_consistency_with_the_future(write):
    write(3)
    with pytest.raises(ValueError, match="4 entries"):
        queries.consistency_proof(2, 4)
