"""The database's own refusal to change or delete an entry.

Triggers stop a bug or a careless statement. They do not stop whoever administers the database and
may drop them: `verify` is for that. A later migration that makes SQLite rebuild the table takes
its triggers with it and must call `raise_guard` again (tests/journal/test_guard.py looks).
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "journal_entry"
MESSAGE = "journal entries are append-only"

RAISE = {
    "sqlite": [
        f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb} ON {TABLE} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
    ],
}
LOWER = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}" for verb in ("update", "delete")],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}",
        f"DROP TRIGGER IF EXISTS {TABLE}_no_truncate ON {TABLE}",
        f"DROP FUNCTION IF EXISTS {TABLE}_refuse()",
    ],
}
STANDING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D'"
    ),
}
NAMES = {
    "sqlite": {f"{TABLE}_no_update", f"{TABLE}_no_delete"},
    "postgresql": {f"{TABLE}_no_change", f"{TABLE}_no_truncate"},
}


Guard = Callable[[BaseDatabaseWrapper], None]
OTHERS: list[tuple[Guard, Guard]] = []
"""(lower, raise) of every other package's append-only tables: `flush` steps around them as well."""


def raise_guard(connection: BaseDatabaseWrapper) -> None:
    """Forbid UPDATE, DELETE and TRUNCATE of entries on this database."""
    _run(connection, LOWER[connection.vendor] + RAISE[connection.vendor])


def lower_guard(connection: BaseDatabaseWrapper) -> None:
    _run(connection, LOWER[connection.vendor])


def stands(connection: BaseDatabaseWrapper) -> bool:
    """Whether every trigger is there and switched on (for `doctor`)."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING[connection.vendor], [TABLE])
        return NAMES[connection.vendor] <= {name for (name,) in cursor.fetchall()}


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
