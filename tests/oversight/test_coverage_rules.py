"""What counts as a gap, apart from any county: each respect by itself, and which hides which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.authority.facts import Competence
from yichuang.authority.rules import Ruling
from yichuang.oversight import coverage_rules as rules
from yichuang.verdict import YES, no

SHUT = no("outlet-closed", "停止服务")
BARRED = Ruling(allowed=False, reason="没有办理机关")
STANDS = Ruling(
    allowed=True, in_name_of="甲局", codes={"in_name_of": "A", "seal_kind": "approval", "seal": ""}
)
SEALS = {("A", "approval", "A-1")}


def gaps(**changes):
    ready = {
        "guide": True,
        "situations": True,
        "open_": YES,
        "ruling": STANDS,
        "seals": SEALS,
        "staffed": True,
    }
    return rules.gaps(**(ready | changes))


@given(
    guide=st.booleans(),
    situations=st.booleans(),
    open_=st.sampled_from([YES, SHUT]),
    ruling=st.sampled_from([STANDS, BARRED]),
    seals=st.sampled_from([SEALS, set()]),
    staffed=st.booleans(),
)
def test_every_lack_has_its_name_and_its_reason(guide, situations, open_, ruling, seals, staffed):
    found = gaps(
        guide=guide, situations=situations, open_=open_, ruling=ruling, seals=seals, staffed=staffed
    )
    assert (rules.GUIDE in found) == (not guide)
    assert (rules.SITUATION in found) == (not situations)
    assert (rules.CLERK in found) == (not staffed)
    assert (rules.WINDOW in found) == (not open_)
    assert (rules.ROUTE in found) == (bool(open_) and not ruling.allowed)
    assert (rules.SEAL in found) == (bool(open_) and ruling.allowed and not seals)
    assert all(found.values())


@pytest.mark.parametrize(
    ("code", "seals", "found"),
    [
        ("", {("A", "approval", "A-1")}, True),
        ("A-1", {("A", "approval", "A-1")}, True),
        ("A-2", {("A", "approval", "A-1")}, False),
        ("", {("A", "acceptance", "A-1")}, False),
        ("", {("B", "approval", "A-1")}, False),
    ],
)
def test_a_seal_is_its_bodys_of_its_kind_and_the_one_that_is_named(code, seals, found):
    ruling = Ruling(allowed=True, codes={"in_name_of": "A", "seal_kind": "approval", "seal": code})
    assert rules.sealed(ruling, seals) is found


def test_the_first_ruling_that_stands_is_the_best_and_else_the_first():
    assert rules.best([BARRED, STANDS]) is STANDS
    other = Ruling(allowed=False, reason="别的原因")
    assert rules.best([BARRED, other]) is BARRED
    with pytest.raises(ValueError, match="no ruling"):
        rules.best([])


@pytest.mark.parametrize("part", rules.GUIDE_PARTS)
def test_a_guide_is_whole_or_none(part):
    guide = dict.fromkeys(rules.GUIDE_PARTS, "有")
    assert rules.has_guide("依据", guide)
    assert not rules.has_guide("", guide)
    assert not rules.has_guide("依据", guide | {part: ""})


def test_only_what_is_frequent_has_to_ask():
    assert rules.has_situations(False, [])
    assert rules.has_situations(True, ["问"])
    assert not rules.has_situations(True, [])


def test_what_only_another_body_does_is_nobodys_gap():
    def held(role):
        return Competence("A-1", role, "A", "", "", "", "依据", True)

    assert rules.to_take_in(None)
    assert rules.to_take_in(held("decide"))
    assert not rules.to_take_in(held(rules.GUIDED))
