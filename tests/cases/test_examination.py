"""Examining: reviews, special procedures and what they do to the clock."""

from datetime import date, timedelta

import pytest

from tests.factories import county as made
from yichuang.cases import decision, examination
from yichuang.cases.models import Case, Pause
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal


def begin(receipt, at, by=made.EXAMINER):
    return examination.begin_special(
        case_id=receipt.case_id, seq=receipt.seq, reason="现场踏勘", by=by, at=at
    )


def end(receipt, at):
    return examination.end_special(
        case_id=receipt.case_id, seq=receipt.seq, result="符合规划", by=made.EXAMINER, at=at
    )


def working_days(start, stop):
    """Counted one by one, by nothing but the calendar's own list."""
    days = [start + timedelta(days=n) for n in range((stop - start).days)]
    return sum(calendar().is_working(day) for day in days)


@pytest.mark.parametrize(
    ("first", "last", "took"),
    [
        (1, 1, 0),  # begun and ended on one day: nothing is spared
        (1, 2, 1),
        (5, 12, 6),  # over a week-end with a make-up Sunday
        (16, 18, 0),  # begun in the mid-autumn days off
        (20, 30, 3),  # over the national holiday
        (1, 21, 14),
    ],
)
def test_a_special_procedure_moves_the_due_day_by_exactly_its_working_days(
    county, first, last, took
):
    receipt = made.accepted()
    paused = begin(receipt, made.after(first))
    assert Case.objects.get().paused
    ended = end(paused, made.after(last))
    assert working_days(made.after(first).date(), made.after(last).date()) == took
    assert working_days(receipt.due_on, ended.due_on) == took
    assert calendar().is_working(ended.due_on)
    case = made.case(receipt)
    assert (case.state, case.paused) == ("accepted", False)
    assert working_days(date(2026, 10, 13), case.legal_due_on) == took


def test_several_special_procedures_add_up(county):
    step = receipt = made.accepted()
    for first, last in ((1, 2), (6, 8), (8, 9)):
        step = end(begin(step, made.after(first)), made.after(last))
    assert working_days(receipt.due_on, step.due_on) == 4
    assert Pause.objects.filter(ends_on__isnull=False).count() == 3


def test_a_special_procedure_returns_to_where_it_interrupted(county):
    receipt = made.reviewed()
    ended = end(begin(receipt, made.after(1)), made.after(3))
    assert ended.state == "reviewed"


def test_a_special_procedure_and_an_extension_both_count(county):
    receipt = made.accepted()
    ended = end(begin(receipt, made.after(1)), made.after(3))  # two working days
    extended = decision.extend(
        case_id=receipt.case_id, seq=ended.seq, reason="情况复杂，需延长", approved_by="镇长",
        by=made.DECIDER, at=made.after(5),
    )  # fmt: skip
    assert working_days(receipt.due_on, extended.due_on) == 12


def test_nothing_is_decided_while_paused(county):
    receipt = made.reviewed()
    paused = begin(receipt, made.after(1))
    with pytest.raises(Refusal) as caught:
        decision.grant(
            case_id=receipt.case_id, seq=paused.seq, decision="准予建房。", by=made.DECIDER,
            at=made.after(2),
        )  # fmt: skip
    assert (caught.value.code, caught.value.status) == ("event-not-now", 409)


def test_a_review_belongs_to_the_reviewing_organ(county):
    receipt = made.accepted()

    def review(by):
        examination.review(
            case_id=receipt.case_id, seq=1, opinion="材料齐全，符合条件", agrees=True, by=by,
            at=made.AT,
        )  # fmt: skip

    with pytest.raises(Refusal) as stranger:
        review(made.COUNTY_EXAMINER)
    with pytest.raises(Refusal) as decider:
        review(made.DECIDER)
    assert (stranger.value.status, decider.value.status) == (404, 403)
    assert "青溪镇人民政府" in decider.value.message


def test_sending_back_clears_the_review_and_the_clock_runs_on(county):
    receipt = made.reviewed()
    back = examination.send_back(
        case_id=receipt.case_id, seq=2, reason="请补充现场照片", by=made.DECIDER, at=made.after(1)
    )
    case = made.case(receipt)
    assert (back.state, case.reviewed_by, back.due_on) == ("accepted", None, receipt.due_on)


@pytest.mark.parametrize("opinion", ["", "好", " 好  "])
def test_an_opinion_says_something(county, opinion):
    receipt = made.accepted()
    with pytest.raises(Refusal) as caught:
        examination.review(
            case_id=receipt.case_id, seq=1, opinion=opinion, agrees=True, by=made.EXAMINER,
            at=made.AT,
        )  # fmt: skip
    assert caught.value.code == "reason-missing"
