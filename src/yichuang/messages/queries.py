"""Reading messages: frozen sheets, addresses masked, links to a person's own pages left out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Min, Q

from yichuang.accounts.actor import Actor
from yichuang.messages import permissions, rules
from yichuang.messages.models import Difference, Message, Reconciliation

LATE = timedelta(minutes=10)  # past its turn: nobody is sending
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Figures:
    """late: waiting ten minutes past their turn. oldest: when the first of the waiting was made."""

    waiting: int
    late: int
    dead: int
    open_differences: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadSheet:
    """A message that waits for a person. text: without links, which open a person's own pages."""

    uid: uuid.UUID
    channel: str
    template: str
    address: str
    text: str
    about: str
    attempts: int
    in_doubt: bool
    undelivered: bool
    error: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DifferenceSheet:
    """One message two accounts disagree about; settled_at is None while nobody has explained it."""

    id: int
    day: date
    provider: str
    kind: str
    key: str
    address: str
    ref: str
    ours: int
    theirs: int
    settled_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class DaySheet:
    """One day's comparison."""

    day: date
    provider: str
    ours: int
    theirs: int
    our_segments: int
    their_segments: int
    state: str
    error: str
    still_open: int


def figures(at: datetime) -> Figures:
    """For health, metrics and the command line: no personal data, so no actor. Two statements."""
    waiting = Q(state__in=rules.WAITING)
    found = Message.objects.filter(waiting | Q(state=rules.DEAD)).aggregate(
        waiting=Count("pk", filter=waiting),
        late=Count("pk", filter=waiting & Q(next_try_at__lt=at - LATE)),
        dead=Count("pk", filter=Q(state=rules.DEAD)),
        oldest=Min("made_at", filter=waiting),
    )
    return Figures(**found, open_differences=Difference.objects.filter(settled_at=None).count())


def dead_letters(*, actor: Actor, limit: int = 200) -> list[DeadSheet]:
    """What a person has to look at, oldest first. Refusal "messages-not-yours" (403). One SQL."""
    permissions.may_see(actor).enforce(status=403)
    return [
        DeadSheet(
            uid=row.uid,
            channel=str(rules.CHANNELS[row.channel]),
            template=str(rules.TEMPLATES[row.template].name)
            if row.template in rules.TEMPLATES
            else row.template,
            address=row.address_mask,
            text=_LINK.sub("…", row.body),
            about=row.stream,
            attempts=row.attempts,
            in_doubt=row.in_doubt,
            undelivered=row.handed_at is not None,
            error=row.error,
            made_at=row.made_at,
        )
        for row in Message.objects.filter(state=rules.DEAD).order_by("pk")[:limit]
    ]


def days(*, actor: Actor, limit: int = 30) -> list[DaySheet]:
    """The latest comparisons. Refusal "messages-not-yours" (403). One SQL."""
    permissions.may_see(actor).enforce(status=403)
    rows = Reconciliation.objects.annotate(
        still_open=Count("differences", filter=Q(differences__settled_at=None))
    )
    return [
        DaySheet(
            day=row.day,
            provider=row.provider,
            ours=row.ours,
            theirs=row.theirs,
            our_segments=row.our_segments,
            their_segments=row.their_segments,
            state=row.state,
            error=row.error,
            still_open=row.still_open,
        )
        for row in rows.order_by("-day", "provider")[:limit]
    ]


def differences(*, actor: Actor, limit: int = 200) -> Sequence[DifferenceSheet]:
    """Differences, open ones first. Refusal "messages-not-yours" (403). One SQL."""
    permissions.may_see(actor).enforce(status=403)
    rows = Difference.objects.select_related("reconciliation", "message")
    return [
        DifferenceSheet(
            id=row.pk,
            day=row.reconciliation.day,
            provider=row.reconciliation.provider,
            kind=str(rules.DIFFERENCES[row.kind]),
            key=row.key,
            address=row.message.address_mask if row.message else "",
            ref=row.provider_ref,
            ours=row.ours,
            theirs=row.theirs,
            settled_at=row.settled_at,
            note=row.note,
        )
        for row in rows.order_by(F("settled_at").asc(nulls_first=True), "pk")[:limit]
    ]
