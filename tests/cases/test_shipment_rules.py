"""What a courier's messages mean, whatever order they come in; and that no last day is a rest day."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.cases import shipment_rules as rules
from yichuang.clock.rules import Calendar

START = datetime(2026, 9, 9, 9, 0, tzinfo=timezone(timedelta(hours=8)))
YEARS = Calendar(
    frozenset((2026, 2027)),
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True},
)


def told(id_, kind, minutes=0, **more):
    return rules.Told(id_, kind, START + timedelta(minutes=minutes), **more)


def messages(**sizes):
    """Messages with different times, so that their order is the courier's alone."""
    kinds = st.sampled_from([*rules.EVENTS, "nonsense"])
    return st.lists(kinds, **sizes).map(
        lambda drawn: [told(str(at), kind, at) for at, kind in enumerate(drawn)]
    )


@given(messages(max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(events, dice):
    shuffled = list(events)
    dice.shuffle(shuffled)
    again = [
        rules.Told(each.id, each.kind, each.at, order) for order, each in enumerate(shuffled)
    ]
    first, second = rules.outcome(rules.ORDERED, events), rules.outcome(rules.ORDERED, again)
    assert (first.state, first.contradictory) == (second.state, second.contradictory)


@given(messages(max_size=12), st.data())
def test_a_message_told_twice_is_told_once(events, data):
    more = data.draw(st.lists(st.sampled_from(events))) if events else []
    assert rules.outcome(rules.ORDERED, [*events, *more]) == rules.outcome(rules.ORDERED, events)


@given(messages(max_size=12))
def test_an_end_is_never_lost_and_two_ends_are_seen(events):
    seen = rules.outcome(rules.ORDERED, events)
    ends = [each for each in events if rules.EVENTS.get(each.kind) in rules.ENDS]
    assert (seen.state in rules.ENDS) == bool(ends)
    assert seen.contradictory == (len({each.kind for each in ends}) > 1)
    if ends:
        assert seen.end == ends[-1]
    assert seen.state in (rules.ORDERED, *rules.EVENTS.values())


def test_equal_times_stand_in_our_order():
    one, two = told("b", "picked_up", order=1), told("a", "in_transit", order=2)
    assert rules.outcome(rules.ORDERED, [two, one]).state == rules.IN_TRANSIT


def test_two_signatures_are_a_contradiction():
    events = [
        told("1", "signed", 1, signer="田**", relation="self"),
        told("2", "signed", 2, signer="李**", relation="other"),
    ]
    assert rules.outcome(rules.ORDERED, events).contradictory


@pytest.mark.parametrize(
    ("signer", "relation", "own"),
    [
        ("", "self", True),
        ("本人", "self", True),
        ("田试样", "", True),
        ("田 试样", "self", True),
        ("田**", "self", True),
        ("田**", "", False),
        ("", "", False),
        ("田试样", "other", False),
        ("李**", "self", False),
        ("田*", "self", False),
        ("本人", "", False),
    ],
)
def test_who_signed(signer, relation, own):
    assert rules.by_applicant("田试样", signer, relation) is own


@given(st.text(max_size=30))
def test_a_name_in_stars_never_counts_without_the_courier_saying_self(name):
    assert not rules.by_applicant("田试样", name + "*", "")


@given(st.text(max_size=120))
def test_a_masked_address_tells_at_most_half(address):
    plain = "".join(address.split())
    shown = rules.mask_address(address).removesuffix("****")
    assert len(shown) <= len(plain) / 2 and len(shown) <= 6


@given(st.integers(0, 400), st.integers(-400, 400))
def test_a_clock_that_cannot_be_right_is_not_believed(sent, told_after):
    at, sent_at = START + timedelta(hours=400), START + timedelta(hours=sent)
    on = rules.signed_on(START + timedelta(hours=told_after), sent=sent_at, at=at)
    assert sent_at <= on <= at


@given(st.dates(date(2026, 1, 1), date(2027, 11, 30)))
def test_the_last_day_to_hand_over_is_a_working_day(decided):
    last = rules.deliver_by(decided, YEARS)
    assert last is not None and YEARS.is_working(last) and last > decided
    counted = sum(
        YEARS.is_working(decided + timedelta(days=n)) for n in range(1, (last - decided).days + 1)
    )
    assert counted == 10


def test_no_day_is_guessed_beyond_the_calendar():
    assert rules.deliver_by(date(2027, 12, 30), YEARS) is None


@given(
    st.lists(st.dates(date(2026, 1, 1), date(2027, 10, 1)), min_size=1, max_size=3),
    st.integers(0, 30),
)
def test_five_working_days_are_waited_from_the_last_word(since, passed):
    today = max(since) + timedelta(days=passed)
    working = sum(
        YEARS.is_working(max(since) + timedelta(days=n)) for n in range(1, passed + 1)
    )
    late = rules.too_long(since, days=5, today=today, calendar=YEARS)
    assert not late or working >= 5
    assert late or working <= 5
