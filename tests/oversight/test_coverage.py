"""Coverage of the outlets' lists: gaps have names, and a county that is ready says so."""

from pathlib import Path

import pytest

from tests.factories import county as made
from yichuang.authority import queries as authority
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.oversight import coverage
from yichuang.oversight.coverage_rules import CLERK, RESPECTS, ROUTE, WINDOW, Ready
from yichuang.oversight.coverage_rules import coverage as counted

HUANTAI = Path(__file__).parents[2] / "counties" / "huantai"


def of(code):
    _outlet, items = coverage.of_outlet(code, made.AT.date())
    return {item.item_code: item.gaps for item in items}


def test_a_post_at_the_window_closes_the_gap(county):
    assert all(CLERK in gaps for gaps in of(made.CENTRE).values())
    made.posted(made.CLERK)
    assert not any(CLERK in gaps for gaps in of(made.CENTRE).values())


def test_a_closed_outlet_has_no_window(county):
    made.close(made.CENTRE)
    assert all("停止服务" in gaps[WINDOW] for gaps in of(made.CENTRE).values())


def test_what_only_another_body_does_is_not_counted(county):
    assert made.WATER not in of(f"{made.COUNTY}-hall")


def test_a_station_leaves_out_what_it_says_it_does_not_do(county):
    east, west = of(made.STATION), of("379901100202-station")
    assert set(east) - set(west) == {made.RECORDS}


def test_counting():
    items = [Ready("A", "甲", {}), Ready("B", "乙", {ROUTE: "没有办理机关"})]
    found = counted(items)
    assert (found.listed, found.ready) == (2, 1)
    assert found.lacking == {name: int(name == ROUTE) for name in RESPECTS}


@pytest.mark.one_database
def test_huantai_lacks_nothing_but_people(db):
    """All 135 items of a town and 118 of a street have guide, situations, route, seal and window."""
    authority.forget()
    load_pack(HUANTAI, by=made.SYSTEM, at=made.AT)
    lines = {line.outlet.code: line.coverage for line in coverage.county(made.AT.date())}
    for code, found in lines.items():
        street = code.startswith(("370321001", "370321002"))
        assert found.listed == (118 if street else 135), code
        assert {name: n for name, n in found.lacking.items() if n and name != CLERK} == {}, code
