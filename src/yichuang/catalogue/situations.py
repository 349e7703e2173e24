"""Situations (情形), pure: a few plain questions, and what the answers mean for one item.

The meaning is a decision table: every row whose condition holds applies. A rules engine evaluates
it (zen-engine); what may stand in it, and which questions are asked at all, is decided here.
Answers are question key → option value; nothing of the person is in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import zen
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import YES, Verdict, no

# (key, values): the answer to `key` is one of `values`; all of them must hold; () always holds
Condition = tuple[tuple[str, tuple[str, ...]], ...]

NEED, WITHOUT, STEP, FEE, PLACE = "need", "without", "step", "fee", "place"
IN_PERSON, CHAIN, VERDICT, CONFLICT, NOTE = "in_person", "chain", "verdict", "conflict", "note"
EFFECTS: Mapping[str, str] = {
    NEED: gettext_lazy("还要交"),
    WITHOUT: gettext_lazy("不用交"),
    STEP: gettext_lazy("多一个环节"),
    FEE: gettext_lazy("收费"),
    PLACE: gettext_lazy("去哪里办"),
    IN_PERSON: gettext_lazy("谁要到场"),
    CHAIN: gettext_lazy("可以一起办"),
    VERDICT: gettext_lazy("不用办或不在这里办"),
    CONFLICT: gettext_lazy("答案互相矛盾"),
    NOTE: gettext_lazy("提示"),
}
ONE_ONLY = frozenset({PLACE, IN_PERSON, VERDICT})  # at most one value in one situation
PLACES: Mapping[str, str] = {
    "any": gettext_lazy("哪个窗口都可以"),
    "town": gettext_lazy("镇（街道）便民服务中心"),
    "hall": gettext_lazy("县政务服务大厅"),
    "organ": gettext_lazy("主管部门"),
    "online": gettext_lazy("网上"),
}
PERSONS: Mapping[str, str] = {
    "applicant": gettext_lazy("申请人本人"),
    "both": gettext_lazy("双方本人"),
    "guardian": gettext_lazy("监护人"),
    "none": gettext_lazy("不用到场"),
}
NOT_NEEDED, NOT_OURS, OTHER = "not_needed", "not_ours", "other"
_KEY = re.compile(r"^[a-z][a-z0-9_]*$", re.ASCII)
MOST_PATHS = 5000  # ways through the questions of one item; more is no longer a conversation


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One plain question. when: asked only if earlier answers say so. draft: not yet confirmed."""

    key: str
    ask: str
    ask_en: str
    options: tuple[Option, ...]
    help: str = ""
    help_en: str = ""
    when: Condition = ()
    basis: str = ""
    draft: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. value: a material's name (need, without), working days (step), yuan
    (fee), one of PLACES or PERSONS, a chain's code, or a verdict ("other:<item code>" included)."""

    when: Condition
    effect: str
    value: str = ""
    text: str = ""
    text_en: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the answers come to. need, without: material names; the rows say why."""

    rows: tuple[Row, ...]

    def of(self, effect: str) -> tuple[Row, ...]:
        """The applying rows of one effect, in the table's order."""
        return tuple(row for row in self.rows if row.effect == effect)

    @property
    def needed(self) -> frozenset[str]:
        return frozenset(row.value for row in self.of(NEED))

    @property
    def spared(self) -> frozenset[str]:
        return frozenset(row.value for row in self.of(WITHOUT))

    @property
    def verdict(self) -> Row | None:
        """That this item need not be applied for, or not here; None: it goes on."""
        return next(iter(self.of(VERDICT)), None)

    def on_list(self, name: str, *, always: bool) -> bool:
        """Whether a material belongs to the exact list. What is needed outweighs what is spared."""
        return name in self.needed or (always and name not in self.spared)


NOTHING = Outcome(())


def holds(when: Condition, answers: Mapping[str, str]) -> bool:
    """Whether every part of the condition is answered so."""
    return all(answers.get(key) in values for key, values in when)


def relevant(questions: Sequence[Question], answers: Mapping[str, str]) -> list[Question]:
    """The questions that these answers lead to, in order, answered or not."""
    settled: dict[str, str] = {}
    asked = []
    for question in questions:
        if holds(question.when, settled):
            asked.append(question)
            if question.key in answers:
                settled[question.key] = answers[question.key]
    return asked


def settled(questions: Sequence[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that count: to questions these answers lead to. Whoever goes back and answers an
    early question otherwise leaves later answers behind; those say nothing any more."""
    return {q.key: answers[q.key] for q in relevant(questions, answers) if q.key in answers}


def next_question(questions: Sequence[Question], answers: Mapping[str, str]) -> Question | None:
    """The first question these answers lead to and leave open; None when all is said."""
    return next((q for q in relevant(questions, answers) if q.key not in answers), None)


def check_answers(questions: Sequence[Question], answers: Mapping[str, str]) -> Verdict:
    """Whether the answers are whole and among the options (of the questions they lead to)."""
    for question in relevant(questions, answers):
        given = answers.get(question.key)
        if given is None:
            return no(
                "situation-unanswered",
                _("还没有回答：%(ask)s") % {"ask": question.ask},
                remedy=_("请选一个答案，材料清单才准确。"),
            )
        if given not in {option.value for option in question.options}:
            return no(
                "situation-unknown-answer",
                _("“%(ask)s”没有这个答案。") % {"ask": question.ask},
                remedy=_("事项可能刚换了新版本，请重新选择。"),
            )
    return YES


def outcome(rows: tuple[Row, ...], answers: Mapping[str, str]) -> Outcome:
    """What the answers mean. Pure; the compiled table is kept for the next asker."""
    if not rows:
        return NOTHING
    found = _compiled(rows).evaluate(dict(answers))["result"]
    return Outcome(tuple(rows[hit["row"]] for hit in found))


def check_outcome(result: Outcome) -> Verdict:
    """Whether an application may go on from here: no contradiction, and the right item."""
    for row in result.of(CONFLICT):
        return no(
            "situation-contradictory",
            row.text,
            remedy=_("请核对刚才的回答，改正后再继续。"),
            basis=row.basis,
        )
    verdict = result.verdict
    if verdict is not None:
        code = "situation-not-needed" if verdict.value == NOT_NEEDED else "situation-elsewhere"
        return no(code, verdict.text, remedy=_("如有疑问，请向窗口咨询。"), basis=verdict.basis)
    return YES


@lru_cache(maxsize=4096)
def _compiled(rows: tuple[Row, ...]) -> Any:
    keys = sorted({key for row in rows for key, _values in row.when})
    rules = []
    for number, row in enumerate(rows):
        cells = {key: ",".join(json.dumps(v) for v in values) for key, values in row.when}
        rules.append({"_id": str(number), "row": str(number)} | {k: cells.get(k, "") for k in keys})
    inputs = [{"id": k, "name": k, "type": "expression", "field": k} for k in keys]
    outputs = [{"id": "row", "name": "row", "type": "expression", "field": "row"}]
    table = {"hitPolicy": "collect", "inputs": inputs, "outputs": outputs, "rules": rules}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


# -- as text and as JSON -----------------------------------------------------------------------


@lru_cache(maxsize=4096)
def condition(text: str) -> Condition:
    """`key=value|value2&key2=value` as a Condition; ValueError for anything else."""
    parts = []
    for part in filter(None, (p.strip() for p in text.split("&"))):
        key, sign, values = part.partition("=")
        chosen = tuple(v.strip() for v in values.split("|"))
        if not sign or not _KEY.match(key.strip()) or not all(chosen):
            raise ValueError(part)
        parts.append((key.strip(), chosen))
    return tuple(parts)


def condition_text(when: Condition) -> str:
    """The inverse of `condition`."""
    return "&".join(f"{key}={'|'.join(values)}" for key, values in when)


def plain(part: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass by name, as they are; `asdict` copies them all, deeply."""
    return {name: getattr(part, name) for name in part.__slots__}


def as_json(parts: Iterable[Question] | Iterable[Row]) -> list[dict[str, Any]]:
    """Questions or rows as JSON values, conditions as text."""
    listed = []
    for part in parts:
        content = plain(part)
        content["when"] = condition_text(part.when)
        if isinstance(part, Question):
            content["options"] = [plain(option) for option in part.options]
        listed.append(content)
    return listed


def questions_of(content: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """The inverse of `as_json` for questions."""
    return tuple(
        Question(
            **{
                **row,
                "when": condition(row["when"]),
                "options": tuple(Option(**o) for o in row["options"]),
            }
        )
        for row in content
    )


def rows_of(content: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The inverse of `as_json` for rows."""
    return tuple(Row(**{**row, "when": condition(row["when"])}) for row in content)


# -- whether it holds together -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What a table may name. base: materials always on the list; materials: every known name."""

    base: Collection[str]
    materials: Collection[str]
    items: Collection[str]
    chains: Collection[str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong: in which question or row (counted from 0), in which column of it."""

    part: str  # QUESTIONS | ROWS
    index: int
    column: str
    reason: str


QUESTIONS, ROWS = "questions", "situations"


def faults(questions: Sequence[Question], rows: Sequence[Row], known: Known) -> Iterator[Flaw]:
    """Everything wrong with one item's questions and table."""
    options: dict[str, set[str]] = {}
    found: list[Flaw] = []
    for index, question in enumerate(questions):
        found += [Flaw(QUESTIONS, index, *flaw) for flaw in _wrong_question(question, options)]
        options[question.key] = {option.value for option in question.options}
    spared = {row.value for row in rows if row.effect == WITHOUT}
    for index, row in enumerate(rows):
        wrong = [*_unknown(row.when, options), *_wrong_row(row, known, spared)]
        found += [Flaw(ROWS, index, *flaw) for flaw in wrong]
    conditions = [*(question.when for question in questions), *(row.when for row in rows)]
    used = {key for when in conditions for key, _values in when}
    found += [
        Flaw(
            QUESTIONS,
            index,
            "key",
            _("问题“%(key)s”的答案不影响任何结果。") % {"key": question.key},
        )
        for index, question in enumerate(questions)
        if question.key not in used
    ]
    yield from found
    if not found:  # who goes where is asked of a table whose words are right
        yield from _along_paths(questions, rows)


def paths(questions: Sequence[Question]) -> Iterator[dict[str, str]]:
    """Every way to answer the questions to their end."""

    def walk(at: int, answers: dict[str, str]) -> Iterator[dict[str, str]]:
        while at < len(questions) and not holds(questions[at].when, answers):
            at += 1
        if at == len(questions):
            yield answers
            return
        for option in questions[at].options:
            yield from walk(at + 1, {**answers, questions[at].key: option.value})

    yield from walk(0, {})


def _along_paths(questions: Sequence[Question], rows: Sequence[Row]) -> Iterator[Flaw]:
    """Questions nobody is ever asked, rows that no answers lead to, and rows that contradict each
    other on some path: two places, two verdicts."""
    asked: set[str] = set()
    used: set[int] = set()
    torn: set[int] = set()
    for number, path in enumerate(paths(questions)):
        if number == MOST_PATHS:
            reason = _("情形的组合超过%(limit)s种，请拆分事项。") % {"limit": MOST_PATHS}
            yield Flaw(QUESTIONS, len(questions) - 1, "when", reason)
            return
        asked.update(path)
        said: dict[str, str] = {}
        for index, row in enumerate(rows):
            if holds(row.when, path):
                used.add(index)
                if row.effect in ONE_ONLY and said.setdefault(row.effect, row.value) != row.value:
                    torn.add(index)
    for index, question in enumerate(questions):
        if question.key not in asked:
            yield Flaw(QUESTIONS, index, "when", _("怎么回答也问不到这个问题。"))
    for index, row in enumerate(rows):
        if index not in used:
            yield Flaw(ROWS, index, "when", _("怎么回答也用不到这一行。"))
        elif index in torn:
            reason = _("“%(effect)s”在同一种情形下有两种说法。") % {"effect": EFFECTS[row.effect]}
            yield Flaw(ROWS, index, "when", reason)


# what is wrong in one part: its column, and the reason
_Wrong = tuple[str, str]


def _wrong_question(question: Question, earlier: Mapping[str, set[str]]) -> Iterator[_Wrong]:
    values = [option.value for option in question.options]
    if not _KEY.match(question.key):
        yield "key", _("问题的键“%(key)s”只能用小写字母、数字和下划线。") % {"key": question.key}
    if question.key in earlier:
        yield "key", _("问题“%(key)s”重复。") % {"key": question.key}
    if not question.ask.strip():
        yield "ask", _("不能为空。")
    if len(set(values)) < 2:
        yield "options", _("问题“%(key)s”少于两个答案。") % {"key": question.key}
    if len(set(values)) < len(values):
        yield "options", _("问题“%(key)s”有两个答案写法相同。") % {"key": question.key}
    if not all(_KEY.match(option.value) and option.label.strip() for option in question.options):
        yield "options", _("每个答案都要写成“小写字母:文字”。")
    yield from _unknown(question.when, earlier)  # earlier questions only: every path ends


def _unknown(when: Condition, options: Mapping[str, set[str]]) -> Iterator[_Wrong]:
    keys = [key for key, _values in when]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield "when", _("条件里的“%(key)s”写了两次。") % {"key": key}
    for key, values in when:
        if key not in options:
            yield "when", _("条件里的“%(key)s”不是前面的问题。") % {"key": key}
            continue
        for value in values:
            if value not in options[key]:
                yield (
                    "when",
                    _("问题“%(key)s”没有答案“%(value)s”。") % {"key": key, "value": value},
                )


def _wrong_row(row: Row, known: Known, spared: Collection[str]) -> Iterator[_Wrong]:
    value = row.value
    if row.effect not in EFFECTS:
        yield "effect", _("没有“%(effect)s”这种结果。") % {"effect": row.effect}
    elif row.effect == NEED and value not in known.materials:
        yield "value", _("材料“%(name)s”不在材料表中。") % {"name": value}
    elif row.effect == NEED and value in known.base and value not in spared:
        yield "value", _("材料“%(name)s”本来就是必交的，不用再写。") % {"name": value}
    elif row.effect == WITHOUT and value not in known.base:
        yield "value", _("材料“%(name)s”不在本事项的材料清单中。") % {"name": value}
    elif (row.effect == STEP and value and not _is_whole(value)) or (
        row.effect == FEE and not _is_amount(value)
    ):
        yield "value", _("“%(value)s”不是数。") % {"value": value}
    elif (row.effect == PLACE and value not in PLACES) or (
        row.effect == IN_PERSON and value not in PERSONS
    ):
        yield "value", _("没有“%(value)s”这个写法。") % {"value": value}
    elif row.effect == CHAIN and value not in known.chains:
        yield "value", _("没有代码为“%(code)s”的一件事。") % {"code": value}
    elif row.effect == VERDICT:
        kind, _sign, code = value.partition(":")
        if kind not in (NOT_NEEDED, NOT_OURS, OTHER) or (kind == OTHER) != bool(code):
            yield "value", _("没有“%(value)s”这个写法。") % {"value": value}
        elif code and code not in known.items:
            yield "value", _("事项%(code)s不在本包中。") % {"code": code}
    if row.effect in (STEP, VERDICT, CONFLICT, NOTE) and not row.text.strip():
        yield "text", _("“%(effect)s”没有写明说什么。") % {"effect": EFFECTS[row.effect]}


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_amount(text: str) -> bool:
    whole, _point, part = text.partition(".")
    return _is_whole(whole) and (not _point or _is_whole(part))
