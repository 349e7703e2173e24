"""Which listed items stand ready at an outlet, read from the standing order (T2.1, part 9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from yichuang.accounts import queries as accounts
from yichuang.accounts import roles
from yichuang.authority import queries as authority
from yichuang.authority.queries import OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ItemLine
from yichuang.documents import queries as documents
from yichuang.oversight import coverage_rules as rules
from yichuang.oversight.coverage_rules import Coverage, Ready, SealKey
from yichuang.places import queries as places
from yichuang.places.queries import OutletSheet
from yichuang.places.rules import outlet_open_on

TAKES_IN = (roles.CLERK, roles.VILLAGE, roles.MANAGER)
SHOWN = ("hall", "centre", "bureau")  # on the county page; stations have pages of their own


@dataclass(frozen=True, slots=True)
class Line:
    """One outlet on the county page, with its listed items."""

    outlet: OutletSheet
    items: tuple[Ready, ...]
    coverage: Coverage


def county(on: date) -> list[Line]:
    """Every hall, centre and bureau with its coverage. 7 SQL."""
    known = _Known.on(on)
    lines = []
    for outlet in places.outlets(kinds=SHOWN):
        items = tuple(_ready(outlet, known, on))
        lines.append(Line(outlet, items, rules.coverage(items)))
    return lines


def of_outlet(code: str, on: date) -> tuple[OutletSheet, list[Ready]]:
    """Each listed item of one outlet with its gaps. Refusal "outlet-unknown". 7 SQL, 8 for an
    outlet that may have a list of its own."""
    outlet = places.outlet_sheet(code)
    return outlet, list(_ready(outlet, _Known.on(on), on))


@dataclass(frozen=True, slots=True)
class _Known:
    """What every outlet is compared with; read once."""

    order: authority.Order
    items: Sequence[ItemLine]
    towns: Sequence[str]
    without_guide: Collection[str]
    without_situation: Collection[str]
    seals: Collection[SealKey]
    staffed: Collection[str]

    @classmethod
    def on(cls, day: date) -> _Known:
        """5 SQL, while the standing order in memory holds."""
        rows = catalogue.versions_in_force(day).only(
            "item_id", "guide", "questions", "high_frequency", "basis"
        )
        without_guide, without_situation = set(), set()
        for row in rows:
            if not rules.has_guide(row.basis, row.guide):
                without_guide.add(row.item_id)
            if not rules.has_situations(row.high_frequency, row.questions):
                without_situation.add(row.item_id)
        posts = accounts.current_posts(day).filter(role__in=TAKES_IN)
        order = authority.order()
        return cls(
            order=order,
            items=catalogue.items_in_force(day),
            towns=sorted(code for code, place in order.places.items() if code == place.town_code),
            without_guide=without_guide,
            without_situation=without_situation,
            seals=documents.seals_on(day),
            staffed=frozenset(posts.values_list("outlet_code", flat=True)),
        )


def _ready(outlet: OutletSheet, known: _Known, on: date) -> Iterable[Ready]:
    counter = known.order.outlet(outlet.code)
    open_ = outlet_open_on(counter, on, counter.closures)
    for item in catalogue.outlet_items(outlet, on, among=known.items):
        if not rules.to_take_in(known.order.competence(item.code, on)):
            continue
        gaps = rules.gaps(
            guide=item.code not in known.without_guide,
            situations=item.code not in known.without_situation,
            open_=open_,
            ruling=_ruling(item.code, counter, known, on),
            seals=known.seals,
            staffed=counter.outlet.code in known.staffed,
        )
        yield Ready(item.code, item.name, gaps)


def _ruling(code: str, counter: OutletFacts, known: _Known, on: date) -> Ruling:
    """The ruling for a matter of the outlet's own town. The hall takes in for every town, and some
    items are ruled in 镇 only: there, the first town where a ruling stands."""
    own = counter.outlet.town_code
    towns = (
        [own] if own else [code for code in known.towns if code[:6] == counter.division_code[:6]]
    )
    return rules.best(known.order.ruling(code, town, counter.outlet.code, on) for town in towns)
