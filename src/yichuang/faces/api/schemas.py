"""What goes over the wire. Names as in the domain; every personal number leaves masked."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator

from yichuang.cases.rules import visible

# Free text from a program: signs that nobody sees are left out before anything judges it.
Text = Annotated[str, AfterValidator(visible)]
Seq = Annotated[int, Field(ge=0, le=2**31 - 1)]
Position = Annotated[int, Field(ge=1, le=999)]


class Problem(Schema):
    """Problem details (RFC 9457) with a stable code, what to do next, the rule and a reference."""

    type: str
    title: str = Field(description="What happened, for a person")
    status: int
    code: str = Field(description="Stable slug, the same in every language")
    detail: str = Field("", description="What to do next")
    basis: str = Field("", description="The article or standard it rests on")
    field: str = ""
    reference: str = Field(description="Quote it when asking for help")
    facts: dict[str, Any] = {}


class HitOut(Schema):
    code: str
    name: str
    name_en: str


class HitsOut(Schema):
    hits: list[HitOut]


class MaterialOut(Schema):
    position: int
    name: str
    held: bool = Field(description="The office can look it up: it need not be brought")
    note: str


class ItemOut(Schema):
    code: str = Field(description="The pack's code, not an official one")
    version: int
    valid_from: date
    name: str
    name_en: str
    item_type: str
    handling: str
    legal_days: int | None = Field(description="Working days; null: no statutory limit known")
    promised_days: int = Field(description="Working days")
    basis: str
    basis_confirmed: bool
    draft: list[str] = Field(description="What the county has not confirmed yet")
    materials: list[MaterialOut]


class RulingOut(Schema):
    allowed: bool
    taker: str
    reviewer: str
    decider: str
    in_name_of: str
    seal: str
    grant: str
    basis: str
    reason: str
    codes: dict[str, str]


class StepOut(Schema):
    date: date
    what: str
    count: int


class DueOut(Schema):
    due: date
    steps: list[StepOut]
    sentence: str


class ApplicantIn(Schema):
    kind: Text = Field("person", description="person | enterprise")
    name: Text
    identity: Text = Field(description="Resident number, or unified social credit code")
    phone: Text
    address: Text = ""


class MaterialIn(Schema):
    position: Position
    state: Text = Field("submitted", description="submitted | held | missing")
    copies: int = 1
    file_id: uuid.UUID | None = None
    note: Text = ""


class CaseIn(Schema):
    item: Text
    place: Text = Field(description="Division code, 12 digits: where the matter lies")
    outlet: Text = Field(description="The caller's own outlet")
    applicant: ApplicantIn
    materials: list[MaterialIn] = Field([], max_length=200)
    answers: dict[Text, Text] = {}
    outcome: Text = Field("accept", description="accept | receive | correct")
    delivery: Text = Field("collect", description="collect | mail")


class ReceiptOut(Schema):
    case: uuid.UUID
    number: str
    state: str
    seq: int = Field(description="Give it back with the next step: it guards against overtaking")
    due_on: date | None = None
    paper: uuid.UUID | None = None
    journal_index: int
    replayed: bool = False


class StepIn(Schema):
    """One step of a case. Which fields an event needs, its refusal says."""

    seq: Seq
    text: Text = Field("", description="Opinion, decision, reason, result: the event's own words")
    agrees: bool = True
    conditions: list[Text] = Field([], max_length=50)
    positions: list[Position] = Field(
        [], max_length=200, description="Materials supplied (correct) or wanting"
    )
    where_to_go: Text = ""
    approved_by: Text = ""
    courier: Text = ""
    tracking_number: Text = ""
    received_by: Text = ""


class DeadlineOut(Schema):
    due_on: date | None
    left: int | None = Field(description="Working days left; negative when overdue")
    colour: str


class RowOut(Schema):
    id: uuid.UUID
    number: str
    item_name: str
    applicant: str
    place: str
    outlet: str
    state: str
    handling: str
    deadline: DeadlineOut


class PageOut(Schema):
    rows: list[RowOut]
    after: str = Field(description="Give it back for the next page; empty on the last")


class PaperOut(Schema):
    id: uuid.UUID
    kind: str
    title: str
    number: str
    state: str
    seal_name: str
    verify_code: str
    sha256: str


class EventOut(Schema):
    index: int
    event: str
    name: str
    at: datetime
    author: str
    owner: str
    basis: str
    paper: str


class PublicEventOut(Schema):
    name: str
    at: datetime
    basis: str
    paper: str


class CaseOut(Schema):
    id: uuid.UUID
    number: str
    seq: int
    state: str
    permit: bool
    handling: str
    item_code: str
    item_name: str
    item_version: int
    place_code: str
    place: str
    outlet: str
    reviewer: str
    decider: str
    in_name_of: str
    grant_number: str
    applicant: str
    identity: str = Field(description="Masked")
    phone: str = Field(description="Masked")
    filed_at: datetime
    accepted_on: date | None
    legal_due_on: date | None
    deadline: DeadlineOut
    courier: str
    courier_number: str
    materials: list[dict[str, Any]]
    papers: list[PaperOut]
    timeline: list[EventOut]
    may: list[str] = Field(description="Events the caller may cause now")


class TrackedOut(Schema):
    number: str
    item_name: str
    state: str
    state_name: str
    decider: str
    deadline: DeadlineOut
    courier: str
    courier_number: str
    timeline: list[PublicEventOut]


class RatingIn(Schema):
    grade: Text = Field(
        description="very_satisfied | satisfied | fair | dissatisfied | very_dissatisfied"
    )
    options: list[int] = Field([], max_length=50)
    text: Text = ""


class RatingOut(Schema):
    grade: str
    gbt_39046: int = Field(description="1 best … 5 worst")
    national: int = Field(description="5 best … 1 worst")


class PaperFactsOut(Schema):
    number: str
    title: str
    organ_name: str
    addressee: str = Field(description="Masked")
    item_name: str
    date: str
    seal_name: str
    sha256: str
    demonstration: bool


class ProofOut(Schema):
    index: int
    leaf: str
    size: int
    root: str
    path: list[str]


class FileOut(Schema):
    id: uuid.UUID
    sha256: str
    size: int
    content_type: str
