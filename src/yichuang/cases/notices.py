"""Messages to the applicant: a reader of the journal makes them, a task sends them.

A message says what happened and where to look; it never carries an identity number. The sender is
an adapter: in demo mode it prints.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.senders import Sender
from yichuang.cases import later, lifecycle, tracking
from yichuang.cases.models import Applicant, Case, Notice
from yichuang.journal.queries import EntrySheet
from yichuang.journal.reader import follow

READER = "cases.notices"
MAX_ATTEMPTS = 5


def make(*, at: datetime, limit: int = 200) -> int:
    """Walk the journal's new entries; one message for each that the lifecycle says notifies."""

    def handle(entry: EntrySheet) -> None:
        row = lifecycle.BY_EVENT.get(entry.kind.removeprefix("case."))
        reminds = entry.kind == later.REMINDED
        if not entry.stream.startswith("case:") or not (reminds or (row and row.notifies)):
            return
        case = Case.objects.select_related("item_version").get(
            pk=entry.stream.removeprefix("case:")
        )
        with override("zh-hans"):
            body = _("【%(sender)s】您申请的“%(item)s”（%(number)s）：%(event)s。查询：%(url)s") % {
                "sender": _("一窗"),
                "item": case.item_version.name[:60],
                "number": case.number,
                "event": _("容缺后补的材料已过期限，请尽快补交") if row is None else row.name,
                "url": f"{settings.PUBLIC_URL}/track/{tracking.code(case.pk)}",
            }
        Notice.objects.get_or_create(
            entry_index=entry.index, defaults={"case": case, "body": body, "made_at": at}
        )

    return follow(READER, handle, limit=limit)


def send_pending(*, sender: Sender, at: datetime, limit: int = 100) -> int:
    """Send what is pending; one that fails is tried again, up to five times, and then shows."""
    sent = 0
    for notice in Notice.objects.filter(state="pending").order_by("pk")[:limit]:
        who = Applicant.objects.get(case_id=notice.case_id)
        phone = vault.open_(
            who.phone_sealed, table="cases_applicant", row=str(who.pk), column="phone"
        )
        try:
            sender(phone=phone, text=notice.body, at=at)
        except OSError:
            Notice.objects.filter(pk=notice.pk).update(
                attempts=F("attempts") + 1,
                state="failed" if notice.attempts + 1 >= MAX_ATTEMPTS else "pending",
            )
            continue
        sent += Notice.objects.filter(pk=notice.pk, state="pending").update(
            state="sent", sent_at=at, attempts=F("attempts") + 1
        )
    return sent
