"""A pack's powers before they are published: every fault at once, each by the law that forbids it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.authority.drafts import CompetenceDraft, GrantDraft, check

ORGANS = {"county": True, "bureau": True, "town": True, "town-b": True, "centre": False}
ITEMS = {"P-1": True, "P-2": True, "S-1": False}
KNOWN = {
    "items": ITEMS,
    "organs": ORGANS,
    "places": frozenset({"379901100000", "379901100201", "379901200000"}),
    "outlets": frozenset({"379901100000-centre"}),
    "seals": {"bureau-1": "bureau", "town-1": "town"},
}


def competence(**changes):
    facts = {
        "file": "authority.csv", "row": 2, "item_code": "P-1", "role": "entrusted",
        "decider": "bureau", "power_source": "", "decision_seal": "approval_numbered",
        "acceptance_seal": "permit_acceptance", "basis": "某法第1条", "basis_confirmed": True,
        "note": "",
    }  # fmt: skip
    return CompetenceDraft(**{**facts, **changes})


def grant(**changes):
    facts = {
        "file": "grants.csv", "row": 2, "number": "委〔2026〕1号", "instrument": "entrust",
        "from_organ": "bureau", "to_organ": "town", "items": ("P-1",), "places": ("379901100000",),
        "outlets": ("*",), "valid_from": date(2026, 1, 1), "valid_to": None, "revoked_on": None,
        "seal": "bureau-1", "signatory_title": "局长", "notice": "公告", "basis": "行政许可法第24条",
        "draft": False,
    }  # fmt: skip
    return GrantDraft(**{**facts, **changes})


OTHERS = [
    competence(row=3, item_code="P-2", role="decide", decider="@town_government",
               decision_seal="organ_main"),
    competence(row=4, item_code="S-1", role="handle", decider="@town_centre",
               decision_seal="centre", acceptance_seal="centre"),
]  # fmt: skip


def faults(*, first=None, grants=(), others=OTHERS):
    found = check([first or competence(), *others], grants, **KNOWN)
    return [(fault.file, fault.row, fault.column) for fault in found]


def test_a_lawful_pack_has_no_fault():
    assert faults(grants=[grant()]) == []


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"role": "wish"}, "role"),
        ({"decider": "nobody"}, "decider"),
        ({"decider": "centre"}, "decider"),  # a permit is not decided by a centre
        ({"decider": "@town_centre"}, "decider"),
        ({"decision_seal": "potato"}, "decision_seal"),
        ({"decision_seal": "centre"}, "decision_seal"),
        ({"acceptance_seal": "centre"}, "decision_seal"),
        ({"basis": ""}, "basis"),
    ],
)
def test_a_faulty_competence_is_told_by_row_and_column(changes, column):
    assert ("authority.csv", 2, column) in faults(first=competence(**changes))


def test_an_item_has_one_competence_and_each_item_has_one():
    assert ("authority.csv", 5, "item_code") in faults(others=[*OTHERS, competence(row=5)])
    assert ("authority.csv", 0, "item_code") in faults(others=OTHERS[:1])
    strange = competence(row=5, item_code="X-9")
    assert ("authority.csv", 5, "item_code") in faults(others=[*OTHERS, strange])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"instrument": "wish"}, "instrument"),
        ({"from_organ": "nobody"}, "from_organ"),
        ({"to_organ": "nobody"}, "to_organ"),
        ({"to_organ": "centre"}, "to_organ"),  # 行政许可法 §24: to an administrative organ only
        ({"instrument": "authorise", "basis": "县里决定"}, "basis"),  # §23: by law or regulation
        ({"notice": ""}, "notice"),  # §24: by public notice
        ({"items": ("P-2",)}, "items"),  # not the owner's to pass on: no re-delegation
        ({"items": ("X-9",)}, "items"),
        ({"places": ("379909999999",)}, "places"),
        ({"outlets": ("nowhere",)}, "outlets"),
        ({"valid_to": date(2025, 12, 31)}, "valid_to"),
        ({"seal": "none-such"}, "seal_code"),
        ({"seal": "town-1"}, "seal_code"),  # the seal that goes with it is the owner's
    ],
)
def test_a_faulty_grant_is_told_by_row_and_column(changes, column):
    assert ("grants.csv", 2, column) in faults(grants=[grant(**changes)])


def test_a_number_is_given_once():
    assert ("grants.csv", 3, "number") in faults(grants=[grant(), grant(row=3)])


SECOND = grant(row=3, number="委〔2026〕2号", to_organ="town-b")


@pytest.mark.parametrize(
    ("changes", "meets"),
    [
        ({}, True),
        ({"places": ("379901100201",)}, True),  # a village of that town
        ({"places": ("379901200000",)}, False),
        ({"places": ("*",)}, False),  # the narrower one prevails
        ({"outlets": ("379901100000-centre",)}, False),
        ({"valid_from": date(2027, 1, 1)}, True),  # the first has no end
        ({"items": ("P-2",)}, False),
        ({"to_organ": "town"}, False),
    ],
)
def test_two_organs_never_hold_one_power_at_one_place_and_time(changes, meets):
    others = [replace(OTHERS[0], role="entrusted", decider="bureau"), OTHERS[1]]
    second = replace(SECOND, **changes)
    found = faults(grants=[grant(), second], others=others)
    assert (("grants.csv", 3, "places") in found) is meets
    assert all(fault == ("grants.csv", 3, "places") for fault in found)


def test_grants_that_follow_one_another_do_not_overlap():
    ended = grant(revoked_on=date(2026, 6, 30))
    later = replace(SECOND, valid_from=date(2026, 7, 1))
    assert faults(grants=[ended, later]) == []


@given(st.text(max_size=12), st.sampled_from(["role", "decider", "decision_seal", "item_code"]))
def test_whatever_stands_in_a_cell_is_a_fault_and_never_an_error(text, column):
    fine = {"role": "entrusted", "decider": "bureau"}
    draft = replace(competence(), **{column: text})
    found = faults(first=draft)
    assert found or text in (*fine.values(), *ORGANS, *ITEMS, "decide") or text.startswith("@")
