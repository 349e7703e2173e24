"""Who may manage accounts: one table, and one function a question, each answering a Verdict."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.rules import lies_within
from yichuang.verdict import YES, Verdict, no

# who → the roles they may give. Nobody gives a role as wide as their own, and whoever runs the
# system neither decides cases nor audits (split administrators, GB/T 22239-2019).
GRANTS: dict[str, tuple[str, ...]] = {
    roles.MANAGER: (
        roles.CLERK,
        roles.EXAMINER,
        roles.DECIDER,
        roles.VILLAGE,
        roles.CUSTODIAN,
    ),
    roles.BUREAU: (
        roles.CLERK,
        roles.EXAMINER,
        roles.DECIDER,
        roles.VILLAGE,
        roles.MANAGER,
        roles.CUSTODIAN,
        roles.COUNTERPARTY,
    ),
    roles.SYSTEM: roles.STAFF_ROLES,
}
ACTS: dict[str, tuple[str, ...]] = {
    "create-account": (roles.MANAGER, roles.BUREAU, roles.SYSTEM),
    "reset-password": (roles.MANAGER, roles.BUREAU, roles.SYSTEM),
    "issue-token": (roles.BUREAU, roles.SYSTEM),
    "reveal": tuple(role for role in roles.ROLES if role not in (roles.OPERATOR, roles.SYSTEM)),
}


def may(actor: Actor, act: str) -> Verdict:
    """Whether the actor's role may do `act` (a key of ACTS) at all."""
    if actor.role in ACTS[act]:
        return YES
    return no(
        "not-your-post",
        _("您现在的岗位（%(role)s）不能做这件事。") % {"role": roles.name_of(actor.role)},
        remedy=_("请换用有此职责的岗位，或联系本单位负责人。"),
    )


def may_give_post(actor: Actor, *, user_id: int, role: str, place_code: str) -> Verdict:
    """Whether the actor may give (or end) this role at this place for this person."""
    if role not in GRANTS.get(actor.role, ()):
        return no(
            "not-yours-to-give",
            _("您现在的岗位不能授予或收回“%(role)s”。") % {"role": roles.name_of(role)},
            remedy=_("请由上一级管理人员办理。"),
        )
    return _reaches(actor, user_id=user_id, place_code=place_code)


def may_manage(actor: Actor, *, act: str, user_id: int, place_code: str) -> Verdict:
    """Whether the actor may do `act` on the account of a person posted at this place."""
    return may(actor, act) and _reaches(actor, user_id=user_id, place_code=place_code)


def _reaches(actor: Actor, *, user_id: int, place_code: str) -> Verdict:
    if actor.role == roles.SYSTEM:
        return YES
    if actor.person_id == user_id:
        return no(
            "not-for-yourself",
            _("不能管理自己的账户和岗位。"),
            remedy=_("请由另一位管理人员办理。"),
        )
    if not lies_within(place_code, actor.place_code):
        return no(
            "outside-your-area",
            _("这个账户或岗位不在您管理的区域内。"),
            remedy=_("请由当地中心负责人或县局办理。"),
        )
    return YES
