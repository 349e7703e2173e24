"""Two people for everything that changes whose sheets they are, and no number twice."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.blanks.conftest import (
    AT,
    AUDITOR,
    BUREAU,
    CASE,
    CLERK,
    COLLEAGUE,
    HALL,
    KEEPER,
    MANAGER,
    OTHER_TYPE,
    SECOND_KEEPER,
    STREET_CLERK,
    TYPE,
    after,
    agree,
    ask_in,
    ask_out,
    handed_out,
    key,
    number,
    printed,
    publish,
    received,
    spoil,
    states,
    stocked,
    sums,
    taken,
    written,
)  # fmt: skip
from tests.factories import county as made
from yichuang.blanks import guard, handing, kinds, permissions, queries, rules
from yichuang.blanks.models import Blank, BlankType, Movement, Proposal
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db


def refused(code, status, action, *given, **more):
    before = written()
    with pytest.raises(Refusal) as caught:
        action(*given, **more)
    assert (caught.value.code, caught.value.status) == (code, status), caught.value
    assert caught.value.message.endswith("。") and caught.value.remedy
    assert written() == before
    return caught.value


# --- types ---


def test_types_are_published_once_and_journalled(county):
    assert publish() == 2
    assert publish() == 0
    assert Entry.objects.filter(kind="blank-types.published").count() == 1
    assert BlankType.objects.get(pk=OTHER_TYPE).pattern.number(1) == "00001X"


def test_a_pattern_stands_once_sheets_are_in(county):
    publish()
    received()
    wider = rules.TypeDraft(TYPE, "农村宅基地批准书", "", made.GOVERNMENT, "QZ", 7)
    with pytest.raises(Refusal, match="不能再改"):
        kinds.publish_types([wider], by=made.SYSTEM, at=AT)
    renamed = rules.TypeDraft(TYPE, "农村宅基地批准书", "", made.GOVERNMENT, "QZ", 6)
    assert kinds.publish_types([renamed], by=made.SYSTEM, at=AT) == 1


def test_types_with_faults_change_nothing(county):
    bad = rules.TypeDraft("x", "证", "", "nobody", "QZ", 6)
    with pytest.raises(Refusal) as caught:
        kinds.publish_types([bad], by=made.SYSTEM, at=AT)
    assert caught.value.code == "blank-types-invalid" and not BlankType.objects.exists()


# --- taking in ---


def test_sheets_exist_only_after_the_second_person(county):
    publish()
    asked = ask_in()
    assert (asked.state, asked.first, asked.last, asked.count) == (
        "asked",
        "QZ000001",
        "QZ000020",
        20,
    )
    assert not Blank.objects.exists() and not Movement.objects.exists()
    done = agree(asked, SECOND_KEEPER)
    assert done.state == "done"
    assert states(HALL) == dict.fromkeys(range(1, 21), "in_store")
    assert (sums(HALL).received, sums(HALL).left, sums(HALL).there) == (20, 20, 20)
    line = Movement.objects.get()
    assert (line.first, line.last, line.count, line.giver_id, line.taker_id) == (
        1,
        20,
        20,
        None,
        HALL,
    )
    kinds_ = [entry.kind for entry in Entry.objects.filter(stream=f"blanks:{asked.proposal_id}")]
    assert kinds_ == ["blanks.asked", "blanks.settled"]


def test_the_same_person_cannot_be_both(county):
    """Seen to fail with check_two_people always saying yes; then the database says no."""
    publish()
    asked = ask_in()
    refused("blank-same-person", 403, agree, asked, KEEPER)
    row = Proposal.objects.filter(pk=asked.proposal_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(state="done", settled_person=KEEPER.person_id, settled_at=AT)


def test_the_same_answer_again_and_two_answers(county):
    publish()
    asked = ask_in()
    agree(asked, SECOND_KEEPER)
    assert agree(asked, SECOND_KEEPER).replayed
    refused("blanks-settled", 409, agree, asked, BUREAU)
    assert Blank.objects.count() == 20


@pytest.mark.parametrize("first,last", [(20, 30), (1, 1), (5, 6), (15, 25)])
def test_no_number_is_taken_in_twice(county, first, last):
    """Asked for readably, whether it is there already or only waits to be confirmed."""
    publish()
    asked = ask_in()
    assert "QZ0000" in refused("blank-range-taken", 409, ask_in, first, last).message
    agree(asked, SECOND_KEEPER)
    refused("blank-range-taken", 409, ask_in, first, last)


def test_two_stores_confirming_the_same_numbers(county):
    """The unique constraint has the last word. Seen to fail with it dropped: sheets twice."""
    publish()
    asked = ask_in(1, 20)
    other = Proposal.objects.create(
        kind="receive", type_id=TYPE, first=20, last=25, count=6, taker_id=made.CENTRE,
        asked_person=1, asked_name="乙", asked_at=AT, key=key(),
    )  # fmt: skip
    agree(asked, SECOND_KEEPER)
    said = refused(
        "blank-range-taken", 409, handing.settle,
        proposal_id=other.pk, agree=True, by=MANAGER, at=AT,
    )  # fmt: skip
    assert "QZ000020" in said.message
    assert Proposal.objects.get(pk=other.pk).state == "asked" and Blank.objects.count() == 20
    with pytest.raises(IntegrityError), transaction.atomic():
        Blank.objects.create(
            type_id=TYPE, serial=20, number="QZ000020", state="in_store", outlet_id=HALL,
            received_at=AT, since=AT,
        )  # fmt: skip


def test_the_other_type_has_numbers_of_its_own(county):
    publish()
    received(1, 5)
    received(1, 5, type_code=OTHER_TYPE)
    assert Blank.objects.filter(serial=1).count() == 2
    assert Blank.objects.get(type=OTHER_TYPE, serial=1).number == "00001X"


@pytest.mark.parametrize("who", [CLERK, MANAGER, BUREAU, AUDITOR, made.DECIDER])
def test_who_does_not_take_in(county, who):
    publish()
    refused("blanks-not-yours", 403, ask_in, by=who)


def test_a_town_custodian_keeps_no_county_stock(county):
    publish()
    town = made.Actor(9, "镇保管", "custodian", 9, f"{made.TOWN}-centre", made.CENTRE, made.TOWN)
    refused("blanks-not-yours", 403, ask_in, by=town)


def test_more_than_an_act_may_take(county):
    publish()
    refused("blank-count-wrong", 422, ask_in, 1, 20_001)
    refused("blank-range-reversed", 422, ask_in, 9, 3)


def test_a_key_twice_is_one_proposal_and_another_matter_is_refused(county):
    publish()
    once = key()
    first = ask_in(again=once)
    assert ask_in(again=once).proposal_id == first.proposal_id
    refused("idempotency-key-reused", 409, ask_in, 30, 40, again=once)
    refused("idempotency-key", 422, ask_in, 50, 60, again="short")


def test_a_key_twice_for_other_numbers_is_no_replay(stock):
    """As many sheets with the same reason, but others: the first answer would hide the second."""
    once = key()
    spoil("QZ000001", again=once)
    assert spoil("QZ000001", again=once).replayed
    refused("idempotency-key-reused", 409, spoil, "QZ000002", again=once)
    taken_in = key()
    ask_in(30, 31, again=taken_in)
    refused("idempotency-key-reused", 409, ask_in, 32, 33, again=taken_in)


# --- handing out and back ---


def test_handing_out_takes_the_lowest_and_stays_the_givers_until_confirmed(county):
    publish()
    received()
    asked = ask_out(5)
    assert (asked.first, asked.last) == ("QZ000001", "QZ000005")
    assert sums(HALL).left == 20 and states(made.CENTRE) == {}
    again = ask_out(3)
    assert (again.first, again.last) == ("QZ000006", "QZ000008"), "what waits is not given twice"
    agree(asked, CLERK)
    assert states(made.CENTRE) == dict.fromkeys(range(1, 6), "handed_out")
    assert (sums(HALL).passed, sums(HALL).left) == (5, 15)
    assert (sums().received, sums().left, sums().there) == (5, 5, 5)


def test_who_receives(county):
    publish()
    received()
    asked = ask_out(5)
    refused("blanks-not-yours", 403, agree, asked, SECOND_KEEPER)
    refused("blanks-no-proposal", 404, agree, asked, STREET_CLERK)
    refused("blanks-not-yours", 403, agree, asked, BUREAU)
    refused("blanks-not-yours", 403, agree, asked, AUDITOR)
    agree(asked, COLLEAGUE)


def test_refused_and_withdrawn_leave_everything_where_it_was(county):
    publish()
    received()
    asked = ask_out(5)
    refused(
        "text-missing", 422, handing.settle,
        proposal_id=asked.proposal_id, agree=False, by=CLERK, at=AT,
    )  # fmt: skip
    handing.settle(proposal_id=asked.proposal_id, agree=False, answer="只送来4张", by=CLERK, at=AT)
    back = ask_out(5)
    assert back.first == "QZ000001"
    refused(
        "blanks-not-yours", 403, handing.withdraw, proposal_id=back.proposal_id, by=CLERK, at=AT
    )
    assert handing.withdraw(proposal_id=back.proposal_id, by=KEEPER, at=AT).state == "withdrawn"
    assert handing.withdraw(proposal_id=back.proposal_id, by=KEEPER, at=AT).replayed
    refused("blanks-settled", 409, agree, back, CLERK)
    assert ask_out(20).count == 20 and sums(HALL).left == 20
    assert Movement.objects.count() == 1


def test_not_enough(county):
    publish()
    received(1, 3)
    assert "只有3张" in refused("blanks-too-few", 409, ask_out, 4).message
    refused("blank-count-wrong", 422, ask_out, 0)
    refused("outlet-unknown", 404, ask_out, 1, outlet="nowhere")
    for store in ("nowhere", ""):
        refused(
            "outlet-unknown", 404, handing.ask_hand_back,
            type_code=TYPE, count=1, store=store, key=key(), by=KEEPER, at=AT,
        )  # fmt: skip


def test_giving_back_takes_the_highest_so_the_counter_goes_on_in_order(stock):
    taken()
    asked = handing.ask_hand_back(type_code=TYPE, count=4, store=HALL, key=key(), by=CLERK, at=AT)
    assert (asked.first, asked.last) == ("QZ000007", "QZ000010")
    refused("blanks-not-yours", 403, agree, asked, MANAGER)
    agree(asked, KEEPER)
    assert states(HALL) == dict.fromkeys(range(7, 21), "in_store")
    assert (sums().received, sums().passed, sums().left) == (10, 4, 6)
    assert taken(case="K0002").number == "QZ000002"


def test_a_store_may_fill_its_own_counter(county):
    publish()
    received()
    hall_clerk = made.Actor(8, "县厅窗口", "clerk", 8, made.APPROVAL, HALL, made.COUNTY)
    handed_out(4, to=hall_clerk)
    assert states(HALL)[1] == "handed_out" and states(HALL)[5] == "in_store"
    assert (sums(HALL).received, sums(HALL).passed, sums(HALL).left) == (20, 0, 20)


def test_returning_to_the_issuing_organ(county):
    publish()
    received()
    asked = handing.ask_give_up(
        type_code=TYPE, first="QZ000019", last="QZ000020", reason="旧版停用，退回销毁",
        key=key(), by=KEEPER, at=AT,
    )  # fmt: skip
    agree(asked, SECOND_KEEPER)
    assert (sums(HALL).returned, sums(HALL).left, sums(HALL).there) == (2, 18, 18)


# --- spoiling and losing ---


def test_spoiling_takes_two(stock):
    one = printed()
    asked = spoil(one.number)
    assert states()[1] == "printed"
    refused("blank-same-person", 403, agree, asked, CLERK)
    refused("blanks-not-there", 409, spoil, one.number)
    agree(asked, COLLEAGUE)
    assert states()[1] == "spoiled" and sums().spoiled == 1 and sums().holds
    line = Movement.objects.get(event="spoil")
    assert (line.source, line.case_number, line.reason) == ("printed", CASE, "卡纸，字印歪了")
    assert Blank.objects.get(serial=1).case_number == CASE, "whose it was stays known"


def test_a_manager_may_confirm_for_a_station_with_one_person(county):
    publish()
    received()
    handed_out(2, to=made.VILLAGER)
    asked = spoil("QZ000001", by=made.VILLAGER)
    refused("blanks-no-proposal", 404, agree, asked, STREET_CLERK)
    refused("blanks-not-yours", 403, agree, asked, AUDITOR)
    agree(asked, MANAGER)
    assert sums(made.STATION).spoiled == 1


def test_a_refused_spoiling_can_be_confirmed_as_used(stock):
    one = printed()
    asked = spoil(one.number)
    handing.settle(
        proposal_id=asked.proposal_id, agree=False, answer="没有印坏", by=COLLEAGUE, at=AT
    )
    from_printed = Blank.objects.get(serial=1)
    assert from_printed.state == "printed" and from_printed.proposal_id is None


def test_a_range_with_one_that_is_not_there_names_it(stock):
    taken()
    said = refused(
        "blanks-not-there", 409, handing.ask_spoil,
        type_code=TYPE, first="QZ000008", last="QZ000012", reason="受潮", key=key(), by=CLERK, at=AT,
    )  # fmt: skip
    assert "QZ000011" in said.message and "不在本网点账上" in said.message


def test_losing_is_settled_by_the_manager_with_the_number_of_the_report(stock):
    asked = handing.ask_lost(
        type_code=TYPE, first="QZ000009", last="QZ000010", reason="清点时没有找到",
        key=key(), by=CLERK, at=AT,
    )  # fmt: skip
    refused("blanks-not-yours", 403, agree, asked, COLLEAGUE, answer="桓公（所）受案〔2026〕1号")
    refused("text-missing", 422, agree, asked, MANAGER)
    agree(asked, MANAGER, answer="报失公告〔2026〕1号")
    assert (sums().lost, sums().left, sums().there) == (2, 8, 8)
    assert Proposal.objects.get(kind="lose").answer == "报失公告〔2026〕1号"


def test_what_is_lost_from_several_states_is_written_stretch_by_stretch(stock):
    taken()  # 1
    asked = handing.ask_lost(
        type_code=TYPE, first="QZ000001", last="QZ000003", reason="整叠不见了",
        key=key(), by=COLLEAGUE, at=AT,
    )  # fmt: skip
    agree(asked, MANAGER, answer="报失2026-1")
    lines = Movement.objects.filter(event="lose").order_by("first")
    assert [(one.first, one.last, one.source) for one in lines] == [
        (1, 1, "reserved"),
        (2, 3, "handed_out"),
    ]


def test_a_photo_that_is_not_there(stock):
    refused(
        "photo-missing", 422, handing.ask_spoil, type_code=TYPE, first="QZ000001", last="",
        reason="撕破了", key=key(), by=CLERK, at=AT, photo=made.uuid4(),
    )  # fmt: skip


# --- the ledger ---


def test_no_line_of_the_ledger_can_be_changed(stock):
    """Seen to fail with the guard lowered."""
    with pytest.raises(DatabaseError, match=guard.MESSAGE), transaction.atomic():
        Movement.objects.update(count=1, last=1, first=1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite: see guard.py")
def test_no_line_of_the_ledger_can_be_deleted(stock):
    with pytest.raises(DatabaseError, match=guard.MESSAGE), transaction.atomic():
        Movement.objects.filter(event="receive").delete()


def test_the_database_forbids_what_no_act_would_do(stock):
    free = Blank.objects.filter(serial=2)
    for wrong in ({"state": "reserved"}, {"case_number": "K"}, {"state": "gone"}, {"holder": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            free.update(**wrong)


# --- who sees what ---

ACTORS = (
    CLERK, COLLEAGUE, MANAGER, STREET_CLERK, KEEPER, BUREAU, AUDITOR, made.VILLAGER, made.DECIDER,
    made.RESIDENT, made.PUBLIC, made.Actor(1, "镇保管", "custodian", 1, "", "", made.TOWN),
    made.Actor(None, "无人", "clerk", 1, "", made.CENTRE, made.TOWN),
)  # fmt: skip


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: f"{actor.role}-{actor.person_id}")
def test_seeing_and_listing_agree(county, actor):
    stocked()
    handed_out(1, to=made.VILLAGER)
    handed_out(1, to=STREET_CLERK)
    everywhere = set(Blank.objects.values_list("outlet", flat=True))
    assert len(everywhere) == 4
    listed = set(Blank.objects.filter(permissions.visible(actor)).values_list("outlet", flat=True))
    assert listed == {outlet for outlet in everywhere if permissions.may_see(actor, outlet)}


def test_a_stretch_shows_what_is_free_without_what_waits(stock):
    ask_out(2)  # 11, 12
    shown = [(s.state, s.first, s.last, s.count) for s in queries.stretches(KEEPER, HALL)]
    assert shown == [("in_store", "QZ000013", "QZ000020", 8)]
    line = next(line for line in queries.stock(KEEPER) if line.outlet_code == HALL)
    assert (line.in_store, line.waiting, line.left) == (10, 2, 10)
    assert number(1) == "QZ000001" and after(1) > AT
