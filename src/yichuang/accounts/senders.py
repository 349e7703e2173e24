"""How a text message leaves the platform: a callable taking phone, text and the moment."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from yichuang.accounts.vault import mask_phone
from yichuang.verdict import Refusal


class Sender(Protocol):
    """Delivers one message, or raises OSError when it could not be handed over."""

    def __call__(self, *, phone: str, text: str, at: datetime) -> None: ...


def development_sender(*, phone: str, text: str, at: datetime) -> None:
    """Shows the message on the console and keeps it in OUTBOX_ROOT/sms.jsonl; sends nothing."""
    line = json.dumps(
        {"at": at.isoformat(), "to": mask_phone(phone), "text": text}, ensure_ascii=False
    )
    settings.OUTBOX_ROOT.mkdir(parents=True, exist_ok=True)
    with (settings.OUTBOX_ROOT / "sms.jsonl").open("a", encoding="utf-8") as outbox:
        outbox.write(line + "\n")
    sys.stderr.write(f"[SMS] {mask_phone(phone)} {text}\n")


def configured_sender() -> Sender:
    """The sender named by SMS_SENDER (a dotted path); the development one in demo and test.

    Production without one refuses (sms-not-configured, 503): a code nobody receives helps nobody.
    """
    named = getattr(settings, "SMS_SENDER", "")
    if named:
        return import_string(named)
    if settings.MODE in ("demo", "test"):
        return development_sender
    raise Refusal(
        "sms-not-configured",
        _("短信服务还没有开通，暂时不能用手机验证码登录。"),
        remedy=_("请到便民服务中心窗口办理，或稍后再试。"),
        status=503,
    )
