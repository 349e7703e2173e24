"""Deciding: the third chapter (准予, 不予, 延期). 行政许可法 §38, §42.

Authority is read afresh inside the deciding transaction, with the standing order held: a grant
revoked a moment ago stops the decision, one revoked a moment later does not undo it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import later, licensing, lifecycle, papers, rules, step, terms, transfers
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, Promise
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal


def grant(
    *,
    case_id: uuid.UUID,
    seq: int,
    decision: str,
    by: Actor,
    at: datetime,
    conditions: Sequence[str] = (),
) -> step.Receipt:
    """Grant a reviewed case (准予). decision: what is granted, in words for the applicant.

    Raises "same-person" (403), "grant-gone", "materials-outstanding" while something may still
    follow, "promise-false", "licence-not-in-force" (all 409), and what step.advance raises.
    """
    return _grant("grant", case_id, seq, decision, conditions, by, at)


def grant_on_spot(
    *,
    case_id: uuid.UUID,
    seq: int,
    decision: str,
    by: Actor,
    at: datetime,
    conditions: Sequence[str] = (),
) -> step.Receipt:
    """Grant an instant item at once, without a review (当场办结, §34(2))."""
    return _grant("grant_on_spot", case_id, seq, decision, conditions, by, at)


def _grant(
    event: str,
    case_id: uuid.UUID,
    seq: int,
    decision: str,
    conditions: Sequence[str],
    by: Actor,
    at: datetime,
) -> step.Receipt:
    rules.check_reason(decision, what=_("准予决定")).enforce()
    step.check_lengths(event, "\n".join(conditions))

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        rules.check_two_people(case.reviewed_by, by.person_id).enforce(status=403)
        still_rules(case, order, at)
        later.check_complete(case)
        _check_promises(case)
        licensing.check_still(case, at)
        transfers.settle(case, by=by, at=at)
        issued = licensing.issue(case, order, by=by, at=at)
        return step.Change(
            columns={"decided_at": at},
            payload={"decision": decision, "grant": case.grant_number},
            also=issued,
            facts={
                "decision": decision,
                "conditions": [text for text in conditions if text.strip()],
            },
        )

    return step.advance(
        case_id=case_id, event=event, seq=seq, by=by, at=at, work=work, deciding=True
    )


def _check_promises(case: Case) -> None:
    false = Promise.objects.filter(case=case, state="false").values_list("material", flat=True)
    names = "、".join(false)
    if names:
        raise Refusal(
            "promise-false",
            _("关于“%(names)s”的承诺经核查不实，不能准予。") % {"names": names},
            remedy=_("请终止办理，或者作出不予决定，并说明理由。"),
            basis="国办发〔2020〕42号",
            status=409,
        )


def refuse(*, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> step.Receipt:
    """Refuse (不予), with reasons and the remedies (§38: 60 days, 6 months)."""
    rules.check_reason(reason, what=_("不予决定")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        rules.check_two_people(case.reviewed_by, by.person_id).enforce(status=403)
        still_rules(case, order, at)
        return step.Change(
            columns={"decided_at": at}, payload={"reason": reason}, facts={"reasons": [reason]}
        )

    return step.advance(
        case_id=case_id, event="refuse", seq=seq, by=by, at=at, work=work, deciding=True
    )


def extend(
    *, case_id: uuid.UUID, seq: int, reason: str, approved_by: str, by: Actor, at: datetime
) -> step.Receipt:
    """Lengthen the term by 10 working days, once; the head of the organ approves (§42)."""
    rules.check_reason(reason, what=_("延期")).enforce()
    step.check_lengths("extend", approved_by, limit=rules.NAME_LIMIT)
    if not approved_by.strip():
        raise Refusal(
            "extension-needs-head",
            _("延期须经本行政机关负责人批准。"),
            remedy=_("请填写批准人职务。"),
            basis="行政许可法第42条",
        )

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        days = case.extension_days + lifecycle.EXTENSION_DAYS
        term = terms.term(
            start=case.accepted_on or timezone.localdate(at),
            promised_days=case.promised_days,
            legal_days=case.legal_days,
            extension_days=days,
            pauses=step.pauses_of(case),
            calendar=calendar(),
        )
        return step.Change(
            columns={
                "extension_days": days,
                "due_on": term.due_on,
                "legal_due_on": term.legal_due_on,
                "work_by": term.work_by,
            },
            payload={
                "reason": reason,
                "approved_by": approved_by,
                "days": lifecycle.EXTENSION_DAYS,
            },
        )

    return step.advance(case_id=case_id, event="extend", seq=seq, by=by, at=at, work=work)


def hand_back(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """The power is no longer here (a grant ended): the case goes to whom the ruling now names.

    Its dates stay as they were promised. Raises "still-yours" (409) while nothing has changed.
    """

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        with override(papers.CHINESE):  # what is kept is Chinese
            fresh = order.ruling(
                case.item_id, case.place_id, case.outlet_id, timezone.localdate(at)
            )
        fresh.verdict.enforce(status=409)
        if fresh.grant == case.grant_number and fresh.codes["decider"] == case.decider_id:
            raise Refusal(
                "still-yours",
                _("权限没有变化，仍由本机关决定。"),
                remedy=_("请照常办理。"),
                status=409,
            )
        return step.Change(
            columns={
                "reviewer_id": fresh.codes["reviewer"],
                "decider_id": fresh.codes["decider"],
                "in_name_of_id": fresh.codes["in_name_of"],
                "grant_number": fresh.grant,
                "ruling": fresh.as_dict(),
                "reviewed_by": None,
            },
            payload={"ruling": {**fresh.codes, "grant": fresh.grant}, "reason": fresh.reason},
        )

    return step.advance(
        case_id=case_id, event="hand_back", seq=seq, by=by, at=at, work=work, deciding=True
    )


def still_rules(case: Case, order: Order, at: datetime) -> None:
    """The ruling derived afresh must still name this decider and this name.

    When the grant was revoked or ran out, the case goes back to its owner; until that is done
    nobody decides it. Raises "grant-gone" (409).
    """
    fresh = order.ruling(case.item_id, case.place_id, case.outlet_id, timezone.localdate(at))
    same = (
        fresh.allowed
        and fresh.codes["decider"] == case.decider_id
        and fresh.codes["in_name_of"] == case.in_name_of_id
        and fresh.grant == case.grant_number
    )
    if not same:
        raise Refusal(
            "grant-gone",
            _("权限已经变化：%(reason)s") % {"reason": fresh.reason},
            remedy=_("请不要作出决定；办件将交还有权机关，期限不变。"),
            basis=fresh.basis,
            status=409,
            detail={"decider": fresh.codes.get("decider", ""), "grant": fresh.grant},
        )
