"""Guides and lists of items. `on` is the day asked about: the version in force on it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from yichuang.catalogue import rules
from yichuang.catalogue.drafts import Fact, GuideElements, facts_of, guide_of
from yichuang.catalogue.models import ItemVersion, Material, OutletItem
from yichuang.catalogue.situations import (
    Question,
    Row,
    outcome,
    questions_of,
    rows_of,
    settled,
)
from yichuang.places.queries import OutletSheet
from yichuang.verdict import Refusal, Verdict


@dataclass(frozen=True, slots=True)
class MaterialSheet:
    """One thing to bring. `held`: the government holds it already; it need not be brought.

    The rest as in drafts.MaterialDraft.
    """

    seq: int
    name: str
    note: str
    held: bool
    name_en: str = ""
    always: bool = True
    kind: str = "document"
    form: str = "copy"
    reason: str = ""
    reason_en: str = ""
    basis: str = ""
    basis_confirmed: bool = False
    sample: str = ""
    held_from: tuple[str, ...] = ()
    later_days: int | None = None
    promise: str = ""
    promise_note: str = ""


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
    questions: tuple[Question, ...]
    situations: tuple[Row, ...]
    facts: tuple[Fact, ...]
    elements: GuideElements

    def exact(self, answers: Mapping[str, str]) -> tuple[MaterialSheet, ...]:
        """The materials of one situation: the exact list."""
        found = outcome(self.situations, settled(self.questions, answers))
        return tuple(m for m in self.materials if found.on_list(m.name, always=m.always))


@dataclass(frozen=True, slots=True)
class DomainSheet:
    """A domain (民政, 人社 …) and its items."""

    name: str
    items: tuple[ItemLine, ...]


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
        .prefetch_related(with_materials())
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
    return _guide(ItemVersion.objects.prefetch_related(with_materials()).get(pk=version_id))


def guides_in_force(on: date, codes: Collection[str] = ()) -> list[ItemGuide]:
    """The whole guides of the items in use on a day, of some items if given, in code order. 2 SQL."""
    rows = versions_in_force(on).filter(state="active").prefetch_related(with_materials())
    if codes:
        rows = rows.filter(item__in=codes)
    return [_guide(row) for row in rows]


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


def listed_at_outlet(item: ItemGuide, outlet: OutletSheet) -> Verdict:
    """Is an item on the list of an outlet? 1 SQL for whoever may have a list of their own."""
    own = own_choices(outlet).get(item.code, _NO_CHOICE)
    return rules.listed_at(outlet.kind, outlet.town_kind, item, modes=own.modes, reason=own.reason)


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """What an outlet's own list says of an item, and a station's reason for it."""

    modes: frozenset[str] = frozenset()
    reason: str = ""


_NO_CHOICE = OwnChoice()


def own_choices(outlet: OutletSheet) -> dict[str, OwnChoice]:
    """Item code → what the outlet's own list says. 1 SQL; none for halls, centres and bureaus."""
    if outlet.kind not in (*rules.OWN_LIST_KINDS, rules.STATION):
        return {}
    found: dict[str, OwnChoice] = {}
    rows = OutletItem.objects.filter(outlet=outlet.code)
    for code, mode, reason in rows.values_list("item_id", "mode", "reason"):
        before = found.get(code, _NO_CHOICE)
        found[code] = OwnChoice(before.modes | {mode}, reason or before.reason)
    return found


def outlet_items(
    outlet: OutletSheet, on: date, *, among: Iterable[ItemLine] | None = None
) -> list[ItemLine]:
    """The items in use on an outlet's list, in code order. At most 2 SQL.

    among: items_in_force(on), where somebody who asks of many outlets has read them already.
    """
    own = own_choices(outlet)
    return [
        line
        for line in (items_in_force(on) if among is None else among)
        if rules.listed_at(
            outlet.kind, outlet.town_kind, line, modes=own.get(line.code, _NO_CHOICE).modes
        )
    ]


def station_differs(outlet: OutletSheet, on: date) -> list[tuple[ItemLine, str, str]]:
    """Where a station's list differs from the county's: (item, "take_in" or "drop", reason). 2 SQL."""
    own = own_choices(outlet)
    return [
        (line, mode, own[line.code].reason)
        for line in items_in_force(on)
        if line.code in own
        for mode in rules.STATION_MODES
        if mode in own[line.code].modes
    ]


def with_materials() -> Prefetch:
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
        materials=tuple(_material(material) for material in row.materials.all()),
        questions=questions_of(row.questions),
        situations=rows_of(row.situations),
        facts=facts_of(row.facts),
        elements=guide_of(row.guide),
    )


def _material(row: Material) -> MaterialSheet:
    return MaterialSheet(
        seq=row.seq,
        name=row.name,
        note=row.note,
        held=row.held,
        name_en=row.name_en,
        always=row.always,
        kind=row.kind,
        form=row.form,
        reason=row.reason,
        reason_en=row.reason_en,
        basis=row.basis,
        basis_confirmed=row.basis_confirmed,
        sample=row.sample,
        held_from=tuple(row.held_from),
        later_days=row.later_days,
        promise=row.promise,
        promise_note=row.promise_note,
    )
