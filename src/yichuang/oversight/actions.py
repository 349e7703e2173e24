"""Giving a rating: once, by whoever holds the case's code, and by nobody who serves."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import lifecycle, tracking
from yichuang.cases.models import Case
from yichuang.clock.queries import calendar
from yichuang.journal.actions import record
from yichuang.oversight import rules
from yichuang.oversight.models import Rating
from yichuang.oversight.rules import RatingDraft
from yichuang.verdict import Refusal

ENDED = (
    *lifecycle.DECIDED_STATES,
    lifecycle.DELIVERED,
    lifecycle.CLOSED,
    lifecycle.ARCHIVED,
)


def rate(*, code: str, draft: RatingDraft, channel: str, by: Actor, at: datetime) -> Rating:
    """Rate the case that `code` leads to. Insert only: there is no way to edit or remove it.

    Raises Refusal: "tracking-unknown" (404), "rate-by-staff" (403), "rate-too-early",
    "rate-too-late", "rated-already" (409), or what rules.check says.
    """
    if by.role in roles.STAFF_ROLES:
        raise Refusal(
            "rate-by-staff",
            _("工作人员登录时不能替申请人评价。"),
            remedy=_("请申请人用自己的手机扫描凭证上的二维码评价。"),
            basis="国办发〔2019〕51号",
            status=403,
        )
    rules.check(draft).enforce()
    case = Case.objects.filter(tracking_index=tracking.index(code)).first()
    if case is None:
        raise tracking.unknown()
    delivered_on = timezone.localdate(case.delivered_at) if case.delivered_at else None
    rules.may_rate(
        state=case.state,
        ended=ENDED,
        delivered_on=delivered_on,
        today=timezone.localdate(at),
        calendar=calendar(),
    ).enforce(status=409)
    try:
        with transaction.atomic():
            rating = Rating.objects.create(
                case=case,
                grade=draft.grade,
                options=list(draft.options),
                text=draft.text.strip(),
                channel=channel,
                bad=draft.grade in rules.BAD,
                rated_at=at,
            )
            record(
                kind="rating.given",
                by=by,
                at=at,
                stream=f"rating:{case.pk}",
                seq=1,
                payload={
                    "number": case.number,
                    "grade": draft.grade,
                    "options": list(draft.options),
                },
            )
    except IntegrityError:
        raise _already() from None
    return rating


def _already() -> Refusal:
    return Refusal(
        "rated-already",
        _("这件事已经评价过了，一件事只评价一次。"),
        remedy=_("如还有意见，可以直接向便民服务中心或12345反映。"),
        basis="GB/T 39734-2020",
        status=409,
    )
