"""What makes a submission fit: rules over plain values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.cases import rules
from yichuang.cases.rules import ApplicantFacts, ListedMaterial, MaterialEntry, Submission
from yichuang.verdict import Refusal

LISTED = [
    ListedMaterial(1, "申请表", held=False),
    ListedMaterial(2, "居民身份证", held=False),
    ListedMaterial(3, "营业执照", held=True),
]


def submission(**changes) -> Submission:
    values = {
        "item_code": "X-01",
        "place_code": "379901101201",
        "outlet_code": "379901101000-centre",
        "applicant": ApplicantFacts("person", "演示甲", "110105188001010007", "13800000000"),
        "idempotency_key": "key-12345",
    }
    return Submission(**{**values, **changes})


def test_a_whole_submission_passes():
    assert rules.check_shape(submission())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"applicant": ApplicantFacts("person", " ", "", "")}, "name-missing"),
        ({"applicant": ApplicantFacts("person", "名" * 61, "", "")}, "name-too-long"),
        ({"applicant": ApplicantFacts("cat", "演示甲", "", "")}, "applicant-kind"),
        ({"delivery": "mail"}, "address-missing"),
        ({"delivery": "pigeon"}, "delivery-unknown"),
        ({"outcome": "maybe"}, "outcome-unknown"),
        ({"answers": {"说明": "长" * 2001}}, "text-too-long"),
        ({"idempotency_key": "short"}, "idempotency-key"),
    ],
)
def test_each_fault_has_its_sentence(changes, code):
    verdict = rules.check_shape(submission(**changes))
    assert verdict.code == code
    assert verdict.remedy


def test_what_nobody_mentions_is_missing_and_what_is_shared_is_held():
    checked = rules.check_materials(LISTED, [MaterialEntry(1)])
    assert [row.state for row in checked] == ["submitted", "missing", "held"]


def test_nothing_off_the_list_is_taken():
    with pytest.raises(Refusal) as refusal:
        rules.check_materials(LISTED, [MaterialEntry(9)])
    assert refusal.value.code == "material-unknown"


def test_only_what_can_be_shared_counts_as_held():
    with pytest.raises(Refusal) as refusal:
        rules.check_materials(LISTED, [MaterialEntry(1, "held")])
    assert refusal.value.code == "material-not-held"


@given(st.lists(st.sampled_from(["submitted", "missing"]), min_size=2, max_size=2))
def test_accept_and_correct_exclude_each_other(states):
    checked = rules.check_materials(
        LISTED, [MaterialEntry(position, state) for position, state in enumerate(states, start=1)]
    )
    accept = bool(rules.check_outcome(rules.ACCEPT, checked))
    correct = bool(rules.check_outcome(rules.CORRECT, checked))
    assert accept != correct
    assert accept == ("missing" not in states)


LATER_OR_PROMISED = [
    ListedMaterial(1, "申请表", held=False, form=True),
    ListedMaterial(2, "银行卡", held=False, later_days=5),
    ListedMaterial(3, "收入证明", held=False, promise="allowed"),
    ListedMaterial(4, "安全证明", held=False, promise="barred"),
]


@given(st.lists(st.sampled_from(rules.MATERIAL_STATES), min_size=4, max_size=4))
def test_a_material_is_let_off_only_as_its_list_says(states):
    entries = [MaterialEntry(n, state) for n, state in enumerate(states, start=1)]
    fits = all(
        state in ("submitted", "missing")
        or (state == "later" and row.later_days)
        or (state == "promised" and row.promise == "allowed")
        for state, row in zip(states, LATER_OR_PROMISED, strict=True)
    )
    try:
        checked = rules.check_materials(LATER_OR_PROMISED, entries)
    except Refusal as refusal:
        assert not fits and refusal.field == "materials" and refusal.remedy
        return
    assert fits and [row.state for row in checked] == states
    # what follows later or is promised stands in nobody's way of acceptance
    assert bool(rules.check_outcome(rules.ACCEPT, checked)) == ("missing" not in states)


def test_nothing_handed_in_is_nothing_to_receive():
    checked = rules.check_materials(LATER_OR_PROMISED, [])
    verdict = rules.check_outcome(rules.RECEIVE, checked)
    assert verdict.code == "nothing-handed-in" and verdict.remedy
    assert rules.check_outcome(rules.CORRECT, checked)
    some = rules.check_materials(LATER_OR_PROMISED, [MaterialEntry(1)])
    assert rules.check_outcome(rules.RECEIVE, some)
    assert rules.check_outcome(rules.RECEIVE, ())  # an item that asks for nothing


def test_missing_materials_are_all_named_at_once():
    checked = rules.check_materials(LISTED, [])
    reason = rules.check_outcome(rules.ACCEPT, checked).reason
    assert "申请表" in reason
    assert "居民身份证" in reason


def test_reviewer_and_decider_are_two_people():
    assert rules.check_two_people(7, 8)
    assert rules.check_two_people(None, 8)
    assert rules.check_two_people(7, 7).code == "same-person"


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_digest_tells_submissions_apart(one, other):
    a, b = submission(answers={"q": one}), submission(answers={"q": other})
    assert (a.digest() == b.digest()) == (one == other)


def test_the_key_is_not_part_of_the_digest():
    assert submission(idempotency_key="a" * 8).digest() == submission().digest()


@given(st.integers(1, 999999), st.integers(2021, 2099), st.sampled_from(list(rules.OUTLET_LETTERS)))
def test_a_case_number_fits_the_exchange_standard(serial, year, kind):
    number = rules.case_number("379901101000", kind, year, serial)
    assert len(number) <= 50
    assert number.isalnum()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张\u202e三\u0000", "张三"),
        ("王\ud800五\u200b", "王五"),
        ("\ufeff李\u2066四\x1b[31m", "李四[31m"),
        ("甲𬭩乙𠮷", "甲𬭩乙𠮷"),
        ("一行\n又一行\t后", "一行\n又一行\t后"),
        ("ئۇ\u200cيغۇر", "ئۇ\u200cيغۇر"),
    ],
)
def test_unseen_signs_are_left_out_and_rare_characters_are_not(typed, kept):
    assert rules.visible(typed) == kept
    whole = submission(
        applicant=ApplicantFacts("person", typed, "", "", typed),
        answers={typed: typed},
        materials=(MaterialEntry(1, note=typed),),
    ).visible()
    assert (whole.applicant.name, whole.applicant.address) == (kept, kept)
    assert (whole.answers, whole.materials[0].note) == ({kept: kept}, kept)


@given(st.text())
def test_what_is_visible_can_be_stored_everywhere(text):
    kept = rules.visible(text)
    assert "\0" not in kept
    assert kept.encode().decode() == kept  # no lone surrogate
    assert rules.visible(kept) == kept


@pytest.mark.parametrize("name", ["\u3000\u00a0", "\u200b", "\u200d", "\u2060 \ufeff"])
def test_a_name_that_nobody_sees_is_no_name(name):
    verdict = rules.check_shape(submission(applicant=ApplicantFacts("person", name, "", "")))
    assert verdict.code == "name-missing"


@pytest.mark.parametrize("answers", [{"长" * 2001: ""}, {f"问{n}": "答" * 1999 for n in range(21)}])
def test_questions_count_as_well_as_answers(answers):
    assert rules.check_shape(submission(answers=answers)).code == "text-too-long"


def test_a_note_fits_its_column():
    with pytest.raises(Refusal) as refusal:
        rules.check_materials(LISTED, [MaterialEntry(1, note="长" * 301)])
    assert refusal.value.code == "text-too-long"
    assert rules.check_materials(LISTED, [MaterialEntry(1, note="长" * 300)])
