"""Handing over: the last chapter (寄出, 送达, 办结, 归档). 行政许可法 §44: within 10 working days."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import papers, permissions, rules, shipment_rules, step, undelivered
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, Delivery, Promise, Shipment
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class SignedFor:
    """A courier's sign-off. on: its time, as far as it can be true; said: in words, for the receipt."""

    on: datetime
    said: str


def dispatch(
    *, case_id: uuid.UUID, seq: int, courier: str, tracking_number: str, by: Actor, at: datetime
) -> step.Receipt:
    """Give the sealed result to a courier (寄出): by hand, or because the courier says it has it.

    An order placed with a courier that has not been picked up is cancelled by another waybill.
    Raises "tracking-number-missing", "tracking-number-taken" (409), "paper-not-sealed" (409),
    "parcel-under-way" (409), "event-only-once" (409).
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
        sealed(case)
        sent = not_sent(case, row, by)
        _instead_of_order(case, courier, tracking_number, at)
        _not_used(case, courier, tracking_number)
        sent.method, sent.courier, sent.tracking_number = "mail", courier, tracking_number
        sent.sent_at, sent.received_at, sent.received_by_mask = at, None, ""
        sent.save()
        return step.Change(payload={"courier": courier, "tracking_number": tracking_number})

    try:
        return step.advance(case_id=case_id, event="dispatch", seq=seq, by=by, at=at, work=work)
    except IntegrityError as error:
        if not Delivery.objects.filter(courier=courier, tracking_number=tracking_number).exists():
            raise
        raise _taken(tracking_number) from error


def _taken(number: str) -> Refusal:
    return Refusal(
        "tracking-number-taken",
        _("运单号%(number)s已经用于另一个办件。") % {"number": number},
        remedy=_("请核对运单号，一件一单。"),
        status=409,
    )


def not_sent(case: Case, row: Transition, by: Actor) -> Delivery:
    """The row to write a dispatch into. Refusals (409): "event-only-once" while something is under
    way (what came back, or was received before a revocation, is not); "agreed-online" for a person
    who would send what the applicant is to open."""
    sent = Delivery.objects.filter(case=case).first() or Delivery(case=case)
    if sent.method == "online" and sent.received_at is None and by.role != roles.SYSTEM:
        raise Refusal(
            "agreed-online",
            _("申请人已同意电子送达。"),
            remedy=_("申请人要纸质的，请先改回纸质送达。"),
            status=409,
        )
    if sent.tracking_number and sent.received_at is None:
        raise Refusal(
            "event-only-once",
            _("“%(event)s”只能有一次，本办件已经做过。") % {"event": row.name},
            remedy=_("退回、丢失的，请先在“送达异常”里选择重新寄送。"),
            basis=row.basis,
            status=409,
        )
    return sent


def _instead_of_order(case: Case, courier: str, number: str, at: datetime) -> None:
    """An order under way under another number gives way, unless the courier has the parcel."""
    open_order = Shipment.objects.filter(case=case, set_aside=False).exclude(
        state__in=shipment_rules.GONE
    )
    for parcel in open_order.exclude(courier=courier, waybill=number):
        if parcel.state in (*shipment_rules.MOVES, shipment_rules.SIGNED):
            raise Refusal(
                "parcel-under-way",
                _("快递员已经取走这一件，运单号是%(number)s。") % {"number": parcel.waybill},
                remedy=_("请按这个运单号登记；确要另寄的，先在“送达异常”里处理。"),
                status=409,
            )
        Shipment.objects.filter(pk=parcel.pk).update(
            cancel_wanted=True, set_aside=True, next_try_at=at
        )


def _not_used(case: Case, courier: str, number: str) -> None:
    """Refusal "tracking-number-taken" where a courier gave this waybill to another case's order."""
    others = Shipment.objects.filter(courier=courier, waybill=number).exclude(case=case)
    if others.exists():
        raise _taken(number)


def deliver(
    *,
    case_id: uuid.UUID,
    seq: int,
    received_by: str,
    by: Actor,
    at: datetime,
    signed: SignedFor | None = None,
) -> step.Receipt:
    """The applicant has it (送达): signed for at the counter, by the courier's sign-off (by the
    platform itself, with `signed`), or opened electronically (by whoever holds the code).

    What waited for a person because it did not arrive is settled with it. Raises
    "receiver-missing", "paper-not-sealed" (409), "no-consent" (409).
    """
    if not received_by.strip():
        raise Refusal("receiver-missing", _("没有填写签收人。"), remedy=_("请填写签收人姓名。"))
    step.check_lengths("deliver", received_by, limit=rules.NAME_LIMIT)
    mask = vault.mask_name(received_by.strip())

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        handed_over = sealed(case)
        delivery = Delivery.objects.filter(case=case).first() or Delivery(case=case)
        again = (
            delivery.received_at is not None
        )  # a revocation follows; the journal keeps the first
        if permissions.holds_code(by, case):
            if delivery.consented_at is None:
                raise no_consent()
            delivery.method = "online"
        elif signed is None and (again or not delivery.tracking_number):
            delivery.method = "collect"
        if delivery.method != "mail":
            delivery.courier, delivery.tracking_number = "", ""
        delivery.received_at, delivery.received_by_mask = signed.on if signed else at, mask
        delivery.save()
        return step.Change(
            columns={"delivered_at": at},
            payload={"method": delivery.method, "received_by": mask},
            facts={
                "delivery": _on_receipt(delivery, signed, at),
                "documents": handed_over,
            },
            also=undelivered.arrived(case, by=by, at=at),
        )

    return step.advance(case_id=case_id, event="deliver", seq=seq, by=by, at=at, work=work)


def no_consent() -> Refusal:
    return Refusal(
        "no-consent",
        _("申请人没有同意电子送达。"),
        remedy=_("请在办件进度页面先确认同意，或者到窗口领取、要求邮寄。"),
        status=409,
    )


def _on_receipt(delivery: Delivery, signed: SignedFor | None, at: datetime) -> dict[str, str]:
    """What 送达回证 says of the handing over. In Chinese, as every paper; the courier's record is
    told as its record, and that opening counts as delivery as this platform's own agreement."""
    said = ""
    with override(papers.CHINESE):
        method = str(delivery.get_method_display())
        if delivery.method == "mail":
            said = f"{delivery.courier} {delivery.tracking_number}"
            record = signed.said if signed else _recorded(delivery)
            said += f"；{record}" if record else ""
        elif delivery.method == "online":
            said = _("%(when)s凭查询码打开；申请人事先同意电子送达，打开即为送达（本平台约定）") % {
                "when": _moment(at)
            }
    return {
        "method": method,
        "delivered_on": timezone.localdate(delivery.received_at or at).isoformat(),
        "signed_by": delivery.received_by_mask,
        "note": said,
    }


def _recorded(delivery: Delivery) -> str:
    """What the courier recorded of a parcel that a person has declared delivered; "" without."""
    rows = Shipment.objects.filter(
        case=delivery.case, waybill=delivery.tracking_number, state=shipment_rules.SIGNED
    )
    parcel = rows.first()
    return record_of(parcel) if parcel else ""


def record_of(parcel: Shipment) -> str:
    """A courier's sign-off in words: when, who, and whether for themselves, as the courier has it."""
    with override(papers.CHINESE):
        when = _moment(parcel.ended_at) if parcel.ended_at else ""
        parts = [_("承运人记录：%(when)s签收") % {"when": when}]
        if parcel.signer_mask:
            parts.append(_("签收人%(name)s") % {"name": parcel.signer_mask})
        if parcel.relation:
            parts.append(str(shipment_rules.RELATIONS[parcel.relation]))
        return "，".join(parts)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


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


def sealed(case: Case) -> list[dict[str, Any]]:
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
