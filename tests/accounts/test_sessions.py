"""Which Actor stands behind a request, and when none does."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import RequestFactory

from yichuang.accounts import actions, sessions
from yichuang.accounts.models import Post, User
from yichuang.verdict import Refusal

from .kit import AT, CENTRE, PASSWORD, SYSTEM, posted, staff

pytestmark = pytest.mark.django_db


def request_with(session=None, path="/desk/?page=2", **headers):
    request = RequestFactory(headers=headers).get(path)
    request.session = session or SessionStore()
    request.user = get_user(request)
    request.reference = "A7K3-9QF2"
    return request


def again(request, **headers):
    """The browser's next request in the same session."""
    request.session.save()
    return request_with(SessionStore(request.session.session_key), **headers)


def signed_in(login="clerk.one"):
    request = request_with()
    entered = actions.sign_in_staff(login=login, password=PASSWORD, at=AT)
    sessions.open_staff(request, entered, AT)
    return again(request)


def resident():
    user = User(kind="resident", display_name="138****1234", created_at=AT)
    user.set_unusable_password()
    user.save()
    request = request_with()
    request.session["draft"] = "kept"
    sessions.open_resident(request, user, AT)
    return again(request)


def test_nobody_is_nobody():
    assert sessions.actor_of(request_with(), AT) is None


def test_staff_in_their_one_post(django_assert_num_queries):
    user, post = posted()
    request = signed_in()
    with django_assert_num_queries(1):  # the post; session and user were read above
        actor = sessions.actor_of(request, AT)
        assert sessions.actor_of(request, AT) is actor
    assert (actor.person_id, actor.post_id, actor.role) == (user.pk, post.pk, "clerk")
    assert (actor.place_code, actor.channel, actor.request_id) == (
        "370321110000",
        "web",
        "A7K3-9QF2",
    )


def test_several_posts_must_be_chosen_from():
    user, first = posted()
    second = actions.give_post(
        user=user, role="examiner", starts_on=AT.date(), by=SYSTEM, at=AT, **CENTRE
    )
    request = signed_in()
    assert sessions.actor_of(request, AT) is None
    sessions.choose_post(request, second.pk, AT)
    assert sessions.actor_of(again(request), AT).role == "examiner"
    _, others = posted("clerk.two")
    with pytest.raises(Refusal) as caught:
        sessions.choose_post(again(request), others.pk, AT)
    assert caught.value.code == "not-your-post"
    assert first.pk != second.pk


def test_an_ended_post_ends_its_powers_at_once():
    _, post = posted()
    request = signed_in()
    Post.objects.filter(pk=post.pk).update(starts_on="2026-01-01", ends_on="2026-03-01")
    assert sessions.actor_of(request, AT) is None


def test_thirty_minutes_without_use_end_a_session():
    posted()
    request = signed_in()
    for minutes in (29, 58, 87):
        assert sessions.actor_of(request, AT + timedelta(minutes=minutes))
        request = again(request)
    assert sessions.actor_of(request, AT + timedelta(minutes=117)) is None
    assert request.ended == "idle"
    assert isinstance(request.user, AnonymousUser) and request.session.is_empty()


@pytest.mark.parametrize(("begin", "hours"), [(signed_in, 10), (resident, 8)])
def test_busy_or_not_a_session_ends_after_its_hours(begin, hours):
    posted()
    request = begin()
    at = AT
    while at + timedelta(minutes=20) < AT + timedelta(hours=hours):
        at += timedelta(minutes=20)
        assert sessions.actor_of(request, at)
        request = again(request)
    assert sessions.actor_of(request, AT + timedelta(hours=hours)) is None
    assert request.ended == "limit"


def test_seen_is_written_once_a_minute_at_most():
    posted()
    request = signed_in()
    sessions.actor_of(request, AT + timedelta(seconds=59))
    assert not request.session.modified
    request = again(request)
    sessions.actor_of(request, AT + timedelta(seconds=61))
    assert request.session.modified


def test_a_second_sign_in_ends_the_first():
    posted()
    first = signed_in()
    second = signed_in()
    first = again(first)
    assert sessions.actor_of(first, AT) is None and first.ended == "elsewhere"
    assert sessions.actor_of(second, AT)


def test_signing_in_changes_the_session_key_and_keeps_no_staff_leftovers():
    posted()
    request = request_with()
    request.session["planted"] = "x"
    request.session.save()
    before = request.session.session_key
    entered = actions.sign_in_staff(login="clerk.one", password=PASSWORD, at=AT)
    sessions.open_staff(request, entered, AT)
    assert request.session.session_key != before
    assert "planted" not in request.session
    assert not SessionStore(before).load()


def test_a_resident_keeps_the_draft_made_before_signing_in():
    request = resident()
    assert request.session["draft"] == "kept"
    actor = sessions.actor_of(request, AT)
    assert (actor.role, actor.post_id, actor.name) == ("resident", None, "138****1234")


def test_a_disabled_account_is_out_with_its_next_request():
    user, _ = posted()
    request = signed_in()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sessions.actor_of(again(request), AT) is None


def test_a_demo_session_is_worth_nothing_in_production(settings):
    posted(demo=True)
    request = signed_in()
    settings.MODE = "production"
    assert sessions.actor_of(request, AT) is None


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ({"password_changed_at": None}, "password"),
        ({"password_changed_at": AT - timedelta(days=90)}, "password"),
        ({"totp_required": True}, "second-factor"),
        ({}, ""),
    ],
)
def test_what_is_outstanding_comes_before_any_work(columns, left):
    user, _ = posted()
    request = signed_in()
    if columns:
        User.objects.filter(pk=user.pk).update(**columns)
        request = again(request)
    assert sessions.outstanding(request.user, AT) == left
    assert (sessions.actor_of(request, AT) is None) == bool(left)


def test_a_step_that_is_not_the_last_opens_nothing():
    user = staff()
    with pytest.raises(ValueError, match="not complete"):
        sessions.open_staff(request_with(), actions.SignIn(user, "code"), AT)


@sessions.requires("clerk", "decider")
def staff_page(request):
    return HttpResponse(request.actor.role)


@sessions.requires("resident")
def resident_page(request):
    return HttpResponse("mine")


def test_pages_for_roles(time_machine):
    time_machine.move_to(AT, tick=False)
    posted()
    posted("auditor.one", role="auditor")
    answer = staff_page(signed_in())
    assert answer.content == b"clerk" and "no-store" in answer["Cache-Control"]
    with pytest.raises(Refusal) as caught:
        staff_page(signed_in("auditor.one"))
    assert (caught.value.code, caught.value.status) == ("not-your-post", 403)
    with pytest.raises(Refusal):
        resident_page(signed_in())


def test_nobody_is_sent_to_sign_in_and_back(time_machine, settings):
    time_machine.move_to(AT, tick=False)
    answer = staff_page(request_with())
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/staff/login?next=%2Fdesk%2F%3Fpage%3D2",
    )
    settings.RESIDENT_LOGIN_URL = "/me/sign-in"
    assert resident_page(request_with())["Location"].startswith("/me/sign-in?next=")
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/"}
    answer = staff_page(request_with(**here))
    assert answer["HX-Redirect"] == "/staff/login?next=http%3A%2F%2Ftestserver%2Fdesk%2F"


def test_the_way_to_sign_in_says_why(time_machine):
    posted()
    request = signed_in()
    time_machine.move_to(AT + timedelta(hours=1), tick=False)
    assert "why=idle" in staff_page(request)["Location"]
