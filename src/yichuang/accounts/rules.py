"""When an account locks, a password ages, a session ends and a code is good: values in, answer out.

The figures are common practice for 等级保护三级 (GB/T 22239 asks for complexity, regular change,
lockout and timeout without naming numbers; these are not confirmed as anyone's requirement).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from yichuang.verdict import YES, Verdict, no

MAX_FAILURES = 5
LOCK_FOR = timedelta(minutes=15)
PASSWORD_LIFE = timedelta(days=90)
PASSWORD_LENGTH = 10
PASSWORD_KINDS = 3
IDLE_LIMIT = timedelta(minutes=30)
STAFF_LIMIT = timedelta(hours=10)
RESIDENT_LIMIT = timedelta(hours=8)
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
CODE_PAUSE = timedelta(seconds=60)
CODES_PER_HOUR = 5
TOTP_STEP = 30  # seconds, RFC 6238
BASIS = "GB/T 22239-2019"


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong attempts in a row, and until when the account is locked (None: it is not)."""

    count: int = 0
    locked_until: datetime | None = None

    def locked(self, at: datetime) -> bool:
        return self.locked_until is not None and at < self.locked_until

    def next(self, at: datetime) -> Failures:
        """After one more wrong attempt at `at`. While locked nothing changes: no endless lock."""
        if self.locked(at):
            return self
        count = (0 if self.locked_until else self.count) + 1
        return Failures(count, at + LOCK_FOR if count >= MAX_FAILURES else None)


def password_expired(changed_at: datetime | None, at: datetime) -> bool:
    """Whether a password must be changed: given by somebody else (None), or 90 days old."""
    return changed_at is None or at - changed_at >= PASSWORD_LIFE


def strong_enough(password: str, *, login: str) -> Verdict:
    """At least 10 characters of 3 kinds (A–Z, a–z, 0–9, other), without the login in it."""
    kinds = {
        "upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdigit() else "other"
        for c in password
    }
    if len(password) < PASSWORD_LENGTH or len(kinds) < PASSWORD_KINDS:
        return no(
            "password-weak",
            _("新口令太简单。"),
            remedy=_("请用至少 10 个字符，并包含大写字母、小写字母、数字、符号中的三种。"),
            basis=BASIS,
        )
    if login and login.casefold() in password.casefold():
        return no(
            "password-weak",
            _("新口令里含有登录名。"),
            remedy=_("请换一个不含登录名的口令。"),
            basis=BASIS,
        )
    return YES


def session_over(*, opened_at: datetime, seen_at: datetime, at: datetime, limit: timedelta) -> str:
    """Why a session has ended: "idle", "limit", or "" while it lives."""
    if at - seen_at >= IDLE_LIMIT:
        return "idle"
    return "limit" if at - opened_at >= limit else ""


def may_send_code(sent: Sequence[datetime], at: datetime) -> Verdict:
    """Whether one more sign-in code may go to a phone that got codes at the moments `sent`."""
    if any(at - moment < CODE_PAUSE for moment in sent):
        return no(
            "code-too-soon", _("验证码刚刚发过。"), remedy=_("请等 60 秒后再试，并留意手机短信。")
        )
    if sum(at - moment < timedelta(hours=1) for moment in sent) >= CODES_PER_HOUR:
        return no(
            "code-too-many",
            _("这个手机号一小时内已经发了 5 次验证码。"),
            remedy=_("请一小时后再试，或到就近的便民服务中心窗口办理。"),
        )
    return YES


def plain_code(text: str) -> str:
    """A typed code with full-width digits made plain and every space left out."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def in_term(starts_on: date, ends_on: date | None, on: date) -> bool:
    """Whether a post counts on a day: both ends included, no end means open."""
    return starts_on <= on and (ends_on is None or on <= ends_on)


def lies_within(place: str, area: str) -> bool:
    """Whether the 12-digit division `place` is `area` or below it (county 6, town 9 digits).

    An empty area holds nothing: an actor without a place reaches no place.
    """
    if not area:
        return False
    if area.endswith("000000"):
        return place[:6] == area[:6]
    if area.endswith("000"):
        return place[:9] == area[:9]
    return place == area
