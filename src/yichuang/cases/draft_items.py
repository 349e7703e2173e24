"""What may be applied for from home: an item or a whole 一件事, as it stands today, and where its
result may be collected."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from yichuang.authority import facts as powers
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import filing
from yichuang.cases.bundle_queries import is_guided
from yichuang.cases.draft_rules import Content
from yichuang.cases.joint_guide import JointGuide, joint_guide
from yichuang.cases.models import Draft
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ItemGuide
from yichuang.places.rules import outlet_open_on
from yichuang.verdict import YES, Refusal, Verdict, no


def may_apply(order: Order, item_code: str, on: date) -> Verdict:
    """Whether an item can be applied for from home: in force, and taken in by our windows at all.
    No SQL."""
    try:
        item = order.item(item_code, on)
    except Refusal as refusal:
        return no(refusal.code, refusal.message, remedy=refusal.remedy)
    competence = order.competence(item_code, on)
    if competence is None or competence.role == powers.GUIDE:
        return no(
            "guide-only",
            _("“%(name)s”不由便民服务窗口收件，不能在这里申请。") % {"name": item.name},
            remedy=_("请看办事指南里写的去处；窗口可以帮您联系。"),
        )
    return YES


def may_file_for(order: Order, item: ItemGuide, place_code: str, on: date) -> Verdict:
    """Whether some window takes the item in for a place: asked as soon as the place is known, so
    that nobody fills in the rest in vain. No SQL. A 一件事 is judged when it is filed."""
    if isinstance(item, JointGuide) or not may_apply(order, item.code, on):
        return YES
    try:
        filing.outlet_for(order, item.code, place_code, on)
    except Refusal as refusal:
        return no(refusal.code, refusal.message, remedy=refusal.remedy, basis=refusal.basis)
    return YES


COLLECT_KINDS = ("station", "centre", "hall")


def collecting_points(order: Order, place_code: str, on: date) -> list[tuple[str, str]]:
    """Where a result may be collected, nearest first: (outlet, name). The village's own station,
    its town's centre, the county hall, then every other centre. No SQL."""
    place = order.places.get(place_code)
    town = place.town_code if place else ""
    found = []
    for code, facts in order.outlets.items():
        kind = facts.outlet.kind
        own = facts.division_code == place_code or (
            kind == "centre" and facts.outlet.town_code == town
        )
        open_ = outlet_open_on(facts, on, facts.closures)
        if kind not in COLLECT_KINDS or not open_ or (kind == "station" and not own):
            continue
        found.append(
            (not own, COLLECT_KINDS.index(kind) if own else kind != "hall", code, facts.name)
        )
    return [(code, name) for _far, _kind, code, name in sorted(found)]


def guide_of(row: Draft, content: Content, on: date) -> ItemGuide:
    """What is applied for, as it stands today: an item, or a whole 一件事."""
    if row.item_id is not None:
        return catalogue.item_guide(row.item_id, on)
    order = authority.order()
    chain = catalogue.chain_sheet(row.chain_version.chain_id, on)
    codes = {one.item_code for one in chain.steps}
    guides = {guide.code: guide for guide in catalogue.guides_in_force(on, codes)}
    guided = [one.seq for one in chain.steps if is_guided(order, one.item_code, on)]
    known = {one.seq for one in chain.steps}
    chosen = [seq for seq in content.chosen if seq in known]
    return joint_guide(chain, guides, chosen=chosen, have=content.have, guided=guided)


def may_file(order: Order, item: ItemGuide, on: date) -> Verdict:
    """Whether it could be filed today: of a 一件事, each of its items."""
    if not isinstance(item, JointGuide):
        return may_apply(order, item.code, on)
    wanted = [one for one in item.chain.steps if one.seq in set(item.chosen) - set(item.have)]
    codes = [one.item_code for one in wanted if not is_guided(order, one.item_code, on)]
    verdicts = [may_apply(order, code, on) for code in codes]
    refused = next((one for one in verdicts if not one), None)
    if refused is None:
        return YES
    return no(
        refused.code,
        refused.reason,
        remedy=_("可以先去掉这一项，其他事项照常提交；恢复办理后再单独申请。"),
    )
