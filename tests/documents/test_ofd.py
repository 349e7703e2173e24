"""The experimental OFD package: its structure holds together, and it says what the PDF says.

This checks structure against GB/T 33190-2016 as far as we read it; no schema, no validator and no
reader was to be had.
"""

import io
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as XML

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from yichuang.documents import ofd, rendering, rules
from yichuang.documents.seal_face_rules import seal_face

AT = datetime(2026, 3, 26, tzinfo=UTC)
NS = {"ofd": ofd.NAMESPACE}


@pytest.fixture(scope="module")
def pdf(facts):
    sheet = rendering.Sheet(
        kind="grant_decision",
        number="马桥政许准〔2026〕3号",
        content=facts("grant_decision"),
        organ_name="桓台县马桥镇人民政府",
        verify_code="ABCDE-ABCDE-ABCDE-ABCDE-ABCDEF",
        site="https://example.test",
        created_at=AT,
        seal=rendering.SealMark(
            seal_face(
                name="桓台县马桥镇人民政府（演示）",
                number="",
                kind=rules.MAIN,
                organ_kind="town_government",
            )
        ),
        demonstration=True,
    )
    return rendering.render(sheet).pdf


@pytest.fixture(scope="module")
def package(pdf):
    made = ofd.ofd_of(pdf, title="准予行政许可决定书", document_id="0" * 32, at=AT)
    return zipfile.ZipFile(io.BytesIO(made))


def parsed(package, name):
    return XML.fromstring(package.read(name))


def pages(package):
    document = parsed(package, "Doc_0/Document.xml")
    return [
        parsed(package, f"Doc_0/{page.get('BaseLoc')}")
        for page in document.findall("ofd:Pages/ofd:Page", NS)
    ]


def test_the_same_paper_gives_the_same_bytes(pdf):
    first, second = (
        ofd.ofd_of(pdf, title="甲", document_id="0" * 32, at=AT) for _turn in range(2)
    )
    assert first == second


def test_every_reference_leads_somewhere(package):
    root = parsed(package, "OFD.xml")
    assert root.tag == f"{{{ofd.NAMESPACE}}}OFD"
    assert (root.get("Version"), root.get("DocType")) == ("1.1", "OFD")
    document_name = root.findtext("ofd:DocBody/ofd:DocRoot", namespaces=NS)
    document = parsed(package, document_name)
    resources = parsed(
        package, "Doc_0/" + document.findtext("ofd:CommonData/ofd:PublicRes", namespaces=NS)
    )
    names = set(package.namelist())
    for font in resources.iter(f"{{{ofd.NAMESPACE}}}FontFile"):
        assert f"Doc_0/{resources.get('BaseLoc')}/{font.text}" in names
    assert len(pages(package)) == 2


def test_identifiers_are_unique_and_within_the_largest(package):
    document = parsed(package, "Doc_0/Document.xml")
    trees = [document, parsed(package, "Doc_0/PublicRes.xml"), *pages(package)]
    ids = [int(each.get("ID")) for tree in trees for each in tree.iter() if each.get("ID")]
    assert len(ids) == len(set(ids))
    largest = int(document.findtext("ofd:CommonData/ofd:MaxUnitID", namespaces=NS))
    assert max(ids) == largest


def test_every_text_has_its_steps_and_lies_on_the_page(package):
    for page in pages(package):
        _x, _y, width, height = map(
            float, page.findtext("ofd:Area/ofd:PhysicalBox", namespaces=NS).split()
        )
        assert (width, height) == (210, 297)
        for text in page.iter(f"{{{ofd.NAMESPACE}}}TextObject"):
            code = text.find("ofd:TextCode", NS)
            steps = (code.get("DeltaX") or "").split()
            assert len(steps) == len(code.text) - 1
            left, top, wide, high = map(float, text.get("Boundary").split())
            assert left >= -1 and top >= -1 and left + wide <= width + 1 and top <= height
            assert high > 0


def test_the_fonts_hold_every_letter(package):
    fonts = {}
    for font in parsed(package, "Doc_0/PublicRes.xml").iter(f"{{{ofd.NAMESPACE}}}Font"):
        file = font.findtext("ofd:FontFile", namespaces=NS)
        fonts[font.get("ID")] = TTFont(io.BytesIO(package.read(f"Doc_0/Res/{file}"))).getBestCmap()
    for page in pages(package):
        for text in page.iter(f"{{{ofd.NAMESPACE}}}TextObject"):
            letters = text.findtext("ofd:TextCode", namespaces=NS)
            assert {ord(letter) for letter in letters} <= set(fonts[text.get("Font")])


def test_it_says_what_the_pdf_says(pdf, package):
    """Letter for letter, without blanks: spacing is position here, not text."""
    shown = "".join(
        code.text for page in pages(package) for code in page.iter(f"{{{ofd.NAMESPACE}}}TextCode")
    )
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert sorted("".join(shown.split())) == sorted("".join(printed.split()))
