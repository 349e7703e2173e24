"""Situations, pure: every path ends, the engine says what a plain reading says, faults are found."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.catalogue import situations
from yichuang.catalogue.situations import (
    Known,
    Option,
    Outcome,
    Question,
    Row,
    as_json,
    check_answers,
    check_outcome,
    condition,
    condition_text,
    faults,
    holds,
    next_question,
    outcome,
    paths,
    questions_of,
    relevant,
    rows_of,
    settled,
)

KEYS, VALUES = "abcd", ("yes", "no", "other")
BASE, EXTRA = ("申请表", "身份证", "户口簿"), ("委托书", "收入证明")
KNOWN = Known(BASE, (*BASE, *EXTRA), {"A-1"}, {"shop"})


def question(key, *values, when=""):
    options = tuple(Option(value, f"答{value}") for value in values or ("yes", "no"))
    return Question(key, f"问{key}？", f"Ask {key}?", options, when=condition(when))


def row(when, effect, value="", text="说明"):
    return Row(condition(when), effect, value, text)


@st.composite
def conditions(draw, keys, values=VALUES):
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=2)) if keys else []
    return tuple(
        (key, tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))))
        for key in chosen
    )


@st.composite
def tables(draw):
    """Questions whose conditions look back, and rows over any of them."""
    questions = []
    for number in range(draw(st.integers(0, 4))):
        values = draw(st.lists(st.sampled_from(VALUES), min_size=2, max_size=3, unique=True))
        asked = draw(conditions(KEYS[:number]))
        options = tuple(Option(value, value) for value in values)
        questions.append(Question(KEYS[number], "问？", "Ask?", options, when=asked))
    effects = st.sampled_from([("need", EXTRA), ("without", BASE), ("note", ("",))])
    rows = []
    for _number in range(draw(st.integers(0, 6))):
        effect, of = draw(effects)
        rows.append(
            Row(draw(conditions(KEYS[: len(questions)])), effect, draw(st.sampled_from(of)))
        )
    return tuple(questions), tuple(rows)


answers = st.dictionaries(st.sampled_from([*KEYS, "stale"]), st.sampled_from([*VALUES, "x"]))


@given(tables(), answers)
def test_the_engine_says_what_a_plain_reading_of_the_rows_says(table, given_answers):
    """Seen to fail with only the first of a cell's values in `_compiled`."""
    _questions, rows = table
    expected = tuple(row for row in rows if holds(row.when, given_answers))
    assert outcome(rows, given_answers).rows == expected
    assert outcome(rows, given_answers) == outcome(rows, dict(reversed(given_answers.items())))


@given(tables())
def test_every_path_ends_and_is_what_a_person_clicking_through_gives(table):
    questions, _rows = table
    listed = list(paths(questions))
    for path in listed:
        assert next_question(questions, path) is None
        assert check_answers(questions, path)
        assert settled(questions, path) == path
        walked = {}
        while (asked := next_question(questions, walked)) is not None:
            walked[asked.key] = path[asked.key]
        assert walked == path
    assert len({tuple(sorted(path.items())) for path in listed}) == len(listed) > 0


@given(tables(), answers)
def test_answers_left_behind_say_nothing(table, given_answers):
    questions, rows = table
    counted = settled(questions, given_answers)
    assert set(counted) <= {question.key for question in relevant(questions, given_answers)}
    assert settled(questions, counted) == counted
    noise = given_answers | {"stale": "yes"}
    assert outcome(rows, settled(questions, noise)) == outcome(rows, counted)


def test_whoever_goes_back_leaves_later_answers_behind():
    questions = (question("who"), question("agent", when="who=no"))
    assert settled(questions, {"who": "yes", "agent": "yes"}) == {"who": "yes"}
    assert next_question(questions, {"who": "no"}).key == "agent"
    assert check_answers(questions, {"who": "no"}).code == "situation-unanswered"
    assert check_answers(questions, {"who": "maybe"}).code == "situation-unknown-answer"
    assert check_answers(questions, {"who": "yes", "agent": "nonsense"})


@given(st.sets(st.sampled_from(BASE)), st.sets(st.sampled_from(BASE)))
def test_what_is_needed_outweighs_what_is_spared(needed, spared):
    rows = [Row((), "need", name) for name in needed] + [
        Row((), "without", name) for name in spared
    ]
    found = Outcome(tuple(rows))
    for name in BASE:
        assert found.on_list(name, always=True) == (name in needed or name not in spared)
        assert found.on_list(name, always=False) == (name in needed)


def test_a_verdict_or_a_contradiction_stops_the_application():
    assert check_outcome(outcome((row("", "note"),), {}))
    elsewhere = check_outcome(outcome((row("a=no", "verdict", "other:A-1"),), {"a": "no"}))
    assert (elsewhere.code, elsewhere.reason) == ("situation-elsewhere", "说明")
    spared = check_outcome(outcome((row("", "verdict", "not_needed"),), {}))
    assert spared.code == "situation-not-needed"
    both = (row("", "verdict", "not_needed"), row("", "conflict"))
    assert check_outcome(outcome(both, {})).code == "situation-contradictory"


@given(tables())
def test_tables_survive_json(table):
    questions, rows = table
    stored = json.loads(json.dumps([as_json(questions), as_json(rows)]))
    assert (questions_of(stored[0]), rows_of(stored[1])) == table


@given(conditions(KEYS))
def test_conditions_survive_text(when):
    assert condition(condition_text(when)) == when


@pytest.mark.parametrize("text", ["a", "a=", "=b", "A=b", "a=b|", "a==b&c", "1a=b"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError):
        condition(text)


SOUND = (
    (question("who"), question("age", when="who=yes")),
    (
        row("who=no", "need", "委托书"),
        row("age=yes", "without", "户口簿"),
        row("", "step", "3", "踏勘"),
        row("", "fee", "0.5"),
        row("", "place", "town"),
        row("", "in_person", "both"),
        row("who=no", "chain", "shop"),
        row("age=no", "verdict", "other:A-1"),
    ),
)


def test_a_sound_table_has_no_fault():
    assert list(faults(*SOUND, KNOWN)) == []


@pytest.mark.parametrize(
    ("questions", "rows", "where"),
    [
        ([question("Who")], [], ("questions", 2, "key")),
        ([question("who")], [], ("questions", 2, "key")),
        ([question("free")], [], ("questions", 2, "key")),  # turns nothing on
        ([question("one", "yes")], [row("one=yes", "note")], ("questions", 2, "options")),
        ([question("two", "a", "a")], [row("two=a", "note")], ("questions", 2, "options")),
        ([question("late", when="later=yes")], [row("late=no", "note")], ("questions", 2, "when")),
        ([question("odd", when="who=maybe")], [row("odd=no", "note")], ("questions", 2, "when")),
        (
            [question("never", when="who=no&age=yes")],
            [row("never=no", "note")],
            ("questions", 2, "when"),
        ),
        ([], [row("nobody=yes", "note")], ("situations", 8, "when")),
        ([], [row("who=maybe", "note")], ("situations", 8, "when")),
        ([], [row("who=yes&who=no", "note")], ("situations", 8, "when")),
        ([], [row("who=no&age=no", "note")], ("situations", 8, "when")),  # no answers lead there
        ([], [row("", "wish", "x")], ("situations", 8, "effect")),
        ([], [row("", "need", "毕业证")], ("situations", 8, "value")),
        ([], [row("", "need", "申请表")], ("situations", 8, "value")),  # on the list anyway
        ([], [row("", "without", "委托书")], ("situations", 8, "value")),
        ([], [row("", "step", "三")], ("situations", 8, "value")),
        ([], [row("", "step", "3", "")], ("situations", 8, "text")),
        ([], [row("", "fee", "5.")], ("situations", 8, "value")),
        ([], [row("", "fee", "免费")], ("situations", 8, "value")),
        ([], [row("", "place", "moon")], ("situations", 8, "value")),
        ([], [row("", "in_person", "dog")], ("situations", 8, "value")),
        ([], [row("", "chain", "wedding")], ("situations", 8, "value")),
        ([], [row("", "verdict", "other:Z-9")], ("situations", 8, "value")),
        ([], [row("", "verdict", "not_needed:A-1")], ("situations", 8, "value")),
        ([], [row("", "verdict", "maybe")], ("situations", 8, "value")),
        ([], [row("who=no", "place", "hall")], ("situations", 8, "when")),  # and town, always
        ([], [row("", "note", text="")], ("situations", 8, "text")),
        ([], [row("", "conflict", text=" ")], ("situations", 8, "text")),
    ],
)
def test_each_kind_of_broken_table_is_named_with_its_place(questions, rows, where):
    found = list(faults((*SOUND[0], *questions), (*SOUND[1], *rows), KNOWN))
    assert where in {(flaw.part, flaw.index, flaw.column) for flaw in found}
    assert all(flaw.reason for flaw in found)


def test_too_many_ways_through_are_named(monkeypatch):
    monkeypatch.setattr(situations, "MOST_PATHS", 7)
    questions = [question(key) for key in "abc"]
    rows = [row(f"{key}=yes", "note") for key in "abc"]
    found = list(faults(questions, rows, KNOWN))
    assert [(flaw.part, flaw.column) for flaw in found] == [("questions", "when")]


@given(tables())
def test_of_a_table_without_fault_each_row_applies_on_some_path(table):
    questions, rows = table
    if not list(faults(questions, rows, KNOWN)):
        for one in rows:
            assert any(holds(one.when, path) for path in paths(questions))
