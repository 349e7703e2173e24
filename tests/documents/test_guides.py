"""Printed guides on hard items: long names, no materials, off the list, rare characters."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from pypdf import PdfReader

from yichuang.catalogue.drafts import GuideElements, Stage
from yichuang.catalogue.queries import ItemGuide, MaterialSheet
from yichuang.catalogue.situations import Option, Question, Row, condition
from yichuang.documents import guide_case, guide_words, guides

IMPRINT = guides.Imprint(
    "青禾县", "https://yichuang.example/items/X", "https://yichuang.example",
    datetime(2026, 9, 9, 1, tzinfo=UTC), demo=True,
)  # fmt: skip
HALL = [guide_words.Contact("青禾县政务服务大厅")]
BODIES = guide_words.Bodies("大厅", "虚构局", True)
PLAIN = ItemGuide(
    code="QH-99-001", version_id=1, version=3, valid_from=date(2026, 1, 5), name="试样事项",
    name_en="Sample item", domain="民政", item_type="01", objects=("自然人",), handling="promise",
    legal_days=20, legal_days_note="", promised_days=10, town=True, street=True, village=False,
    high_frequency=False, chains=(), aliases=(), basis="甲法第1条;乙法第2条", basis_confirmed=False,
    state="active", membership_draft=True, days_draft=True, materials_draft=True, materials=(),
    questions=(), situations=(), facts=(), elements=GuideElements(),
)  # fmt: skip
MANY = tuple(
    MaterialSheet(seq, f"第{seq}样名称很长的申请材料（含附件和两份复印件）", "一式两份", False,
                  reason="核对是否符合条件", sample="姓名=样例甲；面积=12平方米；申请理由=示例",
                  later_days=5, promise="allowed")
    for seq in range(1, 13)
)  # fmt: skip
LONG = replace(
    PLAIN,
    name="林木采伐许可证核发（农村居民采伐个人承包集体林地上的林木，委托镇政府）" * 2,
    materials=MANY,
    elements=GuideElements(
        ("本村村民",) * 6, ("A villager",), "核对。" * 40,
        tuple(Stage(f"第{n}个环节", 1) for n in range(1, 11)), "决定书", "Decision", "", "", 1,
        ("没有签名" * 5,) * 3,
    ),
)  # fmt: skip


def read(pdf):
    pages = PdfReader(io.BytesIO(pdf)).pages
    return len(pages), re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def drawn(item, kind, answers=()):
    walked = guide_case.walk(item, dict(answers))
    if kind == "full":
        return guides.full(item, walked, imprint=IMPRINT, who=BODIES, contacts=HALL)
    if kind == "short":
        return guides.short(item, walked, imprint=IMPRINT, contacts=HALL)
    return guides.slip(item, walked, imprint=IMPRINT)


@pytest.mark.parametrize("kind", ["full", "short", "slip"])
def test_an_item_without_anything_says_so_and_leaves_no_gap(kind):
    _pages, told = read(drawn(PLAIN, kind))
    assert "试样事项" in told and "目录里没有写要带材料" in told
    assert "QH-99-001·第3版，2026-01-05起使用" in told
    assert "None" not in told


def test_the_whole_guide_of_a_long_item_loses_nothing():
    pages, told = read(drawn(LONG, "full"))
    assert LONG.name in told and pages >= 3
    for material in MANY:
        assert material.name in told
    assert f"第{pages}页，共{pages}页" in told
    assert "甲法第1条；乙法第2条" in told
    assert "可以由本人书面承诺代替" in told and "5个工作日内补上" in told


def test_the_short_form_is_always_one_page():
    pages, told = read(drawn(LONG, "short"))
    assert pages == 1
    assert all(material.name in told for material in MANY)


def test_an_unconfirmed_guide_is_marked():
    assert "草案" in read(drawn(PLAIN, "slip"))[1]


def test_rare_and_invisible_characters_are_written_out():
    told = read(drawn(replace(PLAIN, name="\U00030000氏\u202e旧宅"), "full"))[1]
    assert "〔U+30000〕氏旧宅" in told


def test_an_english_guide_is_in_english():
    item = replace(LONG, name_en="Felling permit")
    with translation.override("en"):
        _pages, told = read(drawn(item, "full"))
    assert "Fellingpermit" in told and "Page1of" in told and "Avillager" in told


QUESTION = Question(
    "who", "谁来办？", "Who?", (Option("me", "本人"), Option("agent", "别人")), basis="民法典"
)
ASKED = replace(
    PLAIN,
    questions=(QUESTION,),
    materials=(
        MaterialSheet(1, "申请表", "", False),
        MaterialSheet(2, "委托书", "", False, always=False),
    ),
    situations=(
        Row(condition("who=agent"), "need", "委托书", "别人来要有委托"),
        Row(condition("who=agent"), "fee", "12", "邮费"),
        Row(condition("who=me"), "conflict", "", "不可能"),
    ),
)


def test_one_situation_has_its_own_list_and_the_whole_guide_all():
    assert "2.委托书" not in read(drawn(ASKED, "slip", [("who", "me")]))[1]
    told = read(drawn(ASKED, "slip", [("who", "agent")]))[1]
    assert "2.委托书" in told and "12元（邮费）" in told and "别人" in told
    assert "“谁来办？”选“别人”还要交：委托书" in read(drawn(ASKED, "full"))[1]


def test_a_contradiction_stands_on_the_slip():
    assert "答案互相矛盾，请核对。不可能" in read(drawn(ASKED, "slip", [("who", "me")]))[1]


def test_answers_that_are_none_change_nothing():
    walked = guide_case.walk(ASKED, {"who": "nobody", "what": "x"})
    assert walked.answers == {} and walked.question == QUESTION
