"""A courier's own messages (push). Signed, not signed in: whoever holds the shared secret speaks.

    X-Courier-Timestamp: seconds since 1970 by the courier's clock
    X-Courier-Signature: hex HMAC-SHA256 under YICHUANG_COURIER_SECRET of "<timestamp>.<body>"

Repeating a message is harmless, so what is not answered with 200 is to be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from yichuang.cases import shipments
from yichuang.cases.couriers_configured import courier
from yichuang.cases.couriers_http import read_events
from yichuang.faces.api import schemas as s
from yichuang.verdict import Refusal

PROBLEMS = dict.fromkeys((401, 404, 409, 413, 422, 503), s.Problem)
SKEW = 15 * 60  # seconds a courier's clock may differ; our choice
LARGEST = 256 * 1024  # bytes
router = Router(tags=["couriers"])


class HeardOut(Schema):
    kept: int = Field(description="Messages that could be read; others are left out")


@router.post("/events", auth=None, response={200: HeardOut, **PROBLEMS})
def events(request: HttpRequest) -> Any:
    """{"key" and / or "waybill", "events": [{"id", "kind", "at", "place", "signer", "relation"}]}"""
    company = courier()
    if company is None or not settings.COURIER_SECRET:
        raise Refusal(
            "courier-not-configured",
            _("这里没有接通寄递企业。"),
            remedy=_("请运维人员设置 YICHUANG_COURIER_SECRET。"),
            status=503,
        )
    body = _checked(request)
    told = body.get("events")
    found = read_events(told if isinstance(told, list) else [])
    shipments.heard(
        key=str(body.get("key") or ""),
        waybill=str(body.get("waybill") or ""),
        courier=company.name,
        events=found,
        at=timezone.now(),
    )
    return {"kept": len(found)}


def _checked(request: HttpRequest) -> dict[str, Any]:
    """The signed body. Refusal "signature-wrong" (401), "body-too-large" (413), "request-shape"."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        raise Refusal(
            "body-too-large",
            _("一次发来的消息太多。"),
            remedy=_("请分几次发送。"),
            status=413,
        )
    stamp = request.headers.get("X-Courier-Timestamp", "")
    given = request.headers.get("X-Courier-Signature", "")
    near = (
        stamp.isascii()
        and stamp.isdecimal()
        and len(stamp) <= 12
        and abs(int(stamp) - timezone.now().timestamp()) <= SKEW
    )
    content = request.body
    right = signature(settings.COURIER_SECRET, stamp, content) if near else ""
    if not near or not hmac.compare_digest(right.encode(), given.lower().encode()):
        raise Refusal(
            "signature-wrong",
            _("消息的签名不对，或者时间相差太大。"),
            remedy=_("请核对密钥、时钟和签名的算法。"),
            status=401,
        )
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refusal(
            "request-shape",
            _("请求的内容读不出来，不是有效的 JSON。"),
            remedy=_("请检查请求体的格式和编码（UTF-8）后再发送。"),
        )
    return found


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What a courier puts into X-Courier-Signature."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
