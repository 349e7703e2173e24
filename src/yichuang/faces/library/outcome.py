"""What answers come to, as the pages of this face show it. Works on a version and on a draft alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol
from urllib.parse import urlencode

from yichuang.catalogue import rules, situations
from yichuang.catalogue.situations import Question, Row
from yichuang.design.context import named
from yichuang.faces.library import words

PATHS_A_PAGE = 50
PREFIX = "q_"  # before a question's key in what a browser sends


class Material(Protocol):
    """A material, as a MaterialSheet or a MaterialDraft has it."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def always(self) -> bool: ...
    @property
    def held(self) -> bool: ...
    @property
    def form(self) -> str: ...
    @property
    def later_days(self) -> int | None: ...
    @property
    def promise(self) -> str: ...


class Held(Protocol):
    """An ItemGuide or an ItemDraft."""

    @property
    def questions(self) -> tuple[Question, ...]: ...
    @property
    def situations(self) -> tuple[Row, ...]: ...
    @property
    def materials(self) -> Sequence[Material]: ...
    @property
    def promised_days(self) -> int: ...
    @property
    def handling(self) -> str: ...


SHOWN = (
    *(situations.STEP, situations.FEE, situations.PLACE, situations.IN_PERSON),
    *(situations.CHAIN, situations.NOTE),
)


def given(sent: Mapping[str, str]) -> dict[str, str]:
    """The answers among what a browser sent."""
    return {key.removeprefix(PREFIX): sent[key] for key in sent if key.startswith(PREFIX)}


def query(answers: Mapping[str, str]) -> str:
    """The inverse, as the end of an address."""
    return urlencode({PREFIX + key: value for key, value in answers.items()})


def walk(held: Held, said: Mapping[str, str], chains: Mapping[str, str]) -> dict[str, Any]:
    """The conversation so far: the questions these answers lead to, up to the first open one, and
    what the answers come to. Answers that are none of the options count as not given."""
    known = {q.key: {o.value for o in q.options} for q in held.questions}
    sound = {key: value for key, value in said.items() if value in known.get(key, ())}
    counted = situations.settled(held.questions, sound)
    following = situations.next_question(held.questions, counted)
    asked = [q for q in situations.relevant(held.questions, counted) if q.key in counted]
    return {
        "asked": [_asked(q, counted) for q in asked],
        "next": _asked(following, counted) if following else None,
        "answers": counted,
        "whole": following is None,
        "outcome": come_to(held, counted, chains),
    }


def come_to(held: Held, answers: Mapping[str, str], chains: Mapping[str, str]) -> dict[str, Any]:
    """The exact list and everything else, in words."""
    found = situations.outcome(held.situations, answers)
    verdict = situations.check_outcome(found)
    why = {row.value: words.text_of(row) for row in found.of(situations.NEED)}
    listed = [m for m in held.materials if found.on_list(m.name, always=m.always)]
    return {
        # not the verdict itself: a no counts as nothing where a template asks "if"
        "stopped": None
        if verdict
        else {"reason": verdict.reason, "remedy": verdict.remedy, "basis": verdict.basis},
        "materials": [_material(material, why.get(material.name, "")) for material in listed],
        "bring": sum(not material.held for material in listed),
        "spared": [
            {"name": row.value, "why": words.text_of(row)}
            for row in found.of(situations.WITHOUT)
            if row.value not in found.needed
        ],
        "effects": [words.effect(row, chains) for kind in SHOWN for row in found.of(kind)],
        "days": held.promised_days,
        "instant": held.handling == "instant",
    }


def paths(
    held: Held, number: int, chains: Mapping[str, str]
) -> tuple[list[dict[str, Any]], int, int]:
    """A page of all ways to answer, each with what it comes to; how many there are (counted up to
    situations.MOST_PATHS), and the page's number."""
    count = sum(1 for _path in islice(situations.paths(held.questions), situations.MOST_PATHS))
    number = min(max(number, 1), max(1, -(-count // PATHS_A_PAGE)))
    start = (number - 1) * PATHS_A_PAGE
    rows = []
    for path in islice(situations.paths(held.questions), start, start + PATHS_A_PAGE):
        said = come_to(held, path, chains)
        rows.append(
            {
                "link": query(path),
                "answers": words.answers(held.questions, path),
                "count": len(said["materials"]),
                "names": [material["name"] for material in said["materials"]],
                "stopped": said["stopped"],
                "effects": [e for e in said["effects"] if e["value"]],
            }
        )
    return rows, count, number


def table(
    questions: Sequence[Question], rows: Iterable[Row], chains: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The decision table, readable: when, what, why, on what basis."""
    return [
        {
            "when": words.condition(row.when, questions),
            "always": not row.when,
            "effect": words.effect(row, chains),
            "basis": row.basis,
        }
        for row in rows
    ]


def _asked(question: Question, counted: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": question.key,
        "ask": named(question.ask, question.ask_en),
        "help": named(question.help, question.help_en),
        "options": [
            {
                "value": option.value,
                "label": named(option.label, option.label_en),
                "checked": counted.get(question.key) == option.value,
            }
            for option in question.options
        ],
    }


def _material(material: Material, why: str) -> dict[str, Any]:
    return {
        "name": named(material.name, material.name_en),
        "form": rules.MATERIAL_FORMS.get(material.form, material.form),
        "held": material.held,
        "why": why,
        "later": material.later_days,
        "promise": material.promise == "allowed",
        "extra": not material.always,
    }
