"""Facts to PDF: typst with the package's own fonts, laid out to GB/T 9704-2012.

The compiler is kept per process (a fresh one reads 30 MB of fonts each time) and is not shared
between threads at once. Nothing here touches the database.
"""

from __future__ import annotations

import functools
import io
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.reader import PdfFileReader

from yichuang.documents import rules
from yichuang.documents.seal_face_rules import SealFace

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
TEMPLATES = HERE / "templates"
# Raised with every change that alters how a paper looks; stored with each paper.
TEMPLATE_VERSION = "2026-11b"

_turn = threading.Lock()


class RenderFailed(Exception):
    """The typesetter could not set this paper; the text says what it stumbled on."""


@dataclass(frozen=True, slots=True)
class SealMark:
    """What a paper shows of its seal. picture: PNG of the real one, b"" where there is none."""

    face: SealFace
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything one paper prints. content: see README; site: public address, no trailing slash."""

    kind: str
    number: str
    content: Mapping[str, Any]
    organ_name: str
    verify_code: str
    site: str
    created_at: datetime
    seal: SealMark | None
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """pdf: unsigned bytes. pages: at least 1. uncovered: characters written out as 〔U+…〕."""

    pdf: bytes
    pages: int
    uncovered: tuple[str, ...]


@functools.cache
def coverage() -> frozenset[int]:
    """Code points that the shipped font draws (read once per process)."""
    with TTFont(FONTS / "NotoSerifSC_400Regular.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())


def uncovered(content: Mapping[str, Any]) -> list[str]:
    """The characters anywhere in a paper's facts that will be written out as 〔U+…〕."""
    return rules.uncovered(json.dumps(content, ensure_ascii=False), coverage())


def render(sheet: Sheet) -> Rendered:
    """Set one paper. Raises RenderFailed; about 10 ms for a page once the compiler is warm."""
    missing = rules.uncovered(
        json.dumps([sheet.content, sheet.organ_name], ensure_ascii=False), coverage()
    )
    template = "licence.typ" if sheet.kind == rules.LICENCE else "main.typ"
    pdf = typeset(template, _page_data(sheet, missing), at=sheet.created_at)
    return Rendered(pdf, count_pages(pdf), tuple(missing))


def typeset(template: str, page: Mapping[str, Any], *, at: datetime) -> bytes:
    """A PDF/A (tagged) of a template and the JSON values it reads as "paper". Raises RenderFailed."""
    try:
        with _turn:
            return _compiler().compile(
                input=str(TEMPLATES / template),
                format="pdf",
                sys_inputs={"paper": json.dumps(page, ensure_ascii=False)},
                pdf_standards=["a-2a", "ua-1"],
                timestamp=at.replace(microsecond=0),
            )
    except RuntimeError as problem:
        raise RenderFailed(str(problem)) from problem


def verify_url(site: str, code: str) -> str:
    """The public page that says whether a paper is genuine."""
    return f"{site}/verify/{code}"


@functools.cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
    )


def _page_data(sheet: Sheet, missing: list[str]) -> dict[str, Any]:
    kind = rules.PAPER_KINDS[sheet.kind]
    url = verify_url(sheet.site, sheet.verify_code)
    return {
        "kind": sheet.kind,
        "title": kind.title,
        "letterhead": kind.letterhead,
        "number": sheet.number,
        "organ_name": written(sheet.organ_name),
        "content": written(sheet.content),
        "is_permit": bool(sheet.content.get("is_permit")),
        "uncovered": [rules.spell_out(letter, coverage()) for letter in missing],
        "verify_code": sheet.verify_code,
        "verify_url": url,
        "track_site": f"{sheet.site.removeprefix('https://')}/track",
        "verify_site": f"{sheet.site.removeprefix('https://')}/verify",
        "qr": qr(url),
        "seal": seal_data(sheet.seal) if sheet.seal else None,
        "demonstration": sheet.demonstration,
    }


def seal_data(mark: SealMark) -> dict[str, Any]:
    """A seal as the templates read it. A PNG goes as its bytes' numbers: JSON has no bytes."""
    return {**written(asdict(mark.face)), "picture": list(mark.picture)}


def specimen(mark: SealMark, facts: Sequence[tuple[str, str]], *, at: datetime) -> bytes:
    """A sheet with one seal in its true size and the facts of its register (印模). facts: label, text."""
    rows = [[label, written(text)] for label, text in facts]
    return typeset("specimen.typ", {"seal": seal_data(mark), "facts": rows}, at=at)


def written(value: Any) -> Any:
    """The facts with every undrawable letter spelt out and control characters gone."""
    if isinstance(value, str):
        printable = "".join(c for c in value if c.isprintable() or c.isspace() or ord(c) > 0xFFFF)
        return rules.spell_out(printable, coverage())
    if isinstance(value, Mapping):
        return {key: written(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [written(inner) for inner in value]
    return value


def qr(url: str) -> str:
    """A QR code as SVG."""
    drawing = io.BytesIO()
    segno.make(url, error="m", micro=False).save(drawing, kind="svg", border=1, xmldecl=False)
    return drawing.getvalue().decode("ascii")


def count_pages(pdf: bytes) -> int:
    return int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])
