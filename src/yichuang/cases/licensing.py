"""Cases and electronic licences: what a grant issues, what an application borrows, what falls with it.

Which item gives which licence is data of the county (licences.types); an item that gives none costs
one statement more to grant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.cases import fact_rules, papers, rules
from yichuang.cases.models import Applicant, Case, CaseMaterial
from yichuang.journal.actions import Wanted
from yichuang.licences import issuing, lending
from yichuang.licences.rules import ANY
from yichuang.licences.types import type_for


def issue(case: Case, order: Order, *, by: Actor, at: datetime) -> list[Wanted]:
    """The licence that granting this case gives, inside the grant's transaction; the entries to be
    written with the grant's, none where the item gives no licence. 1 SQL, more with a licence."""
    kind = type_for(case.item_id)
    if kind is None:
        return []
    person = Applicant.objects.get(case=case)
    if kind.holder_kind not in (ANY, person.kind):
        return []

    def opened(column: str, sealed: bytes) -> str:
        return vault.open_(sealed, table="cases_applicant", row=str(person.pk), column=column)

    item = order.version(case.item_id, case.item_version_id)
    kept = fact_rules.opened(case.facts_sealed, row=str(case.pk))
    with override(papers.CHINESE):
        shown = {line.key: line.shown for line in fact_rules.lines(item.facts, kept, whole=True)}
    own = case.on_behalf != rules.OTHER  # who acts for somebody else holds nothing of theirs
    holder = issuing.Holder(
        kind=person.kind,
        name=opened("name", person.name_sealed),
        identity=opened("identity", person.identity_sealed),
        identity_index=bytes(person.identity_index),
        phone_index=bytes(person.phone_index) if own else b"",
        owner_user=case.owner_user if own else None,
    )
    granted = issuing.Granted(
        stream=case.stream,
        number=case.number,
        item_code=case.item_id,
        item_name=item.name,
        permit=case.permit,
        facts=shown,
        ruling=Ruling(**case.ruling),
        content={
            "ruling_of": {
                "item": case.item_id,
                "place": case.place_id,
                "outlet": case.outlet_id,
                "on": timezone.localdate(at).isoformat(),
            }
        },
    )
    _licence, entry = issuing.issue(kind, granted, holder, by=by, at=at)
    return [entry]


def revoke(case: Case, reason: str, *, by: Actor, at: datetime) -> list[Wanted]:
    """What the case gave falls with its result, in the same transaction."""
    return issuing.revoke_with(stream=case.stream, reason=reason, by=by, at=at)


def check_still(case: Case, at: datetime) -> None:
    """That the licences this case rests on are still in force. Raises "licence-not-in-force" (409),
    1 SQL."""
    lending.check_still(case.stream, on=timezone.localdate(at))


def lend(
    rows: Sequence[CaseMaterial], order: Order, *, by: Actor, at: datetime
) -> dict[str, list[Wanted]]:
    """Write down the licences that new cases rest on; the entries to be written, by the case's
    stream. No SQL where no material is a licence."""
    lent = [
        lending.Lent(
            stream=row.case.stream,
            case_number=row.case.number,
            item_name=order.version(row.case.item_id, row.case.item_version_id).name,
            position=row.position,
            ref=row.held_ref,
            consent_by=row.case.applicant_mask,
            consent_how="online" if row.case.channel == "portal" else "counter",
        )
        for row in rows
        if row.held_ref.startswith(rules.LICENCE)
    ]
    entries = lending.lend(lent, by=by, at=at, on=timezone.localdate(at))
    found: dict[str, list[Wanted]] = {}
    for one, entry in zip(lent, entries, strict=True):
        found.setdefault(one.stream, []).append(entry)
    return found
