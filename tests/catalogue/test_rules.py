"""The catalogue, pure: faults of a pack, and the lists of each kind of outlet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.made_up import chains, item, items
from yichuang.catalogue import checks, rules
from yichuang.catalogue.drafts import (
    ChainStepDraft,
    MaterialDraft,
    OutletItemDraft,
    SayingDraft,
    SynonymDraft,
)
from yichuang.catalogue.rules import materials_of

OUTLETS = {"machine": "self_service", "centre": "centre"}


def faults(drafts, events=None, **others):
    listed = checks.check(drafts, chains() if events is None else events, **others)
    return {(fault.file, fault.row, fault.column) for fault in listed}


def with_(at, **values):
    drafts = list(items())
    drafts[at] = replace(drafts[at], **values)
    return drafts


def test_sound_drafts_have_no_fault():
    assert checks.check(items(), chains()) == []


@pytest.mark.parametrize(
    ("at", "values", "column"),
    [
        (2, {"code": "A-1"}, "code"),
        (0, {"code": ""}, "code"),
        (0, {"code": "A/1"}, "code"),
        (0, {"name": " "}, "name"),
        (0, {"domain": ""}, "domain"),
        (0, {"basis": ""}, "basis"),
        (0, {"item_type": "许可"}, "item_type"),
        (0, {"objects": ()}, "objects"),
        (0, {"objects": ("企业",)}, "objects"),
        (0, {"state": "on"}, "state"),
        (0, {"handling": "马上"}, "handling"),
        (1, {"promised_days": 2}, "promised_days"),
        (0, {"promised_days": 0}, "promised_days"),
        (0, {"promised_days": -1}, "promised_days"),
        (0, {"promised_days": 21}, "promised_days"),
        (0, {"legal_days": 0}, "legal_days"),
        (3, {"street": True}, "street"),
        (0, {"materials": (MaterialDraft("表"), MaterialDraft("表"))}, "materials"),
        (0, {"materials": (MaterialDraft(""),)}, "materials"),
        (0, {"chains": ("结婚",)}, "chains"),
        (0, {"chains": ("shop",)}, "chains"),
    ],
)
def test_each_fault_of_an_item_is_found_where_it_stands(at, values, column):
    drafts = with_(at, **values)
    assert ("items.csv", drafts[at].row, column) in faults(drafts)


def test_days_that_are_not_working_days_are_not_compared():
    assert faults(with_(0, promised_days=21, legal_days_note="自然日")) == set()


def test_every_fault_is_reported_at_once():
    drafts = [
        replace(items()[0], name="", basis=""),
        replace(items()[1], promised_days=9, item_type=""),
        *items()[2:],
    ]
    assert faults(drafts) == {
        ("items.csv", 2, "name"),
        ("items.csv", 2, "basis"),
        ("items.csv", 3, "promised_days"),
        ("items.csv", 3, "item_type"),
    }


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ((ChainStepDraft(1, "A-2"), ChainStepDraft(1, "A-3")), {"seq"}),
        ((ChainStepDraft(1, "A-2"), ChainStepDraft(2, "A-3", (3,))), {"depends_on"}),
        ((ChainStepDraft(1, "A-2", (1,)), ChainStepDraft(2, "A-3")), {"depends_on"}),
        ((ChainStepDraft(1, "A-2", (2,)), ChainStepDraft(2, "A-3", (1,))), {"depends_on"}),
        (
            (ChainStepDraft(1, "A-2"), ChainStepDraft(2, "A-3"), ChainStepDraft(3, "Z")),
            {"item_code"},
        ),
    ],
)
def test_faults_of_a_chain(steps, found):
    event = replace(chains()[0], steps=steps)
    assert {column for _file, _row, column in faults(items(), [event])} == found


def test_an_empty_or_repeated_chain():
    empty = replace(chains()[0], steps=())
    assert ("chains.csv", 2, "seq") in faults(items(), [empty])
    assert {("chains.csv", 2, "code"), ("chains.csv", 2, "name")} <= faults(items(), chains() * 2)


ORDERS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=12)


@given(ORDERS)
def test_a_chain_without_rings_can_be_done_and_one_with_rings_cannot(edges):
    needs = {seq: {after for start, after in edges if start == seq} for seq in range(1, 7)}
    steps = [ChainStepDraft(seq, "A-1", tuple(needs[seq])) for seq in needs]
    done = set()
    while ready := {seq for seq in needs if seq not in done and needs[seq] <= done}:
        done |= ready
    looping = checks.looping(steps)
    assert bool(looping) == (done != set(needs))
    assert not looping & done


@pytest.mark.parametrize(
    ("draft", "column"),
    [
        (OutletItemDraft("machine", "Z", "print"), "item_code"),
        (OutletItemDraft("machine", "A-1", "look"), "mode"),
        (OutletItemDraft("nowhere", "A-1", "print"), "outlet_code"),
        (OutletItemDraft("centre", "A-1", "print"), "outlet_code"),
    ],
)
def test_faults_of_an_outlets_own_list(draft, column):
    found = faults(items(), outlet_items=[draft], outlets=OUTLETS)
    assert found == {("outlet_items.csv", 0, column)}


def test_faults_of_sayings():
    twice = SynonymDraft("盖屋", "建房", 3)
    drafts = [SynonymDraft("", "x", 2), twice, twice, SynonymDraft("长" * 13, "x", 4)]
    assert faults(items(), synonyms=drafts) == {
        ("synonyms.csv", 2, "said"),
        ("synonyms.csv", 3, "said"),
        ("synonyms.csv", 4, "said"),
    }


def test_faults_of_told_situations():
    twice = SayingDraft("A-1", "儿子成家没处住", 3)
    drafts = [
        *(SayingDraft("A-1", " ", 2), twice, replace(twice, item_code="A-2", row=4)),
        *(SayingDraft("A-1", "长" * 61, 5), SayingDraft("Z-9", "盖屋", 6)),
    ]
    assert faults(items(), sayings=drafts) == {
        ("sayings.csv", 2, "said"),
        ("sayings.csv", 3, "said"),
        ("sayings.csv", 4, "said"),
        ("sayings.csv", 5, "said"),
        ("sayings.csv", 6, "item_code"),
    }


@pytest.mark.parametrize(
    ("text", "materials"),
    [
        ("", ()),
        ("无", ()),
        (" 申请表 ; ;照片", (MaterialDraft("申请表"), MaterialDraft("照片"))),
        ("残疾人证（残疾人，可共享）", (MaterialDraft("残疾人证", "残疾人，可共享", True),)),
        ("身份信息（共享核验）", (MaterialDraft("身份信息", "共享核验", True),)),
        ("病历（出院小结）", (MaterialDraft("病历", "出院小结"),)),
        ("建房（规划许可）申请表", (MaterialDraft("建房（规划许可）申请表"),)),
    ],
)
def test_materials_of_a_cell(text, materials):
    assert materials_of(text) == materials


FLAGS = [(True, True), (True, False), (False, False)]


@pytest.mark.parametrize("village", [True, False])
@pytest.mark.parametrize(("town", "street"), FLAGS)
@pytest.mark.parametrize("town_kind", ["town", "subdistrict"])
@pytest.mark.parametrize("kind", ["hall", "centre", "bureau", "station", "partner", "self_service"])
def test_who_lists_what(kind, town_kind, town, street, village):
    draft = item("A-1", "事项", 2, town=town, street=street, village=village)
    on_list = town if town_kind == "town" else street
    expected = {
        "hall": True,
        "centre": on_list,
        "bureau": on_list,
        "station": village and on_list,
        "partner": False,
        "self_service": False,
    }[kind]
    verdict = rules.listed_at(kind, town_kind, draft)
    assert verdict.yes == expected
    if not verdict:
        assert verdict.code == "item-not-listed"
        assert "事项" in verdict.reason
        # never sent back to a counter that would refuse as well
        assert ("便民服务中心" in verdict.remedy) == (kind not in ("centre", "bureau") and on_list)
        assert on_list or "县政务服务大厅" in verdict.remedy


@pytest.mark.parametrize("kind", ["partner", "self_service"])
def test_own_lists(kind):
    draft = item("A-1", "事项", 2)
    assert rules.listed_at(kind, "town", draft, modes={"print"})
    assert not rules.listed_at(kind, "town", draft)


def test_state():
    assert rules.state_allows("x", "active")
    assert rules.state_allows("x", "suspended").code == "item-suspended"
    assert rules.state_allows("x", "cancelled").code == "item-cancelled"


def test_words_and_codes_are_both_taken():
    assert rules.item_type_code("行政许可") == rules.item_type_code("01") == "01"
    assert rules.handling_code("即办") == rules.handling_code("instant") == "instant"
    assert rules.item_type_code("许可") == rules.handling_code("") == ""
    assert all(rules.item_type_code(str(name)) == code for code, name in rules.ITEM_TYPES.items())
