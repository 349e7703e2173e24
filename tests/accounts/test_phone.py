"""Residents by phone and code."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from yichuang.accounts import actions, vault
from yichuang.accounts.models import SignInCode, User
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

from .kit import AT

PHONE = "13800001234"
pytestmark = pytest.mark.django_db


class Mailbox:
    """A sender that keeps what it was given."""

    def __init__(self):
        self.texts = []

    def __call__(self, *, phone, text, at):
        self.texts.append((phone, text))

    @property
    def code(self):
        return "".join(filter(str.isdigit, self.texts[-1][1].split("，")[0]))


def ask(box, at=AT, phone=PHONE):
    actions.request_phone_code(phone=phone, sender=box, at=at)
    return box.code


def refusal(code, act, /, **given):
    with pytest.raises(Refusal) as caught:
        act(**given)
    assert caught.value.code == code and caught.value.remedy
    return caught.value


def test_the_first_right_code_makes_the_account_and_the_next_finds_it():
    box = Mailbox()
    code = ask(box, phone="+86 138 0000 1234")
    assert len(code) == 6 and box.texts[0][0] == PHONE
    user = actions.confirm_phone_code(phone=PHONE, code=f" {code} ", at=AT)
    assert (user.kind, user.phone_mask, user.login) == ("resident", "138****1234", None)
    opened = vault.open_(
        user.phone_sealed, table="accounts_user", row=str(user.uid), column="phone_sealed"
    )
    assert opened == PHONE
    later = AT + timedelta(hours=2)
    assert actions.confirm_phone_code(phone=PHONE, code=ask(box, later), at=later) == user


def test_a_code_works_once_for_five_minutes_and_for_its_own_phone():
    box = Mailbox()
    code = ask(box)
    for given in (
        {"phone": "13800009999", "code": code, "at": AT},
        {"phone": PHONE, "code": code, "at": AT + timedelta(minutes=5)},
    ):
        refusal("code-wrong", actions.confirm_phone_code, **given)
    actions.confirm_phone_code(phone=PHONE, code=code, at=AT + timedelta(minutes=4))
    refusal("code-wrong", actions.confirm_phone_code, phone=PHONE, code=code, at=AT)
    assert User.objects.count() == 1


def test_five_wrong_tries_kill_a_code():
    box = Mailbox()
    code = ask(box)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        refusal("code-wrong", actions.confirm_phone_code, phone=PHONE, code=wrong, at=AT)
    refusal("code-wrong", actions.confirm_phone_code, phone=PHONE, code=code, at=AT)
    later = AT + timedelta(minutes=2)
    assert actions.confirm_phone_code(phone=PHONE, code=ask(box, later), at=later)


def test_a_newer_code_replaces_the_older():
    box = Mailbox()
    old = ask(box)
    later = AT + timedelta(seconds=61)
    new = ask(box, later)
    if old != new:
        refusal("code-wrong", actions.confirm_phone_code, phone=PHONE, code=old, at=later)
    assert actions.confirm_phone_code(phone=PHONE, code=new, at=later)


def test_sixty_seconds_between_codes_and_five_an_hour():
    box = Mailbox()
    for number in range(5):
        ask(box, AT + timedelta(seconds=61 * number))
    again = {"phone": PHONE, "sender": box}
    request = actions.request_phone_code
    assert refusal("code-too-soon", request, at=AT + timedelta(seconds=250), **again).status == 429
    assert refusal("code-too-many", request, at=AT + timedelta(minutes=59), **again).status == 429
    ask(box, AT + timedelta(minutes=60, seconds=1))
    assert len(box.texts) == 6


def test_the_stored_code_is_not_the_code():
    box = Mailbox()
    code = ask(box)
    row = SignInCode.objects.get()
    assert code.encode() not in bytes(row.code_digest) + bytes(row.phone_index)


def test_a_sender_that_fails_is_said_so():
    def broken(**_):
        raise ConnectionError

    caught = refusal("code-not-sent", actions.request_phone_code, phone=PHONE, sender=broken, at=AT)
    assert caught.status == 503


def test_a_disabled_resident_stays_out():
    box = Mailbox()
    code = ask(box)
    user = actions.confirm_phone_code(phone=PHONE, code=code, at=AT)
    User.objects.filter(pk=user.pk).update(is_active=False)
    later = AT + timedelta(hours=1)
    code = ask(box, later)
    refusal("code-wrong", actions.confirm_phone_code, phone=PHONE, code=code, at=later)
    assert Entry.objects.filter(kind="resident.signed-in").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_confirmations_at_once_sign_in_one():
    code = ask(Mailbox())
    barrier = threading.Barrier(8)
    outcomes = []

    def confirm():
        try:
            barrier.wait(timeout=30)
            outcomes.append(actions.confirm_phone_code(phone=PHONE, code=code, at=AT).pk)
        except Refusal as caught:
            outcomes.append(caught.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert outcomes.count("code-wrong") == 7 and len(outcomes) == 8
    assert User.objects.count() == 1
