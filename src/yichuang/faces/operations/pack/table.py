"""One CSV table of a pack: its text decoded, its header checked, its cells turned into values.

A table never stops at the first fault. It notes each one with file, line and column in words that
tell what to change, and hands out a harmless value, so that the rest can be checked in one go.
The lines counted are those of the file, as a text editor or a spreadsheet shows them.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from yichuang.verdict import Fault

SEPARATOR = ";"
_FLOAT_CODE = re.compile(r"^\d(\.\d+)?[eE]\+\d+$", re.ASCII)
_DECIMAL_CODE = re.compile(r"^\d+\.0+$", re.ASCII)
_CODE = re.compile(r"^[A-Za-z0-9@*][A-Za-z0-9._@-]*$", re.ASCII)
_DIVISION = re.compile(r"^\d{12}$", re.ASCII)
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$", re.ASCII)
_WHOLE = re.compile(r"^-?\d+$", re.ASCII)
_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ．－＿；]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Line:
    """One row: its line in the file, its cells by column, and the faults it notes."""

    file: str
    row: int
    cells: Mapping[str, str]
    faults: list[Fault]

    def fault(self, column: str, reason: str) -> None:
        """Note that this cell is wrong."""
        self.faults.append(Fault(self.file, self.row, column, reason))

    def text(self, column: str) -> str:
        """The cell as it stands, without blanks around it. May be empty."""
        return self.cells[column]

    def required(self, column: str) -> str:
        """The cell, which must not be empty."""
        value = self.cells[column]
        if not value:
            self.fault(column, _("不能为空。"))
        return value

    def code(self, column: str, *, optional: bool = False) -> str:
        """A code: half-width letters, digits and . _ - ; never what a spreadsheet made of it."""
        value = self.cells[column]
        if not value:
            if not optional:
                self.fault(column, _("不能为空。"))
            return ""
        self._check_code(column, value)
        return value

    def division(self, column: str, *, optional: bool = False) -> str:
        """A division code of 12 digits (统计用区划代码)."""
        value = self.cells[column]
        before = len(self.faults)
        self.code(column, optional=optional)
        if value and len(self.faults) == before and not _DIVISION.match(value):
            if value.isdigit():
                reason = _(
                    "区划代码应为12位数字，“%(value)s”是%(count)d位；"
                    "可能被表格软件去掉了开头或末尾的0，请把该列设为文本后重填。"
                ) % {"value": value, "count": len(value)}
            else:
                reason = _("区划代码应为12位数字，不是“%(value)s”。") % {"value": value}
            self.fault(column, reason)
        return value

    def codes(self, column: str, *, star: bool = False) -> tuple[str, ...]:
        """Codes with ";" between them; `star` allows "*" for all."""
        parts = self.words(column)
        for part in parts:
            if not (star and part == "*"):
                self._check_code(column, part)
        return parts

    def words(self, column: str) -> tuple[str, ...]:
        """Texts with ";" between them; empty parts are dropped."""
        value = self.cells[column]
        if "；" in value:
            self.fault(column, _("多个值之间要用半角分号“;”，不要用全角“；”。"))
        return tuple(part.strip() for part in value.split(SEPARATOR) if part.strip())

    def whole(self, column: str, *, least: int = 0, otherwise: int = 0) -> int:
        """A whole number that must be there."""
        return self._whole(column, least) if self.required(column) else otherwise

    def whole_or_none(self, column: str, *, least: int = 0) -> int | None:
        """A whole number, or None for an empty cell."""
        return self._whole(column, least) if self.cells[column] else None

    def numbers(self, column: str) -> tuple[int, ...]:
        """Whole numbers with ";" between them."""
        found = []
        for part in self.words(column):
            if _WHOLE.match(part):
                found.append(int(part))
            else:
                self.fault(column, _not_whole(part))
        return tuple(found)

    def day(self, column: str, otherwise: date) -> date:
        """A date that must be there; `otherwise` stands in for one that cannot be read."""
        return (self._day(column) if self.required(column) else None) or otherwise

    def day_or_none(self, column: str) -> date | None:
        """A date, or None for an empty cell."""
        return self._day(column) if self.cells[column] else None

    def mark(self, column: str) -> bool:
        """A yes or no: 1 or 0."""
        value = self.required(column)
        if value and value not in ("0", "1"):
            self.fault(column, _("只能填1（是）或0（否），不是“%(value)s”。") % {"value": value})
        return value == "1"

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """One of the words this column knows."""
        value = self.required(column)
        if value and value not in allowed:
            self.fault(
                column,
                _("“%(value)s”不在可用值中：%(allowed)s。")
                % {"value": value, "allowed": "、".join(allowed)},
            )
        return value

    def _check_code(self, column: str, value: str) -> None:
        if _FLOAT_CODE.match(value) or _DECIMAL_CODE.match(value):
            reason = _(
                "“%(value)s”是表格软件把代码当成数字改写的结果，原来的数字已经丢失；"
                "请把该列设为文本后重填。"
            )
        elif _WIDE.search(value):
            reason = _("“%(value)s”含全角字符，请改为半角“%(half)s”。")
        elif not _CODE.match(value):
            reason = _("“%(value)s”不是代码：只能用半角字母、数字和 . _ - @。")
        else:
            return
        half = unicodedata.normalize("NFKC", value)
        self.fault(column, reason % {"value": value, "half": half})

    def _whole(self, column: str, least: int) -> int:
        value = self.cells[column]
        if not _WHOLE.match(value):
            self.fault(column, _not_whole(value))
            return least
        if int(value) < least:
            self.fault(column, _("不能小于%(least)d。") % {"least": least})
            return least
        return int(value)

    def _day(self, column: str) -> date | None:
        value = self.cells[column]
        if _DATE.match(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.fault(column, _("没有%(value)s这一天。") % {"value": value})
                return None
        if _WIDE.search(value):
            reason = _("“%(value)s”含全角字符，请改为半角“%(half)s”。") % {
                "value": value,
                "half": unicodedata.normalize("NFKC", value),
            }
        else:
            reason = _("日期应写成2021-09-14这样，不是“%(value)s”；请把该列设为文本后重填。") % {
                "value": value
            }
        self.fault(column, reason)
        return None


@dataclass(slots=True)
class Table:
    """The rows of one file. `readable` is False when its cells could not be reached at all."""

    file: str
    readable: bool = False
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def once(self, *columns: str) -> None:
        """Note every row that repeats the cells of an earlier one in these columns."""
        seen: dict[tuple[str, ...], int] = {}
        for line in self.lines:
            key = tuple(line.cells[column] for column in columns)
            if key in seen and any(key):
                line.fault(
                    columns[-1],
                    _("“%(value)s”与第%(row)d行重复。")
                    % {"value": " ".join(key), "row": seen[key]},
                )
            seen.setdefault(key, line.row)


def read_table(
    folder: Path,
    file: str,
    columns: Sequence[str],
    *,
    may_lack: Collection[str] = (),
    may_be_absent: bool = False,
) -> Table:
    """Read folder/file, whose header must name exactly `columns`, in any order.

    may_lack: columns that an older pack does not have; their cells are then empty. may_be_absent:
    a pack without the file is as one with an empty table.
    """
    table = Table(file)
    if may_be_absent and not (folder / file).exists():
        table.readable = True
        return table

    def fault(row: int, column: str, reason: str) -> None:
        table.faults.append(Fault(file, row, column, reason))

    text = read_text(folder / file, lambda row, reason: fault(row, "", reason))
    if text is None:
        return table
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _header_holds(header, columns, may_lack, fault):
            return table
        start = reader.line_num + 1
        for cells in reader:
            row, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                fault(
                    row,
                    "",
                    _("这一行有%(cells)d格，表头有%(header)d列；请检查多出或缺少的逗号和引号。")
                    % {"cells": len(cells), "header": len(header)},
                )
                continue
            values = {
                name: cell.strip().strip("\u00a0\u3000")
                for name, cell in zip(header, cells, strict=True)
            }
            values |= dict.fromkeys(set(may_lack) - set(header), "")
            table.lines.append(Line(file, row, values, table.faults))
    except csv.Error as error:
        fault(
            reader.line_num,
            "",
            _("不能按CSV读取（%(error)s）；请检查引号是否成对。") % {"error": error},
        )
        return table
    table.readable = True
    return table


def read_text(path: Path, fault: Callable[[int, str], None]) -> str | None:
    """The text of a UTF-8 file (a byte order mark and CRLF are fine), or None with a fault noted."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        fault(0, _("缺少这个文件；没有内容的表也要有表头。"))
        return None
    except OSError as error:
        fault(0, _("不能读取：%(error)s。") % {"error": error.strerror or error})
        return None
    if raw.startswith(_UTF16_MARKS):
        fault(1, _("文件是UTF-16编码；请在表格软件里另存为“CSV UTF-8”。"))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        fault(row, _("文件不是UTF-8编码（可能是GBK）；请在表格软件里另存为“CSV UTF-8”。"))
        return None
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        fault(row, _("文件里有空字符（NUL），可能已经损坏；请重新导出。"))
        return None
    return text


def _header_holds(
    header: Sequence[str],
    columns: Sequence[str],
    may_lack: Collection[str],
    fault: Callable[[int, str, str], None],
) -> bool:
    missing = [column for column in columns if column not in header and column not in may_lack]
    twice = False
    for column in missing:
        fault(1, column, _("缺少“%(column)s”列。") % {"column": column})
    for place, column in enumerate(header):
        if column not in columns:
            fault(1, column, _("不认识“%(column)s”列，请删除或改名。") % {"column": column})
        elif column in header[:place]:
            fault(1, column, _("“%(column)s”列出现了两次。") % {"column": column})
            twice = True
    return not missing and not twice


def _not_whole(value: str) -> str:
    reason = _("应填整数，不是“%(value)s”。")
    if _WIDE.search(value):
        reason = _("“%(value)s”含全角字符，请改为半角“%(half)s”。")
    return str(reason % {"value": value, "half": unicodedata.normalize("NFKC", value)})
