"""The demo's blank certificates: a county store, an outlet with one number reserved and one spoiled
that waits for a second person. `[[blanks]]` in demo.toml says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.blanks import actions, handing
from yichuang.blanks.models import BlankType
from yichuang.cases.models import Case


def make(
    rows: Sequence[Mapping[str, Any]], *, now: datetime, in_post: Callable[..., Actor]
) -> None:
    """rows: type, first, count, store, outlet, given. in_post: the demo person in a post."""
    for number, row in enumerate(rows):
        pattern = BlankType.objects.get(pk=row["type"]).pattern
        keeper = in_post(role=roles.CUSTODIAN, outlet_code=row["store"])
        clerk = in_post(role=roles.CLERK, outlet_code=row["outlet"])
        key = f"demo-blanks-{number}"
        received = handing.ask_receive(
            type_code=row["type"],
            first=pattern.number(row["first"]),
            last=pattern.number(row["first"] + row["count"] - 1),
            source=row["source"],
            key=f"{key}-in",
            by=keeper,
            at=now,
        )
        _agree(received, in_post(role=roles.BUREAU), now)
        given = handing.ask_hand_out(
            type_code=row["type"],
            count=row["given"],
            outlet=row["outlet"],
            key=f"{key}-out",
            by=keeper,
            at=now,
        )
        _agree(given, clerk, now)
        cases = Case.objects.filter(outlet=row["outlet"]).order_by("number")
        for turn, case in enumerate(cases.values_list("number", flat=True)[: row["taken"]]):
            taken = actions.reserve(
                type_code=row["type"],
                case_number=case,
                idempotency_key=f"{key}-take-{turn}",
                by=clerk,
                at=now,
            )
            if turn:
                continue  # only the first is printed, and spoiled
            actions.print_sent(
                blank_id=taken.blank_id, idempotency_key=f"{key}-print-{turn}", by=clerk, at=now
            )
            handing.ask_spoil(
                type_code=row["type"],
                first=taken.number,
                last=taken.number,
                reason=row["spoiled"],
                key=f"{key}-spoil",
                by=clerk,
                at=now,
            )


def _agree(asked: handing.Proposed, by: Actor, now: datetime) -> None:
    handing.settle(proposal_id=asked.proposal_id, agree=True, by=by, at=now)
