"""The way through an application from home: which pages there are, in which order, what is still
open. No SQL, no clock.

One question a page; only short related facts share one, at most three (our choice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.authority.queries import Order
from yichuang.cases import draft_rules, drafts, rules
from yichuang.cases.draft_rules import Content
from yichuang.cases.drafts import Opened
from yichuang.cases.held import Held
from yichuang.catalogue.drafts import Fact
from yichuang.catalogue.queries import ItemGuide, MaterialSheet
from yichuang.catalogue.situations import relevant
from yichuang.design.context import named

TOGETHER = 3  # short facts on one page
SHORT = ("text", "number", "money", "phone", "identity")
BEHALF = {
    rules.SELF: gettext_lazy("我自己"),
    rules.CHILD: gettext_lazy("我的孩子（未成年）"),
    rules.OTHER: gettext_lazy("别人托我办"),
    rules.ENTERPRISE: gettext_lazy("我的单位（企业、合作社、个体工商户等）"),
}
DELIVERY = {"collect": gettext_lazy("到网点领取"), "mail": gettext_lazy("邮寄给我")}
PEOPLE, UNITS = "自然人", "法人"


@dataclass(frozen=True, slots=True)
class Step:
    """One page. done: nothing more is needed there."""

    slug: str
    title: str
    done: bool


def behalf_choices(item: ItemGuide) -> list[tuple[str, str]]:
    """For whom this item may be applied for."""
    units = not item.objects or UNITS in item.objects
    people = not item.objects or PEOPLE in item.objects or not units
    return [
        (key, str(text))
        for key, text in BEHALF.items()
        if (units if key == rules.ENTERPRISE else people)
    ]


def fact_pages(facts: Sequence[Fact]) -> list[tuple[Fact, ...]]:
    """Facts page by page: short ones that follow each other together, all others alone."""
    pages: list[tuple[Fact, ...]] = []
    for fact in facts:
        last = pages[-1] if pages else ()
        joins = 0 < len(last) < TOGETHER and last[-1].kind in SHORT and fact.kind in SHORT
        if joins:
            pages[-1] = (*last, fact)
        else:
            pages.append((fact,))
    return pages


def steps(opened: Opened, order: Order) -> list[Step]:
    """Every page from the first question to the last look, as the answers stand now."""
    content, item = opened.content, opened.item
    found = [
        Step("who", _("为谁办"), bool(content.on_behalf)),
        Step("town", _("在哪个镇（街道）"), bool(content.town)),
    ]
    if has_villages(order, content.town):
        found.append(Step("village", _("在哪个村（社区）"), bool(content.place)))
    found += [
        Step(
            f"q-{question.key}",
            named(question.ask, question.ask_en),
            question.key in content.situation,
        )
        for question in relevant(item.questions, content.situation)
    ]
    found += [
        Step(f"f-{page[0].key}", _title(page), not missing_facts(page, content))
        for page in fact_pages(item.facts)
    ]
    if not item.facts:
        found.append(Step("request", _("要办的事"), True))
    if opened.materials:
        found.append(Step("materials", _("材料"), not open_materials(opened)))
    found.append(Step("receive", _("怎么领结果"), bool(content.delivery)))
    if content.delivery == "collect":
        found.append(Step("collect", _("在哪里领"), bool(content.collect_at)))
    elif content.delivery == "mail":
        found.append(Step("address", _("寄到哪里"), bool(content.address)))
    agent = content.on_behalf not in drafts.AGENTS or bool(content.agent)
    found += [
        Step("me", _("申请人"), bool(content.name and content.identity) and agent),
        Step("phone", _("联系电话"), bool(content.phone)),
    ]
    return found


def has_villages(order: Order, town: str) -> bool:
    return any(place.town_code == town and code != town for code, place in order.places.items())


def _title(page: Sequence[Fact]) -> str:
    return _("、").join(named(fact.label, fact.label_en) for fact in page)


def missing_facts(page: Sequence[Fact], content: Content) -> list[Fact]:
    return [fact for fact in page if fact.required and not content.facts.get(fact.key)]


def asked_for(material: MaterialSheet) -> bool:
    """Whether the applicant has to see to this material at all."""
    return not material.held and not drafts.filled_in(material)


def open_materials(opened: Opened) -> list[MaterialSheet]:
    """Materials of the exact list that nothing was said about yet."""
    return [
        material
        for material in opened.materials
        if asked_for(material)
        and not spared(opened, material)
        and not _settled(opened, material)
    ]


def spared(opened: Opened, material: MaterialSheet) -> bool:
    """Whether the office has it and nobody need be asked."""
    shelf = opened.held.get(material.seq)
    return shelf is not None and not shelf.needs_consent


def own_licence(opened: Opened, material: MaterialSheet) -> Held | None:
    """The applicant's own electronic licence that may stand for it, if they agree."""
    shelf = opened.held.get(material.seq)
    return shelf if shelf is not None and shelf.needs_consent else None


def _settled(opened: Opened, material: MaterialSheet) -> bool:
    handed = opened.content.materials.get(material.name)
    if handed is None:
        return False
    if handed.how == draft_rules.WALLET:
        return own_licence(opened, material) is not None
    return handed.how != draft_rules.UPLOAD or bool(handed.files)


def halted(opened: Opened) -> bool:
    """The answers contradict each other, or say that this item is not the right one."""
    outcome = opened.outcome
    return bool(outcome.of("conflict")) or outcome.verdict is not None


def next_slug(found: Sequence[Step], after: str, *, returning: bool, stop: bool) -> str:
    """The page after this one. returning: it was changed from the last look, so only what is
    open in between is asked. stop: the answers lead no further."""
    if stop and after.startswith("q-"):
        return "stop"
    slugs = [step.slug for step in found]
    if returning:
        return first_open(found)
    at = slugs.index(after) if after in slugs else -1
    return slugs[at + 1] if at + 1 < len(slugs) else "check"


def first_open(found: Sequence[Step]) -> str:
    """Where to go on: the first page with something open, else the last look."""
    return next((step.slug for step in found if not step.done), "check")


def previous_slug(found: Sequence[Step], slug: str) -> str:
    """The page before; "" for the first."""
    slugs = [step.slug for step in found] + ["check"]
    at = slugs.index(slug) if slug in slugs else 0
    return slugs[at - 1] if at else ""


def position(found: Sequence[Step], slug: str) -> tuple[int, int]:
    """Which step this is of about how many; further questions may come with the answers."""
    slugs = [step.slug for step in found] + ["check", "confirm"]
    return (slugs.index(slug) + 1 if slug in slugs else len(slugs)), len(slugs)


def read_aloud(fact: Fact, value: str) -> str:
    """A fact's value as a person reads it."""
    if fact.kind == "choice":
        labels = {o.value: named(o.label, o.label_en) for o in fact.options}
        return labels.get(value, value)
    return _("%(sum)s 元") % {"sum": value} if fact.kind == "money" and value else value
