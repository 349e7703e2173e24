"""Answers to probes: is the process alive, has it started, can it serve."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yichuang.journal import witness
from yichuang.places.models import Division

WITNESS_LATE = 3  # hours without a co-signature: two offers in a row came to nothing

_migrated = False  # once seen true it stays true for this process


def is_migrated() -> bool:
    """Whether every migration this code knows is applied."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def state(**parts: bool) -> JsonResponse:
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing of the database: a restart would not mend that."""
    return state(alive=True)


@never_cache
@require_safe
def startup(request: HttpRequest) -> JsonResponse:
    """The tables are those this code needs."""
    try:
        return state(migrated=is_migrated())
    except DatabaseError:
        return state(migrated=False)


@never_cache
@require_safe
def evidence(request: HttpRequest) -> JsonResponse:
    """Others still vouch for the journal. Apart from `ready`: people are served meanwhile."""
    return state(
        uncontradicted=not witness.alarms(),
        witnessed=not witness.late(timezone.now(), WITNESS_LATE),
    )


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers, is up to date, and a county is loaded."""
    try:
        migrated = is_migrated()
        loaded = migrated and Division.objects.exists()
    except DatabaseError:
        return state(database=False, migrated=False, county=False)
    return state(database=True, migrated=migrated, county=loaded)
