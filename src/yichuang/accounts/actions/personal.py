"""Opening a sealed value for somebody's eyes: never without a purpose, never without a trace."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts import permissions, vault
from yichuang.accounts.actor import Actor
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal

_SHORTEST_PURPOSE = 2  # "核对" is a purpose; a full stop is not


def reveal(
    *,
    token: bytes | memoryview,
    table: str,
    row: str,
    column: str,
    purpose: str,
    by: Actor,
    at: datetime,
    stream: str = "",
) -> str:
    """The plaintext of a sealed value, journalled as "personal-data.revealed" in `stream`.

    The entry names place and purpose, never the value; when it cannot be written, nothing is
    shown. The caller has checked that `by` may see the row. Refuses: purpose-needed,
    not-your-post (403). VaultError when the record does not open.
    """
    permissions.may(by, "reveal").enforce(status=403)
    purpose = " ".join(purpose.split())
    if len(purpose) < _SHORTEST_PURPOSE:
        raise Refusal(
            "purpose-needed",
            _("查看完整号码要写明用途。"),
            remedy=_("请填写用途，例如“与证件原件核对”。"),
            basis="《个人信息保护法》第六条",
            field="purpose",
        )
    with transaction.atomic():
        plaintext = vault.open_(token, table=table, row=row, column=column)
        journal.record(
            kind="personal-data.revealed",
            by=by,
            at=at,
            stream=stream,
            payload={"table": table, "row": row, "column": column, "purpose": purpose},
        )
    return plaintext
