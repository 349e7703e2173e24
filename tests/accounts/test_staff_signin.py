"""Staff sign-in: one wording, lockout under a race, second factor, one session."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.db import connection

from yichuang.accounts import actions
from yichuang.accounts.actions import signin
from yichuang.accounts.models import User
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

from .kit import AT, PASSWORD, authenticator, staff

pytestmark = pytest.mark.django_db


def enter(password=PASSWORD, login="clerk.one", at=AT, **more):
    return actions.sign_in_staff(login=login, password=password, at=at, **more)


def refused(**given):
    with pytest.raises(Refusal) as caught:
        enter(**given)
    assert (caught.value.code, caught.value.status) == ("signin-refused", 401)
    return str(caught.value)


def test_in_by_login_and_password():
    staff()
    entered = enter(login=" CLERK.one ", address="192.0.2.1")
    assert entered.step == "in" and len(entered.stamp) > 20
    entry = Entry.objects.order_by("index").last()
    assert (entry.kind, entry.payload["address"]) == ("staff.signed-in", "192.0.2.1")


def test_every_failure_reads_the_same():
    staff("clerk.one")
    staff("clerk.two")
    User.objects.filter(login="clerk.two").update(is_active=False)
    words = {
        refused(login="nobody.here"),
        refused(password="Wrong-Horse-7"),
        refused(login="clerk.two"),
        *(refused(password="Wrong-Horse-7") for _ in range(5)),
        refused(),  # right, but locked by now
    }
    assert len(words) == 1


def test_an_unknown_login_costs_a_hash_too(monkeypatch):
    staff()
    encode, made = hashers.MD5PasswordHasher.encode, []
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda *given: made.append(1) or encode(*given)
    )
    refused(password="Wrong-Horse-7")
    known = len(made)
    refused(login="nobody.here")
    assert known == len(made) - known == 1


def test_five_failures_lock_for_a_quarter_of_an_hour():
    user = staff()
    for _ in range(5):
        refused(password="Wrong-Horse-7")
    refused()
    refused(at=AT + timedelta(minutes=14, seconds=59))
    assert enter(at=AT + timedelta(minutes=15)).step == "in"
    user.refresh_from_db()
    assert (user.failed_count, user.locked_until) == (0, None)
    kinds = list(Entry.objects.order_by("index").values_list("kind", flat=True))
    assert kinds.count("staff.locked") == 1 and kinds.count("staff.sign-in-failed") == 4


def test_success_forgets_earlier_failures():
    user = staff()
    for _ in range(4):
        refused(password="Wrong-Horse-7")
    enter()
    refused(password="Wrong-Horse-7")
    user.refresh_from_db()
    assert user.failed_count == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_guesses_at_once_count_as_five():
    """All sixteen are checked before any is counted; still no sixth failure gets an answer."""
    user = staff()
    barrier = threading.Barrier(16)
    outcomes = []

    def check(password, encoded):
        good = hashers.check_password(password, encoded)
        barrier.wait(timeout=30)
        return good

    def guess():
        try:
            enter(password="Wrong-Horse-7")
        except Refusal as caught:
            outcomes.append(caught.code)
        finally:
            connection.close()

    original, signin.check_password = signin.check_password, check
    try:
        threads = [threading.Thread(target=guess) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    finally:
        signin.check_password = original
    assert outcomes == ["signin-refused"] * 16
    user.refresh_from_db()
    assert (user.failed_count, user.locked_until) == (5, AT + timedelta(minutes=15))
    kinds = list(Entry.objects.values_list("kind", flat=True))
    assert kinds.count("staff.sign-in-failed") == 4 and kinds.count("staff.locked") == 1
    refused()


def test_a_second_sign_in_ends_the_first():
    user = staff()
    first, second = enter().stamp, enter().stamp
    user.refresh_from_db()
    assert first != second == user.session_stamp
    actions.sign_out(user_id=user.pk, at=AT)
    user.refresh_from_db()
    assert user.session_stamp == ""


def test_the_second_factor_is_asked_for_after_the_right_password_only():
    user = staff()
    totp = authenticator(user)
    later = AT + timedelta(minutes=1)
    assert enter(at=later).step == "code"
    refused(password="Wrong-Horse-7", totp=totp.at(later), at=later)
    entered = actions.sign_in_second_step(user_id=user.pk, totp=totp.at(later), at=later)
    assert entered.step == "in"


def test_a_code_works_once_and_only_near_its_time():
    user = staff()
    totp = authenticator(user)
    at = AT + timedelta(minutes=10)
    for stale in (at - timedelta(seconds=90), at + timedelta(seconds=90)):
        refused(totp=totp.at(stale), at=at)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in totp.at(at))
    assert enter(totp=full_width, at=at).step == "in"
    refused(totp=totp.at(at), at=at)
    refused(totp=totp.at(at - timedelta(seconds=30)), at=at)
    assert enter(totp=totp.at(at + timedelta(seconds=30)), at=at).step == "in"


def test_the_enrolling_code_does_not_also_sign_in():
    totp = authenticator(staff())
    refused(totp=totp.at(AT))


def test_wrong_codes_lock_too_and_the_password_alone_does_not_reset_the_count():
    user = staff()
    totp = authenticator(user)
    at = AT + timedelta(minutes=5)
    for _ in range(5):
        assert enter(at=at).step == "code"
        with pytest.raises(Refusal):
            actions.sign_in_second_step(user_id=user.pk, totp="000000", at=at)
    with pytest.raises(Refusal):
        actions.sign_in_second_step(user_id=user.pk, totp=totp.at(at), at=at)


def test_a_code_of_an_account_copied_into_another_row_opens_nothing():
    one, two = staff("clerk.one"), staff("clerk.two")
    authenticator(one)
    one.refresh_from_db()
    User.objects.filter(pk=two.pk).update(
        totp_secret_sealed=one.totp_secret_sealed, totp_confirmed_at=AT
    )
    with pytest.raises(Exception, match="does not open"):
        enter(login="clerk.two", totp="000000")


def test_the_secret_stays_the_same_until_confirmed_and_is_not_shown_after():
    user = staff()
    assert actions.begin_second_factor(user_id=user.pk) == actions.begin_second_factor(
        user_id=user.pk
    )
    authenticator(user)
    with pytest.raises(Refusal) as caught:
        actions.begin_second_factor(user_id=user.pk)
    assert caught.value.code == "second-factor-set"


def test_changing_the_password():
    user = staff()
    stamp = enter().stamp
    for old, new, code in (
        ("Wrong-Horse-7", "Another-Horse-8", "password-wrong"),
        (PASSWORD, PASSWORD, "password-same"),
        (PASSWORD, "short", "password-weak"),
    ):
        with pytest.raises(Refusal) as caught:
            actions.change_password(user_id=user.pk, old=old, new=new, at=AT)
        assert caught.value.code == code and caught.value.field in ("old", "new")
    later = AT + timedelta(days=80)
    changed = actions.change_password(
        user_id=user.pk, old=PASSWORD, new="Another-Horse-8", at=later
    )
    user.refresh_from_db()
    assert user.password_changed_at == later
    assert stamp != changed.stamp == user.session_stamp
    refused(at=later)
    assert enter("Another-Horse-8", at=later).step == "in"
    assert "Another-Horse-8" not in str(list(Entry.objects.values_list("payload")))


def test_production_lets_no_demo_person_in(settings):
    staff(demo=True)
    assert enter().step == "in"
    settings.MODE = "production"
    refused()
