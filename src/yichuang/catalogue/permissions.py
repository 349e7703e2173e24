"""Who may change what the catalogue says, and what people call it."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.verdict import YES, Verdict, no


def may_edit(actor: Actor) -> Verdict:
    """Whether the actor may draft items, keep examples and add sayings: a county post."""
    if actor.role == roles.BUREAU and actor.person_id is not None:
        return YES
    return no(
        "not-a-county-post",
        _("事项内容由县局岗位维护，您现在的岗位不能改。"),
        remedy=_("请切换到县局岗位，或把修改意见转给县局。"),
    )


def may_publish(actor: Actor, author_ids: Collection[int]) -> Verdict:
    """Whether the actor may publish a draft that these people wrote: a second county person.

    Two persons is our choice, no law asks for it.
    """
    allowed = may_edit(actor)
    if allowed and actor.person_id in author_ids:
        return no(
            "draft-own-work",
            _("您参与了这份草稿的起草，要由另一个人核对后发布。"),
            remedy=_("请由县局的另一位同事核对并发布。"),
        )
    return allowed
