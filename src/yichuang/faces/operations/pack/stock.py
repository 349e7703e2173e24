"""blank_types.csv: the certificates that come as numbered blank sheets. A pack may leave it out."""

from __future__ import annotations

from yichuang.blanks.rules import CHECKS, LARGEST_WIDTH, TYPES_FILE
from yichuang.blanks.rules import TypeDraft as BlankDraft
from yichuang.faces.operations.pack.table import Line

BLANKS = TYPES_FILE
BLANK_COLUMNS = (
    *("code", "name", "name_en", "organ_code", "prefix", "width", "check"),
    *("status", "note"),
)


def blank_type(line: Line) -> BlankDraft:
    return BlankDraft(
        code=line.code("code"),
        name=line.required("name"),
        name_en=line.text("name_en"),
        organ_code=line.code("organ_code"),
        prefix=line.text("prefix"),
        width=line.whole("width", least=3, otherwise=LARGEST_WIDTH),
        check=line.choice("check", tuple(CHECKS)),
        draft=line.choice("status", ("confirmed", "draft")) == "draft",
        note=line.text("note"),
        row=line.row,
    )
