"""The life table, numbers, and the equation over any history."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.blanks import rules
from yichuang.blanks.rules import Counted, Equation, Line, Pattern, Pending, TypeDraft, Unfinished
from yichuang.verdict import Refusal

OUTLETS = ("store", "north", "south")


def test_every_state_but_the_last_four_can_be_left():
    leads = {source for step in rules.TABLE.values() for source in step.sources}
    assert leads == set(rules.LIVE)
    assert {step.target for step in rules.TABLE.values()} == set(rules.STATES)


@pytest.mark.parametrize("event", ["receive", "hand_out", "hand_back", "give_up", "spoil", "lose"])
def test_what_takes_two_people(event):
    assert rules.TABLE[event].people == 2 and event in rules.PROPOSALS


def test_a_step_from_a_wrong_state_says_what_it_is_now():
    said = rules.may_happen(rules.TABLE["confirm"], "reserved")
    assert not said and "已占号" in said.reason and said.remedy


@pytest.mark.parametrize("check", list(rules.CHECKS))
@given(serial=st.integers(1, 999_999), prefix=st.sampled_from(["", "鲁C", "QZ-", "D2"]))
def test_a_number_reads_back_as_its_serial(check, serial, prefix):
    pattern = Pattern(prefix, 6, check)
    number = pattern.number(serial)
    assert pattern.serial(number) == serial
    assert pattern.serial(f" {number.lower()} ") == serial


@given(st.data())
def test_one_wrong_digit_is_seen_where_there_is_a_check(data):
    """Seen to fail with the check character not compared."""
    pattern = Pattern("QZ", 6, data.draw(st.sampled_from(["mod_11_2", "mod_11_10"])))
    number = pattern.number(data.draw(st.integers(1, 999_999)))
    place = data.draw(st.integers(2, 7))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    with pytest.raises(Refusal) as caught:
        pattern.serial(number[:place] + other + number[place + 1 :])
    assert caught.value.code == "blank-number-invalid" and caught.value.remedy


@pytest.mark.parametrize(
    "typed", ["", "QZ", "QZ12", "QZ0000001", "QZ000000", "XX000001", "QZ00000A"]
)
def test_what_is_no_number(typed):
    with pytest.raises(Refusal, match="QZ000001"):
        Pattern("QZ", 6).serial(typed)


def test_full_width_digits_are_put_right():
    assert Pattern("QZ", 6).serial("ＱＺ０００００７") == 7
    assert Pattern("ＱＺ", 6).serial("QZ000007") == Pattern("ＱＺ", 6).serial("ＱＺ000007") == 7


@pytest.mark.parametrize(("first", "last"), [(2, 1), (0, 5), (1, 1_000_000)])
def test_ranges_that_are_none(first, last):
    assert rules.check_range(Pattern("", 6), first, last).code == "blank-range-reversed"


def test_more_than_one_act_may_move():
    assert rules.check_range(Pattern("", 6), 1, 20_001).code == "blank-count-wrong"
    assert rules.check_range(Pattern("", 6), 1, 20_000)


@given(st.sets(st.integers(1, 60)))
def test_runs_hold_exactly_the_serials(serials):
    found = rules.runs(sorted(serials))
    assert [s for first, last in found for s in range(first, last + 1)] == sorted(serials)
    assert all(b[0] > a[1] + 1 for a, b in zip(found, found[1:], strict=False))


# --- the equation ---

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 40),  # which of the steps that the sheet may take
        st.integers(0, 40),  # which sheet, or how many to take in
        st.sampled_from(OUTLETS),
        st.booleans(),  # before the period
    ),
    max_size=60,
)


def played(events):
    """Every history the life table allows: the rows as they end, and the ledger's lines. The step is
    drawn from those that the sheet may take: drawn from all, most histories end in the store."""
    rows, lines = [], []
    for choice, which, outlet, early in sorted(events, key=lambda each: not each[3]):
        row = rows[which % len(rows)] if rows else ["", ""]
        may = [one for one in rules.TABLE.values() if not one.sources or row[0] in one.sources]
        step = may[choice % len(may)]
        event, giver = step.event, row[1]
        if event == rules.RECEIVE:
            rows += [[rules.IN_STORE, "store"] for _sheet in range(which % 5 + 1)]
            lines.append(Line(event, which % 5 + 1, "", "store", early))
            continue
        if event in (rules.HAND_OUT, rules.HAND_BACK):
            taker = outlet if event == rules.HAND_OUT else "store"
        else:
            taker = giver if step.target in rules.LIVE else ""
        row[0] = step.target
        row[1] = taker or giver
        lines.append(Line(event, 1, giver, taker, early))
    return rows, lines


@given(EVENTS)
def test_the_equation_holds_at_every_outlet_after_any_history(events):
    """Seen to fail with `passed` or `spoiled` left out of what goes out, and with a hand-over inside
    one house counted."""
    rows, lines = played(events)
    for outlet in OUTLETS:
        there = sum(state in rules.LIVE and place == outlet for state, place in rows)
        sums = rules.equation(lines, outlet=outlet, there=there)
        assert sums.holds, (outlet, sums)
    ends = Counter(state for state, _place in rows)
    whole = [rules.equation(lines, outlet=o, there=0) for o in OUTLETS]
    late = [line for line in lines if not line.earlier]
    for term, event in (("used", "confirm"), ("spoiled", "spoil"), ("lost", "lose")):
        assert sum(getattr(one, term) for one in whole) == sum(x.event == event for x in late)
    taken_in = sum(line.count for line in lines if line.event == rules.RECEIVE)
    assert taken_in == sum(ends.values())


@given(EVENTS, st.integers(0, 59))
def test_a_line_that_is_missing_is_seen(events, gone):
    """One sheet moved without its line: the two books differ at an outlet."""
    rows, lines = played(events)
    moving = [line for line in lines if line.giver != line.taker]
    if not moving:
        return
    lines.remove(moving[gone % len(moving)])
    sums = [
        rules.equation(
            lines,
            outlet=outlet,
            there=sum(state in rules.LIVE and place == outlet for state, place in rows),
        )
        for outlet in OUTLETS
    ]
    assert not all(one.holds for one in sums)


# --- the day ---

NAMES = {"a": "批准书"}


def blocked(sums=None, counts=None, unfinished=(), pending=()):
    sums = sums or Equation(opening=10, used=2, there=8)
    return rules.blockers(
        equations={"a": sums},
        names=NAMES,
        counts=counts if counts is not None else {"a": Counted(sums.there, sums.there)},
        unfinished=unfinished,
        pending=pending,
    )


def test_a_day_that_balances_is_not_blocked():
    assert blocked() == ()


def test_everything_that_blocks_is_named_at_once():
    found = blocked(
        sums=Equation(opening=10, used=2, there=7),
        counts={"a": Counted(7, 6)},
        unfinished=[
            Unfinished("QZ000003", "printed", "批准书", "甲", "K1"),
            Unfinished("QZ000004", "reserved", "批准书", "乙", "K2"),
        ],
        pending=[Pending("spoil", "批准书", 1, "QZ000001", "丙")],
    )
    assert [one.kind for one in found] == ["printed", "reserved", "proposal", "ledger", "differs"]
    texts = "".join(one.text for one in found)
    for word in ("QZ000003", "K1", "甲", "QZ000004", "丙", "结存8张", "少1张"):
        assert word in texts


def test_a_count_too_many_and_one_gone_stale():
    assert "多2张" in blocked(counts={"a": Counted(8, 10)})[0].text
    assert [one.kind for one in blocked(counts={"a": Counted(9, 9)})] == ["stale"]
    assert [one.kind for one in blocked(counts={})] == ["uncounted"]


def test_a_closed_day_stays_closed():
    day = date(2026, 9, 9)
    assert rules.check_open(None, day, "中心") and rules.check_open(date(2026, 9, 8), day, "中心")
    said = rules.check_open(day, day, "中心")
    assert said.code == "blank-day-closed" and "2026-09-09" in said.reason


@pytest.mark.parametrize(("first", "second"), [(1, 1), (None, 1), (1, None)])
def test_two_people(first, second):
    assert not rules.check_two_people(first, second)
    assert rules.check_two_people(1, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text-missing"),
        ("\u200b\u200b", "text-missing"),
        ("长" * 201, "text-too-long"),
        ("证号379901188001010019写错", "identity-in-text"),
        ("证号３７９９０１１８８００１０１００１９写错", "identity-in-text"),
    ],
)
def test_texts_kept_in_the_clear(text, code):
    with pytest.raises(Refusal) as caught:
        rules.said(text, what="原因", field="reason")
    assert (caught.value.code, caught.value.field) == (code, "reason")


def test_types_with_every_fault_at_once():
    good = TypeDraft("a", "证", "", "o", "QZ", 6, row=2)
    bad = TypeDraft("a", "证", "", "x", "Q Z", 2, "luhn", row=3)
    assert rules.check_types([good], {"o"}) == []
    found = rules.check_types([good, bad], {"o"})
    assert {fault.column for fault in found} == {"code", "organ_code", "check", "width", "prefix"}
    assert {fault.row for fault in found} == {3}
