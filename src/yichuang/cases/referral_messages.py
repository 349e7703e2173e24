"""Text messages to the applicant of a referral: one when it was handed over, asked about, answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import system
from yichuang.accounts.senders import Sender
from yichuang.authority import queries as authority
from yichuang.cases import handing_rules as rules
from yichuang.cases import tracking
from yichuang.cases.models import Referral
from yichuang.journal.actions import record
from yichuang.journal.models import Entry
from yichuang.journal.outbox import Task

MESSAGE = "cases.referral-message"
TABLE = "cases_referral"  # where a referral's values are sealed to


def message_task(referral_id: uuid.UUID, about: int) -> Task:
    """The work of telling the applicant about step `about` (a seq)."""
    return Task(MESSAGE, {"referral_id": str(referral_id), "about": about})


def send_message(*, referral_id: uuid.UUID, about: int, sender: Sender, at: datetime) -> bool:
    """Send the applicant the text message about step `about` (a seq), unless it went out already.

    What went out is an entry of its own, so that a repeated task sends nothing twice (but for a
    crash between sending and writing). OSError when the message could not be handed over.
    """
    referral = Referral.objects.get(pk=referral_id)
    steps = Entry.objects.filter(stream=referral.stream)
    if steps.filter(kind="referral.message", payload__about=about).exists():
        return False
    event = steps.get(seq=about).kind.removeprefix("referral.")
    item = authority.order().version(referral.item_id, referral.item_version_id)
    with override("zh-hans"):
        body = _("【%(sender)s】您托办的“%(item)s”（%(number)s）：%(event)s。查询：%(url)s") % {
            "sender": _("一窗"),
            "item": item.name[:60],
            "number": referral.number,
            "event": rules.REFERRAL[event].name,
            "url": f"{settings.PUBLIC_URL}/track/{tracking.code(referral.pk)}",
        }
    phone = vault.open_(referral.phone_sealed, table=TABLE, row=str(referral.pk), column="phone")
    sender(phone=phone, text=body, at=at)
    with transaction.atomic():
        record(
            kind="referral.message",
            by=system("短信通知"),
            at=at,
            stream=referral.stream,
            payload={"about": about, "number": referral.number},
        )
    return True
