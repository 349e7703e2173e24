"""Where in the editor a fault is put right."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yichuang.catalogue.drafts import FILES
from yichuang.catalogue.queries import DraftSheet
from yichuang.faces.library import words
from yichuang.faces.library.forms.item import BasicForm
from yichuang.verdict import Fault

_PARTS = {FILES[part]: part for part in ("materials", "questions", "situations")}
# a column of the tables → the field's name in the form that is drawn
_FIELDS = {"steps": "stages", "options": "options", "when": "when"}


def linked(sheet: DraftSheet) -> list[dict[str, Any]]:
    """Everything that blocks publishing, each with where to go; "" where the pack must change."""
    return [
        {"text": _text(fault, sheet), "href": _address(fault, sheet), "part": _part(fault)}
        for fault in sheet.faults
    ]


def _text(fault: Fault, sheet: DraftSheet) -> str:
    place = _place(fault, sheet)
    return (
        _("%(place)s：%(reason)s") % {"place": place, "reason": fault.reason}
        if place
        else str(fault.reason)
    )


def _place(fault: Fault, sheet: DraftSheet) -> str:
    """What the fault is about, by the name people know it by."""
    column = str(words.FIELDS.get(fault.column, ""))
    part, index = _PARTS.get(fault.file, ""), fault.row - 1
    if part == "materials" and index < len(sheet.after.materials):
        return _("材料“%(name)s”的“%(field)s”") % {
            "name": sheet.after.materials[index].name,
            "field": column,
        }
    if part == "questions" and index < len(sheet.after.questions):
        return _("第%(number)d个问题") % {"number": fault.row}
    if part == "situations":
        return _("对照第%(number)d行") % {"number": fault.row}
    return column


def _part(fault: Fault) -> str:
    if fault.file == FILES["guide"]:
        return "guide"
    if fault.file in _PARTS:
        return _PARTS[fault.file]
    if fault.column in BasicForm.base_fields:
        return "basic"
    return fault.column if fault.column in _PARTS.values() else ""


def _address(fault: Fault, sheet: DraftSheet) -> str:
    part, draft_id = _part(fault), sheet.line.id
    if part in ("basic", "guide"):
        field = _FIELDS.get(fault.column, f"id_{fault.column}")
        return f"{reverse(f'library:{part}', args=[draft_id])}#{field}"
    if fault.file in _PARTS:
        field = _FIELDS.get(fault.column, f"id_{fault.column}")
        return f"{reverse('library:element', args=[draft_id, part, fault.row])}#{field}"
    return reverse("library:part", args=[draft_id, part]) if part else ""
