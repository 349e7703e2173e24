"""Places, pure: what a pack says about divisions, organs and outlets, and whether it holds together.

Values in, verdicts and faults out; no rows, no settings, no clock. The drafts are what a pack's
reader hands over: dates are `date`, marks are `bool`, coordinates stay text until checked.
Division codes: 12 digits, 统计用区划代码 (National Bureau of Statistics coding rule).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import YES, Fault, Verdict, no


@dataclass(frozen=True, slots=True)
class DivisionDraft:
    """A row of divisions.csv. lng and lat are WGS84 decimal degrees as text, or both ""."""

    code: str
    level: str  # county | town | village
    kind: str  # county | subdistrict | town | village_committee | residents_committee
    name: str
    short_name: str
    parent_code: str
    lng: str = ""
    lat: str = ""
    point_note: str = ""  # what the point is, and how good
    row: int = 0
    file: str = "divisions.csv"


@dataclass(frozen=True, slots=True)
class AliasDraft:
    """Another name of a division; `code` is "" while the county has not said which one it means."""

    name: str
    code: str = ""
    status: str = "to_confirm"  # to_confirm | confirmed
    note: str = ""
    row: int = 0
    file: str = "aliases.csv"


@dataclass(frozen=True, slots=True)
class OrganDraft:
    """A row of organs.csv. `administrative`: is it an 行政机关 (only those may hold a permit)."""

    code: str
    name: str
    name_en: str
    kind: str  # see ORGAN_KINDS
    division_code: str
    parent_code: str = ""
    administrative: bool = False
    status: str = "draft"  # confirmed | draft | fictional
    note: str = ""
    row: int = 0
    file: str = "organs.csv"


@dataclass(frozen=True, slots=True)
class OutletDraft:
    """A row of outlets.csv. Code: division's 12 digits, "-", kind, and "-suffix" for partners."""

    code: str
    kind: str  # see OUTLET_KINDS
    name: str
    name_en: str
    division_code: str
    organ_code: str
    address: str = ""
    phone: str = ""
    hours: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    fictional: bool = False
    note: str = ""
    row: int = 0
    file: str = "outlets.csv"


@dataclass(frozen=True, slots=True)
class ClosureDraft:
    """An outlet shut for some days, both inclusive."""

    outlet_code: str
    start: date
    end: date
    reason: str
    row: int = 0
    file: str = "closures.csv"


LEVELS: Mapping[str, str] = {
    "county": gettext_lazy("县"),
    "town": gettext_lazy("镇街"),
    "village": gettext_lazy("村居"),
}
DIVISION_KINDS: Mapping[str, str] = {
    "county": gettext_lazy("县"),
    "subdistrict": gettext_lazy("街道"),
    "town": gettext_lazy("镇"),
    "village_committee": gettext_lazy("村民委员会"),
    "residents_committee": gettext_lazy("居民委员会"),
}
KINDS_AT: Mapping[str, frozenset[str]] = {
    "county": frozenset({"county"}),
    "town": frozenset({"subdistrict", "town"}),
    "village": frozenset({"village_committee", "residents_committee"}),
}
ORGAN_KINDS: Mapping[str, str] = {
    "county_government": gettext_lazy("县人民政府"),
    "county_organ": gettext_lazy("县级部门"),
    "town_government": gettext_lazy("镇人民政府"),
    "subdistrict_office": gettext_lazy("街道办事处"),
    "centre": gettext_lazy("便民服务中心"),
    "bureau": gettext_lazy("政务服务局"),
    "village_organisation": gettext_lazy("村（居）组织"),
    "company": gettext_lazy("企业"),
    "city_organ": gettext_lazy("市级部门"),
    "other": gettext_lazy("其他"),
}
# 村（居）民委员会 are self-governing organisations, a centre is a public institution, a company is
# a company: none is an 行政机关, and a permit may be entrusted to none (行政许可法第24条).
NEVER_ADMINISTRATIVE = frozenset({"centre", "village_organisation", "company"})
STATUSES: Mapping[str, str] = {
    "confirmed": gettext_lazy("已确认"),
    "draft": gettext_lazy("待确认"),
    "fictional": gettext_lazy("演示虚构"),
}
ALIAS_STATUSES: Mapping[str, str] = {
    "to_confirm": gettext_lazy("待确认"),
    "confirmed": gettext_lazy("已确认"),
}
OUTLET_KINDS: Mapping[str, str] = {
    "hall": gettext_lazy("县政务服务大厅"),
    "centre": gettext_lazy("镇街便民服务中心"),
    "station": gettext_lazy("村居便民服务站"),
    "bureau": gettext_lazy("镇政务服务局"),
    "partner": gettext_lazy("合作网点"),
    "self_service": gettext_lazy("自助服务区"),
}
# The level of division each kind of outlet stands in; partners and machines may stand anywhere.
OUTLET_LEVEL: Mapping[str, str] = {
    "hall": "county",
    "centre": "town",
    "bureau": "town",
    "station": "village",
}
EARTH_KM = 6371.0088  # mean radius, IUGG
# Rough extent of China in WGS84: catches lng and lat swapped, or a point in metres.
LNG_RANGE = (73.0, 136.0)
LAT_RANGE = (3.0, 54.0)
_DIGITS_12 = re.compile(r"^\d{12}$", re.ASCII)
_OUTLET_CODE = re.compile(r"^(?P<place>\d{12})-(?P<kind>[a-z_]+)(?:-(?P<suffix>[a-z0-9]+))?$")
_SUFFIX_KINDS = frozenset({"partner", "self_service"})


class Tenured(Protocol):
    """Anything with a name and the days between which it serves (an OutletSheet)."""

    @property
    def name(self) -> str: ...
    @property
    def opened_on(self) -> date | None: ...
    @property
    def closed_on(self) -> date | None: ...


class Shut(Protocol):
    """Some days, both inclusive, on which an outlet is shut (a ClosureSheet or a ClosureDraft)."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...
    @property
    def reason(self) -> str: ...


def outlet_code(division_code: str, kind: str, suffix: str = "") -> str:
    """The code of an outlet: 999901101000-centre, 999901101000-partner-post."""
    return f"{division_code}-{kind}" + (f"-{suffix}" if suffix else "")


def outlet_open_on(outlet: Tenured, on: date, closures: Iterable[Shut] = ()) -> Verdict:
    """May this outlet take matters in on that day? Opening hours never refuse, only days do."""
    if outlet.opened_on and on < outlet.opened_on:
        return no(
            "outlet-closed",
            _("%(name)s自%(day)s起才开始服务。")
            % {"name": outlet.name, "day": outlet.opened_on.isoformat()},
            remedy=_("请先到就近的其他服务点办理，或在开办之后再来。"),
        )
    if outlet.closed_on and on >= outlet.closed_on:
        return no(
            "outlet-closed",
            _("%(name)s已于%(day)s停止服务。")
            % {"name": outlet.name, "day": outlet.closed_on.isoformat()},
            remedy=_("请到本镇街便民服务中心或县政务服务大厅办理。"),
        )
    shut = [closure for closure in closures if closure.start <= on <= closure.end]
    if shut:
        last = max(shut, key=lambda closure: closure.end)
        return no(
            "outlet-closed",
            _("%(name)s于%(start)s至%(end)s暂停服务：%(reason)s。")
            % {
                "name": outlet.name,
                "start": last.start.isoformat(),
                "end": last.end.isoformat(),
                "reason": last.reason.rstrip("。"),
            },
            remedy=_("请在%(end)s之后再来，或到就近的其他服务点办理。")
            % {"end": last.end.isoformat()},
        )
    return YES


def distance_km(lng: float, lat: float, other_lng: float, other_lat: float) -> float:
    """Great-circle distance of two WGS84 points in kilometres (haversine)."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def point(lng: str, lat: str) -> tuple[float, float] | None:
    """The WGS84 point of two texts; None when both are empty. ValueError when it is no point."""
    if not lng and not lat:
        return None
    x, y = float(lng), float(lat)
    if not (LNG_RANGE[0] <= x <= LNG_RANGE[1] and LAT_RANGE[0] <= y <= LAT_RANGE[1]):
        raise ValueError(f"{lng},{lat}")
    return x, y


def path_of(code: str, parents: Mapping[str, str]) -> str:
    """Codes from the county down to `code`, joined by "/". A parent not in `parents` ends it."""
    chain = [code]
    while (parent := parents.get(chain[0], "")) and parent in parents and parent not in chain:
        chain.insert(0, parent)
    return "/".join(chain)


def check(
    divisions: Sequence[DivisionDraft],
    organs: Sequence[OrganDraft],
    outlets: Sequence[OutletDraft],
    aliases: Sequence[AliasDraft] = (),
    closures: Sequence[ClosureDraft] = (),
) -> list[Fault]:
    """Everything wrong with a pack's places, at once, ordered by file and row."""
    faults = [
        *_check_divisions(divisions),
        *_check_aliases(aliases, {draft.code for draft in divisions}),
        *_check_organs(organs, {draft.code for draft in divisions}),
        *_check_outlets(outlets, divisions, {draft.code for draft in organs}),
        *_check_closures(closures, {draft.code for draft in outlets}),
    ]
    return sorted(faults, key=lambda fault: (fault.file, fault.row, fault.column))


def _repeated(drafts: Iterable[DivisionDraft | OrganDraft | OutletDraft]) -> Iterable[Fault]:
    seen: dict[str, int] = {}
    for draft in drafts:
        if draft.code in seen:
            yield Fault(
                draft.file,
                draft.row,
                "code",
                _("代码%(code)s与第%(row)s行重复。")
                % {"code": draft.code, "row": seen[draft.code]},
            )
        seen.setdefault(draft.code, draft.row)


def _blank(draft: DivisionDraft | OrganDraft | OutletDraft, *columns: str) -> Iterable[Fault]:
    for column in columns:
        if not getattr(draft, column).strip():
            yield Fault(draft.file, draft.row, column, _("不能为空。"))


def _word(
    draft: DivisionDraft | AliasDraft | OrganDraft | OutletDraft,
    column: str,
    allowed: Iterable[str],
) -> Iterable[Fault]:
    value = getattr(draft, column)
    allowed = list(allowed)
    if value not in allowed:
        yield Fault(
            draft.file,
            draft.row,
            column,
            _("“%(value)s”不在可用值中：%(allowed)s。")
            % {"value": value, "allowed": "、".join(allowed)},
        )


def _cut(level: str) -> int:
    """How many leading digits a division of this level shares with what lies inside it."""
    return {"county": 6, "town": 9, "village": 12}[level]


def _check_divisions(drafts: Sequence[DivisionDraft]) -> Iterable[Fault]:
    by_code = {draft.code: draft for draft in drafts}
    above = {"town": "county", "village": "town"}
    yield from _repeated(drafts)
    counties = [draft for draft in drafts if draft.level == "county"]
    if len(counties) != 1:
        rows = counties[1:] or drafts[:1] or [DivisionDraft("", "", "", "", "", "")]
        for draft in rows:
            yield Fault(
                draft.file,
                draft.row,
                "level",
                _("一个县包应当有且只有一个县，现有%(count)s个。") % {"count": len(counties)},
            )
    for draft in drafts:
        yield from _blank(draft, "name", "short_name")
        yield from _word(draft, "level", LEVELS)
        if draft.level in LEVELS:
            yield from _word(draft, "kind", KINDS_AT[draft.level])
        if not _DIGITS_12.match(draft.code):
            yield Fault(draft.file, draft.row, "code", _("区划代码应为12位数字。"))
        elif draft.level in LEVELS and set(draft.code[_cut(draft.level) :]) - {"0"}:
            yield Fault(
                draft.file,
                draft.row,
                "code",
                _("区划代码第%(digit)s位以后应全为0。") % {"digit": _cut(draft.level)},
            )
        if draft.level in above:
            parent = by_code.get(draft.parent_code)
            if parent is None or parent.level != above[draft.level]:
                yield Fault(
                    draft.file,
                    draft.row,
                    "parent_code",
                    _("上级区划%(code)s不在本包中，或级别不对。") % {"code": draft.parent_code},
                )
            elif draft.code[: _cut(parent.level)] != parent.code[: _cut(parent.level)]:
                yield Fault(
                    draft.file,
                    draft.row,
                    "parent_code",
                    _("区划代码与上级%(code)s的前段不一致。") % {"code": parent.code},
                )
        try:
            point(draft.lng, draft.lat)
        except ValueError:
            yield Fault(
                draft.file,
                draft.row,
                "lng",
                _("坐标不是中国境内的经纬度（WGS84），经度与纬度须同时填写。"),
            )


def _check_aliases(drafts: Sequence[AliasDraft], known: set[str]) -> Iterable[Fault]:
    names = Counter(draft.name for draft in drafts)
    for draft in drafts:
        if not draft.name.strip():
            yield Fault(draft.file, draft.row, "name", _("不能为空。"))
        elif names[draft.name] > 1:
            yield Fault(draft.file, draft.row, "name", _("别名重复。"))
        yield from _word(draft, "status", ALIAS_STATUSES)
        if draft.code and draft.code not in known:
            yield Fault(
                draft.file,
                draft.row,
                "code",
                _("区划%(code)s不在本包中。") % {"code": draft.code},
            )
        if draft.status == "confirmed" and not draft.code:
            yield Fault(draft.file, draft.row, "code", _("已确认的别名须写明区划代码。"))


def _check_organs(drafts: Sequence[OrganDraft], divisions: set[str]) -> Iterable[Fault]:
    parents = {draft.code: draft.parent_code for draft in drafts}
    yield from _repeated(drafts)
    for draft in drafts:
        yield from _blank(draft, "code", "name")
        yield from _word(draft, "kind", ORGAN_KINDS)
        yield from _word(draft, "status", STATUSES)
        if draft.division_code not in divisions:
            yield Fault(
                draft.file,
                draft.row,
                "division_code",
                _("区划%(code)s不在本包中。") % {"code": draft.division_code},
            )
        if draft.parent_code and draft.parent_code not in parents:
            yield Fault(
                draft.file,
                draft.row,
                "parent_code",
                _("上级机构%(code)s不在本包中。") % {"code": draft.parent_code},
            )
        elif _circular(draft.code, parents):
            yield Fault(draft.file, draft.row, "parent_code", _("上级机构互为上下级，成了环。"))
        if draft.administrative and draft.kind in NEVER_ADMINISTRATIVE:
            yield Fault(
                draft.file,
                draft.row,
                "administrative",
                _("%(kind)s不是行政机关。") % {"kind": ORGAN_KINDS[draft.kind]},
            )


def _circular(code: str, parents: Mapping[str, str]) -> bool:
    at, steps = parents.get(code, ""), 0
    while at and at != code and steps <= len(parents):
        at, steps = parents.get(at, ""), steps + 1
    return bool(at) and at == code


def _check_outlets(
    drafts: Sequence[OutletDraft], divisions: Sequence[DivisionDraft], organs: set[str]
) -> Iterable[Fault]:
    levels = {draft.code: draft.level for draft in divisions}
    yield from _repeated(drafts)
    for draft in drafts:
        yield from _blank(draft, "name")
        yield from _word(draft, "kind", OUTLET_KINDS)
        found = _OUTLET_CODE.match(draft.code)
        if (
            not found
            or found["place"] != draft.division_code
            or found["kind"] != draft.kind
            or (found["suffix"] and draft.kind not in _SUFFIX_KINDS)
        ):
            yield Fault(
                draft.file,
                draft.row,
                "code",
                _("服务点代码应为%(code)s（仅合作网点和自助服务区可再加后缀）。")
                % {"code": outlet_code(draft.division_code, draft.kind)},
            )
        level = levels.get(draft.division_code)
        if level is None:
            yield Fault(
                draft.file,
                draft.row,
                "division_code",
                _("区划%(code)s不在本包中。") % {"code": draft.division_code},
            )
        elif level != OUTLET_LEVEL.get(draft.kind, level):
            yield Fault(
                draft.file,
                draft.row,
                "division_code",
                _("%(kind)s应设在%(level)s一级。")
                % {
                    "kind": OUTLET_KINDS[draft.kind],
                    "level": LEVELS[OUTLET_LEVEL[draft.kind]],
                },
            )
        if draft.organ_code not in organs:
            yield Fault(
                draft.file,
                draft.row,
                "organ_code",
                _("机构%(code)s不在本包中。") % {"code": draft.organ_code},
            )
        if draft.opened_on and draft.closed_on and draft.closed_on <= draft.opened_on:
            yield Fault(draft.file, draft.row, "closed_on", _("停止服务的日期须晚于开办日期。"))


def _check_closures(drafts: Sequence[ClosureDraft], outlets: set[str]) -> Iterable[Fault]:
    seen: set[tuple[str, date, date]] = set()
    for draft in drafts:
        key = (draft.outlet_code, draft.start, draft.end)
        if draft.outlet_code not in outlets:
            yield Fault(
                draft.file,
                draft.row,
                "outlet_code",
                _("服务点%(code)s不在本包中。") % {"code": draft.outlet_code},
            )
        if draft.end < draft.start:
            yield Fault(draft.file, draft.row, "end", _("结束日期早于开始日期。"))
        if not draft.reason.strip():
            yield Fault(draft.file, draft.row, "reason", _("须写明暂停服务的原因。"))
        if key in seen:
            yield Fault(draft.file, draft.row, "start", _("同一服务点的同一停办时段重复。"))
        seen.add(key)
