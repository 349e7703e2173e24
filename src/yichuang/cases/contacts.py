"""首问负责: whoever is asked first logs the matter and answers for it until somebody has it.

长清区2025年首问首办规定 and its like are district rules; how it works here is our choice. No identity
number is kept; a phone only, sealed, if the person wants to be called back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import phone_number
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import handing_permissions as permissions
from yichuang.cases import handing_rules as rules
from yichuang.cases import permissions as case_permissions
from yichuang.cases.guarded import locked, step_on
from yichuang.cases.models import Case, Contact
from yichuang.cases.rules import case_number, case_series, visible
from yichuang.documents.numbering import next_number
from yichuang.journal.actions import Wanted, record_all
from yichuang.verdict import Refusal

PREFIX = "SW"  # 首问, before a number formed as a case's is


@dataclass(frozen=True, slots=True)
class Logged:
    """What a face shows after a contact was opened or moved."""

    contact_id: uuid.UUID
    number: str
    seq: int


def open_contact(
    *,
    matter: str,
    item_code: str = "",
    phone: str = "",
    to_outlet: str = "",
    to_organ: str = "",
    outcome: str = "",
    answer: str = "",
    by: Actor,
    at: datetime,
) -> Logged:
    """Log that somebody asked; the actor answers for it from now on.

    item_code: "" while nobody knows. phone: only if a call back is wanted. In the same breath it may
    be handed to an outlet, or to a body that is not connected here (warm hand-over), or be closed
    with `outcome` and `answer`, as `close` takes them: two entries, one transaction.
    Raises Refusal "not-a-window-post" (403), what rules.check_matter says, "phone-number-invalid"
    and the like, "item-unknown" (404), and what `hand_over` and `close` say of theirs.
    """
    permissions.may_open(by).enforce(status=403)
    said = rules.check_matter(visible(matter))
    number = phone_number(phone) if phone.strip() else ""
    today = timezone.localdate(at)
    with transaction.atomic():
        order = authority.order()
        if item_code:
            order.item(item_code, today)
        counter = order.outlet(by.outlet_code)
        contact = Contact(
            matter=said,
            item_id=item_code or None,
            outlet_id=by.outlet_code,
            asked_at=at,
            asked_by=by.journal_record(),
            owner_user=by.person_id,
        )
        event, then = "", {}
        if to_outlet or to_organ:
            event, then = "hand_over", _receiver(order, contact, to_outlet, to_organ)
        elif outcome:
            event, then = "close", _ending(contact, outcome, answer, None, at)
        contact.number = _number(counter.division_code, counter.outlet.kind, today.year)
        if number:
            contact.phone_mask = vault.mask_phone(number)
            contact.phone_sealed = vault.seal(
                number, table="cases_contact", row=str(contact.pk), column="phone"
            )
        opened = {
            "matter": said,
            "item": item_code,
            "outlet": by.outlet_code,
            "phone": bool(number),
        }
        wanted = [_entry(contact, "open", "", opened)]
        if event:
            wanted.append(_entry(contact, event, "open", then))
        contact.seq = len(wanted)
        contact.save(force_insert=True)
        record_all(wanted, by=by, at=at)
    return Logged(contact.pk, contact.number, contact.seq)


def hand_over(
    *,
    contact_id: uuid.UUID,
    seq: int,
    outlet_code: str = "",
    organ_code: str = "",
    by: Actor,
    at: datetime,
) -> Logged:
    """Hand it to an outlet or to an organ. Whoever hands over stays the owner until it is received.

    Raises Refusal "receiver-missing" unless exactly one is named, "handed-to-yourself", and what
    guarded.step_on refuses.
    """
    with transaction.atomic():
        order = authority.order()
        contact = _locked(contact_id, by)
        return _step(
            contact,
            "hand_over",
            seq=seq,
            by=by,
            at=at,
            payload=_receiver(order, contact, outlet_code, organ_code),
            columns={
                "handed_to_id": contact.handed_to_id,
                "handed_organ_id": contact.handed_organ_id,
                "received_at": None,
            },
        )


def receive(*, contact_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> Logged:
    """Somebody at the outlet or organ takes it over, and answers for it from now on."""
    with transaction.atomic():
        return _step(
            _locked(contact_id, by),
            "receive",
            seq=seq,
            by=by,
            at=at,
            columns={"owner_user": by.person_id, "received_at": at},
        )


def close(
    *,
    contact_id: uuid.UUID,
    seq: int,
    outcome: str,
    answer: str = "",
    case_number: str = "",
    by: Actor,
    at: datetime,
) -> Logged:
    """End it with its outcome: taken_in (with the case), answered, elsewhere, not_needed, handed_over.

    answer: what was said, where to go, why not, or who confirmed; taken_in needs none.
    Raises Refusal what rules.check_outcome and check_text say, "case-not-found" (404), and what
    guarded.step_on refuses.
    """
    with transaction.atomic():
        contact = _locked(contact_id, by)
        case = _case(case_number, by) if outcome == "taken_in" and case_number.strip() else None
        payload = _ending(contact, outcome, answer, case, at)
        return _step(
            contact,
            "close",
            seq=seq,
            by=by,
            at=at,
            payload=payload,
            columns={
                "outcome": contact.outcome,
                "answer": contact.answer,
                "closed_at": at,
                "case_id": contact.case_id,
            },
        )


def _receiver(order: Order, contact: Contact, outlet_code: str, organ_code: str) -> dict[str, Any]:
    """Put the receiver on the contact; what the journal keeps of it."""
    if bool(outlet_code) == bool(organ_code):
        raise Refusal(
            "receiver-missing",
            _("没有写明转交给谁。"),
            remedy=_("请选一个网点，或者选一个单位，二者选一。"),
            field="receiver",
        )
    holder = contact.handed_to_id if contact.state == "received" else contact.outlet_id
    if outlet_code and order.outlet(outlet_code).outlet.code == holder:
        raise Refusal(
            "handed-to-yourself",
            _("这件事现在就在%(outlet)s。") % {"outlet": order.outlet(outlet_code).name},
            remedy=_("请选别的网点或单位；同网点的同事可以请中心负责人安排。"),
            field="receiver",
        )
    if organ_code and organ_code not in order.organs:
        raise Refusal(
            "organ-unknown",
            _("没有代码为“%(code)s”的机构。") % {"code": organ_code},
            remedy=_("请从列表中选择单位。"),
            status=404,
            field="receiver",
        )
    contact.handed_to_id, contact.handed_organ_id = outlet_code or None, organ_code or None
    return {"outlet": outlet_code, "organ": organ_code}


def _ending(
    contact: Contact, outcome: str, answer: str, case: Case | None, at: datetime
) -> dict[str, Any]:
    """Put the outcome on the contact; what the journal keeps of it."""
    rules.check_outcome(outcome, state=contact.state, has_case=case is not None).enforce()
    said = visible(answer).strip()
    if said or outcome in rules.OUTCOME_SAYS:
        said = rules.check_text(
            said,
            what=str(rules.OUTCOME_SAYS.get(outcome, _("答复"))),
            limit=rules.ANSWER_LIMIT,
            field="answer",
            least=rules.SHORTEST if outcome in rules.OUTCOME_SAYS else 1,
        )
    contact.outcome, contact.answer, contact.closed_at, contact.case = outcome, said, at, case
    return {"outcome": outcome, "answer": said, "case": case.number if case else ""}


def _entry(contact: Contact, event: str, came_from: str, payload: Mapping[str, Any]) -> Wanted:
    """One entry of a contact that is being opened; moves it to where the event leads."""
    contact.state = rules.CONTACT[event].target
    return Wanted(
        kind=f"contact.{event}",
        payload={"number": contact.number, "from": came_from, "to": contact.state, **payload},
        stream=contact.stream,
        seq=2 if came_from else 1,
    )


def _number(division_code: str, outlet_kind: str, year: int) -> str:
    series = case_series(division_code, outlet_kind).replace("case:", "contact:")
    serial = next_number(series=series, year=year)
    return PREFIX + case_number(division_code, outlet_kind, year, serial)


def _case(number: str, by: Actor) -> Case:
    case = Case.objects.filter(number=number.strip().upper()).first()
    if case is None or not case_permissions.may_see(by, case):
        raise Refusal(
            "case-not-found",
            _("没有找到这个办件。"),
            remedy=_("请核对收件凭证上的办件编号。"),
            status=404,
            field="case_number",
        )
    return case


def _locked(contact_id: uuid.UUID, by: Actor) -> Contact:
    return locked(
        Contact.objects.all(),
        contact_id,
        may_see=lambda row: permissions.may_see_contact(by, row),
        unknown=permissions.no_such_contact,
    )


def _step(
    contact: Contact,
    event: str,
    *,
    seq: int,
    by: Actor,
    at: datetime,
    columns: Mapping[str, Any],
    payload: Mapping[str, Any] | None = None,
) -> Logged:
    row = rules.CONTACT[event]
    new = step_on(
        contact,
        row,
        seq=seq,
        may=lambda one: permissions.may_on_contact(by, row, one),
        by=by,
        at=at,
        columns=columns,
        payload=payload,
    )
    return Logged(contact.pk, contact.number, new)
