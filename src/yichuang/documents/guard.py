"""The database's own refusal to change a line of the seal ledger or to bring back a destroyed seal.

As `journal.guard`: triggers stop a bug or a careless statement, not whoever administers the database;
for that there is `ledger.verify`. A later migration that makes SQLite rebuild one of the two tables
takes its triggers with it and must call `raise_guard` again (tests/documents/test_ledger.py looks).
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

LEDGER, SEALS = "documents_sealuse", "documents_seal"
MESSAGE = "the seal ledger is append-only"
DESTROYED = "a destroyed seal does not come back"

RAISE = {
    "sqlite": [
        *(
            f"CREATE TRIGGER {LEDGER}_no_{verb} BEFORE {verb} ON {LEDGER} "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            for verb in ("update", "delete")
        ),
        f"CREATE TRIGGER {SEALS}_no_return BEFORE UPDATE ON {SEALS} "
        "WHEN OLD.state = 'destroyed' AND NEW.state <> 'destroyed' "
        f"BEGIN SELECT RAISE(ABORT, '{DESTROYED}'); END",
    ],
    "postgresql": [
        f"CREATE FUNCTION {LEDGER}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {LEDGER}_no_change BEFORE UPDATE OR DELETE ON {LEDGER} "
        f"FOR EACH ROW EXECUTE FUNCTION {LEDGER}_refuse()",
        f"CREATE TRIGGER {LEDGER}_no_truncate BEFORE TRUNCATE ON {LEDGER} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {LEDGER}_refuse()",
        f"CREATE FUNCTION {SEALS}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{DESTROYED}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {SEALS}_no_return BEFORE UPDATE ON {SEALS} FOR EACH ROW "
        "WHEN (OLD.state = 'destroyed' AND NEW.state <> 'destroyed') "
        f"EXECUTE FUNCTION {SEALS}_refuse()",
    ],
}
LOWER = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS {LEDGER}_no_update",
        f"DROP TRIGGER IF EXISTS {LEDGER}_no_delete",
        f"DROP TRIGGER IF EXISTS {SEALS}_no_return",
    ],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS {LEDGER}_no_change ON {LEDGER}",
        f"DROP TRIGGER IF EXISTS {LEDGER}_no_truncate ON {LEDGER}",
        f"DROP FUNCTION IF EXISTS {LEDGER}_refuse()",
        f"DROP TRIGGER IF EXISTS {SEALS}_no_return ON {SEALS}",
        f"DROP FUNCTION IF EXISTS {SEALS}_refuse()",
    ],
}
STANDING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' "
        "AND tgrelid IN (to_regclass(%s), to_regclass(%s))"
    ),
}
NAMES = {
    "sqlite": {f"{LEDGER}_no_update", f"{LEDGER}_no_delete", f"{SEALS}_no_return"},
    "postgresql": {f"{LEDGER}_no_change", f"{LEDGER}_no_truncate", f"{SEALS}_no_return"},
}


def raise_guard(connection: BaseDatabaseWrapper) -> None:
    """Forbid UPDATE, DELETE and TRUNCATE of the ledger's lines, and the return of destroyed seals."""
    _run(connection, LOWER[connection.vendor] + RAISE[connection.vendor])


def lower_guard(connection: BaseDatabaseWrapper) -> None:
    _run(connection, LOWER[connection.vendor])


def stands(connection: BaseDatabaseWrapper) -> bool:
    """Whether every trigger is there and switched on (for `doctor`)."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING[connection.vendor], [LEDGER, SEALS])
        return NAMES[connection.vendor] <= {name for (name,) in cursor.fetchall()}


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
