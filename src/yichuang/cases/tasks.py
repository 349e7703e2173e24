"""What the worker does for cases. Like a face, a task is an edge of the system: it reads the clock."""

from __future__ import annotations

import logging

from django.utils import timezone

from yichuang.accounts.actor import system
from yichuang.accounts.senders import configured_sender
from yichuang.cases import intake, notices, queries, step
from yichuang.documents import actions as documents
from yichuang.journal.outbox import task
from yichuang.journal.schedules import Periodic
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

DEEM = "cases.deem-accepted"
PERIODIC = (Periodic(DEEM, 60), Periodic(step.AFTER, 5, {"paper_id": ""}))


@task(step.AFTER)
def after_step(*, paper_id: str) -> None:
    """What follows a step: its paper made and sealed, the applicant told. Safe to repeat; also run
    every five minutes without a paper, so that a message never waits for the next step."""
    at = timezone.now()
    if paper_id:
        documents.complete(paper_id=paper_id, at=at)
    notices.make(at=at)
    notices.send_pending(sender=configured_sender(), at=at)


@task(DEEM)
def deem_accepted() -> int:
    """Accept what nobody looked at within five working days (行政许可法 §32). One by one: a case
    that cannot be accepted must not hold up the others."""
    at, done = timezone.now(), 0
    for case_id, seq in queries.overdue_for_acceptance(today=timezone.localdate(at)):
        try:
            intake.deem_accepted(case_id=case_id, seq=seq, by=system("视为受理"), at=at)
            done += 1
        except Refusal as refusal:
            logger.warning("case %s not deemed accepted: %s", case_id, refusal.code)
    return done
