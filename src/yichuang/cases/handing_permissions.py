"""Who sees and who acts on a contact (首问) or a referral (转办). Each `visible_…` is the twin of its
`may_see_…`: the condition on rows that it answers yes to."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import handing_rules as rules
from yichuang.cases.models import Contact, Referral
from yichuang.cases.permissions import SEES_EVERYTHING
from yichuang.verdict import YES, Verdict, no

AT_A_WINDOW = (roles.CLERK, roles.VILLAGE, roles.MANAGER)
IN_AN_ORGAN = (roles.EXAMINER, roles.DECIDER)
MAY_OWN = (
    *AT_A_WINDOW,
    *IN_AN_ORGAN,
)  # whoever answers for a contact does so in any of their posts


def may_open(actor: Actor) -> Verdict:
    """Whether the actor stands at a window where people ask and hand in."""
    if actor.role in AT_A_WINDOW and actor.outlet_code and actor.person_id is not None:
        return YES
    return no(
        "not-a-window-post",
        _("您现在的岗位不是窗口岗位，不能登记。"),
        remedy=_("请切换到窗口岗位，或请窗口人员登记。"),
    )


def no_such_contact() -> Verdict:
    """The same words where there is none and where it is not theirs."""
    return no(
        "contact-not-found",
        _("没有找到这条首问登记。"),
        remedy=_("请核对编号；如需协助请联系本单位负责人。"),
    )


def no_such_referral() -> Verdict:
    """As `no_such_contact`."""
    return no(
        "referral-not-found",
        _("没有找到这件转办。"),
        remedy=_("请核对编号；如需协助请联系本单位负责人。"),
    )


# --- contacts ---


def may_see_contact(actor: Actor, contact: Contact) -> Verdict:
    seen = (
        actor.role in SEES_EVERYTHING
        or _is_owner(actor, contact)
        or (
            actor.role in AT_A_WINDOW
            and bool(actor.outlet_code)
            and actor.outlet_code in (contact.outlet_id, contact.handed_to_id)
        )
        or (
            actor.role in IN_AN_ORGAN
            and bool(actor.organ_code)
            and actor.organ_code == contact.handed_organ_id
        )
    )
    return YES if seen else no_such_contact()


def visible_contacts(actor: Actor) -> Q:
    if actor.role in SEES_EVERYTHING:
        return Q()
    seen = Q(pk__in=())
    if actor.role in MAY_OWN and actor.person_id is not None:
        seen |= Q(owner_user=actor.person_id)
    if actor.role in AT_A_WINDOW and actor.outlet_code:
        seen |= Q(outlet_id=actor.outlet_code) | Q(handed_to_id=actor.outlet_code)
    if actor.role in IN_AN_ORGAN and actor.organ_code:
        seen |= Q(handed_organ_id=actor.organ_code)
    return seen


def may_on_contact(actor: Actor, step: rules.Step, contact: Contact) -> Verdict:
    """Whether the step is this actor's. The owner acts; where they are away, their manager does."""
    if step.owner == rules.RECEIVER:
        mine = _receives(actor, contact)
    else:
        holder = contact.handed_to_id if contact.state == "received" else contact.outlet_id
        manages = actor.role == roles.MANAGER and bool(holder) and actor.outlet_code == holder
        mine = _is_owner(actor, contact) or manages
    return YES if mine else _not_yours(step)


def _is_owner(actor: Actor, contact: Contact) -> bool:
    return (
        actor.role in MAY_OWN
        and actor.person_id is not None
        and actor.person_id == contact.owner_user
    )


def _receives(actor: Actor, contact: Contact) -> bool:
    if actor.person_id is None:
        return False
    if contact.handed_to_id:
        return actor.role in AT_A_WINDOW and actor.outlet_code == contact.handed_to_id
    return (
        actor.role in IN_AN_ORGAN
        and bool(contact.handed_organ_id)
        and actor.organ_code == contact.handed_organ_id
    )


# --- referrals ---


def may_see_referral(actor: Actor, referral: Referral) -> Verdict:
    seen = (
        actor.role in SEES_EVERYTHING or _is_company(actor, referral) or _is_window(actor, referral)
    )
    return YES if seen else no_such_referral()


def visible_referrals(actor: Actor) -> Q:
    if actor.role in SEES_EVERYTHING:
        return Q()
    if actor.role == roles.COUNTERPARTY and actor.organ_code:
        return Q(organ_id=actor.organ_code)
    if actor.role in AT_A_WINDOW and actor.outlet_code:
        return Q(outlet_id=actor.outlet_code)
    return Q(pk__in=())


def may_on_referral(actor: Actor, step: rules.Step, referral: Referral) -> Verdict:
    """Whether the step is this actor's: the company answers, the window speaks with the applicant."""
    is_theirs = _is_company if step.owner == rules.COMPANY else _is_window
    return YES if is_theirs(actor, referral) else _not_yours(step)


def may_look(actor: Actor, referral: Referral) -> Verdict:
    """Whether the company may see name, phone and facts in full: while the matter is open, no longer."""
    if not _is_company(actor, referral):
        return no(
            "not-yours-to-see",
            _("申请人的姓名和电话只给承办的对接单位看。"),
            remedy=_("请向收件窗口了解。"),
        )
    if referral.state not in rules.OPEN_REFERRALS:
        return no(
            "referral-over",
            _("这件事已经了结，不再显示申请人的姓名和电话。"),
            remedy=_("还需要联系申请人的，请通过收件窗口。"),
            basis="个人信息保护法第19条",
        )
    return YES


def _is_company(actor: Actor, referral: Referral) -> bool:
    return actor.role == roles.COUNTERPARTY and actor.organ_code == referral.organ_id


def _is_window(actor: Actor, referral: Referral) -> bool:
    return actor.role in AT_A_WINDOW and actor.outlet_code == referral.outlet_id


def _not_yours(step: rules.Step) -> Verdict:
    return no(
        "not-yours",
        _("“%(event)s”不归您现在的岗位办。") % {"event": step.name},
        remedy=_("请切换岗位，或转告相应人员。"),
    )
