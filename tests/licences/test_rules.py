"""Types, terms and standing of licences, without a database."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.licences.kit import AID_CARD, HOUSE_CARD, replace
from yichuang.catalogue.drafts import Fact
from yichuang.licences import rules

ASKED = {
    "QH-01-001": {},
    "QH-05-001": {
        "family_size": Fact("family_size", "家庭人口", "", "number", personal=False, required=False)
    },
    "QH-05-002": {
        "family_size": Fact("family_size", "家庭人口", "", "number", personal=False, required=False)
    },
}
MATERIALS = frozenset({"收入证明", "残疾人证"})


def faults(*drafts):
    return rules.check_types(drafts, items=ASKED, materials=MATERIALS)


def test_sound_types_have_no_fault():
    assert faults(HOUSE_CARD, AID_CARD) == ()


def test_every_wrong_cell_is_named_at_once():
    wrong = replace(
        AID_CARD, code="a b", name="", word="abc", holder_kind="animal", validity="36",
        items=("QH-99-999", "QH-01-001"), fields=(("income_month", ""),), materials=("没有",),
        basis_confirmed=True,
    )  # fmt: skip
    said = {(fault.column, fault.row) for fault in faults(HOUSE_CARD, wrong)}
    columns = ["code", "name", "word", "holder_kind", "validity", "items", "fields", "materials"]
    assert said == {(column, 3) for column in [*columns, "basis"]}


def test_a_personal_fact_is_never_printed():
    private = Fact("family_size", "家庭人口", "", "number", personal=True, required=False)
    found = rules.check_types([replace(AID_CARD, items=("X",))], items={"X": {"family_size": private}},
                              materials=MATERIALS)  # fmt: skip
    assert [fault.column for fault in found] == ["fields"] and "个人信息" in found[0].reason


def test_the_term_of_three_years_ends_on_the_day_before():
    since = date(2026, 9, 9)
    assert rules.valid_until("36m", since, {}) == date(2029, 9, 8)
    assert rules.valid_until("", since, {}) is None
    assert rules.valid_until("2030-12-31", since, {}) == date(2030, 12, 31)
    assert rules.valid_until("fact:end", since, {"end": "2027-01-02"}) == date(2027, 1, 2)
    assert rules.valid_until("fact:end", since, {}) is None
    assert rules.valid_until("1m", date(2027, 1, 31), {}) == date(2027, 2, 28)


@given(st.dates(date(2000, 1, 1), date(2080, 1, 1)), st.integers(1, 600))
def test_a_term_in_months_is_never_longer_and_hardly_shorter(since, months):
    last = rules.valid_until(f"{months}m", since, {})
    begins_again = last + timedelta(days=1)
    count = (begins_again.year - since.year) * 12 + begins_again.month - since.month
    assert since <= last
    if since.day <= 28:
        assert (count, begins_again.day) == (months, since.day)
    else:  # there may be no such day: then to the end of the month
        assert (count, begins_again.day) in ((months, since.day), (months + 1, 1))


@given(
    st.sampled_from(list(rules.STATES)), st.dates(), st.one_of(st.none(), st.dates()), st.dates()
)
def test_what_was_done_to_a_licence_counts_before_its_days(state, since, until, on):
    found = rules.standing(state, since, until, on)
    if state != rules.ACTIVE:
        assert found == state
    else:
        inside = since <= on and (until is None or on <= until)
        assert (found == rules.ACTIVE) == inside
    assert bool(rules.in_force("证", found)) == (found == rules.ACTIVE)


def test_an_ended_licence_never_comes_back():
    for event in rules.MOVES:
        assert not rules.may_move(event, rules.REVOKED)
        assert not rules.may_move(event, rules.REPLACED)
    assert not rules.may_move("lift", rules.ACTIVE)


def test_free_words_hold_no_identity_number():
    for text in ("370321188001010014", "３７０３２１ 188001 010014 的人"):
        assert rules.check_words(text, what="用途", limit=100).code == "identity-in-text"
    assert rules.check_words("核对经营资格", what="用途", limit=100)
    assert rules.check_words("x", what="用途", limit=100, least=4).code == "reason-missing"
