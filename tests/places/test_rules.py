"""Places, pure: what a pack may say, and whether an outlet serves on a day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.places.made_up import COUNTY, TOWN, VILLAGE, sound
from yichuang.places import rules
from yichuang.places.rules import ClosureDraft, OutletDraft

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def faults(places):
    return {(fault.file, fault.row, fault.column) for fault in rules.check(*places.parts())}


def change(places, part, at, **values):
    rows = list(getattr(places, part))
    rows[at] = replace(rows[at], **values)
    return replace(places, **{part: tuple(rows)})


def test_sound_drafts_have_no_fault():
    assert rules.check(*sound().parts()) == []


@pytest.mark.parametrize(
    ("part", "at", "values", "column"),
    [
        ("divisions", 2, {"code": "37990110000"}, "code"),
        ("divisions", 2, {"code": "379901100001"}, "code"),
        ("divisions", 2, {"code": "379901001000"}, "code"),
        ("divisions", 2, {"code": "３７９９０１１０００００"}, "code"),
        ("divisions", 2, {"code": "379902100000"}, "parent_code"),
        ("divisions", 2, {"parent_code": VILLAGE}, "parent_code"),
        ("divisions", 2, {"parent_code": "379999000000"}, "parent_code"),
        ("divisions", 2, {"kind": "village_committee"}, "kind"),
        ("divisions", 2, {"level": "province"}, "level"),
        ("divisions", 2, {"name": " "}, "name"),
        ("divisions", 2, {"lat": ""}, "lng"),
        ("divisions", 2, {"lng": "36.6", "lat": "117.6"}, "lng"),
        ("divisions", 2, {"lng": "nan", "lat": "36"}, "lng"),
        ("divisions", 2, {"lng": "东经117", "lat": "36"}, "lng"),
        ("divisions", 0, {"level": "town", "kind": "town"}, "level"),
        ("aliases", 0, {"status": "confirmed"}, "code"),
        ("aliases", 0, {"code": "379999000000"}, "code"),
        ("aliases", 0, {"status": "perhaps"}, "status"),
        ("aliases", 0, {"name": ""}, "name"),
        ("organs", 1, {"kind": "ministry"}, "kind"),
        ("organs", 1, {"status": ""}, "status"),
        ("organs", 1, {"code": "gov"}, "code"),
        ("organs", 1, {"division_code": "379999000000"}, "division_code"),
        ("organs", 1, {"parent_code": "nobody"}, "parent_code"),
        ("organs", 1, {"parent_code": "centre"}, "parent_code"),
        ("organs", 1, {"parent_code": "town"}, "parent_code"),
        ("organs", 2, {"administrative": True}, "administrative"),
        ("organs", 3, {"administrative": True}, "administrative"),
        ("outlets", 1, {"code": f"{TOWN}-hall"}, "code"),
        ("outlets", 1, {"code": f"{TOWN}-centre-2"}, "code"),
        ("outlets", 1, {"code": f"{COUNTY}-centre"}, "code"),
        ("outlets", 1, {"kind": "shop"}, "kind"),
        ("outlets", 1, {"organ_code": "nobody"}, "organ_code"),
        ("outlets", 2, {"division_code": TOWN, "code": f"{TOWN}-station"}, "division_code"),
        ("outlets", 1, {"division_code": "379999000000"}, "division_code"),
        ("outlets", 3, {"closed_on": date(2026, 2, 1)}, "closed_on"),
        ("closures", 0, {"outlet_code": "nowhere"}, "outlet_code"),
        ("closures", 0, {"end": date(2026, 4, 30)}, "end"),
        ("closures", 0, {"reason": ""}, "reason"),
    ],
)
def test_each_fault_is_found_where_it_stands(part, at, values, column):
    places = change(sound(), part, at, **values)
    row = getattr(places, part)[at]
    assert (row.file, row.row, column) in faults(places)


def test_every_fault_is_reported_at_once():
    places = change(sound(), "divisions", 2, name="")
    places = change(places, "organs", 2, administrative=True)
    places = change(places, "outlets", 1, organ_code="nobody")
    places = change(places, "closures", 0, reason="")
    assert faults(places) == {
        ("divisions.csv", 4, "name"),
        ("organs.csv", 4, "administrative"),
        ("outlets.csv", 3, "organ_code"),
        ("closures.csv", 2, "reason"),
    }


def test_a_ring_of_parents_is_named_only_for_its_members():
    places = change(sound(), "organs", 0, parent_code="town")
    assert faults(places) == {("organs.csv", 2, "parent_code"), ("organs.csv", 3, "parent_code")}


def test_repeated_closure_and_alias():
    places = sound()
    places = replace(
        places, closures=places.closures * 2, aliases=(places.aliases[0], places.aliases[0])
    )
    assert faults(places) == {("closures.csv", 2, "start"), ("aliases.csv", 2, "name")}


def test_path_runs_from_the_county_down():
    parents = {draft.code: draft.parent_code for draft in sound().divisions}
    assert rules.path_of(VILLAGE, parents) == f"{COUNTY}/{TOWN}/{VILLAGE}"
    assert rules.path_of(COUNTY, parents) == COUNTY


@given(DAYS, DAYS, DAYS)
def test_open_exactly_from_opening_to_the_day_before_closing(opened, closed, on):
    outlet = OutletDraft("x", "hall", "大厅", "", "", "", opened_on=opened, closed_on=closed)
    verdict = rules.outlet_open_on(outlet, on)
    assert verdict.yes == (opened <= on < closed)
    if not verdict:
        assert verdict.code == "outlet-closed"
        assert verdict.reason
        assert verdict.remedy


@given(DAYS, st.integers(0, 30), DAYS)
def test_closed_on_both_ends_of_a_closure(start, length, on):
    shut = ClosureDraft("x", start, start + timedelta(days=length), "检修")
    outlet = OutletDraft("x", "hall", "大厅", "", "", "", hours="周一至周五")
    assert rules.outlet_open_on(outlet, on, [shut]).yes == (not shut.start <= on <= shut.end)


def test_a_closed_outlet_says_until_when():
    outlet = OutletDraft("x", "hall", "大厅", "", "", "")
    shut = [
        ClosureDraft("x", date(2026, 5, 1), date(2026, 5, 5), "劳动节"),
        ClosureDraft("x", date(2026, 5, 4), date(2026, 5, 8), "检修"),
    ]
    verdict = rules.outlet_open_on(outlet, date(2026, 5, 4), shut)
    assert "2026-05-08" in verdict.reason
    assert "2026-05-08" in verdict.remedy


def test_distance_of_a_degree_of_latitude():
    # 6371.0088 km · π / 180
    assert rules.distance_km(117, 36, 117, 37) == pytest.approx(111.195, abs=0.001)


@given(st.floats(73, 136), st.floats(3, 54), st.floats(73, 136), st.floats(3, 54))
def test_distance_is_the_same_both_ways(a, b, c, d):
    there = rules.distance_km(a, b, c, d)
    assert there == pytest.approx(rules.distance_km(c, d, a, b), abs=1e-6)
    assert 0 <= there < 8000
