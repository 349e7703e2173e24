"""Ratings: one for each matter, from whoever holds its code, and never from those who serve."""

import pytest
from django.db import IntegrityError, transaction

from tests.factories import county as made
from tests.factories.racing import race
from yichuang.cases import delivery, tracking
from yichuang.journal.models import Entry
from yichuang.oversight import actions, queries
from yichuang.oversight.models import Rating
from yichuang.oversight.rules import RatingDraft
from yichuang.verdict import Refusal


def deliver(**changes):
    """A matter brought to its end; its applicant's code."""
    receipt = made.granted_and_sealed(**changes)
    delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by=made.NAME, by=made.CLERK, at=made.AT
    )
    return receipt.case_id, tracking.code(receipt.case_id)


def rate(code, grade="very_satisfied", *, by=made.PUBLIC, at=made.AT, **more):
    return actions.rate(code=code, draft=RatingDraft(grade, **more), channel="code", by=by, at=at)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.message and caught.value.remedy
    return caught.value


def test_a_rating_is_kept_and_journalled_once(county):
    case_id, code = deliver()
    rate(code, options=(510, 517), text="  很快，谢谢  ")
    sheet = queries.rating_of(case_id)
    assert (sheet.grade, sheet.bad, sheet.text) == ("very_satisfied", False, "很快，谢谢")
    assert sheet.options == ("一窗受理一次办结", "服务热情效率高")
    entry = Entry.objects.get(kind="rating.given")
    assert entry.stream == f"rating:{case_id}" and entry.payload["grade"] == "very_satisfied"
    assert "谢谢" not in str(entry.payload), "what somebody wrote stays where it can be answered"


def test_a_matter_is_rated_once(county):
    _case, code = deliver()
    rate(code)
    refusal = refused(lambda: rate(code, "very_dissatisfied"))
    assert (refusal.code, refusal.status) == ("rated-already", 409)
    assert Rating.objects.get().grade == "very_satisfied"
    assert Entry.objects.filter(kind="rating.given").count() == 1


def test_of_ten_ratings_at_once_one_counts(shared_county):
    """Seen to fail with the rating's one-to-one key taken away."""
    _case, code = deliver()
    ends = race(*[lambda: rate(code) for _turn in range(10)])
    won = [end for end in ends if isinstance(end, Rating)]
    assert len(won) == 1
    assert {end.code for end in ends if isinstance(end, Refusal)} == {"rated-already"}
    assert Entry.objects.filter(kind="rating.given").count() == Rating.objects.count() == 1


@pytest.mark.parametrize(
    "actor", [made.CLERK, made.VILLAGER, made.EXAMINER, made.DECIDER, made.MANAGER]
)
def test_nobody_who_serves_rates(county, actor):
    """trust.md §3. Seen to fail with the roles not asked."""
    _case, code = deliver()
    refusal = refused(lambda: rate(code, by=actor))
    assert (refusal.code, refusal.status) == ("rate-by-staff", 403)
    assert not Rating.objects.exists()


@pytest.mark.parametrize("code", ["", "AAAA", "0" * 200])
def test_a_wrong_code_rates_nothing(county, code):
    refusal = refused(lambda: rate(code))
    assert (refusal.code, refusal.status) == ("tracking-unknown", 404)


def test_not_before_the_end_and_not_long_after(county):
    early = tracking.code(made.accepted().case_id)
    assert refused(lambda: rate(early)).code == "rate-too-early"
    _case, code = deliver()
    late = refused(lambda: rate(code, at=made.after(8)))
    assert (late.code, late.status) == ("rate-too-late", 409) and "2026-09-16" in late.message
    assert rate(code, at=made.after(7))


def test_a_refused_matter_may_be_rated_before_anything_is_handed_over(county):
    receipt = made.granted()
    assert rate(tracking.code(receipt.case_id), "dissatisfied").bad


def test_the_database_itself_knows_what_is_bad(county):
    case_id, code = deliver()
    rate(code, "very_dissatisfied")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(case_id=case_id).update(bad=False)


def test_a_matter_nobody_rated_has_no_rating(county):
    """No rating is never counted as a good one."""
    case_id, _code = deliver()
    assert queries.rating_of(case_id) is None
