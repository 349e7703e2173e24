"""Chains (一件事) in force on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from yichuang.catalogue.models import ChainStep, ChainVersion
from yichuang.catalogue.queries.items import versions_in_force
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class StepSheet:
    """A step of a chain; depends_on: the seq numbers that come first."""

    seq: int
    item_code: str
    item_name: str
    item_name_en: str
    depends_on: tuple[int, ...]
    alternative: str
    optional: bool
    opens_on: str
    catalogue: str
    note: str


@dataclass(frozen=True, slots=True)
class ChainSheet:
    """A 一件事 with its steps in order."""

    code: str
    version_id: int
    name: str
    name_en: str
    steps: tuple[StepSheet, ...]


def chains(on: date) -> list[ChainSheet]:
    """Every chain in force, in code order. 3 SQL."""
    return _chain_sheets(_chain_versions(on), on)


def chain_sheet(code: str, on: date) -> ChainSheet:
    """One chain in force. Refusal "chain-unknown". 3 SQL."""
    found = _chain_sheets(_chain_versions(on).filter(chain=code), on)
    if not found:
        raise Refusal(
            "chain-unknown",
            _("没有代码为“%(code)s”的一件事。") % {"code": code},
            remedy=_("请从“一件事”列表中选择。"),
            status=404,
        )
    return found[0]


def _chain_versions(on: date) -> QuerySet[ChainVersion]:
    newer = ChainVersion.objects.filter(
        chain=OuterRef("chain"), valid_from__lte=on, valid_from__gt=OuterRef("valid_from")
    )
    return ChainVersion.objects.filter(valid_from__lte=on).filter(~Exists(newer)).order_by("chain")


def _chain_sheets(rows: QuerySet[ChainVersion], on: date) -> list[ChainSheet]:
    versions = list(
        rows.prefetch_related(Prefetch("steps", queryset=ChainStep.objects.order_by("seq")))
    )
    codes = {step.item_id for version in versions for step in version.steps.all()}
    names = {
        code: (name, name_en)
        for code, name, name_en in versions_in_force(on)
        .filter(item__in=codes)
        .values_list("item_id", "name", "name_en")
    }
    return [
        ChainSheet(
            code=version.chain_id,
            version_id=version.pk,
            name=version.name,
            name_en=version.name_en,
            steps=tuple(_steps(version.steps.all(), names)),
        )
        for version in versions
    ]


def _steps(steps: Iterable[ChainStep], names: dict[str, tuple[str, str]]) -> Iterable[StepSheet]:
    for step in steps:
        name, name_en = names.get(step.item_id, (step.item_id, ""))
        yield StepSheet(
            seq=step.seq,
            item_code=step.item_id,
            item_name=name,
            item_name_en=name_en,
            depends_on=tuple(step.depends_on),
            alternative=step.alternative,
            optional=step.optional,
            opens_on=step.opens_on,
            catalogue=step.catalogue,
            note=step.note,
        )
