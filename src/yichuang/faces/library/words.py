"""How this face says conditions, effects, outcomes, faults and differences: in words, no codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.catalogue import situations
from yichuang.catalogue.comparison import CODES, FIELDS, PARTS, YES_NO, Difference
from yichuang.catalogue.replay import MATERIALS, Replayed
from yichuang.catalogue.situations import Condition, Question, Row
from yichuang.design.context import named

VERDICTS: Mapping[str, Any] = {
    situations.NOT_NEEDED: gettext_lazy("不用办"),
    situations.NOT_OURS: gettext_lazy("不在这里办"),
    situations.OTHER: gettext_lazy("应当办另一个事项"),
}
MARKS: Mapping[str, Any] = {
    "membership_draft": gettext_lazy("目录归属"),
    "days_draft": gettext_lazy("时限"),
    "materials_draft": gettext_lazy("材料"),
    "basis_confirmed": gettext_lazy("依据"),
}
STATE_KINDS: Mapping[str, str] = {
    "active": "done",
    "suspended": "waiting",
    "cancelled": "neutral",
}
DRAFT_STATES: Mapping[str, tuple[Any, str]] = {
    "open": (gettext_lazy("起草中"), "draft"),
    "ready": (gettext_lazy("待发布"), "attention"),
    "published": (gettext_lazy("已发布"), "done"),
    "dropped": (gettext_lazy("已作废"), "neutral"),
}
RESULT_PARTS: Mapping[str, Any] = {MATERIALS: gettext_lazy("材料"), **situations.EFFECTS}


def answers(questions: Iterable[Question], given: Mapping[str, str]) -> list[dict[str, str]]:
    """Answers as people gave them: the question, and the answer's own words."""
    said = []
    for question in questions:
        if question.key in given:
            labels = {o.value: named(o.label, o.label_en) for o in question.options}
            value = given[question.key]
            ask = named(question.ask, question.ask_en)
            said.append({"ask": ask, "answer": labels.get(value, value), "key": question.key})
    return said


def condition(when: Condition, questions: Sequence[Question]) -> str:
    """When a row applies, as a sentence."""
    asked = {question.key: question for question in questions}
    parts = []
    for key, values in when:
        question = asked.get(key)
        labels = {o.value: named(o.label, o.label_en) for o in question.options} if question else {}
        parts.append(
            _("“%(ask)s”答“%(answers)s”")
            % {
                "ask": named(question.ask, question.ask_en) if question else key,
                "answers": _("”或“").join(labels.get(value, value) for value in values),
            }
        )
    return _("，并且").join(parts) or _("任何情况")


def effect(row: Row, chains: Mapping[str, str]) -> dict[str, str]:
    """What a row does, in words. chains: code → name."""
    name = str(situations.EFFECTS.get(row.effect, row.effect))
    return {"name": name, "value": value(row.effect, row.value, chains), "text": text_of(row)}


def text_of(row: Row) -> str:
    """What a row says to people."""
    return named(row.text, row.text_en)


def value(kind: str, given: str, chains: Mapping[str, str]) -> str:
    """The value of an effect in words."""
    if kind == situations.STEP:
        return _("%(days)s个工作日") % {"days": given} if given else ""
    if kind == situations.FEE:
        return _("%(yuan)s元") % {"yuan": given}
    if kind == situations.CHAIN:
        return chains.get(given, given)
    if kind == situations.VERDICT:
        kind_of, _sign, code = given.partition(":")
        return " ".join(filter(None, (str(VERDICTS.get(kind_of, kind_of)), code)))
    known = {situations.PLACE: situations.PLACES, situations.IN_PERSON: situations.PERSONS}
    return str(known.get(kind, {}).get(given, given))


# -- examples ------------------------------------------------------------------------------------


def replayed(example: Replayed, chains: Mapping[str, str]) -> dict[str, Any]:
    """An example before and after, part by part; parts that come out otherwise are marked."""
    return {
        "id": example.id,
        "name": example.name,
        "changed": example.changed,
        "reason": example.reason,
        "parts": [
            {
                "name": str(name),
                "before": _listed(part, example.expected.get(part, ()), chains),
                "after": _listed(part, example.got.get(part, ()), chains),
                "changed": part in example.parts,
            }
            for part, name in RESULT_PARTS.items()
            if example.expected.get(part) or example.got.get(part)
        ],
    }


def expected(
    result: Mapping[str, Sequence[str]], chains: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What an example must come to, part by part."""
    return [
        {"name": str(name), "values": _listed(part, result[part], chains)}
        for part, name in RESULT_PARTS.items()
        if result.get(part)
    ]


def _listed(part: str, values: Sequence[str], chains: Mapping[str, str]) -> list[str]:
    if part in (MATERIALS, situations.CONFLICT):
        return list(values)
    if part == situations.STEP:  # "name days", as replay writes a step
        return [_step(each) for each in values]
    return [value(part, each, chains) for each in values]


def _step(said: str) -> str:
    name, _space, days = said.rpartition(" ")
    if name and days.isdigit():
        return _("%(name)s（%(days)s个工作日）") % {"name": name, "days": days}
    return said


# -- differences ---------------------------------------------------------------------------------


def difference(
    found: Difference, before: Sequence[Question], after: Sequence[Question]
) -> dict[str, Any]:
    """One difference as a row of a table; changed words are marked for eye and ear."""
    old = shown(found.field, found.before, before)
    new = shown(found.field, found.after, after)
    if not found.field:  # the whole of it came or went
        old = _named(found.part, found.before, before)
        new = _named(found.part, found.after, after)
    left, right = marked(old, new)
    return {
        "part": str(PARTS[found.part]),
        "name": _named(found.part, found.name, [*before, *after]) if found.field else "",
        "field": str(FIELDS.get(found.field, found.field)),
        "before": left,
        "after": right,
    }


def shown(field: str, text: str, questions: Sequence[Question]) -> str:
    """A compared value as people read it."""
    if field in YES_NO:
        return {"1": _("是"), "0": _("否")}.get(text, text)
    if field == "when":
        return condition(situations.condition(text), questions)
    if field == "stages":
        return _("；").join(_step(part.replace(":", " ")) for part in text.split("；") if part)
    if field == "options":
        return _("；").join(part.partition(":")[2] for part in text.split("；"))
    return str(CODES.get(field, {}).get(text, text))


def _named(part: str, name: str, questions: Sequence[Question]) -> str:
    """What a material, question or row is called."""
    if not name or part == "materials":
        return name
    if part == "questions":
        asked = next((q for q in questions if q.key == name), None)
        return named(asked.ask, asked.ask_en) if asked else name
    if part == "situations":  # comparison names a row by condition, effect and value
        first, _space, rest = name.partition(" ")
        when = first if "=" in first else ""
        kind, _space, said = (rest if when else name).partition(" ")
        if kind in situations.EFFECTS:
            return _("%(when)s：%(effect)s %(value)s") % {
                "when": condition(situations.condition(when), questions),
                "effect": situations.EFFECTS[kind],
                "value": value(kind, said, {}) if said else "",
            }
    return name


def marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Both texts, with what went in <del> and what came in <ins>."""
    if not before or not after:
        return _mark("del", before), _mark("ins", after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.real_quick_ratio() < 0.3 or matcher.ratio() < 0.3:  # hardly a word is the same
        return _mark("del", before), _mark("ins", after)
    left, right = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            left.append(format_html("{}", before[a:b]))
            right.append(format_html("{}", after[c:d]))
        else:
            left.append(_mark("del", before[a:b]))
            right.append(_mark("ins", after[c:d]))
    return (
        format_html_join("", "{}", ((part,) for part in left)),
        format_html_join("", "{}", ((part,) for part in right)),
    )


def _mark(tag: str, text: str) -> SafeString:
    if not text:
        return SafeString("")
    spoken = _("删去") if tag == "del" else _("新增")
    return format_html(
        '<{0}><span class="zw-visually-hidden">{1}</span>{2}</{0}>', tag, f"{spoken} ", text
    )
