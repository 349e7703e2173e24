"""Reading cases: worklists page by page, deadlines, the timeline, and what may be done."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import county as made
from yichuang.cases import decision, examination, intake, queries, tracking
from yichuang.cases.models import Case
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal

TODAY = date(2026, 9, 21)


@pytest.fixture
def many(county):
    """47 accepted cases, several of them due on one day."""
    for number in range(47):
        made.accepted(at=made.after(number % 9))
    calendar()


def walk(actor, tab, limit):
    """Every page of a worklist: rows, and how many SQL statements each page took."""
    rows, costs, after = [], [], ""
    while True:
        with CaptureQueriesContext(connection) as asked:
            page = queries.worklist(actor=actor, tab=tab, today=TODAY, after=after, limit=limit)
        costs.append(len(asked))
        rows += page.rows
        after = page.after
        if not after:
            return rows, costs


@pytest.mark.parametrize("limit", [1, 7, 20, 46, 47, 48])
def test_all_pages_together_are_the_whole_list_in_order(many, limit):
    """Seen to fail with the key compared by work_by alone."""
    rows, costs = walk(made.EXAMINER, "todo", limit)
    whole = sorted(Case.objects.values_list("work_by", "pk"))
    assert [row.id for row in rows] == [pk for _day, pk in whole]
    assert set(costs) == {1}
    assert len(costs) == -(-47 // limit)


@pytest.mark.parametrize("limit", [1, 5, 20])
def test_a_list_of_several_states_is_one_list_in_order(many, limit):
    """Seen to fail with the first rows taken of one state only."""
    states = ["accepted", "reviewed", "special", "received"]
    for place, pk in enumerate(Case.objects.values_list("pk", flat=True)):
        Case.objects.filter(pk=pk).update(state=states[place % 4])
    rows, costs = walk(made.CLERK, "running", limit)
    running = Case.objects.filter(state__in=states[:3])
    assert [row.id for row in rows] == [
        pk for _day, pk in sorted(running.values_list("work_by", "pk"))
    ]
    assert set(costs) == {1}


def test_a_case_filed_while_somebody_pages_moves_nobody_elses(many):
    first = queries.worklist(actor=made.EXAMINER, tab="todo", today=TODAY)
    made.accepted(at=made.AT)  # sorts on the first page
    second = queries.worklist(actor=made.EXAMINER, tab="todo", today=TODAY, after=first.after)
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}


@pytest.mark.parametrize("after", ["x", "AAAA", "MjAyNi0wOS0wOSBub3QtYS11dWlk", "é"])
def test_a_broken_key_is_refused(county, after):
    with pytest.raises(Refusal) as caught:
        queries.worklist(actor=made.EXAMINER, tab="todo", today=TODAY, after=after)
    assert (caught.value.code, caught.value.status) == ("page-unknown", 404)


@pytest.mark.parametrize(
    ("actor", "tab"), [(made.RESIDENT, "todo"), (made.CLERK, "todo"), (made.EXAMINER, "nothing")]
)
def test_a_post_has_its_own_tabs_only(county, actor, tab):
    with pytest.raises(Refusal) as caught:
        queries.worklist(actor=actor, tab=tab, today=TODAY)
    assert caught.value.code == "worklist-unknown"


def test_each_case_lies_where_it_is_waited_for(county):
    received, running = made.taken_in(), made.accepted()
    waiting, decided = made.reviewed(), made.granted()

    def tab(actor, name):
        page = queries.worklist(actor=actor, tab=name, today=TODAY)
        return {row.number for row in page.rows}

    assert tab(made.CLERK, "received") == {received.number}
    assert tab(made.CLERK, "running") == {running.number, waiting.number}
    assert tab(made.CLERK, "deliver") == {decided.number}
    assert tab(made.EXAMINER, "todo") == {running.number}
    assert tab(made.DECIDER, "todo") == {waiting.number}
    assert tab(made.COUNTY_DECIDER, "todo") == set()
    assert queries.tab_counts(actor=made.CLERK) == {
        "received": 1, "correction": 0, "deliver": 1, "later": 0, "running": 2, "finish": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "left", "colour"),
    [
        (date(2026, 9, 10), 14, "green"),
        (date(2026, 9, 30), 0, "yellow"),
        (date(2026, 10, 8), -1, "red"),
    ],
)
def test_a_deadline_counts_working_days(county, day, left, colour):
    made.accepted()
    row = queries.worklist(actor=made.EXAMINER, tab="todo", today=day).rows[0]
    assert (row.deadline.left, row.deadline.colour) == (left, colour)


def test_a_deadline_that_is_paused_unknown_or_past_says_so(county):
    receipt = made.accepted()
    examination.begin_special(
        case_id=receipt.case_id, seq=1, reason="专家评审", by=made.EXAMINER, at=made.AT
    )
    late = made.accepted(at=made.AT.replace(month=12, day=20))
    done = made.granted()
    colours = {case.pk: queries.deadline(case, TODAY).colour for case in Case.objects.all()}
    assert colours == {
        receipt.case_id: "paused", late.case_id: "unknown", done.case_id: "done"
    }  # fmt: skip


def test_a_sheet_tells_the_whole_story(county):
    receipt = made.granted_and_sealed(made.SHOP)
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.CLERK, today=TODAY)
    assert [event.event for event in sheet.timeline] == ["accept_on_spot", "review", "grant"]
    assert [event.author for event in sheet.timeline] == [
        made.CLERK.name, made.EXAMINER.name, made.DECIDER.name,
    ]  # fmt: skip
    assert (sheet.grant_number, sheet.in_name_of) == (made.GRANT, "青禾县行政审批服务局")
    assert [paper.state for paper in sheet.papers] == ["sealed", "sealed"]
    assert {row.event for row in sheet.may} == {"dispatch", "deliver"}
    assert sheet.place == "青溪镇东禾村委会"


def test_the_arithmetic_of_a_term_is_told_step_by_step(county):
    receipt = made.accepted()
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.CLERK, today=TODAY)
    assert sheet.arithmetic.due == sheet.deadline.due_on == date(2026, 9, 30)
    assert max(step.count for step in sheet.arithmetic.steps) == 15


def test_a_sheet_costs_a_fixed_number_of_statements(county):
    receipt = made.granted()
    calendar()
    with CaptureQueriesContext(connection) as asked:
        queries.case_sheet(case_id=receipt.case_id, actor=made.CLERK, today=TODAY)
    assert len(asked) <= 6


def test_a_case_is_found_by_its_number_by_whoever_may_see_it(county):
    receipt = made.accepted()
    sheet = queries.case_by_number(number=f" {receipt.number} ", actor=made.EXAMINER, today=TODAY)
    assert sheet.id == receipt.case_id
    for actor in (made.STREET_CLERK, made.COUNTY_DECIDER, made.RESIDENT):
        with pytest.raises(Refusal) as caught:
            queries.case_by_number(number=receipt.number, actor=actor, today=TODAY)
        assert caught.value.status == 404


def test_an_applicants_code_opens_their_case_and_no_other(county):
    receipt, _other = made.accepted(), made.accepted()
    code = tracking.code(receipt.case_id)
    assert queries.tracked(code=code.lower(), today=TODAY).id == receipt.case_id
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    messages = set()
    for text in (wrong, "", "零", "A" * 500):
        with pytest.raises(Refusal) as caught:
            queries.tracked(code=text, today=TODAY)
        messages.add((caught.value.code, caught.value.message, caught.value.status))
    assert len(messages) == 1


def test_the_sweep_finds_what_nobody_looked_at(county):
    silent, _fresh = made.taken_in(), made.taken_in(at=made.after(6))
    looked_at = made.taken_in()
    intake.accept(case_id=looked_at.case_id, seq=1, by=made.CLERK, at=made.AT)
    found = queries.overdue_for_acceptance(today=date(2026, 9, 17))
    assert found == [(silent.case_id, 1)]


def test_a_residents_own_cases_newest_first(county):
    old, new = made.taken_in(), made.taken_in(at=made.after(1))
    made.taken_in()
    Case.objects.filter(pk__in=[old.case_id, new.case_id]).update(owner_user=900)
    rows = queries.mine(owner=900, today=TODAY)
    assert [row.id for row in rows] == [new.case_id, old.case_id]


def test_what_may_be_done_is_what_the_actions_let_be_done(county):
    """Every event offered to somebody is one that the lifecycle lets happen now."""
    receipt = made.reviewed()
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.DECIDER, today=TODAY)
    assert {row.event for row in sheet.may} == {
        "send_back", "hand_back", "extend", "grant", "refuse",
    }  # fmt: skip
    decision.extend(
        case_id=receipt.case_id, seq=2, reason="情况复杂，需延长", approved_by="镇长",
        by=made.DECIDER, at=made.AT,
    )  # fmt: skip
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.DECIDER, today=TODAY)
    assert "extend" not in {row.event for row in sheet.may}
