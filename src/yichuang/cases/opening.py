"""How a case begins: one whole submission judged and written, whoever hands it in.

`begin` is the act of one case: one transaction, one entry, once for an idempotency key. `opened` is
its core, for acts that begin several cases at once (一件事): it writes everything but the entry.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.authority import queries as authority
from yichuang.authority.queries import ItemFacts, Order, OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.cases import (
    fact_rules,
    held,
    later,
    licensing,
    lifecycle,
    papers,
    promises,
    rules,
    step,
    terms,
    tracking,
    transfers,
)
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Applicant, Case, CaseMaterial, Pause, Promise, Transfer
from yichuang.cases.rules import ApplicantFacts, CheckedMaterial, ListedMaterial, Submission
from yichuang.catalogue import situations
from yichuang.clock.queries import calendar
from yichuang.documents.numbering import next_number
from yichuang.files import queries as stored
from yichuang.places.rules import outlet_open_on
from yichuang.verdict import Refusal

CENTRE_ACCEPTS_FOR = ("station", "partner", "self_service")
PORTAL, API = "portal", "api"
COLLECTS = ("hall", "centre", "station", "bureau")  # outlets that hand papers over


def begin(submission: Submission, *, event: str, by: Actor, at: datetime) -> step.Receipt:
    """Begin one case with `event` (take_in, accept_on_spot, take_in_incomplete, file).

    The caller has asked the permission and made the submission visible. The same idempotency key
    gives the same receipt, and nothing twice. Raises what `opened` does, "idempotency-key-reused".
    """
    digest = submission.digest()
    try:
        with transaction.atomic():
            new = opened(
                submission, event=event, order=authority.order(), digest=digest, by=by, at=at
            )
            entry = step.written(new.entry, *new.also, by=by, at=at)
    except (IntegrityError, Refusal) as error:
        # a retry after a lost answer gets its receipt even when the counter has closed since
        earlier = replayed(submission.idempotency_key, digest)
        if earlier is None:
            raise error
        return earlier
    return step.receipt(new.case, entry, new.paper)


def replayed(key: str, digest: str) -> step.Receipt | None:
    """The receipt that this key already has, with the case as it stands now; None for a new key.
    Refusal "idempotency-key-reused" (409) when the key came with other content."""
    case = Case.objects.filter(idempotency_key=key).first()
    if case is None:
        return None
    if case.request_digest != digest:
        raise Refusal(
            "idempotency-key-reused",
            _("这个提交标识已经用于另一份申请（%(number)s）。") % {"number": case.number},
            remedy=_("请重新打开表单再提交。"),
            status=409,
        )
    return again(case)


def again(case: Case) -> step.Receipt:
    """The receipt of a case that has begun, with the case as it stands now."""
    entry, paper = step.first(case)
    return replace(step.receipt(case, entry, paper), replayed=True)


def opened(
    submission: Submission,
    *,
    event: str,
    order: Order,
    by: Actor,
    at: datetime,
    digest: str = "",
) -> step.Taken:
    """Judge a submission and write its case, inside the caller's transaction. Raises what `judged`
    does; nothing is written then."""
    found = judged(submission, event=event, order=order, digest=digest, by=by, at=at)
    return write([found], order=order, by=by, at=at)[0]


@dataclass(frozen=True, slots=True)
class Judged:
    """A submission found fit, as rows that are not saved yet. materials: as checked."""

    row: Transition
    case: Case
    person: Applicant
    materials: tuple[CheckedMaterial, ...]
    promises: tuple[Promise, ...]
    transfer: Transfer | None
    pause: Pause | None
    told: Mapping[str, Any]
    payload: Mapping[str, Any]
    counter: tuple[str, str]  # division and kind of the outlet that counts it


def judged(
    submission: Submission,
    *,
    event: str,
    order: Order,
    by: Actor,
    at: datetime,
    digest: str = "",
    carried: bool = False,
) -> Judged:
    """Whether a submission is fit, and the case it makes. No SQL but for files, held references and
    promises. carried: the platform carries on with what an applicant handed in before: whose files
    they are, who signed the promises and what is held where was judged then.

    Raises Refusal: what rules, situations and fact_rules say, "identity-number-invalid" and the
    like, the ruling's refusal (403/404/409/422), "item-version-moved" (409).
    """
    row = lifecycle.BY_EVENT[event]
    today = timezone.localdate(at)
    item = order.item(submission.item_code, today)
    _check_version(item, submission)
    applicant = normalised(submission, today)
    ruling = _ruling(submission, order, today)
    counter = order.outlet(submission.outlet_code)
    _check_collect(submission, order, today)
    situation = answered(item, submission)
    facts = fact_rules.checked(item.facts, submission.facts, whole=submission.channel == PORTAL)
    listing = listed(item, situation)
    materials = rules.check_materials(listing, submission.materials)
    if submission.channel == PORTAL:
        _check_files(listing, materials)
    rules.check_outcome(submission.outcome, materials).enforce()
    materials = later.with_days(materials, listing, today)
    index = identity_index(applicant)
    if any(m.state == rules.PROMISED for m in materials):
        if not carried:
            promises.check_signer(
                on_behalf=submission.on_behalf, how=submission.promised_how, by=by
            ).enforce()
        promises.barred(index).enforce()
    if not carried:
        stored.check_own([each.file_id for each in materials if each.file_id], by)
        refs = {each.position: each.held_ref for each in materials if each.held_ref}
        held.check_refs(order, item, refs, identity_index=index, on=today, by=by)

    case = _case(submission, item, ruling, order, counter, row, digest, by=by, at=at)
    case.applicant_mask = vault.mask_name(applicant.name)
    case.situation = situation
    case.facts_sealed = fact_rules.sealed(facts, row=str(case.pk))
    person = _applicant(case, applicant, index)
    agent = facts.get(fact_rules.AGENT.key, "")
    signer = vault.mask_name(agent) if agent else case.applicant_mask
    transfer = Transfer(
        case=case, outlet_id=counter.outlet.code, organ_id=case.reviewer_id, sent_at=at
    )
    return Judged(
        row=row,
        case=case,
        person=person,
        materials=materials,
        promises=_promised(case, person, item, materials, submission.promised_how, signer, at),
        transfer=transfer
        if transfers.goes_elsewhere(order, counter, ruling, submission.place_code)
        else None,
        pause=step.correction(case, row, today) if row.clock == lifecycle.PAUSE else None,
        told=papers.intake_facts(materials, name=applicant.name),
        payload={
            "item": item.code,
            "item_version": item.version,
            "place": submission.place_code,
            "outlet": submission.outlet_code,
            "ruling": {**ruling.codes, "grant": ruling.grant},
            "channel": submission.channel,
            "handling": item.handling,
            "promised_days": item.promised_days,
            "legal_days": item.legal_days,
            "materials": dict(Counter(m.state for m in materials)),
            **_named(materials),
        },
        counter=(counter.division_code, counter.outlet.kind),
    )


def write(found: Sequence[Judged], *, order: Order, by: Actor, at: datetime) -> list[step.Taken]:
    """Write cases that were judged, inside the caller's transaction; all but their entries, which
    the caller appends last. In the order of `found`.

    Counters are taken late, so that a refusal costs nobody a wait, and always in the order of their
    names, so that two writers of several cases never wait for each other.
    """
    if not found:
        return []
    year = timezone.localdate(at).year
    for counter in sorted({new.counter for new in found}):
        counted = [new for new in found if new.counter == counter]
        series = rules.case_series(*counter)
        first = next_number(series=series, year=year, count=len(counted))
        for serial, new in enumerate(counted, start=first):
            new.case.number = rules.case_number(*counter, year, serial)
    Case.objects.bulk_create([new.case for new in found])
    Applicant.objects.bulk_create([new.person for new in found])
    rows = CaseMaterial.objects.bulk_create([row for new in found for row in _rows(new)])
    Promise.objects.bulk_create([row for new in found for row in new.promises])
    Transfer.objects.bulk_create([new.transfer for new in found if new.transfer])
    Pause.objects.bulk_create([new.pause for new in found if new.pause])
    lent = licensing.lend(rows, order, by=by, at=at)
    given = {
        new.case.pk: papers.give(new.case, new.row, new.told, order=order, by=by, at=at)
        for new in sorted(found, key=lambda new: papers.series(new.case, new.row, order))
    }
    return [
        step.Taken(
            new.case,
            given[new.case.pk],
            step.wanted(new.case, new.row, lifecycle.NEW, new.payload, given[new.case.pk]),
            tuple(lent.get(new.case.stream, ())),
        )
        for new in found
    ]


def _named(materials: Sequence[CheckedMaterial]) -> dict[str, Any]:
    """What the entry tells of the materials, by name; states that no material is in are left out."""
    found: dict[str, Any] = {"missing": [m.name for m in materials if m.state == rules.MISSING]}
    for state in (rules.LATER, rules.PROMISED):
        names = [m.name for m in materials if m.state == state]
        if names:
            found[state] = names
    refs = [m.held_ref for m in materials if m.held_ref]
    if refs:
        found["held"] = refs
    return found


# -- what was said ---------------------------------------------------------------------------------


def normalised(submission: Submission, today: date) -> ApplicantFacts:
    """The applicant with checked numbers. Raises the identifiers' own refusals, "not-a-child"."""
    facts = submission.applicant
    if facts.kind == "person":
        resident = resident_number(facts.identity)
        if submission.on_behalf == rules.CHILD:
            rules.check_minor(resident.birth, today).enforce()
        identity = resident.number
    else:
        identity = credit_code(facts.identity)
    return ApplicantFacts(
        facts.kind,
        facts.name.strip(),
        identity,
        phone_number(facts.phone),
        facts.address.strip(),
    )


def identity_index(facts: ApplicantFacts) -> bytes:
    """The blind index under which a checked applicant is found."""
    kind = "identity" if facts.kind == "person" else "credit-code"
    return vault.blind_index(facts.identity, kind=kind)


def answered(item: ItemFacts, submission: Submission) -> dict[str, str]:
    """The answers that count, whole and free of contradiction.

    A program may send none: then only what holds for everybody counts. Raises what
    situations.check_answers and check_outcome say ("situation-…").
    """
    if submission.channel == API and not submission.situation:
        said: dict[str, str] = {}
    else:
        said = situations.settled(item.questions, submission.situation)
        situations.check_answers(item.questions, said).enforce()
    situations.check_outcome(situations.outcome(item.situations, said)).enforce()
    return said


def listed(item: ItemFacts, situation: Mapping[str, str]) -> list[ListedMaterial]:
    """The exact list of one situation."""
    result = situations.outcome(item.situations, situation)
    return [
        ListedMaterial(
            m.position,
            m.name,
            m.held,
            m.note,
            later_days=m.later_days,
            promise=m.promise,
            form=m.kind == "form",
        )
        for m in item.materials
        if result.on_list(m.name, always=m.always)
    ]


def _check_version(item: ItemFacts, submission: Submission) -> None:
    """Positions mean the list they were drawn from: on another list they would name other things."""
    if submission.item_version in (0, item.version):
        return
    raise Refusal(
        "item-version-moved",
        _("“%(name)s”刚换了新版本，您的表单是按旧版本填的，还没有提交。") % {"name": item.name},
        remedy=_("已填的内容都还在；请按新的清单核对后再提交。"),
        status=409,
        field="materials",
        detail={"version": item.version},
    )


def _ruling(submission: Submission, order: Order, today: date) -> Ruling:
    question = (submission.item_code, submission.place_code, submission.outlet_code, today)
    order.ruling(*question).verdict.enforce()
    with override(papers.CHINESE):  # what is kept and printed is Chinese
        return order.ruling(*question)


def _check_collect(submission: Submission, order: Order, today: date) -> None:
    code = submission.collect_at
    if not code:
        return
    counter = order.outlets.get(code)
    if counter is None or counter.outlet.kind not in COLLECTS:
        raise Refusal(
            "collect-unknown",
            _("选的领取地点不能领取证照。"),
            remedy=_("请从列表里选一个服务点，或者改为邮寄。"),
            field="collect_at",
        )
    if submission.delivery != "collect":
        raise Refusal(
            "collect-and-mail",
            _("选择了邮寄，就不用再选领取地点。"),
            remedy=_("请在窗口领取和邮寄里选一种。"),
            field="collect_at",
        )
    outlet_open_on(counter, today, counter.closures).enforce()


def _check_files(listing: Sequence[ListedMaterial], materials: Sequence[CheckedMaterial]) -> None:
    """From home, what is handed in is a file; a form is filled in on the page itself."""
    forms = {row.position for row in listing if row.form}
    for row in materials:
        if row.state == rules.SUBMITTED and not row.file_id and row.position not in forms:
            raise later.file_missing(row.name)


# -- what is written -------------------------------------------------------------------------------


def _case(
    submission: Submission,
    item: ItemFacts,
    ruling: Ruling,
    order: Order,
    counter: OutletFacts,
    row: Transition,
    digest: str,
    *,
    by: Actor,
    at: datetime,
) -> Case:
    """The unsaved case, still without its number."""
    today = timezone.localdate(at)
    case_id = uuid.uuid4()
    kind = counter.outlet.kind
    acceptor = submission.outlet_code
    if kind in CENTRE_ACCEPTS_FOR:
        centre = order.centre_of(order.place(submission.place_code))
        acceptor = centre.outlet.code if centre else acceptor
    accepted = row.clock == lifecycle.START
    days = item.promised_days if accepted else lifecycle.CHECK_DAYS
    term = terms.term(
        start=today,
        promised_days=days,
        legal_days=item.legal_days if accepted else None,
        extension_days=0,
        pauses=(),
        calendar=calendar(),
    )
    collect_at = submission.collect_at
    return Case(
        id=case_id,
        state=row.target,
        seq=1,
        item_id=item.code,
        item_version_id=item.version_id,
        permit=item.permit,
        handling=item.handling,
        place_id=submission.place_code,
        outlet_id=submission.outlet_code,
        acceptor_id=acceptor,
        reviewer_id=ruling.codes["reviewer"],
        decider_id=ruling.codes["decider"],
        in_name_of_id=ruling.codes["in_name_of"],
        ruling=ruling.as_dict(),
        grant_number=ruling.grant,
        channel=submission.channel,
        answers=rules.canonical_answers(submission.answers),
        on_behalf=submission.on_behalf,
        collect_at_id=collect_at if collect_at not in ("", submission.outlet_code) else None,
        delivery_method=submission.delivery,
        filed_at=at,
        accepted_on=today if accepted else None,
        promised_days=item.promised_days,
        legal_days=item.legal_days,
        due_on=term.due_on,
        legal_due_on=term.legal_due_on,
        work_by=term.work_by,
        paused=row.clock == lifecycle.PAUSE,
        owner_user=by.person_id if by.role == roles.RESIDENT else None,
        tracking_index=tracking.index(tracking.code(case_id)),
        idempotency_key=submission.idempotency_key,
        request_digest=digest or submission.digest(),
    )


def _applicant(case: Case, facts: ApplicantFacts, index: bytes) -> Applicant:
    applicant_id = uuid.uuid4()

    def sealed(column: str, text: str) -> bytes:
        return vault.seal(text, table="cases_applicant", row=str(applicant_id), column=column)

    return Applicant(
        id=applicant_id,
        case=case,
        kind=facts.kind,
        name_sealed=sealed("name", facts.name),
        name_mask=case.applicant_mask,
        identity_sealed=sealed("identity", facts.identity),
        identity_index=index,
        identity_mask=vault.mask_identity(facts.identity),
        phone_sealed=sealed("phone", facts.phone),
        phone_index=vault.blind_index(facts.phone, kind="phone"),
        phone_mask=vault.mask_phone(facts.phone),
        address_sealed=sealed("address", facts.address) if facts.address else b"",
    )


def _rows(new: Judged) -> list[CaseMaterial]:
    return [
        CaseMaterial(
            case=new.case,
            position=m.position,
            name=m.name,
            state=m.state,
            copies=m.copies,
            note=m.note,
            file_id=m.file_id or None,
            held_ref=m.held_ref,
            follow_by=m.follow_by,
        )
        for m in new.materials
    ]


def _promised(
    case: Case,
    person: Applicant,
    item: ItemFacts,
    materials: Sequence[CheckedMaterial],
    how: str,
    signer: str,
    at: datetime,
) -> tuple[Promise, ...]:
    if all(m.state != rules.PROMISED for m in materials):
        return ()
    with override(papers.CHINESE):
        texts = {m.position: promises.told(item, m) for m in item.materials}
    return tuple(promises.rows(case, person, materials, texts, how=how, signed_by=signer, at=at))
