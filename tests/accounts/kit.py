"""Fictional staff, and the moment they act at."""

from datetime import datetime, timedelta, timezone

import pyotp

from yichuang.accounts import actions, vault
from yichuang.accounts.actor import system
from yichuang.accounts.models import User

AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
PASSWORD = "Correct-Horse-7"
CENTRE = {
    "organ_code": "370321110000-town",
    "outlet_code": "370321110000-centre",
    "place_code": "370321110000",
}
SYSTEM = system("test")


def staff(login="clerk.one", **more):
    """A staff account whose password is settled, so that nothing is outstanding."""
    user = actions.create_user(
        login=login, display_name="演示甲", password=PASSWORD, by=SYSTEM, at=AT, **more
    )
    User.objects.filter(pk=user.pk).update(password_changed_at=AT)
    user.refresh_from_db()
    return user


def posted(login="clerk.one", role="clerk", **more):
    """A staff account with one post, and the post."""
    user = staff(login, **more)
    post = actions.give_post(user=user, role=role, starts_on=AT.date(), by=SYSTEM, at=AT, **CENTRE)
    return user, post


def authenticator(user, at=AT):
    """Enrol a second factor by its first code; returns the authenticator."""
    actions.begin_second_factor(user_id=user.pk)
    user.refresh_from_db()
    totp = pyotp.TOTP(
        vault.open_(
            user.totp_secret_sealed,
            table="accounts_user",
            row=str(user.uid),
            column="totp_secret_sealed",
        )
    )
    actions.confirm_second_factor(user_id=user.pk, totp=totp.at(at), at=at)
    return totp
