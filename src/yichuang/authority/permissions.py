"""Who may write, approve and end grants. Reading them is the faces' own affair: they are public."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority import grant_rules
from yichuang.verdict import YES, Verdict, no


def may_keep_grants(actor: Actor) -> Verdict:
    """Whether the actor may draft, publish, suspend and revoke: a person in a county post."""
    if actor.role == roles.BUREAU and actor.person_id is not None:
        return YES
    return no(
        "not-a-county-post",
        _("授权文书由县局岗位管理，您现在的岗位不能办。"),
        remedy=_("请切换到县局岗位，或把意见转给县局。"),
    )


def may_end_grants(actor: Actor) -> Verdict:
    """Whether the actor may suspend, lift and revoke: as above, or the operator's command."""
    return YES if actor.role == roles.SYSTEM else may_keep_grants(actor)


def may_approve(actor: Actor, authors: Collection[int]) -> Verdict:
    """Whether the actor may approve what these people wrote: a second county person."""
    return may_keep_grants(actor) and grant_rules.two_people(actor.person_id, authors)
