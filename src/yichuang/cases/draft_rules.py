"""An application begun at home, pure: what it holds, and what a new version of its item changes.

Materials are kept by name, not by position: a name outlives a version of the item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from yichuang.cases import fact_rules
from yichuang.catalogue.drafts import Fact
from yichuang.catalogue.situations import Question, settled
from yichuang.verdict import Refusal

# how a material comes: uploaded; within some days (容缺); a promise instead; paper, to the window;
# the applicant's own electronic licence, by their consent for this application
UPLOAD, LATER, PROMISE, BRING, WALLET = "upload", "later", "promise", "bring", "wallet"
LIFE_DAYS = 30  # a draft is kept so long after its last change; our choice
MOST_FILES = 10  # photos of one material


@dataclass(frozen=True, slots=True)
class Handed:
    """How one material comes. files: ids of stored files, in order (only for UPLOAD)."""

    how: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What was filled in so far; "" and {} for what was not. on_behalf: as rules.BEHALF. place: a
    village's code, or the town's own where no village applies. agent: who acts for a child or for
    somebody who entrusted them. chosen, have: steps of a 一件事, where it is one."""

    on_behalf: str = ""
    town: str = ""
    place: str = ""
    situation: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    materials: Mapping[str, Handed] = field(default_factory=dict)
    delivery: str = ""
    collect_at: str = ""
    address: str = ""
    name: str = ""
    identity: str = ""
    agent: str = ""
    phone: str = ""
    chosen: tuple[int, ...] = ()
    have: tuple[int, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Every stored file it refers to."""
        return frozenset(each for one in self.materials.values() for each in one.files)

    def with_material(self, name: str, handed: Handed) -> Content:
        return replace(self, materials={**self.materials, name: handed})


def as_text(content: Content) -> str:
    """As JSON, to be sealed."""
    return json.dumps(asdict(content), ensure_ascii=False, sort_keys=True)


def content_of(text: str) -> Content:
    """The inverse of `as_text`. Fields that a later release knows no more are left out."""
    given: dict[str, Any] = json.loads(text)
    known = {key: given[key] for key in Content.__dataclass_fields__ if key in given}
    known["materials"] = {
        name: Handed(one["how"], tuple(one["files"]))
        for name, one in known.get("materials", {}).items()
    }
    steps = {name: tuple(known.get(name, ())) for name in ("chosen", "have")}
    return Content(**{**known, **steps})


# -- a new version ------------------------------------------------------------------------------


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Version(Protocol):
    """What these rules need of an item version (catalogue's ItemGuide and authority's ItemFacts)."""

    @property
    def version(self) -> int: ...
    @property
    def questions(self) -> Sequence[Question]: ...
    @property
    def facts(self) -> Sequence[Fact]: ...
    @property
    def materials(self) -> Sequence[Named]: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new version of the item means for an application begun under an earlier one, each
    list in people's words. lost: answers that do not count any more; kept: how many still do."""

    version: int
    asked_now: tuple[str, ...] = ()
    asked_no_more: tuple[str, ...] = ()
    materials_now: tuple[str, ...] = ()
    materials_no_more: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    kept: int = 0


def changes(content: Content, before: Version, now: Version) -> Changes:
    """Compare the version an application began under with the one in force."""
    old_asked = {q.key: q.ask for q in before.questions} | {f.key: f.label for f in before.facts}
    new_asked = {q.key: q.ask for q in now.questions} | {f.key: f.label for f in now.facts}
    old_names = [material.name for material in before.materials]
    new_names = [material.name for material in now.materials]
    fitted = fit(content, now)
    given = {**content.situation, **content.facts}
    lost = [key for key in given if key not in {**fitted.situation, **fitted.facts}]
    lost_files = [name for name in content.materials if name not in fitted.materials]
    return Changes(
        version=now.version,
        asked_now=tuple(new_asked[key] for key in new_asked if key not in old_asked),
        asked_no_more=tuple(old_asked[key] for key in old_asked if key not in new_asked),
        materials_now=tuple(name for name in new_names if name not in old_names),
        materials_no_more=tuple(name for name in old_names if name not in new_names),
        lost=tuple(old_asked.get(key, key) for key in lost) + tuple(lost_files),
        kept=len(given) + len(content.materials) - len(lost) - len(lost_files),
    )


def fit(content: Content, version: Version) -> Content:
    """The application without answers that this version does not know, or knows no such answer to."""
    options = {q.key: {option.value for option in q.options} for q in version.questions}
    asked = {fact.key: fact for fact in version.facts}
    listed = {material.name for material in version.materials}
    situation = {k: v for k, v in content.situation.items() if v in options.get(k, ())}
    return replace(
        content,
        situation=settled(version.questions, situation),
        facts={k: v for k, v in content.facts.items() if k in asked and _known(asked[k], v)},
        materials={k: v for k, v in content.materials.items() if k in listed},
    )


def _known(fact: Fact, value: str) -> bool:
    """Whether a kept value still answers the fact: a new version may ask for a date instead."""
    try:
        return not value or bool(fact_rules.value(fact, value))
    except Refusal:
        return False
