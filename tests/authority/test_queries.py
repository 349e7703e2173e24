"""The standing order in memory: one statement a question, and never an old answer."""

import sys
from dataclasses import asdict
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import county as made
from yichuang.authority import actions, queries
from yichuang.authority.models import Standing
from yichuang.catalogue.models import ItemVersion
from yichuang.verdict import Refusal

DAY = made.AT.date()


def ruling(item, place=made.VILLAGE, outlet=made.CENTRE, on=DAY):
    return queries.order().ruling(item, place, outlet, on)


def test_a_ruling_costs_one_statement(county):
    ruling(made.HOUSE)
    with CaptureQueriesContext(connection) as asked:
        ruling(made.SHOP)
    assert len(asked) == 1


def test_every_item_of_the_county_is_ruled(county):
    """taker, decider, in whose name, with which seal, under which grant."""
    found = {
        item: (r.codes["reviewer"], r.codes["decider"], r.codes["in_name_of"], r.codes["seal_kind"], r.grant)
        for item in (made.HOUSE, made.SHOP, made.HYGIENE, made.HARDSHIP, made.RECORDS)
        if (r := ruling(item)).allowed
    }  # fmt: skip
    assert found == {
        made.HOUSE: (made.GOVERNMENT, made.GOVERNMENT, made.GOVERNMENT, "organ_main", ""),
        made.SHOP: (made.GOVERNMENT, made.GOVERNMENT, made.APPROVAL, "approval_numbered", made.GRANT),
        made.HYGIENE: (made.APPROVAL, made.APPROVAL, made.APPROVAL, "organ_main", ""),
        made.HARDSHIP: (made.GOVERNMENT, made.CIVIL, made.CIVIL, "organ_main", ""),
        made.RECORDS: (f"{made.TOWN}-centre",) * 3 + ("centre", ""),
    }  # fmt: skip
    refused = ruling(made.WATER)
    assert (refused.allowed, refused.code) == (False, "guide-only")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("QH-99-999", made.VILLAGE, made.CENTRE), "item-unknown"),
        ((made.HOUSE, "379909999999", made.CENTRE), "place-unknown"),
        ((made.HOUSE, made.VILLAGE, "379909999999-centre"), "outlet-unknown"),
    ],
)
def test_what_is_not_in_the_county_is_refused_with_a_sentence(county, words, code):
    with pytest.raises(Refusal) as caught:
        ruling(*words)
    assert (caught.value.code, caught.value.status) == (code, 404)
    assert caught.value.remedy


def test_before_the_county_began_nothing_is_ruled(county):
    with pytest.raises(Refusal) as caught:
        ruling(made.HOUSE, on=date(2020, 12, 31))
    assert caught.value.code == "item-unknown" and "2020-12-31" in caught.value.message


def test_a_suspended_item_says_so(county):
    ItemVersion.objects.filter(item_id=made.HOUSE).update(state="suspended")
    made.renew()
    with pytest.raises(Refusal) as caught:
        ruling(made.HOUSE)
    assert (caught.value.code, caught.value.status) == ("item-suspended", 409)


def test_without_a_county_the_platform_says_what_to_run(db):
    with pytest.raises(Refusal) as caught:
        queries.order()
    assert (caught.value.code, caught.value.status) == ("county-not-loaded", 503)
    assert "yichuang load" in caught.value.remedy


def test_a_change_is_seen_at_the_next_question_and_only_then_read_anew(county):
    """Seen to fail with the stamp not compared."""
    assert ruling(made.SHOP).grant == made.GRANT
    first = queries.order()
    assert queries.order() is first
    actions.revoke(number=made.GRANT, on=DAY, reason="县里收回", by=made.SYSTEM, at=made.AT)
    assert queries.order() is not first
    after = ruling(made.SHOP)
    assert (after.grant, after.codes["decider"]) == ("", made.APPROVAL)
    assert made.GRANT in after.reason


def test_an_older_copy_put_back_by_another_thread_is_not_taken(county):
    """One thread read before a revocation and keeps its copy while another, after it, looks.

    Seen to fail with the module's copy returned instead of the one just read.
    """
    old = queries.order()
    actions.revoke(number=made.GRANT, on=DAY, reason="县里收回", by=made.SYSTEM, at=made.AT)

    def meddle(frame, _event, _argument):
        """The other thread's assignment, before each line of `order`."""
        if frame.f_code is queries.order.__code__:
            queries._held = old
            return meddle
        return None

    before = sys.gettrace()
    sys.settrace(meddle)
    try:
        found = queries.order(lock=True)
    finally:
        sys.settrace(before)
    assert found.stamp == Standing.objects.get().stamp != old.stamp


def test_a_version_stays_what_a_case_began_with(county):
    order = queries.order()
    item = order.item(made.HOUSE, DAY)
    assert order.version(made.HOUSE, item.version_id) is item
    with pytest.raises(KeyError):
        order.version(made.HOUSE, -1)


def test_the_order_holds_no_rows(county):
    """Plain values only: a row would reach the database again from a page."""
    for facts in queries.order().items[made.HOUSE]:
        assert asdict(facts)["name"] == "村民建房用地审批"
        assert [material.position for material in facts.materials] == [1, 2]
