"""Messages to the applicant: a reader of the journal puts one into the outbox for each entry that
the lifecycle says notifies. `messages` sends them.

A message says what happened and where to look, and no more.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.cases import later, lifecycle, tracking
from yichuang.cases.models import Applicant, Case
from yichuang.journal.queries import EntrySheet
from yichuang.journal.reader import follow
from yichuang.messages import actions as messages
from yichuang.verdict import Refusal

READER = "cases.notices"


def make(*, at: datetime, limit: int = 200) -> int:
    """Walk the journal's new entries; how many were read. Safe to repeat."""

    def handle(entry: EntrySheet) -> None:
        row = lifecycle.BY_EVENT.get(entry.kind.removeprefix("case."))
        reminds = entry.kind == later.REMINDED
        if not entry.stream.startswith("case:") or not (reminds or (row and row.notifies)):
            return
        case = Case.objects.select_related("item_version").get(
            pk=entry.stream.removeprefix("case:")
        )
        who = Applicant.objects.get(case=case)
        phone = vault.open_(
            who.phone_sealed, table="cases_applicant", row=str(who.pk), column="phone"
        )
        with override("zh-hans"):
            event = _("容缺后补的材料已过期限，请尽快补交") if row is None else str(row.name)
        put(
            template="case-step",
            item=case.item_version.name,
            params={
                "number": case.number,
                "event": event,
                "url": f"{settings.PUBLIC_URL}/track/{tracking.code(case.pk)}",
            },
            address=phone,
            key=f"entry:{entry.index}",
            stream=entry.stream,
            at=at,
        )

    return follow(READER, handle, limit=limit)


def put(
    *,
    template: str,
    item: str,
    params: dict[str, str],
    address: str,
    key: str,
    stream: str,
    at: datetime,
) -> bool:
    """As messages.actions.put; an item whose name may not stand in a message goes unnamed, so that
    one name holds up neither this message nor those behind it."""
    named = {"template": template, "address": address, "key": key, "stream": stream, "at": at}
    try:
        return messages.put(params={**params, "item": item[:60]}, **named)
    except Refusal:
        with override("zh-hans"):
            return messages.put(params={**params, "item": _("所办事项")}, **named)
