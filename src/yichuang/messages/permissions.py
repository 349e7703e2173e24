"""Who may look after messages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.verdict import YES, Verdict, no


def may_see(actor: Actor) -> Verdict:
    """Whether the actor may see what did not go out and what does not add up: masked, countywide."""
    if actor.role in (roles.BUREAU, roles.AUDITOR, roles.SYSTEM):
        return YES
    return no(
        "messages-not-yours",
        _("消息发送情况由县局和审计查看。"),
        remedy=_("请换用有此职责的岗位，或联系县局。"),
    )


def may_act(actor: Actor) -> Verdict:
    """Whether the actor may send again, give up or settle a difference: the county, or whoever
    runs the servers (by command)."""
    if actor.role in (roles.BUREAU, roles.SYSTEM):
        return YES
    return no(
        "messages-not-yours",
        _("重发、放弃和对账由县局办理，您现在的岗位只能看。"),
        remedy=_("请联系县局。"),
    )
