"""Which listed items stand ready at an outlet, read from the standing order (T2.1, part 9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yichuang.accounts import queries as accounts
from yichuang.accounts import roles
from yichuang.authority import queries as authority
from yichuang.authority.facts import GUIDE as GUIDED
from yichuang.authority.queries import OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.models import ItemVersion
from yichuang.documents import queries as documents
from yichuang.oversight.coverage_rules import (
    CLERK,
    GUIDE,
    ROUTE,
    SEAL,
    SITUATION,
    WINDOW,
    Coverage,
    Ready,
    coverage,
)
from yichuang.places import queries as places
from yichuang.places.queries import OutletSheet
from yichuang.places.rules import outlet_open_on

TAKES_IN = (roles.CLERK, roles.VILLAGE, roles.MANAGER)
SHOWN = (
    "hall",
    "centre",
    "bureau",
)  # what the county page counts; stations have pages of their own


@dataclass(frozen=True, slots=True)
class Line:
    """One outlet on the county page."""

    outlet: OutletSheet
    coverage: Coverage


def county(on: date) -> list[Line]:
    """Every hall, centre and bureau with its coverage. 11 SQL."""
    known = _Known.on(on)
    return [
        Line(outlet, coverage(_ready(outlet, known, on))) for outlet in places.outlets(kinds=SHOWN)
    ]


def of_outlet(code: str, on: date) -> tuple[OutletSheet, list[Ready]]:
    """Each listed item of one outlet with its gaps. Refusal "outlet-unknown". 11 SQL."""
    outlet = places.outlet_sheet(code)
    return outlet, list(_ready(outlet, _Known.on(on), on))


@dataclass(frozen=True, slots=True)
class _Known:
    """What every outlet is compared with; read once."""

    order: authority.Order
    towns: Sequence[str]
    without_guide: Collection[str]
    without_situation: Collection[str]
    seals: Collection[tuple[str, str, str]]
    staffed: Collection[str]

    @classmethod
    def on(cls, day: date) -> _Known:
        rows = catalogue.versions_in_force(day).only(
            "item_id", "guide", "questions", "high_frequency", "basis"
        )
        without_guide, without_situation = set(), set()
        for row in rows:
            if not _has_guide(row):
                without_guide.add(row.item_id)
            if row.high_frequency and not row.questions:
                without_situation.add(row.item_id)
        posts = accounts.current_posts(day).filter(role__in=TAKES_IN)
        order = authority.order()
        return cls(
            order=order,
            towns=sorted(code for code, place in order.places.items() if code == place.town_code),
            without_guide=without_guide,
            without_situation=without_situation,
            seals=documents.seals_on(day),
            staffed=frozenset(posts.values_list("outlet_code", flat=True)),
        )


def _has_guide(row: ItemVersion) -> bool:
    return bool(
        row.basis
        and row.guide.get("conditions")
        and row.guide.get("stages")
        and row.guide.get("result_name")
    )


def _ready(outlet: OutletSheet, known: _Known, on: date) -> Iterable[Ready]:
    counter = known.order.outlet(outlet.code)
    for item in catalogue.outlet_items(outlet, on):
        competence = known.order.competence(item.code, on)
        if competence is None or competence.role != GUIDED:
            yield Ready(item.code, item.name, _gaps(item.code, counter, known, on))


def _gaps(code: str, counter: OutletFacts, known: _Known, on: date) -> dict[str, str]:
    gaps = {}
    if code in known.without_guide:
        gaps[GUIDE] = _("指南缺依据、条件、办理环节或结果名称")
    if code in known.without_situation:
        gaps[SITUATION] = _("高频事项还没有情形引导")
    ruling = _best(code, counter, known, on)
    open_ = outlet_open_on(counter, on, counter.closures)
    if not open_:
        gaps[WINDOW] = open_.reason
    elif not ruling.allowed:
        gaps[ROUTE] = ruling.reason
    elif not _sealed(ruling, known):
        gaps[SEAL] = _("“%(organ)s”没有在用的这种印章") % {"organ": ruling.in_name_of}
    if counter.outlet.code not in known.staffed:
        gaps[CLERK] = _("没有在岗的收件人员")
    return gaps


def _best(code: str, counter: OutletFacts, known: _Known, on: date) -> Ruling:
    """The ruling for a matter of the outlet's own town. The hall takes in for every town, and some
    items are ruled in 镇 only: there, the first town where a ruling stands."""
    own = counter.outlet.town_code
    towns = (
        [own] if own else [code for code in known.towns if code[:6] == counter.division_code[:6]]
    )
    rulings = (known.order.ruling(code, town, counter.outlet.code, on) for town in towns)
    first = next(rulings)
    return first if first.allowed else next((r for r in rulings if r.allowed), first)


def _sealed(ruling: Ruling, known: _Known) -> bool:
    organ, kind = ruling.codes.get("in_name_of", ""), ruling.codes.get("seal_kind", "")
    code = ruling.codes.get("seal", "")
    return any(
        (organ, kind) == (owner, sort) and (not code or code == name)
        for owner, sort, name in known.seals
    )
