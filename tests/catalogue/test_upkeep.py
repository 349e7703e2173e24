"""Searches that found nothing, and the sayings that answer them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.made_up import chains, items
from yichuang.accounts.actor import Actor, system
from yichuang.catalogue import queries, search, upkeep
from yichuang.catalogue.actions import publish_catalogue
from yichuang.catalogue.models import SearchIndex, SearchMiss
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ON = date(2026, 3, 2)
BUREAU = Actor(11, "县局试样", "bureau", 1, "county-civil")
CLERK = Actor(13, "窗口试样", "clerk", 3, "town-centre", "town-centre")


@pytest.fixture
def catalogue(db):
    publish_catalogue(items(), chains(), effective_on=date(2026, 1, 5), by=system("测试"), at=AT)


def refused(code, act, **named):
    with pytest.raises(Refusal) as caught:
        act(**named, at=AT)
    assert caught.value.code == code
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("准生证", "准生证"),
        ("  准生证\t怎么\n办 ", "准生证 怎么 办"),
        ("我的号37032118900101123X能查吗", "我的号#能查吗"),
        ("１３８００００１２３４", ""),
        ("139 0000 1234", ""),
        ("139-0000-1234打不通", "#打不通"),
        ("3个月的娃", "#个月的娃"),
        ("\x00\x01", ""),
        ("长" * 90, "长" * 40),
        ("𠮷" * 41, "𠮷" * 40),
    ],
)
def test_a_question_is_kept_short_and_without_numbers(asked, kept):
    assert upkeep.as_miss(asked) == kept


@given(st.text())
def test_whatever_is_asked_what_is_kept_fits_and_has_no_number(text):
    kept = upkeep.as_miss(text)
    assert len(kept) <= upkeep.LONGEST_MISS
    assert not any(sign.isdecimal() for sign in kept)
    assert upkeep.as_miss(kept) == kept


@pytest.mark.django_db
def test_the_same_question_is_counted():
    for day in (ON, ON + timedelta(days=3)):
        upkeep.note_miss("准生证", day)
    upkeep.note_miss("办个啥", ON)
    upkeep.note_miss("   ", ON)
    found = queries.misses()
    assert [(miss.text, miss.count) for miss in found] == [("准生证", 2), ("办个啥", 1)]
    assert (found[0].first_on, found[0].last_on) == (ON, ON + timedelta(days=3))
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_the_list_has_an_end_and_forgets_what_was_asked_once(monkeypatch):
    monkeypatch.setattr(upkeep, "MOST_MISSES", 3)
    for text in "甲甲乙丙丁":
        upkeep.note_miss(text, ON)
    upkeep.note_miss("乙", ON)
    assert {miss.text for miss in queries.misses()} == {"甲", "乙", "丙"}
    upkeep.note_miss("戊", ON + upkeep.KEPT + timedelta(days=1))
    assert {miss.text for miss in queries.misses()} == {"甲", "乙", "戊"}


def test_a_saying_answers_a_question(catalogue):
    upkeep.note_miss("修小房", ON)
    built = SearchIndex.objects.get().build
    upkeep.add_alias(item_code="A-1", said=" 修小房 ", text="修小房", by=BUREAU, at=AT)
    assert queries.added_aliases() == {"A-1": ("修小房",)}
    (saying,) = queries.aliases("A-1")
    assert (saying.said, saying.added_by) == ("修小房", "县局试样")
    assert queries.misses() == []
    assert [miss.text for miss in queries.misses("answered")] == ["修小房"]
    assert SearchIndex.objects.get().build != built
    assert [hit.code for hit in search.search("修小房", on=ON, limit=1)] == ["A-1"]
    assert Entry.objects.latest("index").kind == "catalogue.alias-added"
    refused("alias-exists", upkeep.add_alias, item_code="A-1", said="修小房", by=BUREAU)
    upkeep.note_miss("修小房", ON)  # it is still not found: open again
    assert [miss.count for miss in queries.misses()] == [2]
    upkeep.remove_alias(item_code="A-1", said="修小房", by=BUREAU, at=AT)
    assert queries.added_aliases() == {}
    refused("alias-unknown", upkeep.remove_alias, item_code="A-1", said="修小房", by=BUREAU)


def test_sayings_that_cannot_be_added(catalogue):
    add = upkeep.add_alias
    refused("alias-empty", add, item_code="A-1", said=" 。", by=BUREAU)
    refused("alias-too-long", add, item_code="A-1", said="长" * 61, by=BUREAU)
    refused("alias-has-number", add, item_code="A-1", said="找１３８-0000 1234", by=BUREAU)
    refused("item-unknown", add, item_code="Z-9", said="修小房", by=BUREAU)
    assert refused("not-a-county-post", add, item_code="A-1", said="x", by=CLERK).status == 403
    assert not Entry.objects.filter(kind__startswith="catalogue.alias").exists()


@pytest.mark.django_db
def test_a_question_that_needs_no_answer_stays_dismissed():
    upkeep.note_miss("你好", ON)
    refused("not-a-county-post", upkeep.dismiss_miss, text="你好", by=CLERK)
    upkeep.dismiss_miss(text="你好", by=BUREAU, at=AT)
    upkeep.note_miss("你好", ON)
    assert queries.misses() == []
    assert SearchMiss.objects.get().count == 2
    refused("miss-unknown", upkeep.dismiss_miss, text="你好", by=BUREAU)
    assert Entry.objects.get().kind == "catalogue.miss-dismissed"
