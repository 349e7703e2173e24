"""Taking in: the first chapter of a case's life (收件, 受理, 补正, 不予受理, 撤回).

行政许可法 §32 binds permits; other items follow the same path under their own basis.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.authority import queries as authority
from yichuang.authority.queries import ItemFacts, OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.cases import lifecycle, papers, permissions, rules, step, terms, tracking
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Applicant, Case, CaseMaterial, Pause
from yichuang.cases.rules import ApplicantFacts, CheckedMaterial, ListedMaterial, Submission
from yichuang.clock.queries import calendar
from yichuang.documents.numbering import next_number
from yichuang.files import queries as stored
from yichuang.verdict import Refusal

CENTRE_ACCEPTS_FOR = ("station", "partner", "self_service")


def take_in(*, submission: Submission, by: Actor, at: datetime) -> step.Receipt:
    """Take one matter in: applicant, answers, materials, clock, number, paper, journal, tasks, in
    one transaction. The same idempotency key gives the same receipt, and nothing twice.

    Raises Refusal: what rules.check_* say, "identity-number-invalid" and the like, the ruling's
    refusal (403/404/409/422), "idempotency-key-reused" (409) for a key with other content.
    """
    submission = submission.visible()
    rules.check_shape(submission).enforce()
    accepts = submission.outcome != rules.RECEIVE
    permissions.may_take_in(by, submission.outlet_code, accepts=accepts).enforce(status=403)
    applicant = normalised(submission.applicant)
    today = timezone.localdate(at)
    digest = submission.digest()
    try:
        with transaction.atomic():
            order = authority.order()
            item = order.item(submission.item_code, today)
            question = (
                submission.item_code,
                submission.place_code,
                submission.outlet_code,
                today,
            )
            order.ruling(*question).verdict.enforce()
            with override(papers.CHINESE):  # what is kept and printed is Chinese
                ruling = order.ruling(*question)
            counter = order.outlet(submission.outlet_code)
            materials = rules.check_materials(listed(item), submission.materials)
            stored.check_own([row.file_id for row in materials if row.file_id], by)
            rules.check_outcome(submission.outcome, materials).enforce()
            row = lifecycle.BY_EVENT[rules.EVENT_OF_OUTCOME[submission.outcome]]
            case = _case(submission, item, ruling, order, counter, row, digest, by=by, at=at)
            case.applicant_mask = vault.mask_name(applicant.name)
            case.save(force_insert=True)
            _applicant(case, applicant).save(force_insert=True)
            CaseMaterial.objects.bulk_create(_rows(case, materials))
            if row.clock == lifecycle.PAUSE:
                _open_correction(case, row, today)
            facts = papers.intake_facts(materials, name=applicant.name)
            paper = papers.give(case, row, facts, order=order, by=by, at=at)
            entry = step.enter(
                case,
                row,
                came_from=lifecycle.NEW,
                payload={
                    "item": item.code,
                    "item_version": item.version,
                    "place": submission.place_code,
                    "outlet": submission.outlet_code,
                    "ruling": {**ruling.codes, "grant": ruling.grant},
                    "missing": [m.name for m in materials if m.state == rules.MISSING],
                },
                paper=paper,
                by=by,
                at=at,
            )
    except (IntegrityError, Refusal) as error:
        # a retry after a lost answer gets its receipt even when the counter has closed since
        earlier = replayed(submission.idempotency_key, digest)
        if earlier is None:
            raise error
        return earlier
    return step.receipt(case, entry, paper)


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
    entry, paper = step.first(case)
    return replace(step.receipt(case, entry, paper), replayed=True)


def normalised(facts: ApplicantFacts) -> ApplicantFacts:
    """The applicant with checked numbers. Raises the identifiers' own refusals."""
    if facts.kind == "person":
        identity = resident_number(facts.identity).number
    else:
        identity = credit_code(facts.identity)
    return ApplicantFacts(
        facts.kind,
        facts.name.strip(),
        identity,
        phone_number(facts.phone),
        facts.address.strip(),
    )


def listed(item: ItemFacts) -> list[ListedMaterial]:
    return [ListedMaterial(m.position, m.name, m.held, m.note) for m in item.materials]


def _case(
    submission: Submission,
    item: ItemFacts,
    ruling: Ruling,
    order: authority.Order,
    counter: OutletFacts,
    row: Transition,
    digest: str,
    *,
    by: Actor,
    at: datetime,
) -> Case:
    """The unsaved case: the counter's number is taken last, so a refusal costs nobody a wait."""
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
    serial = next_number(series=rules.case_series(counter.division_code, kind), year=today.year)
    return Case(
        id=case_id,
        number=rules.case_number(counter.division_code, kind, today.year, serial),
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
        delivery_method=submission.delivery,
        filed_at=at,
        accepted_on=today if accepted else None,
        promised_days=item.promised_days,
        legal_days=item.legal_days,
        due_on=term.due_on,
        legal_due_on=term.legal_due_on,
        work_by=term.work_by,
        paused=row.clock == lifecycle.PAUSE,
        owner_user=by.person_id if by.role == "resident" else None,
        tracking_index=tracking.index(tracking.code(case_id)),
        idempotency_key=submission.idempotency_key,
        request_digest=digest,
    )


def _applicant(case: Case, facts: ApplicantFacts) -> Applicant:
    applicant_id = uuid.uuid4()

    def sealed(column: str, text: str) -> bytes:
        return vault.seal(text, table="cases_applicant", row=str(applicant_id), column=column)

    identity_kind = "identity" if facts.kind == "person" else "credit-code"
    return Applicant(
        id=applicant_id,
        case=case,
        kind=facts.kind,
        name_sealed=sealed("name", facts.name),
        name_mask=case.applicant_mask,
        identity_sealed=sealed("identity", facts.identity),
        identity_index=vault.blind_index(facts.identity, kind=identity_kind),
        identity_mask=vault.mask_identity(facts.identity),
        phone_sealed=sealed("phone", facts.phone),
        phone_index=vault.blind_index(facts.phone, kind="phone"),
        phone_mask=vault.mask_phone(facts.phone),
        address_sealed=sealed("address", facts.address) if facts.address else b"",
    )


def _rows(case: Case, materials: Sequence[CheckedMaterial]) -> list[CaseMaterial]:
    return [
        CaseMaterial(
            case=case,
            position=m.position,
            name=m.name,
            state=m.state,
            copies=m.copies,
            note=m.note,
            file_id=m.file_id or None,
        )
        for m in materials
    ]


def _open_correction(case: Case, row: Transition, today: date) -> None:
    Pause.objects.create(
        case=case,
        kind="correction",
        reason=_("等待申请人补正"),
        basis=row.basis_for(permit=case.permit),
        state_before=lifecycle.RECEIVED,
        starts_on=today,
    )


def accept(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Accept what was received (受理): everything is there, so the term starts today."""

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        missing = _missing(case)
        if missing:
            raise Refusal(
                "materials-missing",
                _("还缺：%(names)s。") % {"names": "、".join(missing)},
                remedy=_("请一次告知申请人全部要补正的内容。"),
                basis="行政许可法第32条第1款第4项",
            )
        return _accepted(case, timezone.localdate(at))

    return step.advance(case_id=case_id, event="accept", seq=seq, by=by, at=at, work=work)


def correct(
    *, case_id: uuid.UUID, seq: int, supplied: Sequence[int], by: Actor, at: datetime
) -> step.Receipt:
    """Take in what was missing (补正) and accept: the day all is supplied is the day of acceptance.

    supplied: positions of the materials now handed in. Raises "materials-missing" while any is
    still outstanding; nothing beyond the one notice may be asked for.
    """

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        CaseMaterial.objects.filter(case=case, position__in=supplied, state=rules.MISSING).update(
            state=rules.SUBMITTED
        )
        missing = _missing(case)
        if missing:
            raise Refusal(
                "materials-missing",
                _("还缺：%(names)s。") % {"names": "、".join(missing)},
                remedy=_("补正通知里列出的材料收齐后再受理。"),
                basis="行政许可法第32条第1款第4项",
            )
        today = timezone.localdate(at)
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=today)
        return _accepted(case, today)

    return step.advance(case_id=case_id, event="correct", seq=seq, by=by, at=at, work=work)


def ask_correction(
    *, case_id: uuid.UUID, seq: int, missing: Sequence[int], problem: str, by: Actor, at: datetime
) -> step.Receipt:
    """Tell everything that is missing or wrong, once (一次性补正告知), within 5 working days."""
    rules.check_reason(problem, what=_("补正告知")).enforce()

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        CaseMaterial.objects.filter(case=case, position__in=missing).update(
            state=rules.MISSING, note=problem[:300]
        )
        names = _missing(case)
        if not names:
            raise Refusal(
                "nothing-to-correct",
                _("没有选择要补正的材料。"),
                remedy=_("请勾选要补正的材料，或直接受理。"),
            )
        _open_correction(case, row, timezone.localdate(at))
        return step.Change(columns={"paused": True}, payload={"missing": names, "problem": problem})

    return step.advance(case_id=case_id, event="ask_correction", seq=seq, by=by, at=at, work=work)


def decline(
    *, case_id: uuid.UUID, seq: int, reason: str, where_to_go: str = "", by: Actor, at: datetime
) -> step.Receipt:
    """Refuse to accept (不予受理), with reasons, where to go instead, and the remedies."""
    rules.check_reason(reason, what=_("不予受理")).enforce()
    step.check_lengths("decline", where_to_go)

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=timezone.localdate(at))
        return step.Change(
            columns={"decided_at": at, "paused": False},
            payload={"reason": reason, "where_to_go": where_to_go},
            facts={"reasons": [reason], "where_to_go": where_to_go},
        )

    return step.advance(case_id=case_id, event="decline", seq=seq, by=by, at=at, work=work)


def deem_accepted(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Nobody asked for anything within 5 working days: accepted from the day the materials came."""

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        filed = timezone.localdate(case.filed_at)
        last = terms.computed(filed, lifecycle.CHECK_DAYS, calendar(), ())
        if last is None or timezone.localdate(at) <= last.due:
            raise Refusal(
                "check-period-runs",
                _("5个工作日的审查期还没有过。"),
                remedy=_("请在期限内受理或一次性告知补正。"),
                basis="行政许可法第32条第1款第4项",
                status=409,
            )
        return _accepted(case, filed)

    return step.advance(case_id=case_id, event="deem_accepted", seq=seq, by=by, at=at, work=work)


def withdraw(*, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> step.Receipt:
    """The applicant takes the application back; a window may record it for them."""
    step.check_lengths("withdraw", reason)

    def work(case: Case, row: Transition, order: authority.Order) -> step.Change:
        Pause.objects.filter(case=case, ends_on__isnull=True).update(ends_on=timezone.localdate(at))
        return step.Change(columns={"paused": False}, payload={"reason": reason})

    return step.advance(case_id=case_id, event="withdraw", seq=seq, by=by, at=at, work=work)


def _missing(case: Case) -> list[str]:
    rows = CaseMaterial.objects.filter(case=case, state=rules.MISSING)
    return list(rows.values_list("name", flat=True))


def _accepted(case: Case, day: date) -> step.Change:
    term = terms.term(
        start=day,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=0,
        pauses=(),
        calendar=calendar(),
    )
    columns: dict[str, Any] = {
        "accepted_on": day,
        "due_on": term.due_on,
        "legal_due_on": term.legal_due_on,
        "work_by": term.work_by,
        "paused": False,
    }
    return step.Change(columns=columns, payload={"accepted_on": day.isoformat()})
