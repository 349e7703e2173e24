"""An item's draft as JSON, as the rows of a version, and back; and what a change makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yichuang.catalogue.drafts import ItemDraft, MaterialDraft, facts_of, guide_of
from yichuang.catalogue.models import ItemVersion, Material
from yichuang.catalogue.rules import normalised
from yichuang.catalogue.situations import as_json, plain, questions_of, rows_of
from yichuang.verdict import Fault

_PLACE = frozenset({"row", "file", "lines"})  # where a draft stood is no part of what it says
_COLUMNS = {"objects": "objects_served", "chains": "chain_names"}
LONGEST_SENTENCE = 600  # characters of one text within questions, rows, facts and guide


def content(draft: ItemDraft) -> dict[str, Any]:
    """What a draft says, as JSON values; the same however and wherever it was written."""
    draft = normalised(draft)
    said = {name: value for name, value in plain(draft).items() if name not in _PLACE}
    return said | {
        "objects": list(draft.objects),
        "chains": list(draft.chains),
        "aliases": list(draft.aliases),
        "materials": [
            plain(material) | {"held_from": list(material.held_from)}
            for material in draft.materials
        ],
        "questions": as_json(draft.questions),
        "situations": as_json(draft.situations),
        "facts": [
            plain(fact) | {"options": [plain(option) for option in fact.options]}
            for fact in draft.facts
        ],
        "guide": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in plain(draft.guide).items()
        }
        | {"stages": [plain(stage) for stage in draft.guide.stages]},
    }


def digest(value: Any) -> str:
    """The SHA-256 of JSON values, as hexadecimal."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rows_for(
    said: Mapping[str, Any], *, version: int, valid_from: date, content_hash: str
) -> tuple[ItemVersion, list[Material]]:
    """The unsaved rows of a version that says this (`content`)."""
    values = {
        _COLUMNS.get(name, name): value
        for name, value in said.items()
        if name not in ("code", "materials")
    }
    row = ItemVersion(
        item_id=said["code"],
        version=version,
        valid_from=valid_from,
        content_hash=content_hash,
        **values,
    )
    listed = [
        Material(version=row, seq=seq, **material)
        for seq, material in enumerate(said["materials"], start=1)
    ]
    return row, listed


def draft_of(row: ItemVersion) -> ItemDraft:
    """What a stored version says. Its materials are read, or prefetched in order of seq."""
    values = {
        field.name: getattr(row, _COLUMNS.get(field.name, field.name))
        for field in fields(ItemDraft)
        if field.name not in _PLACE | {"code", "materials"}
    }
    return ItemDraft(
        **values
        | {
            "code": row.item_id,
            "objects": tuple(row.objects_served),
            "chains": tuple(row.chain_names),
            "aliases": tuple(row.aliases),
            "materials": tuple(_material(material) for material in row.materials.all()),
            "questions": questions_of(row.questions),
            "situations": rows_of(row.situations),
            "facts": facts_of(row.facts),
            "guide": guide_of(row.guide),
        }
    )


def _material(row: Material) -> MaterialDraft:
    values = {field.name: getattr(row, field.name) for field in fields(MaterialDraft)}
    return MaterialDraft(**values | {"held_from": tuple(row.held_from)})


# -- what may be changed in the browser ----------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value.strip()


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 9999:
        raise ValueError(value)
    return value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for each in _many(value) if (text := _text(each)))


def _many(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(value)
    return value


def _materials(value: Any) -> tuple[MaterialDraft, ...]:
    made = tuple(
        MaterialDraft(**{**each, "held_from": _texts(each.get("held_from", []))})
        for each in _many(value)
    )
    for material in made:
        _typed(material, {"later_days"})
        if material.later_days is not None:
            _whole(material.later_days)
    return made


def _typed(part: Any, apart: Iterable[str] = ()) -> None:
    """Each value of a dataclass is of the kind of its default ("" where it has none)."""
    for field in fields(part):
        value = getattr(part, field.name)
        kind = type(field.default) if isinstance(field.default, bool | tuple) else str
        if field.name not in apart and type(value) is not kind:
            raise ValueError(field.name)


def _facts(value: Any) -> Any:
    made = facts_of([{"options": [], **each} for each in _many(value)])
    for fact in made:
        _typed(fact)
        for option in fact.options:
            _typed(option)
    return made


def _questions(value: Any) -> Any:
    made = questions_of([{"when": "", "options": [], **each} for each in _many(value)])
    for question in made:
        _typed(question, {"options"})
        for option in question.options:
            _typed(option)
    return made


def _rows(value: Any) -> Any:
    made = rows_of([{"when": "", **each} for each in _many(value)])
    for row in made:
        _typed(row, {"when"})
    return made


def _guide(value: Any) -> Any:
    made = guide_of(value)
    _typed(made, {"visits", "stages"})
    for name in ("conditions", "conditions_en", "mistakes"):
        _texts(list(getattr(made, name)))
    for stage in made.stages:
        _text(stage.name)
        _whole(stage.days)
    if made.visits is not None:
        _whole(made.visits)
    return made


# Not here: what the pack's other tables also say (basis and decider, places, chains, type).
EDITABLE: Mapping[str, Callable[[Any], Any]] = {
    "name": _text,
    "name_en": _text,
    "objects": _texts,
    "handling": _text,
    "legal_days": lambda value: None if value is None else _whole(value),
    "legal_days_note": _text,
    "promised_days": _whole,
    "high_frequency": _yes,
    "aliases": _texts,
    "state": _text,
    "days_draft": _yes,
    "materials_draft": _yes,
    "materials": _materials,
    "questions": _questions,
    "situations": _rows,
    "facts": _facts,
    "guide": _guide,
}


class Unreadable(ValueError):
    """A change that is none: `field` is not editable, or its value has another shape."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def changed(draft: ItemDraft, change: Mapping[str, Any]) -> ItemDraft:
    """The draft with these fields (EDITABLE, as JSON) said otherwise. Raises Unreadable."""
    values = {}
    for name, value in change.items():
        read = EDITABLE.get(name)
        if read is None:
            raise Unreadable(name)
        try:
            values[name] = read(value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Unreadable(name) from error
    return replace(draft, row=0, file="items.csv", lines={}, **values)


def length_faults(draft: ItemDraft) -> Iterator[Fault]:
    """No text is longer than its column: one database cuts or refuses it, the other does not."""
    for name, limit in _ITEM_LIMITS.items():
        value = getattr(draft, name, "")
        if isinstance(value, str) and len(value) > limit:
            yield draft.fault(name, _too_long(limit, len(value)))
    for index, material in enumerate(draft.materials):
        for name, limit in _MATERIAL_LIMITS.items():
            value = getattr(material, name, "")
            if isinstance(value, str) and len(value) > limit:
                yield draft.fault_in("materials", index, name, _too_long(limit, len(value)))
    for part in ("questions", "situations", "facts"):
        for index, element in enumerate(getattr(draft, part)):
            for name, length in _long_texts(element):
                yield draft.fault_in(part, index, name, _too_long(LONGEST_SENTENCE, length))
    for name, length in _long_texts(draft.guide):
        yield draft.fault_in("guide", 0, name, _too_long(LONGEST_SENTENCE, length))


def _long_texts(part: Any) -> Iterator[tuple[str, int]]:
    """Field and length of each text that is too long in a dataclass and its parts."""
    for name in part.__slots__:
        value = getattr(part, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str):
                if len(each) > LONGEST_SENTENCE:
                    yield name, len(each)
            elif hasattr(each, "__slots__"):
                yield from ((name, length) for _name, length in _long_texts(each))


def _limits(model: type[ItemVersion] | type[Material]) -> dict[str, int]:
    return {
        field.name: field.max_length
        for field in model._meta.concrete_fields
        if field.max_length and not field.choices
    }


def _too_long(limit: int, count: int) -> str:
    return _("不能超过%(limit)d个字，现有%(count)d个。") % {"limit": limit, "count": count}


_ITEM_LIMITS = _limits(ItemVersion)
_MATERIAL_LIMITS = _limits(Material)
