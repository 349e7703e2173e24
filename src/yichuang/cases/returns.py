"""A power has moved while a case was under way: the case follows it, its dates stay.

A grant that is revoked, suspended or run out sends its cases back to whose power it is; one that
comes into force, or is lifted, sends them to whom it names: at every moment the case lies with the
one who may decide it (行政许可法 §24). Nothing is remembered of what was done: whatever changed
(an act, a day, the end of a special procedure), running cases are compared with the ruling of
today, so a sweep that died half-way, or runs twice, ends the same.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from yichuang.accounts.actor import system
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.cases import decision, lifecycle
from yichuang.cases.models import Case
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

RETURN = "cases.return-cases"
NOW = (Task(RETURN, {}),)  # what follows a change of grants
# A special procedure (行政许可法 §45) is finished first: its case follows when it is back.
MOVABLE = (lifecycle.ACCEPTED, lifecycle.REVIEWED)
AFFECTED = (*MOVABLE, lifecycle.SPECIAL)
MOST = 500  # cases a sweep moves; the next one takes the rest


@dataclass(frozen=True, slots=True)
class Running:
    """A running case, as far as a ruling needs it."""

    case_id: uuid.UUID
    seq: int
    number: str
    item: str
    place: str
    outlet: str
    grant: str
    decider: str

    def lies_with(self, ruling: Ruling) -> bool:
        return (self.grant, self.decider) == (ruling.grant, ruling.codes.get("decider"))


def sweep(*, at: datetime) -> int:
    """Hand every case whose power has moved to whom the ruling now names; how many. 2 SQL when
    there are none; each case in a transaction of its own."""
    order, done = authority.order(), 0
    granted = {item for grant in order.grants for item in grant.items}
    by = system("权限变动")
    for case in list(_astray(order, granted, timezone.localdate(at))):
        try:
            decision.hand_back(case_id=case.case_id, seq=case.seq, by=by, at=at)
            done += 1
        except Refusal as refusal:  # somebody was first, or another will try again
            logger.info("case %s stays: %s", case.case_id, refusal.code)
    return done


def would_move(before: Order, after: Order, items: Collection[str], on: date) -> list[str]:
    """The numbers of running cases that go elsewhere when `after` takes the place of `before` on a
    day, those in a special procedure too. 1 SQL."""
    now, then = _Rulings(before, on), _Rulings(after, on)
    found = []
    for case in _running(items, AFFECTED):
        old, new = now.of(case), then.of(case)
        if old is None or new is None or not new.allowed:
            continue
        if (old.grant, old.codes.get("decider")) != (new.grant, new.codes.get("decider")):
            found.append(case.number)
    return found


def _astray(order: Order, items: Collection[str], on: date) -> Iterator[Running]:
    rulings, found = _Rulings(order, on), 0
    for case in _running(items, MOVABLE):
        ruling = rulings.of(case)
        # where nobody may act today (a closed outlet), nobody is handed anything
        if ruling is not None and ruling.allowed and not case.lies_with(ruling):
            yield case
            found += 1
            if found == MOST:
                return


class _Rulings:
    """Rulings of one order on one day, each derived once."""

    def __init__(self, order: Order, on: date) -> None:
        self.order, self.on = order, on
        self.held: dict[tuple[str, str, str], Ruling | None] = {}

    def of(self, case: Running) -> Ruling | None:
        """None where the item is not in force: its case waits for a person."""
        key = case.item, case.place, case.outlet
        if key not in self.held:
            try:
                self.held[key] = self.order.ruling(*key, self.on)
            except Refusal:
                self.held[key] = None
        return self.held[key]


def _running(items: Collection[str], states: Collection[str]) -> Iterator[Running]:
    rows = Case.objects.filter(state__in=states, item_id__in=items).order_by("work_by", "number")
    columns = rows.values_list(
        *("pk", "seq", "number", "item_id", "place_id", "outlet_id", "grant_number", "decider_id")
    )
    for row in columns.iterator(chunk_size=2000):
        yield Running(*row)
