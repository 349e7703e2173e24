"""Reading referrals (转办): where a matter goes, the lists of a counter and a company, one whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.queries import current_posts
from yichuang.authority import queries as authority
from yichuang.authority.facts import GUIDE
from yichuang.authority.rules import resolve
from yichuang.cases import fact_rules, tracking
from yichuang.cases import handing_permissions as permissions
from yichuang.cases import handing_rules as rules
from yichuang.cases.contact_queries import Line, item_name, timeline
from yichuang.cases.models import Referral
from yichuang.cases.sheets import Deadline
from yichuang.clock.queries import calendar
from yichuang.clock.rules import remaining, warning
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

PAGE = 50
DAY = timedelta(days=1)
STATES: Mapping[str, Any] = {
    "handed": gettext_lazy("已转交"),
    "received": gettext_lazy("对方已接收"),
    "need_more": gettext_lazy("对方要求补充"),
    "done": gettext_lazy("已办好"),
    "refused": gettext_lazy("未能办理"),
    "withdrawn": gettext_lazy("已撤回"),
}
TOLD_HOW: Mapping[str, Any] = {
    "phone": gettext_lazy("电话"),
    "in_person": gettext_lazy("当面"),
    "visit": gettext_lazy("上门"),
}
# lists by whose they are: "window" works with the applicant, "company" with the matter
TABS: Mapping[str, Mapping[str, tuple[Any, Q]]] = {
    "window": {
        "tell": (
            gettext_lazy("要告知申请人"),
            Q(state__in=("need_more", *rules.ANSWERED), told_at__isnull=True),
        ),
        "supply": (gettext_lazy("等申请人补充"), Q(state="need_more", told_at__isnull=False)),
        "running": (gettext_lazy("对方办理中"), Q(state__in=("handed", "received"))),
        "over": (
            gettext_lazy("已了结"),
            Q(state="withdrawn") | Q(state__in=rules.ANSWERED, told_at__isnull=False),
        ),
    },
    "company": {
        "new": (gettext_lazy("待接收"), Q(state="handed")),
        "todo": (gettext_lazy("待答复"), Q(state="received")),
        "waiting": (gettext_lazy("等补充"), Q(state="need_more")),
        "over": (gettext_lazy("已了结"), Q(state__in=(*rules.ANSWERED, "withdrawn"))),
    },
}
OVERDUE = "overdue"  # a list beside the tabs


@dataclass(frozen=True, slots=True)
class Body:
    """A company or bureau that a matter may be handed to."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an item's matter goes. guided: another body's, so no window takes it in as a case.

    connected: those that somebody sits at, and that can therefore be handed to.
    """

    item_code: str
    item_name: str
    guided: bool
    organ_code: str
    organ_name: str
    connected: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """One line of a list."""

    id: uuid.UUID
    number: str
    item_name: str
    item_name_en: str
    applicant: str
    place: str
    outlet: str
    organ: str
    state: str
    handed_at: datetime
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the item's situation and how it was answered, in words."""

    ask: str
    ask_en: str
    answer: str
    answer_en: str


@dataclass(frozen=True, slots=True)
class ReferralSheet:
    """Everything a page shows of one referral; the person masked. may: the events open to the actor.

    materials: (name, goes along).
    """

    id: uuid.UUID
    number: str
    seq: int
    item_code: str
    item_name: str
    item_name_en: str
    promised_days: int
    days_draft: bool
    applicant_kind: str
    applicant: str
    identity: str
    phone: str
    place: str
    outlet: str
    organ: str
    state: str
    deadline: Deadline
    handed_at: datetime
    received_at: datetime | None
    answered_at: datetime | None
    told_at: datetime | None
    answer: str
    situation: tuple[Answered, ...]
    materials: tuple[tuple[str, bool], ...]
    timeline: tuple[Line, ...]
    may: tuple[str, ...]
    tracking_code: str


def destination(item_code: str, on: date) -> Destination:
    """Whose matter an item is, and which bodies it can be handed to. 2 SQL.

    Refusal "item-unknown" (404) and the like.
    """
    order = authority.order()
    item = order.item(item_code, on)
    competence = order.competence(item_code, on)
    guided = competence is not None and competence.role == GUIDE
    county = order.county
    organ = None
    if competence is not None and county is not None:
        organ = resolve(competence.decider, order.bodies_of(county))
    connected: tuple[Body, ...] = ()
    if guided and organ is not None:
        seated = current_posts(on).filter(role=roles.COUNTERPARTY).values("organ_code")
        rows = Organ.objects.filter(Q(pk=organ.code) | Q(parent=organ.code), pk__in=seated)
        connected = tuple(Body(row.code, row.name, row.name_en) for row in rows.order_by("code"))
    return Destination(
        item_code,
        item.name,
        guided,
        organ.code if organ else "",
        organ.name if organ else competence.note if competence else "",
        connected,
    )


def side_of(actor: Actor) -> str:
    """Which lists a post works from."""
    return "company" if actor.role == roles.COUNTERPARTY else "window"


def referrals(*, actor: Actor, tab: str, today: date, limit: int = PAGE) -> tuple[ReferralRow, ...]:
    """One tab (or OVERDUE) of the actor's referrals: nearest due day first; what is over, newest
    first. 2 SQL. Refusal "worklist-unknown" (404)."""
    rows = Referral.objects.filter(permissions.visible_referrals(actor), _tab(actor, tab, today))
    by_due = ("-handed_at",) if tab == "over" else (F("due_on").asc(nulls_last=True), "handed_at")
    order = authority.order()
    return tuple(_row(row, order, today) for row in rows.order_by(*by_due)[:limit])


def counts(*, actor: Actor, today: date) -> dict[str, int]:
    """How many lie in each tab that calls for work, and how many are overdue. 1 SQL."""
    wanted = {tab: Count("pk", filter=q) for tab, (_n, q) in TABS[side_of(actor)].items()}
    wanted.pop("over")
    wanted[OVERDUE] = Count("pk", filter=_overdue(today))
    return Referral.objects.filter(permissions.visible_referrals(actor)).aggregate(**wanted)


def referral_sheet(*, referral_id: uuid.UUID, actor: Actor, today: date) -> ReferralSheet:
    """One referral for somebody who may see it. 3 SQL. Refusal "referral-not-found" (404)."""
    row = Referral.objects.filter(pk=referral_id).select_related("item_version").first()
    if row is None:
        permissions.no_such_referral().enforce(status=404)
    assert row is not None
    permissions.may_see_referral(actor, row).enforce(status=404)
    return _sheet(row, actor, today)


def tracked(*, code: str, today: date) -> ReferralSheet:
    """The referral behind an applicant's code. Refusal "tracking-unknown" (404)."""
    found = Referral.objects.filter(tracking_index=tracking.index(code))
    row = found.select_related("item_version").first()
    if row is None:
        raise tracking.unknown()
    return _sheet(row, None, today)


def facts_shown(referral: Referral, facts_json: str) -> tuple[tuple[str, str], ...]:
    """(label, text) of opened facts, in the order the form asks them. 1 SQL at most."""
    facts: dict[str, str] = json.loads(facts_json) if facts_json else {}
    version = authority.order().version(referral.item_id, referral.item_version_id)
    shown = [(one.label, one.shown) for one in fact_rules.lines(version.facts, facts, whole=True)]
    if "content" in facts:
        shown.append((_("申请内容"), facts["content"]))
    return tuple(shown)


def _tab(actor: Actor, tab: str, today: date) -> Q:
    tabs = TABS[side_of(actor)]
    if tab == OVERDUE:
        return _overdue(today)
    if tab not in tabs:
        raise Refusal(
            "worklist-unknown",
            _("您的岗位没有这个列表。"),
            remedy=_("请从菜单选择列表，或切换岗位。"),
            status=404,
        )
    return tabs[tab][1]


def _overdue(today: date) -> Q:
    """Promised for a day that has passed, and not answered. Waiting for the applicant does not count."""
    return Q(state__in=("handed", "received"), due_on__lt=today)


def _deadline(row: Referral, today: date) -> Deadline:
    if row.state == "need_more":
        return Deadline(row.due_on, None, "paused")
    if row.state not in rules.OPEN_REFERRALS:
        return Deadline(row.due_on, None, "done")
    if row.due_on is None:
        return Deadline(None, None, "unknown")
    try:
        left = remaining(today, row.due_on, calendar())
    except Refusal:
        return Deadline(row.due_on, None, "unknown")
    return Deadline(row.due_on, left, warning(left))


def _row(row: Referral, order: authority.Order, today: date) -> ReferralRow:
    name, name_en = item_name(order, row.item_id)
    return ReferralRow(
        id=row.pk,
        number=row.number,
        item_name=name,
        item_name_en=name_en,
        applicant=row.name_mask,
        place=order.place(row.place_id).name,
        outlet=order.outlet(row.outlet_id).name,
        organ=order.organs[row.organ_id].name,
        state=row.state,
        handed_at=timezone.localtime(row.handed_at),
        deadline=_deadline(row, today),
    )


def _sheet(row: Referral, actor: Actor | None, today: date) -> ReferralSheet:
    order = authority.order()
    version = order.version(row.item_id, row.item_version_id)
    return ReferralSheet(
        id=row.pk,
        number=row.number,
        seq=row.seq,
        item_code=row.item_id,
        item_name=version.name,
        item_name_en=version.name_en,
        promised_days=version.promised_days,
        days_draft=row.item_version.days_draft,
        applicant_kind=row.kind,
        applicant=row.name_mask,
        identity=row.identity_mask,
        phone=row.phone_mask,
        place=order.place(row.place_id).name,
        outlet=order.outlet(row.outlet_id).name,
        organ=order.organs[row.organ_id].name,
        state=row.state,
        deadline=_deadline(row, today),
        handed_at=timezone.localtime(row.handed_at),
        received_at=row.received_at,
        answered_at=row.answered_at,
        told_at=row.told_at,
        answer=row.answer,
        situation=tuple(
            Answered(question.ask, question.ask_en, option.label, option.label_en)
            for question in version.questions
            for option in question.options
            if row.situation.get(question.key) == option.value
        ),
        materials=tuple((m["name"], m["state"] == "submitted") for m in row.materials),
        timeline=timeline(row.stream, {f"referral.{e}": s for e, s in rules.REFERRAL.items()}),
        may=_may(row, actor) if actor else (),
        tracking_code=tracking.code(row.pk),
    )


def _may(row: Referral, actor: Actor) -> tuple[str, ...]:
    """The events open to the actor; telling only while nobody was told."""
    return tuple(
        event
        for event, step in rules.REFERRAL.items()
        if rules.may_happen(step, row.state)
        and permissions.may_on_referral(actor, step, row)
        and not (event == "tell" and row.told_at is not None)
    )
