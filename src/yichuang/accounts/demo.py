"""Fictional staff for the demonstration, and the wall that keeps them out of production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actions.people import create_user, give_post
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import Post, User
from yichuang.verdict import Refusal

DEMO_PASSWORD = "yichuang-demo-2026"  # noqa: S105 - printed for everybody, good in demo mode only


@dataclass(frozen=True, slots=True)
class DemoPost:
    """One post to make: the same login given twice makes one person with two posts."""

    login: str
    name: str
    role: str
    title: str = ""
    organ_code: str = ""
    outlet_code: str = ""
    place_code: str = ""


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """What a visitor needs to sign in as one demo person; roles are codes."""

    login: str
    password: str
    name: str
    roles: tuple[str, ...]
    role_names: tuple[str, ...]
    outlet_code: str
    organ_code: str


def make_demo_accounts(
    posts: Sequence[DemoPost], *, starts_on: date, by: Actor, at: datetime
) -> tuple[User, ...]:
    """Make the demo people and posts that are not there yet; asked again, it changes nothing.

    Refuses outside demo and test (demo-only).
    """
    if settings.MODE not in ("demo", "test"):
        raise Refusal(
            "demo-only",
            _("演示账户只能在演示模式下生成。"),
            remedy=_("正式环境请用 yichuang user 命令建立真实账户。"),
        )
    made: dict[str, User] = {}
    for wanted in posts:
        user = made.get(wanted.login) or User.objects.filter(login=wanted.login).first()
        if user is None:
            user = create_user(
                login=wanted.login,
                display_name=wanted.name,
                password=DEMO_PASSWORD,
                demo=True,
                by=by,
                at=at,
            )
        made[wanted.login] = user
        held = Q(user=user, role=wanted.role)
        held &= Q(organ_code=wanted.organ_code, outlet_code=wanted.outlet_code)
        if not Post.objects.filter(held).exists():
            give_post(
                user=user,
                role=wanted.role,
                title=wanted.title,
                organ_code=wanted.organ_code,
                outlet_code=wanted.outlet_code,
                place_code=wanted.place_code,
                starts_on=starts_on,
                by=by,
                at=at,
            )
    return tuple(made.values())


def demo_logins() -> tuple[DemoLogin, ...]:
    """The demo people by login; empty in production, where none of them may sign in."""
    if settings.MODE not in ("demo", "test"):
        return ()
    held: dict[int, list[Post]] = {}
    for post in Post.objects.filter(user__demo=True).order_by("id"):
        held.setdefault(post.user_id, []).append(post)
    return tuple(
        DemoLogin(
            login=user.login or "",
            password=DEMO_PASSWORD,
            name=user.display_name,
            roles=tuple(post.role for post in held[user.id]),
            role_names=tuple(roles.name_of(post.role) for post in held[user.id]),
            outlet_code=held[user.id][0].outlet_code,
            organ_code=held[user.id][0].organ_code,
        )
        for user in User.objects.filter(demo=True, kind=User.Kind.STAFF).order_by("login")
        if user.id in held
    )
