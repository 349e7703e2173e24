"""The catalogue in the database: versions, guides, lists, chains."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.catalogue.made_up import chains, item, items
from tests.places.made_up import COUNTY, STREET, TOWN, VILLAGE, sound
from yichuang.catalogue import queries
from yichuang.catalogue.actions import publish_catalogue
from yichuang.catalogue.drafts import OutletItemDraft, SynonymDraft
from yichuang.catalogue.models import ChainVersion, Item, ItemVersion, Material, SearchIndex
from yichuang.journal.models import Entry
from yichuang.journal.rules import SystemAuthor
from yichuang.places.actions import publish_places
from yichuang.places.queries import outlet_sheet
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
BY = SystemAuthor("测试")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ON = date(2026, 1, 5)


def publish(drafts=None, events=None, *, on=ON, **others):
    return publish_catalogue(
        items() if drafts is None else drafts,
        chains() if events is None else events,
        effective_on=on,
        by=BY,
        at=AT,
        **others,
    )


def changed(at, **values):
    drafts = list(items())
    drafts[at] = replace(drafts[at], **values)
    return drafts


def test_a_second_publication_writes_nothing(django_assert_max_num_queries):
    first = publish()
    assert first.added == ("A-1", "A-2", "A-3", "A-4", "A-5", "shop")
    with django_assert_max_num_queries(12):
        again = publish()
    assert not again.wrote
    assert again.unchanged == 6
    assert ItemVersion.objects.count() == 5
    assert Entry.objects.count() == 1


def test_where_a_row_stands_is_no_change():
    publish()
    moved = [replace(draft, row=draft.row + 50) for draft in items()]
    event = chains()[0]
    event = replace(event, row=9, steps=tuple(replace(step, row=9) for step in event.steps))
    assert not publish(moved, [event]).wrote


def test_words_and_codes_make_the_same_version():
    publish()
    assert not publish(changed(0, item_type="01", handling="promise")).wrote


def test_a_change_makes_a_version_and_leaves_the_old_one():
    publish()
    old = queries.item_in_force("A-1", ON)
    report = publish(changed(0, promised_days=8), on=date(2026, 7, 1))
    assert (report.changed, report.added, report.unchanged) == (("A-1",), (), 5)
    assert report.deferred == ()
    assert queries.item_in_force("A-1", date(2026, 6, 30)) == old
    new = queries.item_in_force("A-1", date(2026, 7, 1))
    assert (new.version, new.promised_days) == (2, 8)
    assert queries.version_guide(old.version_id) == old
    assert [len(queries.version_guide(v.pk).materials) for v in ItemVersion.objects.all()][:2] == [
        2,
        2,
    ]


@pytest.mark.parametrize("on", [ON, date(2025, 12, 1)])
def test_one_version_a_day_a_later_change_waits_for_the_next(on):
    publish()
    report = publish(changed(0, promised_days=8), on=on)
    assert report.deferred == (("A-1", date(2026, 1, 6)),)
    assert queries.item_in_force("A-1", ON).promised_days == 10
    assert queries.item_in_force("A-1", date(2026, 1, 6)).promised_days == 8
    publish(changed(0, promised_days=7), on=on)
    assert queries.item_in_force("A-1", date(2026, 1, 7)).promised_days == 7


def test_what_is_gone_from_the_pack_is_reported_and_kept():
    publish()
    assert publish(items()[:-1]).absent == ("A-5",)
    assert queries.item_in_force("A-5", ON)


def test_a_faulty_pack_writes_nothing():
    with pytest.raises(Refusal) as refused:
        publish(changed(0, name="", basis=""))
    assert refused.value.code == "pack-faulty"
    assert len(refused.value.detail["faults"]) == 2
    assert not Item.objects.exists()
    assert not SearchIndex.objects.exists()


def test_a_failure_half_way_leaves_nothing():
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(outlet_items=[OutletItemDraft("nowhere", "A-5", "print")])
        # the database looks at foreign keys when the transaction ends: have it look now
        transaction.get_connection().check_constraints()
    assert not ItemVersion.objects.exists()


def test_progress_is_told():
    told = []
    publish(progress=lambda what, done, total: told.append((what, done, total)))
    assert told == [("发布事项和一件事", 5, 5), ("建立检索索引", 5, 5)]


def test_guide_has_everything_in_two_statements(django_assert_num_queries):
    publish()
    with django_assert_num_queries(2):
        guide = queries.item_in_force("A-1", ON)
    draft = items()[0]
    for name in ("code", "name", "name_en", "domain", "objects", "legal_days", "promised_days"):
        assert getattr(guide, name) == getattr(draft, name)
    for name in ("town", "street", "village", "high_frequency", "aliases", "chains", "basis"):
        assert getattr(guide, name) == getattr(draft, name)
    assert (guide.item_type, guide.handling) == ("01", "promise")
    assert guide.membership_draft
    assert guide.days_draft
    assert guide.materials_draft
    assert [(m.seq, m.name, m.note, m.held) for m in guide.materials] == [
        (1, "申请表", "", False),
        (2, "居民户口簿", "可共享", True),
    ]


@pytest.mark.parametrize(
    ("code", "on", "refusal"),
    [
        ("Z", ON, "item-unknown"),
        ("A-1", date(2026, 1, 4), "item-unknown"),
        ("A-2", ON, "item-suspended"),
        ("A-4", ON, "item-cancelled"),
    ],
)
def test_refusals_say_what_to_do(code, on, refusal):
    drafts = changed(1, state="suspended")
    drafts[3] = replace(drafts[3], state="cancelled")
    publish(drafts)
    with pytest.raises(Refusal) as refused:
        queries.item_in_force(code, on)
    assert refused.value.code == refusal
    assert refused.value.remedy
    assert "A-2" not in {line.code for line in queries.items_in_force(ON)}


def test_lists(django_assert_num_queries):
    publish()
    publish(changed(0, name="村民建房审批"), on=date(2026, 7, 1))
    with django_assert_num_queries(1):
        assert [line.name for line in queries.items_in_force(ON)][0] == "村民建房用地审批"
    assert [line.name for line in queries.items_in_force(date(2026, 7, 1))][0] == "村民建房审批"
    assert [line.code for line in queries.high_frequency_items(ON)] == ["A-1", "A-5"]
    assert [(sheet.name, len(sheet.items)) for sheet in queries.domains(ON)] == [
        ("民政", 3),
        ("市场监管", 2),
    ]
    assert queries.items_in_force(date(2026, 1, 4)) == []


def test_chains_have_the_names_of_the_day(django_assert_num_queries):
    publish()
    publish(changed(1, name="小店开办登记"), on=date(2026, 7, 1))
    with django_assert_num_queries(3):
        (sheet,) = queries.chains(ON)
    assert [(step.seq, step.item_name, step.depends_on) for step in sheet.steps] == [
        (1, "小店登记", ()),
        (2, "小店卫生许可", (1,)),
    ]
    assert queries.chain_sheet("shop", date(2026, 7, 1)).steps[0].item_name == "小店开办登记"
    assert ChainVersion.objects.count() == 1
    with pytest.raises(Refusal) as refused:
        queries.chain_sheet("wedding", ON)
    assert refused.value.code == "chain-unknown"


def test_each_outlet_has_its_list(django_assert_max_num_queries):
    publish_places(*sound().parts(), effective_on=ON, by=BY, at=AT)
    partner = f"{TOWN}-partner-bank1"
    report = publish(outlet_items=[OutletItemDraft(partner, "A-5", "print")])
    assert report.outlet_items == 1

    def codes(outlet):
        with django_assert_max_num_queries(4):
            return [line.code for line in queries.outlet_items(outlet_sheet(outlet), ON)]

    assert codes(f"{COUNTY}-hall") == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    assert codes(f"{TOWN}-centre") == ["A-1", "A-2", "A-3", "A-5"]
    assert codes(f"{STREET}-centre") == ["A-2", "A-3", "A-5"]
    assert codes(f"{VILLAGE}-station") == ["A-1", "A-5"]
    assert codes(partner) == ["A-5"]
    guide = queries.item_in_force("A-1", ON)
    assert queries.listed_at_outlet(guide, outlet_sheet(f"{TOWN}-centre"))
    assert queries.listed_at_outlet(guide, outlet_sheet(partner)).code == "item-not-listed"
    assert queries.own_choices(outlet_sheet(partner))["A-5"].modes == {"print"}
    assert publish().outlet_items == 1
    assert codes(partner) == []


def test_sayings_follow_the_pack():
    assert publish().synonyms > 50
    assert publish(synonyms=[SynonymDraft("照照", "执照")]).synonyms == 1
    assert publish().synonyms == 1


@pytest.mark.parametrize(
    "values",
    [
        {"version": 1},
        {"valid_from": ON},
        {"handling": "instant", "promised_days": 2},
        {"handling": "promise", "promised_days": 0},
        {"town": False, "street": True},
        {"item_type": "99"},
        {"state": "gone"},
    ],
)
def test_the_database_forbids_it_too(values):
    publish()
    version = ItemVersion.objects.get(item="A-1")
    version.pk, version.version, version.valid_from = None, 2, date(2026, 2, 2)
    for name, value in values.items():
        setattr(version, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save(force_insert=True)


def test_an_unpublished_item_without_materials():
    publish([item("B-1", "法律咨询", 2, materials=())], [])
    assert queries.item_in_force("B-1", ON).materials == ()
    assert not Material.objects.exists()
