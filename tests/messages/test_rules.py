"""What may be said, when it goes out, and whether two accounts agree."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from tests.messages.conftest import PARAMS
from yichuang.messages import rules
from yichuang.messages.rules import Line
from yichuang.verdict import Refusal

LOCAL = ZoneInfo("Asia/Shanghai")
NIGHT = (time(22), time(7))


@st.composite
def identities(draw):
    """A well-formed number of nobody: born before 1900."""
    body = (
        f"{draw(st.integers(110000, 659999))}"
        f"18{draw(st.integers(80, 99))}{draw(st.integers(1, 12)):02d}"
        f"{draw(st.integers(1, 28)):02d}{draw(st.integers(0, 999)):03d}"
    )
    return body + ric.calc_check_digit(body + "0")


SPACERS = st.sampled_from(["", " ", "-", "　", "\u200b", "–", ".", "·", "/", " - "])
SCRIPTS = st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"])


@given(identities(), SPACERS, SCRIPTS, st.integers(1, 9), st.text(max_size=5).filter(str.isalpha))
def test_no_identity_number_however_written(number, spacer, script, every, words):
    """Seen to fail with digits taken as they come (no folding), and without joining."""
    parts = [number[at : at + every] for at in range(0, 18, every)]
    written = spacer.join(parts).translate(str.maketrans("0123456789", script))
    assert not rules.check_text(f"{words}：{written}。")
    with pytest.raises(Refusal) as caught:
        rules.render("case-step", {**PARAMS, "event": written})
    assert caught.value.code in ("identity-in-message", "message-long-number")
    with pytest.raises(Refusal):
        rules.render("case-step", {**PARAMS, "url": f"https://example.test/{number}"})


@pytest.mark.parametrize(
    "text",
    [
        "370321850101001",
        "旧号 370321 850101 001",
        "6222 0000 1111 2222 333",
        "卡6222-0000-1111-2222",
    ],
)
def test_old_numbers_and_card_numbers(text):
    assert not rules.check_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "379901100000C2026000001", "请致电 0533-8200000", "13800001234", "〔2026〕12号",
        "2026年9月7日", "2026-09-07 10:30", "SW379901100000W2026000012",
    ],
)  # fmt: skip
def test_what_a_message_may_hold(text):
    assert rules.check_text(text)


def test_a_message_that_nobody_wrote_down_or_that_is_too_long():
    with pytest.raises(Refusal) as caught:
        rules.render("whatever", {})
    assert caught.value.code == "template-unknown"
    with pytest.raises(Refusal) as caught:
        rules.render("case-step", {**PARAMS, "event": "办" * 500})
    assert caught.value.code == "message-too-long"


@pytest.mark.parametrize(
    ("length", "count"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_segments(length, count):
    assert rules.segments("办" * length) == count


def test_a_sign_outside_the_basic_plane_counts_twice():
    assert rules.segments("𠮷" * 35) == 1 and rules.segments("𠮷" * 36) == 2


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=LOCAL)
)
hours = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(moments, st.tuples(hours, hours))
def test_nobody_is_woken_and_nothing_waits_a_day(at, quiet):
    then = rules.not_before(at, channel="sms", urgent=False, quiet=quiet)
    assert at <= then < at + timedelta(days=1)
    assert rules.not_before(then, channel="sms", urgent=False, quiet=quiet) == then
    assert then == at or then.timetz().replace(tzinfo=None) == quiet[1]
    for exempt in ({"urgent": True}, {"channel": "email"}, {"quiet": None}):
        given_ = {"channel": "sms", "urgent": False, "quiet": quiet} | exempt
        assert rules.not_before(at, **given_) == at


@pytest.mark.parametrize(
    ("hour", "until"), [(21, 21), (22, 31), (23, 31), (0, 7), (6, 7), (7, 7), (12, 12)]
)
def test_the_night(hour, until):
    day = datetime(2026, 9, 7, tzinfo=LOCAL)
    then = rules.not_before(day + timedelta(hours=hour), channel="sms", urgent=False, quiet=NIGHT)
    assert then == day + timedelta(hours=until)


def test_tries_end():
    at = datetime(2026, 9, 7, tzinfo=LOCAL)
    waits = [rules.next_try(count, at) for count in range(1, rules.TRIES + 1)]
    assert waits[-1] is None and waits[:-1] == sorted(waits[:-1]) and len(waits) == 7


lines = st.lists(st.builds(Line, st.sampled_from("abcdef"), st.integers(1, 3)), max_size=8)


@given(lines)
def test_an_account_agrees_with_itself(theirs):
    own = list({line.key: line for line in theirs}.values())
    assert rules.differences(own, own) == []


@given(lines, lines)
def test_every_key_that_differs_is_named_once(ours, theirs):
    own = list({line.key: line for line in ours}.values())
    found = rules.differences(own, theirs)
    keys = [each.key for each in found]
    assert len(keys) == len(set(keys))
    mine = {line.key: line.segments for line in own}
    for key in "abcdef":
        given_ = [line.segments for line in theirs if line.key == key]
        agrees = ([mine[key]] if key in mine else []) == given_
        assert agrees == (key not in keys)


def test_midnight_is_not_the_same_for_both():
    assert rules.differences([Line("a", 1)], [], next_door=frozenset("a")) == []
    assert rules.differences([], [Line("a", 1)], known=frozenset("a")) == []
