"""What the worker does for cases. Like a face, a task is an edge of the system: it reads the clock."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from yichuang.accounts.actor import Actor, system
from yichuang.cases import (
    bundles,
    courier_work,
    drafts,
    examination,
    intake,
    later,
    notices,
    queries,
    referral_messages,
    returns,
    shipments,
    step,
    undelivered,
)
from yichuang.cases.couriers_configured import courier
from yichuang.documents import actions as documents
from yichuang.files import actions as files
from yichuang.journal.outbox import task
from yichuang.journal.schedules import Periodic
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

DEEM = "cases.deem-accepted"
SETTLE = "cases.settle-dues"
REMIND = "cases.remind-later"
SWEEP = "cases.sweep-drafts"
FOLLOW = "cases.follow-bundles"
COURIERS = "cases.couriers"
UNDELIVERED = "cases.undelivered"
PERIODIC = (
    Periodic(DEEM, 60),
    Periodic(SETTLE, 720),
    Periodic(REMIND, 720),
    Periodic(SWEEP, 360),
    Periodic(FOLLOW, 5),
    Periodic(returns.RETURN, 5),
    Periodic(COURIERS, 2),
    Periodic(UNDELIVERED, 60),
    Periodic(step.AFTER, 5, {"paper_id": ""}),
)


@task(step.AFTER)
def after_step(*, paper_id: str) -> None:
    """What follows a step: its paper made and sealed, the applicant told. Safe to repeat; also run
    every five minutes without a paper, so that a message never waits for the next step."""
    at = timezone.now()
    if paper_id:
        documents.complete(paper_id=paper_id, at=at)
    bundles.follow(at=at)
    notices.make(at=at)


@task(bundles.AFTER)
def after_bundle(*, papers: list[str]) -> None:
    """What follows a step of a 一件事: the papers of its cases made and sealed, the applicant told.
    Safe to repeat."""
    at = timezone.now()
    for paper_id in papers:
        documents.complete(paper_id=paper_id, at=at)
    notices.make(at=at)


@task(FOLLOW)
def follow_bundles() -> int:
    """Open what waited for a result, should a step's own task have been lost."""
    return bundles.follow(at=timezone.now())


@task(referral_messages.MESSAGE)
def referral_message(*, referral_id: str, about: int) -> None:
    """Tell the applicant of a referral what happened. Safe to repeat."""
    referral_messages.put_message(
        referral_id=uuid.UUID(referral_id), about=about, at=timezone.now()
    )


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


@task(REMIND)
def remind_later() -> int:
    """Tell applicants of what should have followed and did not; nothing is decided by it."""
    at = timezone.now()
    by = system("容缺提醒")
    overdue = later.to_remind(today=timezone.localdate(at))
    return sum(later.remind(case_id=case_id, by=by, at=at) for case_id in overdue)


@task(returns.RETURN)
def return_cases() -> int:
    """Cases follow a power that has moved. After every change of grants, and by itself, for days
    pass and special procedures end."""
    return returns.sweep(at=timezone.now())


@task(shipments.WORK)
def work_on_parcel(*, shipment_id: str) -> bool:
    """Do what is next for one parcel. Safe to repeat; without a courier it waits for one."""
    found = courier()
    if found is None:
        return False
    return courier_work.work(shipment_id=uuid.UUID(shipment_id), courier=found, now=timezone.now)


@task(COURIERS)
def couriers() -> int:
    """Orders that have to be tried again, and what the courier has to tell of the others."""
    return courier_work.sweep(courier=courier(), now=timezone.now)


@task(UNDELIVERED)
def watch_deliveries() -> int:
    """What has not arrived becomes a person's task. No calendar says when: every hour is enough."""
    return undelivered.sweep(at=timezone.now())


@task(SWEEP)
def sweep_drafts() -> int:
    """Delete applications begun at home whose 30 days are over, and uploads that were given up."""
    at = timezone.now()
    return drafts.sweep(at=at) + files.sweep_uploads(at=at)


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
