"""Regression examples, pure: what a version's questions and table make of recorded answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from yichuang.catalogue.situations import (
    CHAIN,
    CONFLICT,
    FEE,
    IN_PERSON,
    PLACE,
    STEP,
    VERDICT,
    Question,
    Row,
    check_answers,
    outcome,
    settled,
)

# What an outcome is made of. A hint or the wording of a reason may change without changing it.
MATERIALS = "materials"
Result = Mapping[str, Sequence[str]]


class Listed(Protocol):
    """A material, as far as a list needs it."""

    @property
    def name(self) -> str: ...
    @property
    def always(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Example:
    """Answers kept as an example, and what they came to when it was recorded."""

    id: int
    name: str
    answers: Mapping[str, str]
    expected: Result


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of an example. reason: why it cannot be answered any more; got is then empty."""

    id: int
    name: str
    expected: Result
    got: Result
    reason: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.reason) or self.got != self.expected

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts (MATERIALS or an effect) that come out otherwise."""
        return tuple(
            part
            for part in (MATERIALS, *_EFFECTS)
            if self.expected.get(part, []) != self.got.get(part, [])
        )


_EFFECTS = (STEP, FEE, PLACE, IN_PERSON, CHAIN, VERDICT, CONFLICT)


def result(
    questions: Sequence[Question],
    rows: tuple[Row, ...],
    materials: Iterable[Listed],
    answers: Mapping[str, str],
) -> dict[str, list[str]]:
    """What answers come to, as JSON values: the exact list, and the values of each effect."""
    found = outcome(rows, settled(questions, answers))
    listed = [m.name for m in materials if found.on_list(m.name, always=m.always)]
    effects = {
        effect: [" ".join(filter(None, _said(row))) for row in found.of(effect)]
        for effect in _EFFECTS
    }
    return {MATERIALS: sorted(listed)} | {key: said for key, said in effects.items() if said}


def _said(row: Row) -> tuple[str, ...]:
    if row.effect == STEP:
        return row.text, row.value
    return (row.text,) if row.effect == CONFLICT else (row.value,)


def replay(
    examples: Iterable[Example],
    questions: Sequence[Question],
    rows: tuple[Row, ...],
    materials: Sequence[Listed],
) -> list[Replayed]:
    """Each example put to these questions and this table."""
    done = []
    for example in examples:
        whole = check_answers(questions, example.answers)
        got = result(questions, rows, materials, example.answers) if whole else {}
        done.append(Replayed(example.id, example.name, example.expected, got, whole.reason))
    return done
