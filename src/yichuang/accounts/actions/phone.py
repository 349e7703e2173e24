"""Residents sign in by phone and code; the first right code makes the account."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts import queries, rules, vault
from yichuang.accounts.identifiers import phone_number
from yichuang.accounts.models import SignInCode, User
from yichuang.accounts.senders import Sender
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal


def request_phone_code(*, phone: str, sender: Sender, at: datetime) -> None:
    """Send a 6-digit code, good for 5 minutes and for one use; an older code dies with it.

    The code is stored before it is sent: a code that arrives always works. Refuses: what
    phone_number refuses, code-too-soon (60 s) and code-too-many (5 an hour), both 429,
    code-not-sent (503) when the sender fails.
    """
    number = phone_number(phone)
    index = vault.blind_index(number, kind="phone")
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        SignInCode.objects.get_or_create(
            phone_index=index, defaults={"code_digest": b"", "expires_at": at}
        )
        row = SignInCode.objects.select_for_update().get(phone_index=index)
        sent = [
            moment
            for moment in map(datetime.fromisoformat, row.sent)
            if at - moment < timedelta(hours=1)
        ]
        rules.may_send_code(sent, at).enforce(status=429)
        row.code_digest = _digest(number, code)
        row.sent = [moment.isoformat() for moment in (*sent, at)]
        row.expires_at = at + rules.CODE_LIFE
        row.attempts, row.used_at = 0, None
        row.save()
    text = _("【一窗】登录验证码 %(code)s，5 分钟内有效。任何人索要都不要给。") % {"code": code}
    try:
        sender(phone=number, text=text, at=at)
    except OSError:
        raise Refusal(
            "code-not-sent",
            _("短信没有发出去。"),
            remedy=_("请一分钟后再试；仍不行请到便民服务中心窗口办理。"),
            status=503,
        ) from None


def confirm_phone_code(*, phone: str, code: str, at: datetime) -> User:
    """The resident whose phone received the code; made now where the phone is new.

    Refuses code-wrong (401) alike for a wrong, late, used or never sent code; after five tries
    the code is dead and a new one is needed.
    """
    number = phone_number(phone)
    index = vault.blind_index(number, kind="phone")
    user: User | None = None
    with transaction.atomic():
        row = SignInCode.objects.select_for_update().filter(phone_index=index).first()
        if row and row.used_at is None and at < row.expires_at and row.attempts < rules.CODE_TRIES:
            digest = _digest(number, rules.plain_code(code))
            if hmac.compare_digest(bytes(row.code_digest), digest):
                row.used_at = at
                user = _resident(number, index, at)
            else:
                row.attempts += 1
            row.save(update_fields=["attempts", "used_at"])
            if user is not None and user.is_active:
                journal.record(
                    kind="resident.signed-in",
                    by=queries.resident_actor(user, channel="phone"),
                    at=at,
                    payload={"account": user.pk},
                )
    if user is None or not user.is_active:
        raise Refusal(
            "code-wrong",
            _("验证码不对或已经失效。"),
            remedy=_("请核对短信里的 6 位数字，或重新获取验证码。"),
            status=401,
            field="code",
        )
    return user


def _resident(number: str, index: bytes, at: datetime) -> User:
    """The account of a phone; the phone's code row is locked, so it is made once."""
    found = User.objects.filter(phone_index=index).first()
    if found is not None:
        return found
    mask = vault.mask_phone(number)
    user = User(
        kind=User.Kind.RESIDENT,
        display_name=mask,
        phone_index=index,
        phone_mask=mask,
        created_at=at,
    )
    user.set_unusable_password()
    user.phone_sealed = vault.seal(
        number, table="accounts_user", row=str(user.uid), column="phone_sealed"
    )
    user.save(force_insert=True)
    return user


def _digest(number: str, code: str) -> bytes:
    """Keyed, because a bare hash of six digits is read off a table."""
    return vault.blind_index(f"{number}/{code}", kind="sign-in-code")
