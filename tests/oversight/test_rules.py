"""好差评: what a rating may be and when it may be given."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.cases import lifecycle
from yichuang.clock.rules import Calendar
from yichuang.oversight import rules
from yichuang.oversight.actions import ENDED
from yichuang.oversight.rules import BAD, GRADES, OPTIONS, RatingDraft

CALENDAR = Calendar(frozenset({2026}), {})


def may(state="delivered", delivered_on=date(2026, 9, 9), today=date(2026, 9, 9)):
    return rules.may_rate(
        state=state, ended=ENDED, delivered_on=delivered_on, today=today, calendar=CALENDAR
    )


def test_five_grades_of_which_the_last_two_are_bad():
    assert len(GRADES) == 5
    assert set(list(GRADES)[3:]) == BAD


def test_the_two_standards_count_in_opposite_directions():
    """GB/T 39046: 1 is best; the national 好差评 system: 5 is best."""
    for grade in GRADES:
        assert rules.GBT_39046[grade] + rules.NATIONAL[grade] == 6
    assert (rules.GBT_39046["very_satisfied"], rules.NATIONAL["very_satisfied"]) == (1, 5)


def test_no_option_belongs_to_two_grades():
    codes = [code for options in OPTIONS.values() for code in options]
    assert len(codes) == len(set(codes)) and set(OPTIONS) == set(GRADES)


@given(st.sampled_from(list(GRADES)), st.lists(st.integers(100, 520), max_size=4))
def test_only_options_of_the_chosen_grade(grade, codes):
    verdict = rules.check(RatingDraft(grade, tuple(codes)))
    assert bool(verdict) == all(code in OPTIONS[grade] for code in codes)
    assert verdict or (verdict.code == "option-of-other-grade" and verdict.remedy)


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (RatingDraft(""), "grade-missing"),
        (RatingDraft("5"), "grade-missing"),
        (RatingDraft("satisfied", (), "好" * 501), "text-too-long"),
    ],
)
def test_what_is_no_rating(draft, code):
    assert rules.check(draft).code == code


@pytest.mark.parametrize("state", lifecycle.STATES)
def test_there_is_a_rating_once_there_is_an_outcome(state):
    assert bool(may(state, None)) == (state in ENDED)
    assert state not in lifecycle.OPEN_STATES or state not in ENDED


@given(st.integers(0, 30))
def test_until_five_working_days_after_delivery(days):
    """Seen to fail with calendar days counted."""
    today = date(2026, 9, 9) + timedelta(days=days)
    assert bool(may(today=today)) == (days <= 7)


def test_an_unknown_year_is_never_at_the_raters_cost():
    assert may(delivered_on=date(2026, 12, 30), today=date(2027, 3, 1))
