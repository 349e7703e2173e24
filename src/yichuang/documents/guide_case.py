"""What one situation makes of an item, in the reader's words, pure: how far the answers lead, and the
exact list of materials with what is special to each. Web guide, printed guide and handbook read here.

What the county's data has only in Chinese stays Chinese.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yichuang.catalogue.queries import ItemGuide, ItemLine, MaterialSheet
from yichuang.catalogue.rules import MATERIAL_FORMS
from yichuang.catalogue.situations import (
    CONFLICT,
    NEED,
    NOTHING,
    WITHOUT,
    Condition,
    Option,
    Outcome,
    Question,
    Row,
    next_question,
    outcome,
    settled,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is special to a material. kind: held | already | later | promise | barred."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A material as a reader meets it. number: its place on this list; seq: on the version's.
    fields: (name, example) of a form; sample: what a good one looks like. why: what puts it on
    this list, where an answer did."""

    number: int
    seq: int
    name: str
    note: str
    form: str
    reason: str
    basis: str
    basis_draft: bool
    sample: str
    fields: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]
    held: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and the answer given. before: the answers that stood when it was asked."""

    key: str
    ask: str
    label: str
    before: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Walk:
    """How far somebody has come through an item's questions.

    question: the next one, None when nothing more is asked: all is said, or the answers already
    contradict each other or lead away from this item. number: which question that is, from 1.
    """

    answers: Mapping[str, str]
    answered: tuple[Answered, ...]
    question: Question | None
    outcome: Outcome

    @property
    def number(self) -> int:
        return len(self.answered) + 1

    @property
    def conflicts(self) -> tuple[Row, ...]:
        return self.outcome.of(CONFLICT)

    @property
    def stopped(self) -> bool:
        """Whether an application cannot go on from here."""
        return bool(self.conflicts) or self.outcome.verdict is not None

    @property
    def complete(self) -> bool:
        """Whether the exact list is known and the way is free."""
        return self.question is None and not self.stopped


NOWHERE = Walk({}, (), None, NOTHING)


# -- the reader's language -----------------------------------------------------------------------


def english() -> bool:
    return (get_language() or "").startswith("en")


def pick(chinese: str, foreign: str) -> str:
    """The text in the reader's language where there is one."""
    return (foreign if english() else "") or chinese


def label(option: Option) -> str:
    return pick(option.label, option.label_en)


def said(row: Row) -> str:
    """What a row tells, in the reader's language."""
    return pick(row.text, row.text_en)


def named(sheet: ItemGuide | ItemLine | MaterialSheet) -> str:
    return pick(sheet.name, sheet.name_en)


def when(condition: Condition, questions: Iterable[Question]) -> str:
    """A condition in words: “这次办是为谁？”选“自己”或“孩子”. "" for one that always holds."""
    asked = {question.key: question for question in questions}
    parts = []
    for key, values in condition:
        question = asked.get(key)
        if question is None:
            parts.append(f"{key}={'|'.join(values)}")
            continue
        labels = {option.value: label(option) for option in question.options}
        chosen = _("”或“").join(labels.get(value, value) for value in values)
        parts.append(
            _("“%(ask)s”选“%(labels)s”")
            % {"ask": pick(question.ask, question.ask_en), "labels": chosen}
        )
    return _("，并且").join(parts)


# -- the situation -------------------------------------------------------------------------------


def walk(item: ItemGuide, given: Mapping[str, str]) -> Walk:
    """How far these answers lead. What is no answer to a question of this version is left out."""
    options = {q.key: {option.value for option in q.options} for q in item.questions}
    known = {key: value for key, value in given.items() if value in options.get(key, ())}
    counted = settled(item.questions, known)
    found = outcome(item.situations, counted)
    answered, before = [], {}
    for question in item.questions:
        if question.key not in counted:
            continue
        value = counted[question.key]
        chosen = next(option for option in question.options if option.value == value)
        ask = pick(question.ask, question.ask_en)
        answered.append(Answered(question.key, ask, label(chosen), dict(before)))
        before[question.key] = value
    asked = next_question(item.questions, counted)
    walked = Walk(counted, tuple(answered), asked, found)
    return replace(walked, question=None) if walked.stopped else walked


def entries(item: ItemGuide, walked: Walk) -> list[Entry]:
    """The materials of this situation, as far as the answers tell."""
    found = walked.outcome
    listed = [m for m in item.materials if found.on_list(m.name, always=m.always)]
    reasons = {row.value: said(row) for row in found.of(NEED)}
    return [
        entry(number, material, item, reasons.get(material.name, ""))
        for number, material in enumerate(listed, 1)
    ]


def spared(item: ItemGuide, walked: Walk) -> list[tuple[str, str]]:
    """(material, why it is not asked for) of what this situation takes off the list."""
    shown = {material.name: named(material) for material in item.materials}
    found = walked.outcome
    return [
        (shown[row.value], said(row))
        for row in found.of(WITHOUT)
        if row.value in shown and row.value not in found.needed
    ]


def possible(item: ItemGuide, walked: Walk) -> list[tuple[str, str]]:
    """(material, when) of what may still come onto the list while questions are open."""
    if walked.question is None:
        return []
    shown = {material.name: named(material) for material in item.materials}
    found: dict[str, list[str]] = {}
    for row in item.situations:
        missing = (
            row.effect == NEED and row.value in shown and row.value not in walked.outcome.needed
        )
        contradicted = any(
            walked.answers[key] not in values for key, values in row.when if key in walked.answers
        )
        if missing and not contradicted:
            found.setdefault(shown[row.value], []).append(when(row.when, item.questions))
    return [(name, _("；").join(reasons)) for name, reasons in found.items()]


def entry(number: int, material: MaterialSheet, item: ItemGuide, why: str = "") -> Entry:
    """A material in words. why: what puts it on this list."""
    fields = _fields(material.sample)
    own = bool(material.basis)
    return Entry(
        number=number,
        seq=material.seq,
        name=named(material),
        note="" if material.held and "共享" in material.note else material.note,
        form=str(MATERIAL_FORMS[material.form]),
        reason=pick(material.reason, material.reason_en),
        basis=(material.basis or item.basis).replace(";", "；"),
        basis_draft=not (material.basis_confirmed if own else item.basis_confirmed),
        sample="" if fields else material.sample,
        fields=fields,
        marks=tuple(_marks(material)),
        held=material.held,
        why=why,
    )


def _fields(sample: str) -> tuple[tuple[str, str], ...]:
    """(field, example) of a form's sample, 字段=示例值；…; () of any other sample."""
    parts = [part.partition("=") for part in sample.split("；") if part.strip()]
    if not parts or not all(sign for _name, sign, _value in parts):
        return ()
    return tuple((name.strip(), value.strip()) for name, _sign, value in parts)


def _marks(material: MaterialSheet) -> Iterator[Mark]:
    if material.held:
        yield Mark("held", _("可共享，不用交"))
    elif any(source.startswith(("case:", "paper:")) for source in material.held_from):
        yield Mark("already", _("在本县窗口办过的，不用再交"))
    elif "id_reader" in material.held_from:
        yield Mark("already", _("窗口刷证读取"))
    elif material.held_from:
        yield Mark("already", _("数据共享接通后不用交，现在请带上"))
    if material.later_days is not None:
        days = material.later_days
        yield Mark(
            "later",
            ngettext(
                "可以晚交（容缺），%(n)s 个工作日内补上",
                "可以晚交（容缺），%(n)s 个工作日内补上",
                days,
            )
            % {"n": days},
        )
    if material.promise == "allowed":
        yield Mark("promise", _("可以由本人书面承诺代替"))
    elif material.promise == "barred":
        yield Mark("barred", _("不能用承诺代替"))
