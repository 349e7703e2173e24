"""What the worker does for cases. Like a face, a task is an edge of the system: it reads the clock."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from yichuang.accounts.actor import Actor, system
from yichuang.accounts.senders import configured_sender
from yichuang.cases import examination, intake, notices, queries, step
from yichuang.documents import actions as documents
from yichuang.journal.outbox import task
from yichuang.journal.schedules import Periodic
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

DEEM = "cases.deem-accepted"
SETTLE = "cases.settle-dues"
PERIODIC = (Periodic(DEEM, 60), Periodic(SETTLE, 720), Periodic(step.AFTER, 5, {"paper_id": ""}))


@task(step.AFTER)
def after_step(*, paper_id: str) -> None:
    """What follows a step: its paper made and sealed, the applicant told. Safe to repeat; also run
    every five minutes without a paper, so that a message never waits for the next step."""
    at = timezone.now()
    if paper_id:
        documents.complete(paper_id=paper_id, at=at)
    notices.make(at=at)
    try:
        sender = configured_sender()
    except Refusal as refusal:  # messages wait as pending; papers and cases do not
        logger.error("no message is sent: %s", refusal.code)
        return
    notices.send_pending(sender=sender, at=at)


@task(DEEM)
def deem_accepted() -> int:
    """Accept what nobody looked at within five working days (行政许可法 §32)."""
    at = timezone.now()
    late = queries.overdue_for_acceptance(today=timezone.localdate(at))
    return _each(late, intake.deem_accepted, system("视为受理"), at)


@task(SETTLE)
def settle_dues() -> int:
    """Name the due days that had to wait for the next year's calendar."""
    return _each(
        queries.without_due_day(), examination.settle_due, system("期限推算"), timezone.now()
    )


def _each(
    found: list[tuple[uuid.UUID, int]], action: Callable[..., object], by: Actor, at: datetime
) -> int:
    """Do it one by one: a case that refuses must not hold up the others. How many were done."""
    done = 0
    for case_id, seq in found:
        try:
            action(case_id=case_id, seq=seq, by=by, at=at)
            done += 1
        except Refusal as refusal:
            logger.info("case %s: %s", case_id, refusal.code)
    return done
