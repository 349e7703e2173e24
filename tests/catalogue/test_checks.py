"""What blocks publishing, by law or because the parts contradict each other; and where it stands."""

from dataclasses import replace

import pytest

from tests.catalogue.made_up import chains, item, items
from yichuang.catalogue import checks
from yichuang.catalogue.drafts import Fact, GuideElements, MaterialDraft, Stage
from yichuang.catalogue.promise_bars import BARS, bar_of
from yichuang.catalogue.situations import Option

FORM = MaterialDraft("申请表", kind="form", form="fill")
CARD = MaterialDraft("居民身份证", kind="identity", form="original")
AROUND = checks.Around({"A-1"}, {"shop"}, checks.Named(["申请表", "居民身份证", "残疾人证明书"]))


def of(**values):
    """Places of the faults of one item."""
    draft = item("A-1", "困难补助", 2, **{"materials": (FORM, CARD), **values})
    return {(fault.file, fault.column) for fault in checks.check_item(draft, AROUND)}


def with_material(**values):
    return of(materials=(FORM, CARD, MaterialDraft(**{"name": "收入证明", **values})))


def test_a_sound_item_has_no_fault():
    assert of() == set()
    assert with_material(kind="certificate", basis="某法第一条", promise="allowed") == set()


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"kind": "certificate"}, "basis"),
        ({"kind": "certificate", "basis": " "}, "basis"),
        ({"kind": "form", "later_days": 5}, "later_days"),
        ({"kind": "identity", "later_days": 5}, "later_days"),
        ({"kind": "identity", "promise": "allowed"}, "promise"),
        ({"kind": "document", "later_days": 0}, "later_days"),
        ({"kind": "paper"}, "kind"),
        ({"form": "fax"}, "form"),
        ({"promise": "perhaps"}, "promise"),
        ({"held_from": ("memory",)}, "held_from"),
        ({"held_from": ("case:Z-9",)}, "held_from"),
    ],
)
def test_a_material_that_may_not_be_asked_so(values, column):
    assert with_material(**values) == {("materials.csv", column)}


def test_a_promise_is_barred_where_the_order_bars_it():
    certificate = MaterialDraft("场地证明", kind="certificate", basis="某法", promise="allowed")
    assert of(materials=(certificate,)) == set()
    assert of(materials=(certificate,), domain="消防") == {("materials.csv", "promise")}
    assert of(materials=(replace(certificate, promise="barred"),), domain="消防") == set()
    draft = item("A-1", "动物检疫申报", 2, materials=(certificate,))
    (fault,) = checks.check_item(draft, AROUND)
    assert "国办发〔2020〕42号" in fault.reason


def test_every_bar_has_its_source_and_bars_something():
    for bar in BARS:
        assert bar.about and bar.basis
        name = bar.words[0] if bar.words else "某事项"
        assert bar_of(bar.item_type or "20", bar.domain or "某领域", name)
    assert bar_of("20", "民政", "困难补助") is None


@pytest.mark.parametrize(
    ("guide", "column"),
    [
        (GuideElements(stages=(Stage("受理", 5), Stage("审查", 6))), "steps"),
        (GuideElements(stages=(Stage("", 1),)), "steps"),
        (GuideElements(conditions=("甲", "乙"), conditions_en=("A",)), "conditions_en"),
        (GuideElements(conditions=("持有残疾人证明书的人",)), "conditions"),
        (GuideElements(visits=10), "visits"),
    ],
)
def test_a_guide_that_contradicts_its_item(guide, column):
    assert of(guide=guide) == {("guides.csv", column)}


@pytest.mark.parametrize(
    "condition", ["有居民身份证", "没有残疾人证明书", "年满六十周岁", "填写申请表的人"]
)
def test_conditions_that_name_nothing_that_is_missing(condition):
    assert of(guide=GuideElements(conditions=(condition,))) == set()


def test_an_instant_item_is_done_within_a_day():
    assert of(handling="即办", promised_days=2) == {("items.csv", "promised_days")}
    guide = GuideElements(stages=(Stage("受理", 1),))
    assert of(handling="即办", promised_days=0, guide=guide) == {("guides.csv", "steps")}


@pytest.mark.parametrize(
    ("fact", "where"),
    [
        (Fact("Size", "人口", "Size", "number"), ("facts.csv", "key")),
        (Fact("size", " ", "Size", "number"), ("facts.csv", "label")),
        (Fact("size", "人口", "Size", "colour"), ("facts.csv", "kind")),
        (Fact("size", "人口", "Size", "choice"), ("facts.csv", "options")),
        (Fact("size", "人口", "Size", "text", (Option("a", "甲"),)), ("facts.csv", "options")),
    ],
)
def test_a_fact_that_cannot_be_asked(fact, where):
    assert of(facts=(fact,)) == {where}


def test_a_fact_is_asked_once():
    fact = Fact("size", "人口", "Size", "number")
    assert of(facts=(fact, fact)) == {("item_facts.csv", "fact_key")}


def test_faults_stand_where_the_pack_has_the_part():
    """A material no table describes is at fault in the item's own row."""
    bad = replace(FORM, later_days=3)
    draft = item("A-1", "困难补助", 7, materials=(bad, replace(CARD, later_days=3)))
    draft = replace(draft, lines={"materials": [0, 12]})
    places = [(f.file, f.row, f.column) for f in checks.check_item(draft, AROUND)]
    assert places == [("items.csv", 7, "materials"), ("materials.csv", 12, "later_days")]


def test_a_shared_fault_is_named_once():
    bad = replace(FORM, later_days=3)
    drafts = [replace(draft, materials=(bad,), lines={"materials": [4]}) for draft in items()]
    assert [str(fault) for fault in checks.check(drafts, chains())] == [
        "materials.csv:4:later_days: 申请表和身份证件不能容缺后补。"
    ]


@pytest.mark.parametrize(
    ("values", "column"),
    [({"opens_on": "maybe"}, "opens_on"), ({"alternative": "x"}, "alternative")],
)
def test_faults_of_a_chains_own_columns(values, column):
    first, second = chains()[0].steps
    event = replace(chains()[0], steps=(first, replace(second, **values)))
    assert [(f.row, f.column) for f in checks.check(items(), [event])] == [(3, column)]
