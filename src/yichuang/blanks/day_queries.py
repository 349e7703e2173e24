"""A day's equations, what keeps it open, and its sheet as it stands or was closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import permissions, rules
from yichuang.blanks.models import Blank, BlankType, DayClose, Movement, Proposal, Stockroom
from yichuang.places.models import Outlet


@dataclass(frozen=True, slots=True)
class DayLine:
    """One type's row of the day's sheet; found and difference are None before it is counted."""

    type_code: str
    type_name: str
    type_name_en: str
    equation: rules.Equation
    found: int | None
    difference: int | None


@dataclass(frozen=True, slots=True)
class DaySheet:
    """The close of a day as it stands. since: the first day it covers, None when there was none."""

    outlet_code: str
    outlet: str
    day: date
    since: date | None
    state: str
    lines: tuple[DayLine, ...]
    blockers: tuple[rules.Blocker, ...]
    counted_by: str = ""
    counted_at: datetime | None = None
    counted_person: int | None = None
    closed_by: str = ""
    closed_at: datetime | None = None
    reopened_by: str = ""
    reopened_at: datetime | None = None
    reopened_reason: str = ""


def equations(outlet: str, *, since: date | None, day: date) -> dict[str, rules.Equation]:
    """By type code, for every type the outlet ever held. Lines before `since` make the opening.
    Two statements."""
    earlier = Value(False) if since is None else Case(When(day__lt=since, then=True), default=False)
    sums = (
        Movement.objects.filter(Q(giver=outlet) | Q(taker=outlet), day__lte=day)
        .exclude(giver=F("taker"), giver__isnull=False)
        .values("type", "event", "giver", "taker")
        .annotate(earlier=earlier, sheets=Sum("count"))
    )
    lines: dict[str, list[rules.Line]] = {}
    for row in sums.order_by():
        lines.setdefault(row["type"], []).append(
            rules.Line(
                row["event"],
                row["sheets"],
                row["giver"] or "",
                row["taker"] or "",
                bool(row["earlier"]),
            )
        )
    there = dict(
        Blank.objects.filter(outlet=outlet, state__in=rules.LIVE)
        .values_list("type")
        .annotate(sheets=Count("pk"))
        .order_by()
    )
    return {
        code: rules.equation(lines.get(code, ()), outlet=outlet, there=there.get(code, 0))
        for code in sorted(lines.keys() | there.keys())
    }


def what_blocks(
    outlet: str,
    sums: Mapping[str, rules.Equation],
    counts: Mapping[str, rules.Counted],
) -> tuple[rules.Blocker, ...]:
    """Everything that keeps this outlet's day open. Three statements."""
    kinds = BlankType.objects.in_bulk()
    unfinished = [
        rules.Unfinished(
            row.number, row.state, kinds[row.type_id].name, row.holder_name, row.case_number
        )
        for row in Blank.objects.filter(
            outlet=outlet, state__in=(rules.RESERVED, rules.PRINTED)
        ).order_by("type", "serial")
    ]
    waiting = Proposal.objects.filter(Q(giver=outlet) | Q(taker=outlet), state=rules.ASKED)
    pending = [
        rules.Pending(
            row.kind,
            kinds[row.type_id].name,
            row.count,
            kinds[row.type_id].pattern.number(row.first),
            row.asked_name,
        )
        for row in waiting.order_by("asked_at")
    ]
    return rules.blockers(
        equations=sums,
        names={code: kind.name for code, kind in kinds.items()},
        counts=counts,
        unfinished=unfinished,
        pending=pending,
    )


def day_sheet(actor: Actor, outlet: str, day: date) -> DaySheet:
    """The day's close as it stands now, or as it was closed. Refusal "blanks-not-found" (404).
    Ten statements at most."""
    permissions.may_see(actor, outlet).enforce(status=404)
    name = Outlet.objects.filter(pk=outlet).values_list("name", flat=True).first()
    if name is None:
        permissions.not_found().enforce(status=404)
    row = DayClose.objects.filter(outlet=outlet, day=day).first()
    kinds = BlankType.objects.in_bulk()
    if row is not None and row.state == rules.CLOSED:
        return _written(row, name, kinds, _lines_of(row.sheet, kinds), ())
    room = Stockroom.objects.filter(pk=outlet).first()
    since = first_day(room.closed_through if room else None)
    sums = shown(equations(outlet, since=since, day=day))
    counts = counted(row)
    lines = tuple(
        DayLine(
            code,
            kinds[code].name,
            kinds[code].name_en,
            one,
            counts[code].found if code in counts else None,
            counts[code].found - counts[code].expected if code in counts else None,
        )
        for code, one in sums.items()
    )
    if moved_after(outlet, day):  # the rows are of now: they cannot be set against that evening
        blocking = (rules.Blocker("late", f"{later_moved()}{close_today()}"),)
    else:
        blocking = what_blocks(outlet, sums, counts)
    if row is None:
        return DaySheet(outlet, name, day, since, rules.OPEN, lines, blocking)
    return _written(row, name, kinds, lines, blocking, since=since)


def _written(
    row: DayClose,
    name: str,
    kinds: Mapping[str, BlankType],
    lines: tuple[DayLine, ...],
    blocking: tuple[rules.Blocker, ...],
    since: date | None = None,
) -> DaySheet:
    state = row.state
    if state == rules.BALANCED and blocking:
        state = rules.OPEN  # something moved since it was counted
    return DaySheet(
        row.outlet_id,
        name,
        row.day,
        row.since if row.state == rules.CLOSED else since,
        state,
        lines,
        blocking,
        row.counted_name,
        row.counted_at,
        row.counted_person,
        row.closed_name,
        row.closed_at,
        row.reopened_name,
        row.reopened_at,
        row.reopened_reason,
    )


def days(actor: Actor, outlet: str, *, limit: int = 30) -> tuple[tuple[date, str], ...]:
    """(day, state) of the outlet's latest closes, newest first. One statement."""
    permissions.may_see(actor, outlet).enforce(status=404)
    rows = DayClose.objects.filter(outlet=outlet).order_by("-day")
    return tuple(rows.values_list("day", "state")[:limit])


def moved_after(outlet: str, day: date) -> bool:
    """Whether anything moved at the outlet after this day. One statement."""
    return Movement.objects.filter(Q(giver=outlet) | Q(taker=outlet), day__gt=day).exists()


def later_moved() -> str:
    return _("这一天之后已经有收发，点到的张数对不上当天。")


def close_today() -> str:
    return _("请直接办今天的日结，它包括之前没有结的日子。")


def unclosed(outlet: str, today: date) -> tuple[date, ...]:
    """Days before today on which something moved here after the last close. Two statements."""
    room = Stockroom.objects.filter(pk=outlet).first()
    moved = Movement.objects.filter(Q(giver=outlet) | Q(taker=outlet), day__lt=today)
    if room is not None and room.closed_through is not None:
        moved = moved.filter(day__gt=room.closed_through)
    return tuple(moved.values_list("day", flat=True).distinct().order_by("day"))


def first_day(closed_through: date | None) -> date | None:
    """The first day that the next close covers; None where none was ever closed."""
    return None if closed_through is None else closed_through + timedelta(days=1)


def shown(sums: Mapping[str, rules.Equation]) -> dict[str, rules.Equation]:
    """Without types of which nothing is there and nothing happened."""
    return {code: one for code, one in sums.items() if not one.quiet}


def counted(row: DayClose | None) -> dict[str, rules.Counted]:
    """By type code. One statement."""
    if row is None:
        return {}
    return {one.type_id: rules.Counted(one.expected, one.found) for one in row.counts.all()}


def as_json(lines: Iterable[DayLine]) -> list[dict[str, object]]:
    """The sheet of a closed day as it is kept and journalled."""
    return [
        {
            "type": line.type_code,
            "opening": line.equation.opening,
            "received": line.equation.received,
            "used": line.equation.used,
            "spoiled": line.equation.spoiled,
            "lost": line.equation.lost,
            "passed": line.equation.passed,
            "returned": line.equation.returned,
            "there": line.equation.there,
            "found": line.found,
        }
        for line in lines
    ]


def _lines_of(kept: list[dict[str, int]], kinds: Mapping[str, BlankType]) -> tuple[DayLine, ...]:
    found = []
    for row in kept:
        code = str(row["type"])
        terms = {
            key: row[key]
            for key in (
                *("opening", "received", "used", "spoiled", "lost", "passed", "returned", "there"),
            )
        }
        kind = kinds[code]
        found.append(
            DayLine(
                code,
                kind.name,
                kind.name_en,
                rules.Equation(**terms),
                row["found"],
                row["found"] - row["there"],
            )
        )
    return tuple(found)
