"""The register of licences: who sees which, what a decider does, which systems may ask."""

import json

import pytest
import time_machine

from tests.factories import county as made
from tests.licences import kit
from yichuang.accounts.models import Post
from yichuang.licences.models import Licence, Reader

BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)
AUDITOR = made.Actor(121, "审计试样", "auditor", 21, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def licence(db):
    with time_machine.travel(made.AT, tick=False):
        made.load()
        kit.types()
        yield kit.issued()


def text(answer):
    return answer.content.decode()


def test_each_sees_what_is_theirs(licence):
    for who, sees in ((BUREAU, True), (AUDITOR, True), (made.DECIDER, True),
                      (made.CIVIL_DECIDER, False)):  # fmt: skip
        browser = made.signed_in(who)
        page = browser.get("/custody/licences/")
        assert page.status_code == 200 and (licence.number in text(page)) == sees
        assert made.NAME not in text(page)
        one = browser.get(f"/custody/licences/{licence.pk}/")
        assert one.status_code == (200 if sees else 404)
    assert made.signed_in(made.CLERK).get("/custody/licences/").status_code == 403


def test_a_decider_suspends_and_replaces_with_a_correction_and_nobody_else(licence):
    browser, bureau = made.signed_in(made.DECIDER), made.signed_in(BUREAU)
    at = f"/custody/licences/{licence.pk}/"
    assert "暂停使用" in text(browser.get(at)) and "换发新证" not in text(bureau.get(at))
    form = {"seq": 1, "reason": "核查期间停用"}
    assert bureau.post(f"{at}suspend", form).status_code == 403
    assert browser.post(f"{at}suspend", {"seq": 1, "reason": ""}).status_code == 422
    assert browser.post(f"{at}suspend", form).status_code == 302
    assert browser.post(f"{at}suspend", form).status_code == 409
    answer = browser.post(f"{at}replace", {"seq": 2, "reason": "证件遗失，申请换发"})
    new = Licence.objects.get(replaces=licence)
    assert answer["Location"] == f"/custody/licences/{new.pk}/"
    assert browser.post(f"{at}revoke", form).status_code == 404


def test_the_bureau_lets_a_system_ask_and_it_asks(licence, client):
    browser = made.signed_in(BUREAU)
    _user, post, token = made.posted(made.COUNTY_EXAMINER)
    form = {"post_id": post.pk, "name": "税务对接（演示）", "types": ["house"], "daily_limit": 2,
            "basis": "数据共享协议（演示）", "valid_to": "2026-12-31"}  # fmt: skip
    at = "/custody/licences/readers/"
    assert browser.post(at, {**form, "types": []}).status_code == 422
    assert browser.post(at, form).status_code == 302
    assert "税务对接" in text(browser.get(at)) and "house" not in text(
        browser.get("/custody/licences/types/")
    )

    def ask(path="query", **changes):
        body = {"number": licence.number, "identity": kit.NUMBER, "purpose": "核对建房资格"}
        return client.post(
            f"/api/v1/licences/{path}", json.dumps({**body, **changes}),
            content_type="application/json", headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    told = ask().json()
    assert told["metadata"]["holder"] == made.NAME and told["state"] == "active"
    assert told["metadata"]["file_digest"] == licence.paper.sha256
    assert kit.NUMBER not in json.dumps(told)
    assert b"".join(ask("file").streaming_content).startswith(b"%PDF-")
    assert ask().status_code == 429
    assert browser.post(f"{at}{Reader.objects.get().pk}/end").status_code == 302
    assert ask().status_code == 403
    assert Post.objects.filter(pk=post.pk).exists()


def test_only_the_bureau_admits(licence):
    browser = made.signed_in(AUDITOR)
    assert "批准一个系统" not in text(browser.get("/custody/licences/readers/"))
    form = {"post_id": 1, "name": "自批系统", "types": ["house"], "daily_limit": 2,
            "basis": "没有依据的", "valid_to": "2026-12-31"}  # fmt: skip
    assert browser.post("/custody/licences/readers/", form).status_code == 403
