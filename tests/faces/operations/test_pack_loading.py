"""A sound pack becomes a county at once; loading it again changes nothing; a change makes versions."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from yichuang.accounts.actor import system
from yichuang.authority import queries as authority
from yichuang.authority.models import Competence, Grant, Standing
from yichuang.catalogue.models import Chain, Item, ItemVersion
from yichuang.clock.models import CalendarYear
from yichuang.documents.models import Seal
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.journal.models import Entry
from yichuang.places.models import Division, Outlet
from yichuang.verdict import Refusal

REPOSITORY = Path(__file__).resolve().parents[3]
TINY = REPOSITORY / "tests" / "packs" / "tiny"
HUANTAI = REPOSITORY / "counties" / "huantai"
BY = system("县包载入", channel="command")
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
# migrations put rows of their own into these
PLUMBING = {"contenttypes", "auth", "sessions"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny pack to change."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def load(folder):
    return load_pack(folder, by=BY, at=AT)


def everything():
    """Every row of every table of ours, as text."""
    rows = []
    for model in apps.get_models():
        if model._meta.app_label in PLUMBING or not model._meta.managed:
            continue
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608  (our own table names)
            rows += sorted(f"{model._meta.db_table} {row}" for row in cursor.fetchall())
    return rows


def test_the_tiny_county_loads_and_no_table_knows_the_first_county():
    report = load(TINY)
    assert report.wrote
    assert report.parts["division"].added == 6
    assert report.parts["catalogue"].added == 7 + 2
    assert Division.objects.get(level="county").name == "青禾县"
    assert Seal.objects.count() == 10
    assert Grant.objects.get().to_organ_id == "379901100000-gov"
    rows = everything()
    assert any("379901" in row for row in rows)
    assert [row for row in rows if "370321" in row or "桓台" in row] == []


def test_huantai_loads_whole():
    told = []
    report = load_pack(HUANTAI, by=BY, at=AT, progress=lambda *step: told.append(step))
    assert Division.objects.count() == 363
    assert Outlet.objects.filter(kind="station").count() == 353
    assert Item.objects.count() == 179
    assert Chain.objects.count() == 17
    assert Competence.objects.count() == 179
    assert CalendarYear.objects.count() == 8
    assert set(ItemVersion.objects.values_list("valid_from", flat=True)) == {date(2021, 9, 14)}
    assert not report.deferred
    assert Entry.objects.filter(kind="pack.loaded").count() == 1
    done = [step[1] for step in told[1:]]
    assert done == sorted(done)
    assert told[-1][1] == told[-1][2]


def test_every_listed_item_of_huantai_has_a_ruling_and_a_registered_seal():
    """At each of the nine centres, for a matter of its own town, on a day the grants are in force."""
    load(HUANTAI)
    order, on = authority.order(), date(2021, 11, 1)
    seals = set(Seal.objects.values_list("organ_id", "kind"))
    numbered = dict(Seal.objects.values_list("code", "organ_id"))
    counts = {}
    for town in Division.objects.filter(level="town"):
        allowed = 0
        for item in ItemVersion.objects.all():
            ruling = order.ruling(item.item_id, town.code, f"{town.code}-centre", on)
            listed = item.street if town.kind == "subdistrict" else item.town
            assert ruling.allowed == listed, (town.name, item.name, ruling.reason)
            allowed += ruling.allowed
            if not ruling.allowed:
                continue
            codes = ruling.codes
            assert (codes["seal_organ"], codes["seal_kind"]) in seals, ruling
            if codes["seal"]:
                assert numbered[codes["seal"]] == codes["in_name_of"]
            if codes["acceptance_seal_kind"] == "permit_acceptance":
                assert (codes["acceptance_seal_organ"], "permit_acceptance") in seals, ruling
        counts.setdefault(town.kind, set()).add(allowed)
    assert counts == {"town": {135}, "subdistrict": {118}}


def test_maqiao_rules_differently_from_guoli_only_where_it_was_granted():
    load(HUANTAI)
    order = authority.order()

    def exercised(town, outlet, on):
        return {
            item
            for item in Item.objects.values_list("code", flat=True)
            if (ruling := order.ruling(item, town, outlet, on)).allowed and ruling.grant
        }

    autumn = date(2021, 11, 1)
    guoli = exercised("370321110000", "370321110000-centre", autumn)
    bureau = exercised("370321105000", "370321105000-bureau", autumn)
    assert exercised("370321105000", "370321105000-centre", autumn) == guoli
    assert bureau - guoli == {"ZR-01-005", "MZ-01-001", "WJ-20-011", "NY-20-011"}
    assert guoli < bureau
    assert exercised("370321105000", "370321105000-bureau", date(2021, 9, 30)) == set()


def test_every_process_learns_of_a_change_that_touches_no_power(folder):
    load(folder)
    before = Standing.objects.get().stamp
    edit(folder, "items.csv", "承诺,20,,15,", "承诺,20,,10,")
    load(folder)
    assert Standing.objects.get().stamp != before


def test_a_second_load_changes_nothing():
    load(TINY)
    before = everything()
    report = load(TINY)
    assert not report.wrote
    assert sum(part.added + part.changed for part in report.parts.values()) == 0
    assert sum(part.unchanged for part in report.parts.values()) > 0
    assert everything() == before


def test_an_order_of_lines_is_no_change(folder):
    load(folder)
    path = folder / "items.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *reversed(lines)]) + "\n", encoding="utf-8")
    assert not load(folder).wrote


def test_changed_days_make_a_second_version_and_the_first_stands(folder):
    load(folder)
    edit(folder, "items.csv", "承诺,20,,15,", "承诺,20,,10,")
    edit(folder, "pack.toml", "effective_on = 2021-01-04", "effective_on = 2021-06-01")
    report = load(folder)
    assert report.parts["catalogue"].changed == 1
    assert list(
        ItemVersion.objects.filter(item_id="QH-01-001")
        .order_by("version")
        .values_list("version", "promised_days", "valid_from")
    ) == [(1, 15, date(2021, 1, 4)), (2, 10, date(2021, 6, 1))]
    assert ItemVersion.objects.exclude(item_id="QH-01-001").filter(version__gt=1).count() == 0


def test_a_changed_power_needs_a_later_day_and_nothing_is_half_written(folder):
    load(folder)
    before = everything()
    edit(folder, "authority.csv", "虚构依据", "另一虚构依据")
    edit(folder, "divisions.csv", "西禾村,", "西禾新村,")
    with pytest.raises(Refusal) as refusal:
        load(folder)
    assert refusal.value.code == "competence-effective-date"
    assert everything() == before
    edit(folder, "pack.toml", "effective_on = 2021-01-04", "effective_on = 2021-06-01")
    assert load(folder).parts["authority"].changed == 1
    assert Division.objects.get(code="379901100202").short_name == "西禾新村"


def test_a_grant_is_revoked_but_never_rewritten(folder):
    load(folder)
    edit(folder, "grants.csv", "2031-01-31,,", "2031-01-31,2021-08-01,")
    assert load(folder).parts["authority"].changed == 1
    assert Grant.objects.get().revoked_on == date(2021, 8, 1)
    edit(folder, "grants.csv", "2031-01-31", "2032-01-31")
    with pytest.raises(Refusal) as refusal:
        load(folder)
    assert refusal.value.code == "grant-is-published"


def test_a_bad_pack_is_refused_with_all_its_faults_and_nothing_is_written(folder):
    before = everything()
    edit(folder, "closures.csv", "2021-03-01", "2021/3/1")
    edit(folder, "items.csv", "承诺,20,,15,", "承诺,20,,25,")
    edit(folder, "grants.csv", "379901100000-gov", "379901100201-village")
    with pytest.raises(Refusal) as refusal:
        load(folder)
    assert refusal.value.code == "pack-invalid"
    assert refusal.value.remedy
    assert [(f["file"], f["row"], f["column"]) for f in refusal.value.detail["faults"]] == [
        ("closures.csv", 2, "start"),
        ("grants.csv", 2, "to_organ"),
        ("items.csv", 2, "promised_days"),
    ]
    assert all(fault["reason"] for fault in refusal.value.detail["faults"])
    assert everything() == before


def test_another_county_is_refused_where_one_is_loaded(folder):
    load(folder)
    for file in folder.iterdir():
        file.write_text(
            file.read_text(encoding="utf-8").replace("379901", "379902"), encoding="utf-8"
        )
    with pytest.raises(Refusal) as refusal:
        load(folder)
    assert refusal.value.code == "pack-other-county"
    assert Division.objects.filter(code__startswith="379902").count() == 0


def test_a_repaired_calendar_is_a_new_version_of_its_year(folder):
    load(folder)
    edit(folder, "calendar.csv", "2021,2021-02-07,春节,0", "2021,2021-02-06,春节,0")
    report = load(folder)
    assert (report.parts["year"].added, report.parts["year"].changed) == (0, 1)
    assert CalendarYear.objects.filter(year=2021).count() == 2


def test_the_report_is_json(folder):
    report = load(folder).as_dict()
    assert report["effective_on"] == "2021-01-04"
    assert report["parts"]["outlet"] == {"added": 7, "changed": 0, "unchanged": 0}
