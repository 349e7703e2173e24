"""One guarded step of an object that counts its own journal entries (首问, 转办), as `step` is for
cases: lock, seen at this seq, whose turn, which state, save guarded, journal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.cases.handing_rules import Step, may_happen
from yichuang.cases.models import Contact, Referral
from yichuang.journal.actions import record
from yichuang.journal.models import Entry
from yichuang.journal.outbox import Task
from yichuang.verdict import Refusal, Verdict

Row = TypeVar("Row", Contact, Referral)


def locked(
    rows: QuerySet[Row],
    key: uuid.UUID,
    *,
    may_see: Callable[[Row], Verdict],
    unknown: Callable[[], Verdict],
) -> Row:
    """The row, locked, if it may be seen; else the refusal (404) that a missing row gets too."""
    row = next(iter(rows.select_for_update().filter(pk=key)), None)
    (unknown() if row is None else may_see(row)).enforce(status=404)
    assert row is not None
    return row


def step_on(
    row: Row,
    step: Step,
    *,
    seq: int,
    may: Callable[[Row], Verdict],
    by: Actor,
    at: datetime,
    columns: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    tasks: tuple[Task, ...] = (),
) -> int:
    """Take the step on a locked row that the caller saw at `seq`; the new seq.

    Raises Refusal "moved-on" (409, with who and when), "not-yours" (403), "event-not-now" (409).
    """
    if row.seq != seq:
        raise _moved_on(row)
    may(row).enforce(status=403)
    may_happen(step, row.state).enforce(status=409)
    target = step.target or row.state
    came_from = row.state
    kind = type(row)
    changed = kind.objects.filter(pk=row.pk, seq=seq, state=came_from).update(
        state=target, seq=seq + 1, **(columns or {})
    )
    if not changed:
        raise _moved_on(row)
    record(
        kind=f"{row.stream.partition(':')[0]}.{step.event}",
        by=by,
        at=at,
        stream=row.stream,
        seq=seq + 1,
        payload={"number": row.number, "from": came_from, "to": target, **(payload or {})},
        tasks=tasks,
    )
    return seq + 1


def _moved_on(row: Contact | Referral) -> Refusal:
    steps = Entry.objects.filter(stream=row.stream, seq__isnull=False)
    last = steps.order_by("-seq").first()
    return Refusal(
        "moved-on",
        _("%(who)s已于%(when)s先办了一步，您的操作没有保存。")
        % {
            "who": last.author.get("name", "") if last else "",
            "when": timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M") if last else "",
        },
        remedy=_("请刷新页面，按最新情况办理。"),
        status=409,
        detail={"seq": row.seq, "state": row.state},
    )
