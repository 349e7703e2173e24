"""What others may read of accounts: small frozen sheets, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import Post, User


@dataclass(frozen=True, slots=True)
class PostSheet:
    """A post as shown to its holder. role is the code, role_name its name in words."""

    id: int
    role: str
    role_name: str
    title: str
    organ_code: str
    outlet_code: str
    place_code: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class StaffSheet:
    """A staff account as shown to whoever manages it, with the posts held on the day asked."""

    id: int
    login: str
    name: str
    active: bool
    demo: bool
    locked_until: datetime | None
    second_factor: bool
    posts: tuple[PostSheet, ...]


def current_posts(on: date) -> QuerySet[Post]:
    """Posts whose term covers the day `on`."""
    return Post.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on)


def posts_of(user_id: int, on: date) -> tuple[PostSheet, ...]:
    """The posts a person holds on a day, oldest first."""
    return tuple(
        _sheet(post)
        for post in current_posts(on).filter(user_id=user_id).order_by("starts_on", "id")
    )


def staff(on: date) -> tuple[StaffSheet, ...]:
    """Every staff account by login, with its posts on the day. Two SQL statements."""
    held: dict[int, list[PostSheet]] = {}
    for post in current_posts(on).order_by("starts_on", "id"):
        held.setdefault(post.user_id, []).append(_sheet(post))
    return tuple(
        StaffSheet(
            id=user.id,
            login=user.login or "",
            name=user.display_name,
            active=user.is_active,
            demo=user.demo,
            locked_until=user.locked_until,
            second_factor=user.totp_confirmed_at is not None,
            posts=tuple(held.get(user.id, ())),
        )
        for user in User.objects.filter(kind=User.Kind.STAFF).order_by("login")
    )


def actor_in(post: Post, *, channel: str = "", request_id: str = "", device: str = "") -> Actor:
    """The Actor a post's holder acts as; `post.user` should be loaded."""
    return Actor(
        person_id=post.user_id,
        name=post.user.display_name,
        role=post.role,
        post_id=post.pk,
        organ_code=post.organ_code,
        outlet_code=post.outlet_code,
        place_code=post.place_code,
        device=device,
        channel=channel,
        request_id=request_id,
    )


def resident_actor(user: User, *, channel: str = "", request_id: str = "") -> Actor:
    """The Actor of a resident acting for themselves."""
    return Actor(user.pk, user.display_name, roles.RESIDENT, channel=channel, request_id=request_id)


def _sheet(post: Post) -> PostSheet:
    return PostSheet(
        id=post.pk,
        role=post.role,
        role_name=roles.name_of(post.role),
        title=post.title,
        organ_code=post.organ_code,
        outlet_code=post.outlet_code,
        place_code=post.place_code,
        starts_on=post.starts_on,
        ends_on=post.ends_on,
    )
