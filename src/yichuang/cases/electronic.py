"""Electronic delivery: with the applicant's consent, the sealed paper is opened where the case is
followed, and opening it is receiving it. Both are this platform's own agreement with the applicant,
told before they agree; until it is opened the consent can be taken back.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.cases import delivery, lifecycle, permissions, step
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.models import Case, Delivery, Shipment
from yichuang.journal.actions import record
from yichuang.verdict import Refusal

BEFORE = (*lifecycle.OPEN_STATES, *lifecycle.DECIDED_STATES)


def consent(*, case_id: uuid.UUID, how: str, by: Actor, at: datetime) -> None:
    """The applicant agrees: by their code ("link"), or on paper at the window ("window"). Twice is
    once. Raises "case-not-found" (404), "not-yours" (403), "consent-too-late" (409)."""
    with transaction.atomic():
        case = _case(case_id, how, by)
        row = Delivery.objects.filter(case=case).first() or Delivery(case=case)
        if row.method == "online" and row.consented_at:
            return
        if case.state not in BEFORE or _under_way(case, row):
            raise Refusal(
                "consent-too-late",
                _("结果已经寄出或者送达，不能再改为电子送达。"),
                remedy=_("请按原来的方式接收；电子文书可以随时下载。"),
                status=409,
            )
        row.method, row.consented_at, row.consent_how = "online", at, how
        row.save()
        record(
            kind="case.online_agreed",
            by=by,
            at=at,
            stream=case.stream,
            payload={"number": case.number, "how": how},
        )


def take_back(*, case_id: uuid.UUID, how: str, by: Actor, at: datetime) -> None:
    """The applicant would rather have paper. Raises as `consent`, "no-consent" (409)."""
    with transaction.atomic():
        case = _case(case_id, how, by)
        changed = Delivery.objects.filter(case=case, method="online", received_at=None).update(
            method=case.delivery_method, consented_at=None, consent_how=""
        )
        if not changed:
            raise delivery.no_consent()
        record(
            kind="case.online_withdrawn",
            by=by,
            at=at,
            stream=case.stream,
            payload={"number": case.number, "how": how},
        )


def open_(*, case_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> step.Receipt:
    """The applicant opens the sealed result: it is delivered. Raises as `delivery.deliver`."""
    name = Case.objects.filter(pk=case_id).values_list("applicant_mask", flat=True).first()
    return delivery.deliver(case_id=case_id, seq=seq, received_by=name or "*", by=by, at=at)


def _case(case_id: uuid.UUID, how: str, by: Actor) -> Case:
    case = step.locked(case_id)
    permissions.may_see(by, case).enforce(status=404)
    if how == "window" or not permissions.holds_code(by, case):
        permissions.may(by, lifecycle.BY_EVENT["dispatch"], case).enforce(status=403)
    return case


def _under_way(case: Case, row: Delivery) -> bool:
    if row.tracking_number and row.received_at is None:
        return True
    parcel = Shipment.objects.filter(case=case, set_aside=False, cancel_wanted=False)
    return parcel.exclude(state__in=parcels.GONE).exists()
