"""一次办好, measured: the journal's reader keeps one row a case, and the pages add them up.

Recomputable: `recount` forgets every row and reads the journal again from its first entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from yichuang.clock.queries import calendar
from yichuang.clock.rules import working_days_between
from yichuang.journal.models import Cursor
from yichuang.journal.queries import EntrySheet, timeline
from yichuang.journal.reader import follow
from yichuang.oversight.models import CaseCost
from yichuang.oversight.visit_rules import ENDS, Total, cost
from yichuang.verdict import Refusal

READER = "oversight.one-visit"
_PREFIX = "case:"
# only what can change the count; a case that is merely reviewed costs nobody anything yet
_TELLING = frozenset(
    f"case.{event}"
    for event in (
        *("take_in", "accept_on_spot", "take_in_incomplete", "file", "correct", "supply_later"),
        *("grant", "grant_on_spot", "refuse", "terminate", *ENDS),
    )
)


@dataclass(frozen=True, slots=True)
class _Entered:
    event: str
    day: date
    author: dict[str, Any]
    payload: dict[str, Any]


def count(limit: int = 500) -> int:
    """Take the journal's next entries into account; how many were read."""
    return follow(READER, _handle, limit=limit)


def recount() -> None:
    """Forget every row and begin again at the journal's first entry."""
    with transaction.atomic():
        CaseCost.objects.all().delete()
        Cursor.objects.filter(name=READER).delete()
    while count():
        pass


def _handle(entry: EntrySheet) -> None:
    if entry.kind not in _TELLING or not entry.stream.startswith(_PREFIX):
        return
    entries = [
        _Entered(
            event=each.kind.removeprefix("case."),
            day=timezone.localdate(each.at),
            author=dict(each.author),
            payload=dict(each.payload),
        )
        for each in timeline(entry.stream)
        if each.index <= entry.index
    ]
    found = cost(entries, _working_days)
    if found is not None:
        CaseCost.objects.update_or_create(
            case_id=entry.stream.removeprefix(_PREFIX), defaults=asdict(found)
        )


def _working_days(start: date, end: date) -> int | None:
    try:
        return working_days_between(start, end, calendar())
    except Refusal:  # a year whose calendar is not out
        return None


def totals(
    by: str,
    *,
    since: date,
    until: date,
    item: str = "",
    outlet: str = "",
    outlets: Iterable[str] = (),
) -> list[Total]:
    """Ended cases of a period, added up by "item" or "outlet", the largest group first. 1 SQL.

    outlets: only these, where the reader may not see the others.
    """
    rows = _ended(since, until, item, outlet, outlets)
    return [
        Total(
            key=row[by],
            ended=row["ended"],
            one_visit=row["once"],
            visits=row["visits_"],
            visits_spared=row["visits_spared_"],
            papers_spared=row["papers_spared_"],
            days_spared=row["days_spared_"] or 0,
        )
        for row in rows.values(by)
        .annotate(
            ended=Count("pk"),
            once=Count("pk", filter=Q(one_visit=True)),
            visits_=Sum("visits"),
            visits_spared_=Sum("visits_spared"),
            papers_spared_=Sum("papers_spared"),
            days_spared_=Sum("days_spared"),
        )
        .order_by("-ended", by)
    ]


@dataclass(frozen=True, slots=True)
class CostRow:
    """One case behind a number."""

    number: str
    item: str
    outlet: str
    ended_on: date
    visits: int
    papers_spared: int
    days: int | None
    one_visit: bool


def cases_behind(
    *,
    since: date,
    until: date,
    item: str = "",
    outlet: str = "",
    outlets: Iterable[str] = (),
    once: bool | None = None,
    limit: int = 200,
) -> list[CostRow]:
    """The cases behind a number, newest first. 1 SQL."""
    rows = _ended(since, until, item, outlet, outlets)
    if once is not None:
        rows = rows.filter(one_visit=once)
    fields = ("item", "outlet", "ended_on", "visits", "papers_spared", "days", "one_visit")
    listed = rows.order_by("-ended_on", "-pk").values(*fields, number=F("case__number"))
    return [CostRow(**row) for row in listed[:limit]]


def _ended(
    since: date, until: date, item: str, outlet: str, outlets: Iterable[str]
) -> QuerySet[CaseCost]:
    rows = CaseCost.objects.filter(ended_on__range=(since, until))
    if item:
        rows = rows.filter(item=item)
    if outlet:
        rows = rows.filter(outlet=outlet)
    allowed = list(outlets)
    return rows.filter(outlet__in=allowed) if allowed else rows
