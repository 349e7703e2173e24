"""Who may do what to a bundle (一件事), and who may see it. `visible_to` is the twin of `may_see`."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import opening, permissions
from yichuang.cases.joint import BundleRequest
from yichuang.cases.models import Bundle
from yichuang.verdict import YES, Verdict, no


def may_take_in(actor: Actor, request: BundleRequest) -> Verdict:
    """Whether the actor may hand this matter in: as for a single case."""
    if request.channel == opening.PORTAL:
        return permissions.may_file(actor)
    return permissions.may_take_in(actor, request.outlet_code, accepts=False)


def may_see(actor: Actor, bundle: Bundle) -> bool:
    """Whether the actor may open the bundle: who took it in, whose it is, who sees everything."""
    return actor.role in permissions.SEES_EVERYTHING or bool(may_act(actor, bundle))


def may_act(actor: Actor, bundle: Bundle) -> Verdict:
    """Whether the actor may withdraw it, or say that a guided step is done."""
    if actor.role == roles.RESIDENT:
        own = actor.person_id is not None and actor.person_id == bundle.owner_user
    else:
        own = actor.role in permissions.COUNTER and actor.outlet_code == bundle.outlet_id
    if own:
        return YES
    return no(
        "not-yours",
        _("这件事由收件的窗口和申请人本人办理，您现在的岗位不能办。"),
        remedy=_("请转告收件的窗口。"),
    )


def visible_to(actor: Actor) -> Q:
    """The condition on Bundle rows that `may_see` answers yes to."""
    if actor.role in permissions.SEES_EVERYTHING:
        return Q()
    if actor.role == roles.RESIDENT and actor.person_id is not None:
        return Q(owner_user=actor.person_id)
    if actor.role in permissions.COUNTER and actor.outlet_code:
        return Q(outlet_id=actor.outlet_code)
    return Q(pk__in=())
