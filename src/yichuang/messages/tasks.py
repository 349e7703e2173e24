"""What the worker does for messages. Like a face, a task is an edge of the system: it reads the
clock."""

from __future__ import annotations

import logging
import uuid

from django.db import transaction
from django.utils import timezone

from yichuang.accounts.actor import system
from yichuang.journal.outbox import Task, enqueue, task
from yichuang.journal.schedules import Periodic
from yichuang.messages import reconciling, rules, sending
from yichuang.messages.actions import SEND
from yichuang.messages.providers import Provider
from yichuang.messages.providers.configured import provider
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

SWEEP = "messages.sweep"
COLLECT = "messages.receipts"
RECONCILE = "messages.reconcile"
PERIODIC = (Periodic(SWEEP, 2), Periodic(COLLECT, 10), Periodic(RECONCILE, 360))


@task(SEND)
def send(*, uid: str) -> bool:
    """Hand one message over, if it is still its turn. Safe to repeat."""
    try:
        return sending.send_one(uid=uuid.UUID(uid), providers=provider, now=timezone.now)
    except Refusal as refusal:  # messages wait; papers and cases do not
        logger.error("no message is sent: %s", refusal.code)
        return False


@task(SWEEP)
def sweep() -> int:
    """Hand over what is due: second tries, what waited for the morning, what a killed worker left.
    Goes on in a task of its own while there is more."""
    channels = _ready()
    swept = sending.send_due(
        channels=tuple(channels), providers=channels.__getitem__, now=timezone.now
    )
    if swept.more:
        with transaction.atomic():
            enqueue(Task(SWEEP))
    return swept.handed


@task(COLLECT)
def collect() -> int:
    """Ask the providers what arrived; how many messages found their end."""
    channels = _ready()
    return sending.collect(
        channels=tuple(channels), providers=channels.__getitem__, now=timezone.now
    )


@task(RECONCILE)
def reconcile() -> int:
    """Compare the days that are over with the providers' accounts; how many days were compared."""
    at = timezone.now()
    done = 0
    for each in filter(lambda found: found.can_ask, _ready().values()):
        for day in reconciling.due(provider=each.name, today=timezone.localdate(at)):
            reconciling.reconcile(day=day, provider=each, by=system("消息对账"), at=at)
            done += 1
    return done


def _ready() -> dict[str, Provider]:
    """The providers this deployment has, by channel."""
    found = {}
    for channel in rules.CHANNELS:
        try:
            found[channel] = provider(channel)
        except Refusal as refusal:
            if channel == rules.SMS:  # e-mail is optional
                logger.error("no message is sent: %s", refusal.code)
    return found
