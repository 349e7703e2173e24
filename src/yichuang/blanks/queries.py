"""What lies where and what waits for whom: frozen sheets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q

from yichuang.accounts.actor import Actor
from yichuang.blanks import permissions, rules
from yichuang.blanks.models import Blank, BlankType, Movement, Proposal

PAGE = 50


@dataclass(frozen=True, slots=True)
class TypeSheet:
    """A type as pages show it."""

    code: str
    name: str
    name_en: str
    organ: str
    draft: bool
    example: str


@dataclass(frozen=True, slots=True)
class StockLine:
    """How many sheets of one type lie at one outlet, by state. waiting: of these, bound by a
    proposal."""

    outlet_code: str
    outlet: str
    type_code: str
    type_name: str
    type_name_en: str
    in_store: int = 0
    handed_out: int = 0
    reserved: int = 0
    printed: int = 0
    waiting: int = 0

    @property
    def left(self) -> int:
        return self.in_store + self.handed_out + self.reserved + self.printed


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of numbers in one state, without gaps."""

    type_code: str
    type_name: str
    state: str
    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class SheetInHand:
    """A number reserved or printed. waiting: the kind of proposal that binds it, or ""."""

    id: int
    number: str
    type_code: str
    type_name: str
    type_name_en: str
    state: str
    case_number: str
    paper: str
    holder: str
    since: datetime
    prints: int
    waiting: str


@dataclass(frozen=True, slots=True)
class ProposalSheet:
    """A proposal with what the reader may do about it."""

    id: uuid.UUID
    kind: str
    state: str
    type_name: str
    type_name_en: str
    first: str
    last: str
    count: int
    giver: str
    taker: str
    reason: str
    photo: bool
    asked_by: str
    asked_at: datetime
    settled_by: str
    settled_at: datetime | None
    answer: str
    may_settle: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger."""

    at: datetime
    event: str
    type_name: str
    first: str
    last: str
    count: int
    giver: str
    taker: str
    case_number: str
    paper: str
    reason: str
    person: str


def types() -> tuple[TypeSheet, ...]:
    """Every type, by code. One statement."""
    return tuple(
        TypeSheet(row.code, row.name, row.name_en, row.organ.name, row.draft, row.pattern.number(1))
        for row in BlankType.objects.select_related("organ").order_by("code")
    )


def stock(actor: Actor) -> tuple[StockLine, ...]:
    """What lies where the actor may look, stores first. One statement."""
    rows = (
        Blank.objects.filter(permissions.visible(actor), state__in=rules.LIVE)
        .values("outlet", "outlet__name", "type", "type__name", "type__name_en")
        .annotate(
            **{state: Count("pk", filter=Q(state=state)) for state in rules.LIVE},
            waiting=Count("proposal"),
        )
        .order_by("outlet", "type")
    )
    return tuple(
        StockLine(
            row["outlet"],
            row["outlet__name"],
            row["type"],
            row["type__name"],
            row["type__name_en"],
            *(row[state] for state in rules.LIVE),
            row["waiting"],
        )
        for row in rows
    )


_STRETCHES = """
SELECT type_id, state, MIN(serial), MAX(serial), COUNT(*) FROM (
    SELECT type_id, state, serial,
           serial - ROW_NUMBER() OVER (PARTITION BY type_id, state ORDER BY serial) AS island
    FROM blanks_blank
    WHERE outlet_id = %s AND state IN ('in_store', 'handed_out') AND proposal_id IS NULL
) AS numbered
GROUP BY type_id, state, island ORDER BY type_id, state, MIN(serial)
"""


def stretches(actor: Actor, outlet: str) -> tuple[Stretch, ...]:
    """The free numbers of an outlet as stretches, lowest first. Two statements."""
    permissions.may_see(actor, outlet).enforce(status=404)
    kinds = BlankType.objects.in_bulk()
    with connection.cursor() as cursor:
        cursor.execute(_STRETCHES, [outlet])
        rows = cursor.fetchall()
    found = []
    for code, state, first, last, count in rows:
        kind = kinds[code]
        pattern = kind.pattern
        found.append(
            Stretch(code, kind.name, state, pattern.number(first), pattern.number(last), count)
        )
    return tuple(found)


def in_hand(actor: Actor, outlet: str) -> tuple[SheetInHand, ...]:
    """Numbers reserved or printed at an outlet, oldest first. One statement."""
    permissions.may_see(actor, outlet).enforce(status=404)
    rows = (
        Blank.objects.filter(outlet=outlet, state__in=(rules.RESERVED, rules.PRINTED))
        .select_related("type", "proposal")
        .order_by("since", "serial")
    )
    return tuple(
        SheetInHand(
            row.pk,
            row.number,
            row.type_id,
            row.type.name,
            row.type.name_en,
            row.state,
            row.case_number,
            row.paper,
            row.holder_name,
            row.since,
            row.prints,
            row.proposal.kind if row.proposal else "",
        )
        for row in rows
    )


def sheet(actor: Actor, blank_id: int) -> SheetInHand | None:
    """One number in hand that the actor may see. One statement."""
    row = (
        Blank.objects.filter(permissions.visible(actor), pk=blank_id)
        .select_related("type", "proposal")
        .first()
    )
    if row is None:
        return None
    return SheetInHand(
        row.pk,
        row.number,
        row.type_id,
        row.type.name,
        row.type.name_en,
        row.state,
        row.case_number,
        row.paper,
        row.holder_name,
        row.since,
        row.prints,
        row.proposal.kind if row.proposal else "",
    )


def proposals(actor: Actor, *, waiting: bool, limit: int = PAGE) -> tuple[ProposalSheet, ...]:
    """Proposals the actor may see: those that wait, oldest first, or those settled, newest first.
    One statement."""
    seen = permissions.visible(actor, "giver") | permissions.visible(actor, "taker")
    rows = Proposal.objects.filter(seen).select_related("type", "giver", "taker")
    if waiting:
        rows = rows.filter(state=rules.ASKED).order_by("asked_at")
    else:
        rows = rows.exclude(state=rules.ASKED).order_by("-settled_at")
    return tuple(_proposal(actor, row) for row in rows[:limit])


def proposal(actor: Actor, proposal_id: uuid.UUID) -> ProposalSheet | None:
    """One proposal that the actor may see. One statement."""
    seen = permissions.visible(actor, "giver") | permissions.visible(actor, "taker")
    row = (
        Proposal.objects.filter(seen, pk=proposal_id)
        .select_related("type", "giver", "taker")
        .first()
    )
    return None if row is None else _proposal(actor, row)


def photo_id(actor: Actor, proposal_id: uuid.UUID) -> uuid.UUID | None:
    """The stored file of a proposal's photo, if the actor may see it. One statement."""
    seen = permissions.visible(actor, "giver") | permissions.visible(actor, "taker")
    return Proposal.objects.filter(seen, pk=proposal_id).values_list("photo_id", flat=True).first()


def _proposal(actor: Actor, row: Proposal) -> ProposalSheet:
    pattern = row.type.pattern
    open_ = row.state == rules.ASKED
    mine = row.asked_person == actor.person_id
    may = permissions.may_settle(
        actor, row.kind, giver=row.giver_id or "", taker=row.taker_id or ""
    )
    return ProposalSheet(
        row.pk,
        row.kind,
        row.state,
        row.type.name,
        row.type.name_en,
        pattern.number(row.first),
        pattern.number(row.last),
        row.count,
        row.giver.name if row.giver else "",
        row.taker.name if row.taker else "",
        row.reason,
        row.photo_id is not None,
        row.asked_name,
        row.asked_at,
        row.settled_name,
        row.settled_at,
        row.answer,
        open_ and not mine and bool(may),
        open_ and mine,
    )


def movements(actor: Actor, outlet: str, *, limit: int = PAGE) -> tuple[LedgerLine, ...]:
    """The newest lines of an outlet's ledger. One statement."""
    permissions.may_see(actor, outlet).enforce(status=404)
    rows = (
        Movement.objects.filter(Q(giver=outlet) | Q(taker=outlet))
        .select_related("type", "giver", "taker")
        .order_by("-pk")[:limit]
    )
    found = []
    for row in rows:
        pattern = row.type.pattern
        found.append(
            LedgerLine(
                row.at,
                row.event,
                row.type.name,
                pattern.number(row.first),
                pattern.number(row.last),
                row.count,
                row.giver.name if row.giver else "",
                row.taker.name if row.taker else "",
                row.case_number,
                row.paper,
                row.reason,
                row.person_name,
            )
        )
    return tuple(found)
