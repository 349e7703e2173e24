"""Questions and rows as the CSV text of a county pack (docs/pack-format.md), both ways. Pure.

For whoever keeps tables in a spreadsheet; everybody else fills in forms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from yichuang.catalogue import situations
from yichuang.catalogue.situations import Question, Row

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "questions": (
        *("item_code", "seq", "key", "ask", "ask_en", "help", "help_en", "options", "options_en"),
        *("when", "basis", "status"),
    ),
    "situations": (*("item_code", "seq", "when", "effect", "value", "text", "text_en", "basis"),),
}
SEPARATOR = ";"


class Unreadable(ValueError):
    """Text that is no such table; `reasons` are sentences, each with its line."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(*reasons)
        self.reasons = tuple(reasons)


def written(code: str, part: str, elements: Iterable[Question | Row]) -> str:
    """The part as CSV text with its header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS[part], lineterminator="\n")
    writer.writeheader()
    for seq, element in enumerate(elements, start=1):
        row = _question_row(element) if isinstance(element, Question) else _row_row(element)
        writer.writerow({"item_code": code, "seq": seq, **row})
    return out.getvalue()


def read(code: str, part: str, text: str) -> list[dict[str, Any]]:
    """The elements of a part as JSON values, from CSV text. Raises Unreadable."""
    reader = csv.DictReader(io.StringIO(text.strip()))
    lacking = set(COLUMNS[part]) - {"item_code", "seq"} - set(reader.fieldnames or ())
    if lacking:
        columns = "、".join(sorted(lacking))
        raise Unreadable([_("表头缺少这些列：%(columns)s。") % {"columns": columns}])
    reasons: list[str] = []
    numbered: list[tuple[float, int, dict[str, Any]]] = []
    for line, row in enumerate(reader, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS[part]}
        if not any(cells.values()):
            continue
        try:
            numbered.append((_number(cells["seq"], line), line, _element(code, part, cells)))
        except Unreadable as error:
            told = {"line": line}
            reasons += [_("第%(line)d行：%(why)s") % {**told, "why": why} for why in error.reasons]
    if reasons:
        raise Unreadable(reasons)
    return [element for _seq, _line, element in sorted(numbered, key=lambda each: each[:2])]


def _number(text: str, otherwise: int) -> float:
    if not text:
        return otherwise
    if not text.isdecimal():
        raise Unreadable([_("序号“%(text)s”不是数。") % {"text": text}])
    return int(text)


def _element(code: str, part: str, cells: Mapping[str, str]) -> dict[str, Any]:
    if cells["item_code"] not in ("", code):
        raise Unreadable(
            [_("这一行是事项%(other)s的，不是本事项的。") % {"other": cells["item_code"]}]
        )
    try:
        situations.condition(cells["when"])
    except ValueError as error:
        raise Unreadable(
            [_("条件“%(text)s”读不懂；应写成 key=值|值&key=值。") % {"text": cells["when"]}]
        ) from error
    names = ("when", "text", "text_en", "basis", "effect", "value")
    if part == "situations":
        return {name: cells[name] for name in names}
    own = {
        name: cells[name] for name in ("key", "ask", "ask_en", "help", "help_en", "when", "basis")
    }
    return {**own, "options": _options(cells), "draft": cells["status"] != "confirmed"}


def _options(cells: Mapping[str, str]) -> list[dict[str, str]]:
    english = dict(_pairs(cells["options_en"]))
    return [
        {"value": value, "label": label, "label_en": english.get(value, "")}
        for value, label in _pairs(cells["options"])
    ]


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, (each.strip() for each in text.split(SEPARATOR))):
        value, sign, label = part.partition(":")
        if not sign or not value.strip() or not label.strip():
            raise Unreadable([_("“%(part)s”应写成“值:文字”，中间是半角冒号。") % {"part": part}])
        pairs.append((value.strip(), label.strip()))
    return pairs


def _question_row(question: Question) -> dict[str, str]:
    return {
        **{name: getattr(question, name) for name in ("key", "ask", "ask_en", "help", "help_en")},
        "options": SEPARATOR.join(f"{o.value}:{o.label}" for o in question.options),
        "options_en": SEPARATOR.join(
            f"{o.value}:{o.label_en}" for o in question.options if o.label_en
        ),
        "when": situations.condition_text(question.when),
        "basis": question.basis,
        "status": "draft" if question.draft else "confirmed",
    }


def _row_row(row: Row) -> dict[str, str]:
    names = ("effect", "value", "text", "text_en", "basis")
    return {
        **{name: getattr(row, name) for name in names},
        "when": situations.condition_text(row.when),
    }
