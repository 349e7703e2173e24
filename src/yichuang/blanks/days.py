"""The close of a day: one counts, another checks, and nothing moves afterwards.

A close covers every day since the last one, so a day that nobody closed is not lost. It is refused
with the exact list of what does not balance. Reopening is the manager's, with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import day_queries, ledger, permissions, rules
from yichuang.blanks.day_queries import DaySheet
from yichuang.blanks.models import Count, DayClose
from yichuang.journal.actions import record
from yichuang.verdict import Refusal


def count(*, outlet: str, day: date, found: Mapping[str, int], by: Actor, at: datetime) -> DaySheet:
    """Write down what was found of each type; the sheet as it then stands. Counting anew replaces
    the earlier count (the journal keeps both).

    found: type code → sheets, for exactly the types on the day's sheet.
    Raises Refusal "blanks-not-found" (404), "blanks-not-your-counter" (403), "blank-day-closed",
    "blank-day-not-now" (409), "blank-count-missing".
    """
    permissions.may_see(by, outlet).enforce(status=404)
    permissions.may_count(by, outlet).enforce(status=403)
    with transaction.atomic():
        since = _open_day(outlet, day, at)
        sums = day_queries.shown(day_queries.equations(outlet, since=since, day=day))
        if set(found) != set(sums) or any(
            not 0 <= sheets <= rules.COUNT_LIMIT for sheets in found.values()
        ):
            raise Refusal(
                "blank-count-missing",
                _("每一种空白证照都要填点到的张数，没有的填0。"),
                remedy=_("请逐种点清后再提交。"),
                field="found",
            )
        row, _new = DayClose.objects.update_or_create(
            outlet_id=outlet,
            day=day,
            defaults={
                "since": since,
                "state": rules.OPEN,
                "counted_person": by.person_id,
                "counted_name": by.name,
                "counted_at": at,
            },
        )
        row.counts.all().delete()
        counts = {code: rules.Counted(one.there, found[code]) for code, one in sums.items()}
        Count.objects.bulk_create(
            Count(
                day_close=row,
                type_id=code,
                expected=one.expected,
                found=one.found,
                difference=one.found - one.expected,
            )
            for code, one in counts.items()
        )
        blocking = day_queries.what_blocks(outlet, sums, counts)
        if not blocking:
            DayClose.objects.filter(pk=row.pk).update(state=rules.BALANCED)
        _journal(
            "counted",
            row,
            {
                "counts": {code: [one.expected, one.found] for code, one in counts.items()},
                "balanced": not blocking,
            },
            by=by,
            at=at,
        )
        return day_queries.day_sheet(by, outlet, day)


def close(*, outlet: str, day: date, by: Actor, at: datetime) -> DaySheet:
    """Another person has checked the count: the day is closed, if everything balances.

    Raises Refusal "blanks-not-found" (404), "blanks-not-your-counter", "blank-same-person" (403),
    "blank-day-closed", "blank-day-not-now" and "blank-day-blocked" (409; detail "blockers": what
    does not balance, in words).
    """
    permissions.may_see(by, outlet).enforce(status=404)
    permissions.may_count(by, outlet).enforce(status=403)
    with transaction.atomic():
        _open_day(outlet, day, at)
        sheet = day_queries.day_sheet(by, outlet, day)
        if sheet.counted_person is not None:
            rules.check_two_people(sheet.counted_person, by.person_id).enforce(status=403)
        if sheet.blockers or sheet.counted_person is None:
            raise Refusal(
                "blank-day-blocked",
                _("还有%(count)s处没有平，不能日结。") % {"count": max(1, len(sheet.blockers))},
                remedy=_("请按所列逐条办清，再点清、复核。"),
                status=409,
                detail={"blockers": [one.text for one in sheet.blockers]},
            )
        kept = day_queries.as_json(sheet.lines)
        DayClose.objects.filter(outlet=outlet, day=day).update(
            state=rules.CLOSED,
            since=sheet.since,
            sheet=kept,
            closed_person=by.person_id,
            closed_name=by.name,
            closed_at=at,
        )
        room = ledger.locked_rooms(outlet)[outlet]
        room.closed_through = day
        room.save(update_fields=["closed_through"])
        row = DayClose.objects.get(outlet=outlet, day=day)
        _journal("closed", row, {"sheet": kept, "counted_by": row.counted_name}, by=by, at=at)
        return day_queries.day_sheet(by, outlet, day)


def reopen(*, outlet: str, day: date, reason: str, by: Actor, at: datetime) -> DaySheet:
    """Open the last closed day again: something was forgotten. The count must be made anew.

    Raises Refusal "blanks-not-found" (404), "blanks-not-yours-to-reopen" (403),
    "blank-day-not-last" (409), "text-missing".
    """
    permissions.may_see(by, outlet).enforce(status=404)
    permissions.may_reopen(by, outlet).enforce(status=403)
    said = rules.said(reason, what=_("重开的原因"), field="reason", least=4)
    with transaction.atomic():
        room = ledger.locked_rooms(outlet)[outlet]
        row = DayClose.objects.filter(outlet=outlet, day=day, state=rules.CLOSED).first()
        if row is None or room.closed_through != day:
            raise Refusal(
                "blank-day-not-last",
                _("只能重开最近一次日结的日子。"),
                remedy=_("更早的差错，请在今天如实登记并写明原因。"),
                status=409,
            )
        earlier = DayClose.objects.filter(outlet=outlet, state=rules.CLOSED, day__lt=day)
        room.closed_through = earlier.order_by("-day").values_list("day", flat=True).first()
        room.save(update_fields=["closed_through"])
        row.counts.all().delete()
        DayClose.objects.filter(pk=row.pk).update(
            state=rules.OPEN,
            sheet=[],
            closed_person=None,
            closed_name="",
            closed_at=None,
            reopened_name=by.name,
            reopened_at=at,
            reopened_reason=said,
        )
        _journal("reopened", row, {"reason": said, "sheet": row.sheet}, by=by, at=at)
        return day_queries.day_sheet(by, outlet, day)


def _open_day(outlet: str, day: date, at: datetime) -> date | None:
    """Lock the outlet; the first day that this close covers.

    A day may be closed on itself, or later while nothing has moved since: what lies there is then
    still what lay there that evening.
    """
    room = ledger.locked_rooms(outlet)[outlet]
    rules.check_open(room.closed_through, day, _("本网点")).enforce(status=409)
    today = ledger.day_of(at)
    if day > today or (day < today and day_queries.moved_after(outlet, day)):
        raise Refusal(
            "blank-day-not-now",
            day_queries.later_moved(),
            remedy=day_queries.close_today(),
            status=409,
        )
    return day_queries.first_day(room.closed_through)


def _journal(event: str, row: DayClose, payload: Mapping, *, by: Actor, at: datetime) -> None:
    record(
        kind=f"blank-day.{event}",
        by=by,
        at=at,
        stream=f"blank-day:{row.outlet_id}",
        payload={"outlet": row.outlet_id, "day": row.day, **payload},
    )
