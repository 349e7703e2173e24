"""What a case cost its applicant, counted from its entries alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yichuang.oversight import visit_rules as rules

MONDAY = date(2026, 3, 2)
CLERK = {"role": "clerk", "outlet": "379901101000-centre"}
ELSEWHERE = {"role": "clerk", "outlet": "379901102000-centre"}
RESIDENT = {"role": "resident"}
DECIDER = {"role": "decider"}


@dataclass(frozen=True)
class Entry:
    event: str
    day: date
    author: dict
    payload: dict = field(default_factory=dict)


def begun(event="accept_on_spot", day=MONDAY, author=CLERK, **payload):
    facts = {
        "item": "MZ-01",
        "outlet": "379901101000-centre",
        "handling": "promise",
        "promised_days": 10,
        "legal_days": 20,
        "channel": "window",
        "materials": {"submitted": 3, "held": 2, "promised": 1},
        "to": "accepted" if event == "accept_on_spot" else "received",
    }
    return Entry(event, day, author, {**facts, **payload})


def later(days, event, author=DECIDER, **payload):
    return Entry(event, MONDAY + timedelta(days=days), author, payload)


def all_days(start, end):
    return (end - start).days


def counted(*entries):
    return rules.cost(entries, all_days)


def test_handed_in_once_and_mailed_is_one_visit() -> None:
    cost = counted(begun(), later(4, "grant"), later(6, "deliver", CLERK, method="mail"))
    assert (cost.visits, cost.one_visit, cost.visits_spared) == (1, True, 1)
    assert (cost.papers_asked, cost.papers_spared) == (3, 3)
    assert (cost.days, cost.days_spared) == (4, 16)


def test_fetching_it_another_day_is_a_second_visit_and_the_same_day_is_not() -> None:
    again = counted(begun(), later(4, "grant"), later(6, "deliver", CLERK, method="collect"))
    assert (again.visits, again.one_visit) == (2, False)
    on_the_spot = counted(
        begun(handling="instant"),
        later(0, "grant_on_spot"),
        later(0, "deliver", CLERK, method="collect"),
    )
    assert (on_the_spot.visits, on_the_spot.one_visit, on_the_spot.visits_spared) == (1, True, 0)


def test_two_outlets_on_one_day_are_two_visits() -> None:
    cost = counted(
        begun("take_in_incomplete"),
        later(0, "correct", ELSEWHERE),
        later(3, "deliver", CLERK, method="mail"),
    )
    assert cost.visits == 2


def test_from_home_and_mailed_is_no_visit_at_all() -> None:
    cost = counted(
        begun("file", author=RESIDENT, channel="portal"),
        later(1, "accept", CLERK, to="accepted"),
        later(4, "grant"),
        later(6, "deliver", CLERK, method="mail"),
    )
    assert (cost.visits, cost.one_visit, cost.visits_spared, cost.days) == (0, True, 2, 3)


def test_the_days_of_a_special_procedure_do_not_count() -> None:
    cost = counted(begun(), later(2, "begin_special"), later(7, "end_special"), later(9, "grant"))
    assert (cost.days, cost.ended_on) == (4, None)


def test_what_is_not_delivered_is_not_done_in_one_visit() -> None:
    cost = counted(begun(), later(3, "withdraw", RESIDENT))
    assert (cost.one_visit, cost.visits_spared, cost.ended_on) == (
        False,
        0,
        MONDAY + timedelta(days=3),
    )


def test_a_year_without_calendar_leaves_the_days_open() -> None:
    cost = rules.cost([begun(), later(4, "grant")], lambda start, end: None)
    assert (cost.days, cost.days_spared) == (None, None)


def test_a_stream_without_an_intake_is_not_counted() -> None:
    assert counted(later(0, "grant")) is None
    assert counted() is None


events = st.sampled_from(
    ("correct", "supply_later", "grant", "begin_special", "end_special", "deliver", "withdraw")
)
authors = st.sampled_from((CLERK, ELSEWHERE, RESIDENT, DECIDER))


@given(st.lists(st.tuples(st.integers(0, 30), events, authors), max_size=12))
def test_visits_never_exceed_the_counter_days(rows) -> None:
    entries = [begun()] + [
        later(days, event, author, method="collect")
        for days, event, author in sorted(rows, key=lambda row: row[0])
    ]
    cost = counted(*entries)
    counter_days = {(e.day, e.author["outlet"]) for e in entries if "outlet" in e.author}
    assert 1 <= cost.visits <= len(counter_days)
    assert not (cost.one_visit and cost.visits > 1)


figures = st.integers(0, 9)
totals = st.builds(rules.Total, st.text(), *[figures] * 6)


@given(st.lists(totals))
def test_the_whole_is_the_sum_of_its_groups(groups) -> None:
    found = rules.whole(groups)
    for name in ("ended", "one_visit", "visits", "visits_spared", "papers_spared", "days_spared"):
        assert getattr(found, name) == sum(getattr(group, name) for group in groups)
    assert found.share == (found.one_visit / found.ended if found.ended else None)
