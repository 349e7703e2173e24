"""Places as frozen sheets: what a page or another package may read, without further SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from yichuang.places import rules
from yichuang.places.models import (
    Closure,
    Division,
    DivisionAlias,
    Organ,
    Outlet,
    PlaceVersion,
)
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class DivisionSheet:
    """A division. `path`: codes from the county down joined by "/". lng, lat: WGS84 degrees."""

    code: str
    level: str
    kind: str
    name: str
    short_name: str
    parent_code: str
    path: str
    lng: float | None
    lat: float | None
    point_note: str


@dataclass(frozen=True, slots=True)
class AliasSheet:
    """Another name; division_code "" and status "to_confirm" while nobody has confirmed it."""

    name: str
    division_code: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class OrganSheet:
    """An organ as it is now."""

    code: str
    name: str
    name_en: str
    kind: str
    division_code: str
    parent_code: str
    administrative: bool
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class ClosureSheet:
    """Days, both inclusive, on which an outlet is shut."""

    start: date
    end: date
    reason: str


@dataclass(frozen=True, slots=True)
class OutletSheet:
    """An outlet with where it stands.

    town_code and town_kind ("town" | "subdistrict") are "" for an outlet of the county.
    lng, lat: its division's point, or its town's where the division has none (then
    `approximate` is True); None where neither is known.
    """

    code: str
    kind: str
    name: str
    name_en: str
    division_code: str
    division_name: str
    path: str
    town_code: str
    town_name: str
    town_kind: str
    organ_code: str
    organ_name: str
    address: str
    phone: str
    hours: str
    opened_on: date | None
    closed_on: date | None
    fictional: bool
    note: str
    lng: float | None
    lat: float | None
    approximate: bool
    closures: tuple[ClosureSheet, ...]


@dataclass(frozen=True, slots=True)
class NearOutlet:
    """An outlet and its distance in kilometres, as the crow flies."""

    outlet: OutletSheet
    km: float


PlaceChain = tuple[DivisionSheet | None, DivisionSheet | None, DivisionSheet]


def place_chain(code: str) -> PlaceChain:
    """(village, town, county) of a division code; the parts below its level are None. 1 SQL."""
    found = Division.objects.select_related("parent__parent").filter(code=code).first()
    if found is None:
        raise _unknown_place(code)
    parts: dict[str, Division] = {}
    at: Division | None = found
    while at is not None:
        parts[at.level] = at
        at = at.parent
    village, town = parts.get("village"), parts.get("town")
    return (
        _division(village) if village else None,
        _division(town) if town else None,
        _division(parts["county"]),
    )


def division_sheet(code: str) -> DivisionSheet:
    """One division; Refusal "place-unknown"."""
    found = Division.objects.filter(code=code).first()
    if found is None:
        raise _unknown_place(code)
    return _division(found)


def divisions(*, level: str = "", under: str = "") -> list[DivisionSheet]:
    """Divisions in code order, of one level if given, within the division `under` if given."""
    rows = Division.objects.all()
    if level:
        rows = rows.filter(level=level)
    if under:
        rows = rows.filter(path__startswith=_path(under))
    return [_division(row) for row in rows]


def aliases() -> list[AliasSheet]:
    """Every other name, confirmed or to be confirmed."""
    return [
        AliasSheet(row.name, row.division_id or "", row.status, row.note)
        for row in DivisionAlias.objects.all()
    ]


def organ_sheet(code: str) -> OrganSheet:
    """One organ; Refusal "organ-unknown"."""
    found = Organ.objects.filter(code=code).first()
    if found is None:
        raise Refusal(
            "organ-unknown",
            _("没有代码为“%(code)s”的机构。") % {"code": code},
            remedy=_("请核对机构代码，或从机构列表中选择。"),
            status=404,
        )
    return _organ(found)


def organs(*, kind: str = "", under: str = "") -> list[OrganSheet]:
    """Organs in code order, of one kind if given, seated within `under` if given."""
    rows = Organ.objects.all()
    if kind:
        rows = rows.filter(kind=kind)
    if under:
        rows = rows.filter(division__path__startswith=_path(under))
    return [_organ(row) for row in rows]


def organ_name_on(code: str, on: date) -> str:
    """What an organ was called on a day, for papers already issued; its first name before that."""
    rows = PlaceVersion.objects.filter(kind="organ", code=code)
    found = rows.filter(valid_from__lte=on).order_by("-version").first()
    found = found or rows.order_by("version").first()
    return found.content["name"] if found else organ_sheet(code).name


def outlet_sheet(code: str) -> OutletSheet:
    """One outlet with its closures; Refusal "outlet-unknown". 2 SQL."""
    found = _outlets().filter(code=code).first()
    if found is None:
        raise Refusal(
            "outlet-unknown",
            _("没有代码为“%(code)s”的服务点。") % {"code": code},
            remedy=_("请核对服务点代码，或从服务点列表中选择。"),
            status=404,
        )
    return _outlet(found)


def outlets(*, kinds: Collection[str] = ()) -> list[OutletSheet]:
    """Every outlet in code order, of some kinds if given. 2 SQL."""
    rows = _outlets()
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return [_outlet(row) for row in rows]


def town_outlets(town_code: str, *, kinds: Collection[str] = ()) -> list[OutletSheet]:
    """The outlets in a town or street and in its villages, in code order. 3 SQL."""
    rows = _outlets().filter(division__path__startswith=_path(town_code))
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return [_outlet(row) for row in rows]


def outlets_near(
    lng: float, lat: float, *, limit: int = 10, kinds: Collection[str] = ()
) -> list[NearOutlet]:
    """The nearest outlets to a WGS84 point, nearest first; those without a point are left out."""
    near = [
        NearOutlet(sheet, rules.distance_km(lng, lat, sheet.lng, sheet.lat))
        for sheet in outlets(kinds=kinds)
        if sheet.lng is not None and sheet.lat is not None
    ]
    return sorted(near, key=lambda one: (one.km, one.outlet.approximate, one.outlet.code))[:limit]


def _unknown_place(code: str) -> Refusal:
    return Refusal(
        "place-unknown",
        _("没有代码为“%(code)s”的行政区划。") % {"code": code},
        remedy=_("请核对12位区划代码，或从镇街、村居列表中选择。"),
        status=404,
    )


def _path(code: str) -> str:
    path = Division.objects.filter(code=code).values_list("path", flat=True).first()
    if path is None:
        raise _unknown_place(code)
    return path


def _outlets() -> QuerySet[Outlet]:
    return Outlet.objects.select_related("division__parent", "organ").prefetch_related(
        Prefetch("closures", queryset=Closure.objects.order_by("start"))
    )


def _division(row: Division) -> DivisionSheet:
    return DivisionSheet(
        code=row.code,
        level=row.level,
        kind=row.kind,
        name=row.name,
        short_name=row.short_name,
        parent_code=row.parent_id or "",
        path=row.path,
        lng=float(row.lng) if row.lng is not None else None,
        lat=float(row.lat) if row.lat is not None else None,
        point_note=row.point_note,
    )


def _organ(row: Organ) -> OrganSheet:
    return OrganSheet(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        kind=row.kind,
        division_code=row.division_id,
        parent_code=row.parent_id or "",
        administrative=row.administrative,
        status=row.status,
        note=row.note,
    )


def _outlet(row: Outlet) -> OutletSheet:
    place = row.division
    town = {"town": place, "village": place.parent}.get(place.level)
    spot = place if place.lng is not None else town
    has_point = spot is not None and spot.lng is not None
    return OutletSheet(
        code=row.code,
        kind=row.kind,
        name=row.name,
        name_en=row.name_en,
        division_code=place.code,
        division_name=place.name,
        path=place.path,
        town_code=town.code if town else "",
        town_name=town.name if town else "",
        town_kind=town.kind if town else "",
        organ_code=row.organ_id,
        organ_name=row.organ.name,
        address=row.address,
        phone=row.phone,
        hours=row.hours,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        fictional=row.fictional,
        note=row.note,
        lng=float(spot.lng) if has_point else None,
        lat=float(spot.lat) if has_point else None,
        approximate=has_point and spot.code != place.code,
        closures=tuple(
            ClosureSheet(shut.start, shut.end, shut.reason) for shut in row.closures.all()
        ),
    )
