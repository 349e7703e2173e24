"""The catalogue as frozen sheets: guides, lists, chains; each a fixed number of SQL statements.

`on` is the day asked about: the version in force on it answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from yichuang.catalogue import rules
from yichuang.catalogue.models import (
    ChainStep,
    ChainVersion,
    ItemVersion,
    Material,
    OutletItem,
)
from yichuang.places.queries import OutletSheet
from yichuang.verdict import Refusal, Verdict


@dataclass(frozen=True, slots=True)
class MaterialSheet:
    """One thing to bring. `held`: the government holds it already; it need not be brought."""

    seq: int
    name: str
    note: str
    held: bool


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in a list. Days are 工作日."""

    code: str
    version_id: int
    name: str
    name_en: str
    domain: str
    item_type: str
    handling: str
    promised_days: int
    town: bool
    street: bool
    village: bool
    high_frequency: bool
    state: str
    membership_draft: bool


@dataclass(frozen=True, slots=True)
class ItemGuide:
    """All that a guide page shows of one version of an item.

    legal_days None: no statutory limit known. Days are 工作日 unless legal_days_note says
    otherwise. The three *_draft marks: not confirmed by the county, and to be shown as such.
    """

    code: str
    version_id: int
    version: int
    valid_from: date
    name: str
    name_en: str
    domain: str
    item_type: str
    objects: tuple[str, ...]
    handling: str
    legal_days: int | None
    legal_days_note: str
    promised_days: int
    town: bool
    street: bool
    village: bool
    high_frequency: bool
    chains: tuple[str, ...]
    aliases: tuple[str, ...]
    basis: str
    basis_confirmed: bool
    state: str
    membership_draft: bool
    days_draft: bool
    materials_draft: bool
    materials: tuple[MaterialSheet, ...]


@dataclass(frozen=True, slots=True)
class DomainSheet:
    """A domain (民政, 人社 …) and its items."""

    name: str
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class StepSheet:
    """A step of a chain; depends_on: the seq numbers that come first."""

    seq: int
    item_code: str
    item_name: str
    item_name_en: str
    depends_on: tuple[int, ...]
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


def versions_in_force(on: date) -> QuerySet[ItemVersion]:
    """The version of each item in force on a day, in item order."""
    newer = ItemVersion.objects.filter(
        item=OuterRef("item"), valid_from__lte=on, valid_from__gt=OuterRef("valid_from")
    )
    return ItemVersion.objects.filter(valid_from__lte=on).filter(~Exists(newer)).order_by("item")


def item_guide(code: str, on: date) -> ItemGuide:
    """The guide in force on a day, whatever the item's state. Refusal "item-unknown". 2 SQL."""
    found = (
        ItemVersion.objects.filter(item=code, valid_from__lte=on)
        .order_by("-valid_from")
        .prefetch_related(_materials())
        .first()
    )
    if found is None:
        raise Refusal(
            "item-unknown",
            _("%(day)s没有代码为“%(code)s”的在用事项。") % {"code": code, "day": on.isoformat()},
            remedy=_("请核对事项代码，或用平常的话搜索要办的事。"),
            status=404,
        )
    return _guide(found)


def item_in_force(code: str, on: date) -> ItemGuide:
    """The guide by which a matter may be taken in on a day. 2 SQL.

    Refusals "item-unknown", "item-suspended", "item-cancelled".
    """
    guide = item_guide(code, on)
    rules.state_allows(guide.name, guide.state).enforce()
    return guide


def version_guide(version_id: int) -> ItemGuide:
    """The guide a case was taken in under. 2 SQL; ItemVersion.DoesNotExist."""
    return _guide(ItemVersion.objects.prefetch_related(_materials()).get(pk=version_id))


def items_in_force(
    on: date, *, domain: str = "", high_frequency: bool | None = None
) -> list[ItemLine]:
    """The items in use (not suspended, not cancelled) on a day, in code order. 1 SQL."""
    rows = versions_in_force(on).filter(state="active")
    if domain:
        rows = rows.filter(domain=domain)
    if high_frequency is not None:
        rows = rows.filter(high_frequency=high_frequency)
    return [_line(row) for row in rows]


def high_frequency_items(on: date) -> list[ItemLine]:
    """The 高频事项 in use. 1 SQL."""
    return items_in_force(on, high_frequency=True)


def domains(on: date) -> list[DomainSheet]:
    """Every domain with its items in use, the largest first. 1 SQL."""
    found: dict[str, list[ItemLine]] = {}
    for line in items_in_force(on):
        found.setdefault(line.domain, []).append(line)
    sheets = [DomainSheet(name, tuple(items)) for name, items in found.items()]
    return sorted(sheets, key=lambda sheet: (-len(sheet.items), sheet.name))


def own_modes(outlet_code: str, item_code: str) -> frozenset[str]:
    """What a partner outlet or self-service area may do with an item. 1 SQL."""
    return frozenset(
        OutletItem.objects.filter(outlet=outlet_code, item=item_code).values_list("mode", flat=True)
    )


def listed_at_outlet(item: ItemGuide, outlet: OutletSheet) -> Verdict:
    """Is an item on the list of an outlet? 1 SQL for partners and self-service, else none."""
    modes: frozenset[str] = frozenset()
    if outlet.kind in rules.OWN_LIST_KINDS:
        modes = own_modes(outlet.code, item.code)
    return rules.listed_at(outlet.kind, outlet.town_kind, item, modes=modes)


def outlet_items(outlet: OutletSheet, on: date) -> list[ItemLine]:
    """The items in use on an outlet's list, in code order. At most 2 SQL."""
    own: dict[str, set[str]] = {}
    if outlet.kind in rules.OWN_LIST_KINDS:
        for code, mode in OutletItem.objects.filter(outlet=outlet.code).values_list(
            "item_id", "mode"
        ):
            own.setdefault(code, set()).add(mode)
    return [
        line
        for line in items_in_force(on)
        if rules.listed_at(outlet.kind, outlet.town_kind, line, modes=own.get(line.code, ()))
    ]


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
            catalogue=step.catalogue,
            note=step.note,
        )


def _materials() -> Prefetch:
    return Prefetch("materials", queryset=Material.objects.order_by("seq"))


def _line(row: ItemVersion) -> ItemLine:
    return ItemLine(
        code=row.item_id,
        version_id=row.pk,
        name=row.name,
        name_en=row.name_en,
        domain=row.domain,
        item_type=row.item_type,
        handling=row.handling,
        promised_days=row.promised_days,
        town=row.town,
        street=row.street,
        village=row.village,
        high_frequency=row.high_frequency,
        state=row.state,
        membership_draft=row.membership_draft,
    )


def _guide(row: ItemVersion) -> ItemGuide:
    return ItemGuide(
        code=row.item_id,
        version_id=row.pk,
        version=row.version,
        valid_from=row.valid_from,
        name=row.name,
        name_en=row.name_en,
        domain=row.domain,
        item_type=row.item_type,
        objects=tuple(row.objects_served),
        handling=row.handling,
        legal_days=row.legal_days,
        legal_days_note=row.legal_days_note,
        promised_days=row.promised_days,
        town=row.town,
        street=row.street,
        village=row.village,
        high_frequency=row.high_frequency,
        chains=tuple(row.chain_names),
        aliases=tuple(row.aliases),
        basis=row.basis,
        basis_confirmed=row.basis_confirmed,
        state=row.state,
        membership_draft=row.membership_draft,
        days_draft=row.days_draft,
        materials_draft=row.materials_draft,
        materials=tuple(
            MaterialSheet(material.seq, material.name, material.note, material.held)
            for material in row.materials.all()
        ),
    )
