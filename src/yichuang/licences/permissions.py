"""Who may do what to a licence, and who may see it in the register. `visible_to` is `may_see`'s twin."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.licences.models import Licence
from yichuang.verdict import YES, Refusal, Verdict, no

EVERYWHERE = (roles.BUREAU, roles.AUDITOR, roles.SYSTEM)
OF_ORGAN = (roles.DECIDER, roles.CUSTODIAN, roles.MANAGER)


def visible_to(actor: Actor) -> Q:
    """The licences in the register that this actor may read."""
    if actor.role in EVERYWHERE:
        return Q()
    if actor.role in OF_ORGAN and actor.organ_code:
        return Q(organ=actor.organ_code) | Q(decider_code=actor.organ_code)
    return Q(pk__isnull=True)


def may_see(actor: Actor, licence: Licence) -> Verdict:
    """Whether the actor may read this licence's line of the register."""
    own = actor.organ_code and actor.organ_code in (licence.organ_id, licence.decider_code)
    if actor.role in EVERYWHERE or (actor.role in OF_ORGAN and own):
        return YES
    return Verdict(False, *unseen_words(), code="licence-unknown")


def may_change(actor: Actor, licence: Licence) -> Verdict:
    """Suspend, lift, replace: a decider of the organ that decided it."""
    if actor.role == roles.DECIDER and actor.organ_code == licence.decider_code:
        return YES
    return no(
        "not-yours",
        _("暂停、恢复和换发由作出决定的机关的审批人员办理。"),
        remedy=_("请转告该机关。"),
    )


def may_admit(actor: Actor) -> Verdict:
    """Let another system ask about licences: the county bureau."""
    if actor.role in (roles.BUREAU, roles.SYSTEM):
        return YES
    return no(
        "not-your-post",
        _("对接查询由县局批准。"),
        remedy=_("请联系县局。"),
    )


def unseen_words() -> tuple[str, str]:
    return _("没有找到这张证照。"), _("请核对编号，或者从列表里打开。")


def unseen() -> Refusal:
    reason, remedy = unseen_words()
    return Refusal("licence-unknown", reason, remedy=remedy, status=404)
