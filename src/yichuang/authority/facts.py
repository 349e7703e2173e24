"""The facts a ruling is made from: plain values, read from rows by `queries`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

# How an item's power is exercised between county and town; the pack's column `role`.
DECIDE = "decide"  # 镇决定: the town's own statutory power
ENTRUSTED = "entrusted"  # 委托决定: the county's power, exercised by the town under a grant
REVIEW_FORWARD = "review_forward"  # 审核转报: the town examines, the county decides
TAKE_FORWARD = "take_forward"  # 受理转办: the window takes in, the county organ does the rest
HANDLE = "handle"  # 镇办理: a public service the centre performs itself
GUIDE = "guide"  # 引导代办: another body's matter; the window only shows the way
ROLES = (DECIDE, ENTRUSTED, REVIEW_FORWARD, TAKE_FORWARD, HANDLE, GUIDE)

ENTRUST, AUTHORISE, DEVOLVE = "entrust", "authorise", "devolve"
INSTRUMENTS = (ENTRUST, AUTHORISE, DEVOLVE)

# A grant's life in the register; what a published one is on a day follows from its days (DAY_STATES).
DRAFTED, APPROVED, PUBLISHED, DROPPED = "drafted", "approved", "published", "dropped"
GRANT_STATES = (DRAFTED, APPROVED, PUBLISHED, DROPPED)
DAY_STATES = ("future", "live", "suspended", "expired", "revoked")

ORGAN_MAIN = "organ_main"
CENTRE_SEAL = "centre"
APPROVAL_NUMBERED = "approval_numbered"
PERMIT_ACCEPTANCE = "permit_acceptance"
OPINION = "opinion"
NO_SEAL = "none"
SEAL_TOKENS = (ORGAN_MAIN, CENTRE_SEAL, APPROVAL_NUMBERED, PERMIT_ACCEPTANCE, OPINION, NO_SEAL)

TOWN_GOVERNMENT = "@town_government"
TOWN_CENTRE = "@town_centre"
COUNTY = "@county"
DECIDER_TOKENS = (TOWN_GOVERNMENT, TOWN_CENTRE, COUNTY)

SUBDISTRICT = "subdistrict"
STATION = "station"
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Organ:
    """A body: `administrative` says whether it is an 行政机关 (a centre or a village is not).
    division: the code of its area."""

    code: str
    name: str
    administrative: bool
    division: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the matter lies. `town_kind` is "town" or "subdistrict", "" for the whole county."""

    code: str
    name: str
    town_code: str = ""
    town_name: str = ""
    town_kind: str = ""

    def lies_in(self, code: str) -> bool:
        """Whether this place is, or is part of, the division `code` (12 digits)."""
        stem = code.rstrip("0")
        # a county keeps 6 digits, a town 9, a village 12, even where they end in zeros
        width = 6 if len(stem) <= 6 else 9 if len(stem) <= 9 else 12
        return self.code[:width] == code[:width]


@dataclass(frozen=True, slots=True)
class Outlet:
    """The counter at which the matter is brought. `kind` as in places (hall, centre, …)."""

    code: str
    name: str
    kind: str
    town_code: str
    town_name: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """The item as the ruling needs it. `permit` is item type 01 行政许可."""

    code: str
    name: str
    permit: bool
    town: bool
    street: bool


@dataclass(frozen=True, slots=True)
class Competence:
    """Whose power an item is, as the law or the county's list has it."""

    item_code: str
    role: str
    decider: str  # organ code, or one of DECIDER_TOKENS
    power_source: str
    decision_seal: str
    acceptance_seal: str
    basis: str
    basis_confirmed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """An instrument that passes a power down. Dates are inclusive; a revoked one ends the day before.

    items: codes. places, outlets: codes, or ("*",) for all. seal: code of the seal it entrusts.
    suspensions: stretches on which it gives no power, both days inclusive, the last None while open.
    max_amount: the largest sum in one matter, in 分; None: no limit.
    """

    number: str
    instrument: str
    from_organ: str
    to_organ: str
    items: frozenset[str]
    places: frozenset[str]
    outlets: frozenset[str]
    valid_from: date
    valid_to: date | None
    revoked_on: date | None
    seal: str
    basis: str
    notice: str
    draft: bool = False
    suspensions: tuple[tuple[date, date | None], ...] = ()
    max_amount: int | None = None

    def state(self, on: date) -> str:
        """ "future" | "live" | "suspended" | "expired" | "revoked" on that day."""
        if self.revoked_on is not None and on >= self.revoked_on:
            return "revoked"
        if on < self.valid_from:
            return "future"
        if self.valid_to is not None and on > self.valid_to:
            return "expired"
        if any(first <= on and (last is None or on <= last) for first, last in self.suspensions):
            return "suspended"
        return "live"

    def holds_place(self, place: Place) -> bool:
        return EVERYWHERE in self.places or any(place.lies_in(code) for code in self.places)

    def holds_outlet(self, outlet: Outlet) -> bool:
        return EVERYWHERE in self.outlets or outlet.code in self.outlets

    def holds_amount(self, amount: int | None) -> bool:
        """Whether a sum, in 分, is within the limit. A sum that nobody told is not: the power
        stays with its owner rather than being guessed away (our choice)."""
        return self.max_amount is None or (amount is not None and amount <= self.max_amount)

    def covers(
        self, item_code: str, place: Place, outlet: Outlet, amount: int | None = None
    ) -> bool:
        """Whether its scope holds this item, at this place, taken in at this outlet, for this sum."""
        return (
            item_code in self.items
            and self.holds_place(place)
            and self.holds_outlet(outlet)
            and self.holds_amount(amount)
        )


@dataclass(frozen=True, slots=True)
class Bodies:
    """The organs that a ruling may name, by code, and the two that belong to the place's town."""

    by_code: Mapping[str, Organ]
    town_government: Organ | None
    town_centre: Organ | None
    county_government: Organ | None
