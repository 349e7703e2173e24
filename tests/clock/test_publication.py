"""Publishing calendar years, and the copy each process keeps."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from yichuang.clock import actions, queries
from yichuang.clock.models import CalendarYear, SpecialDay
from yichuang.clock.rules import DraftDay, YearDraft
from yichuang.verdict import Refusal

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Administrator:
    def journal_record(self):
        return {"name": "测试管理员", "role": "operator"}


@pytest.fixture(autouse=True)
def _fresh():
    queries.forget()
    yield
    queries.forget()


def draft(*more):
    fixed = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"))
    days = tuple(DraftDay(date(2030, m, d), name, True, 2) for m, d, name in fixed)
    return YearDraft(2030, "测试用通知", days + more)


def publish(*drafts):
    return actions.publish_years(drafts=drafts, by=Administrator(), at=AT)


def test_publishes_the_eight_known_years_and_reads_them_back(calendar, year_drafts):
    versions = publish(*year_drafts)
    assert [(row.year, row.version) for row in versions] == [(y, 1) for y in range(2019, 2027)]
    assert versions[0].published_by == {"name": "测试管理员", "role": "operator"}
    assert queries.calendar() == calendar


def test_the_same_content_again_changes_nothing_even_in_another_order():
    publish(draft())
    again = replace(draft(), days=tuple(reversed(draft().days)))
    assert publish(again) == ()
    assert CalendarYear.objects.count() == 1
    assert SpecialDay.objects.count() == 3


def test_a_change_is_a_new_version_and_the_old_one_stays():
    (first,) = publish(draft())
    was = list(first.days.values_list("date", "is_off"))
    (second,) = publish(draft(DraftDay(date(2030, 10, 2), "国庆节", True, 5)))
    assert (second.version, first.version) == (2, 1)
    first.refresh_from_db()
    assert list(first.days.values_list("date", "is_off")) == was
    assert not queries.calendar().is_working(date(2030, 10, 2))


def test_one_bad_year_publishes_nothing():
    with pytest.raises(Refusal) as refused:
        publish(draft(), YearDraft(2031, "", ()))
    assert refused.value.code == "calendar-invalid"
    assert len(refused.value.detail["faults"]) == 4
    assert not CalendarYear.objects.exists()


def test_losing_the_race_is_a_refusal_not_an_error(monkeypatch):
    publish(draft())
    changed = draft(DraftDay(date(2030, 10, 2), "国庆节", True, 5))
    # the other publication lands between our look and our insert
    monkeypatch.setattr(
        actions.CalendarYear.objects, "filter", lambda **_k: CalendarYear.objects.none()
    )
    with pytest.raises(Refusal) as refused:
        publish(changed)
    assert (refused.value.code, refused.value.status) == ("calendar-published-meanwhile", 409)
    assert SpecialDay.objects.count() == 3


def test_the_copy_costs_no_sql_while_fresh_and_one_look_after(
    monkeypatch, django_assert_num_queries
):
    publish(draft())
    now = [1000.0]
    monkeypatch.setattr(queries.time, "monotonic", lambda: now[0])
    with django_assert_num_queries(2):
        first = queries.calendar()
    with django_assert_num_queries(0):
        assert queries.calendar() is first
    now[0] += queries.MAX_AGE_SECONDS
    with django_assert_num_queries(1):
        assert queries.calendar() is first


def test_another_process_sees_a_new_version_when_its_copy_ages(monkeypatch):
    publish(draft())
    now = [1000.0]
    monkeypatch.setattr(queries.time, "monotonic", lambda: now[0])
    assert queries.calendar().is_working(date(2030, 10, 2))
    monkeypatch.setattr(actions.queries, "forget", lambda: None)  # published elsewhere
    publish(draft(DraftDay(date(2030, 10, 2), "国庆节", True, 5)))
    assert queries.calendar().is_working(date(2030, 10, 2))
    now[0] += queries.MAX_AGE_SECONDS
    assert not queries.calendar().is_working(date(2030, 10, 2))


def test_a_publication_rolled_back_is_not_remembered(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(queries.time, "monotonic", lambda: now[0])
    with transaction.atomic():
        publish(draft())
        assert queries.calendar().years == {2030}
        transaction.set_rollback(True)
    now[0] += queries.MAX_AGE_SECONDS
    assert queries.calendar().years == frozenset()


def test_where_two_notices_rule_one_december_day_the_later_wins():
    publish(
        draft(DraftDay(date(2030, 12, 31), "元旦", True, 5)),
        YearDraft(
            2031,
            "次年通知",
            tuple(
                DraftDay(date(2031, m, 1), name, True, 6)
                for m, name in ((1, "元旦"), (5, "劳动节"), (10, "国庆节"))
            )
            + (DraftDay(date(2030, 12, 31), "元旦", False, 9),),
        ),
    )
    assert queries.calendar().is_working(date(2030, 12, 31))
