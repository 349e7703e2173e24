"""The one ruling: by examples from the law, and by properties over generated facts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.authority import facts
from yichuang.authority.facts import Bodies, Competence, Grant, Matter, Organ, Outlet, Place
from yichuang.authority.rules import rule
from yichuang.verdict import no

TOWN_A, TOWN_B, STREET = "379901101000", "379901102000", "379901001000"
GOV_A = Organ("gov-a", "青禾县甲镇人民政府", True)
GOV_B = Organ("gov-b", "青禾县乙镇人民政府", True)
OFFICE = Organ("office", "青禾县丙街道办事处", True)
CENTRE_A = Organ("centre-a", "甲镇便民服务中心", False)
APPROVAL = Organ("approval", "青禾县行政审批服务局", True)
COUNTY = Organ("county", "青禾县人民政府", True)
ORGANS = {o.code: o for o in (GOV_A, GOV_B, OFFICE, CENTRE_A, APPROVAL, COUNTY)}

VILLAGE_A = Place("379901101201", "甲镇东村", TOWN_A, "甲镇", "town")
VILLAGE_S = Place("379901001001", "丙街道一社区", STREET, "丙街道", "subdistrict")
WHOLE = Place("379901000000", "青禾县")
COUNTER_A = Outlet("379901101000-centre", "甲镇便民服务中心", "centre", TOWN_A, "甲镇")
COUNTER_B = Outlet("379901102000-centre", "乙镇便民服务中心", "centre", TOWN_B, "乙镇")
STATION_A = Outlet("379901101201-station", "东村便民服务站", "station", TOWN_A, "甲镇")
DAY = date(2026, 9, 9)


def bodies(place: Place) -> Bodies:
    government = {TOWN_A: GOV_A, TOWN_B: GOV_B, STREET: OFFICE}.get(place.town_code)
    return Bodies(ORGANS, government, CENTRE_A if place.town_code == TOWN_A else None, COUNTY)


def matter(*, permit: bool = True, street: bool = True) -> Matter:
    return Matter("X-01", "某事项", permit, True, street)


def competence(role: str, decider: str, *, seal: str = facts.ORGAN_MAIN) -> Competence:
    return Competence("X-01", role, decider, "", seal, facts.PERMIT_ACCEPTANCE, "某法第1条", True)


def grant(**changes) -> Grant:
    values = {
        "number": "审批委〔2026〕1号",
        "instrument": facts.ENTRUST,
        "from_organ": "approval",
        "to_organ": "gov-a",
        "items": frozenset({"X-01"}),
        "places": frozenset({TOWN_A}),
        "outlets": frozenset({"*"}),
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "revoked_on": None,
        "seal": "approval-1",
        "basis": "行政许可法第24条",
        "notice": "公告1号",
    }
    return Grant(**{**values, **changes})


def decide(place=VILLAGE_A, outlet=COUNTER_A, on=DAY, *, item=None, held=None, grants=(), **kw):
    return rule(
        matter=item or matter(),
        place=place,
        outlet=outlet,
        on=on,
        competence=held or competence(facts.DECIDE, facts.TOWN_GOVERNMENT),
        bodies=bodies(place),
        grants=grants,
        **kw,
    )


def test_the_towns_own_power_is_decided_in_its_own_name_with_its_own_seal():
    ruling = decide()
    assert ruling.allowed
    assert ruling.decider == ruling.in_name_of == GOV_A.name
    assert ruling.seal == "青禾县甲镇人民政府公章"
    assert ruling.grant == ""


def test_taken_in_elsewhere_the_decider_stays_where_the_matter_lies():
    """域内通办: the counter changes, the clock and the seal do not (clause T2.7)."""
    here, there = decide(), decide(outlet=COUNTER_B)
    assert there.taker == COUNTER_B.name
    assert (there.decider, there.seal) == (here.decider, here.seal)
    assert "域内通办" in there.reason


def test_a_village_takes_in_and_forwards_only():
    assert "只收件和转报" in decide(outlet=STATION_A).reason


def test_under_a_grant_the_owner_is_named_and_its_numbered_seal_used():
    """委托: 行政许可法 §24, decisions in the name of the organ that entrusts."""
    ruling = decide(held=competence(facts.ENTRUSTED, "approval"), grants=[grant()])
    assert ruling.decider == GOV_A.name
    assert ruling.in_name_of == APPROVAL.name
    assert ruling.codes["seal"] == "approval-1"
    assert ruling.grant == "审批委〔2026〕1号"


@pytest.mark.parametrize("instrument", [facts.AUTHORISE, facts.DEVOLVE])
def test_authorised_or_devolved_power_is_the_grantees_own(instrument):
    ruling = decide(
        held=competence(facts.ENTRUSTED, "approval"), grants=[grant(instrument=instrument)]
    )
    assert ruling.in_name_of == ruling.decider == GOV_A.name
    assert ruling.codes["seal"] == ""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"revoked_on": DAY}, "已撤销"),
        ({"valid_to": DAY - timedelta(days=1)}, "已到期"),
        ({"valid_from": DAY + timedelta(days=1)}, "尚未生效"),
        ({"places": frozenset({TOWN_B})}, "没有有效的委托"),
    ],
)
def test_without_a_live_grant_the_power_returns_to_its_owner(changes, word):
    ruling = decide(held=competence(facts.ENTRUSTED, "approval"), grants=[grant(**changes)])
    assert ruling.allowed
    assert ruling.decider == ruling.in_name_of == APPROVAL.name
    assert ruling.reviewer == GOV_A.name
    assert word in ruling.reason


def test_the_day_before_and_the_day_after_a_grant_rule_differently():
    """Clause T2.3."""
    held = competence(facts.ENTRUSTED, "approval")
    given_ = grant(valid_from=DAY)
    before = decide(on=DAY - timedelta(days=1), held=held, grants=[given_])
    after = decide(on=DAY, held=held, grants=[given_])
    assert (before.decider, after.decider) == (APPROVAL.name, GOV_A.name)


def test_a_permit_is_never_entrusted_to_a_centre():
    ruling = decide(
        held=competence(facts.ENTRUSTED, "approval"), grants=[grant(to_organ="centre-a")]
    )
    assert not ruling.allowed
    assert ruling.code == "grantee-not-administrative"
    assert "第24条" in ruling.basis


def test_a_permit_is_not_entrusted_without_public_notice():
    ruling = decide(held=competence(facts.ENTRUSTED, "approval"), grants=[grant(notice="")])
    assert ruling.code == "grant-without-notice"


def test_a_grantee_cannot_pass_the_power_on():
    """No re-delegation: a grant from anybody but the owner is as if it were not there."""
    second = grant(number="转委托", from_organ="gov-a", to_organ="gov-b")
    ruling = decide(held=competence(facts.ENTRUSTED, "approval"), grants=[second])
    assert ruling.decider == APPROVAL.name


def test_a_centre_never_decides_a_permit():
    ruling = decide(held=competence(facts.HANDLE, facts.TOWN_CENTRE))
    assert ruling.code == "permit-needs-organ"


def test_a_public_service_is_done_by_the_centre_under_the_centres_seal():
    ruling = decide(item=matter(permit=False), held=competence(facts.HANDLE, facts.TOWN_CENTRE))
    assert ruling.allowed
    assert ruling.codes["seal_kind"] == facts.CENTRE_SEAL


def test_town_only_items_are_refused_for_places_in_a_street():
    ruling = decide(place=VILLAGE_S, item=matter(street=False))
    assert ruling.code == "item-not-in-street"


@pytest.mark.parametrize(
    ("kw", "code"),
    [
        ({"held": competence(facts.GUIDE, "approval")}, "guide-only"),
        ({"listed": no("item-not-listed", "不在清单", remedy="请到县大厅")}, "item-not-listed"),
        ({"open_": no("outlet-closed", "已停办", remedy="请到别处")}, "outlet-closed"),
        ({"place": WHOLE}, "place-too-wide"),
        ({"held": competence(facts.REVIEW_FORWARD, "nobody")}, "decider-unknown"),
    ],
)
def test_each_refusal_says_what_and_what_next(kw, code):
    ruling = decide(**kw)
    assert (ruling.allowed, ruling.code) == (False, code)
    assert ruling.reason
    assert ruling.remedy


def test_an_item_without_registered_authority_is_refused():
    ruling = rule(
        matter=matter(),
        place=VILLAGE_A,
        outlet=COUNTER_A,
        on=DAY,
        competence=None,
        bodies=bodies(VILLAGE_A),
        grants=[],
    )
    assert ruling.code == "competence-unknown"


# --- properties --------------------------------------------------------------------------------

days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
places = st.sampled_from([VILLAGE_A, VILLAGE_S, WHOLE])
outlets = st.sampled_from([COUNTER_A, COUNTER_B, STATION_A])
competences = st.builds(
    competence,
    st.sampled_from(facts.ROLES),
    st.sampled_from([*facts.DECIDER_TOKENS, "approval", "nobody"]),
)
grants = st.lists(
    st.builds(
        grant,
        number=st.text("0123456789", min_size=1, max_size=4),
        instrument=st.sampled_from(facts.INSTRUMENTS),
        from_organ=st.sampled_from(["approval", "gov-a", "county"]),
        to_organ=st.sampled_from(["gov-a", "gov-b", "office", "centre-a", "nobody"]),
        places=st.sets(st.sampled_from(["*", TOWN_A, STREET, VILLAGE_A.code]), min_size=1).map(
            frozenset
        ),
        outlets=st.sets(st.sampled_from(["*", COUNTER_A.code]), min_size=1).map(frozenset),
        valid_from=days,
        valid_to=st.none() | days,
        revoked_on=st.none() | days,
        notice=st.sampled_from(["", "公告"]),
    ),
    max_size=4,
)


@given(days, places, outlets, competences, grants, st.booleans(), st.booleans())
def test_every_ruling_is_whole_and_lawful(on, place, outlet, held, given_, permit, street):
    item = matter(permit=permit, street=street)
    ruling = decide(place, outlet, on, item=item, held=held, grants=given_)
    assert ruling.reason, "every ruling has a reason"
    assert ruling.taker == outlet.name
    if not ruling.allowed:
        assert ruling.code
        assert ruling.remedy
        assert not ruling.decider, "a refusal names no decider"
        return
    decider, named = ORGANS[ruling.codes["decider"]], ORGANS[ruling.codes["in_name_of"]]
    assert ruling.seal
    if permit:
        assert decider.administrative
        assert named.administrative
        assert ruling.codes["seal_kind"] != facts.CENTRE_SEAL
        assert ruling.codes["acceptance_seal_kind"] == facts.PERMIT_ACCEPTANCE
    if ruling.grant:
        used = [g for g in given_ if g.number == ruling.grant]
        assert any(
            g.state(on) == "live" and g.covers("X-01", place, outlet) and g.to_organ == decider.code
            for g in used
        ), "no power outside its term or scope"
    else:
        assert decider == named, "without a grant nobody decides in another's name"


@given(days, places, outlets, competences, grants)
def test_there_is_one_ruling_whatever_the_order_of_the_grants(on, place, outlet, held, given_):
    unique = list({g.number: g for g in given_}.values())
    one = decide(place, outlet, on, held=held, grants=unique)
    other = decide(place, outlet, on, held=held, grants=list(reversed(unique)))
    assert one == other


@given(st.sampled_from([VILLAGE_A, VILLAGE_S]), days)
def test_a_narrower_grant_never_reaches_further_than_a_wider_one(place, on):
    wide, narrow = grant(places=frozenset({"*"})), grant(places=frozenset({TOWN_A}))
    if narrow.covers("X-01", place, COUNTER_A):
        assert wide.covers("X-01", place, COUNTER_A)


@given(st.integers(1, 999), st.integers(1, 999), st.integers(1, 999))
def test_a_village_lies_in_its_town_and_county_and_nowhere_else(town, other, village):
    place = Place(f"379901{town:03d}{village:03d}", "村")
    assert place.lies_in("379901000000")
    assert place.lies_in(f"379901{town:03d}000")
    assert place.lies_in(f"379901{other:03d}000") == (town == other)
    assert not place.lies_in("379902000000")
