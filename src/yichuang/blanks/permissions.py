"""Who keeps, moves, uses and counts blanks. An outlet's code begins with its division's."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.rules import lies_within
from yichuang.blanks import rules
from yichuang.verdict import YES, Verdict, no

AT_A_COUNTER = (roles.CLERK, roles.VILLAGE, roles.CUSTODIAN, roles.MANAGER)
SEES_ALL = (roles.BUREAU, roles.AUDITOR)
MAY_LOOK = (*AT_A_COUNTER, *SEES_ALL)


def stands_at(actor: Actor, outlet: str) -> bool:
    """Whether the actor's post is at this outlet and near its sheets."""
    return actor.person_id is not None and actor.role in AT_A_COUNTER and _is_at(actor, outlet)


def answers_for(actor: Actor, outlet: str) -> bool:
    """Whether the actor is in charge of this outlet: its manager, or the county's bureau."""
    return (
        actor.person_id is not None
        and actor.role in (roles.MANAGER, roles.BUREAU)
        and bool(outlet)
        and lies_within(outlet[:12], actor.place_code)
    )


def keeps_county_stock(actor: Actor) -> bool:
    """Whether the actor keeps the county's own store."""
    return (
        actor.person_id is not None
        and actor.role == roles.CUSTODIAN
        and bool(actor.outlet_code)
        and actor.place_code.endswith("000000")
    )


def _is_at(actor: Actor, outlet: str) -> bool:
    return bool(outlet) and actor.outlet_code == outlet


def may_see(actor: Actor, outlet: str) -> Verdict:
    """Whether the actor may read this outlet's stock, ledger and days."""
    seen = (
        actor.role in SEES_ALL
        or stands_at(actor, outlet)
        or answers_for(actor, outlet)
        or (actor.role == roles.CUSTODIAN and lies_within(outlet[:12], actor.place_code))
    )
    return YES if seen else not_found()


def not_found() -> Verdict:
    """Nothing there, or nothing for this reader."""
    return no(
        "blanks-not-found",
        _("没有找到这个网点的空白证照。"),
        remedy=_("请核对网点；如需协助请联系本单位负责人。"),
    )


def visible(actor: Actor, field: str = "outlet") -> Q:
    """The twin of `may_see`: the condition on rows that name an outlet in `field`."""
    if actor.role in SEES_ALL:
        return Q(**{f"{field}__isnull": False})
    found = Q(pk__in=())
    if actor.role in AT_A_COUNTER and actor.person_id is not None and actor.outlet_code:
        found |= Q(**{field: actor.outlet_code})
    if actor.role in (roles.MANAGER, roles.CUSTODIAN) and len(actor.place_code) == 12:
        area = actor.place_code
        width = 6 if area.endswith("000000") else 9 if area.endswith("000") else 12
        found |= Q(**{f"{field}__code__startswith": area[:width]})
    return found


def may_ask(actor: Actor, kind: str, *, giver: str, taker: str) -> Verdict:
    """Whether the actor may propose this. giver, taker: outlet codes, "" for the issuing organ."""
    allowed = {
        rules.RECEIVE: keeps_county_stock(actor) and _is_at(actor, taker),
        rules.HAND_OUT: actor.role == roles.CUSTODIAN and stands_at(actor, giver),
        rules.HAND_BACK: stands_at(actor, giver),
        rules.GIVE_UP: keeps_county_stock(actor) and _is_at(actor, giver),
        rules.SPOIL: stands_at(actor, giver) or answers_for(actor, giver),
        rules.LOSE: stands_at(actor, giver) or answers_for(actor, giver),
    }[kind]
    return YES if allowed else _not_yours(kind)


def may_settle(actor: Actor, kind: str, *, giver: str, taker: str) -> Verdict:
    """Whether the actor may be the second person. That they are not the first, rules say."""
    store = giver or taker
    keeps = actor.role == roles.CUSTODIAN
    allowed = {
        rules.RECEIVE: (keeps and stands_at(actor, taker)) or answers_for(actor, taker),
        rules.HAND_OUT: stands_at(actor, taker),
        rules.HAND_BACK: keeps and stands_at(actor, taker),
        rules.GIVE_UP: (keeps and stands_at(actor, store)) or answers_for(actor, store),
        rules.SPOIL: stands_at(actor, giver) or answers_for(actor, giver),
        rules.LOSE: answers_for(actor, giver),
    }[kind]
    return YES if allowed else _not_yours(kind)


def may_use(actor: Actor, outlet: str) -> Verdict:
    """Whether the actor may take numbers of this outlet's counter and account for them."""
    if stands_at(actor, outlet):
        return YES
    return no(
        "blanks-not-your-counter",
        _("只有本网点的人员才能使用本网点的空白证照。"),
        remedy=_("请切换到这个网点的岗位，或请那里的同事办理。"),
    )


def may_count(actor: Actor, outlet: str) -> Verdict:
    """Whether the actor may count, or check a count, at this outlet."""
    return YES if stands_at(actor, outlet) or answers_for(actor, outlet) else may_use(actor, outlet)


def may_reopen(actor: Actor, outlet: str) -> Verdict:
    """Whether the actor may open a closed day again."""
    if answers_for(actor, outlet):
        return YES
    return no(
        "blanks-not-yours-to-reopen",
        _("只有中心负责人或县局才能重开已日结的日子。"),
        remedy=_("请联系本中心负责人。"),
    )


def _not_yours(kind: str) -> Verdict:
    return no(
        "blanks-not-yours",
        _("空白证照的“%(kind)s”不归您现在的岗位办。") % {"kind": rules.PROPOSALS[kind]},
        remedy=_("请切换岗位，或转告保管人、中心负责人。"),
    )
