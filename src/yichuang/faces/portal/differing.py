"""What two versions of an item say otherwise, as a resident reads it. No SQL.

Left out is what tells a resident nothing: sayings for the search, English beside the Chinese, what
only the office uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.catalogue import comparison
from yichuang.catalogue.comparison import PARTS, Difference
from yichuang.catalogue.queries import ItemGuide
from yichuang.catalogue.situations import EFFECTS, Question, condition
from yichuang.documents import guide_case as case

# shown under the name that the catalogue's keepers use
_SAME = (
    *("name", "domain", "item_type", "handling", "legal_days_note", "basis", "always"),
    *("reason", "sample", "ask", "options", "text", "conditions", "standard", "result_name"),
    *("fee", "limit", "visits", "mistakes", "label", "required"),
)
FIELDS: Mapping[str, Any] = {
    "": "",
    **{field: comparison.FIELDS[field] for field in _SAME},
    "objects": gettext_lazy("谁能办"),
    "legal_days": gettext_lazy("法定时限（工作日）"),
    "promised_days": gettext_lazy("承诺时限（工作日）"),
    "town": gettext_lazy("镇能不能办"),
    "street": gettext_lazy("街道能不能办"),
    "village": gettext_lazy("村（社区）能不能办"),
    "state": gettext_lazy("状态"),
    "note": gettext_lazy("说明"),
    "held": gettext_lazy("可共享，不用交"),
    "form": gettext_lazy("要求"),
    "later_days": gettext_lazy("可以晚交（工作日）"),
    "promise": gettext_lazy("承诺代替"),
    "seq": gettext_lazy("先后"),
    "when": gettext_lazy("什么情况"),
    "stages": gettext_lazy("办理步骤"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """about: the material, question or case, "" for the item. field: which of its statements, ""
    when the whole came or went; then the missing side is ""."""

    about: str
    field: str
    before: str
    after: str


def parts(
    found: Iterable[Difference], before: ItemGuide, after: ItemGuide
) -> list[tuple[str, list[Line]]]:
    """(part, its lines) in the order of the guide; parts without a difference are left out."""
    questions = {q.key: q for q in (*before.questions, *after.questions)}
    asks = {key: case.pick(q.ask, q.ask_en) for key, q in questions.items()}
    shown: dict[str, list[Line]] = {}
    for one in found:
        if one.field not in FIELDS:
            continue
        about = one.name
        if one.part == "questions":
            about = asks.get(one.name, one.name)
        elif one.part == "situations":
            about = _row(one.name, tuple(questions.values()))
        old, new = (
            about if not one.field and value else _value(one.field, value, questions.values())
            for value in (one.before, one.after)
        )
        line = Line("" if not one.field else about, str(FIELDS[one.field]), old, new)
        shown.setdefault(one.part, []).append(line)
    return [(str(PARTS[part]), lines) for part, lines in shown.items()]


def _value(field: str, value: str, questions: Iterable[Question]) -> str:
    if not value:
        return ""
    if field in comparison.YES_NO:
        return _("是") if value == "1" else _("否")
    if field == "when":
        return _condition(value, questions)
    if field == "options":  # value:label；…
        return "；".join(part.partition(":")[2] for part in value.split("；"))
    if field == "stages":  # name:days；…
        return "；".join(_("%(step)s %(days)s 天") % _stage(part) for part in value.split("；"))
    return str(comparison.CODES.get(field, {}).get(value, value))


def _stage(part: str) -> dict[str, str]:
    name, _sign, days = part.rpartition(":")
    return {"step": name, "days": days}


def _row(name: str, questions: Sequence[Question]) -> str:
    """A row's name (condition, effect, value) in words."""
    said = []
    for word in name.split(" "):
        if word in EFFECTS:
            said.append(str(EFFECTS[word]))
        elif "=" in word:
            said.append(_condition(word, questions))
        else:
            said.append(word)
    return " ".join(said)


def _condition(text: str, questions: Iterable[Question]) -> str:
    try:
        return case.when(condition(text), questions)
    except ValueError:
        return text
