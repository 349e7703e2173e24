import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from yichuang.journal import actions, rules
from yichuang.journal.models import Entry, Head
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db


def test_entries_are_counted_from_0_without_gaps(write):
    assert [entry.index for entry in write(5)] == [0, 1, 2, 3, 4]


def test_head_is_the_tree_over_the_stored_rows(write):
    write(11)
    tree = rules.CompactRange()
    for row in Entry.objects.order_by("index"):
        leaf = rules.entry_leaf(
            index=row.index,
            stream=row.stream,
            seq=row.seq,
            kind=row.kind,
            at=row.at,
            author=row.author,
            payload=row.payload,
        )
        assert leaf == bytes(row.leaf_hash)
        tree, _completed = tree.append(leaf)
    head = Head.objects.get()
    assert (head.size, bytes(head.root), bytes(head.frontier)) == (11, tree.root, tree.packed)


def test_a_rolled_back_action_leaves_no_gap(write, clerk, at):
    write(3)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.record(kind="case.noted", by=clerk, at=at, payload={})
        raise ZeroDivisionError
    assert write(1)[0].index == 3


@pytest.mark.parametrize("tasks", [0, 1, 3])
def test_three_statements_and_one_for_each_task(write, clerk, at, tasks):
    write(1)
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        actions.record(kind="case.noted", by=clerk, at=at, payload={}, tasks=[Task("x")] * tasks)
    own = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(own) == 3 + tasks, own


def test_two_actions_cannot_take_the_same_number(clerk, at):
    fine = {"kind": "case.noted", "by": clerk, "at": at, "stream": "case:1", "payload": {}}
    with transaction.atomic():
        actions.record(**fine, seq=1)
        actions.record(**{**fine, "stream": "case:2"}, seq=1)
        actions.record(**fine, seq=2)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        actions.record(**fine, seq=2)
    assert (refused.value.code, refused.value.status) == ("journal-sequence-taken", 409)
    assert refused.value.remedy
    assert Head.objects.get().size == Entry.objects.count() == 3


def test_entries_without_a_number_do_not_collide(clerk, at):
    with transaction.atomic():
        for _turn in range(2):
            actions.record(kind="a", by=clerk, at=at, stream="case:1", payload={})


def test_a_head_that_lost_its_row_stops_all_writing(write, clerk, at):
    """Evidence that cannot be appended truthfully is not appended at all."""
    write(2)
    Head.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.record(kind="a", by=clerk, at=at, payload={})


@pytest.mark.parametrize("payload", [{"a": 1.5}, {"a": object()}, {"a": "\0"}])
def test_what_json_cannot_keep_is_never_written(clerk, at, payload):
    with pytest.raises((TypeError, ValueError)), transaction.atomic():
        actions.record(kind="a", by=clerk, at=at, payload=payload)
    assert not Entry.objects.exists()


def test_a_moment_needs_its_zone(clerk, at):
    with pytest.raises(ValueError, match="time zone"), transaction.atomic():
        actions.record(kind="a", by=clerk, at=at.replace(tzinfo=None), payload={})


def test_an_entry_has_a_kind(clerk, at):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        actions.record(kind="", by=clerk, at=at, payload={})


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses(clerk, at):
    with pytest.raises(RuntimeError, match="transaction"):
        actions.record(kind="a", by=clerk, at=at, payload={})
