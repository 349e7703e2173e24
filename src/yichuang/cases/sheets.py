"""What a page may show of a case: frozen sheets. Personal numbers in them are masked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yichuang.cases.fact_rules import FactLine
from yichuang.cases.lifecycle import Transition
from yichuang.cases.rules import LATER
from yichuang.clock.rules import Due
from yichuang.documents.queries import PaperSheet


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due day as a page shows it. left: working days, negative when overdue, None if unknown.

    colour: green | yellow | red | paused | unknown | done.
    """

    due_on: date | None
    left: int | None
    colour: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a worklist."""

    id: uuid.UUID
    number: str
    item_name: str
    item_name_en: str
    applicant: str
    place: str
    outlet: str
    state: str
    handling: str
    deadline: Deadline
    delivery_deadline: Deadline | None = None  # once decided, until it is handed over


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a worklist, and the key of the next page ("" on the last)."""

    rows: tuple[CaseRow, ...]
    after: str


@dataclass(frozen=True, slots=True)
class MaterialRow:
    position: int
    name: str
    state: str
    copies: int
    note: str
    file_id: uuid.UUID | None
    held_ref: str = ""
    follow_by: date | None = None  # the last day on which it may follow (state "later")
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A question of the situation as the item asks it, and the answer chosen."""

    key: str
    ask: str
    ask_en: str
    value: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A 告知承诺 of the case. told: heading → text. state: pending, kept, false or repaired."""

    id: int
    position: int
    material: str
    told: Mapping[str, str]
    signed_by: str
    signed_how: str
    signed_at: datetime
    check_by: date
    state: str
    checked_at: datetime | None
    finding: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A case sent on to another town's organ; received_at None while it is under way."""

    outlet: str
    organ: str
    sent_at: datetime
    received_at: datetime | None
    received_by: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's timeline. `detail`: what the entry tells, for staff only."""

    index: int
    event: str
    name: str
    at: datetime
    author: str
    role: str
    owner: str
    basis: str
    clock: str
    paper: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """Everything a page shows of one case; personal numbers masked."""

    id: uuid.UUID
    number: str
    seq: int
    state: str
    state_name: str
    permit: bool
    handling: str
    item_code: str
    item_name: str
    item_name_en: str
    item_version: int
    basis: str
    place_code: str
    place: str
    outlet: str
    acceptor: str
    reviewer: str
    decider: str
    in_name_of: str
    ruling: Mapping[str, Any]
    grant_number: str
    channel: str
    applicant_kind: str
    applicant_id: uuid.UUID
    applicant: str
    identity: str
    phone: str
    has_address: bool
    answers: Mapping[str, str]
    delivery_method: str
    filed_at: datetime
    accepted_on: date | None
    promised_days: int
    legal_days: int | None
    extension_days: int
    deadline: Deadline
    legal_due_on: date | None
    arithmetic: Due | None
    decided_at: datetime | None
    delivered_at: datetime | None
    courier: str
    courier_number: str
    materials: tuple[MaterialRow, ...]
    papers: tuple[PaperSheet, ...]
    timeline: tuple[Event, ...]
    may: tuple[Transition, ...]
    tracking_code: str
    situation: tuple[AnswerLine, ...] = ()
    facts: tuple[FactLine, ...] = ()  # what is personal masked: cases.reading opens it
    on_behalf: str = "self"
    collect_at_code: str = ""  # "" for the outlet that took the matter in
    collect_at: str = ""
    supplied_at: datetime | None = None
    transfer: TransferRow | None = None
    promises: tuple[PromiseRow, ...] = ()
    delivery_deadline: Deadline | None = None  # once decided, until it is handed over
    online_since: datetime | None = None  # when the applicant agreed to electronic delivery

    @property
    def outstanding(self) -> tuple[MaterialRow, ...]:
        """What may still follow (容缺后补)."""
        return tuple(row for row in self.materials if row.state == LATER)
