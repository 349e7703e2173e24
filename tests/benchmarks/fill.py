"""Very many cases in little time: copies of real ones, made by the database itself.

Only rows of the case table: a worklist reads nothing else of a case. Every town's counter and
government has its share; four in five are over, as they are in a registry that has run for years.
"""

from django.db import connection

from yichuang.cases.models import Case

TOWNS = [f"370321{number:03d}000" for number in (1, 2, 101, 103, 104, 105, 107, 109, 110)]
# per thousand, in the order they are dealt out
SHARES = {
    "archived": 500,
    "closed": 300,
    "accepted": 60,
    "reviewed": 30,
    "special": 10,
    "granted": 70,
    "refused": 20,
    "delivered": 10,
}


def up_to(size):
    """Add copies until the table holds `size` cases, and let the planner look at them."""
    wanted = size - Case.objects.count()
    own = {
        "id": "gen_random_uuid()",
        "number": "'F' || n",
        "state": _state(),
        "decided_at": "now()",
        "delivered_at": "now()",
        "paused": "FALSE",
        "outlet_id": _dealt("outlets"),
        "acceptor_id": _dealt("outlets"),
        "reviewer_id": _dealt("organs"),
        "decider_id": _dealt("organs"),
        "work_by": "DATE '2026-01-05' + (n * 7 %% 350)::int",
        "due_on": "DATE '2026-01-05' + (n * 7 %% 350)::int",
        "tracking_index": "sha256(('t' || n)::bytea)",
        "idempotency_key": "'fill-' || n",
    }
    columns = [field.column for field in Case._meta.concrete_fields]
    values = [own.get(column, f'"{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        # foreign keys are not looked up a million times: the copies point where their model did
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            f"INSERT INTO cases_case ({names}) SELECT {', '.join(values)}"
            " FROM (SELECT * FROM cases_case WHERE accepted_on IS NOT NULL LIMIT 1) AS model,"
            " generate_series(%s::bigint, %s::bigint) AS n,"
            " (SELECT %s::text[] AS outlets, %s::text[] AS organs) AS towns",
            [
                size,
                size + wanted - 1,
                [f"{town}-centre" for town in TOWNS],
                [f"{town}-gov" for town in TOWNS],
            ],
        )
        cursor.execute("RESET ALL")
        cursor.execute("VACUUM (ANALYZE) cases_case")
        cursor.execute("CHECKPOINT")


def _dealt(names):
    # the multiplier spreads each town over all days and states
    return f"{names}[1 + (n * 7919 / 1000 + n) %% {len(TOWNS)}]"


def _state():
    dealt, lines = 0, []
    for state, share in SHARES.items():
        dealt += share
        lines.append(f"WHEN n %% 1000 < {dealt} THEN '{state}'")
    return f"CASE {' '.join(lines)} END"
