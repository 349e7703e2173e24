"""Numbers without gaps or repeats, from a counter row in the caller's own transaction.

A database sequence leaves a gap at every rollback; a counter row rolls back with the case. The
price is that writers of one series queue at its row until the holder commits, so the number is
taken late and nothing slow happens after it.
"""

from __future__ import annotations

from django.db import connection

# One statement: the row lock is taken, the number raised and read at once, on both databases.
_RAISE = """
INSERT INTO documents_counter (series, year, value) VALUES (%s, %s, %s)
ON CONFLICT (series, year) DO UPDATE SET value = documents_counter.value + excluded.value
RETURNING value
"""


def next_number(*, series: str, year: int, count: int = 1) -> int:
    """The next number of `series` in `year`, from 1; the first of `count` numbers. One statement.

    Gap-free only inside a transaction, so it refuses to run outside one (RuntimeError).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("next_number must run in the transaction that uses the number")
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [series, year, count])
        return cursor.fetchone()[0] - count + 1
