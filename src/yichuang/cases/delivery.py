"""Handing over: the last chapter (寄出, 送达, 办结, 归档). 行政许可法 §44: within 10 working days."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import papers, rules, step
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, Delivery, Promise
from yichuang.verdict import Refusal


def dispatch(
    *, case_id: uuid.UUID, seq: int, courier: str, tracking_number: str, by: Actor, at: datetime
) -> step.Receipt:
    """Give the sealed result to a courier (寄出).

    Raises "tracking-number-missing", "tracking-number-taken" (409), "paper-not-sealed" (409).
    """
    courier, tracking_number = courier.strip(), tracking_number.strip()
    if not courier or not tracking_number:
        raise Refusal(
            "tracking-number-missing",
            _("没有填写寄递企业或运单号。"),
            remedy=_("请填写后再登记寄出。"),
        )

    step.check_lengths("dispatch", courier, tracking_number, limit=rules.SHORT_LIMIT)

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        _sealed(case)
        Delivery.objects.create(
            case=case,
            method="mail",
            courier=courier,
            tracking_number=tracking_number,
            sent_at=at,
        )
        return step.Change(payload={"courier": courier, "tracking_number": tracking_number})

    try:
        return step.advance(case_id=case_id, event="dispatch", seq=seq, by=by, at=at, work=work)
    except IntegrityError as error:
        if not Delivery.objects.filter(courier=courier, tracking_number=tracking_number).exists():
            raise
        raise Refusal(
            "tracking-number-taken",
            _("运单号%(number)s已经用于另一个办件。") % {"number": tracking_number},
            remedy=_("请核对运单号，一件一单。"),
            status=409,
        ) from error


def deliver(
    *, case_id: uuid.UUID, seq: int, received_by: str, by: Actor, at: datetime
) -> step.Receipt:
    """The applicant has it (送达): signed for at the counter, or the courier's sign-off."""
    if not received_by.strip():
        raise Refusal("receiver-missing", _("没有填写签收人。"), remedy=_("请填写签收人姓名。"))
    step.check_lengths("deliver", received_by, limit=rules.NAME_LIMIT)
    mask = vault.mask_name(received_by.strip())

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        handed_over = _sealed(case)
        sent = Delivery.objects.filter(case=case).first()
        delivery = sent or Delivery(case=case, method="collect")
        if delivery.received_at is not None:  # a revocation follows; the journal keeps the first
            delivery.method, delivery.courier, delivery.tracking_number = "collect", "", ""
        delivery.received_at, delivery.received_by_mask = at, mask
        delivery.save()
        return step.Change(
            columns={"delivered_at": at},
            payload={"method": delivery.method, "received_by": mask},
            facts={"received_by": mask, "delivery": delivery, "documents": handed_over},
        )

    return step.advance(case_id=case_id, event="deliver", seq=seq, by=by, at=at, work=work)


def close(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Close (办结): only after a result was delivered, or the application was withdrawn."""

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        return step.Change(columns={"closed_at": at})

    return step.advance(case_id=case_id, event="close", seq=seq, by=by, at=at, work=work)


def archive(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """Put the closed case into the archive (归档). Raises "promise-pending" (409): an archived case
    can no longer be checked."""

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        if Promise.objects.filter(case=case, state="pending").exists():
            raise Refusal(
                "promise-pending",
                _("还有承诺没有核查，不能归档。"),
                remedy=_("请先由审核机关核查承诺。"),
                basis="国办发〔2020〕42号",
                status=409,
            )
        return step.Change()

    return step.advance(case_id=case_id, event="archive", seq=seq, by=by, at=at, work=work)


def _sealed(case: Case) -> list[dict[str, Any]]:
    """The sealed papers to hand over; they must exist before anybody can have received them."""
    results = papers.results(case)
    if not results:
        raise Refusal(
            "paper-not-sealed",
            _("决定文书还没有完成签章。"),
            remedy=_("请稍候片刻再试；超过一分钟请联系运维人员。"),
            status=409,
        )
    return results
