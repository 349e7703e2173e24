"""域内通办: a matter taken in in one town and dealt with in another, and when it arrived."""

from __future__ import annotations

from datetime import datetime

from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order, OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.cases.models import Case, Transfer


def settle(case: Case, *, by: Actor, at: datetime) -> bool:
    """Write down that the case has arrived; whether it was still under way. Whoever works on it has
    it, even if nobody pressed "received". One SQL statement."""
    waiting = Transfer.objects.filter(case=case, received_at__isnull=True)
    return bool(waiting.update(received_at=at, received_by=by.journal_record()))


def goes_elsewhere(order: Order, counter: OutletFacts, ruling: Ruling, place_code: str) -> bool:
    """Whether the matter must travel to whoever deals with it: taken in in another town, or in the
    county's hall for an organ of the place's town (域内通办)."""
    town = order.place(place_code).town_code
    if counter.outlet.town_code == town:
        return False
    of_town = {organ.code for organ in order.by_town.get(town, {}).values()}
    return bool(counter.outlet.town_code) or ruling.codes["reviewer"] in of_town
