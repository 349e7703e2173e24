"""The standing order in memory, and rulings from it. One SQL statement a ruling: the stamp.

A county's organs, outlets, divisions, items, competences and grants change a few times a month and
are asked for at every step of every case. Each process keeps them as one immutable `Order` and
compares its stamp with the database's at every question; when it moved, the order is read anew
(nine statements).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from yichuang.authority.facts import (
    PUBLISHED,
    Bodies,
    Competence,
    Grant,
    Matter,
    Organ,
    Outlet,
    Place,
)
from yichuang.authority.models import Competence as CompetenceRow
from yichuang.authority.models import Grant as GrantRow
from yichuang.authority.models import Standing, Suspension
from yichuang.authority.rules import Ruling, rule
from yichuang.catalogue.drafts import Fact, facts_of
from yichuang.catalogue.models import ItemVersion, Material, OutletItem
from yichuang.catalogue.rules import listed_at
from yichuang.catalogue.situations import Question, Row, questions_of, rows_of
from yichuang.places import models as places
from yichuang.places.rules import outlet_open_on
from yichuang.verdict import Refusal

PERMIT = "01"  # 事项类型 行政许可
TAKE_IN, DROP = "take_in", "drop"
STRETCHES = "suspensions"


@dataclass(frozen=True, slots=True)
class MaterialFacts:
    """One row of an item version's list of materials, from position 1."""

    position: int
    name: str
    note: str
    held: bool
    always: bool
    later_days: int | None
    promise: str
    held_from: tuple[str, ...]
    kind: str = "document"
    promise_note: str = ""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item version as the doing of a case needs it; days are working days."""

    version_id: int
    version: int
    code: str
    name: str
    name_en: str
    valid_from: date
    item_type: str
    handling: str
    legal_days: int | None
    promised_days: int
    town: bool
    street: bool
    village: bool
    state: str
    basis: str
    materials: tuple[MaterialFacts, ...]
    questions: tuple[Question, ...]
    situations: tuple[Row, ...]
    facts: tuple[Fact, ...]

    @property
    def permit(self) -> bool:
        return self.item_type == PERMIT

    @property
    def matter(self) -> Matter:
        return Matter(self.code, self.name, self.permit, self.town, self.street)


@dataclass(frozen=True, slots=True)
class OutletFacts:
    """An outlet with what decides whether it may take a matter in."""

    outlet: Outlet
    division_code: str
    division_kind: str
    town_kind: str
    organ_code: str
    opened_on: date | None
    closed_on: date | None
    closures: tuple[places.Closure, ...]
    takes_in: frozenset[str]
    drops: Mapping[str, str]  # what a village station does not take in → why

    def modes(self, item_code: str) -> tuple[str, ...]:
        """What the outlet's own list says of an item, as rules.listed_at asks it."""
        if item_code in self.drops:
            return (DROP,)
        return (TAKE_IN,) if item_code in self.takes_in else ()

    @property
    def name(self) -> str:
        return self.outlet.name


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that rules, at one moment. Immutable."""

    stamp: uuid.UUID
    items: Mapping[str, tuple[ItemFacts, ...]]
    competences: Mapping[str, tuple[tuple[date, Competence], ...]]
    grants: tuple[Grant, ...]
    organs: Mapping[str, Organ]
    by_town: Mapping[str, Mapping[str, Organ]]
    places: Mapping[str, Place]
    outlets: Mapping[str, OutletFacts]

    @property
    def county(self) -> Place | None:
        """The county itself: the one place that lies in no town."""
        return next((place for place in self.places.values() if not place.town_code), None)

    def item(self, code: str, on: date) -> ItemFacts:
        """The version in force. Refusal "item-unknown", "item-suspended" or "item-cancelled"."""
        in_force = [facts for facts in self.items.get(code, ()) if facts.valid_from <= on]
        if not in_force:
            raise Refusal(
                "item-unknown",
                _("没有代码为“%(code)s”的事项，或者它在%(day)s还没有施行。")
                % {"code": code, "day": on},
                remedy=_("请用搜索查找事项，或核对代码。"),
                status=404,
            )
        facts = in_force[-1]
        if facts.state != "active":
            raise Refusal(
                f"item-{facts.state}",
                _("“%(name)s”目前暂停或取消办理。") % {"name": facts.name},
                remedy=_("请向县政务服务大厅咨询。"),
                status=409,
            )
        return facts

    def version(self, code: str, version_id: int) -> ItemFacts:
        """The very version that a case began with, whatever is in force now. KeyError if unknown."""
        for facts in self.items[code]:
            if facts.version_id == version_id:
                return facts
        raise KeyError(version_id)

    def place(self, code: str) -> Place:
        try:
            return self.places[code]
        except KeyError:
            raise Refusal(
                "place-unknown",
                _("没有代码为“%(code)s”的区划。") % {"code": code},
                remedy=_("请选择所在的村（社区）。"),
                status=404,
            ) from None

    def outlet(self, code: str) -> OutletFacts:
        try:
            return self.outlets[code]
        except KeyError:
            raise Refusal(
                "outlet-unknown",
                _("没有代码为“%(code)s”的服务点。") % {"code": code},
                remedy=_("请核对服务点代码。"),
                status=404,
            ) from None

    def bodies_of(self, place: Place) -> Bodies:
        own = self.by_town.get(place.town_code, {})
        county = self.by_town.get(place.code[:6] + "000000", {})
        return Bodies(
            self.organs, own.get("government"), own.get("centre"), county.get("government")
        )

    def centre_of(self, place: Place) -> OutletFacts | None:
        """The town centre of a place, where what a village took in is accepted."""
        return self.outlets.get(f"{place.town_code}-centre")

    def competence(self, item_code: str, on: date) -> Competence | None:
        in_force = [row for day, row in self.competences.get(item_code, ()) if day <= on]
        return in_force[-1] if in_force else None

    def ruling(
        self,
        item_code: str,
        place_code: str,
        outlet_code: str,
        on: date,
        amount: int | None = None,
    ) -> Ruling:
        """The one ruling. Refusal for an unknown item, place or outlet; else see rules.rule."""
        return rule(**self.facts_for(item_code, place_code, outlet_code, on), amount=amount)

    def facts_for(
        self, item_code: str, place_code: str, outlet_code: str, on: date
    ) -> dict[str, Any]:
        """What a ruling is made from, as rules.rule and explanations.explain take it."""
        item, place = self.item(item_code, on), self.place(place_code)
        counter = self.outlet(outlet_code)
        return {
            "matter": item.matter,
            "place": place,
            "outlet": counter.outlet,
            "on": on,
            "competence": self.competence(item_code, on),
            "bodies": self.bodies_of(place),
            "grants": self.grants,
            "listed": listed_at(
                counter.outlet.kind,
                counter.town_kind,
                item,
                # a partner that only answers questions or prints takes nothing in
                modes=counter.modes(item_code),
                reason=counter.drops.get(item_code, ""),
            ),
            "open_": outlet_open_on(counter, on, counter.closures),
        }

    def granting(self, changed: Grant) -> Order:
        """The order as it would be with this grant, in place of the one of its number if there is
        one."""
        others = tuple(grant for grant in self.grants if grant.number != changed.number)
        return replace(self, grants=(*others, changed))


_held: Order | None = None


def order(*, lock: bool = False) -> Order:
    """The standing order now. `lock`: hold it until the transaction ends, for a decision.

    Refusal "county-not-loaded" (503) when no pack was ever loaded.
    """
    global _held
    rows = Standing.objects.filter(id=1)
    if lock:
        rows = rows.select_for_update()
    stamp = next(iter(rows.values_list("stamp", flat=True)), None)  # first() would sort one row
    if stamp is None:
        raise Refusal(
            "county-not-loaded",
            _("还没有装入县的数据。"),
            remedy=_("请先运行 yichuang load 县包目录。"),
            status=503,
        )
    held = _held  # once: another thread may put an older copy there while this one decides
    if held is None or held.stamp != stamp:
        held = _held = _read(stamp)
    return held


def changed_at() -> datetime:
    """When the standing order last changed. 1 SQL."""
    return Standing.objects.values_list("changed_at", flat=True).get(id=1)


def forget() -> None:
    """Drop this process's copy (tests roll the database back under it)."""
    global _held
    _held = None


def _read(stamp: uuid.UUID) -> Order:
    divisions = {row.code: row for row in places.Division.objects.all()}
    known_places = {code: _place(row, divisions) for code, row in divisions.items()}
    organs, by_town = {}, defaultdict(dict)
    for row in places.Organ.objects.all():
        organ = organs[row.code] = Organ(row.code, row.name, row.administrative, row.division_id)
        slot = _SLOTS.get(row.kind)
        if slot:
            by_town[row.division_id].setdefault(slot, organ)
    return Order(
        stamp=stamp,
        items=_items(),
        competences=_competences(),
        grants=_grants(),
        organs=organs,
        by_town=dict(by_town),
        places=known_places,
        outlets=_outlets(divisions, known_places),
    )


_SLOTS = {
    "county_government": "government",
    "town_government": "government",
    "subdistrict_office": "government",
    "centre": "centre",
}


def _place(row: places.Division, divisions: Mapping[str, places.Division]) -> Place:
    town = (
        row if row.level == "town" else divisions[row.parent_id] if row.level == "village" else None
    )
    name = row.name if town is None or town is row else f"{town.name}{row.name}"
    if town is None:
        return Place(row.code, name)
    return Place(row.code, name, town.code, town.name, town.kind)


def _items() -> dict[str, tuple[ItemFacts, ...]]:
    materials = defaultdict(list)
    for row in Material.objects.order_by("version_id", "seq"):
        materials[row.version_id].append(
            MaterialFacts(
                position=row.seq,
                name=row.name,
                note=row.note,
                held=row.held,
                always=row.always,
                later_days=row.later_days,
                promise=row.promise,
                held_from=tuple(row.held_from),
                kind=row.kind,
                promise_note=row.promise_note,
            )
        )
    items = defaultdict(list)
    for row in ItemVersion.objects.order_by("item_id", "valid_from"):
        items[row.item_id].append(
            ItemFacts(
                version_id=row.pk,
                version=row.version,
                code=row.item_id,
                name=row.name,
                name_en=row.name_en,
                valid_from=row.valid_from,
                item_type=row.item_type,
                handling=row.handling,
                legal_days=row.legal_days,
                promised_days=row.promised_days,
                town=row.town,
                street=row.street,
                village=row.village,
                state=row.state,
                basis=row.basis,
                materials=tuple(materials[row.pk]),
                questions=questions_of(row.questions),
                situations=rows_of(row.situations),
                facts=facts_of(row.facts),
            )
        )
    return {code: tuple(rows) for code, rows in items.items()}


def _competences() -> dict[str, tuple[tuple[date, Competence], ...]]:
    found = defaultdict(list)
    for row in CompetenceRow.objects.order_by("item_id", "valid_from"):
        found[row.item_id].append(
            (
                row.valid_from,
                Competence(
                    row.item_id,
                    row.role,
                    row.decider,
                    row.power_source,
                    row.decision_seal,
                    row.acceptance_seal,
                    row.basis,
                    row.basis_confirmed,
                    row.note,
                ),
            )
        )
    return {code: tuple(rows) for code, rows in found.items()}


def _grants() -> tuple[Grant, ...]:
    """The published ones; a draft gives no power."""
    rows = GrantRow.objects.filter(state=PUBLISHED).order_by("number")
    return tuple(grant_of(row, row.suspensions.all()) for row in rows.prefetch_related(STRETCHES))


def grant_of(row: GrantRow, suspensions: Iterable[Suspension]) -> Grant:
    """The facts of a grant's row."""
    return Grant(
        number=row.number,
        instrument=row.instrument,
        from_organ=row.from_organ_id,
        to_organ=row.to_organ_id,
        items=frozenset(row.items),
        places=frozenset(row.places),
        outlets=frozenset(row.outlets),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_on=row.revoked_on,
        seal=row.seal_code,
        basis=row.basis,
        notice=row.notice,
        draft=row.draft,
        suspensions=tuple(sorted((one.starts_on, one.ends_on) for one in suspensions)),
        max_amount=row.max_amount,
    )


def _outlets(
    divisions: Mapping[str, places.Division], known: Mapping[str, Place]
) -> dict[str, OutletFacts]:
    closures, takes_in, drops = defaultdict(list), defaultdict(set), defaultdict(dict)
    for closure in places.Closure.objects.all():
        closures[closure.outlet_id].append(closure)
    own = OutletItem.objects.filter(mode__in=(TAKE_IN, DROP))
    for outlet_code, item_code, mode, reason in own.values_list(
        "outlet_id", "item_id", "mode", "reason"
    ):
        if mode == TAKE_IN:
            takes_in[outlet_code].add(item_code)
        else:
            drops[outlet_code][item_code] = reason
    found = {}
    for row in places.Outlet.objects.all():
        place = known[row.division_id]
        found[row.code] = OutletFacts(
            outlet=Outlet(row.code, row.name, row.kind, place.town_code, place.town_name),
            division_code=row.division_id,
            division_kind=divisions[row.division_id].kind,
            town_kind=place.town_kind,
            organ_code=row.organ_id,
            opened_on=row.opened_on,
            closed_on=row.closed_on,
            closures=tuple(closures[row.code]),
            takes_in=frozenset(takes_in[row.code]),
            drops=drops[row.code],
        )
    return found
