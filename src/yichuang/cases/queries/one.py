"""One case as a sheet, for whoever may see it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import Q
from django.utils import timezone

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import ItemFacts, Order
from yichuang.cases import (
    fact_rules,
    lifecycle,
    permissions,
    promises,
    rules,
    step,
    terms,
    tracking,
)
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, CaseMaterial, Pause, Promise
from yichuang.cases.queries.deadlines import deadline, delivery_deadline
from yichuang.cases.sheets import (
    AnswerLine,
    CaseSheet,
    Event,
    MaterialRow,
    PromiseRow,
    TransferRow,
)
from yichuang.clock.queries import calendar
from yichuang.clock.rules import Due
from yichuang.documents import queries as documents
from yichuang.journal.models import Entry


def case_sheet(*, case_id: uuid.UUID, actor: Actor, today: date) -> CaseSheet:
    """One case for a person who may see it. Seven SQL statements.

    Raises Refusal "case-not-found" (404) both where there is none and where it is not theirs.
    """
    case = _whole(Q(pk=case_id))
    permissions.may_see(actor, case).enforce(status=404)
    return _sheet(case, today, actor)


def case_by_number(*, number: str, actor: Actor, today: date) -> CaseSheet:
    """As case_sheet, by 办件编号."""
    case = _whole(Q(number=number.strip()))
    permissions.may_see(actor, case).enforce(status=404)
    return _sheet(case, today, actor)


def tracked(*, code: str, today: date) -> CaseSheet:
    """The case behind an applicant's code. One refusal for every code that leads nowhere."""
    case = _found(Q(tracking_index=tracking.index(code)))
    if case is None:
        raise tracking.unknown()
    return _sheet(case, today, None)


def _found(condition: Q) -> Case | None:
    # names of items, places and organs come from the standing order: a join of ten tables takes
    # PostgreSQL four times as long to plan as everything else a sheet asks
    return (
        Case.objects.select_related("applicant", "delivery", "transfer").filter(condition).first()
    )


def _whole(condition: Q) -> Case:
    case = _found(condition)
    if case is None:
        raise permissions.unseen()
    return case


def _sheet(case: Case, today: date, actor: Actor | None) -> CaseSheet:
    order = authority.order()
    version, who = order.version(case.item_id, case.item_version_id), case.applicant
    delivery = case.delivery if hasattr(case, "delivery") else None
    timeline = _timeline(case)
    materials = _materials(case, today)
    promised = _promises(case, materials, today)
    kept = fact_rules.opened(case.facts_sealed, row=str(case.pk))
    return CaseSheet(
        id=case.pk,
        number=case.number,
        seq=case.seq,
        state=case.state,
        state_name=str(lifecycle.STATES[case.state]),
        permit=case.permit,
        handling=case.handling,
        item_code=case.item_id,
        item_name=version.name,
        item_name_en=version.name_en,
        item_version=version.version,
        basis=version.basis,
        place_code=case.place_id,
        place=order.place(case.place_id).name,
        outlet=order.outlet(case.outlet_id).name,
        acceptor=order.outlet(case.acceptor_id).name,
        reviewer=order.organs[case.reviewer_id].name,
        decider=order.organs[case.decider_id].name,
        in_name_of=order.organs[case.in_name_of_id].name,
        ruling=case.ruling,
        grant_number=case.grant_number,
        channel=case.channel,
        applicant_kind=who.kind,
        applicant_id=who.pk,
        applicant=who.name_mask,
        identity=who.identity_mask,
        phone=who.phone_mask,
        has_address=bool(who.address_sealed),
        answers=case.answers,
        delivery_method=case.delivery_method,
        filed_at=case.filed_at,
        accepted_on=case.accepted_on,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=case.extension_days,
        deadline=deadline(case, today),
        legal_due_on=case.legal_due_on,
        arithmetic=arithmetic(case),
        decided_at=case.decided_at,
        delivered_at=case.delivered_at,
        courier=delivery.courier if delivery else "",
        courier_number=delivery.tracking_number if delivery else "",
        materials=materials,
        papers=tuple(documents.papers_of(case.stream)),
        timeline=timeline,
        may=_may(case, actor, timeline, materials, promised) if actor else (),
        tracking_code=tracking.code(case.pk),
        situation=_situation(case, version),
        facts=fact_rules.lines(version.facts, kept, whole=False),
        on_behalf=case.on_behalf,
        collect_at_code=case.collect_at_id or "",
        collect_at=order.outlet(case.collect_at_id).name if case.collect_at_id else "",
        supplied_at=case.supplied_at,
        transfer=_transfer(case, order),
        promises=promised,
        delivery_deadline=delivery_deadline(case, today),
        online_since=delivery.consented_at if delivery and delivery.method == "online" else None,
    )


def _materials(case: Case, today: date) -> tuple[MaterialRow, ...]:
    return tuple(
        MaterialRow(
            m.position,
            m.name,
            m.state,
            m.copies,
            m.note,
            m.file_id,
            held_ref=m.held_ref,
            follow_by=m.follow_by,
            overdue=m.state == rules.LATER and m.follow_by < today,
        )
        for m in CaseMaterial.objects.filter(case=case)
    )


def _promises(case: Case, materials: Sequence[MaterialRow], today: date) -> tuple[PromiseRow, ...]:
    """The case's promises. No SQL for a case without."""
    if all(row.state != rules.PROMISED for row in materials):
        return ()
    return tuple(
        PromiseRow(
            row.pk,
            row.position,
            row.material,
            row.told,
            row.signed_by,
            row.signed_how,
            timezone.localtime(row.signed_at),
            row.check_by,
            row.state,
            row.checked_at,
            row.finding,
            overdue=row.state == promises.PENDING and row.check_by < today,
        )
        for row in Promise.objects.filter(case=case).order_by("position")
    )


def _situation(case: Case, version: ItemFacts) -> tuple[AnswerLine, ...]:
    found = []
    for question in version.questions:
        for option in question.options:
            if case.situation.get(question.key) == option.value:
                found.append(
                    AnswerLine(
                        question.key,
                        question.ask,
                        question.ask_en,
                        option.value,
                        option.label,
                        option.label_en,
                    )
                )
    return tuple(found)


def _transfer(case: Case, order: Order) -> TransferRow | None:
    if not hasattr(case, "transfer"):
        return None
    row = case.transfer
    return TransferRow(
        order.outlet(row.outlet_id).name,
        order.organs[row.organ_id].name,
        timezone.localtime(row.sent_at),
        timezone.localtime(row.received_at) if row.received_at else None,
        row.received_by.get("name", ""),
    )


def arithmetic(case: Case) -> Due | None:
    """The running term step by step, recomputed from stored facts; None before acceptance."""
    if case.accepted_on is None:
        return None
    return terms.term(
        start=case.accepted_on,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=case.extension_days,
        pauses=step.pauses_of(case),
        calendar=calendar(),
    ).arithmetic


def _timeline(case: Case) -> tuple[Event, ...]:
    entries = Entry.objects.filter(stream=case.stream).order_by("seq")
    return tuple(
        Event(
            index=entry.index,
            event=row.event,
            name=str(row.name),
            at=timezone.localtime(entry.at),
            author=entry.author.get("name", ""),
            role=entry.author.get("role", ""),
            owner=str(lifecycle.OWNERS[row.owner]),
            basis=row.basis_for(permit=case.permit),
            clock=row.clock,
            paper=entry.payload.get("paper") or "",
            detail=entry.payload,
        )
        for entry in entries
        if (row := lifecycle.BY_EVENT.get(entry.kind.removeprefix("case.")))
    )


def _may(
    case: Case,
    actor: Actor,
    timeline: Sequence[Event],
    materials: Sequence[MaterialRow],
    promised: Sequence[PromiseRow],
) -> tuple[Transition, ...]:
    done = lifecycle.counted(event.event for event in timeline)
    grounds = _grounds(case, done, materials, promised)
    return tuple(
        row
        for row in lifecycle.events_from(case.state, handling=case.handling)
        if lifecycle.may_happen(row.event, case.state, handling=case.handling, done=done)
        and grounds.get(row.event, True)
        and permissions.owns(actor, row, case)
    )


def _grounds(
    case: Case,
    done: frozenset[str],
    materials: Sequence[MaterialRow],
    promised: Sequence[PromiseRow],
) -> Mapping[str, bool]:
    """Whether the events that need more than a state have what they need; as their actions ask."""
    states = {row.state for row in promised}
    follows = any(row.state == rules.LATER for row in materials)
    false, granted = promises.FALSE in states, bool({"grant", "grant_on_spot"} & done)
    proved_false = false or promises.REPAIRED in states
    sent = case.delivery if hasattr(case, "delivery") else None
    under_way = (
        sent is not None
        and sent.received_at is None
        and (bool(sent.tracking_number) or sent.method == "online")
    )
    complete = not follows and not false
    return {
        "receive_transfer": hasattr(case, "transfer") and case.transfer.received_at is None,
        "supply_later": follows,
        "check_promise": promises.PENDING in states,
        "terminate": proved_false or any(row.overdue for row in materials),
        "revoke_result": granted and proved_false,
        "grant": complete,
        "grant_on_spot": complete,
        "archive": promises.PENDING not in states,
        "dispatch": not under_way,
    }


def pauses(case_id: uuid.UUID) -> list[Pause]:
    """The case's pauses, oldest first."""
    return list(Pause.objects.filter(case_id=case_id).order_by("starts_on", "pk"))


def similar(
    *, identity_index: bytes, actor: Actor, limit: int = 5
) -> list[tuple[uuid.UUID, str, str, str]]:
    """An applicant's latest cases by exact number: (id, case number, item, state), newest first.

    Only those the actor may see: a number typed at one counter must not tell what its holder
    applied for at another.
    """
    rows = (
        Case.objects.filter(permissions.visible_to(actor), applicant__identity_index=identity_index)
        .select_related("item_version")
        .order_by("-filed_at")[:limit]
    )
    return [(row.pk, row.number, row.item_version.name, row.state) for row in rows]
