"""Staff sign-in: password, lockout, second factor, one live session a person.

Password hashing is slow on purpose and is done before the transaction; whether an attempt counts
is decided under the account's row lock, so that attempts made at the same moment cannot outrun
the lockout. Every failure reads the same, whether the account exists, is locked or is disabled.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts import rules, vault
from yichuang.accounts.actions.people import acceptable_password, plain_login
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import User
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal

_LOG = logging.getLogger(__name__)
_NO_PASSWORD = "!"  # noqa: S105 - "unusable": checking against it costs as much as a real hash


@dataclass(frozen=True, slots=True)
class SignIn:
    """How far a sign-in came. step: "in" (stamp names the live session) or "code" (code awaited)."""

    user: User
    step: str
    stamp: str = ""


def sign_in_staff(
    *, login: str, password: str, at: datetime, totp: str = "", address: str = ""
) -> SignIn:
    """Check login and password, then the code where the account has an authenticator.

    Success ends any other session of the person. Refuses signin-refused (401) for every failure;
    five in a row lock the account for 15 minutes.
    """
    user = User.objects.filter(login=plain_login(login), kind=User.Kind.STAFF).first()
    right = check_password(password, user.password if user else _NO_PASSWORD)
    if user is None:
        _LOG.warning("staff sign-in refused: no such account")
        raise _refused()
    return _attempt(user, right, totp=totp, may_wait=True, at=at, address=address)


def sign_in_second_step(*, user_id: int, totp: str, at: datetime, address: str = "") -> SignIn:
    """The code after a right password, which the face has just seen; failures count likewise."""
    user = User.objects.filter(pk=user_id, kind=User.Kind.STAFF).first()
    if user is None:
        raise _refused()
    return _attempt(user, True, totp=totp, may_wait=False, at=at, address=address)


def _attempt(
    seen: User, right: bool, *, totp: str, may_wait: bool, at: datetime, address: str
) -> SignIn:
    done: SignIn | None = None
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=seen.pk)
        failures = rules.Failures(user.failed_count, user.locked_until)
        if failures.locked(at):
            pass
        elif not right or user.password != seen.password or not _may_enter(user):
            _fail(user, failures, at, address, "password")
        elif user.totp_confirmed_at is None:
            done = _enter(user, at, address)
        elif not totp and may_wait:
            done = SignIn(user, "code")
        elif _use_totp(user, totp, at):
            done = _enter(user, at, address)
        else:
            _fail(user, failures, at, address, "code")
    if done is None:
        raise _refused()
    return done


def _may_enter(user: User) -> bool:
    return user.is_active and (not user.demo or settings.MODE in ("demo", "test"))


def _enter(user: User, at: datetime, address: str) -> SignIn:
    user.failed_count, user.locked_until = 0, None
    user.session_stamp = secrets.token_urlsafe(24)
    user.save(
        update_fields=["failed_count", "locked_until", "session_stamp", "totp_last_step"],
    )
    journal.record(
        kind="staff.signed-in", by=_self(user), at=at, payload=_facts(user, address=address)
    )
    return SignIn(user, "in", user.session_stamp)


def _fail(user: User, failures: rules.Failures, at: datetime, address: str, factor: str) -> None:
    after = failures.next(at)
    user.failed_count, user.locked_until = after.count, after.locked_until
    user.save(update_fields=["failed_count", "locked_until"])
    journal.record(
        kind="staff.locked" if after.locked(at) else "staff.sign-in-failed",
        by=_self(user),
        at=at,
        payload=_facts(user, address=address, factor=factor, failures=after.count),
    )


def sign_out(*, user_id: int, at: datetime) -> None:
    """The person's own sign-out: ends their live session."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        user.session_stamp = ""
        user.save(update_fields=["session_stamp"])
        journal.record(kind="staff.signed-out", by=_self(user), at=at, payload=_facts(user))


def change_password(*, user_id: int, old: str, new: str, at: datetime) -> SignIn:
    """The holder's own change; every other session ends, this one goes on under a new stamp.

    Refuses password-wrong (field "old"; counts towards the lockout), password-same and
    password-weak (field "new").
    """
    seen = User.objects.get(pk=user_id, kind=User.Kind.STAFF)
    right = check_password(old, seen.password)
    if right and old == new:
        raise Refusal(
            "password-same",
            _("新口令和原口令一样。"),
            remedy=_("请换一个新的口令。"),
            field="new",
        )
    if right:
        acceptable_password(new, login=seen.login or "")
    encoded = make_password(new)
    changed: SignIn | None = None
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        failures = rules.Failures(user.failed_count, user.locked_until)
        if failures.locked(at):
            pass
        elif not right or user.password != seen.password:
            _fail(user, failures, at, "", "password")
        else:
            user.password, user.password_changed_at = encoded, at
            user.session_stamp = secrets.token_urlsafe(24)
            user.save(update_fields=["password", "password_changed_at", "session_stamp"])
            journal.record(
                kind="staff.password-changed", by=_self(user), at=at, payload=_facts(user)
            )
            changed = SignIn(user, "in", user.session_stamp)
    if changed is None:
        raise Refusal(
            "password-wrong",
            _("原口令不对，或者账号已暂时锁定。"),
            remedy=_("请核对后重试；连续输错 5 次会锁定 15 分钟。"),
            field="old",
        )
    return changed


def begin_second_factor(*, user_id: int) -> str:
    """Make the secret of a new authenticator, unconfirmed; its otpauth address is returned.

    Asked again before it is confirmed, the same secret is returned, so that a page shown twice
    matches the one already scanned. Refuses second-factor-set once it is confirmed.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if user.totp_confirmed_at is not None:
            raise Refusal(
                "second-factor-set",
                _("您的动态码已经启用。"),
                remedy=_("如需更换手机，请由本单位管理员重置。"),
                status=409,
            )
        if user.totp_secret_sealed is None:
            user.totp_secret_sealed = vault.seal(pyotp.random_base32(), **_secret_place(user))
            user.save(update_fields=["totp_secret_sealed"])
    return _authenticator(user).provisioning_uri(name=user.login, issuer_name="Yichuang")


def confirm_second_factor(*, user_id: int, totp: str, at: datetime) -> None:
    """Take the authenticator into use, proven by one code. Refuses code-wrong (field "totp")."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if user.totp_secret_sealed is None or not _use_totp(user, totp, at):
            raise Refusal(
                "code-wrong",
                _("动态码不对或已经过期。"),
                remedy=_("请输入手机上正在显示的 6 位数字；手机时间要准。"),
                field="totp",
            )
        user.totp_confirmed_at = at
        user.save(update_fields=["totp_confirmed_at", "totp_last_step"])
        journal.record(kind="staff.second-factor-set", by=_self(user), at=at, payload=_facts(user))


def _use_totp(user: User, typed: str, at: datetime) -> bool:
    """Whether a code is good now, one step either way, and newer than the last one used.

    RFC 6238 §5.2: a code works once. Sets totp_last_step; the caller saves it.
    """
    code = rules.plain_code(typed)
    authenticator = _authenticator(user)
    now = int(at.timestamp()) // rules.TOTP_STEP
    good = 0
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(authenticator.generate_otp(step).encode(), code.encode()):
            good = max(good, step)
    if good <= user.totp_last_step:
        return False
    user.totp_last_step = good
    return True


def _authenticator(user: User) -> pyotp.TOTP:
    return pyotp.TOTP(vault.open_(user.totp_secret_sealed, **_secret_place(user)))


def _secret_place(user: User) -> dict[str, str]:
    return {"table": "accounts_user", "row": str(user.uid), "column": "totp_secret_sealed"}


def _self(user: User) -> Actor:
    """The person as author of their own sign-in, before any post is chosen."""
    return Actor(user.pk, user.display_name, role="", channel="web")


def _facts(user: User, **more: str | int) -> dict[str, str | int]:
    return {"account": user.pk, **more}


def _refused() -> Refusal:
    return Refusal(
        "signin-refused",
        _("登录名、口令或动态码不对，或者账号已暂时锁定。"),
        remedy=_("请核对后重试；连续输错 5 次会锁定 15 分钟。忘记口令请找本单位管理员重置。"),
        basis=rules.BASIS,
        status=401,
    )
