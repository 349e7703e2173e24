"""Reserve, print, confirm: lowest first, one sheet for a paper, the same answer to the same key."""

import pytest
from django.db import connection

from tests.blanks.conftest import (
    AT,
    AUDITOR,
    CASE,
    CLERK,
    COLLEAGUE,
    KEEPER,
    MANAGER,
    OTHER_TYPE,
    STREET_CLERK,
    TYPE,
    agree,
    handed_out,
    key,
    printed,
    publish,
    received,
    spoil,
    states,
    step,
    sums,
    taken,
    used,
)  # fmt: skip
from tests.blanks.test_handing import refused
from tests.factories import county as made
from yichuang.blanks import actions, queries
from yichuang.blanks.models import Blank, Movement
from yichuang.journal.models import Entry

pytestmark = pytest.mark.django_db


def test_a_number_from_hand_to_use(stock):
    one = taken(paper="桓宅〔2026〕12号")
    assert (one.number, one.state, one.replayed) == ("QZ000001", "reserved", False)
    row = Blank.objects.get(pk=one.blank_id)
    assert (row.case_number, row.paper, row.holder_name) == (CASE, "桓宅〔2026〕12号", CLERK.name)
    assert step(actions.print_sent, one).state == "printed"
    assert step(actions.print_confirmed, one).state == "used"
    assert (sums().used, sums().left, sums().holds) == (1, 9, True)
    entries = Entry.objects.filter(stream="blank:qh-homestead:QZ000001").order_by("index")
    assert [entry.kind for entry in entries] == ["blank.reserve", "blank.print", "blank.confirm"]


def test_lowest_first_without_a_gap(stock):
    assert [taken(case=f"K{n:04d}").number for n in range(10)] == [
        f"QZ{n:06d}" for n in range(1, 11)
    ]
    said = refused("blanks-none-left", 409, taken, case="K9999")
    assert "批准书" in said.message and "申领" in said.remedy


def test_a_number_given_back_is_the_next(stock):
    one, other = taken(case="K0001"), taken(case="K0002")
    back = step(actions.release, one, reason="申请人改日来")
    assert back.state == "handed_out"
    row = Blank.objects.get(pk=one.blank_id)
    assert (row.case_number, row.holder) == ("", None)
    assert taken(case="K0003").number == one.number
    assert taken(case="K0004").number == "QZ000003" and other.number == "QZ000002"


def test_a_printer_jam_prints_the_same_number_again_or_spoils_it(stock):
    one = printed()
    refused("text-missing", 422, step, actions.print_again, one, reason="")
    step(actions.print_again, one, reason="卡纸，纸面完好")
    assert Blank.objects.get(pk=one.blank_id).prints == 2
    refused("blank-not-now", 409, step, actions.release, one, reason="不要了")
    asked = spoil(one.number)
    refused("blank-waits", 409, step, actions.print_confirmed, one)
    agree(asked, COLLEAGUE)
    assert taken(paper="宅2号").number == "QZ000002"
    assert sums().holds and sums().spoiled == 1


def test_one_live_sheet_for_a_paper(stock):
    one = printed(paper="宅12号")
    said = refused("blank-for-this-paper", 409, taken, paper="宅12号")
    assert one.number in said.message and said.detail["number"] == one.number
    agree(spoil(one.number), COLLEAGUE)
    assert taken(paper="宅12号").number == "QZ000002"


def test_the_same_key_gives_the_same_number(stock):
    once, print_key, done = key(), key(), key()
    one = taken(again=once)
    again = taken(again=once)
    assert again.replayed and (again.number, again.blank_id) == (one.number, one.blank_id)
    step(actions.print_sent, one, again=print_key)
    assert step(actions.print_sent, one, again=print_key).replayed
    step(actions.print_confirmed, one, again=done)
    assert step(actions.print_confirmed, one, again=done).state == "used"
    assert taken(again=once).state == "used", "a late repeat takes no second number"
    assert states()[2] == "handed_out" and Movement.objects.filter(case_number=CASE).count() == 3


def test_an_old_key_is_not_answered_with_another_cases_number(stock):
    """A caller that repeats its key would print on a sheet that is somebody else's by now."""
    once, gone = key(), key()
    one = taken(case="K0001", again=once)
    step(actions.release, one, reason="申请人改日来", again=gone)
    assert step(actions.release, one, reason="申请人改日来", again=gone).replayed
    refused("idempotency-key-reused", 409, taken, case="K0001", again=once)
    assert taken(case="K0002").number == one.number
    refused("idempotency-key-reused", 409, taken, case="K0001", again=once)


def test_an_old_answer_is_only_for_those_at_the_counter(stock):
    one, once = taken(), key()
    step(actions.print_sent, one, again=once)
    refused("blanks-not-found", 404, step, actions.print_sent, one, by=STREET_CLERK, again=once)
    refused("blanks-not-your-counter", 403, step, actions.print_sent, one, by=AUDITOR, again=once)


def test_a_key_for_another_matter(stock):
    once = key()
    one = taken(again=once)
    refused("idempotency-key-reused", 409, taken, case="K0002", again=once)
    refused("idempotency-key-reused", 409, step, actions.print_sent, one, again=once)


def test_what_is_not_now(stock):
    one = taken()
    refused("blank-not-now", 409, step, actions.print_confirmed, one)
    refused("blank-not-now", 409, step, actions.print_again, one, reason="卡纸")
    used_up = used(case="K0002")
    refused("blank-not-now", 409, step, actions.print_sent, used_up)


def test_whose_counter_it_is(stock):
    one = taken()
    refused("blanks-not-found", 404, step, actions.print_sent, one, by=STREET_CLERK)
    refused("blanks-not-your-counter", 403, step, actions.print_sent, one, by=AUDITOR)
    refused("blanks-not-your-counter", 403, step, actions.print_sent, one, by=KEEPER)
    step(actions.print_sent, one, by=COLLEAGUE)
    step(actions.print_confirmed, one, by=MANAGER)
    refused("blanks-not-your-counter", 403, taken, by=AUDITOR)
    refused("blanks-none-left", 409, taken, by=STREET_CLERK)
    missing = type("One", (), {"blank_id": 10**9})
    refused("blanks-not-found", 404, step, actions.print_sent, missing)


def test_stock_in_the_store_cannot_be_used(county):
    publish()
    received()
    hall_clerk = made.Actor(
        8, "县厅窗口", "clerk", 8, made.APPROVAL, KEEPER.outlet_code, made.COUNTY
    )
    refused("blanks-none-left", 409, taken, by=hall_clerk)
    handed_out(1, to=hall_clerk)
    assert taken(by=hall_clerk).number == "QZ000001"


def test_types_that_are_not_there(stock):
    refused("blank-type-unknown", 404, taken, type_code="nothing")
    refused("blanks-none-left", 409, taken, type_code=OTHER_TYPE)


@pytest.mark.parametrize("case", ["", "K", "长" * 65, "379901188001010019"])
def test_a_case_number_that_is_none(stock, case):
    with pytest.raises(Exception) as caught:
        taken(case=case)
    assert caught.value.code in ("text-missing", "text-too-long", "identity-in-text")


def test_in_hand_shows_who_and_since_when(stock):
    one = printed(paper="宅12号")
    shown = queries.in_hand(CLERK, made.CENTRE)
    assert [(s.number, s.state, s.holder, s.prints) for s in shown] == [
        (one.number, "printed", CLERK.name, 1)
    ]
    assert shown[0].since == AT and not shown[0].waiting
    spoil(one.number)
    assert queries.in_hand(CLERK, made.CENTRE)[0].waiting == "spoil"


def test_statements(stock, django_assert_num_queries):
    """room, lowest, update, ledger, and three of the journal; a savepoint of the test's own."""
    with django_assert_num_queries(9):  # SAVEPOINT and RELEASE stand for BEGIN and COMMIT
        one = taken()
    with django_assert_num_queries(10):
        step(actions.print_sent, one)
    assert connection.in_atomic_block and TYPE
