"""Everybody may read which powers were passed to whom, and what became of them."""

from urllib.parse import quote

import pytest
from django.test import Client

from tests.factories import county as made
from tests.support.reading import links, read, words
from yichuang.authority import actions
from yichuang.authority.models import Grant

BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def anybody(county):
    return Client()


def at(number):
    return f"/grants/{quote(number)}"


def test_a_grant_in_force_is_told(anybody):
    page = read(anybody.get("/grants"))
    assert made.GRANT in links(page) and "现在的" in words(page)
    one = words(read(anybody.get(at(made.GRANT))))
    for said in ("青禾县青溪镇人民政府", "小店登记", "演示公告（虚构）", "待县确认", "第24条"):
        assert said in one


def test_a_revoked_one_stays_with_its_day_and_reason(anybody):
    actions.revoke(
        number=made.GRANT, on=made.AT.date(), reason="县政府另行决定", by=BUREAU, at=made.AT
    )
    page = words(read(anybody.get("/grants")))
    assert "已经结束的" in page and "2026-09-09起撤销" in page
    one = words(read(anybody.get(at(made.GRANT))))
    assert "自2026-09-09起撤销" in one and "县政府另行决定" in one and "继续有效" in one


@pytest.mark.parametrize("state", ["drafted", "dropped"])
def test_what_is_not_published_is_not_there(anybody, state):
    made.pass_down("草稿〔2026〕1号")
    Grant.objects.filter(pk="草稿〔2026〕1号").update(state=state)
    assert "草稿〔2026〕1号" not in links(read(anybody.get("/grants")))
    assert anybody.get(at("草稿〔2026〕1号")).status_code == 404


def test_found_by_words(anybody):
    assert made.GRANT in links(read(anybody.get("/grants?q=小店")))
    assert "没有找到" in words(read(anybody.get("/grants?q=没有的")))


def test_no_person_is_named(anybody):
    Grant.objects.update(drafted_by=[{"name": "起草人甲", "person": "1"}])
    for address in ("/grants", at(made.GRANT)):
        assert "起草人甲" not in words(read(anybody.get(address)))


def test_prices(anybody, django_assert_num_queries):
    anybody.get("/grants")
    with django_assert_num_queries(4):
        anybody.get("/grants")
    with django_assert_num_queries(5):
        anybody.get(at(made.GRANT))
