"""Making staff accounts and giving them posts."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import permissions, queries, roles, rules
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import Post, User
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


def plain_login(text: str) -> str:
    """A login as it is compared: half-width, lower case, without spaces around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def acceptable_password(password: str, *, login: str) -> None:
    """Refuse (password-weak, field "new") a password the rules or Django's validators refuse."""
    verdict = rules.strong_enough(password, login=login)
    if not verdict:
        raise Refusal(
            verdict.code,
            verdict.reason,
            remedy=verdict.remedy,
            basis=verdict.basis,
            field="new",
        )
    try:
        validate_password(password)
    except ValidationError as fault:
        raise Refusal(
            "password-weak", " ".join(fault.messages), remedy=_("请换一个口令。"), field="new"
        ) from None


def create_user(
    *,
    login: str,
    display_name: str,
    password: str,
    by: Actor,
    at: datetime,
    totp_required: bool = False,
    demo: bool = False,
) -> User:
    """A staff account. Its password is somebody else's choice, so it must be changed first thing.

    Refuses: not-your-post, login-invalid, login-taken (409), password-weak.
    """
    permissions.may(by, "create-account").enforce(status=403)
    login = plain_login(login)
    if not _LOGIN.fullmatch(login):
        raise Refusal(
            "login-invalid",
            _("登录名格式不对。"),
            remedy=_("请用 3 至 64 个小写字母、数字、点、横线或下划线，以字母或数字开头。"),
            field="login",
        )
    acceptable_password(password, login=login)
    user = User(
        kind=User.Kind.STAFF,
        login=login,
        display_name=display_name.strip(),
        password=make_password(password),  # slow on purpose, hence before the transaction
        totp_required=totp_required,
        demo=demo,
        created_at=at,
        password_changed_at=at if demo else None,
    )
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            journal.record(
                kind="account.created",
                by=by,
                at=at,
                payload={"account": user.pk, "login": login, "demo": demo},
            )
    except IntegrityError:
        raise Refusal(
            "login-taken",
            _("登录名“%(login)s”已经有人用了。") % {"login": login},
            remedy=_("请换一个登录名。"),
            status=409,
            field="login",
        ) from None
    return user


def give_post(
    *,
    user: User,
    role: str,
    starts_on: date,
    by: Actor,
    at: datetime,
    ends_on: date | None = None,
    title: str = "",
    organ_code: str = "",
    outlet_code: str = "",
    place_code: str = "",
) -> Post:
    """Put a person into a post from a day to a day (both included; no end means open).

    The caller has checked that the codes exist. Refuses: role-unknown, not-yours-to-give,
    not-for-yourself, outside-your-area (403), post-ends-before-start, post-given-already (409).
    """
    if role not in roles.STAFF_ROLES:
        raise Refusal(
            "role-unknown", _("没有这个角色。"), remedy=_("请从角色表中选择。"), field="role"
        )
    permissions.may_give_post(by, user_id=user.pk, role=role, place_code=place_code).enforce(
        status=403
    )
    if ends_on is not None and ends_on < starts_on:
        raise _ends_too_early()
    post = Post(
        user=user,
        role=role,
        title=title,
        organ_code=organ_code,
        outlet_code=outlet_code,
        place_code=place_code,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    try:
        with transaction.atomic():
            post.save(force_insert=True)
            journal.record(
                kind="post.given",
                by=by,
                at=at,
                payload={
                    "post": post.pk,
                    "account": user.pk,
                    "role": role,
                    "organ": organ_code,
                    "outlet": outlet_code,
                    "place": place_code,
                    "from": starts_on.isoformat(),
                    "to": ends_on.isoformat() if ends_on else "",
                },
            )
    except IntegrityError:
        raise Refusal(
            "post-given-already",
            _("这个人从这一天起已经有这个岗位。"),
            remedy=_("请查看现有岗位，或换一个起始日期。"),
            status=409,
        ) from None
    return post


def end_post(*, post_id: int, ends_on: date, by: Actor, at: datetime) -> Post:
    """Let a post end on a day. It counts to the end of that day; a past day ends it at once."""
    with transaction.atomic():
        post = Post.objects.select_for_update(no_key=True).get(pk=post_id)
        permissions.may_give_post(
            by, user_id=post.user_id, role=post.role, place_code=post.place_code
        ).enforce(status=403)
        if ends_on < post.starts_on:
            raise _ends_too_early()
        post.ends_on = ends_on
        post.save(update_fields=["ends_on"])
        journal.record(
            kind="post.ended",
            by=by,
            at=at,
            payload={"post": post.pk, "account": post.user_id, "to": ends_on.isoformat()},
        )
    return post


def reset_password(*, user_id: int, password: str, by: Actor, at: datetime) -> None:
    """A new first password from a manager; unlocks, ends live sessions, must be changed at once."""
    user = _managed(user_id, by, at)
    acceptable_password(password, login=user.login or "")
    _change(
        user_id,
        by,
        at,
        "account.password-reset",
        password=make_password(password),
        password_changed_at=None,
        failed_count=0,
        locked_until=None,
        session_stamp="",
    )


def reset_second_factor(*, user_id: int, by: Actor, at: datetime) -> None:
    """Forget a lost authenticator; where one is required it is set up again at the next sign-in."""
    _managed(user_id, by, at)
    _change(
        user_id,
        by,
        at,
        "account.second-factor-reset",
        totp_secret_sealed=None,
        totp_confirmed_at=None,
        session_stamp="",
    )


def set_active(*, user_id: int, active: bool, by: Actor, at: datetime) -> None:
    """Enable or disable an account; a disabled one loses its live session and its tokens' force."""
    _managed(user_id, by, at)
    kind = "account.enabled" if active else "account.disabled"
    _change(user_id, by, at, kind, is_active=active, session_stamp="")


def _managed(user_id: int, by: Actor, at: datetime) -> User:
    """The staff account, if `by` manages a place where it holds a post."""
    user = User.objects.get(pk=user_id, kind=User.Kind.STAFF)
    places = [post.place_code for post in queries.posts_of(user_id, timezone.localdate(at))] or [""]
    verdicts = [
        permissions.may_manage(by, act="reset-password", user_id=user_id, place_code=place)
        for place in places
    ]
    next((verdict for verdict in verdicts if verdict), verdicts[0]).enforce(status=403)
    return user


def _change(user_id: int, by: Actor, at: datetime, kind: str, **columns: object) -> None:
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(**columns)
        journal.record(kind=kind, by=by, at=at, payload={"account": user_id})


def _ends_too_early() -> Refusal:
    return Refusal(
        "post-ends-before-start",
        _("任期结束日早于开始日。"),
        remedy=_("请核对起止日期。"),
        field="ends_on",
    )
