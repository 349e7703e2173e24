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
    always: bool = Field(description="On the list whatever the answers")
    later_days: int | None = Field(description="May follow within so many working days")
    promise: str = Field(description="allowed: the applicant's own promise may replace it")
    reason: str
    basis: str
    basis_confirmed: bool


class OptionOut(Schema):
    value: str
    label: str
    label_en: str


class QuestionOut(Schema):
    key: str
    ask: str
    ask_en: str
    help: str
    options: list[OptionOut]
    when: str = Field(description="Asked only if: key=value|value2&key2=value; empty: always")
    basis: str
    draft: bool


class RowOfTableOut(Schema):
    when: str = Field(description="Applies if, in the same form; empty: always")
    effect: str = Field(
        description="need | without | step | fee | place | in_person | chain | verdict | conflict"
        " | note"
    )
    value: str
    text: str
    text_en: str
    basis: str


class FactOut(Schema):
    key: str
    label: str
    label_en: str
    kind: str = Field(description="text | long | date | number | choice | identity | phone | money")
    options: list[OptionOut]
    personal: bool
    required: bool
    help: str


class SituationIn(Schema):
    answers: dict[Text, Text] = Field({}, description="Question key → option value")


class SituationOut(Schema):
    version: int = Field(description="Give it back as item_version: positions are of its list")
    settled: dict[str, str] = Field(description="The answers that count")
    next: QuestionOut | None = Field(description="What is still to be asked; null: all is said")
    may_apply: bool = Field(description="Whether an application can go on from here")
    refusal: str = Field("", description="Why not, and what to do instead")
    materials: list[MaterialOut] = Field(description="The exact list")
    rows: list[RowOfTableOut] = Field(description="The rows of the table that apply")


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
    questions: list[QuestionOut]
    situations: list[RowOfTableOut]
    facts: list[FactOut]


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
    state: Text = Field("submitted", description="submitted | held | missing | later | promised")
    copies: int = 1
    file_id: uuid.UUID | None = None
    note: Text = ""
    held_ref: Text = Field("", max_length=80, description="Where a held material is held")
    consent: bool = Field(
        False, description="The holder agreed that their licence is used for this application only"
    )


class CaseIn(Schema):
    item: Text
    place: Text = Field(description="Division code, 12 digits: where the matter lies")
    outlet: Text = Field(description="The caller's own outlet")
    applicant: ApplicantIn
    materials: list[MaterialIn] = Field([], max_length=200)
    answers: dict[Text, Text] = {}
    outcome: Text = Field("accept", description="accept | receive | correct")
    delivery: Text = Field("collect", description="collect | mail")
    situation: dict[Text, Text] = Field(
        {}, description="Answers to the item's questions; empty: only what holds for everybody"
    )
    facts: dict[Text, Text] = Field({}, description="Fact key → text; kept sealed")
    on_behalf: Text = Field("self", description="self | child | other | enterprise")
    collect_at: Text = Field("", description="Outlet to collect at; empty: the caller's own")
    promised_how: Text = Field("paper", description="How a promise was signed at the counter")
    item_version: int = Field(
        0, ge=0, le=2**31 - 1, description="The version the positions are of; 0: not said"
    )


class ReceiptOut(Schema):
    case: uuid.UUID
    number: str
    state: str
    seq: int = Field(description="Give it back with the next step: it guards against overtaking")
    due_on: date | None = None
    paper: uuid.UUID | None = None
    journal_index: int
    replayed: bool = False


class JointMaterialIn(Schema):
    name: Text = Field(max_length=200, description="As the lists name it; one joint form for all")
    state: Text = Field("submitted", description="submitted | held | missing | later | promised")
    copies: int = 1
    file_id: uuid.UUID | None = None
    note: Text = ""
    held_ref: Text = Field("", max_length=80, description="Where a held material is held")


class BundleIn(Schema):
    """Several items of one 一件事: facts asked once, materials taken once by name."""

    chain: Text
    chosen: list[Position] = Field(max_length=50, description="Numbers of the chain's steps")
    have: list[Position] = Field(
        [], max_length=50, description="Those of them whose result the applicant holds already"
    )
    place: Text = Field(description="Division code, 12 digits: where the matter lies")
    outlet: Text = Field(description="The caller's own outlet")
    applicant: ApplicantIn
    situation: dict[Text, dict[Text, Text]] = Field({}, description="Item code → answers")
    facts: dict[Text, Text] = {}
    materials: list[JointMaterialIn] = Field([], max_length=200)
    delivery: Text = Field("collect", description="collect | mail")
    collect_at: Text = ""
    on_behalf: Text = Field("self", description="self | child | other | enterprise")
    promised_how: Text = "paper"


class BundleReceiptOut(Schema):
    bundle: uuid.UUID
    number: str
    seq: int
    cases: list[str] = Field(description="Numbers of the cases opened; others wait for results")
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
    materials: list[MaterialIn] = Field(
        [], max_length=200, description="What is handed in later (supply_later)"
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


class AnswerOut(Schema):
    key: str
    ask: str
    value: str
    label: str


class FactLineOut(Schema):
    key: str
    label: str
    shown: str = Field(description="Masked where it tells of a person")
    masked: bool


class PromiseOut(Schema):
    id: int
    position: int
    material: str
    signed_by: str = Field(description="Masked")
    signed_how: str
    signed_at: datetime
    check_by: date
    state: str = Field(description="pending | kept | false | repaired")
    finding: str
    overdue: bool


class TransferOut(Schema):
    outlet: str
    organ: str
    sent_at: datetime
    received_at: datetime | None
    received_by: str


class CaseMaterialOut(Schema):
    position: int
    name: str
    state: str
    copies: int
    held_ref: str
    follow_by: date | None = Field(description="The last day on which it may follow")
    overdue: bool


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
    materials: list[CaseMaterialOut]
    situation: list[AnswerOut]
    facts: list[FactLineOut]
    on_behalf: str
    collect_at: str
    transfer: TransferOut | None
    promises: list[PromiseOut]
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
