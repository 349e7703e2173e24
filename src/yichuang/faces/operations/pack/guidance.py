"""The six tables that describe items further, and how they join the rows of items.csv.

materials.csv describes each material once, by its name; questions.csv and situations.csv say what
an item asks and what the answers mean; guides.csv, facts.csv and item_facts.csv complete guide and
form. A pack may leave any of them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.utils.translation import gettext as _

from yichuang.catalogue.drafts import Fact, GuideElements, ItemDraft, MaterialDraft, Stage
from yichuang.catalogue.situations import NEED, Condition, Option, Question, Row, condition
from yichuang.faces.operations.pack.table import Line, Table
from yichuang.verdict import Fault

TABLES: Mapping[str, tuple[str, ...]] = {
    "materials.csv": (
        *("name", "name_en", "kind", "form", "reason", "reason_en", "basis", "basis_status"),
        *("sample", "held_from", "later_days", "promise", "promise_note"),
    ),
    "questions.csv": (
        *("item_code", "seq", "key", "ask", "ask_en", "help", "help_en", "options", "options_en"),
        *("when", "basis", "status"),
    ),
    "situations.csv": (
        *("item_code", "seq", "when", "effect", "value", "text", "text_en", "basis"),
    ),
    "guides.csv": (
        *("item_code", "conditions", "conditions_en", "standard", "steps", "result_name"),
        *("result_name_en", "fee", "limit", "visits", "mistakes", "status"),
    ),
    "facts.csv": (
        *("key", "label", "label_en", "kind", "options", "options_en", "personal", "help"),
        *("help_en",),
    ),
    "item_facts.csv": ("item_code", "fact_key", "required", "seq"),
}
_Part = TypeVar("_Part")
# what a line of a table says, and the number of the line
_Placed = tuple[int, _Part]


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the six tables say: materials by name, facts by key, the rest by item code and in order
    of seq, each with its line. items: file → line → the item code it names."""

    materials: Mapping[str, _Placed[MaterialDraft]]
    facts: Mapping[str, _Placed[Fact]]
    questions: Mapping[str, Sequence[_Placed[Question]]]
    situations: Mapping[str, Sequence[_Placed[Row]]]
    guides: Mapping[str, _Placed[GuideElements]]
    asked: Mapping[str, Sequence[_Placed[tuple[str, bool]]]]
    items: Mapping[str, Mapping[int, str]]


def read_guidance(tables: Mapping[str, Table]) -> Guidance:
    """The six tables read; what is wrong with a cell is noted in its table."""
    tables["materials.csv"].once("name")
    tables["facts.csv"].once("key")
    tables["guides.csv"].once("item_code")
    tables["item_facts.csv"].once("item_code", "fact_key")
    for file in ("questions.csv", "situations.csv", "item_facts.csv"):
        tables[file].once("item_code", "seq")
    return Guidance(
        materials={
            line.cells["name"]: (line.row, _material(line)) for line in tables["materials.csv"]
        },
        facts={line.cells["key"]: (line.row, _fact(line)) for line in tables["facts.csv"]},
        questions=_in_order(tables["questions.csv"], _question),
        situations=_in_order(tables["situations.csv"], _row),
        guides={line.cells["item_code"]: (line.row, _guide(line)) for line in tables["guides.csv"]},
        asked=_in_order(
            tables["item_facts.csv"], lambda line: (line.code("fact_key"), line.mark("required"))
        ),
        items={
            file: {line.row: line.cells["item_code"] for line in tables[file]}
            for file in TABLES
            if "item_code" in TABLES[file]
        },
    )


def described(item: ItemDraft, guidance: Guidance) -> ItemDraft:
    """The item with all that the six tables say of it.

    Its materials: those of its own row, always on the list, with the row's notes; then those that
    its situations need, on the list only then. Each as materials.csv describes it.
    """
    questions = guidance.questions.get(item.code, ())
    rows = guidance.situations.get(item.code, ())
    asked = [one for one in guidance.asked.get(item.code, ()) if one[1][0] in guidance.facts]
    guide = guidance.guides.get(item.code)
    materials = []
    for own in item.materials:
        row, about = guidance.materials.get(own.name, (0, own))
        materials.append((row, replace(about, note=own.note, held=own.held)))
    listed = {material.name for _row, material in materials}
    for _line, situation in rows:
        needed = guidance.materials.get(situation.value) if situation.effect == NEED else None
        if needed and situation.value not in listed:
            listed.add(situation.value)
            materials.append((needed[0], replace(needed[1], always=False)))
    facts = [(guidance.facts[key], required) for _line, (key, required) in asked]
    return replace(
        item,
        materials=tuple(material for _row, material in materials),
        questions=tuple(question for _row, question in questions),
        situations=tuple(situation for _row, situation in rows),
        facts=tuple(replace(fact, required=required) for (_row, fact), required in facts),
        guide=guide[1] if guide else GuideElements(),
        lines={
            "materials": [row for row, _material in materials],
            "questions": [row for row, _question in questions],
            "situations": [row for row, _situation in rows],
            "facts": [row for row, _asked in asked],
            "fact_words": [row for (row, _fact), _required in facts],
            "guide": [guide[0] if guide else 0],
        },
    )


def strays(guidance: Guidance, items: Sequence[ItemDraft]) -> Iterator[Fault]:
    """Lines about items and facts that are not there, and descriptions that nothing uses."""
    codes = {item.code for item in items}
    for file, named in guidance.items.items():
        for row, code in named.items():
            if code not in codes:
                reason = _("事项%(code)s不在本包中。") % {"code": code}
                yield Fault(file, row, "item_code", reason)
    used = {material.name for item in items for material in item.materials}
    for name, (row, _material) in guidance.materials.items():
        if name not in used:
            reason = _("没有哪个事项用到材料“%(name)s”。") % {"name": name}
            yield Fault("materials.csv", row, "name", reason)
    asked = {key for listed in guidance.asked.values() for _row, (key, _required) in listed}
    for key, (row, _fact) in guidance.facts.items():
        if key not in asked:
            reason = _("没有哪个事项用到“%(key)s”。") % {"key": key}
            yield Fault("facts.csv", row, "key", reason)
    for listed in guidance.asked.values():
        for row, (key, _required) in listed:
            if key not in guidance.facts:
                reason = _("facts.csv里没有“%(key)s”。") % {"key": key}
                yield Fault("item_facts.csv", row, "fact_key", reason)


def _in_order(table: Table, read: Callable[[Line], _Part]) -> dict[str, list[_Placed[_Part]]]:
    found = defaultdict(list)
    for line in table:
        seq = line.whole("seq", least=1, otherwise=1)
        found[line.code("item_code")].append((seq, line.row, read(line)))
    return {
        code: [(row, part) for _seq, row, part in sorted(parts, key=lambda part: part[:2])]
        for code, parts in found.items()
    }


def _material(line: Line) -> MaterialDraft:
    return MaterialDraft(
        name=line.required("name"),
        name_en=line.required("name_en"),
        kind=line.required("kind"),
        form=line.required("form"),
        reason=line.text("reason"),
        reason_en=line.text("reason_en"),
        basis=line.text("basis"),
        basis_confirmed=line.choice("basis_status", ("confirmed", "unconfirmed")) == "confirmed",
        sample=line.text("sample"),
        held_from=line.words("held_from"),
        later_days=line.whole_or_none("later_days", least=1),
        promise=line.text("promise"),
        promise_note=line.text("promise_note"),
    )


def _question(line: Line) -> Question:
    return Question(
        key=line.required("key"),
        ask=line.required("ask"),
        ask_en=line.required("ask_en"),
        options=_options(line),
        help=line.text("help"),
        help_en=line.text("help_en"),
        when=_when(line),
        basis=line.text("basis"),
        draft=line.choice("status", ("confirmed", "draft")) != "confirmed",
    )


def _row(line: Line) -> Row:
    return Row(
        when=_when(line),
        effect=line.required("effect"),
        value=line.text("value"),
        text=line.text("text"),
        text_en=line.text("text_en"),
        basis=line.text("basis"),
    )


def _guide(line: Line) -> GuideElements:
    fee = line.text("fee")
    return GuideElements(
        conditions=line.words("conditions"),
        conditions_en=line.words("conditions_en"),
        standard=line.text("standard"),
        stages=tuple(_stages(line)),
        result_name=line.text("result_name"),
        result_name_en=line.text("result_name_en"),
        fee="" if fee == "0" else fee,
        limit=line.text("limit"),
        visits=line.whole_or_none("visits"),
        mistakes=line.words("mistakes"),
        draft=line.choice("status", ("confirmed", "draft")) != "confirmed",
    )


def _fact(line: Line) -> Fact:
    return Fact(
        key=line.required("key"),
        label=line.required("label"),
        label_en=line.required("label_en"),
        kind=line.required("kind"),
        options=_options(line),
        personal=line.mark("personal"),
        help=line.text("help"),
        help_en=line.text("help_en"),
    )


def _when(line: Line) -> Condition:
    try:
        return condition(line.text("when"))
    except ValueError as error:
        reason = _("条件“%(part)s”读不懂；应写成 key=值|值&key=值。") % {"part": error}
        line.fault("when", reason)
        return ()


def _options(line: Line) -> tuple[Option, ...]:
    """`value:label` with ";" between them, and the same values with English labels beside."""
    labels, english = _labels(line, "options"), _labels(line, "options_en")
    if english and list(english) != list(labels):
        line.fault("options_en", _("应与options的值一一对应，次序相同。"))
    return tuple(Option(value, label, english.get(value, "")) for value, label in labels.items())


def _labels(line: Line, column: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in line.words(column):
        value, sign, label = part.partition(":")
        if not sign or not value.strip() or not label.strip():
            line.fault(column, _("“%(part)s”应写成“值:文字”，中间是半角冒号。") % {"part": part})
        elif value.strip() in found:
            line.fault(column, _("值“%(value)s”写了两次。") % {"value": value.strip()})
        found[value.strip()] = label.strip()
    return found


def _stages(line: Line) -> Iterator[Stage]:
    for part in line.words("steps"):
        name, _sign, days = part.rpartition(":")
        if name and days.isascii() and days.isdigit():
            yield Stage(name.strip(), int(days))
        else:
            reason = _("“%(part)s”应写成“名称:工作日”，中间是半角冒号。") % {"part": part}
            line.fault("steps", reason)
