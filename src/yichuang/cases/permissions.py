"""Who may do what to a case, and who may see it. `visible_to` is the twin of `may_see`."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import lifecycle, tracking
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case
from yichuang.verdict import YES, Refusal, Verdict, no

# Acceptance is an act of authority: a village takes in and forwards only
# (山东省乡镇人民政府工作条例 §24, §26).
ACCEPTANCE = frozenset({"accept", "ask_correction", "correct", "decline"})
# What the outlet that the applicant chose to collect at may do, once there is something to collect.
HANDING_OVER = frozenset({"deliver", "close"})
BY_COURIER = frozenset({"dispatch", "deliver"})
COLLECTABLE = (*lifecycle.DECIDED_STATES, lifecycle.DELIVERED, lifecycle.CLOSED)
COUNTER = (roles.CLERK, roles.VILLAGE, roles.MANAGER)
SEES_EVERYTHING = frozenset({roles.BUREAU, roles.AUDITOR, roles.SYSTEM})


def may_take_in(actor: Actor, outlet_code: str, *, accepts: bool) -> Verdict:
    """Whether the actor may take a matter in at this outlet, and accept it there and then."""
    if actor.role not in (roles.CLERK, roles.VILLAGE, roles.MANAGER):
        return no(
            "not-a-window-post",
            _("您现在的岗位不是窗口岗位，不能收件。"),
            remedy=_("请切换到窗口岗位，或请窗口人员收件。"),
        )
    if actor.outlet_code != outlet_code:
        return no(
            "other-outlet",
            _("您的岗位不在这个服务点，不能替它收件。"),
            remedy=_("请在自己的服务点收件。"),
        )
    if accepts and actor.role == roles.VILLAGE:
        return no(
            "village-forwards-only",
            _("村（社区）服务站只收件和转报，不作受理决定。"),
            remedy=_("请选“收下待查”，由镇（街道）便民服务中心受理。"),
            basis="山东省乡镇人民政府工作条例第24条、第26条",
        )
    return YES


def may_file(actor: Actor) -> Verdict:
    """Whether the actor may hand an application in from home."""
    if actor.role == roles.RESIDENT:
        return YES
    return no(
        "not-a-resident",
        _("网上申请由申请人自己提交，工作人员不能用自己的账户代交。"),
        remedy=_("请在窗口为申请人收件。"),
    )


def owns(actor: Actor, row: Transition, case: Case) -> bool:
    """Whether the event is this actor's to cause on this case. No SQL."""
    if row.owner == lifecycle.SYSTEM:
        return actor.role == roles.SYSTEM or (row.event == "archive" and _is_taker(actor, case))
    if row.event in HANDING_OVER and _is_collector(actor, case):
        return True
    if row.event in BY_COURIER and actor.role == roles.SYSTEM:  # a courier's messages say so
        return True
    if row.event == "deliver" and holds_code(actor, case):  # electronic: only with their consent
        return True
    if row.event == "hand_back" and actor.role == roles.SYSTEM:  # a power moved: returns.sweep
        return True
    if row.event == "supply":  # from home; at a counter it is "correct"
        return _is_applicant(actor, case)
    if row.owner == lifecycle.TAKER:
        return _is_acceptor(actor, case) if row.event in ACCEPTANCE else _is_taker(actor, case)
    if row.owner == lifecycle.REVIEWER:
        return actor.role == roles.EXAMINER and actor.organ_code == case.reviewer_id
    if row.owner == lifecycle.DECIDER:
        return actor.role == roles.DECIDER and actor.organ_code == case.decider_id
    return _is_applicant(actor, case) or _is_taker(actor, case)


def may(actor: Actor, row: Transition, case: Case) -> Verdict:
    """As `owns`; a no names whose turn it is."""
    if owns(actor, row, case):
        return YES
    return no(
        "not-yours",
        _("“%(event)s”由%(owner)s办理，您现在的岗位不能办。")
        % {"event": row.name, "owner": owner_name(row, case)},
        remedy=_("请切换岗位，或转告相应人员。"),
    )


def owner_name(row: Transition, case: Case) -> str:
    """Whose turn an event is, by name."""
    if row.event in HANDING_OVER and case.collect_at is not None:
        return case.collect_at.name
    if row.owner == lifecycle.TAKER:
        return case.acceptor.name if row.event in ACCEPTANCE else case.outlet.name
    if row.owner == lifecycle.REVIEWER:
        return case.reviewer.name
    if row.owner == lifecycle.DECIDER:
        return case.decider.name
    return str(lifecycle.OWNERS[row.owner])


def may_see(actor: Actor, case: Case) -> Verdict:
    """Whether the actor may open this case at all."""
    seen = (
        actor.role in SEES_EVERYTHING
        or _is_applicant(actor, case)
        or holds_code(actor, case)
        or _is_taker(actor, case)
        or _is_collector(actor, case)
        or (
            actor.role == roles.EXAMINER and actor.organ_code in (case.reviewer_id, case.decider_id)
        )
        or (actor.role == roles.DECIDER and actor.organ_code in (case.reviewer_id, case.decider_id))
    )
    if seen:
        return YES
    return no(
        "case-not-found",  # the same words as for a case that does not exist
        _("没有找到这个办件。"),
        remedy=_("请核对办件编号；如需协助请联系本单位负责人。"),
    )


def unseen() -> Refusal:
    """As for a case that does not exist."""
    return Refusal(
        "case-not-found",
        _("没有找到这个办件。"),
        remedy=_("请核对办件编号；如需协助请联系本单位负责人。"),
        status=404,
    )


def visible_to(actor: Actor) -> Q:
    """The condition on Case rows that `may_see` answers yes to."""
    if actor.role in SEES_EVERYTHING:
        return Q()
    if actor.role == roles.RESIDENT and actor.channel == tracking.LINK:
        return Q(pk=actor.acting_for.removeprefix("case:"))
    if actor.role == roles.RESIDENT and actor.person_id is not None:
        return Q(owner_user=actor.person_id)
    if actor.role in COUNTER and actor.outlet_code:
        return (
            Q(outlet_id=actor.outlet_code)
            | Q(acceptor_id=actor.outlet_code)
            | Q(collect_at_id=actor.outlet_code, state__in=COLLECTABLE)
        )
    if actor.role in (roles.EXAMINER, roles.DECIDER) and actor.organ_code:
        return Q(reviewer_id=actor.organ_code) | Q(decider_id=actor.organ_code)
    return Q(pk__in=())


def _is_taker(actor: Actor, case: Case) -> bool:
    return actor.role in COUNTER and actor.outlet_code in (case.outlet_id, case.acceptor_id)


def _is_collector(actor: Actor, case: Case) -> bool:
    """At the outlet where the applicant asked to collect; sees the case once there is a result."""
    return (
        actor.role in COUNTER
        and actor.outlet_code == case.collect_at_id
        and case.state in COLLECTABLE
    )


def _is_acceptor(actor: Actor, case: Case) -> bool:
    return actor.role in (roles.CLERK, roles.MANAGER) and actor.outlet_code == case.acceptor_id


def holds_code(actor: Actor, case: Case) -> bool:
    """Whether the actor came with this very case's code (tracking.bearer)."""
    return (
        actor.role == roles.RESIDENT
        and actor.channel == tracking.LINK
        and actor.acting_for == case.stream
    )


def _is_applicant(actor: Actor, case: Case) -> bool:
    return (
        actor.role == roles.RESIDENT
        and actor.person_id is not None
        and actor.person_id == case.owner_user
    )
