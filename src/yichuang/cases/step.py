"""One step of a case: lock, apply the lifecycle, save guarded, give the paper, journal. One
transaction, one entry. Every chapter (intake, examination, decision, delivery) goes through it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import lifecycle, papers, permissions, rules, terms
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, Pause
from yichuang.clock import rules as clock_rules
from yichuang.clock.queries import calendar
from yichuang.journal.actions import Wanted, record_all
from yichuang.journal.models import Entry
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal

AFTER = "cases.after-step"  # one task a step: its paper, and the messages it calls for


@dataclass(slots=True)
class Change:
    """What an event alters besides the state: columns, what the journal keeps, what papers say."""

    columns: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    before_pause: str = ""
    also: list[Wanted] = field(default_factory=list)  # entries of other objects that it changes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a face shows after a step."""

    case_id: uuid.UUID
    number: str
    state: str
    seq: int
    entry_index: int
    paper_id: uuid.UUID | None = None
    due_on: date | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A step taken, and the journal entries it still lacks: its own, then those of other objects."""

    case: Case
    paper: papers.Given | None
    entry: Wanted
    also: tuple[Wanted, ...] = ()


Work = Callable[[Case, Transition, authority.Order], Change]


def advance(
    *,
    case_id: uuid.UUID,
    event: str,
    seq: int,
    by: Actor,
    at: datetime,
    work: Work = lambda case, row, order: Change(),
    deciding: bool = False,
) -> Receipt:
    """Cause `event` on the case that the caller saw at `seq`.

    work: computes the change from the locked facts. deciding: hold the standing order, so that no
    grant can be revoked between the ruling and the commit.
    Raises Refusal: "case-not-found" (404), "not-yours" (403), "case-moved-on" (409, with who and
    when), "event-not-now" and the like (409), and whatever `work` refuses.
    """
    with transaction.atomic():
        new = taken(
            case_id=case_id, event=event, seq=seq, by=by, at=at, work=work, deciding=deciding
        )
        entry = written(new.entry, *new.also, by=by, at=at)
    return receipt(new.case, entry, new.paper)


def taken(
    *,
    case_id: uuid.UUID,
    event: str,
    seq: int,
    by: Actor,
    at: datetime,
    work: Work,
    deciding: bool = False,
) -> Taken:
    """As `advance`, inside the caller's transaction and without the entry, which an act on several
    cases appends last for all of them."""
    row = lifecycle.BY_EVENT[event]
    order = authority.order(lock=deciding)
    case = locked(case_id)
    permissions.may_see(by, case).enforce(status=404)
    if case.seq != seq:
        raise moved_on(case)
    permissions.may(by, row, case).enforce(status=403)
    lifecycle.may_happen(
        event, case.state, handling=case.handling, done=done(case) if row.once else frozenset()
    ).enforce(status=409)
    change = work(case, row, order)
    rules.check_private(*rules.texts_in(change.payload)).enforce()
    target = lifecycle.target_of(row, case.state, before_pause=change.before_pause)
    if "decided_at" in change.columns:  # from the next day on, the time to hand it over runs
        change.columns |= terms.handing_over(timezone.localdate(at), calendar())
    updated = Case.objects.filter(pk=case.pk, seq=seq, state=case.state).update(
        state=target, seq=seq + 1, **change.columns
    )
    if not updated:
        raise moved_on(case)
    for name, value in change.columns.items():
        setattr(case, name, value)
    came_from, case.state, case.seq = case.state, target, seq + 1
    paper = papers.give(case, row, change.facts, order=order, by=by, at=at)
    entry = wanted(case, row, came_from, change.payload, paper)
    return Taken(case, paper, entry, tuple(change.also))


def check_lengths(event: str, *texts: str, limit: int = rules.TEXT_LIMIT) -> None:
    """Refuse "text-too-long" when one of an event's texts has more than `limit` characters."""
    for text in texts:
        rules.check_length(text, what=lifecycle.BY_EVENT[event].name, limit=limit).enforce()


def locked(case_id: uuid.UUID) -> Case:
    """The case, its row locked (SQLite: by the immediate transaction)."""
    # alone: what papers say of items and outlets is in the standing order, and planning a join of
    # eight tables costs PostgreSQL more than the whole rest of a step
    case = next(iter(Case.objects.select_for_update().filter(pk=case_id)), None)
    if case is None:
        raise permissions.unseen()
    return case


def written(entry: Wanted, *also: Wanted, by: Actor, at: datetime) -> Entry:
    """Write a step's entry, with those of other objects it changed: the last thing in its
    transaction. The step's own."""
    return record_all([entry, *also], by=by, at=at)[0]


def wanted(
    case: Case,
    row: Transition,
    came_from: str,
    payload: Mapping[str, Any],
    paper: papers.Given | None,
) -> Wanted:
    """The entry as it is to be written: several steps of one act are written at once."""
    follows = paper is not None or row.notifies
    task = Task(AFTER, {"paper_id": str(paper.paper_id) if paper else ""})
    return Wanted(
        kind=f"case.{row.event}",
        stream=case.stream,
        seq=case.seq,
        payload={
            "number": case.number,
            "from": came_from,
            "to": case.state,
            "due_on": case.due_on.isoformat() if case.due_on else None,
            "paper": paper.number if paper else None,
            **payload,
        },
        tasks=[task] if follows else [],
    )


def receipt(case: Case, entry: Entry, paper: papers.Given | None) -> Receipt:
    return Receipt(
        case_id=case.pk,
        number=case.number,
        state=case.state,
        seq=case.seq,
        entry_index=entry.index,
        paper_id=paper.paper_id if paper else None,
        due_on=case.due_on,
    )


def first(case: Case) -> tuple[Entry, papers.Given]:
    """The entry and the paper that the case began with: what its receipt named."""
    entry = Entry.objects.get(stream=case.stream, seq=1)
    return entry, papers.numbered(entry.payload["paper"])


def moved_on(case: Case) -> Refusal:
    """Somebody was first: says who, when and what, from the journal."""
    # entries without a seq (a number shown in full) moved nothing
    steps = Entry.objects.filter(stream=case.stream, seq__isnull=False)
    last = steps.order_by("-seq").first()
    if last is None:
        who, when, what = "", "", ""
    else:
        who = last.author.get("name", "")
        when = timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M")
        what = str(lifecycle.BY_EVENT[last.kind.removeprefix("case.")].name)
    return Refusal(
        "case-moved-on",
        _("%(who)s已于%(when)s办理了“%(what)s”，您的操作没有保存。")
        % {"who": who, "when": when, "what": what},
        remedy=_("请刷新页面，按最新情况办理。"),
        status=409,
        detail={"seq": last.seq if last else None, "state": last.payload.get("to") if last else ""},
    )


def done(case: Case) -> frozenset[str]:
    """The events the case has had (lifecycle.counted)."""
    kinds = Entry.objects.filter(stream=case.stream).values_list("kind", flat=True)
    return lifecycle.counted(kind.removeprefix("case.") for kind in kinds)


def pauses_of(case: Case, *, closing: date | None = None) -> list[clock_rules.Pause]:
    """The stretches that the running term leaves out: special procedures (行政许可法 §45).

    A pause covers the days from the one it began on to the one before it ended: the day work is
    taken up again counts, and a pause begun and ended on one day spares nothing (our choice).
    closing: the day on which the open pause is being ended.
    """
    found = []
    for row in Pause.objects.filter(case=case, kind="special"):
        end = row.ends_on or closing
        if end is not None and end > row.starts_on:
            found.append(clock_rules.Pause(row.starts_on, end - timedelta(days=1), row.reason))
    return found


def correction(case: Case, row: Transition, today: date) -> Pause:
    """The pause while the applicant is asked for what is missing, not saved yet."""
    return Pause(
        case=case,
        kind="correction",
        reason=_("等待申请人补正"),
        basis=row.basis_for(permit=case.permit),
        state_before=lifecycle.RECEIVED,
        starts_on=today,
    )
