"""Reading contacts (首问): the lists of a person and an outlet, and one contact whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import handing_permissions as permissions
from yichuang.cases import handing_rules as rules
from yichuang.cases.models import Contact
from yichuang.clock.queries import calendar
from yichuang.journal.models import Entry

PAGE = 50
STATES: Mapping[str, Any] = {
    "open": gettext_lazy("首问人负责"),
    "handed": gettext_lazy("已转交，待接收"),
    "received": gettext_lazy("已接收"),
    "closed": gettext_lazy("已了结"),
}
OUTCOMES: Mapping[str, Any] = {
    "answered": gettext_lazy("当场答复"),
    "taken_in": gettext_lazy("已收件"),
    "elsewhere": gettext_lazy("不属本窗口，已指引"),
    "not_needed": gettext_lazy("不需要办理"),
    "handed_over": gettext_lazy("已由接收人办理"),
}
TABS: Mapping[str, Any] = {
    "mine": gettext_lazy("我负责的"),
    "to_us": gettext_lazy("转给我们的"),
    "outlet": gettext_lazy("本网点全部"),
    "closed": gettext_lazy("已了结"),
}


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of a list. waited: working days, None when over or unknown; colour as rules.colour."""

    id: uuid.UUID
    number: str
    matter: str
    item_name: str
    item_name_en: str
    asked_at: datetime
    first: str
    where: str
    state: str
    waited: int | None
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story."""

    event: str
    name: str
    at: datetime
    author: str
    role: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """Everything a page shows of one contact; the phone masked. may: the events open to the actor."""

    id: uuid.UUID
    number: str
    seq: int
    matter: str
    item_code: str
    item_name: str
    item_name_en: str
    state: str
    outlet: str
    handed_to: str
    owner: str
    mine: bool
    asked_at: datetime
    waited: int | None
    colour: str
    phone: str
    outcome: str
    answer: str
    case_id: uuid.UUID | None
    case_number: str
    timeline: tuple[Line, ...]
    may: tuple[str, ...]


def contacts(*, actor: Actor, tab: str, today: date, limit: int = PAGE) -> tuple[ContactRow, ...]:
    """One tab of the actor's contacts: who waits longest first, what is over newest first. 2 SQL."""
    order = authority.order()
    rows = (
        Contact.objects.filter(permissions.visible_contacts(actor), _tab(actor, tab))
        .select_related("outlet", "handed_to", "handed_organ")
        .order_by("-asked_at" if tab == "closed" else "asked_at")[:limit]
    )
    return tuple(_row(row, order, today) for row in rows)


def counts(*, actor: Actor) -> dict[str, int]:
    """How many lie in each tab that calls for work. 1 SQL."""
    rows = Contact.objects.filter(permissions.visible_contacts(actor)).exclude(state="closed")
    wanted = {tab: Count("pk", filter=_tab(actor, tab)) for tab in TABS if tab != "closed"}
    return rows.aggregate(**wanted)


def contact_sheet(*, contact_id: uuid.UUID, actor: Actor, today: date) -> ContactSheet:
    """One contact for somebody who may see it. 3 SQL. Refusal "contact-not-found" (404)."""
    row = (
        Contact.objects.filter(pk=contact_id)
        .select_related("outlet", "handed_to", "handed_organ", "case")
        .first()
    )
    if row is None:
        permissions.no_such_contact().enforce(status=404)
    assert row is not None
    permissions.may_see_contact(actor, row).enforce(status=404)
    line = _row(row, authority.order(), today)
    story = timeline(row.stream, {f"contact.{e}": s for e, s in rules.CONTACT.items()})
    owners = [one for one in story if one.event in ("open", "receive")]
    return ContactSheet(
        id=row.pk,
        number=row.number,
        seq=row.seq,
        matter=row.matter,
        item_code=row.item_id or "",
        item_name=line.item_name,
        item_name_en=line.item_name_en,
        state=row.state,
        outlet=row.outlet.name,
        handed_to=_handed_to(row),
        owner=owners[-1].author if owners else "",
        mine=actor.person_id is not None and actor.person_id == row.owner_user,
        asked_at=line.asked_at,
        waited=line.waited,
        colour=line.colour,
        phone=row.phone_mask,
        outcome=row.outcome,
        answer=row.answer,
        case_id=row.case_id,
        case_number=row.case.number if row.case else "",
        timeline=story,
        may=tuple(
            event
            for event, step in rules.CONTACT.items()
            if rules.may_happen(step, row.state) and permissions.may_on_contact(actor, step, row)
        ),
    )


def timeline(stream: str, steps: Mapping[str, rules.Step]) -> tuple[Line, ...]:
    """The story of a stream, oldest first; entries of other kinds (a look) are left out. 1 SQL."""
    entries = Entry.objects.filter(stream=stream, seq__isnull=False).order_by("seq")
    return tuple(
        Line(
            event=steps[entry.kind].event,
            name=str(steps[entry.kind].name),
            at=timezone.localtime(entry.at),
            author=entry.author.get("name", ""),
            role=entry.author.get("role", ""),
            detail=entry.payload,
        )
        for entry in entries
        if entry.kind in steps
    )


def item_name(order: Order, code: str) -> tuple[str, str]:
    """An item's newest name, Chinese and English; ("", "") for no item. No SQL."""
    versions = order.items.get(code, ())
    return (versions[-1].name, versions[-1].name_en) if versions else ("", "")


def _tab(actor: Actor, tab: str) -> Q:
    if tab == "to_us":
        if actor.outlet_code:
            return Q(state="handed", handed_to_id=actor.outlet_code)
        return Q(state="handed", handed_organ_id=actor.organ_code)
    if tab == "outlet":
        return ~Q(state="closed")
    if tab == "closed":
        return Q(state="closed")
    return Q(owner_user=actor.person_id) & ~Q(state="closed")


def _handed_to(row: Contact) -> str:
    if row.handed_to:
        return row.handed_to.name
    return row.handed_organ.name if row.handed_organ else ""


def _row(row: Contact, order: Order, today: date) -> ContactRow:
    """Waiting is counted from the asking; from the receiving for whoever took it over."""
    since = timezone.localdate(row.received_at or row.asked_at)
    name, name_en = item_name(order, row.item_id or "")
    days = None if row.state == "closed" else rules.waited(since, today, calendar())
    return ContactRow(
        id=row.pk,
        number=row.number,
        matter=row.matter,
        item_name=name,
        item_name_en=name_en,
        asked_at=timezone.localtime(row.asked_at),
        first=row.asked_by.get("name", ""),
        where=_handed_to(row) if row.state in ("handed", "received") else row.outlet.name,
        state=row.state,
        waited=days,
        colour=rules.colour(days),
    )
