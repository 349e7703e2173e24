"""Every kind of paper set in type: what it must say, where, and what it must never lose."""

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from yichuang.documents import rendering, rules
from yichuang.documents.seal_face_rules import seal_face

KINDS = sorted(set(rules.PAPER_KINDS) - {rules.LICENCE})  # which has a sheet of its own
CODE = rules.verify_code(bytes(range(16)))
SITE = "https://yichuang.example"
MM = 72 / 25.4
FACE = seal_face(
    name="桓台县行政审批服务局行政审批业务专用章（3）（演示）",
    number="3",
    kind=rules.NUMBERED,
    organ_kind="county_bureau",
)


@pytest.fixture(scope="module")
def paper(facts):
    """paper(kind, **changes): one rendered paper."""

    def made(kind, *, organ="桓台县马桥镇人民政府", seal=True, demonstration=True, **changes):
        return rendering.render(
            rendering.Sheet(
                kind=kind,
                number="马桥政许准〔2026〕3号",
                content=facts(kind, **changes),
                organ_name=organ,
                verify_code=CODE,
                site=SITE,
                created_at=datetime(2026, 3, 26, 1, 30, tzinfo=UTC),
                seal=rendering.SealMark(FACE) if seal else None,
                demonstration=demonstration,
            )
        )

    return made


def text(rendered):
    """All the words of a paper without blanks or line ends."""
    pages = PdfReader(io.BytesIO(rendered.pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_carries_what_every_paper_must(paper, kind, facts):
    rendered = paper(kind)
    words = text(rendered)
    content = facts(kind)
    for must in (
        rules.PAPER_KINDS[kind].title,
        "马桥政许准〔2026〕3号",
        content["addressee"],
        content["item_name"],
        content["case_number"],
        "桓台县马桥镇人民政府",
        "2026年3月26日",
        CODE,
        "yichuang.example/verify",
        "第1页，共",
        "不具法律效力",
    ):
        assert must in words, must
    assert rendered.pages == len(PdfReader(io.BytesIO(rendered.pdf)).pages)
    assert rendered.uncovered == ()


@pytest.mark.parametrize(
    "kind", ["acceptance_notice", "grant_decision", "refusal_decision", "result_notice"]
)
def test_the_clock_is_stated_with_start_pauses_and_due_day(paper, kind):
    words = text(paper(kind))
    for must in ("2026年3月2日", "2026年3月5日至2026年3月9日", "专家评审", "法定期限20个工作日",
                 "承诺期限15个工作日", "届满日2026年3月26日"):  # fmt: skip
        assert must in words, must


@pytest.mark.parametrize("kind", ["refusal_decision", "refusal_notice", "non_acceptance"])
def test_a_no_states_reasons_and_both_remedies(paper, kind, facts):
    words = text(paper(kind))
    for must in (facts(kind)["reasons"][0], "六十日内", "行政复议", "桓台县人民政府", "六个月内",
                 "行政诉讼", "桓台县人民法院"):  # fmt: skip
        assert must in words, must
    assert "先申请行政复议" in text(
        paper(kind, remedies={**facts(kind)["remedies"], "review_first": True})
    )


def test_permit_law_is_quoted_on_permits_alone(paper):
    assert "行政许可法》第三十二条" in text(paper("acceptance_notice"))
    assert "行政许可" not in text(paper("acceptance_notice", is_permit=False))
    assert "行政许可" not in text(paper("receipt", is_permit=False))


def test_a_permits_letters_cite_its_law_and_decisions_the_items_basis_too(paper):
    assert "依照《中华人民共和国行政许可法》第三十二条第一款第五项，" in text(
        paper("acceptance_notice", basis=["土地管理法第62条"])
    )
    decided = text(paper("grant_decision", basis=["土地管理法第62条"]))
    assert "依照土地管理法第62条、《中华人民共和国行政许可法》第三十八条，" in decided
    other = text(paper("acceptance_notice", is_permit=False, basis=["《试样办法》第一条"]))
    assert "依照《试样办法》第一条，" in other


@pytest.mark.parametrize("kind", KINDS)
def test_the_tracking_code_stands_on_letters_of_taking_in_alone(paper, kind):
    code = rules.verify_code(bytes(range(9, 25)))
    taking_in = kind in ("receipt", "correction_notice", "acceptance_notice")
    assert (code in text(paper(kind, tracking={"code": code}))) is taking_in


def test_an_extension_is_stated(paper, facts):
    clock = {**facts("grant_decision")["clock"], "extension_days": 10}
    assert "经批准延长10个工作日" in text(paper("grant_decision", clock=clock))


def test_the_demonstration_seal_reads_so_and_a_real_one_is_never_drawn(paper):
    demo = text(paper("grant_decision"))
    named = "桓台县行政审批服务局行政审批业务专用章（3）（演示）"
    assert f"（演示签章：{named}，不具法律效力）" in demo and "仅供演示" in demo
    assert demo.count("不具法律效力") == 4  # across the seal, beside it, at the foot of both pages
    real = text(paper("grant_decision", demonstration=False))
    assert "不具法律效力" not in real and "仅供演示" not in real
    assert f"（电子签章：{named}）" in real


@pytest.mark.parametrize("kind", KINDS)
def test_facts_that_may_be_missing_leave_no_trace(paper, kind):
    required = rules.PAPER_KINDS[kind].required
    optional = ("received_on", "outlet", "contact", "clock", "remedies", "fee", "accepted_on")
    words = text(paper(kind, **{name: None for name in optional if name not in required}))
    assert "none" not in words.lower() and "：。" not in words and "，。" not in words
    assert not re.search(r"[;#]", words.replace(CODE, "")), "template syntax on paper"


def test_a_long_list_runs_on_with_its_heads_and_keeps_every_line(paper):
    many = [{"name": f"材料之{i:02}", "form": "原件", "copies": 1} for i in range(1, 61)]
    rendered = paper("receipt", materials=many)
    pages = PdfReader(io.BytesIO(rendered.pdf)).pages
    assert rendered.pages == len(pages) >= 3
    assert all("材料名称" in page.extract_text() for page in pages[:-1])
    words = text(rendered)
    assert all(f"材料之{i:02}" in words for i in range(1, 61))
    assert f"第{rendered.pages}页，共{rendered.pages}页" in words


def test_rare_letters_are_drawn_or_written_out_but_never_lost(paper):
    drawn = paper("acceptance_notice", addressee="䶮𬭩𬱖㛃")
    assert drawn.uncovered == () and "䶮𬭩𬱖㛃" in text(drawn)
    beyond = paper("acceptance_notice", addressee="田𠮷")
    assert beyond.uncovered == ("𠮷",)
    words = text(beyond)
    assert "田〔U+20BB7〕：" in words and "以身份证件所载的字为准" in words
    assert rendering.uncovered({"addressee": "田𠮷"}) == ["𠮷"]


def test_the_fonts_draw_every_character_of_gb2312():
    rows = [bytes([a, b]) for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF)]
    letters = {c for c in (row.decode("gb2312", "ignore") for row in rows) if c}
    assert len(letters) == 6763
    assert {ord(c) for c in letters} <= rendering.coverage()
    with TTFont(rendering.FONTS / "NotoSerifSC_700Bold.ttf", lazy=True) as bold:
        assert rendering.coverage() == set(bold.getBestCmap())
    weight = sum(path.stat().st_size for path in rendering.FONTS.iterdir())
    assert weight <= 45 * 1024 * 1024
    assert (rendering.FONTS / "OFL.txt").exists()


def test_words_from_outside_are_words_and_not_template(paper):
    nasty = '#panic("x") $x$ *b* \\ "引" {{ }} <b> @a 」'
    assert re.sub(r"\s", "", nasty) in text(paper("receipt", addressee=nasty))
    assert "甲乙" in text(paper("receipt", addressee="甲\x00\x07乙"))


def test_what_cannot_be_set_is_said_so(paper):
    with pytest.raises(rendering.RenderFailed):
        paper("acceptance_notice", clock={"start": "yesterday", "due": "2026-03-26"})


def test_the_sheet_is_laid_out_to_the_standard(paper):
    """GB/T 9704-2012 §§5.2, 7.2.1: A4, block 156 × 225 mm at 37 and 28 mm, 22 lines of 28."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) measures the sheet")
    reasons = ["甲乙丙丁戊己庚辛壬癸" * 40]
    pdf = paper("refusal_decision", reasons=reasons, clock=None).pdf
    made = subprocess.run(
        ["pdftotext", "-bbox-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    page = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', made)
    assert float(page[1]) == pytest.approx(210 * MM, abs=0.5)
    assert float(page[2]) == pytest.approx(297 * MM, abs=0.5)
    lines = []
    for found in re.finditer(
        r'<line xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)"[^>]*>(.*?)</line>', made, re.DOTALL
    ):
        words = "".join(re.findall(r"<word[^>]*>(.*?)</word>", found[4]))
        if set(words) <= set("甲乙丙丁戊己庚辛壬癸") and len(words) > 20:
            lines.append((float(found[1]), float(found[2]), float(found[3]), words))
    full = [line for line in lines if len(line[3]) == 28]
    assert len(full) >= 8, "full lines hold 28 characters"
    for left, _top, right, _words in full:
        assert left == pytest.approx(28 * MM, abs=1.5)
        assert right == pytest.approx((28 + 156) * MM, abs=1.5)
    steps = [round(b[1] - a[1], 1) for a, b in zip(full, full[1:], strict=False) if b[1] > a[1]]
    assert steps and all(step == pytest.approx(225 * MM / 22, abs=0.2) for step in steps)
