"""一件事, pure: which items of a chain are applied for together, in which order they open, what one
form asks, and what it spares.

Steps are those of a chain version; a step's number is its seq. A link is a step that was chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.utils.translation import gettext as _

from yichuang.verdict import YES, Verdict, no

WAITING, OPEN, DONE, FAILED = "waiting", "open", "done", "failed"
BLOCKED, WITHDRAWN, GUIDED, GUIDED_DONE = "blocked", "withdrawn", "guided", "guided_done"
SKIPPED = "skipped"  # it opens only when another fails, and that one succeeded
UNSETTLED = (WAITING, OPEN, GUIDED)  # something can still become of the link
_SUCCESS = (DONE, GUIDED_DONE)


class Step(Protocol):
    """What these rules need of a step (catalogue's StepSheet has it)."""

    @property
    def seq(self) -> int: ...
    @property
    def item_code(self) -> str: ...
    @property
    def depends_on(self) -> tuple[int, ...]: ...
    @property
    def alternative(self) -> str: ...
    @property
    def opens_on(self) -> str: ...


def check_choice(steps: Sequence[Step], chosen: Collection[int]) -> Verdict:
    """Whether these steps may be applied for together.

    Any part of a chain may: nobody must take more than they need. But of alternatives only one,
    and a step that opens when another fails only together with it.
    """
    known = {step.seq: step for step in steps}
    if not chosen or not set(chosen) <= set(known):
        return no(
            "bundle-empty",
            _("没有选择要办的事项。"),
            remedy=_("请至少勾选一项。"),
        )
    taken: dict[str, Step] = {}
    for seq in sorted(chosen):
        step = known[seq]
        if step.alternative and step.alternative in taken:
            return no(
                "bundle-alternatives",
                _("第%(first)s项和第%(second)s项只能选一项。")
                % {"first": taken[step.alternative].seq, "second": seq},
                remedy=_("请按实际情况留下一项。"),
            )
        if step.alternative:
            taken[step.alternative] = step
        if step.opens_on == "failed" and not set(step.depends_on) & set(chosen):
            return no(
                "bundle-only-after",
                _("第%(seq)s项要等前面的事项未办成才办，不能单独选。") % {"seq": seq},
                remedy=_("请同时选前面的事项，或直接单独申请。"),
            )
    return YES


def needs(
    steps: Sequence[Step], chosen: Collection[int], have: Collection[int]
) -> dict[int, tuple[int, ...]]:
    """For each chosen step, the chosen steps it waits for.

    A step that is neither chosen nor in hand is not waited for: whether its result is there, the
    step's own list of materials asks. Of a dependency on an alternative, the chosen one counts.
    """
    known = {step.seq: step for step in steps}
    group = {
        step.alternative: step.seq for step in steps if step.alternative and step.seq in chosen
    }
    found = {}
    for seq in sorted(chosen):
        wanted = []
        for need in known[seq].depends_on:
            stands_for = group.get(known[need].alternative, need) if need in known else need
            if stands_for in chosen and stands_for not in have and stands_for not in wanted:
                wanted.append(stands_for)
        found[seq] = tuple(wanted)
    return found


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A link as it stands. listed: an office here takes it in; else it is guided."""

    seq: int
    needs: tuple[int, ...]
    state: str
    opens_on: str = "done"
    listed: bool = True


def moves(links: Iterable[LinkFacts]) -> dict[int, str]:
    """What becomes of waiting links now: seq → open, guided or blocked. {} when nothing moves.

    A link that fails takes along only those that need it; the others go on.
    """
    everyone = sorted(links, key=lambda link: link.seq)
    at = {link.seq: link.state for link in everyone}
    moved: dict[int, str] = {}
    while True:
        step = {
            link.seq: state
            for link in everyone
            if at[link.seq] == WAITING and (state := _next(link, at)) != WAITING
        }
        if not step:
            return moved
        at |= step
        moved |= step


def _next(link: LinkFacts, at: Mapping[int, str]) -> str:
    before = [at[seq] for seq in link.needs if seq in at]
    if any(state in UNSETTLED for state in before):
        return WAITING
    succeeded = all(state in _SUCCESS for state in before)
    failed = any(state == FAILED for state in before)
    if link.opens_on == "failed" and before and not failed:
        return SKIPPED if succeeded else BLOCKED
    if link.opens_on == "done" and not succeeded:
        return BLOCKED
    return OPEN if link.listed else GUIDED


def finished(states: Collection[str]) -> bool:
    """Whether nothing of the bundle is under way any more."""
    return not any(state in UNSETTLED for state in states)


# -- one form, one set of materials ---------------------------------------------------------------


class AskedFact(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def required(self) -> bool: ...


F = TypeVar("F", bound=AskedFact)


def asked_once(forms: Iterable[Sequence[F]]) -> list[F]:
    """Each fact once, in the order first asked; the one that insists is kept."""
    found: dict[str, F] = {}
    for form in forms:
        for fact in form:
            known = found.get(fact.key)
            if known is None or (fact.required and not known.required):
                found[fact.key] = fact
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Measure:
    """One item, as the figures before and after need it. days: working days promised."""

    seq: int
    facts: tuple[str, ...]
    materials: tuple[str, ...]
    visits: int
    days: int
    needs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spared:
    """Item by item, and as one matter. Days before: one after the other; after: the longest way
    through what waits for one another. Visits after: to apply once, and once to collect if
    anything must be collected. How to count is our choice; no rule was found."""

    items: int
    fields_before: int
    fields_after: int
    materials_before: int
    materials_after: int
    visits_before: int
    visits_after: int
    days_before: int
    days_after: int


JOINT_FORM, JOINT_FORM_EN = "一件事联合申请表", "Joint application form"


def joint_name(name: str, kind: str) -> str:
    """What a material is called in a bundle: one joint form stands for every application form."""
    return JOINT_FORM if kind == "form" else name


BASIC_FIELDS = 5  # name, number, phone, address, place: asked on every form


def spared(measures: Sequence[Measure]) -> Spared:
    """The figures of a bundle of these items."""
    facts = [key for one in measures for key in one.facts]
    materials = [name for one in measures for name in one.materials]
    by_seq = {one.seq: one for one in measures}
    longest: dict[int, int] = {}

    def way(seq: int, seen: frozenset[int] = frozenset()) -> int:
        if seq not in longest:
            one = by_seq[seq]
            before = [way(n, seen | {seq}) for n in one.needs if n in by_seq and n not in seen]
            longest[seq] = one.days + max(before, default=0)
        return longest[seq]

    visits = sum(one.visits for one in measures)
    return Spared(
        items=len(measures),
        fields_before=BASIC_FIELDS * len(measures) + len(facts),
        fields_after=BASIC_FIELDS + len(set(facts)) if measures else 0,
        materials_before=len(materials),
        materials_after=len(set(materials)),
        visits_before=visits,
        visits_after=min(visits, max((one.visits for one in measures), default=0)),
        days_before=sum(one.days for one in measures),
        days_after=max((way(one.seq) for one in measures), default=0),
    )
