"""Lockout, passwords, sessions, codes, terms and areas, as values."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.accounts import rules
from yichuang.accounts.rules import Failures

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
gaps = st.lists(st.timedeltas(timedelta(0), timedelta(minutes=20)), max_size=40)


def moments(steps):
    at = START
    for step in steps:
        at += step
        yield at


@given(gaps)
def test_a_lock_comes_with_the_fifth_failure_and_is_never_prolonged(steps):
    state, in_a_row = Failures(), 0
    for at in moments(steps):
        before = state
        state = state.next(at)
        if before.locked(at):
            assert state == before
            continue
        in_a_row = 1 if before.locked_until else in_a_row + 1
        assert state.locked(at) == (in_a_row == rules.MAX_FAILURES)
        if state.locked(at):
            assert state.locked_until == at + rules.LOCK_FOR


def test_a_password_ages():
    assert rules.password_expired(None, START)
    assert not rules.password_expired(START, START + timedelta(days=89, hours=23))
    assert rules.password_expired(START, START + timedelta(days=90))


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Correct-Horse-7", True),
        ("yichuang-demo-2026", True),
        ("alllowercase", False),
        ("Short-7", False),
        ("1234567890", False),
        ("Zhangsan-2026", False),
    ],
)
def test_strength(password, good):
    verdict = rules.strong_enough(password, login="zhangsan")
    assert bool(verdict) is good
    assert good or (verdict.reason and verdict.remedy)


@pytest.mark.parametrize(
    ("opened", "seen", "why"),
    [
        (timedelta(0), timedelta(minutes=29), ""),
        (timedelta(0), timedelta(minutes=30), "idle"),
        (timedelta(hours=9, minutes=59), timedelta(0), ""),
        (timedelta(hours=10), timedelta(0), "limit"),
    ],
)
def test_sessions_end(opened, seen, why):
    assert why == rules.session_over(
        opened_at=START - opened, seen_at=START - seen, at=START, limit=rules.STAFF_LIMIT
    )


@given(st.lists(st.timedeltas(timedelta(0), timedelta(minutes=10)), min_size=1, max_size=60))
def test_codes_keep_their_pause_and_their_hourly_number(steps):
    sent = []
    for at in moments(steps):
        if rules.may_send_code(sent, at):
            sent.append(at)
    for one, other in zip(sent, sent[1:], strict=False):
        assert other - one >= rules.CODE_PAUSE
    for first, sixth in zip(sent, sent[rules.CODES_PER_HOUR :], strict=False):
        assert sixth - first >= timedelta(hours=1)


def test_a_term_includes_both_its_ends():
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    assert rules.in_term(first, last, first) and rules.in_term(first, last, last)
    assert not rules.in_term(first, last, last + timedelta(days=1))
    assert not rules.in_term(first, last, first - timedelta(days=1))
    assert rules.in_term(first, None, date(2099, 1, 1))


@pytest.mark.parametrize(
    ("place", "area", "inside"),
    [
        ("370321110201", "370321000000", True),
        ("370321110201", "370321110000", True),
        ("370321110201", "370321110201", True),
        ("370321105201", "370321110000", False),
        ("370321110000", "370321110201", False),
        ("370322110000", "370321000000", False),
        ("370321110000", "", False),
    ],
)
def test_areas(place, area, inside):
    assert rules.lies_within(place, area) is inside
