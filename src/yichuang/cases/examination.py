"""Examining: the second chapter (审核, 退回重审, 特别程序). 行政许可法 §34, §45."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import lifecycle, rules, step, terms, transfers
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, Pause
from yichuang.clock.queries import calendar
from yichuang.verdict import Refusal


def review(
    *, case_id: uuid.UUID, seq: int, opinion: str, agrees: bool, by: Actor, at: datetime
) -> step.Receipt:
    """The reviewing organ's opinion, for the decider."""
    rules.check_reason(opinion, what=_("审核意见")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        transfers.settle(case, by=by, at=at)
        return step.Change(
            columns={"reviewed_by": by.person_id},
            payload={"opinion": opinion, "agrees": agrees},
        )

    return step.advance(case_id=case_id, event="review", seq=seq, by=by, at=at, work=work)


def receive_transfer(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """The reviewing organ has what another town's window took in for it (域内通办). The clock has
    not stopped meanwhile. Raises "no-transfer" (409)."""

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        if not transfers.settle(case, by=by, at=at):
            raise Refusal(
                "no-transfer",
                _("本办件没有等待接收的转送。"),
                remedy=_("请刷新页面，照常办理。"),
                status=409,
            )
        return step.Change()

    return step.advance(case_id=case_id, event="receive_transfer", seq=seq, by=by, at=at, work=work)


def send_back(
    *, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime
) -> step.Receipt:
    """The decider asks for another look; the clock runs on."""
    rules.check_reason(reason, what=_("退回重审")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        return step.Change(columns={"reviewed_by": None}, payload={"reason": reason})

    return step.advance(case_id=case_id, event="send_back", seq=seq, by=by, at=at, work=work)


def begin_special(
    *, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime
) -> step.Receipt:
    """Hearing, inspection, expert review and the like: their time is not counted (§45)."""
    rules.check_reason(reason, what=_("特别程序")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        Pause.objects.create(
            case=case,
            kind="special",
            reason=reason[:300],
            basis=row.basis_for(permit=case.permit),
            state_before=case.state,
            starts_on=timezone.localdate(at),
        )
        return step.Change(columns={"paused": True}, payload={"reason": reason})

    return step.advance(case_id=case_id, event="begin_special", seq=seq, by=by, at=at, work=work)


def end_special(
    *, case_id: uuid.UUID, seq: int, result: str, by: Actor, at: datetime
) -> step.Receipt:
    """The special procedure is over; the due day moves by exactly the days it took."""
    step.check_lengths("end_special", result)

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        today = timezone.localdate(at)
        pause = Pause.objects.filter(case=case, ends_on__isnull=True).first()
        if pause is None:  # the states forbid it; if it happens the case must not be stuck
            raise Refusal("pause-missing", _("没有进行中的特别程序。"), status=409)
        term = terms.term(
            start=case.accepted_on or today,
            promised_days=case.promised_days,
            legal_days=case.legal_days,
            extension_days=case.extension_days,
            pauses=step.pauses_of(case, closing=today),
            calendar=calendar(),
        )
        Pause.objects.filter(pk=pause.pk).update(ends_on=today)
        return step.Change(
            columns={
                "paused": False,
                "due_on": term.due_on,
                "legal_due_on": term.legal_due_on,
                "work_by": term.work_by,
            },
            payload={"result": result, "began": pause.starts_on.isoformat()},
            before_pause=pause.state_before or lifecycle.ACCEPTED,
        )

    return step.advance(case_id=case_id, event="end_special", seq=seq, by=by, at=at, work=work)


def settle_due(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Name the due day of a case that was accepted before its year's calendar was published.

    Raises "due-still-unknown" (409) while the calendar does not reach far enough.
    """

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        term = terms.term(
            start=case.accepted_on or timezone.localdate(at),
            promised_days=case.promised_days,
            legal_days=case.legal_days,
            extension_days=case.extension_days,
            pauses=step.pauses_of(case),
            calendar=calendar(),
        )
        if term.due_on is None or case.due_on is not None:
            raise Refusal(
                "due-still-unknown",
                _("期限不需要确定，或者工作日历还没有公布到那一年。"),
                remedy=_("日历公布后会自动算出期限并告知申请人。"),
                status=409,
            )
        return step.Change(
            columns={
                "due_on": term.due_on,
                "legal_due_on": term.legal_due_on,
                "work_by": term.work_by,
            }
        )

    return step.advance(case_id=case_id, event="settle_due", seq=seq, by=by, at=at, work=work)
