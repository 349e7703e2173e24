"""A paper as OFD (GB/T 33190-2016), experimental: structure checked only, no reader was tried.

The same layout as the PDF: our own unsigned PDF is read back, letter by letter and line by line, and
written as text and path objects in millimetres, with a subset of the fonts the paper was set in.
The result bears no signature and no force; the signed PDF is the paper.
"""

from __future__ import annotations

import functools
import io
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as XML

from fontTools import subset
from fontTools.ttLib import TTFont
from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTCurve, LTItem, LTPage
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage

from yichuang.documents.rendering import FONTS

NAMESPACE = "http://www.ofdspec.org/2016"
MEDIA_TYPE = "application/ofd"
MM = 25.4 / 72  # a PDF's point in millimetres
FACES = {"Regular": "NotoSerifSC_400Regular.ttf", "Bold": "NotoSerifSC_700Bold.ttf"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same facts give the same bytes

XML.register_namespace("ofd", NAMESPACE)


@dataclass(slots=True)
class _Run:
    """Letters on one baseline in one face, size and colour. x: of each letter, mm on the page."""

    face: str
    size: float
    colour: str
    turn: tuple[float, float, float, float]
    y: float
    letters: list[str] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    end: float = 0.0


class _Device(PDFPageAggregator):
    """Collects a page's items; a line is as thick as it is drawn, not as it is written."""

    def paint_path(
        self, gstate: PDFGraphicState, stroke: bool, fill: bool, evenodd: bool, path: Any
    ) -> None:
        a, b, c, d, _e, _f = self.ctm
        drawn = gstate.copy()
        # a width nobody set is 1 (ISO 32000 §8.4.3.2), where pdfminer says 0
        drawn.linewidth = (gstate.linewidth or 1) * math.sqrt(abs(a * d - b * c))
        super().paint_path(drawn, stroke, fill, evenodd, path)


class _Ids:
    """Identifiers, unique in the document."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> str:
        self.last += 1
        return str(self.last)


def ofd_of(pdf: bytes, *, title: str, document_id: str, at: datetime) -> bytes:
    """The OFD package of one of our own unsigned PDFs.

    document_id: 32 hexadecimal digits. at: its moment of creation. Only our own output is to be
    given here: strangers' PDFs are read elsewhere, in a process with limits.
    """
    pages = list(_pages(pdf))
    runs = [list(_runs(page)) for page in pages]
    used = {face: "".join(sorted(_letters(runs, face))) for face in FACES}
    ids = _Ids()
    fonts = {face: ids() for face, letters in used.items() if letters}
    page_ids = [ids() for _page in pages]
    contents = [
        _content(page, page_runs, fonts, ids) for page, page_runs in zip(pages, runs, strict=True)
    ]
    parts = {
        "OFD.xml": _root(title, document_id, at),
        "Doc_0/Document.xml": _document(pages[0], page_ids, ids),
        "Doc_0/PublicRes.xml": _resources(fonts),
    }
    parts |= {
        f"Doc_0/Pages/Page_{number}/Content.xml": content for number, content in enumerate(contents)
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, element in parts.items():
            text = XML.tostring(element, encoding="utf-8", xml_declaration=True)
            package.writestr(_entry(name), text)
        for face, identifier in fonts.items():
            package.writestr(_entry(f"Doc_0/Res/font_{identifier}.ttf"), _font(face, used[face]))
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _pages(pdf: bytes) -> Iterator[LTPage]:
    manager = PDFResourceManager()
    device = _Device(manager, laparams=None)
    interpreter = PDFPageInterpreter(manager, device)
    for page in PDFPage.get_pages(io.BytesIO(pdf)):
        interpreter.process_page(page)
        yield device.get_result()


def _flat(items: Iterable[LTItem]) -> Iterator[LTItem]:
    """The items of a page with those inside figures, in drawing order."""
    for item in items:
        if isinstance(item, Iterable):
            yield from _flat(item)
        else:
            yield item


def _runs(page: LTPage) -> Iterator[_Run]:
    run: _Run | None = None
    for item in _flat(page):
        if not isinstance(item, LTChar):
            continue
        a, b, c, d, e, f = item.matrix
        face = "Bold" if "Bold" in item.fontname else "Regular"
        size = round(item.size * MM, 3)
        colour = _colour(item.graphicstate.ncolor)
        x, y = e * MM, (page.height - f) * MM
        turn = (round(a, 4), round(-b, 4), round(-c, 4), round(d, 4))
        level = turn == (1.0, 0.0, 0.0, 1.0)
        follows = (
            run is not None
            and level
            and (run.face, run.size, run.colour, run.turn) == (face, size, colour, turn)
            and abs(run.y - y) < 0.01
            and x >= run.x[-1]
        )
        if not follows:
            if run is not None:
                yield run
            run = _Run(face, size, colour, turn, y)
        assert run is not None
        for letter in item.get_text():
            run.letters.append(letter)
            run.x.append(x)
        run.end = x + item.adv * MM
    if run is not None:
        yield run


def _letters(pages: Sequence[Sequence[_Run]], face: str) -> set[str]:
    return {letter for runs in pages for run in runs if run.face == face for letter in run.letters}


def _content(page: LTPage, runs: Sequence[_Run], fonts: dict[str, str], ids: _Ids) -> XML.Element:
    root = _element("Page")
    _box(_child(root, "Area"), page)
    layer = _child(_child(root, "Content"), "Layer", ID=ids(), Type="Body")
    for item in _flat(page):
        if isinstance(item, LTCurve):
            _path(layer, item, page, ids())
    for run in runs:
        _text(layer, run, fonts[run.face], ids())
    return root


def _text(layer: XML.Element, run: _Run, font: str, identifier: str) -> None:
    left, top = run.x[0], run.y - run.size
    boundary = (left, top, max(run.end - left, run.size), run.size * 1.3)
    attributes = {
        "ID": identifier,
        "Boundary": _numbers(boundary),
        "Font": font,
        "Size": _number(run.size),
    }
    if run.turn != (1.0, 0.0, 0.0, 1.0):
        # turned about the letter's own origin, which stays where it was
        a, b, c, d = run.turn
        attributes["CTM"] = _numbers((a, b, c, d, -c * run.size, run.size - d * run.size))
    text = _child(layer, "TextObject", **attributes)
    _child(text, "FillColor", Value=run.colour)
    steps = [after - before for before, after in zip(run.x, run.x[1:], strict=False)]
    code = {"X": "0", "Y": _number(run.size)}
    if steps:
        code["DeltaX"] = _numbers(steps)
    _child(text, "TextCode", **code).text = "".join(run.letters)


def _path(layer: XML.Element, item: LTCurve, page: LTPage, identifier: str) -> None:
    """A line, a frame or a filled shape; its data relative to its own boundary."""
    left, top = item.x0 * MM, (page.height - item.y1) * MM
    thick = item.linewidth * MM
    boundary = (
        left - thick,
        top - thick,
        item.width * MM + 2 * thick,
        item.height * MM + 2 * thick,
    )
    path = _child(
        layer,
        "PathObject",
        ID=identifier,
        Boundary=_numbers(boundary),
        LineWidth=_number(thick),
        Stroke=str(bool(item.stroke)).lower(),
        Fill=str(bool(item.fill)).lower(),
    )
    if item.stroke and item.dashing_style and item.dashing_style[0]:
        path.set("DashPattern", _numbers([length * MM for length in item.dashing_style[0]]))
    if item.fill:
        _child(path, "FillColor", Value=_colour(item.non_stroking_color))
    if item.stroke:
        _child(path, "StrokeColor", Value=_colour(item.stroking_color))
    _child(path, "AbbreviatedData").text = " ".join(_data(item, page, boundary[0], boundary[1]))


_COMMANDS = {"m": "M", "l": "L", "c": "B", "h": "C"}


def _data(item: LTCurve, page: LTPage, left: float, top: float) -> Iterator[str]:
    for operator, *points in item.original_path or ():
        yield _COMMANDS[operator]
        for x, y in points:
            yield _numbers((x * MM - left, (page.height - y) * MM - top))


def _colour(value: object) -> str:
    """Red, green and blue from 0 to 255, of a PDF's grey, RGB or CMYK."""
    parts = value if isinstance(value, Sequence) else (value or 0,)
    levels = [float(part) for part in parts]
    if len(levels) == 1:
        levels *= 3
    if len(levels) == 4:
        black = 1 - levels[3]
        levels = [(1 - level) * black for level in levels[:3]]
    return " ".join(str(round(255 * level)) for level in levels)


def _root(title: str, document_id: str, at: datetime) -> XML.Element:
    root = _element("OFD", Version="1.1", DocType="OFD")
    body = _child(root, "DocBody")
    info = _child(body, "DocInfo")
    for name, text in (
        ("DocID", document_id),
        ("Title", title),
        ("CreationDate", at.date().isoformat()),
        ("Creator", "Yichuang"),
    ):
        _child(info, name).text = text
    _child(body, "DocRoot").text = "Doc_0/Document.xml"
    return root


def _document(first: LTPage, page_ids: Sequence[str], ids: _Ids) -> XML.Element:
    root = _element("Document")
    common = _child(root, "CommonData")
    _child(common, "MaxUnitID").text = str(ids.last)
    _box(_child(common, "PageArea"), first)
    _child(common, "PublicRes").text = "PublicRes.xml"
    pages = _child(root, "Pages")
    for number, identifier in enumerate(page_ids):
        _child(pages, "Page", ID=identifier, BaseLoc=f"Pages/Page_{number}/Content.xml")
    return root


def _box(area: XML.Element, page: LTPage) -> None:
    _child(area, "PhysicalBox").text = _numbers((0, 0, page.width * MM, page.height * MM))


def _resources(fonts: dict[str, str]) -> XML.Element:
    root = _element("Res", BaseLoc="Res")
    listed = _child(root, "Fonts")
    for face, identifier in fonts.items():
        font = _child(
            listed,
            "Font",
            ID=identifier,
            FontName="Noto Serif SC",
            FamilyName="Noto Serif SC",
            Bold=str(face == "Bold").lower(),
        )
        _child(font, "FontFile").text = f"font_{identifier}.ttf"
    return root


def _font(face: str, letters: str) -> bytes:
    """The face with only these letters."""
    font = TTFont(io.BytesIO(_face(face)), lazy=True, recalcTimestamp=False)
    options = subset.Options(recalc_timestamp=False, layout_features=[])
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters)
    cutter.subset(font)
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()


@functools.cache
def _face(face: str) -> bytes:
    return (FONTS / FACES[face]).read_bytes()


def _element(name: str, **attributes: str) -> XML.Element:
    return XML.Element(f"{{{NAMESPACE}}}{name}", attributes)


def _child(parent: XML.Element, name: str, **attributes: str) -> XML.Element:
    return XML.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def _numbers(values: Iterable[float]) -> str:
    return " ".join(_number(value) for value in values)
