"""Reading the register, the papers that wait for a custodian, and the ledger: frozen sheets."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.queries import current_posts
from yichuang.documents import permissions, register_rules, rendering, rules, sheets
from yichuang.documents.models import Paper, Seal, SealEvent, SealUse
from yichuang.verdict import Refusal, Verdict

PAGE = 50
EXPORT = 10_000


@dataclass(frozen=True, slots=True)
class SealLine:
    """One seal in the register's list. waiting: the event that waits for a second person, or ""."""

    code: str
    kind: str
    number: str
    name: str
    organ_name: str
    state: str
    approval: str
    custodian: str
    waiting: str
    valid_to: date | None
    demonstration: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """One entry of the register. may: the present reader's verdicts by verb, for open entries."""

    id: int
    event: str
    state: str
    reason: str
    asked_by: str
    asked_at: datetime
    settled_by: str
    settled_at: datetime | None
    settled_reason: str
    custodian: str
    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealSheet:
    """One seal with its life. may_ask: events the reader may ask for now; settle: the verdict on
    confirming the open entry (None without one); mine: the reader asked for it."""

    line: SealLine
    organ_code: str
    custodian_title: str
    valid_from: date
    hours: str
    hours_as_set: Mapping[str, Any]
    items: tuple[str, ...]
    paper_kinds: tuple[str, ...]
    has_picture: bool
    uses: int
    events: tuple[EventLine, ...]
    open: EventLine | None
    may_ask: tuple[str, ...]
    settle: Verdict | None
    mine: bool


@dataclass(frozen=True, slots=True)
class WaitingPaper:
    """A paper that waits for its custodian. may: the reader's verdict on approving it."""

    id: uuid.UUID
    number: str
    title: str
    seal_code: str
    seal_name: str
    custodian: str
    item_name: str
    case_number: str
    handler: str
    created_at: datetime
    may: Verdict


@dataclass(frozen=True, slots=True)
class RefusedPaper:
    """A paper whose sealing was refused and that is not sealed yet. state: intended (waits) or failed."""

    number: str
    title: str
    seal_name: str
    case_number: str
    state: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One impression."""

    position: int
    number: str
    at: datetime
    seal_code: str
    seal_name: str
    organ_name: str
    paper_title: str
    paper_number: str
    item_code: str
    case_number: str
    copies: int
    handler: str
    approver: str
    grant_number: str
    note: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """What the ledger is searched by; "" and None mean no limit. Days are inclusive, local."""

    since: date | None = None
    until: date | None = None
    seal: str = ""
    item: str = ""
    case: str = ""
    number: str = ""


def register(actor: Actor, *, state: str = "", words: str = "") -> list[SealLine]:
    """The seals this reader may see, by organ. Two SQL."""
    rows = Seal.objects.filter(permissions.visible_to(actor))
    if state:
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(code__icontains=words) | Q(organ__name__icontains=words)
        )
    rows = rows.select_related("organ", "custodian").order_by("organ__division_id", "code")[:500]
    waiting = dict(SealEvent.objects.filter(state=rules.PROPOSED).values_list("seal_id", "event"))
    return [_line(row, waiting.get(row.code, "")) for row in rows]


def seal_sheet(code: str, actor: Actor) -> SealSheet:
    """One seal. Refusal "seal-unknown" (404), also for a seal that is not this reader's. Four SQL."""
    row = Seal.objects.select_related("organ", "custodian").filter(pk=code).first()
    if row is None or not (permissions.may_see(actor, row) or _receives(actor, row)):
        raise _unknown()
    events = list(row.events.select_related("custodian").order_by("-asked_at", "-id"))
    waiting = next((event for event in events if event.state == rules.PROPOSED), None)
    settle = None if waiting is None else permissions.may_settle(actor, row, waiting)
    may = permissions.may_ask(actor, row)
    offers = register_rules.open_events(row.state) if may and waiting is None else ()
    return SealSheet(
        line=_line(row, waiting.event if waiting else ""),
        organ_code=row.organ_id,
        custodian_title=row.custodian_title,
        valid_from=row.valid_from,
        hours=register_rules.spoken_hours(row.hours),
        hours_as_set=row.hours,
        items=tuple(row.items),
        paper_kinds=tuple(row.paper_kinds),
        has_picture=row.picture_id is not None,
        uses=SealUse.objects.filter(seal=row).aggregate(all=Count("id"))["all"],
        events=tuple(_event(event) for event in events),
        open=_event(waiting) if waiting else None,
        may_ask=offers,
        settle=settle,
        mine=waiting is not None and waiting.asked_person == actor.person_id,
    )


def specimen(code: str, actor: Actor, *, at: datetime) -> bytes:
    """The specimen sheet (印模) of a seal as PDF, in its true size."""
    sheet = seal_sheet(code, actor)
    row = Seal.objects.select_related("organ").get(pk=code)
    line = sheet.line
    facts = [
        ("印章名称", line.name),
        ("印章编码", line.code),
        ("种类", str(rules.SEAL_KINDS[line.kind])),
        ("所属机关", line.organ_name),
        ("编号", line.number or "无"),
        ("启用日期", line_day(sheet.valid_from)),
        ("状态", str(rules.SEAL_STATES[line.state])),
        ("保管岗位", sheet.custodian_title),
        ("打印日期", line_day(localdate(at))),
    ]
    return rendering.specimen(sheets.mark_of(row), facts, at=at)


def line_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def custodians(on: date) -> list[tuple[int, str]]:
    """Everybody who may be handed a seal that day: (account, name and post). One SQL."""
    posts = current_posts(on).filter(role=roles.CUSTODIAN, user__is_active=True)
    rows = posts.select_related("user").order_by("organ_code", "user__display_name")
    return [(post.user_id, f"{post.user.display_name}（{post.title}）") for post in rows]


def waiting_papers(actor: Actor) -> list[WaitingPaper]:
    """The papers that wait for a custodian's approval, oldest first; a custodian sees their own. One SQL."""
    rows = _waiting(actor).order_by("created_at")[:200]
    return [_waits(row, actor) for row in rows]


def waiting_paper(paper_id: uuid.UUID, actor: Actor) -> WaitingPaper:
    """One of them. Refusal "paper-unknown" (404)."""
    row = _waiting(actor).filter(pk=paper_id).first()
    if row is None:
        raise Refusal(
            "paper-unknown",
            _("没有这份待用印的文书：可能已经批准、退回，或者不归您看。"),
            remedy=_("请回到“待用印”看现在的状态。"),
            status=404,
        )
    return _waits(row, actor)


def count_waiting(actor: Actor) -> int:
    """How many this person has to approve. One SQL; none for who is no custodian."""
    if actor.role != roles.CUSTODIAN:
        return 0
    return Paper.objects.filter(state=rules.AWAITING, seal__custodian_id=actor.person_id).count()


def refused_papers(actor: Actor, *, limit: int = PAGE) -> list[RefusedPaper]:
    """Papers whose sealing was refused and that still lack their file, newest first. One SQL."""
    seals = Seal.objects.filter(permissions.visible_to(actor))
    rows = Paper.objects.exclude(reason="").exclude(state=rules.SEALED).filter(seal__in=seals)
    return [
        RefusedPaper(
            row.number,
            rules.PAPER_KINDS[row.kind].name,
            row.seal.name,
            row.content.get("case_number", ""),
            row.state,
            row.reason,
            row.created_at,
        )
        for row in rows.select_related("seal").order_by("-created_at")[:limit]
    ]


def ledger(actor: Actor, search: Search, *, before: int | None = None) -> list[LedgerLine]:
    """PAGE + 1 lines of the ledger, newest first, from below position `before`. One SQL."""
    rows = _found(actor, search)
    if before is not None:
        rows = rows.filter(position__lt=before)
    return [_ledger_line(row) for row in rows[: PAGE + 1]]


def export(actor: Actor, search: Search) -> Iterator[LedgerLine]:
    """At most EXPORT lines for a file, newest first, read in batches."""
    for row in _found(actor, search)[:EXPORT].iterator(1000):
        yield _ledger_line(row)


def _found(actor: Actor, search: Search) -> QuerySet[SealUse]:
    seals = Seal.objects.filter(permissions.visible_to(actor))
    rows = SealUse.objects.filter(seal__in=seals)
    exact = {
        "seal_id": search.seal,
        "item_code": search.item,
        "case_number": search.case,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if search.number:
        rows = rows.filter(Q(number=search.number) | Q(paper__number=search.number))
    if search.since:
        rows = rows.filter(at__gte=make_aware(datetime.combine(search.since, time.min)))
    if search.until:
        rows = rows.filter(at__lte=make_aware(datetime.combine(search.until, time.max)))
    return rows.select_related("seal", "organ", "paper").order_by("-position")


def _waiting(actor: Actor) -> QuerySet[Paper]:
    rows = Paper.objects.filter(state=rules.AWAITING).select_related(
        "seal__organ", "seal__custodian"
    )
    if actor.role == roles.CUSTODIAN:
        return rows.filter(seal__custodian_id=actor.person_id)
    return rows.filter(seal__in=Seal.objects.filter(permissions.visible_to(actor)))


def _waits(row: Paper, actor: Actor) -> WaitingPaper:
    return WaitingPaper(
        id=row.pk,
        number=row.number,
        title=rules.PAPER_KINDS[row.kind].name,
        seal_code=row.seal_id,
        seal_name=row.seal.name,
        custodian=row.seal.custodian.display_name if row.seal.custodian else "",
        item_name=row.content.get("item_name", ""),
        case_number=row.content.get("case_number", ""),
        handler=row.content.get("handler", ""),
        created_at=row.created_at,
        may=permissions.may_approve(actor, row.seal),
    )


def _receives(actor: Actor, seal: Seal) -> bool:
    """Whether this seal is being handed to the reader, who must read what they sign for."""
    return seal.events.filter(state=rules.PROPOSED, custodian_id=actor.person_id).exists()


def _line(row: Seal, waiting: str) -> SealLine:
    return SealLine(
        code=row.code,
        kind=row.kind,
        number=row.number,
        name=row.name,
        organ_name=row.organ.name,
        state=row.state,
        approval=row.approval,
        custodian=row.custodian.display_name if row.custodian else "",
        waiting=waiting,
        valid_to=row.valid_to,
        demonstration=row.demonstration,
    )


def _event(row: SealEvent) -> EventLine:
    return EventLine(
        id=row.pk,
        event=row.event,
        state=row.state,
        reason=row.reason,
        asked_by=row.asked_by.get("name", ""),
        asked_at=row.asked_at,
        settled_by=(row.settled_by or {}).get("name", ""),
        settled_at=row.settled_at,
        settled_reason=row.settled_reason,
        custodian=row.custodian.display_name if row.custodian else "",
        change=row.change,
    )


def _ledger_line(row: SealUse) -> LedgerLine:
    return LedgerLine(
        position=row.position,
        number=row.number,
        at=row.at,
        seal_code=row.seal_id,
        seal_name=row.seal.name,
        organ_name=row.organ.name,
        paper_title=rules.PAPER_KINDS[row.paper.kind].name,
        paper_number=row.paper.number,
        item_code=row.item_code,
        case_number=row.case_number,
        copies=row.copies,
        handler=row.handler_name,
        approver=row.approver_name,
        grant_number=row.grant_number,
        note=row.note,
        row_hash=row.row_hash,
    )


def _unknown() -> Refusal:
    return Refusal(
        "seal-unknown",
        _("印章登记里没有这枚印章，或者不归您看。"),
        remedy=_("请回到印章登记重新选择。"),
        status=404,
    )
