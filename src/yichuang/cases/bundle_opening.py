"""How the links of a 一件事 open: where each item is taken in, the case its share makes, and what a
result lets begin. Nothing here journals; `bundles` does, last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor, system
from yichuang.authority.queries import ItemFacts, Order
from yichuang.cases import chain_rules, filing, held, joint, opening, rules
from yichuang.cases.chain_rules import LinkFacts
from yichuang.cases.joint import BundleRequest
from yichuang.cases.models import Bundle, Link
from yichuang.cases.opening import Judged
from yichuang.cases.rules import Submission
from yichuang.cases.step import Taken
from yichuang.catalogue.models import ChainStep
from yichuang.verdict import Refusal

MACHINE = system("一件事")
# no office here takes it in, so the applicant is shown the way; every other refusal is one
ELSEWHERE = frozenset({"guide-only", "item-not-listed"})
NOTE_LIMIT = 300


class naming:
    """A refusal met inside says which item it is about; the whole matter waits for it."""

    def __init__(self, item_name: str) -> None:
        self.item_name = item_name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Refusal):
            return
        raise Refusal(
            error.code,
            _("“%(name)s”：%(message)s") % {"name": self.item_name, "message": error.message},
            remedy=_("%(remedy)s也可以先不办这一项，其他事项照常提交。") % {"remedy": error.remedy},
            basis=error.basis,
            status=error.status,
            field=error.field,
            detail={**(error.detail or {}), "item_name": self.item_name},
        ) from error


def link_facts(
    links: Sequence[Link], opens_on: Mapping[int, str], counters: Mapping[int, str]
) -> list[LinkFacts]:
    return [
        LinkFacts(
            link.seq,
            tuple(link.needs),
            link.state,
            opens_on.get(link.seq, "done"),
            bool(counters.get(link.seq, "")),
        )
        for link in links
    ]


def counter_for(
    order: Order,
    item_code: str,
    *,
    place_code: str,
    outlet_code: str,
    on: date,
    from_home: bool = False,
) -> str:
    """The outlet that takes an item in; "" where none here does and the applicant is shown the way.
    From home it is the place's own. Raises the ruling's other refusals. No SQL."""
    try:
        if from_home:
            return filing.outlet_for(order, item_code, place_code, on)
        order.ruling(item_code, place_code, outlet_code, on).verdict.enforce()
    except Refusal as refusal:
        if refusal.code in ELSEWHERE:
            return ""
        raise
    return outlet_code


def counter_of(order: Order, item_code: str, request: BundleRequest, on: date) -> str:
    return counter_for(
        order,
        item_code,
        place_code=request.place_code,
        outlet_code=request.outlet_code,
        on=on,
        from_home=request.channel == opening.PORTAL,
    )


def judged_share(
    share: Submission, order: Order, *, by: Actor, at: datetime, accepts: bool
) -> Judged:
    """The case that an item's share makes. accepts: by somebody who may accept it on the spot."""
    missing = any(entry.state == rules.MISSING for entry in share.materials)
    if share.channel == opening.PORTAL:
        outcome, event = rules.RECEIVE, "file"
    else:
        whole = rules.CORRECT if missing else rules.ACCEPT
        outcome = whole if accepts else rules.RECEIVE
        event = rules.EVENT_OF_OUTCOME[outcome]
    ready = replace(share, outcome=outcome)
    return opening.judged(ready, event=event, order=order, by=by, at=at, carried=True)


def carry_on(bundle: Bundle, links: Sequence[Link], order: Order, *, at: datetime) -> list[Taken]:
    """Bring every waiting link to where it belongs now; the cases that were opened for it.

    Nobody is at the counter: they are received for checking, and an item that cannot be opened any
    more (suspended since, no longer ruled) is said so at its link, and falls with what needs it.
    """
    today = timezone.localdate(at)
    opens_on = dict(
        ChainStep.objects.filter(version=bundle.chain_version_id).values_list("seq", "opens_on")
    )
    request = joint.request_of(bundle)
    counters, why = {}, {}
    for link in links:
        if link.state == chain_rules.WAITING:
            try:
                counters[link.seq] = counter_of(order, link.item_id, request, today)
            except Refusal as refusal:
                counters[link.seq], why[link.seq] = bundle.outlet_id, refusal
    found: list[Judged] = []
    while moves := chain_rules.moves(link_facts(links, opens_on, counters)):
        for link in links:
            if link.seq not in moves:
                continue
            link.state, link.changed_at = moves[link.seq], at
            if link.state != chain_rules.OPEN:
                continue
            try:
                if link.seq in why:
                    raise why[link.seq]
                new = _opened_later(bundle, link, request, counters[link.seq], order, at)
            except Refusal as refusal:
                link.state = chain_rules.BLOCKED
                link.note = f"{refusal.message}{refusal.remedy}"[:NOTE_LIMIT]
                continue
            new.case.owner_user = bundle.owner_user
            link.case = new.case
            found.append(new)
    return opening.write(found, order=order, by=MACHINE, at=at)


def _opened_later(
    bundle: Bundle,
    link: Link,
    request: BundleRequest,
    outlet_code: str,
    order: Order,
    at: datetime,
) -> Judged:
    item = order.item(link.item_id, timezone.localdate(at))
    share = joint.share(request, item, bundle_id=bundle.pk, seq=link.seq, outlet_code=outlet_code)
    share = _from_earlier(bundle, item, share, order, at)
    return judged_share(share, order, by=MACHINE, at=at, accepts=False)


def _from_earlier(
    bundle: Bundle, item: ItemFacts, share: Submission, order: Order, at: datetime
) -> Submission:
    """The share with what the matter's own earlier cases gave ticked as held; no other case of the
    person is opened for it."""
    if all(entry.state != rules.MISSING for entry in share.materials):
        return share
    found = held.of_bundle(
        order,
        item,
        identity_index=bytes(bundle.identity_index),
        bundle_id=bundle.pk,
        on=timezone.localdate(at),
    )
    entries = [
        replace(entry, state=rules.HELD, held_ref=found[entry.position].ref)
        if entry.state == rules.MISSING and entry.position in found
        else entry
        for entry in share.materials
    ]
    return replace(share, materials=tuple(entries))
