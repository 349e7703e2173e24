import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from yichuang.journal import guard
from yichuang.journal.models import Entry, Head

pytestmark = pytest.mark.django_db


def test_it_stands_after_all_migrations():
    """A migration that rebuilds the table on SQLite would take the triggers with it."""
    assert guard.stands(connection)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Entry.objects.filter(pk=1).update(kind="x"),
        lambda: Entry.objects.filter(pk=1).delete(),
        lambda: Entry.objects.all().delete(),
    ],
)
def test_entries_cannot_be_changed(write, change):
    """Seen to fail with the guard lowered (the 0002 migration left out)."""
    write(3)
    with pytest.raises(DatabaseError, match=guard.MESSAGE), transaction.atomic():
        change()
    assert Entry.objects.filter(kind="case.noted").count() == 3


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
def test_entries_cannot_be_truncated(write):
    write(1)
    with (
        pytest.raises(DatabaseError, match=guard.MESSAGE),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE journal_entry")


def test_a_lowered_guard_is_seen():
    guard.lower_guard(connection)
    assert not guard.stands(connection)
    guard.raise_guard(connection)
    assert guard.stands(connection)


@pytest.mark.django_db(transaction=True)
def test_flush_empties_and_leaves_the_guard_standing(write):
    write(2)
    call_command("flush", interactive=False, verbosity=0)
    assert not Entry.objects.exists() and not Head.objects.exists()
    assert guard.stands(connection)
    assert write(1)[0].index == 0


def test_flush_never_empties_a_production_journal(write, settings):
    settings.MODE = "production"
    write(1)
    with pytest.raises(CommandError, match="never emptied"):
        call_command("flush", interactive=False, verbosity=0)
    assert Entry.objects.count() == 1
