"""The demo's seals in the hands of the demo's custodians. `[[seals]]` in demo.toml says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.documents import register
from yichuang.documents.rules import EACH


def make(rows: Sequence[Mapping[str, Any]], *, at: datetime, in_post: Callable[..., Actor]) -> None:
    """rows: code, custodian (login), approval ("each" or left out). Two people for every entry."""
    county = in_post(role=roles.BUREAU)
    for row in rows:
        keeper = in_post(role=roles.CUSTODIAN, user__login=row["custodian"])
        handed = register.ask(
            seal_code=row["code"],
            event="hand_out",
            reason="交付保管（演示）",
            custodian_id=keeper.person_id,
            by=county,
            at=at,
        )
        register.settle(event_id=handed.event_id, agrees=True, by=keeper, at=at)
        if row.get("approval") == EACH:
            adjusted = register.ask(
                seal_code=row["code"],
                event="adjust",
                reason="重要文书逐件批准（演示）",
                change={"approval": EACH},
                by=keeper,
                at=at,
            )
            register.settle(event_id=adjusted.event_id, agrees=True, by=county, at=at)
