"""Places in the database: published once, changed with history, read in few statements."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.places.made_up import COUNTY, STREET, TOWN, VILLAGE, sound
from yichuang.journal.models import Entry
from yichuang.journal.rules import SystemAuthor
from yichuang.places import queries
from yichuang.places.actions import publish_places
from yichuang.places.models import Division, DivisionAlias, Organ, Outlet, PlaceVersion
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
BY = SystemAuthor("测试")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ON = date(2026, 1, 5)


@pytest.fixture
def drafts():
    return sound()


@pytest.fixture
def publish():
    """publish(places, on): publish them, by the tests' author."""

    def some(places, on=ON):
        return publish_places(*places.parts(), effective_on=on, by=BY, at=AT)

    return some


def changed(places, part, at, **values):
    rows = list(getattr(places, part))
    rows[at] = replace(rows[at], **values)
    return replace(places, **{part: tuple(rows)})


def test_a_second_publication_writes_nothing(publish, drafts, django_assert_max_num_queries):
    first = publish(drafts)
    assert {kind: len(codes) for kind, codes in first.added.items()} == {
        "division": 5,
        "organ": 4,
        "outlet": 5,
    }
    with django_assert_max_num_queries(8):
        again = publish(drafts)
    assert not again.wrote
    assert again.unchanged == 14
    assert PlaceVersion.objects.count() == 14
    assert [entry.kind for entry in Entry.objects.all()] == ["places.published"]


def test_a_move_within_the_file_is_no_change(publish, drafts):
    publish(drafts)
    assert not publish(changed(drafts, "outlets", 0, row=99, file="other.csv")).wrote


def test_a_change_is_appended_and_the_old_name_stays_known(publish, drafts):
    publish(drafts, date(2026, 1, 5))
    report = publish(changed(drafts, "organs", 1, name="青溪镇人民政府（新）"), date(2026, 7, 1))
    assert report.changed["organ"] == ("town",)
    assert report.unchanged == 13
    assert queries.organ_sheet("town").name == "青溪镇人民政府（新）"
    assert queries.organ_name_on("town", date(2026, 6, 30)) == "青溪镇人民政府"
    assert queries.organ_name_on("town", date(2026, 7, 1)) == "青溪镇人民政府（新）"
    assert queries.organ_name_on("town", date(2020, 1, 1)) == "青溪镇人民政府"
    assert list(
        PlaceVersion.objects.filter(kind="organ", code="town").values_list("version", flat=True)
    ) == [1, 2]


def test_what_is_gone_from_the_pack_is_reported_and_kept(publish, drafts):
    publish(drafts)
    report = publish(replace(drafts, outlets=drafts.outlets[:-1]))
    assert report.absent["outlet"] == (f"{STREET}-centre",)
    assert queries.outlet_sheet(f"{STREET}-centre").name == "禾苑中心"


def test_a_faulty_pack_writes_nothing(publish, drafts):
    bad = changed(changed(drafts, "organs", 2, administrative=True), "outlets", 0, name="")
    with pytest.raises(Refusal) as refused:
        publish(bad)
    assert refused.value.code == "pack-faulty"
    assert len(refused.value.detail["faults"]) == 2
    assert not Division.objects.exists()
    assert not Entry.objects.exists()


def test_aliases_and_closures_follow_the_pack(publish, drafts):
    publish(drafts)
    assert queries.aliases()[0].division_code == ""
    assert len(queries.outlet_sheet(f"{TOWN}-centre").closures) == 1
    confirmed = changed(drafts, "aliases", 0, code=STREET, status="confirmed")
    report = publish(replace(confirmed, closures=()))
    assert (report.aliases, report.closures) == (1, 1)
    assert queries.aliases()[0].division_code == STREET
    assert queries.outlet_sheet(f"{TOWN}-centre").closures == ()


def test_place_chain(publish, drafts, django_assert_num_queries):
    publish(drafts)
    with django_assert_num_queries(1):
        village, town, county = queries.place_chain(VILLAGE)
    assert (village.code, town.code, county.code) == (VILLAGE, TOWN, COUNTY)
    assert queries.place_chain(COUNTY)[:2] == (None, None)
    assert village.path == f"{COUNTY}/{TOWN}/{VILLAGE}"


def test_outlet_sheet_knows_its_town(publish, drafts, django_assert_num_queries):
    publish(drafts)
    with django_assert_num_queries(2):
        station = queries.outlet_sheet(f"{VILLAGE}-station")
    assert (station.town_code, station.town_kind) == (TOWN, "town")
    assert station.approximate
    assert (station.lng, station.lat) == (117.6, 36.6)
    hall = queries.outlet_sheet(f"{COUNTY}-hall")
    assert (hall.town_code, hall.town_kind, hall.lng, hall.approximate) == ("", "", None, False)
    street = queries.outlet_sheet(f"{STREET}-centre")
    assert (street.town_kind, street.approximate) == ("subdistrict", False)


def test_outlets_of_a_town_and_near_a_point(publish, drafts):
    publish(drafts)
    assert [sheet.code for sheet in queries.town_outlets(TOWN)] == [
        f"{TOWN}-centre",
        f"{TOWN}-partner-bank1",
        f"{VILLAGE}-station",
    ]
    assert [sheet.code for sheet in queries.town_outlets(TOWN, kinds=["station"])] == [
        f"{VILLAGE}-station"
    ]
    near = queries.outlets_near(117.5, 36.5, limit=2)
    assert [(one.outlet.code, round(one.km, 1)) for one in near] == [
        (f"{STREET}-centre", 0.0),
        (f"{TOWN}-centre", 14.3),
    ]
    assert {sheet.code for sheet in queries.divisions(under=TOWN)} == {TOWN, VILLAGE}


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: queries.place_chain("000"), "place-unknown"),
        (lambda: queries.division_sheet("000"), "place-unknown"),
        (lambda: queries.town_outlets("000"), "place-unknown"),
        (lambda: queries.organ_sheet("000"), "organ-unknown"),
        (lambda: queries.outlet_sheet("000"), "outlet-unknown"),
    ],
)
def test_unknown_codes_are_refused_with_what_to_do(ask, code):
    with pytest.raises(Refusal) as refused:
        ask()
    assert (refused.value.code, refused.value.status) == (code, 404)
    assert refused.value.remedy


@pytest.mark.parametrize(
    "row",
    [
        lambda: Division(code="1", level="county", kind="county", name="a", path="1"),
        lambda: Division(
            code=VILLAGE[:-1] + "9",
            level="village",
            kind="town",
            name="a",
            parent_id=TOWN,
            path="x",
        ),
        lambda: Organ(
            code="x", name="x", kind="centre", division_id=TOWN, administrative=True, status="draft"
        ),
        lambda: Organ(
            code="x", name="x", kind="ministry", division_id=TOWN, administrative=1, status="draft"
        ),
        lambda: Outlet(
            code=f"{TOWN}-hall", kind="bureau", name="x", division_id=TOWN, organ_id="town"
        ),
        lambda: Outlet(
            code=f"{TOWN}-partner-x",
            kind="partner",
            name="x",
            division_id=TOWN,
            organ_id="bank",
            opened_on=date(2026, 2, 2),
            closed_on=date(2026, 2, 2),
        ),
        lambda: DivisionAlias(name="x", status="confirmed"),
        lambda: PlaceVersion(
            kind="organ",
            code="town",
            version=1,
            valid_from=date(2026, 1, 1),
            content={},
            content_hash="",
        ),
    ],
)
def test_the_database_forbids_it_too(publish, row):
    publish(sound())
    with pytest.raises(IntegrityError), transaction.atomic():
        row().save(force_insert=True)
