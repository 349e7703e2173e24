"""Accounts and posts: who may make them, and what the database itself forbids."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from yichuang.accounts import actions, permissions, queries, roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import Post, User
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

from .kit import AT, CENTRE, PASSWORD, SYSTEM, posted, staff

MANAGER = Actor(9001, "演示负责人", "manager", place_code="370321110000")
pytestmark = pytest.mark.django_db


def refusal(code, act, /, **given):
    with pytest.raises(Refusal) as caught:
        act(**given)
    assert caught.value.code == code
    assert caught.value.message and caught.value.remedy
    return caught.value


def test_an_account_is_made_journalled_and_must_change_its_password():
    user = actions.create_user(
        login=" Ｃlerk.One ", display_name="演示甲", password=PASSWORD, by=SYSTEM, at=AT
    )
    assert (user.login, user.password_changed_at) == ("clerk.one", None)
    entry = Entry.objects.get()
    assert (entry.kind, entry.payload["account"]) == ("account.created", user.pk)
    assert PASSWORD not in str(entry.payload)


def test_a_login_is_one_persons():
    staff()
    make = {"display_name": "演示乙", "password": PASSWORD, "by": SYSTEM, "at": AT}
    assert refusal("login-taken", actions.create_user, login="CLERK.ONE", **make).status == 409
    refusal("login-invalid", actions.create_user, login="有空 格", **make)
    make["password"] = "password123"
    refusal("password-weak", actions.create_user, login="clerk.two", **make)
    assert Entry.objects.count() == 1


def test_only_managers_make_accounts():
    clerk = Actor(1, "演示甲", "clerk")
    make = {"login": "x-1", "display_name": "乙", "password": PASSWORD, "at": AT}
    assert refusal("not-your-post", actions.create_user, by=clerk, **make).status == 403


def test_a_post_is_given_and_ended():
    user, post = posted()
    on = AT.date()
    assert [held.role for held in queries.posts_of(user.pk, on)] == ["clerk"]
    actions.end_post(post_id=post.pk, ends_on=on, by=MANAGER, at=AT)
    assert queries.posts_of(user.pk, on)
    assert not queries.posts_of(user.pk, on + timedelta(days=1))
    assert [entry.kind for entry in Entry.objects.order_by("index")] == [
        "account.created",
        "post.given",
        "post.ended",
    ]


def test_posts_that_are_refused():
    user, _ = posted()
    give = {"user": user, "starts_on": AT.date(), "at": AT, **CENTRE}
    refusal("post-given-already", actions.give_post, role="clerk", by=SYSTEM, **give)
    refusal("role-unknown", actions.give_post, role="resident", by=SYSTEM, **give)
    refusal("not-yours-to-give", actions.give_post, role="auditor", by=MANAGER, **give)
    refusal(
        "post-ends-before-start",
        actions.give_post,
        role="examiner",
        by=SYSTEM,
        ends_on=AT.date() - timedelta(days=1),
        **give,
    )
    elsewhere = give | {"place_code": "370321105000"}
    refusal("outside-your-area", actions.give_post, role="clerk", by=MANAGER, **elsewhere)
    self_made = Actor(user.pk, "演示甲", "manager", place_code="370321110000")
    refusal("not-for-yourself", actions.give_post, role="decider", by=self_made, **give)


def test_nobody_gives_a_role_as_wide_as_their_own():
    for giver, given in permissions.GRANTS.items():
        if giver != roles.SYSTEM:
            assert giver not in given
            assert not {roles.AUDITOR, roles.OPERATOR} & set(given)


def test_a_reset_ends_the_session_and_unlocks():
    user, _ = posted()
    actions.sign_in_staff(login="clerk.one", password=PASSWORD, at=AT)
    User.objects.filter(pk=user.pk).update(failed_count=5, locked_until=AT + timedelta(minutes=9))
    actions.reset_password(user_id=user.pk, password="Another-Horse-8", by=MANAGER, at=AT)
    user.refresh_from_db()
    assert (user.session_stamp, user.failed_count, user.locked_until) == ("", 0, None)
    assert user.password_changed_at is None
    stranger = Actor(9002, "别镇负责人", "manager", place_code="370321105000")
    refusal(
        "outside-your-area",
        actions.reset_password,
        user_id=user.pk,
        password="Another-Horse-9",
        by=stranger,
        at=AT,
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "staff", "login": None},
        {"kind": "robot", "login": "r2"},
        {"kind": "resident", "phone_index": b"x" * 32},
        {"kind": "staff", "login": "one", "totp_confirmed_at": AT},
    ],
)
def test_the_database_refuses_half_an_account(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(display_name="演示", password="!", created_at=AT, **broken)


def test_the_database_refuses_a_post_that_ends_before_it_starts():
    user = staff()
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.create(
            user=user, role="clerk", starts_on=AT.date(), ends_on=AT.date() - timedelta(days=1)
        )


def test_every_role_has_a_name_and_says_what_it_reaches():
    assert all(role.name and role.reach for role in roles.ROLES.values())
    assert set(permissions.GRANTS) <= set(roles.ROLES)


def test_staff_are_listed_in_two_statements(django_assert_num_queries):
    posted("clerk.one")
    posted("clerk.two", role="decider")
    with django_assert_num_queries(2):
        sheets = queries.staff(AT.date())
    assert [(s.login, [p.role for p in s.posts]) for s in sheets] == [
        ("clerk.one", ["clerk"]),
        ("clerk.two", ["decider"]),
    ]
