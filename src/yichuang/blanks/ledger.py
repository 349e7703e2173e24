"""What every act shares: the outlet's row locked first, the ledger's lines, and a key's earlier use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import permissions, rules
from yichuang.blanks.models import Blank, Movement, Proposal, Stockroom
from yichuang.places.models import Outlet
from yichuang.verdict import Refusal


def locked_rooms(*outlets: str) -> dict[str, Stockroom]:
    """The outlets' stockrooms, locked in one order until the transaction ends; made when missing.

    The lock is what makes numbers go out lowest first without gaps: whoever waits here looks for
    the next number only after the one before them has committed or is gone.
    """
    wanted = sorted({outlet for outlet in outlets if outlet})
    rows = Stockroom.objects.select_for_update().order_by("pk")
    found = {room.pk: room for room in rows.filter(pk__in=wanted)}
    if len(found) < len(wanted):
        if Outlet.objects.filter(pk__in=wanted).count() < len(wanted):
            permissions.not_found().enforce(status=404)
        Stockroom.objects.bulk_create(
            [Stockroom(outlet_id=code) for code in wanted if code not in found],
            ignore_conflicts=True,
        )
        found = {room.pk: room for room in rows.filter(pk__in=wanted)}
    return found


def check_open(rooms: Mapping[str, Stockroom], at: datetime, names: Mapping[str, str]) -> date:
    """Today, if none of the rooms has closed it. Refusal "blank-day-closed" (409)."""
    day = day_of(at)
    for code, room in rooms.items():
        rules.check_open(room.closed_through, day, names.get(code, code)).enforce(status=409)
    return day


def day_of(at: datetime) -> date:
    """The day in the county's books."""
    return timezone.localdate(at)


def check_key(key: str) -> None:
    if not 8 <= len(key) <= 120:
        raise Refusal(
            "idempotency-key",
            _("缺少防重复提交的标识。"),
            remedy=_("请重新打开表单再提交。"),
        )


def key_reused() -> Refusal:
    return Refusal(
        "idempotency-key-reused",
        _("这个提交标识已经用于另一件事。"),
        remedy=_("请重新打开表单再提交。"),
        status=409,
    )


def moved() -> Refusal:
    return Refusal(
        "blanks-moved",
        _("号段里有的证照刚刚变动了，没有办成。"),
        remedy=_("请刷新页面，按最新情况再办。"),
        status=409,
    )


def stream(blank: Blank) -> str:
    """The journal's name for one sheet."""
    return f"blank:{blank.type_id}:{blank.number}"


def write_runs(
    blanks: Iterable[Blank],
    step: rules.Step,
    *,
    proposal: Proposal,
    by: Actor,
    at: datetime,
) -> list[Movement]:
    """One line for each stretch of numbers that came from one state and one case."""
    made = []

    def alike(blank: Blank) -> tuple[str, str, str]:
        return blank.state, blank.case_number, blank.paper

    ordered = sorted(blanks, key=lambda blank: blank.serial)
    for (state, case_number, paper), group in groupby(ordered, key=alike):
        for first, last in rules.runs(blank.serial for blank in group):
            made.append(
                Movement(
                    at=at,
                    day=day_of(at),
                    event=step.event,
                    type_id=proposal.type_id,
                    first=first,
                    last=last,
                    count=last - first + 1,
                    source=state if step.sources else "",
                    target=step.target,
                    giver_id=proposal.giver_id,
                    taker_id=proposal.taker_id,
                    proposal=proposal,
                    case_number=case_number,
                    paper=paper,
                    reason=proposal.reason,
                    person=by.person_id or 0,
                    person_name=by.name,
                )
            )
    return Movement.objects.bulk_create(made)
