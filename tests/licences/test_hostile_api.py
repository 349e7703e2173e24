"""A program that asks about licences over HTTP as a hostile one would."""

import json
from datetime import date

import pytest
import time_machine
from django.test import Client

from tests.factories import county as made
from tests.licences import kit
from yichuang.journal.models import Entry
from yichuang.licences import actions
from yichuang.licences.models import DailyQueries, Reader

BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)
WIDE = kit.NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


@pytest.fixture
def program(county):
    """A licence, and a program that may ask about its type: what it sends, and the answer."""
    kit.types()
    _user, post, token = made.posted(made.COUNTY_EXAMINER)
    actions.admit(
        post_id=post.pk, name="税务对接（演示）", types=["house"], daily_limit=10_000,
        basis="数据共享协议（演示）", valid_to=date(2026, 12, 31), by=BUREAU, at=made.AT,
    )  # fmt: skip
    licence = kit.issued()

    def ask(raw=None, path="query", token=token, **changes):
        facts = {"number": licence.number, "identity": kit.NUMBER, "purpose": "核对建房资格"}
        body = raw if raw is not None else json.dumps({**facts, **changes})
        return Client(raise_request_exception=False).post(
            f"/api/v1/licences/{path}", body, content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    with time_machine.travel(made.AT, tick=False):
        yield ask


@pytest.mark.parametrize("typed", [WIDE, " ".join(kit.NUMBER), kit.NUMBER.lower()])
def test_the_same_number_typed_otherwise_is_the_same(program, typed):
    answer = program(identity=typed)
    assert answer.status_code == 200 and kit.NUMBER not in answer.content.decode()


@pytest.mark.parametrize("changes", [
    {"identity": ""}, {"identity": "\ud800"}, {"identity": "\x00"}, {"identity": "𝟛" * 18},
    {"identity": "x" * 41}, {"identity": None}, {"identity": 1}, {"identity": "٣٧" * 9},
    {"number": "\x00"}, {"number": "%"}, {"number": "' OR 1=1 --"}, {"number": "\ud800"},
    {"number": ""}, {"number": "x" * 121}, {"purpose": ""}, {"purpose": " " * 9}, {"purpose": "短"},
    {"purpose": f"核对{WIDE}"}, {"purpose": "用" * 101}, {"purpose": "\ud800\ud800\ud800\ud800"},
    {"raw": "{"}, {"raw": "[]"}, {"raw": b"\xff\xfe"}, {"raw": ""}, {"token": "yct_nothing"},
])  # fmt: skip
@pytest.mark.parametrize("path", ["query", "file"])
def test_nothing_odd_answers_or_falls_over(program, path, changes):
    before = Entry.objects.count()
    answer = program(path=path, **changes)
    assert answer.status_code in (400, 401, 404, 422), answer.content
    assert kit.NUMBER not in answer.content.decode() and WIDE not in answer.content.decode()
    assert Entry.objects.count() == before


def test_the_query_after_the_last_one(program):
    DailyQueries.objects.create(reader=Reader.objects.get(), day=made.AT.date(), count=9_999)
    assert program().status_code == 200
    before = Entry.objects.count()
    for path in ("query", "file"):
        assert program(path=path).status_code == 429
    assert Entry.objects.count() == before


def test_leave_that_is_over_and_addresses_that_are_read(program):
    Reader.objects.update(valid_to=date(2026, 9, 8))
    assert program().status_code == 403
    for path in ("query", "file"):
        asked = Client().get(
            f"/api/v1/licences/{path}", {"identity": kit.NUMBER}, headers={"Authorization": "Bearer x"}
        )
        assert asked.status_code == 405
