"""Where a matter is taken to, and who decides it: the ruling at each counter, in words. No SQL:
the standing order is in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yichuang.authority.facts import COUNTY, ENTRUSTED, TOWN_CENTRE, TOWN_GOVERNMENT
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.catalogue.queries import ItemGuide
from yichuang.documents import guide_words
from yichuang.documents.guide_words import Bodies
from yichuang.places.queries import OutletSheet
from yichuang.places.rules import OUTLET_KINDS, outlet_open_on

# a village's station is the nearest, then the counters of the town, then the county's
NEAREST_FIRST = ("station", "bureau", "centre", "partner", "self_service", "hall")
# whose ruling is told as the answer: of a town's counters the one with most powers
TELLS = ("bureau", "centre", "hall", "station", "partner", "self_service")


@dataclass(frozen=True, slots=True)
class Point:
    """A service point as a page lists it. note: what is special to it; shut: days it is closed."""

    outlet: OutletSheet
    kind: str
    note: str
    shut: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Where:
    """The answer at one place. here: counters that take it in, nearest first; elsewhere: other
    towns' centres that also do; not_here: (counter, why not). ruling: the one told in full; note:
    what is true of most of `here`."""

    place: str
    ruling: Ruling
    note: str
    facts: list[dict[str, str]]
    here: list[Point]
    elsewhere: list[OutletSheet]
    not_here: list[tuple[OutletSheet, str]]


def guidance(order: Order, item: ItemGuide, on: date) -> Ruling | None:
    """The refusal of an item that no window takes in anywhere (its organ handles it), if it is one."""
    halls = [code for code, facts in order.outlets.items() if facts.outlet.kind == "hall"]
    if item.state != "active" or not halls:
        return None
    ruling = order.ruling(item.code, halls[0].partition("-")[0], halls[0], on)
    return ruling if ruling.code == "guide-only" else None


def to_go(
    order: Order, item: ItemGuide, place_code: str, outlets: Iterable[OutletSheet], on: date
) -> Where:
    """Where somebody of this village or town goes with an item, and who decides it there."""
    place = order.place(place_code)
    asked = [(outlet, order.ruling(item.code, place_code, outlet.code, on)) for outlet in outlets]
    own = [
        (outlet, ruling)
        for outlet, ruling in asked
        if outlet.kind == "hall" or outlet.town_code == place.town_code
    ]
    own.sort(key=lambda pair: (NEAREST_FIRST.index(pair[0].kind), pair[0].code))
    taken = [(outlet, ruling) for outlet, ruling in own if ruling.allowed]
    told = min(taken or own, key=lambda pair: TELLS.index(pair[0].kind))[1]
    return Where(
        place=place.name,
        ruling=told,
        note=shared_note([outlet for outlet, _ruling in taken]),
        facts=_facts(told),
        here=listing([outlet for outlet, _ruling in taken], on),
        elsewhere=[
            outlet
            for outlet, ruling in asked
            if ruling.allowed and outlet.kind == "centre" and outlet.town_code != place.town_code
        ],
        not_here=[(outlet, ruling.reason) for outlet, ruling in own if not ruling.allowed],
    )


def _facts(ruling: Ruling) -> list[dict[str, str]]:
    rows = (
        (_("谁审核"), ruling.reviewer),
        (_("谁决定"), ruling.decider),
        (_("以谁的名义"), ruling.in_name_of),
        (_("盖什么章"), ruling.seal),
        (_("委托或授权文书"), ruling.grant),
        (_("法律依据"), ruling.basis),
    )
    return [{"key": key, "value": value} for key, value in rows if value]


def listing(outlets: Sequence[OutletSheet], on: date) -> list[Point]:
    """Service points for a page, in the order given. A note that most share is told once, by
    `shared_note`, and left out here."""
    shared = shared_note(outlets)
    return [
        Point(
            outlet=outlet,
            kind=str(OUTLET_KINDS[outlet.kind]),
            note=outlet.note if outlet.note != shared else "",
            shut=tuple(
                _("%(start)s至%(end)s停业：%(reason)s")
                % {"start": shut.start, "end": shut.end, "reason": shut.reason}
                for shut in outlet.closures
                if shut.end >= on
            ),
            open=bool(outlet_open_on(outlet, on, outlet.closures)),
        )
        for outlet in outlets
    ]


def shared_note(outlets: Iterable[OutletSheet]) -> str:
    """The note that at least half of them carry; "" when none does."""
    return _shared([outlet.note for outlet in outlets])


def shared_hours(points: Iterable[Point]) -> str:
    """The hours that at least half of them keep; "" when there are none such."""
    return _shared([point.outlet.hours for point in points])


def _shared(texts: Sequence[str]) -> str:
    text, count = Counter(texts).most_common(1)[0] if texts else ("", 0)
    return text if 2 * count >= len(texts) > 1 else ""


def bodies(order: Order, item: ItemGuide, on: date, elsewhere: Ruling | None) -> Bodies:
    """Who takes a matter in and who decides it, wherever in the county it lies."""
    competence = order.competence(item.code, on)
    takes_in = elsewhere.reason if elsewhere else guide_words.place(item)
    if competence is None:
        return Bodies(takes_in, _("待确认"), True)
    tokens = {
        TOWN_GOVERNMENT: _("事情所在地的镇人民政府、街道办事处"),
        TOWN_CENTRE: _("事情所在地的镇、街道便民服务中心"),
        COUNTY: _("县人民政府"),
    }
    organ = order.organs.get(competence.decider)
    decides = tokens.get(competence.decider) or (organ.name if organ else competence.decider)
    if competence.role == ENTRUSTED:
        decides = _("%(organ)s（可以委托镇、街道决定）") % {"organ": decides}
    return Bodies(takes_in, decides, not competence.basis_confirmed)
