"""Staff sign-in as a browser sees it."""

import re
from datetime import datetime, timedelta, timezone

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.test import Client

from yichuang.accounts import actions, demo, oidc
from yichuang.accounts.actor import system
from yichuang.accounts.models import User
from yichuang.journal.models import Entry

AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
PASSWORD = "Correct-Horse-7"
SYSTEM = system("test")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def still_clock(time_machine, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    time_machine.move_to(AT, tick=False)
    return time_machine


def staff(login="clerk.one", roles=("clerk",), fresh=False, **columns):
    user = actions.create_user(
        login=login, display_name="演示甲", password=PASSWORD, by=SYSTEM, at=AT
    )
    columns |= {} if fresh else {"password_changed_at": AT}
    if columns:
        User.objects.filter(pk=user.pk).update(**columns)
    for role in roles:
        actions.give_post(
            user=user,
            role=role,
            title="演示职务",
            outlet_code="370321110000-centre",
            place_code="370321110000",
            starts_on=AT.date(),
            by=SYSTEM,
            at=AT,
        )
    return user


def sign_in(client, login="clerk.one", password=PASSWORD, **more):
    return client.post("/staff/login", {"login": login, "password": password, **more})


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


@pytest.mark.parametrize(
    ("role", "home"),
    [
        ("clerk", "/window/"),
        ("decider", "/desk/"),
        ("manager", "/window/"),
        ("auditor", "/desk/"),
        ("operator", "/staff/"),
    ],
)
def test_in_and_to_ones_own_face(client, role, home):
    staff(roles=(role,))
    page = client.get("/staff/login")
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert client.get("/staff/login")["Location"] == home
    account = client.get("/staff/")
    assert "演示甲" in text_of(account) and "演示职务" in text_of(account)
    assert "no-store" in account["Cache-Control"]


def test_back_to_where_one_wanted_to_go_but_never_off_the_site(client):
    staff()
    for wanted, landed in (
        ("/desk/?page=2", "/desk/?page=2"),
        ("http://testserver/desk/", "http://testserver/desk/"),
        ("https://elsewhere.example/", "/window/"),
        ("//elsewhere.example/", "/window/"),
        ("javascript:alert(1)", "/window/"),
    ):
        browser = Client()
        page = BeautifulSoup(browser.get("/staff/login", {"next": wanted}).content, "html.parser")
        form = page.find("form", {"action": "/staff/login"})
        hidden = form.find("input", {"name": "next"})["value"]
        assert sign_in(browser, next=hidden)["Location"] == landed
        assert sign_in(Client(), next=wanted)["Location"] == landed


def test_demo_people_are_shown_at_the_door_but_never_in_production(client, settings):
    wanted = [demo.DemoPost("demo.clerk", "演示窗口", "clerk", place_code="370321110000")]
    demo.make_demo_accounts(wanted, starts_on=AT.date(), by=SYSTEM, at=AT)
    shown = text_of(client.get("/staff/login"))
    assert "demo.clerk" in shown and demo.DEMO_PASSWORD in shown and "窗口人员" in shown
    settings.MODE = "production"
    shown = text_of(client.get("/staff/login"))
    assert "demo.clerk" not in shown and demo.DEMO_PASSWORD not in shown
    assert sign_in(client, login="demo.clerk", password=demo.DEMO_PASSWORD).status_code == 401


def test_a_failure_keeps_the_login_and_says_what_to_do(client):
    staff()
    answer = sign_in(client, password="Wrong-Horse-7")
    assert answer.status_code == 401
    page = BeautifulSoup(answer.content, "html.parser")
    assert page.find("input", {"name": "login"})["value"] == "clerk.one"
    assert not page.find("input", {"name": "password"}).get("value")
    assert "账号已暂时锁定" in text_of(answer) and "15 分钟" in text_of(answer)
    stranger = sign_in(client, login="nobody.here", password="Wrong-Horse-7")
    words = re.compile(r"nobody\.here|clerk\.one")
    assert words.sub("", text_of(stranger)) == words.sub("", text_of(answer))
    assert sign_in(client, login="").status_code == 422


def test_a_new_session_key_with_sign_in_and_nothing_left_after_sign_out(client):
    user = staff()
    client.get("/staff/login")
    session = client.session
    session["planted"] = "x"
    session.save()
    sign_in(client)
    assert client.session.session_key != session.session_key and "planted" not in client.session
    answer = client.post("/staff/logout")
    assert answer["Location"] == "/staff/signed-out" and "cache" in answer["Clear-Site-Data"]
    assert client.get("/staff/signed-out").status_code == 200
    assert client.get("/staff/")["Location"].startswith("/staff/login")
    user.refresh_from_db()
    assert user.session_stamp == ""
    assert Entry.objects.filter(kind="staff.signed-out").count() == 1
    assert client.get("/staff/logout").status_code == 405


def test_forms_are_protected(client):
    staff()
    guarded = Client(enforce_csrf_checks=True)
    assert sign_in(guarded).status_code == 403
    page = BeautifulSoup(guarded.get("/staff/login").content, "html.parser")
    token = page.find("input", {"name": "csrfmiddlewaretoken"})["value"]
    assert sign_in(guarded, csrfmiddlewaretoken=token).status_code == 302


def test_the_first_password_must_be_changed(client):
    user = staff(fresh=True)
    assert sign_in(client, next="/desk/?page=3")["Location"] == "/staff/password"
    assert client.get("/staff/")["Location"] == "/staff/password"
    assert client.get("/staff/post")["Location"] == "/staff/password"
    assert "别人设置的" in text_of(client.get("/staff/password"))
    given = {"old": PASSWORD, "new": "Another-Horse-8", "again": "Another-Horse-9"}
    assert "不一样" in text_of(client.post("/staff/password", given))
    given["again"] = given["new"] = "short"
    weak = client.post("/staff/password", given)
    assert weak.status_code == 422 and "太简单" in text_of(weak)
    given["again"] = given["new"] = "Another-Horse-8"
    before = client.session.session_key
    assert client.post("/staff/password", given)["Location"] == "/desk/?page=3"
    assert client.session.session_key != before
    user.refresh_from_db()
    assert user.password_changed_at == AT
    assert client.get("/staff/").status_code == 200


def test_second_factor_from_enrolment_to_sign_in(client, still_clock):
    user = staff(totp_required=True)
    assert sign_in(client)["Location"] == "/staff/second-factor"
    assert "开始设置" in text_of(client.get("/staff/second-factor"))
    page = BeautifulSoup(client.post("/staff/second-factor").content, "html.parser")
    assert page.find("img", {"class": "zw-qr__image"})["src"].startswith("data:image/svg+xml")
    secret = page.find("figcaption").get_text().replace(" ", "")
    totp = pyotp.TOTP(secret)
    wrong = client.post("/staff/second-factor", {"totp": "000000"})
    assert wrong.status_code == 422 and secret[:4] in text_of(wrong)
    done = client.post("/staff/second-factor", {"totp": totp.at(AT)})
    assert done["Location"] == "/window/"
    ready = client.get("/staff/second-factor")
    assert "已经启用" in text_of(ready) and secret not in ready.content.decode()

    still_clock.move_to(AT + timedelta(minutes=5), tick=False)
    browser = Client()
    assert browser.get("/staff/code")["Location"] == "/staff/login"
    assert sign_in(browser, next="/desk/")["Location"] == "/staff/code"
    assert browser.get("/staff/")["Location"].startswith("/staff/login")
    assert browser.post("/staff/code", {"totp": "000000"}).status_code == 401
    code = totp.at(AT + timedelta(minutes=5))
    assert browser.post("/staff/code", {"totp": code})["Location"] == "/desk/"
    assert browser.get("/staff/").status_code == 200
    # the older session of the same person has ended, and is told so
    assert client.get("/staff/")["Location"].endswith("why=elsewhere")
    assert "别处登录" in text_of(client.get("/staff/login?why=elsewhere"))
    user.refresh_from_db()
    assert user.failed_count == 0


def test_the_password_step_is_good_for_five_minutes(client, still_clock):
    user = staff()
    address = actions.begin_second_factor(user_id=user.pk)
    totp = pyotp.parse_uri(address)
    actions.confirm_second_factor(user_id=user.pk, totp=totp.at(AT), at=AT)
    later = AT + timedelta(minutes=1)
    still_clock.move_to(later, tick=False)
    sign_in(client)
    still_clock.move_to(later + timedelta(minutes=6), tick=False)
    code = totp.at(later + timedelta(minutes=6))
    assert client.post("/staff/code", {"totp": code})["Location"] == "/staff/login"


def test_one_of_several_posts_is_chosen_and_changed(client):
    staff(roles=("examiner", "clerk"))
    assert sign_in(client)["Location"] == "/staff/post"
    page = client.get("/staff/post")
    choices = BeautifulSoup(page.content, "html.parser").find_all("input", {"name": "post"})
    assert len(choices) == 2 and "审核人员" in text_of(page)
    assert client.post("/staff/post", {}).status_code == 422
    assert client.post("/staff/post", {"post": "999999"}).status_code == 422
    assert client.post("/staff/post", {"post": choices[0]["value"]})["Location"] == "/desk/"
    assert client.post("/staff/post", {"post": choices[1]["value"]})["Location"] == "/window/"


def test_somebody_without_a_post_is_told_whom_to_ask(client):
    staff(roles=())
    assert sign_in(client)["Location"] == "/staff/post"
    answer = client.get("/staff/post")
    assert answer.status_code == 403 and "本单位负责人" in text_of(answer)


def test_half_an_hour_without_use_ends_the_session(client, still_clock):
    staff()
    sign_in(client)
    still_clock.move_to(AT + timedelta(minutes=31), tick=False)
    answer = client.get("/staff/", follow=True)
    assert answer.redirect_chain[0][0].endswith("why=idle")
    assert "30 分钟没有操作" in text_of(answer)


def test_the_pages_are_whole_in_english(client):
    staff(totp_required=True)
    client.cookies["language"] = "en"
    pages = [client.get("/staff/login?why=idle"), sign_in(client, password="Wrong-Horse-7")]
    sign_in(client)
    pages += [client.get("/staff/second-factor"), client.post("/staff/second-factor")]
    pages += [client.get("/staff/password"), client.post("/staff/password", {"old": "x"})]
    User.objects.update(totp_required=False)
    pages += [client.get("/staff/post"), client.get("/staff/"), client.get("/staff/signed-out")]
    assert [page.status_code for page in pages] == [200, 401, 200, 200, 200, 422, 200, 200, 200]
    for page in pages:
        main = BeautifulSoup(page.content, "html.parser").find("main").get_text(" ", strip=True)
        main = main.replace("演示甲", "").replace("演示职务", "")
        assert main and not re.findall(r"[\u4e00-\u9fff]+", main)


def test_the_way_to_the_identity_service_and_back(client, monkeypatch):
    resident = User(kind="resident", display_name="演示居民", created_at=AT)
    resident.set_unusable_password()
    resident.save()
    monkeypatch.setattr(oidc, "begin", lambda session: "https://identity.example/authorize")
    monkeypatch.setattr(oidc, "complete", lambda session, params, at: resident)
    away = client.get("/identity/begin", {"next": "/me/cases"})
    assert away["Location"] == "https://identity.example/authorize"
    assert client.get("/identity/return", {"code": "c", "state": "s"})["Location"] == "/me/cases"
    assert client.get("/staff/")["Location"].startswith("/staff/login")  # a resident is not staff
    monkeypatch.undo()
    assert Client().get("/identity/begin").status_code == 404
