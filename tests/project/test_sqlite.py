"""The SQLite we run on is sound, and a live connection is as durable as the settings say."""

import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.backends.sqlite3 import base

from yichuang.project import sqlite

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (3, 50, 7), (3, 44, 6), (4, 0, 0)])
def test_sound_releases(version):
    sqlite.refuse_faulty(version)


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2)])
def test_faulty_releases_are_refused(version):
    with pytest.raises(ImproperlyConfigured, match="WAL-reset"):
        sqlite.refuse_faulty(version)


def test_django_uses_the_sound_library():
    assert base.Database.__name__.startswith("pysqlite3")
    assert sqlite.is_sound(base.Database.sqlite_version_info)


def pragma(name):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_live_connection_is_durable():
    """Seen to fail with synchronous=NORMAL (1) and with journal_mode=DELETE in init_command."""
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("foreign_keys") == 1
    assert pragma("mmap_size") == 0
    assert pragma("compile_options") is not None


@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_write_lock_at_once():
    """Seen to fail without transaction_mode=IMMEDIATE: two readers then both begin."""
    outcome = []

    def other():
        connection.connect()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        try:
            with transaction.atomic():
                outcome.append("began")
        except base.Database.OperationalError as error:  # pragma: the raw library's error
            outcome.append(str(error))
        except Exception as error:
            outcome.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert outcome == ["database is locked"]
