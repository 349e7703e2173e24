"""Background work that begins only if the act that asked for it was committed.

A task is a name and JSON arguments, kept as a row of django-q2's ORM broker in the caller's
transaction. It may run more than once and out of order (docs/decisions/0003-task-queue.md): every
task must leave the same state when repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django_q.tasks import async_task

from yichuang.journal import rules

logger = logging.getLogger(__name__)

PERFORM = "yichuang.journal.outbox.perform"

_registry: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True, slots=True)
class Task:
    """Work to be done after the commit. arguments: JSON values only, given to the task by name."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


def task(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the task `name`. Lives in a package's `tasks` module, which the
    worker imports at start. LookupError when the name is taken by another function."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if _registry.setdefault(name, function) is not function:
            raise LookupError(f"Two tasks are called {name!r}.")
        return function

    return register


def enqueue(wanted: Task) -> None:
    """Put one task into the queue, inside the current transaction. One INSERT.

    TypeError when an argument would come back from JSON as something else (dates, tuples, …).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A task is enqueued inside the transaction of the act it follows.")
    async_task(PERFORM, wanted.name, json_only(wanted.arguments), task_name=wanted.name[:100])


def perform(name: str, arguments: dict[str, Any]) -> Any:
    """What the worker calls for every task: find it by name, run it.

    An unknown name is logged and raised: an older worker may have met a newer task, and the queue
    offers it again.
    """
    function = _registry.get(name)
    if function is None:
        logger.error("No task is called %s; it stays in the queue.", name)
        raise LookupError(f"No task is called {name!r}.")
    return function(**arguments)


def json_only(arguments: dict[str, Any]) -> dict[str, Any]:
    """`arguments` as JSON gives them back; TypeError when that would be something else."""
    kept: dict[str, Any] = rules.plain(arguments)
    if kept != arguments:
        raise TypeError("Task arguments must be JSON values: text, integers, lists, dicts.")
    return kept
