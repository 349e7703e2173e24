"""The register of grants under odd requests."""

from html import unescape

import pytest

from tests.faces.powers.test_powers import NEW, NUMBER, SENT, acted, at, drafted, published, state
from tests.factories import county as made
from tests.support.reading import read, words
from yichuang.authority.models import Grant

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "text", ["法" * 100_000, SCRIPT, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_long_and_live_texts(bureau, client, text):
    for name in ("text", "notice", "basis", "signatory_title", "number"):
        answer = bureau.post(NEW, SENT | {"number": f"试{name}号", name: text})
        assert answer.status_code in (302, 400, 422), (name, answer.status_code)
        assert "<script>alert" not in answer.content.decode()
        if answer.status_code == 302:
            for path in (answer["Location"], "/powers/", "/powers/explain"):
                assert "<script>alert" not in bureau.get(path).content.decode()
            saved = Grant.objects.exclude(drafted_person=None).exclude(state="dropped").get().pk
            assert acted(bureau, "drop", saved).status_code == 302


@pytest.mark.parametrize(
    "number", ["甲;乙", "甲%2F乙", "甲&乙=<b>", "甲'乙\"", "甲+乙", "edit", "..甲", "%"]
)
def test_odd_numbers_are_found_again(bureau, colleague, client, number):
    answer = drafted(bureau, number=number)
    address = answer["Location"]
    page = bureau.get(address)
    assert page.status_code == 200 and number in unescape(page.content.decode())
    assert acted(colleague, "approve", number).status_code == 302
    assert acted(bureau, "publish", number).status_code == 302
    link = read(client.get("/grants", {"q": number})).select_one("main a[href^='/grants/']")
    assert client.get(link["href"]).status_code == 200


@pytest.mark.parametrize("verb", ["suspend", "lift", "revoke", "approve", "publish", "drop"])
def test_a_look_writes_nothing_and_a_far_day_is_answered(bureau, colleague, verb):
    published(bureau, colleague)
    before = Grant.objects.values().get(pk=NUMBER)
    for sent in (
        {"act": "look", "on": "9999-12-31", "ends_on": "9999-12-31"},
        {"act": "look", "on": "0001-01-01", "ends_on": "0001-01-01"},
        {"act": "look", "on": "x", "ends_on": ""},
        {"on": "9999-12-31", "reason": "短"},
        {"on": "9999-12-31", "reason": "理" * 100_000},
        {"on": "2026-09-10", "reason": "有依据的理由", "seq": "9" * 400},
        {"on": "2026-09-10", "reason": "有依据的理由", "seq": "²"},
        {"on": "2026-09-10", "reason": "有依据的理由", "seq": "0"},
    ):
        answer = acted(bureau, verb, **sent)
        assert answer.status_code in (200, 403, 409, 422), sent
    assert bureau.get(at(part=f"/{verb}")).status_code in (200, 403, 409)
    assert Grant.objects.values().get(pk=NUMBER) == before


@pytest.mark.parametrize("query", [
    {"on": "9999-12-31"}, {"on": "0001-01-01"}, {"on": "2026-02-30"}, {"on": "x"}, {"state": "x"},
    {"q": SCRIPT}, {"q": "\x00"}, {"q": "x" * 10_000},
])  # fmt: skip
def test_odd_questions_to_the_lists(bureau, client, query):
    assert bureau.get("/powers/", query).status_code in (200, 400)
    assert client.get("/grants", query).status_code in (200, 400)


@pytest.mark.parametrize("query", [
    {"on": "9999-12-31"}, {"on": "0001-01-01"}, {"amount": "-1"}, {"amount": "1e400"},
    {"amount": "NaN"}, {"item": "\x00"}, {"item": SCRIPT}, {"outlet": "9" * 200},
    {"item": "".join("９" for _each in range(199))},
])  # fmt: skip
def test_odd_questions_to_the_explanation(bureau, query):
    asked = {"item": made.SHOP, "place": made.VILLAGE, "outlet": "", "on": "2026-09-09"} | query
    assert bureau.get("/powers/explain", asked).status_code in (200, 400, 404, 422)


def test_who_may_only_read_is_shown_no_way_to_write(bureau, auditor, client):
    drafted(bureau)
    for path in ("/powers/new", at(part="/edit"), at(part="/approve"), at(part="/drop")):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, {"seq": 1}).status_code == 403
        assert client.get(path).status_code == 302
    assert state() == "drafted"
    assert client.get(f"/grants/{NUMBER}").status_code == 404  # what is drafted is nobody's yet


def test_an_unknown_county_organ_in_the_address(bureau):
    for value in ("zz", "\x00", made.COUNTY, SCRIPT):
        address = NEW.replace(made.STREET_OFFICE, value)
        assert bureau.get(address).status_code in (200, 400, 422)
        assert bureau.post(address, SENT).status_code in (400, 422)


def test_the_verbs_in_english_are_verbs(bureau, colleague):
    """“作废” is said of a spoiled certificate, “恢复” of a clock elsewhere: one word, other English."""
    published(bureau, colleague)
    bureau.cookies["language"] = "en"
    assert words(read(bureau.get(at(part="/revoke"))).select_one("h1")).startswith("Revoke ")
    drafted(bureau, number="青审批委〔2026〕试2号", items=[made.HYGIENE], places=[made.STREET])
    page = read(bureau.get(at("青审批委〔2026〕试2号", "/drop")))
    assert words(page.select_one("h1")).startswith("Give up ")
