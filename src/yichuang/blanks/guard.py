"""The database's own refusal to change a line of the ledger.

On PostgreSQL also to delete one; on SQLite a DELETE is how Django empties a test's database, so
there a missing line is told by the day's equation and by the journal instead.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "blanks_movement"
MESSAGE = "lines of the blanks ledger are append-only"
RAISE = {
    "sqlite": [
        f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    ],
    "postgresql": [
        f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
    ],
}
LOWER = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {TABLE}_no_update"],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}",
        f"DROP FUNCTION IF EXISTS {TABLE}_refuse()",
    ],
}


def raise_guard(connection: BaseDatabaseWrapper) -> None:
    _run(connection, LOWER[connection.vendor] + RAISE[connection.vendor])


def lower_guard(connection: BaseDatabaseWrapper) -> None:
    _run(connection, LOWER[connection.vendor])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
