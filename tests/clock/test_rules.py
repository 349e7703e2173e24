"""Working days and due dates, against the law's rules and an independent calendar."""

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.clock import rules
from yichuang.clock.rules import Calendar, DraftDay, Pause, Thresholds, YearDraft, due
from yichuang.verdict import Refusal

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)
EVERY_DAY = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]

# room for 60 working days and the longest pauses below before the calendar ends
starts = st.dates(FIRST, date(2026, 3, 31))
lengths = st.integers(0, 60)


@st.composite
def pauses_from(draw, start, most=4):
    found = []
    for _n in range(draw(st.integers(0, most))):
        first = start + timedelta(draw(st.integers(-10, 60)))
        reason = draw(st.sampled_from(["补正", "现场核查", "听证", ""]))
        found.append(Pause(first, first + timedelta(draw(st.integers(0, 15))), reason))
    return found


@st.composite
def cases(draw):
    start = draw(starts)
    return start, draw(lengths), draw(pauses_from(start))


def test_every_day_of_eight_years_agrees_with_an_independent_calendar(calendar):
    assert len(EVERY_DAY) == 2922
    differing = [
        day for day in EVERY_DAY if calendar.is_working(day) != chinese_calendar.is_workday(day)
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("year", "count"),
    list(zip(range(2019, 2027), (250, 249, 250, 249, 249, 251, 248, 248), strict=True)),
)
def test_working_days_of_each_year(calendar, year, count):
    assert sum(calendar.is_working(day) for day in EVERY_DAY if day.year == year) == count


@given(cases())
def test_never_due_on_a_rest_day_nor_in_a_pause_nor_before_the_start(calendar, case):
    start, days, pauses = case
    last = due(start, days, calendar, pauses).due
    assert calendar.is_working(last)
    assert not any(pause.start <= last <= pause.end for pause in pauses)
    assert last >= start


@given(cases())
def test_exactly_the_promised_working_days_run(calendar, case):
    start, days, pauses = case
    last = due(start, days, calendar, pauses).due
    first = start + timedelta(1 if days else 0)
    run = [
        day
        for day in (first + timedelta(n) for n in range((last - first).days + 1))
        if calendar.is_working(day) and not any(p.start <= day <= p.end for p in pauses)
    ]
    assert len(run) == max(days, 1)


@given(starts, lengths, st.integers(-5, 40), st.integers(0, 30))
def test_a_pause_moves_the_end_by_the_working_days_it_holds(calendar, start, days, offset, length):
    plain = due(start, days, calendar).due
    pause = Pause(start + timedelta(offset), start + timedelta(offset + length))
    moved = due(start, days, calendar, [pause]).due
    counted_from = start + timedelta(1 if days else 0)
    held = 0
    if pause.start <= plain:  # a pause that begins after the end holds nothing of the period
        held = sum(
            calendar.is_working(day)
            for day in (pause.start + timedelta(n) for n in range(length + 1))
            if day >= counted_from
        )
    assert rules.working_days_between(plain, moved, calendar) == held


@given(cases(), st.randoms())
def test_the_order_of_pauses_does_not_matter(calendar, case, random):
    start, days, pauses = case
    shuffled = list(pauses)
    random.shuffle(shuffled)
    assert due(start, days, calendar, shuffled) == due(start, days, calendar, pauses)


@given(cases())
def test_overlapping_pauses_count_once(calendar, case):
    start, days, pauses = case
    assert due(start, days, calendar, pauses * 2).due == due(start, days, calendar, pauses).due


@given(cases(), st.integers(0, 10))
def test_later_starts_longer_periods_and_more_pauses_never_end_sooner(calendar, case, more):
    start, days, pauses = case
    plain = due(start, days, calendar, pauses).due
    assert due(start + timedelta(more), days, calendar, pauses).due >= plain
    assert due(start, days + more, calendar, pauses).due >= plain
    assert plain >= due(start, days, calendar, pauses[1:]).due


@given(cases())
def test_the_steps_tell_the_same_story(calendar, case):
    start, days, pauses = case
    found = due(start, days, calendar, pauses)
    assert found.steps[0].date == start
    assert found.steps[-1].date == found.due
    assert found.steps[-1].count == days
    counts = [step.count for step in found.steps]
    assert counts == sorted(counts)
    middle = [step.date for step in found.steps[1:]]
    assert middle == sorted(middle)


def test_the_arithmetic_reads_like_a_sentence(calendar):
    paused = Pause(date(2026, 9, 14), date(2026, 9, 16), "补正")
    found = due(date(2026, 9, 9), 16, calendar, [paused])
    assert found.due == date(2026, 10, 12)
    assert found.sentence == "9月9日开始；补正暂停3个工作日；10月12日到期"
    assert [(step.date.isoformat(), step.what, step.count) for step in found.steps] == [
        ("2026-09-09", "9月9日开始，当日不计，期限16个工作日", 0),
        ("2026-09-10", "9月10日至9月11日：第1至第2个工作日", 2),
        ("2026-09-14", "9月14日至9月16日：补正，暂停3个工作日", 2),
        ("2026-09-17", "9月17日至9月24日：第3至第9个工作日（9月20日调休上班，计入）", 9),
        ("2026-09-25", "9月25日至9月27日：法定节假日（中秋节），不计", 9),
        ("2026-09-28", "9月28日至9月30日：第10至第12个工作日", 12),
        ("2026-10-01", "10月1日至10月7日：法定节假日（国庆节），不计", 12),
        ("2026-10-08", "10月8日至10月12日：第13至第16个工作日（10月10日调休上班，计入）", 16),
        ("2026-10-12", "10月12日到期（第16个工作日）", 16),
    ]


def test_the_year_is_said_when_it_changes(calendar):
    assert due(date(2025, 12, 30), 3, calendar).sentence == "12月30日开始；2026年1月5日到期"


def test_a_make_up_saturday_counts(calendar):
    # 10 October 2026 is a Saturday that is worked for the National Day holiday
    assert due(date(2026, 10, 9), 1, calendar).due == date(2026, 10, 10)


def test_done_at_once_on_a_working_day_ends_that_day(calendar):
    found = due(date(2026, 9, 9), 0, calendar)
    assert found.due == date(2026, 9, 9)
    assert [step.what for step in found.steps] == ["9月9日开始，应当日办结", "9月9日到期"]


def test_done_at_once_on_a_rest_day_rolls_forward(calendar):
    found = due(date(2026, 9, 12), 0, calendar)
    assert found.due == date(2026, 9, 14)
    assert [step.what for step in found.steps] == [
        "9月12日开始，应当日办结",
        "9月12日至9月13日：休息日，顺延",
        "顺延至9月14日到期",
    ]


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.is_working(date(2027, 1, 1)),
        lambda calendar: due(date(2026, 12, 31), 1, calendar),
        lambda calendar: due(
            date(2026, 12, 30), 1, calendar, [Pause(date(2026, 12, 31), date(2027, 2, 1))]
        ),
        lambda calendar: due(date(2018, 12, 31), 1, calendar),
        lambda calendar: rules.working_days_between(date(2026, 12, 1), date(2027, 1, 1), calendar),
        lambda calendar: rules.remaining(date(2027, 1, 4), date(2026, 12, 31), calendar),
    ],
)
def test_a_year_without_its_notice_is_refused_never_guessed(calendar, ask):
    with pytest.raises(Refusal) as refused:
        ask(calendar)
    assert refused.value.code == "calendar-unknown-year"
    assert str(refused.value.detail["year"]) in refused.value.message
    assert refused.value.remedy


def test_a_pause_out_of_reach_of_the_period_touches_no_unknown_year(calendar):
    far = Pause(date(2027, 3, 1), date(2027, 3, 9))
    assert due(date(2026, 9, 9), 2, calendar, [far]).due == date(2026, 9, 11)


def test_negative_days_and_inverted_pauses_are_refused(calendar):
    with pytest.raises(Refusal) as refused:
        due(date(2026, 9, 9), -1, calendar)
    assert (refused.value.code, refused.value.field) == ("days-negative", "days")
    with pytest.raises(Refusal) as refused:
        due(date(2026, 9, 9), 5, calendar, [Pause(date(2026, 9, 11), date(2026, 9, 10))])
    assert refused.value.code == "pause-inverted"


def test_a_datetime_is_a_programming_error_not_a_wrong_answer(calendar):
    with pytest.raises(TypeError):
        calendar.is_working(datetime(2026, 10, 1))  # noqa: DTZ001


@given(starts, starts)
def test_working_days_between_is_antisymmetric(calendar, a, b):
    there = rules.working_days_between(a, b, calendar)
    assert there == -rules.working_days_between(b, a, calendar)


@given(starts, st.integers(1, 60))
def test_the_due_day_is_as_many_working_days_away_as_promised(calendar, start, days):
    last = due(start, days, calendar).due
    assert rules.working_days_between(start, last, calendar) == days
    assert rules.remaining(start, last, calendar) == days
    assert rules.remaining(last, last, calendar) == 0


def test_overdue_shows_from_the_very_next_day(calendar):
    friday = date(2026, 9, 11)
    assert rules.remaining(friday + timedelta(1), friday, calendar) == -1
    assert rules.remaining(friday + timedelta(3), friday, calendar) == -1
    assert rules.remaining(friday + timedelta(4), friday, calendar) == -2


def test_warning_colours():
    colours = [rules.warning(left) for left in (3, 2, 1, 0, -1, -9)]
    assert colours == ["green", "yellow", "yellow", "yellow", "red", "red"]
    assert rules.warning(5, Thresholds(yellow=5)) == "yellow"
    assert rules.warning(0, Thresholds(yellow=5, red=0)) == "red"


def test_the_real_tables_have_no_faults(year_drafts):
    assert rules.check(year_drafts) == []


def test_all_faults_of_a_bad_table_come_at_once():
    day = date(2030, 5, 1)
    bad = YearDraft(
        2030,
        " ",
        (
            DraftDay(date(2030, 1, 1), "元旦", True, 2),
            DraftDay(day, "劳动节", True, 3),
            DraftDay(day, "", True, 4),
            DraftDay(date(2031, 1, 1), "元旦", True, 5),
        ),
    )
    faults = rules.check([bad, bad])
    assert {(fault.row, fault.column) for fault in faults} == {
        (2, "source"),
        (2, "year"),  # the same year twice
        (2, "date"),  # National Day is missing
        (4, "date"),
        (4, "name"),
        (5, "date"),
    }


def test_an_empty_year_cannot_pass_for_a_year_without_holidays():
    assert len(rules.check([YearDraft(2027, "通知", ())])) == 3


def test_a_calendar_without_names_still_explains_itself(calendar):
    bare = Calendar(calendar.years, calendar.special)
    whats = [step.what for step in due(date(2026, 9, 30), 1, bare).steps]
    assert "10月1日至10月7日：法定节假日，不计" in whats
