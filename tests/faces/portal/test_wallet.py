"""我的证照: the wallet's pages, the code, and what whoever scans it sees."""

import html
import re
from datetime import timedelta

import pytest

from tests.factories import county as made
from tests.licences import kit
from yichuang.journal.models import Entry
from yichuang.licences import actions, queries
from yichuang.licences.models import Licence, Showing

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(county, client):
    kit.types()
    licence, holder = kit.owned()
    kit.at_home(client, holder)
    return licence


def code(client, licence, purpose="inspection"):
    answer = client.post(f"/mine/licences/{licence.pk}/show", {"purpose": purpose})
    assert answer.status_code == 200, answer.content.decode()
    return re.search(r"/shown/([\w-]+)", html.unescape(answer.content.decode()))[1]


def test_nobody_sees_a_wallet_but_its_owner(county, client, read):
    kit.types()
    licence, _holder = kit.owned()
    assert client.get("/mine/licences").status_code == 302  # to sign in
    kit.at_home(client, kit.resident("13900000001", "旁人试样"))
    assert licence.number not in read("/mine/licences").main
    for path in ("", "/file", "/show"):
        assert client.get(f"/mine/licences/{licence.pk}{path}").status_code == 404
    assert client.post(f"/mine/licences/{licence.pk}/show", {"purpose": "trade"}).status_code == 404


def test_the_cards_tell_whose_until_when_and_how_it_stands(card, read):
    page = read("/mine/licences")
    for text in ("建房用地批准书", card.number, "田**", "2029-09-08", "有效", "青溪镇人民政府"):
        assert text in page.main
    assert made.NAME not in page.main and kit.NUMBER not in page.main
    assert page.link("建房用地批准书") == f"/mine/licences/{card.pk}"
    assert len(page.queries()) <= 6
    assert "no-store" in page.response["Cache-Control"]


def test_the_file_is_named_without_its_holder(card, client):
    answer = client.get(f"/mine/licences/{card.pk}/file")
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert made.NAME not in answer["Content-Disposition"]


def test_the_code_is_looked_at_once_by_pressing_and_not_by_a_preview(card, client, read):
    secret = code(client, card)
    client.logout()
    for _preview in range(3):
        page = read(f"/shown/{secret}")
        assert (page.status, made.NAME in page.main) == (200, False)
    seen = client.post(f"/shown/{secret}", {"viewer": "演示市场所"})
    text = seen.content.decode()
    assert made.NAME in text and kit.NUMBER not in text and "现场检查" in text
    for again in (client.post(f"/shown/{secret}"), client.get(f"/shown/{secret}")):
        assert again.status_code == 410 and "看过一次" in again.content.decode()
        assert made.NAME not in again.content.decode()


def test_a_code_too_late_or_wrong(card, client, today):
    secret = code(client, card)
    today.shift(timedelta(minutes=5))
    late = client.post(f"/shown/{secret}")
    assert late.status_code == 410 and "失效" in late.content.decode()
    assert client.get("/shown/nothing").status_code == 404
    assert not Showing.objects.exclude(used_at=None).exists()


def test_the_holder_reads_who_looked(card, client, read):
    secret = code(client, card)
    client.post(f"/shown/{secret}", {"viewer": "演示市场所"})
    page = read(f"/mine/licences/{card.pk}")
    assert "扫码查看" in page.main and "演示市场所" in page.main


def test_a_suspended_licence_says_so_and_is_not_shown(card, client, read):
    actions.suspend(licence_id=card.pk, seq=1, reason="核查期间停用", by=made.DECIDER, at=made.AT)
    page = read(f"/mine/licences/{card.pk}")
    assert "暂停使用" in page.main and "核查期间停用" in page.main
    assert client.post(f"/mine/licences/{card.pk}/show", {"purpose": "trade"}).status_code == 409
    verified = read(f"/verify/{card.paper.verify_code}")
    assert "暂停使用" in verified.main and "不能凭这张证照办事" in verified.main


def test_one_adds_what_was_given_at_a_counter(county, client, read, send):
    kit.types()
    licence = kit.issued()
    kit.at_home(client, kit.resident())
    wrong = send("/mine/licences/add", {"identity": made.identity(2)})
    assert wrong.status == 404 and "没有找到" in wrong.main
    assert send("/mine/licences/add", {"identity": "1"}).status == 422
    assert send("/mine/licences/add", {"identity": kit.NUMBER}).status == 302
    assert licence.number in read("/mine/licences").main


def test_no_page_address_or_entry_holds_a_number(card, client, caplog):
    """Canary. Seen to fail with the number left unmasked on the card."""
    secret = code(client, card)
    pages = [client.get(path).content.decode() for path in (
        "/mine/licences", f"/mine/licences/{card.pk}", f"/mine/licences/{card.pk}/show",
        f"/verify/{card.paper.verify_code}",
    )]  # fmt: skip
    pages.append(client.post(f"/shown/{secret}").content.decode())
    assert not any(kit.NUMBER in page or made.PHONE in page for page in pages)
    kept = [str(entry.payload) + str(entry.author) for entry in Entry.objects.all()]
    kept += [str(row) for row in Licence.objects.values()]
    assert not any(kit.NUMBER in text or made.PHONE in text for text in kept)
    assert kit.NUMBER not in caplog.text and secret not in caplog.text
    today = made.AT.date()
    assert kit.NUMBER not in str(queries.wallet(owner=card.owner_user, on=today))
