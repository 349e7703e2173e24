"""pack.toml: which county a pack is of, and from when it holds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from yichuang.faces.operations.pack.table import read_text
from yichuang.verdict import Fault

META = "pack.toml"


@dataclass(frozen=True, slots=True)
class Meta:
    """pack.toml: which county, which edition, from when, and what of it is a draft."""

    county_code: str
    county_name: str
    county_name_en: str
    version: str
    effective_on: date
    statement: str
    statement_en: str
    sources: tuple[str, ...]


def read_meta(path: Path, faults: list[Fault]) -> Meta:
    """Read path/pack.toml, adding what is wrong with it to `faults`."""

    def fault(row: int, key: str, reason: str) -> None:
        faults.append(Fault(META, row, key, reason))

    text = read_text(path / META, lambda row, reason: fault(row, "", reason))
    tree: dict[str, Any] = {}
    if text is not None:
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            fault(0, "", _("不是有效的TOML：%(error)s。") % {"error": error})
            text = None

    def value(table: str, key: str, kind: type) -> Any:
        part = tree.get(table)
        found = part.get(key) if isinstance(part, dict) else None
        # a datetime is a date to Python, not to a reader of this file
        if type(found) is kind and found:
            return found.strip() if isinstance(found, str) else found
        if text is not None:
            row = _row_of(text, key)
            if found in (None, ""):
                reason = _("[%(table)s]里缺少%(key)s。")
            elif kind is date:
                reason = _("[%(table)s]里的%(key)s应是日期，写成2021-09-14，不加引号。")
            else:
                reason = _("[%(table)s]里的%(key)s应是引号里的文字。")
            fault(row, f"{table}.{key}", reason % {"table": table, "key": key})
        return "" if kind is str else date.min

    sources = tree.get("sources", [])
    if text is not None and (
        not sources
        or not isinstance(sources, list)
        or not all(isinstance(source, str) and source.strip() for source in sources)
    ):
        fault(_row_of(text, "sources"), "sources", _("sources应是一组来源说明，不能为空。"))
        sources = []
    return Meta(
        county_code=value("county", "code", str),
        county_name=value("county", "name", str),
        county_name_en=value("county", "name_en", str),
        version=value("pack", "version", str),
        effective_on=value("pack", "effective_on", date),
        statement=value("pack", "statement", str),
        statement_en=value("pack", "statement_en", str),
        sources=tuple(sources),
    )


def _row_of(text: str, key: str) -> int:
    """The line on which a key stands, 0 when it is missing."""
    for row, line in enumerate(text.splitlines(), start=1):
        if line.split("=")[0].strip() == key:
            return row
    return 0
