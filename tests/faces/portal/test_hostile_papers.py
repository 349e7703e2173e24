"""Strangers at the verification page, the wallet and a scanned code."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import county as made
from tests.licences import kit
from yichuang.journal.models import Entry
from yichuang.licences import actions, showing
from yichuang.licences.models import Licence, Showing

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def card(county):
    kit.types()
    return kit.owned()


@pytest.mark.parametrize("code", [
    "\x00", "..", SCRIPT, "9" * 5000, "０" * 26, "I" * 26, "%", "〔2026〕1号", "-" * 26, " ",
])  # fmt: skip
def test_odd_codes_find_nothing(county, client, code):
    for path in ("/verify/", "/shown/"):
        assert client.get(path + code.replace("%", "%25")).status_code in (400, 404)
    found = client.get("/verify", {"code": code})
    assert found.status_code in (400, 404, 422) and SCRIPT not in found.content.decode()
    assert client.post("/shown/x", {"viewer": SCRIPT}).status_code == 404


@pytest.mark.parametrize(("name", "data"), [
    ("a.pdf", b""), ("a.pdf", b"%PDF-1.7\n"), ("a.exe", b"MZ" + bytes(9999)),
    ("〔1〕;'\"<b>/..\\.pdf", b"%PDF-1.4 %%EOF"), ("x" * 300 + ".pdf", b"%PDF-" + b"\xff" * 5000),
    ("a.pdf", b"%PDF-" + b"%%EOF\n" * 50_000),
])  # fmt: skip
def test_odd_files_are_answered(county, client, name, data):
    sent = client.post("/verify/file", {"file": SimpleUploadedFile(name, data)})
    assert sent.status_code in (200, 422) and "确有" not in sent.content.decode()


def test_addresses_that_only_look(card, client):
    """GET and HEAD of every page here change no row and write no entry."""
    licence, holder = card
    offer = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    kit.at_home(client, holder)
    before = Entry.objects.count(), list(Showing.objects.values()), list(Licence.objects.values())
    for path in (
        "/mine/licences", "/mine/licences/add", f"/mine/licences/{licence.pk}",
        f"/mine/licences/{licence.pk}/file", f"/mine/licences/{licence.pk}/show",
        f"/mine/licences/{licence.pk}/show?purpose=trade", f"/shown/{offer.secret}?viewer=x",
        f"/verify/{licence.paper.verify_code}", "/verify/file", "/grants",
    ):  # fmt: skip
        for ask in (client.get, client.head):
            assert ask(path).status_code in (200, 302)
    after = Entry.objects.count(), list(Showing.objects.values()), list(Licence.objects.values())
    assert before == after


def test_a_neighbour_and_the_staff_open_nothing(card, client):
    licence, _holder = card
    kit.at_home(client, kit.resident("13900000001", "旁人试样"))
    stranger = client.post("/mine/licences/add", {"identity": kit.NUMBER})
    assert stranger.status_code == 404  # another phone
    Licence.objects.update(owner_user=None)
    again = client.post("/mine/licences/add", {"identity": kit.NUMBER})
    assert (again.status_code, again.content.count(b"zw-")) == (
        stranger.status_code, stranger.content.count(b"zw-"),
    )  # fmt: skip
    for actor in (made.CLERK, made.DECIDER):
        staff = made.signed_in(actor)
        for path in ("", f"/{licence.pk}", f"/{licence.pk}/file", f"/{licence.pk}/show"):
            assert staff.get(f"/mine/licences{path}").status_code in (302, 403, 404)


def test_an_expired_licence_is_neither_shown_nor_good(card, client, today):
    licence, holder = card
    kit.at_home(client, holder, at=made.AT)
    today.shift(timedelta(minutes=1))
    Licence.objects.update(valid_to=licence.valid_from, valid_from=licence.valid_from)
    today.shift(timedelta(days=1))
    kit.at_home(client, holder, at=made.AT + timedelta(days=1))
    answer = client.post(f"/mine/licences/{licence.pk}/show", {"purpose": "trade"})
    assert answer.status_code == 409 and "已过有效期" in answer.content.decode()
    said = client.get(f"/verify/{licence.paper.verify_code}").content.decode()
    assert "不能凭这张证照办事" in said
    assert "2026-09-10 起，这张证照已过有效期" in said  # not: since the day it was issued


def test_what_a_scanner_says_is_text(card, client):
    licence, holder = card
    offer = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    for viewer in ("x" * 41, f"员{kit.NUMBER}"):
        refused = Client().post(f"/shown/{offer.secret}", {"viewer": viewer})
        assert refused.status_code == 422 and made.NAME not in refused.content.decode()
    seen = Client().post(f"/shown/{offer.secret}", {"viewer": SCRIPT})
    assert seen.status_code == 200 and SCRIPT not in seen.content.decode()
    kit.at_home(client, holder)
    assert SCRIPT not in client.get(f"/mine/licences/{licence.pk}").content.decode()


def test_a_reason_given_for_the_organ_is_not_told_to_whoever_scans(card):
    licence, holder = card
    offer = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    why = "持证人涉嫌提供虚假材料"
    actions.suspend(licence_id=licence.pk, seq=1, reason=why, by=made.DECIDER, at=made.AT)
    seen = Client().post(f"/shown/{offer.secret}", {"viewer": "店主"}).content.decode()
    assert "暂停使用" in seen and why not in seen
