"""Reading licences: the holder's wallet, the organ's register, and how one stands for whoever checks
its paper. Small frozen sheets."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.documents.models import Paper
from yichuang.documents.rules import SEALED
from yichuang.journal.models import Entry
from yichuang.licences import issuing, permissions, rules
from yichuang.licences.models import Licence, LicenceType, Reader


@dataclass(frozen=True, slots=True)
class Card:
    """A licence in its holder's wallet, or in the register. state: a key of rules.STANDINGS. ready:
    its file is sealed; before, it is being made and good for nothing."""

    id: uuid.UUID
    seq: int
    name: str
    name_en: str
    number: str
    holder_mask: str
    identity_mask: str
    organ: str
    valid_from: date
    valid_to: date | None
    state: str
    reason: str
    ready: bool
    draft: bool
    demonstration: bool
    issued_at: datetime

    @property
    def state_name(self) -> str:
        return str(rules.STANDINGS[self.state])

    @property
    def usable(self) -> bool:
        return self.ready and self.state == rules.ACTIVE


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a licence's history. by: who, in words for its holder."""

    at: datetime
    what: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class LicenceSheet:
    """One licence whole. file_id: its sealed PDF, None while it is being made."""

    card: Card
    type_code: str
    facts: tuple[tuple[str, str], ...]
    basis: str
    case_number: str
    item_code: str
    verify_code: str
    sha256: str
    identifier: str
    file_id: uuid.UUID | None
    replaces: str
    replaced_by: str
    history: tuple[Happening, ...]
    may_change: bool = False  # whether who asked may suspend, lift or replace it


@dataclass(frozen=True, slots=True)
class Standing:
    """How the licence on a paper stands. state: a key of rules.STANDINGS. since: the day on which it
    came to stand like this."""

    number: str
    state: str
    state_name: str
    since: date
    replaced_by: str

    @property
    def good(self) -> bool:
        return self.state == rules.ACTIVE


def wallet(*, owner: int, on: date) -> tuple[Card, ...]:
    """What lies in an account's wallet: in force first, then the newest. 1 SQL."""
    cards = [_card(row, on) for row in _rows().filter(owner_user=owner)]
    return tuple(sorted(cards, key=lambda card: (not card.usable, -card.issued_at.timestamp())))


def mine(*, licence_id: uuid.UUID, owner: int, on: date) -> LicenceSheet:
    """One licence of this account's wallet. Refusal "licence-unknown" (404). 2 SQL."""
    row = _rows().filter(pk=licence_id, owner_user=owner).first()
    if row is None:
        raise permissions.unseen()
    return _sheet(row, on)


def register(
    *, actor: Actor, on: date, number: str = "", state: str = "", limit: int = 100
) -> tuple[Card, ...]:
    """The newest licences that this actor may read, by part of the number or by stored state."""
    rows = _rows().filter(permissions.visible_to(actor))
    if number:
        rows = rows.filter(number__contains=number)
    if state in rules.STATES:
        rows = rows.filter(state=state)
    return tuple(_card(row, on) for row in rows.order_by("-issued_at")[:limit])


def registered(*, licence_id: uuid.UUID, actor: Actor, on: date) -> LicenceSheet:
    """One licence of the register. Refusal "licence-unknown" (404). 2 SQL."""
    row = _rows().filter(permissions.visible_to(actor), pk=licence_id).first()
    if row is None:
        raise permissions.unseen()
    return replace(_sheet(row, on), may_change=bool(permissions.may_change(actor, row)))


def types() -> tuple[LicenceType, ...]:
    """Every type, by code; rows are read, never changed. 1 SQL."""
    return tuple(LicenceType.objects.order_by("code"))


def readers() -> tuple[Reader, ...]:
    """Every leave to ask that was given, the newest first. 1 SQL."""
    return tuple(Reader.objects.order_by("-admitted_at"))


def standing_of(paper_ids: Collection[uuid.UUID], *, on: date) -> dict[uuid.UUID, Standing]:
    """How the licences on these papers stand, by paper; other papers are left out. 1 SQL."""
    rows = Licence.objects.filter(paper__in=paper_ids).select_related("replaced_by")
    return {row.paper_id: _standing(row, on) for row in rows}


def standing_by_number(number: str, *, on: date) -> Standing | None:
    """As `standing_of`, by the paper's number, which is the licence's. 1 SQL."""
    row = Licence.objects.filter(number=number).select_related("replaced_by").first()
    return _standing(row, on) if row else None


def _rows() -> QuerySet[Licence]:
    return Licence.objects.select_related("type", "paper", "replaces", "replaced_by")


def _state(row: Licence, on: date) -> str:
    return rules.standing(row.state, row.valid_from, row.valid_to, on)


def _standing(row: Licence, on: date) -> Standing:
    state = _state(row, on)
    later = getattr(row, "replaced_by", None)
    return Standing(
        number=row.number,
        state=state,
        state_name=str(rules.STANDINGS[state]),
        since=rules.since(state, timezone.localdate(row.changed_at), row.valid_to),
        replaced_by=later.number if later else "",
    )


def _card(row: Licence, on: date) -> Card:
    state = _state(row, on)
    paper: Paper = row.paper
    return Card(
        id=row.pk,
        seq=row.seq,
        name=row.type.name,
        name_en=row.type.name_en,
        number=row.number,
        holder_mask=row.name_mask,
        identity_mask=row.identity_mask,
        organ=paper.organ_name,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        state=state,
        reason=row.reason if state == row.state else "",
        ready=paper.state == SEALED,
        draft=row.type.draft,
        demonstration=bool(paper.content.get("demonstration")),
        issued_at=timezone.localtime(row.issued_at),
    )


def _sheet(row: Licence, on: date) -> LicenceSheet:
    about = row.paper.content[issuing.KIND]
    later = getattr(row, "replaced_by", None)
    return LicenceSheet(
        card=_card(row, on),
        type_code=row.type.catalogue_code,
        facts=tuple((one["label"], one["value"]) for one in about["facts"]),
        basis=about["basis"],
        case_number=row.case_number,
        item_code=row.item_code,
        verify_code=row.paper.verify_code,
        sha256=row.paper.sha256,
        identifier=rules.identifier(row.pk),
        file_id=row.paper.file_id,
        replaces=row.replaces.number if row.replaces else "",
        replaced_by=later.number if later else "",
        history=_history(row.stream),
    )


MOST_LINES = 200


def _history(stream: str) -> tuple[Happening, ...]:
    """Everything that happened to a licence, the newest first: every look, by whom and what for."""
    rows = Entry.objects.filter(stream=stream).order_by("-index")[:MOST_LINES]
    words = {
        "licence.issued": _("颁发"),
        "licence.offered": _("本人出示，生成二维码"),
        "licence.shown": _("扫码查看"),
        "licence.used": _("用作申请材料"),
        "licence.queried": _("其他系统查询"),
        "licence.suspended": _("暂停使用"),
        "licence.lifted": _("恢复使用"),
        "licence.replaced": _("换发新证"),
        "licence.revoked": _("撤销"),
    }
    return tuple(
        Happening(
            timezone.localtime(row.at),
            words.get(row.kind, row.kind),
            _who(row.kind, row.author, row.payload),
            _note(row.kind, row.payload),
        )
        for row in rows
    )


def _who(kind: str, author: dict[str, Any], payload: dict[str, Any]) -> str:
    if kind == "licence.shown":
        viewer = payload.get("viewer", "")
        return _("扫码的人，自称“%(viewer)s”") % {"viewer": viewer} if viewer else _("扫码的人")
    if kind == "licence.queried":
        return str(payload.get("reader", ""))
    if author.get("role") == "resident":
        return _("本人")
    return str(author.get("name", ""))


def _note(kind: str, payload: dict[str, Any]) -> str:
    if kind in ("licence.offered", "licence.shown"):
        purpose = payload.get("purpose", "")
        said = str(rules.PURPOSES[purpose]) if purpose in rules.PURPOSES else purpose
        return _("用途：%(purpose)s") % {"purpose": said}
    if kind == "licence.queried":
        text = _("用途：%(purpose)s") % {"purpose": payload.get("purpose", "")}
        return _("%(text)s；取走了文件") % {"text": text} if payload.get("file") else text
    if kind == "licence.used":
        return _("只用于办件%(case)s“%(purpose)s”") % {
            "case": payload.get("case", ""),
            "purpose": payload.get("purpose", ""),
        }
    return str(payload.get("reason", ""))
