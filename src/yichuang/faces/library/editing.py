"""A draft's content while it is written, pure: what a form changes, and what became of it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from yichuang.catalogue.drafts import ItemDraft
from yichuang.catalogue.versions import content, digest

Element = Mapping[str, Any]
# part → the field by which an element stays itself when its words change; rows have none
IDENTITY = {"materials": "name", "questions": "key"}


def merged(
    before: ItemDraft, draft: Mapping[str, Any], change: Mapping[str, Any]
) -> dict[str, Any]:
    """The draft's content with a change; what is again as before is no change any more."""
    original = content(before)
    return {
        name: value for name, value in {**draft, **change}.items() if value != original.get(name)
    }


def elements(after: ItemDraft, part: str) -> list[dict[str, Any]]:
    """The elements of a part as JSON values, as the draft has them now."""
    listed: list[dict[str, Any]] = content(after)[part]
    return listed


def mark(element: Element) -> str:
    """What a form carries to find its element again after others have written."""
    return digest(element)[:16]


def found(
    listed: Sequence[Element], number: int, was: str, identity: str, field: str
) -> int | None:
    """Where an element stands now (from 0): at its place, elsewhere, or under the same identity."""
    marks = [mark(each) for each in listed]
    if 0 < number <= len(listed) and marks[number - 1] == was:
        return number - 1
    if was in marks:
        return marks.index(was)
    if field and identity:
        return next((i for i, each in enumerate(listed) if each[field] == identity), None)
    return None


def with_element(listed: Sequence[Element], at: int | None, new: Element) -> list[Element]:
    """The part with an element said otherwise, or with one more at the end."""
    changed = list(listed)
    if at is None:
        changed.append(new)
    else:
        changed[at] = new
    return changed


def without(listed: Sequence[Element], at: int) -> list[Element]:
    """The part without one element."""
    return [each for i, each in enumerate(listed) if i != at]


def ordered(listed: Sequence[Element], numbers: Mapping[int, float]) -> list[Element]:
    """The part by the numbers that people wrote beside its elements (index → number). An element
    given the number of another goes before it when it comes from behind, after it otherwise."""

    def key(pair: tuple[int, Element]) -> tuple[float, float]:
        index = pair[0]
        wanted = numbers.get(index, index + 1)
        moved = wanted - (index + 1)
        return wanted, -1 if moved < 0 else 1 if moved > 0 else 0

    return [each for _index, each in sorted(enumerate(listed), key=key)]


def renamed_material(
    change: dict[str, Any], after: ItemDraft, old: str, new: str
) -> dict[str, Any]:
    """The change, with the rows that name a material following its new name."""
    if old == new or not any(row.value == old for row in after.situations):
        return change
    rows = [
        {**row, "value": new}
        if row["effect"] in ("need", "without") and row["value"] == old
        else row
        for row in elements(after, "situations")
    ]
    return {**change, "situations": rows}


def free_value(taken: set[str], stem: str) -> str:
    """A short code that nobody sees: o1, o2 … not among those taken."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
