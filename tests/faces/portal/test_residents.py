"""Residents sign in by phone and code, and see their own cases."""

import json
import re

import pytest

from tests.factories import county as factory
from yichuang.accounts import sessions
from yichuang.accounts.models import User
from yichuang.cases import tracking
from yichuang.cases.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]
PHONE = "138 0000 1234"


def code_in(outbox):
    text = json.loads(outbox.read_text(encoding="utf-8").splitlines()[-1])["text"]
    return re.search(r"\d{6}", text)[0]


def sign_in(send, outbox, **more):
    send("/sign-in", {"phone": PHONE})
    return send("/sign-in/code", {"phone": PHONE, "code": code_in(outbox), **more})


def test_the_code_is_asked_for_at_once(county, send, outbox):
    page = send("/sign-in", {"phone": PHONE})
    assert page.status == 200
    assert page.soup.find("input", {"name": "code"})["autocomplete"] == "one-time-code"
    assert page.soup.find("input", {"name": "phone"})["value"] == PHONE
    assert "1234" in page.main and "0000 12" not in page.main


def test_the_phone_is_never_kept_in_the_session(county, send, client):
    send("/sign-in", {"phone": PHONE})
    assert "138" not in json.dumps(dict(client.session.items()))


def test_a_right_code_leads_to_ones_cases(county, send, read, outbox):
    answer = sign_in(send, outbox)
    assert (answer.status, answer.response["Location"]) == (302, "/mine")
    page = read("/mine")
    assert "138****1234" in page.main
    assert "还没有在网上提交的办件" in page.main
    assert page.link("凭查询码查进度") == "/track"


def test_a_wrong_code_is_explained_and_the_phone_kept(county, send, outbox):
    send("/sign-in", {"phone": PHONE})
    wrong = "000000" if code_in(outbox) != "000000" else "111111"
    page = send("/sign-in/code", {"phone": PHONE, "code": wrong})
    assert page.status == 401
    assert "验证码不对或已经失效" in page.soup.find(role="alert").get_text()
    assert page.soup.find("input", {"name": "phone"})["value"] == PHONE
    assert User.objects.count() == 0


def test_asking_twice_keeps_the_form_for_the_code(county, send):
    send("/sign-in", {"phone": PHONE})
    page = send("/sign-in", {"phone": PHONE})
    assert page.status == 429
    assert page.soup.find("input", {"name": "code"}) is not None


def test_a_bad_phone_is_explained(county, send, outbox):
    page = send("/sign-in", {"phone": "123"})
    assert page.status == 422
    assert page.soup.find("input", {"name": "phone"})["value"] == "123"
    assert not outbox.exists()


def test_only_ones_own_cases(county, send, read, outbox):
    sign_in(send, outbox)
    receipt, other = factory.accepted(), factory.accepted()
    Case.objects.filter(pk=receipt.case_id).update(owner_user=User.objects.get().pk)
    page = read("/mine")
    links = [a["href"] for a in page.soup.select(".portal-hits a")]
    assert links == [f"/track/{tracking.code(receipt.case_id)}"]
    assert other.number not in page.main
    assert "已受理" in page.main
    assert "no-store" in page.response["Cache-Control"]
    assert len(page.queries()) <= 6


def test_signed_out_people_are_sent_to_sign_in_and_back(county, send, read, outbox):
    assert read("/mine").response["Location"] == "/sign-in?next=%2Fmine"
    form = read("/sign-in?next=/mine").soup.find("main").form
    assert form.find("input", {"name": "next"})["value"] == "/mine"
    answer = sign_in(send, outbox, next="/outlets")
    assert answer.response["Location"] == "/outlets"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_sent_to_a_stranger(county, send, outbox, address):
    assert sign_in(send, outbox, next=address).response["Location"] == "/mine"


def test_signing_out(county, send, read, outbox):
    sign_in(send, outbox)
    answer = send("/sign-out")
    assert answer.response["Location"] == "/"
    assert answer.response["Clear-Site-Data"]
    assert read("/mine").status == 302


def test_reading_does_not_sign_out(county, client):
    assert client.get("/sign-out").status_code == 405


def test_an_idle_session_ends_and_says_why(county, send, read, outbox, today, client):
    sign_in(send, outbox)
    today.move_to(factory.after(0, minutes=31))
    location = client.get("/mine")["Location"]
    assert "why=idle" in location
    assert "30 分钟没有操作" in read(location).main


def test_staff_have_no_cases_of_their_own_here(county, client, monkeypatch):
    monkeypatch.setattr(sessions, "actor_of", lambda request, at: factory.CLERK)
    assert client.get("/mine").status_code == 403


def test_the_provinces_service_is_offered_where_there_is_one(county, read, settings):
    assert "统一身份认证" not in read("/sign-in").main
    settings.OIDC = {"issuer": "https://id.example", "client_id": "x", "client_secret": "y"}
    assert read("/sign-in").link("统一身份认证") == "/identity/begin?next=/mine"


def test_the_code_page_alone_leads_back(county, read):
    assert read("/sign-in/code").response["Location"] == "/sign-in"
