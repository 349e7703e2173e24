"""Text messages to the applicant of a referral: one when it was handed over, asked about, answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.authority import queries as authority
from yichuang.cases import handing_rules as rules
from yichuang.cases import notices, tracking
from yichuang.cases.models import Referral
from yichuang.journal.models import Entry
from yichuang.journal.outbox import Task

MESSAGE = "cases.referral-message"
TABLE = "cases_referral"  # where a referral's values are sealed to


def message_task(referral_id: uuid.UUID, about: int) -> Task:
    """The work of telling the applicant about step `about` (a seq)."""
    return Task(MESSAGE, {"referral_id": str(referral_id), "about": about})


def put_message(*, referral_id: uuid.UUID, about: int, at: datetime) -> bool:
    """Put the message about step `about` (a seq) into the outbox; False when it is there already."""
    referral = Referral.objects.get(pk=referral_id)
    steps = Entry.objects.filter(stream=referral.stream)
    # written before there was an outbox: these went out
    if steps.filter(kind="referral.message", payload__about=about).exists():
        return False
    event = steps.get(seq=about).kind.removeprefix("referral.")
    item = authority.order().version(referral.item_id, referral.item_version_id)
    phone = vault.open_(referral.phone_sealed, table=TABLE, row=str(referral.pk), column="phone")
    with override("zh-hans"):
        name = str(rules.REFERRAL[event].name)
    with transaction.atomic():
        return notices.put(
            template="referral-step",
            item=item.name,
            params={
                "number": referral.number,
                "event": name,
                "url": f"{settings.PUBLIC_URL}/track/{tracking.code(referral.pk)}",
            },
            address=phone,
            key=f"referral:{referral.pk}:{about}",
            stream=referral.stream,
            at=at,
        )
