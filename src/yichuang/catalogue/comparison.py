"""Two versions of an item side by side, pure: fields, materials, questions, rows, facts, guide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext_lazy

from yichuang.catalogue.drafts import ItemDraft, Stage
from yichuang.catalogue.situations import Option, Row, condition_text

PARTS: Mapping[str, str] = {
    "item": gettext_lazy("基本信息"),
    "materials": gettext_lazy("材料"),
    "questions": gettext_lazy("情形提问"),
    "situations": gettext_lazy("情形对照"),
    "facts": gettext_lazy("申请表内容"),
    "guide": gettext_lazy("指南要素"),
}
_KEYS = {"materials": "name", "questions": "key", "facts": "key"}
_NOT_COMPARED = frozenset({"code", "row", "file", "lines", *PARTS})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said otherwise. part: see PARTS. name: of the material, question or row; "" for the
    item itself. field: which of its fields; "" when the whole of it came or went, and then the
    side on which it is missing is "". Values are shown as text; conditions as in a pack."""

    part: str
    name: str
    field: str
    before: str
    after: str


def differences(before: ItemDraft, after: ItemDraft) -> list[Difference]:
    """Everything that two drafts of an item say otherwise, in the order of PARTS."""
    found = list(_fields("item", "", before, after, _NOT_COMPARED))
    for part, key in _KEYS.items():
        old = {getattr(each, key): each for each in getattr(before, part)}
        new = {getattr(each, key): each for each in getattr(after, part)}
        found += _keyed(part, old, new)
    found += _keyed("situations", _rows(before.situations), _rows(after.situations))
    found += _fields("guide", "", before.guide, after.guide)
    order = list(PARTS)
    return sorted(found, key=lambda difference: order.index(difference.part))


def _keyed(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name, each in old.items():
        if name in new:
            yield from _fields(part, name, each, new[name])
        else:
            yield Difference(part, name, "", name, "")
    for name in new:
        if name not in old:
            yield Difference(part, name, "", "", name)
    both_old, both_new = [n for n in old if n in new], [n for n in new if n in old]
    if both_old != both_new:
        yield Difference(part, "", "seq", "；".join(both_old), "；".join(both_new))


def _fields(
    part: str, name: str, before: Any, after: Any, without: frozenset[str] = frozenset()
) -> Iterator[Difference]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in without and old != new:
            yield Difference(part, name, field.name, _shown(old), _shown(new))


def _rows(rows: tuple[Row, ...]) -> dict[str, Row]:
    """Rows under what makes each the one it is; of two the same the second is numbered."""
    named: dict[str, Row] = {}
    for row in rows:
        name = " ".join(filter(None, (condition_text(row.when), row.effect, row.value)))
        if not row.value:
            name = f"{name} {row.text}"
        number, free = 1, name
        while free in named:
            number, free = number + 1, f"{name} ({number + 1})"
        named[free] = row
    return named


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Option):
        return f"{value.value}:{value.label}"
    if isinstance(value, Stage):
        return f"{value.name}:{value.days}"
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return condition_text(value)
        return "；".join(_shown(each) for each in value)
    return str(value)
