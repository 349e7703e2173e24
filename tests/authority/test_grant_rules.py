"""The rules around grants, for any grant: its days, its precedence, and that explaining is ruling."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yichuang.authority import explanations, grant_rules, rules
from yichuang.authority.facts import (
    DAY_STATES,
    Bodies,
    Competence,
    Grant,
    Matter,
    Organ,
    Outlet,
    Place,
)

BUREAU, TOWN = Organ("bureau", "县局", True), Organ("town", "镇政府", True)
BODIES = Bodies({"bureau": BUREAU, "town": TOWN}, TOWN, None, None)
TOWNS = [
    Place(f"3799011{n:02d}000", f"镇{n}", f"3799011{n:02d}000", f"镇{n}", "town") for n in (0, 1)
]
VILLAGES = [
    Place(f"{town.code[:9]}{n}", f"{town.name}村{n}", town.code, town.name, "town")
    for town in TOWNS
    for n in (201, 202)
]
PLACES = [*TOWNS, *VILLAGES]
CENTRE = Outlet("centre", "中心", "centre", TOWNS[0].code, "镇0")
HALL = Outlet("hall", "大厅", "hall", "")
MATTER = Matter("P-1", "某许可", True, True, False)
DAY = date(2026, 9, 9)

days = st.integers(-30, 30).map(lambda n: DAY + timedelta(days=n))
maybe = st.none() | days


@st.composite
def grants(draw):
    first = draw(days)
    last = draw(maybe)
    starts, ends = draw(days), draw(maybe)
    return Grant(
        number=draw(st.sampled_from(["甲1号", "甲2号", "甲3号"])),
        instrument=draw(st.sampled_from(["entrust", "devolve"])),
        from_organ=draw(st.sampled_from(["bureau", "town"])),
        to_organ="town",
        items=frozenset(draw(st.sets(st.sampled_from(["P-1", "P-2"]), min_size=1))),
        places=frozenset(draw(st.sets(st.sampled_from(["*", *(p.code for p in PLACES)]), min_size=1))),
        outlets=frozenset(draw(st.sets(st.sampled_from(["*", "centre"]), min_size=1))),
        valid_from=first,
        valid_to=None if last is None or last < first else last,
        revoked_on=draw(maybe),
        seal="s",
        basis="某依据",
        notice=draw(st.sampled_from(["", "公告"])),
        suspensions=() if ends is not None and ends < starts else ((starts, ends),),
        max_amount=draw(st.none() | st.integers(1, 100)),
    )  # fmt: skip


@given(grants(), days)
def test_a_day_has_one_state_and_only_a_live_one_gives_power(grant, on):
    state = grant.state(on)
    assert state in DAY_STATES
    chosen = rules.live_grant([grant], grant.from_organ, MATTER, VILLAGES[0], CENTRE, on)
    assert chosen is None or state == "live"
    if grant.revoked_on is not None and on >= grant.revoked_on:
        assert state == "revoked"


@given(
    st.lists(grants(), max_size=4),
    st.sampled_from(PLACES),
    st.sampled_from([CENTRE, HALL]),
    days,
    st.none() | st.integers(0, 200),
)
def test_an_explanation_says_what_the_ruling_says(known, place, outlet, on, amount):
    """Of the grants that name the item exactly the ruling's applies; each other one has a reason."""
    facts = {
        "matter": MATTER, "place": place, "outlet": outlet, "on": on, "bodies": BODIES,
        "competence": Competence("P-1", "entrusted", "bureau", "5", "approval_numbered",
                                 "permit_acceptance", "某法第1条", True),
        "grants": known, "amount": amount,
    }  # fmt: skip
    found, ruling = explanations.explain(**facts), rules.rule(**facts)
    assert found.ruling == ruling
    assert len(found.grants) == sum("P-1" in grant.items for grant in known)
    applying = [one for one in found.grants if one.applies]
    assert len(applying) <= 1
    if ruling.grant:
        assert applying[0].grant.number == ruling.grant
    for one in found.grants:
        assert one.why.endswith("。") and one.why.startswith("适用" if one.applies else "不适用")
    assert any(step.stops for step in found.steps) is not ruling.allowed


named = grants().map(
    lambda grant: replace(
        grant, from_organ="bureau", items=frozenset(["P-1"]), revoked_on=None, suspensions=(),
        valid_from=DAY, valid_to=None, max_amount=None,
    )
)  # fmt: skip


@given(st.lists(named, min_size=1, max_size=3), st.sampled_from([CENTRE, HALL]), st.just(DAY))
def test_places_counted_alike_rule_alike(known, outlet, on):
    """Seen to fail with `alike` looking at towns alone."""
    competence = Competence("P-1", "entrusted", "bureau", "5", "approval_numbered",
                            "permit_acceptance", "某法第1条", True)  # fmt: skip
    groups = grant_rules.alike(PLACES, known)
    assert sorted(p.code for group in groups for p in group) == sorted(p.code for p in PLACES)
    for group in groups:
        ruled = [
            rules.rule(
                matter=MATTER, place=place, outlet=outlet, on=on, competence=competence,
                bodies=BODIES, grants=known,
            )
            for place in group
        ]  # fmt: skip
        assert all(grant_rules.same(ruled[0], other) for other in ruled)


@given(grants(), maybe, days, days)
def test_what_is_suspended_once_is_not_suspended_twice(grant, ends, starts, today):
    """An allowed suspension makes every one of its days suspended, and touches no day before."""
    if not grant_rules.may_suspend(grant, starts, ends, today):
        return
    assert starts >= today
    for first, last in grant.suspensions:
        assert (last is not None and last < starts) or (ends is not None and ends < first)
