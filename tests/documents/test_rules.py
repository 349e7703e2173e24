"""Numbers, seals and words: the pure rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.documents import register_rules, rules, seal_rules
from yichuang.verdict import Refusal

DAY = date(2026, 3, 26)
KINDS = sorted(rules.PAPER_KINDS)


# -- which seal may stand on which paper


@pytest.mark.parametrize(
    ("paper", "permit", "seal", "organ", "yes"),
    [
        # §32: acceptance and non-acceptance of a permit bear the organ's own special seal
        ("acceptance_notice", True, rules.ACCEPTANCE, "A", True),
        ("acceptance_notice", True, rules.NUMBERED, "A", True),
        ("acceptance_notice", True, rules.CENTRE, "A", False),
        ("acceptance_notice", True, rules.MAIN, "A", False),
        ("acceptance_notice", True, rules.ACCEPTANCE, "B", False),
        ("non_acceptance", True, rules.CENTRE, "A", False),
        ("correction_notice", True, rules.CENTRE, "A", False),
        ("correction_notice", True, rules.MAIN, "A", True),
        # a decision speaks with the deciding organ's seal
        ("grant_decision", True, rules.MAIN, "A", True),
        ("grant_decision", True, rules.NUMBERED, "A", True),
        ("grant_decision", True, rules.ACCEPTANCE, "A", False),
        ("grant_decision", True, rules.CENTRE, "A", False),
        ("refusal_decision", True, rules.MAIN, "B", False),
        # evidence of handing over may bear the window's seal, whoever decides
        ("receipt", True, rules.CENTRE, "B", True),
        ("delivery_receipt", True, rules.CENTRE, "B", True),
        ("receipt", True, rules.MAIN, "B", False),
        # no permit: the window may take in, but not answer for another organ
        ("acceptance_notice", False, rules.CENTRE, "B", True),
        ("non_acceptance", False, rules.CENTRE, "B", True),
        ("refusal_notice", False, rules.CENTRE, "B", False),
        ("result_notice", False, rules.CENTRE, "A", True),
        ("result_notice", False, rules.CENTRE, "B", False),
        ("result_notice", False, rules.ACCEPTANCE, "A", False),
        # undoing a decision: main seal only
        ("revocation_decision", True, rules.NUMBERED, "A", False),
        ("cancellation_decision", True, rules.MAIN, "A", True),
        ("grant_decision", True, "unheard_of", "A", False),
    ],
)
def test_the_table_of_seals(paper, permit, seal, organ, yes):
    verdict = seal_rules.may_seal(paper, permit, seal, organ, "A", DAY)
    assert bool(verdict) is yes
    if not yes:
        assert verdict.code == "seal-wrong"
        assert verdict.reason and verdict.remedy and "《" in verdict.basis


@given(
    paper=st.sampled_from([k for k in KINDS if k not in rules.EVIDENCE]),
    organ=st.sampled_from("AB"),
)
def test_the_centres_seal_never_stands_on_what_the_permit_law_reserves(paper, organ):
    assert not seal_rules.may_seal(paper, True, rules.CENTRE, organ, organ, DAY)


@given(
    paper=st.sampled_from([*KINDS, *rules.MAIN_SEAL_ONLY]),
    seal=st.sampled_from(sorted(rules.SEAL_KINDS)),
    permit=st.booleans(),
    start=st.integers(-3, 3),
    length=st.integers(0, 3),
)
def test_no_seal_stands_outside_its_term(paper, seal, permit, start, length):
    begins = DAY + timedelta(start)
    ends = begins + timedelta(length)
    verdict = seal_rules.may_seal(paper, permit, seal, "A", "A", DAY, valid_from=begins, valid_to=ends)
    if not begins <= DAY <= ends:
        assert not verdict and verdict.code == "seal-wrong"


@pytest.mark.parametrize("kind", KINDS)
def test_a_permit_paper_needs_a_seal_unless_it_is_evidence(kind):
    assert bool(seal_rules.may_go_unsealed(kind, is_permit=True)) is (kind in rules.EVIDENCE)
    assert seal_rules.may_go_unsealed(kind, is_permit=False)


# -- the pack's seals


def test_good_seals_have_no_fault(seal_draft):
    numbered = seal_draft(row=3, code="n3", kind=rules.NUMBERED, number="3")
    assert register_rules.check_seals([seal_draft(), numbered], {"organ-town"}) == ()


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("code", {"code": "有空格 的"}),
        ("kind", {"kind": "round"}),
        ("organ_code", {"organ_code": "nobody"}),
        ("name", {"name": " "}),
        ("number", {"kind": rules.NUMBERED, "number": ""}),
        ("valid_from", {"valid_from": None}),
        ("valid_to", {"valid_to": date(2019, 1, 1)}),
        ("custodian_title", {"custodian_title": ""}),
    ],
)
def test_each_wrong_seal_is_named_with_its_column(column, change, seal_draft):
    (fault,) = register_rules.check_seals([seal_draft(**change)], {"organ-town"})
    assert (fault.file, fault.row, fault.column) == ("seals.csv", 2, column)
    assert fault.reason


def test_a_code_or_a_number_given_twice_is_named(seal_draft):
    one = seal_draft(kind=rules.NUMBERED, number="3")
    columns = {f.column for f in register_rules.check_seals([one, one], {"organ-town"})}
    assert columns == {"code", "number"}


# -- what may be printed


@pytest.mark.parametrize("kind", KINDS)
def test_complete_facts_pass_and_each_required_one_is_missed(kind, facts):
    permit = kind not in rules.NON_PERMIT_ONLY
    assert rules.check_content(kind, facts(kind), is_permit=permit)
    for name in rules.PAPER_KINDS[kind].required:
        verdict = rules.check_content(kind, facts(kind, **{name: None}), is_permit=permit)
        assert verdict.code == "paper-incomplete"
        assert str(rules.FACT_NAMES[name]) in verdict.reason


def test_permit_words_stay_on_permits(facts):
    for kind, permit in (("grant_decision", False), ("result_notice", True)):
        assert rules.check_content(kind, facts(kind), is_permit=permit).code == "paper-kind-wrong"
    assert rules.check_content("poem", {}, is_permit=True).code == "paper-kind-unknown"


@given(
    number=st.sampled_from(["11010518800101002X", "370321189907070018"]), around=st.text(max_size=5)
)
def test_a_whole_identity_number_is_refused_wherever_it_stands(facts, number, around):
    content = facts("receipt", addressee=f"田试样（{number}）{around}")
    assert rules.check_content("receipt", content, is_permit=True).code == "paper-identity-exposed"


def test_a_masked_number_passes(facts):
    content = facts("receipt", addressee="田试样（370321********0018）")
    assert rules.check_content("receipt", content, is_permit=True)


# -- numbers


@pytest.mark.parametrize(
    ("organ", "short"),
    [
        ("桓台县马桥镇人民政府", "马桥政"),
        ("马桥镇人民政府", "马桥政"),
        ("桓台县少海街道办事处", "少海办"),
        ("桓台县果里镇便民服务中心", "果里便民"),
        ("桓台县行政审批服务局", "桓行政审批服务"),
        ("桓台县民政局", "桓民政"),
    ],
)
def test_short_names(organ, short):
    assert rules.short_name(organ) == short


def test_a_document_number_as_the_standard_writes_it():
    series = rules.series("马桥政", "grant_decision", is_permit=True)
    assert rules.paper_number(series, 2026, 3) == "马桥政许准〔2026〕3号"


def test_no_two_kinds_share_a_series():
    letters = set(KINDS) - {rules.LICENCE}  # a licence's number knows no permits
    names = {rules.series("甲", kind, is_permit=p) for kind in letters for p in (True, False)}
    names.add(rules.series("甲", rules.LICENCE, is_permit=True))
    assert len(names) == 2 * len(letters) + 1


# -- verify codes


@given(st.binary(min_size=16, max_size=16), st.sampled_from(["-", " ", "", "–"]), st.booleans())
def test_a_code_is_read_back_however_it_was_typed(randomness, joint, lower):
    code = rules.verify_code(randomness)
    typed = code.replace("-", joint)
    typed = typed.lower() if lower else typed
    assert rules.normal_code(typed) == code
    assert rules.normal_code(typed.replace("0", "O").replace("1", "l")) == code


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_codes_differ_when_their_randomness_does(one, other):
    assert (rules.verify_code(one) == rules.verify_code(other)) is (one == other)


@pytest.mark.parametrize("typed", ["", "ABC", "U" * 26, "Z" * 26, "0" * 27, "文" * 26])
def test_what_cannot_be_a_code_is_none(typed):
    assert rules.normal_code(typed) == ""


# -- letters no font has


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x2A6DF)))
def test_nothing_vanishes(text):
    covered = {ord(letter) for letter in "一丁七万丈三上下"}
    spelt = rules.spell_out(text, covered)
    for letter in rules.uncovered(text, covered):
        assert letter not in spelt and f"〔U+{ord(letter):04X}〕" in spelt
    assert spelt.count("〔") == sum(ord(letter) not in covered for letter in text)
    assert [c for c in text if ord(c) in covered] == [c for c in spelt if ord(c) in covered]


def test_a_refusal_from_a_verdict_says_what_to_do():
    with pytest.raises(Refusal) as refused:
        seal_rules.may_seal("grant_decision", True, rules.CENTRE, "A", "A", DAY).enforce(status=403)
    assert refused.value.code == "seal-wrong" and refused.value.remedy
