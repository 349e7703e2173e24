"""What a page shows of a 一件事: the joint form before it is taken in, the whole as it runs, and
what doing it at once spares."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts.actor import Actor
from yichuang.authority import facts as powers
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import bundle_permissions, chain_rules, lifecycle, permissions, tracking
from yichuang.cases.chain_rules import Measure, Spared
from yichuang.cases.models import Bundle, Link
from yichuang.cases.queries.deadlines import deadline
from yichuang.cases.sheets import Deadline
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import situations
from yichuang.catalogue.drafts import Fact
from yichuang.catalogue.queries import ItemGuide, MaterialSheet
from yichuang.documents import queries as documents
from yichuang.documents.queries import PaperSheet
from yichuang.journal.models import Entry

PAGE = 50
STATES: Mapping[str, Any] = {
    "running": gettext_lazy("办理中"),
    "done": gettext_lazy("全部办结"),
    "withdrawn": gettext_lazy("已撤回"),
}
LINKS: Mapping[str, Any] = {
    chain_rules.WAITING: gettext_lazy("等前面的结果"),
    chain_rules.OPEN: gettext_lazy("办理中"),
    chain_rules.DONE: gettext_lazy("已办成"),
    chain_rules.FAILED: gettext_lazy("未办成"),
    chain_rules.BLOCKED: gettext_lazy("前面未办成，不能办"),
    chain_rules.SKIPPED: gettext_lazy("前面已办成，不用再办"),
    chain_rules.WITHDRAWN: gettext_lazy("已撤回"),
    chain_rules.GUIDED: gettext_lazy("请自己去办"),
    chain_rules.GUIDED_DONE: gettext_lazy("已有结果"),
}
# the kind of status that each is, in design's words
KINDS = {"running": "progress", "done": "done", "withdrawn": "neutral"}
LINK_KINDS = {
    chain_rules.WAITING: "waiting",
    chain_rules.OPEN: "progress",
    chain_rules.DONE: "done",
    chain_rules.FAILED: "refused",
    chain_rules.BLOCKED: "refused",
    chain_rules.SKIPPED: "neutral",
    chain_rules.WITHDRAWN: "neutral",
    chain_rules.GUIDED: "attention",
    chain_rules.GUIDED_DONE: "done",
}
ACTS: Mapping[str, Any] = {
    "bundle.taken_in": gettext_lazy("收下整件事"),
    "bundle.moved": gettext_lazy("前面有了结果，接着往下办"),
    "bundle.guided_done": gettext_lazy("登记申请人已自己办好一项"),
    "bundle.withdrawn": gettext_lazy("撤回"),
}


# -- the joint form --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Portion:
    """One item of the matter that an office here takes in, with the answers given so far."""

    seq: int
    guide: ItemGuide
    answers: Mapping[str, str]

    @property
    def materials(self) -> tuple[MaterialSheet, ...]:
        return self.guide.exact(self.answers)

    @property
    def outcome(self) -> situations.Outcome:
        return situations.outcome(self.guide.situations, self.answers)


@dataclass(frozen=True, slots=True)
class JointRow:
    """One material of the joint list. items: names of the items that ask for it. later_days, promise:
    only where every one of them allows it. held: the offices look it up themselves."""

    name: str
    sheet: MaterialSheet
    items: tuple[tuple[str, str], ...]
    held: bool
    later_days: int | None
    promise: bool
    where: tuple[str, int]  # (item code, position) of the first, for its promise's text

    @property
    def is_form(self) -> bool:
        return self.name == chain_rules.JOINT_FORM


def portion(seq: int, guide: ItemGuide, said: Mapping[str, str]) -> Portion:
    """The item with the answers that count."""
    known = {q.key: {option.value for option in q.options} for q in guide.questions}
    answers = {key: value for key, value in said.items() if value in known.get(key, ())}
    return Portion(seq, guide, situations.settled(guide.questions, answers))


def joint_facts(portions: Sequence[Portion]) -> list[Fact]:
    """What the one form asks."""
    return chain_rules.asked_once([one.guide.facts for one in portions])


def joint_list(portions: Sequence[Portion], *, whole: bool = False) -> list[JointRow]:
    """The materials of the whole matter, each once, in the order first asked for; the form first.
    whole: whatever the answers, everything that any situation asks for."""
    found: dict[str, list[tuple[Portion, MaterialSheet]]] = {}
    for one in portions:
        for material in one.guide.materials if whole else one.materials:
            name = chain_rules.joint_name(material.name, material.kind)
            found.setdefault(name, []).append((one, material))
    rows = []
    for name, asked in found.items():
        needed = [pair for pair in asked if not pair[1].held] or asked
        days = [material.later_days for _one, material in needed]
        first, sheet = needed[0]
        rows.append(
            JointRow(
                name,
                sheet,
                tuple((one.guide.name, one.guide.name_en) for one, _material in asked),
                all(material.held for _one, material in asked),
                None if None in days else min(day for day in days if day is not None),
                all(material.promise == "allowed" for _one, material in needed),
                (first.guide.code, sheet.seq),
            )
        )
    return sorted(rows, key=lambda row: not row.is_form)


INSTANT_VISITS, PROMISE_VISITS = 1, 2  # where the guide does not say: our choice


def spared(portions: Sequence[Portion], needs: Mapping[int, Sequence[int]]) -> Spared | None:
    """What these items ask one by one, and together; None where there is nothing to put together."""
    if len(portions) < 2:
        return None
    return chain_rules.spared([_measure(one, tuple(needs.get(one.seq, ()))) for one in portions])


def _measure(one: Portion, needs: tuple[int, ...]) -> Measure:
    visits = one.guide.elements.visits
    usual = INSTANT_VISITS if one.guide.handling == "instant" else PROMISE_VISITS
    return Measure(
        seq=one.seq,
        facts=tuple(fact.key for fact in one.guide.facts),
        materials=tuple(
            chain_rules.joint_name(m.name, m.kind) for m in one.materials if not m.held
        ),
        visits=usual if visits is None else visits,
        days=one.guide.promised_days,
        needs=needs,
    )


# -- a bundle --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkSheet:
    """One item of a bundle. after: names of the items it waits for. note: why it could not begin.
    The case's facts are empty while it has none."""

    seq: int
    item_code: str
    item_name: str
    item_name_en: str
    state: str
    state_name: str
    after: tuple[tuple[str, str], ...]
    note: str
    changed_at: datetime
    case_id: uuid.UUID | None = None
    case_number: str = ""
    case_state: str = ""
    decider: str = ""
    deadline: Deadline | None = None
    tracking_code: str = ""
    papers: tuple[PaperSheet, ...] = ()
    missing: bool = False  # the applicant was asked to hand in what is missing


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the whole story. item: "" for what concerns all. told: applicants are told too."""

    title: str
    at: datetime
    author: str
    item: str
    item_en: str
    organ: str
    paper: str
    told: bool


@dataclass(frozen=True, slots=True)
class BundleSheet:
    """Everything a page shows of a bundle; personal numbers masked. may: withdraw, and say that
    guided steps are done."""

    id: uuid.UUID
    number: str
    seq: int
    name: str
    name_en: str
    state: str
    state_name: str
    place: str
    outlet: str
    channel: str
    applicant: str
    identity: str
    phone: str
    filed_at: datetime
    links: tuple[LinkSheet, ...]
    timeline: tuple[Line, ...]
    spared: Spared | None
    tracking_code: str
    may: bool

    @property
    def withdrawable(self) -> tuple[LinkSheet, ...]:
        return tuple(link for link in self.links if link.state in chain_rules.UNSETTLED)


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One line of a list. settled of links: how many have a result."""

    id: uuid.UUID
    number: str
    name: str
    name_en: str
    applicant: str
    state: str
    state_name: str
    filed_at: datetime
    links: int
    settled: int
    tracking_code: str


def bundle_sheet(*, bundle_id: uuid.UUID, actor: Actor, today: date) -> BundleSheet:
    """One bundle for a person who may see it. At most 9 SQL.

    Raises Refusal "case-not-found" (404) both where there is none and where it is not theirs.
    """
    bundle = _found(Q(pk=bundle_id))
    if bundle is None or not bundle_permissions.may_see(actor, bundle):
        raise permissions.unseen()
    return _sheet(bundle, today, may=bool(bundle_permissions.may_act(actor, bundle)))


def tracked(*, code: str, today: date) -> BundleSheet:
    """The bundle behind an applicant's code. One refusal for every code that leads nowhere."""
    bundle = _found(Q(tracking_index=tracking.index(code)))
    if bundle is None:
        raise tracking.unknown()
    return _sheet(bundle, today, may=False)


def rows(*, actor: Actor, limit: int = PAGE) -> list[BundleRow]:
    """The bundles that the actor may see: those under way, then the others; the latest first. 1 SQL
    for none, else 2."""
    found = (
        Bundle.objects.filter(bundle_permissions.visible_to(actor))
        .annotate(over=models.Case(models.When(state="running", then=0), default=1))
        .select_related("chain_version")
        .prefetch_related("links")
        .order_by("over", "-filed_at")
    )
    return [_row(one) for one in found[:limit]]


def _row(bundle: Bundle) -> BundleRow:
    states = [link.state for link in bundle.links.all()]
    return BundleRow(
        bundle.pk,
        bundle.number,
        bundle.chain_version.name,
        bundle.chain_version.name_en,
        bundle.name_mask,
        bundle.state,
        str(STATES[bundle.state]),
        timezone.localtime(bundle.filed_at),
        len(states),
        sum(state not in chain_rules.UNSETTLED for state in states),
        tracking.code(bundle.pk),
    )


def _found(condition: Q) -> Bundle | None:
    return Bundle.objects.select_related("chain_version").filter(condition).first()


def _sheet(bundle: Bundle, today: date, *, may: bool) -> BundleSheet:
    order = authority.order()
    links = list(Link.objects.filter(bundle=bundle).select_related("case").order_by("seq"))
    names = {link.seq: _name(order, link) for link in links}
    streams = {link.case.stream: link for link in links if link.case is not None}
    papers = documents.papers_of_all(list(streams))
    return BundleSheet(
        id=bundle.pk,
        number=bundle.number,
        seq=bundle.seq,
        name=bundle.chain_version.name,
        name_en=bundle.chain_version.name_en,
        state=bundle.state,
        state_name=str(STATES[bundle.state]),
        place=order.place(bundle.place_id).name,
        outlet=order.outlet(bundle.outlet_id).name,
        channel=bundle.channel,
        applicant=bundle.name_mask,
        identity=bundle.identity_mask,
        phone=bundle.phone_mask,
        filed_at=timezone.localtime(bundle.filed_at),
        links=tuple(_link(link, names, papers, order, today) for link in links),
        timeline=_timeline(bundle, streams, names, order),
        spared=_spared(order, bundle, links),
        tracking_code=tracking.code(bundle.pk),
        may=may,
    )


def _name(order: Order, link: Link) -> tuple[str, str]:
    if link.case is not None:
        item = order.version(link.item_id, link.case.item_version_id)
    else:
        item = order.items[link.item_id][-1]
    return item.name, item.name_en


def _link(
    link: Link,
    names: Mapping[int, tuple[str, str]],
    papers: Mapping[str, Sequence[PaperSheet]],
    order: Order,
    today: date,
) -> LinkSheet:
    case = link.case
    facts: dict[str, Any] = {}
    if case is not None:
        facts = {
            "case_id": case.pk,
            "case_number": case.number,
            "case_state": str(lifecycle.STATES[case.state]),
            "decider": order.organs[case.decider_id].name,
            "deadline": deadline(case, today),
            "tracking_code": tracking.code(case.pk),
            "papers": tuple(papers.get(case.stream, ())),
            "missing": case.state == lifecycle.CORRECTION,
        }
    name, name_en = names[link.seq]
    return LinkSheet(
        seq=link.seq,
        item_code=link.item_id,
        item_name=name,
        item_name_en=name_en,
        state=link.state,
        state_name=str(LINKS[link.state]),
        after=tuple(names[seq] for seq in link.needs if seq in names),
        note=link.note,
        changed_at=timezone.localtime(link.changed_at),
        **facts,
    )


def _timeline(
    bundle: Bundle,
    streams: Mapping[str, Link],
    names: Mapping[int, tuple[str, str]],
    order: Order,
) -> tuple[Line, ...]:
    """What happened to the whole and to each of its cases, in the journal's order."""
    lines = []
    entries = Entry.objects.filter(stream__in=[bundle.stream, *streams]).order_by("index")
    for entry in entries:
        link = streams.get(entry.stream)
        row = lifecycle.BY_EVENT.get(entry.kind.removeprefix("case."))
        if (row is None) if link else (entry.kind not in ACTS):
            continue
        title = str(row.name) if link and row else str(ACTS[entry.kind])
        item, item_en = names[link.seq] if link else ("", "")
        lines.append(
            Line(
                title=title,
                at=timezone.localtime(entry.at),
                author=entry.author.get("name", ""),
                item=item,
                item_en=item_en,
                organ=_organ(entry, link, order),
                paper=entry.payload.get("paper") or "",
                told=row.notifies if link and row else True,
            )
        )
    return tuple(lines)


def _organ(entry: Entry, link: Link | None, order: Order) -> str:
    """Which office acted; officials' names are for staff."""
    organ = order.organs.get(entry.author.get("organ", ""))
    outlet = order.outlets.get(entry.author.get("outlet", ""))
    if outlet is not None:
        return outlet.name
    if organ is not None:
        return organ.name
    return _("系统自动") if entry.author.get("role") == "system" else _("申请人")


def is_guided(order: Order, item_code: str, on: date) -> bool:
    """Whether no window of the county takes the item in, as far as can be told without a place."""
    competence = order.competence(item_code, on)
    return competence is None or competence.role == powers.GUIDE


def _spared(order: Order, bundle: Bundle, links: Sequence[Link]) -> Spared | None:
    """The figures as they were on the day it was taken in, of the items that offices take in."""
    day = timezone.localdate(bundle.filed_at)
    taken = [
        link
        for link in links
        if link.state not in _ELSEWHERE and not is_guided(order, link.item_id, day)
    ]
    if len(taken) < 2:
        return None
    guides = {
        guide.code: guide
        for guide in catalogue.guides_in_force(day, {link.item_id for link in taken})
    }
    portions = [
        portion(link.seq, guides[link.item_id], bundle.situation.get(link.item_id, {}))
        for link in taken
        if link.item_id in guides
    ]
    return spared(portions, {link.seq: link.needs for link in taken})


_ELSEWHERE = (chain_rules.GUIDED, chain_rules.GUIDED_DONE)


def by_seq(seqs: Collection[str], known: Collection[int]) -> tuple[int, ...]:
    """Step numbers as a form sends them, those that exist, in order."""
    return tuple(sorted({int(s) for s in seqs if s.isdecimal()} & set(known)))
