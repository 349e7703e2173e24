"""Who may see a seal, and who may ask for or confirm an entry in its register."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.rules import lies_within
from yichuang.documents.models import Seal, SealEvent
from yichuang.verdict import YES, Verdict, no

LOOKERS = (roles.CUSTODIAN, roles.MANAGER, roles.BUREAU, roles.AUDITOR)
HEADS = (roles.MANAGER, roles.BUREAU)  # one of the two people of every entry is one of these
COUNTY_EVENTS = ("make", "destroy")  # whoever has seals made: the county


def may_see(actor: Actor, seal: Seal) -> Verdict:
    """Whether the actor may see this seal's register; `seal.organ` must be loaded."""
    if actor.role == roles.CUSTODIAN:
        mine = seal.organ_id == actor.organ_code or seal.custodian_id == actor.person_id
    else:
        mine = actor.role in LOOKERS and lies_within(seal.organ.division_id, actor.place_code)
    if mine:
        return YES
    return no(
        "seal-not-yours",
        _("这枚印章不归您所在的单位管理。"),
        remedy=_("请由印章所属机关、保管人或县局办理。"),
    )


def visible_to(actor: Actor) -> Q:
    """The seals that `may_see` says yes to, as a condition on Seal."""
    if actor.role == roles.CUSTODIAN:
        return Q(organ_id=actor.organ_code) | Q(custodian_id=actor.person_id)
    area = actor.place_code
    if actor.role not in LOOKERS or not area:
        return Q(pk__in=())
    stem = area[:6] if area.endswith("000000") else area[:9] if area.endswith("000") else area
    return Q(organ__division__code__startswith=stem)


def may_ask(actor: Actor, seal: Seal) -> Verdict:
    """Whether the actor may ask for an entry in this seal's register."""
    if actor.role not in (roles.CUSTODIAN, *HEADS):
        return _not_your_post(actor)
    return may_see(actor, seal)


def may_settle(actor: Actor, seal: Seal, event: SealEvent) -> Verdict:
    """Whether the actor may confirm or decline: another person, and one of the two is a head.

    A seal handed out is confirmed by whoever receives it, unless they asked for it themselves; one
    that is made or destroyed needs the county among the two.
    """
    allowed = may_ask(actor, seal)
    receiving = event.custodian_id is not None and event.custodian_id == actor.person_id
    if not allowed and not (receiving and actor.role == roles.CUSTODIAN):
        return allowed
    if actor.person_id is None or actor.person_id == event.asked_person:
        return no(
            "same-person",
            _("提出和确认不能是同一个人。"),
            remedy=_("请由另一位负责人员确认。"),
        )
    asked = event.asked_by.get("role", "")
    if event.event == "hand_out":
        own = event.custodian_id == event.asked_person
        if receiving or (own and actor.role in HEADS):
            return YES
        return no(
            "not-the-receiver",
            _("交付印章，由接收的保管人本人确认签收。"),
            remedy=_("请保管人登录后确认。"),
        )
    if event.event in COUNTY_EVENTS and roles.BUREAU not in (asked, actor.role):
        return no(
            "county-needed",
            _("制发、销毁印章，提出人和确认人当中必须有一位是县局。"),
            remedy=_("请县局确认。"),
        )
    if asked not in (*HEADS, roles.SYSTEM) and actor.role not in HEADS:
        return no(
            "head-needed",
            _("提出人和确认人当中必须有一位是中心负责人或县局。"),
            remedy=_("请负责人确认。"),
        )
    return YES


def may_approve(actor: Actor, seal: Seal) -> Verdict:
    """Whether the actor may approve an impression: only whoever keeps this very seal."""
    if actor.role == roles.CUSTODIAN and seal.custodian_id == actor.person_id:
        return YES
    if actor.role != roles.CUSTODIAN:
        return _not_your_post(actor)
    return no(
        "not-the-custodian",
        _("这枚印章不由您保管，不能批准用印。"),
        remedy=_("请由印章登记的保管人本人批准。"),
    )


def _not_your_post(actor: Actor) -> Verdict:
    return no(
        "not-your-post",
        _("您现在的岗位（%(role)s）不能做这件事。") % {"role": roles.name_of(actor.role)},
        remedy=_("请换用有此职责的岗位，或联系本单位负责人。"),
    )
