from datetime import date, timedelta

import pytest
from django.db import transaction
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler as scheduler_run

from yichuang.journal import actions, outbox, schedules
from yichuang.journal.outbox import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(outbox, "_registry", {})


@pytest.mark.django_db(transaction=True)
def test_committed_with_the_act(clerk, at):
    with transaction.atomic():
        actions.record(
            kind="a", by=clerk, at=at, payload={}, tasks=[Task("notify", {"case": "1", "n": [2]})]
        )
    (row,) = OrmQ.objects.all()
    assert row.func() == outbox.PERFORM
    assert row.args() == ("notify", {"case": "1", "n": [2]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault
def test_undone_with_the_act(clerk, at):
    """Seen to fail with the task enqueued over a connection of its own."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.record(kind="a", by=clerk, at=at, payload={}, tasks=[Task("notify")])
        assert OrmQ.objects.count() == 1
        raise ZeroDivisionError
    assert not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_only_inside_a_transaction():
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.enqueue(Task("notify"))


@pytest.mark.parametrize("value", [(1, 2), date(2026, 1, 1), 1.5, object(), b"x"])
def test_json_arguments_only(value):
    with pytest.raises((TypeError, ValueError)), transaction.atomic():
        outbox.enqueue(Task("notify", {"a": value}))
    assert not OrmQ.objects.exists()


def test_a_task_is_found_by_name(registry):
    done = []

    @outbox.task("notify")
    def notify(*, case):
        done.append(case)

    outbox.perform("notify", {"case": "7"})
    assert done == ["7"]


def test_two_tasks_cannot_share_a_name(registry):
    outbox.task("notify")(lambda: None)
    with pytest.raises(LookupError, match="notify"):
        outbox.task("notify")(lambda: None)


def test_an_unknown_task_is_logged_and_stays(registry, caplog):
    with pytest.raises(LookupError, match="renamed"):
        outbox.perform("renamed", {})
    assert "renamed" in caplog.text


def lines():
    return list(Schedule.objects.order_by("name").values_list("name", "minutes", "next_run"))


def test_the_timetable_is_what_was_asked_for(at):
    other = Schedule.objects.create(name="theirs", func="elsewhere.run", next_run=at)
    heads, sweep = (
        schedules.Periodic("heads", 60),
        schedules.Periodic("sweep", 15, {"b": 1, "a": 2}),
    )
    schedules.ensure_schedules([heads, sweep], at=at)
    later = at + timedelta(hours=1)
    schedules.ensure_schedules([heads, schedules.Periodic("sweep", 15, {"a": 2, "b": 1})], at=later)
    assert lines() == [("heads", 60, at), ("sweep", 15, at), ("theirs", None, at)]

    schedules.ensure_schedules([schedules.Periodic("heads", 30)], at=later)
    assert lines() == [("heads", 30, later), ("theirs", None, at)]
    other.refresh_from_db()


def test_a_doubled_line_is_made_single(at):
    heads = schedules.Periodic("heads", 60)
    schedules.ensure_schedules([heads], at=at)
    Schedule.objects.create(
        **Schedule.objects.values("name", "func", "args", "minutes", "next_run").get()
    )
    schedules.ensure_schedules([heads], at=at)
    assert len(lines()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_queue_reads_a_schedule_as_it_was_meant(at, registry):
    """The text kept in the timetable goes through django-q2's own scheduler and signing."""
    from_schedule = schedules.Periodic("sweep", 15, {"kinds": ["a", "b"], "all": True, "of": None})
    schedules.ensure_schedules([from_schedule], at=at - timedelta(days=1))
    scheduler_run()
    (row,) = OrmQ.objects.all()
    assert row.args() == ("sweep", {"kinds": ["a", "b"], "all": True, "of": None})
    assert row.func() == outbox.PERFORM
