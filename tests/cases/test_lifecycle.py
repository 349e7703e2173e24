"""The life of a case: the table has no dead end, one owner for each event, and keeps the law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.cases import lifecycle
from yichuang.cases.lifecycle import BY_EVENT, STATES, TABLE, events_from, may_happen, target_of
from yichuang.documents.rules import PAPER_KINDS, PERMIT_ONLY


def reachable(start: str, handling: str) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        for row in events_from(state, handling=handling):
            for before in (lifecycle.ACCEPTED, lifecycle.REVIEWED):
                todo.append(target_of(row, state, before_pause=before))
    return seen


@pytest.mark.parametrize("handling", ["instant", "promise"])
@pytest.mark.parametrize("state", list(STATES))
def test_every_state_can_reach_the_archive(state, handling):
    assert lifecycle.ARCHIVED in reachable(state, handling)


@pytest.mark.parametrize("handling", ["instant", "promise"])
def test_every_state_can_be_reached(handling):
    assert reachable(lifecycle.NEW, handling) >= set(STATES)


def test_each_event_stands_once_and_has_one_owner():
    assert len(BY_EVENT) == len(TABLE)
    assert all(row.owner in lifecycle.OWNERS for row in TABLE)


def test_the_archive_is_the_end():
    assert not [row for row in TABLE if lifecycle.ARCHIVED in row.sources]


def test_papers_exist_and_permit_letters_belong_to_permits():
    for row in TABLE:
        for kind in (row.permit_paper, row.other_paper):
            assert not kind or kind in PAPER_KINDS
        assert row.other_paper not in PERMIT_ONLY


def test_a_promised_matter_is_never_granted_without_review():
    granting = [row for row in TABLE if row.target == lifecycle.GRANTED]
    for row in granting:
        assert row.handling == lifecycle.INSTANT or row.sources == (lifecycle.REVIEWED,)


def test_correction_is_asked_for_once():
    """行政许可法 §32(4): everything at once."""
    verdict = may_happen(
        "ask_correction", lifecycle.RECEIVED, handling="promise", done=frozenset({"ask_correction"})
    )
    assert verdict.code == "event-only-once"


def test_a_term_is_extended_once():
    """行政许可法 §42."""
    assert BY_EVENT["extend"].once


@given(
    st.sampled_from([row.event for row in TABLE]),
    st.sampled_from(["", *STATES]),
    st.sampled_from(["instant", "promise"]),
)
def test_a_refusal_says_why_and_what_next(event, state, handling):
    verdict = may_happen(event, state, handling=handling)
    row = BY_EVENT[event]
    assert bool(verdict) == (state in row.sources and row.handling in ("any", handling))
    if not verdict:
        assert verdict.reason
        assert verdict.remedy


def test_own_basis_for_other_items():
    assert BY_EVENT["grant"].basis_for(permit=True).startswith("行政许可法")
    assert "行政许可法" not in BY_EVENT["grant"].basis_for(permit=False)
