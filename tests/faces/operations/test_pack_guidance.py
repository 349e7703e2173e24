"""The six tables that describe items further: joined by name and code, each fault at its place."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from yichuang.accounts.actor import system
from yichuang.catalogue import queries
from yichuang.catalogue.models import ItemVersion
from yichuang.catalogue.situations import EFFECTS, check_outcome, holds, outcome, paths
from yichuang.faces.operations.pack.checks import check_pack
from yichuang.faces.operations.pack.guidance import TABLES
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.faces.operations.pack.reader import read_pack

REPOSITORY = Path(__file__).resolve().parents[3]
TINY = REPOSITORY / "tests" / "packs" / "tiny"
HUANTAI = REPOSITORY / "counties" / "huantai"
AID = "QH-05-002"


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny pack to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def places_of(folder):
    return [(fault.file, fault.row, fault.column) for fault in check_pack(folder)]


def item(pack, code):
    return next(draft for draft in pack.items if draft.code == code)


def test_an_items_materials_are_its_row_and_what_its_situations_need():
    aid = item(read_pack(TINY), AID)
    assert [(m.name, m.always) for m in aid.materials] == [
        *(("申请表", True), ("居民身份证", True), ("收入证明", True), ("银行卡", True)),
        *(("授权委托书", False), ("残疾人证", False)),
    ]
    certificate = aid.materials[2]
    assert (certificate.kind, certificate.promise) == ("certificate", "allowed")
    assert certificate.basis == "虚构救助办法第八条"
    assert aid.materials[3].later_days == 5
    assert aid.materials[5].held_from == ("case:QH-05-001",)
    assert [question.key for question in aid.questions] == ["who", "age", "income", "disabled"]
    assert [fact.key for fact in aid.facts if fact.required] == [
        *("family_size", "income_month", "reason"),
    ]
    assert (aid.guide.fee, aid.guide.visits, len(aid.guide.stages)) == ("", 1, 4)


def test_notes_in_brackets_stay_with_the_item():
    """materials.csv says what a thing is; the item's own row, that nobody need bring it."""
    hygiene = item(read_pack(TINY), "QH-01-003")
    assert [(m.name, m.note, m.held) for m in hygiene.materials] == [
        ("申请书", "", False),
        ("营业执照", "可共享", True),
    ]


def test_the_tiny_table_has_every_effect():
    rows = item(read_pack(TINY), AID).situations
    assert {row.effect for row in rows} | {"fee"} == set(EFFECTS)


@pytest.mark.django_db
def test_a_guide_gives_the_exact_list_of_a_situation():
    load_pack(TINY, by=system("测试"), at=datetime(2026, 3, 2, tzinfo=UTC))
    guide = queries.item_guide(AID, date(2026, 3, 2))

    def names(**answers):
        return [material.name for material in guide.exact(answers)]

    assert names(who="self", age="adult", income="low", disabled="no") == [
        *("申请表", "居民身份证", "收入证明", "银行卡"),
    ]
    assert names(who="other", age="child", income="low", disabled="yes") == [
        *("申请表", "居民身份证", "银行卡", "授权委托书", "残疾人证"),
    ]
    assert names(who="other", income="high", disabled="yes") == [
        *("申请表", "居民身份证", "收入证明", "银行卡", "授权委托书"),
    ]
    conflict = check_outcome(outcome(guide.situations, {"who": "self", "age": "child"}))
    assert conflict.code == "situation-contradictory"
    aid = queries.chain_sheet("aid", date(2026, 3, 2))
    assert [(s.alternative, s.optional, s.opens_on) for s in aid.steps] == [
        *(("money", False, "done"), ("money", False, "done"), ("", True, "ended")),
    ]


def test_an_older_pack_has_none_of_it(folder):
    for file in TABLES:
        (folder / file).unlink()
    path = folder / "chains.csv"
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(",".join(c[:7] + c[10:]) + "\n" for c in lines), encoding="utf-8")
    assert check_pack(folder) == []
    pack = read_pack(folder)
    assert all(not draft.questions and not draft.facts for draft in pack.items)
    assert {step.opens_on for chain in pack.chains for step in chain.steps} == {"done"}
    assert [material.kind for material in item(pack, AID).materials] == ["document"] * 4


@pytest.mark.parametrize("file", TABLES)
def test_each_table_may_be_missing_by_itself(folder, file):
    """What others say of it is then wrong, but nothing stumbles."""
    (folder / file).unlink()
    others = {fault.file for fault in check_pack(folder)}
    assert others <= {*TABLES, "items.csv"}
    assert file not in others


@pytest.mark.parametrize("file", TABLES)
def test_each_table_may_be_empty(folder, file):
    (folder / file).write_text(",".join(TABLES[file]) + "\n", encoding="utf-8")
    assert file not in {fault.file for fault in check_pack(folder)}


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        ("materials.csv", "certificate,original", "paper,original", (4, "kind")),
        ("materials.csv", "虚构救助办法第八条", "", (4, "basis")),
        ("materials.csv", "unconfirmed", "maybe", (2, "basis_status")),
        ("materials.csv", "id_reader,,,", "id_reader,3,,", (3, "later_days")),
        ("materials.csv", "shared:social_card,5", "shared:social_card,五", (5, "later_days")),
        ("materials.csv", "case:QH-05-001", "case:QH-99-001", (6, "held_from")),
        ("materials.csv", "case:QH-05-001", "memory", (6, "held_from")),
        ("materials.csv", "居民身份证,Res", "居民证件,Res", (3, "name")),
        ("materials.csv", "残疾人证,Dis", "收入证明,Dis", (6, "name")),
        ("questions.csv", "QH-05-002,2", "QH-99-002,2", (3, "item_code")),
        ("questions.csv", "QH-05-002,2", "QH-05-002,1", (3, "seq")),
        ("questions.csv", "2,age", "2,who", (3, "key")),
        ("questions.csv", "self:本人来办", "self：本人来办", (2, "options")),
        ("questions.csv", "self:In person", "selves:In person", (2, "options_en")),
        ("questions.csv", "income=low", "income=poor", (5, "when")),
        ("questions.csv", "income=low", "disabled", (5, "when")),
        ("questions.csv", ",,draft", ",,final", (3, "status")),
        ("situations.csv", "need,授权委托书", "need,授权书", (2, "value")),
        ("situations.csv", "without,收入证明", "without,授权委托书", (4, "value")),
        ("situations.csv", "step,3", "steps,3", (5, "effect")),
        ("situations.csv", "chain,aid", "chain,wedding", (8, "value")),
        ("situations.csv", "other:QH-05-001", "other:QH-99-001", (9, "value")),
        ("situations.csv", "who=self&age=child", "who=self&who=other", (10, "when")),
        ("situations.csv", "QH-05-002,1,", "QH-05-002,x,", (2, "seq")),
        ("guides.csv", "核对:6", "核对:16", (3, "steps")),
        ("guides.csv", "核对:6", "核对六天", (3, "steps")),
        ("guides.csv", "Income below the line", "Income;Place", (3, "conditions_en")),
        (
            "guides.csv",
            "全家收入在标准以下",
            "持有残疾人证和授权委托书原件;x",
            (3, "conditions_en"),
        ),
        ("guides.csv", "一户只有一处宅基地", "有授权委托书", (2, "conditions")),
        ("facts.csv", "number", "colour", (2, "kind")),
        ("facts.csv", "own:自有;rent:租住;none:没有住房", "", (4, "options")),
        ("facts.csv", "income_month", "income_year", (3, "key")),
        ("item_facts.csv", "family_size,0", "family_size,perhaps", (2, "required")),
        ("item_facts.csv", "reason,0", "reasons,0", (3, "fact_key")),
        ("item_facts.csv", "reason,0", "family_size,0", (3, "fact_key")),
        ("chains.csv", "money,0,,镇街目录,与困难", "cash,0,,镇街目录,与困难", (5, "alternative")),
        ("chains.csv", "1,ended", "1,finished", (6, "opens_on")),
        ("chains.csv", "1,ended", "yes,ended", (6, "optional")),
    ],
)
def test_a_fault_is_named_with_file_line_and_column(folder, file, old, new, where):
    edit(folder, file, old, new)
    assert (file, *where) in places_of(folder)


def test_a_text_that_is_too_long_for_its_column(folder):
    edit(folder, "materials.csv", "写明您要办什么", "长" * 201)
    edit(folder, "questions.csv", "谁来申请？", "长" * 601)
    edit(folder, "guides.csv", "核对收入和家庭成员。", "长" * 601)
    assert places_of(folder) == [
        ("guides.csv", 3, "standard"),
        ("materials.csv", 2, "reason"),
        ("questions.csv", 2, "ask"),
    ]


@pytest.mark.django_db
def test_a_change_in_any_table_makes_a_version_of_the_items_it_is_about(folder):
    load = {"by": system("测试"), "at": datetime(2026, 3, 2, tzinfo=UTC)}
    load_pack(folder, **load)
    for file, old, new, codes in (
        ("materials.csv", "银行卡,Bank card", "银行卡,Payment card", {AID}),
        ("questions.csv", "谁来申请？", "由谁申请？", {AID}),
        ("facts.csv", "家庭人口,", "家里几口人,", {AID, "QH-05-001"}),
        ("guides.csv", "没有签名", "忘了签名", {"QH-01-001"}),
    ):
        before = dict(ItemVersion.objects.order_by("version").values_list("item", "version"))
        edit(folder, file, old, new)
        report = load_pack(folder, **load)
        after = dict(ItemVersion.objects.order_by("version").values_list("item", "version"))
        assert {code for code in after if after[code] != before[code]} == codes
        assert report.parts["catalogue"].changed == len(codes)


# -- the first county ----------------------------------------------------------------------------


def test_every_item_of_huantai_is_described():
    pack = read_pack(HUANTAI)
    described = set(pack.guidance.materials)
    assert {m.name for draft in pack.items for m in draft.materials} <= described
    assert {draft.code for draft in pack.items} == set(pack.guidance.guides)
    assert [
        draft.code for draft in pack.items if draft.high_frequency and not draft.questions
    ] == []
    assert sum(bool(draft.questions) for draft in pack.items) >= 170


def test_huantai_claims_nothing_the_county_has_not_confirmed():
    for draft in read_pack(HUANTAI).items:
        assert draft.guide.draft
        assert all(question.draft for question in draft.questions)


def test_every_path_through_huantais_questions_means_one_thing():
    """The engine says what a plain reading says, on each of the paths."""
    walked = 0
    for draft in read_pack(HUANTAI).items:
        for path in paths(draft.questions):
            expected = tuple(row for row in draft.situations if holds(row.when, path))
            assert outcome(draft.situations, path).rows == expected, (draft.name, path)
            walked += 1
    assert walked > 1000


def test_alternatives_of_huantais_chains():
    chains = {chain.code: chain for chain in read_pack(HUANTAI).chains}
    groups = {
        code: {step.item_code for step in chain.steps if step.alternative}
        for code, chain in chains.items()
    }
    assert groups["restaurant"] == {"SC-01-006", "SC-01-007"}  # 食品经营许可, 小餐饮登记
    assert groups["hardship"] == {"MZ-05-002", "MZ-05-005"}  # 低保, 特困
    moved = [step for step in chains["hardship"].steps if step.opens_on == "failed"]
    assert [step.item_code for step in moved] == ["MZ-07-004"]  # 低保不符合时转低保边缘
