"""The daily comparison: what we handed over against what the provider says it took."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.journal.actions import record
from yichuang.messages import rules
from yichuang.messages.models import Difference, Message, Reconciliation
from yichuang.messages.providers import Provider
from yichuang.verdict import Refusal

ONE = timedelta(days=1)
DAYS_BACK = 3  # a day without the provider's account is asked about again so long: our choice


def due(*, provider: str, today: date) -> list[date]:
    """The days to compare now: over, and not yet compared with an account of the provider's."""
    days = [today - ONE * back for back in range(DAYS_BACK, 0, -1)]
    done = Reconciliation.objects.filter(provider=provider, day__in=days)
    compared = set(done.exclude(state="no_statement").values_list("day", flat=True))
    return [day for day in days if day not in compared]


def reconcile(*, day: date, provider: Provider, by: Actor, at: datetime) -> Reconciliation:
    """Compare a day that is over; safe to repeat: open differences are found anew, explained ones
    stay. Refuses "day-not-over" (422).

    A message we were in doubt about, and the provider lists, was sent: it is written down as such.
    """
    today = timezone.localdate(at)
    if day >= today:
        raise Refusal(
            "day-not-over",
            _("%(day)s还没有过完，不能对账。") % {"day": day.isoformat()},
            remedy=_("请选今天以前的日期。"),
        )
    error, theirs, next_door = "", [], frozenset[str]()
    try:
        theirs = list(provider.statement(day))
        mine = _ours(provider.name, day)
        if {line.key for line in mine} - {line.key for line in theirs}:
            around = (day - ONE, day + ONE)
            next_door = frozenset(line.key for each in around for line in provider.statement(each))
    except OSError as problem:
        error = str(problem)[: rules.ERROR_LIMIT] or type(problem).__name__
    with transaction.atomic():
        if not error:
            _adopt(theirs, provider.name, day)
        ours = _ours(provider.name, day)
        listed = {line.key for line in ours}
        strange = [line.key for line in theirs if line.key not in listed]
        found = (
            []
            if error
            else rules.differences(ours, theirs, next_door=next_door, known=_known(strange))
        )
        state = "no_statement" if error else "differs" if found else "balanced"
        row, _made = Reconciliation.objects.update_or_create(
            day=day,
            provider=provider.name,
            defaults={
                "ours": len(ours),
                "theirs": len(theirs),
                "our_segments": sum(line.segments for line in ours),
                "their_segments": sum(line.segments for line in theirs),
                "state": state,
                "error": error,
                "made_at": at,
            },
        )
        _keep(row, found)
        record(
            kind="message.reconciled",
            by=by,
            at=at,
            payload={
                "day": day.isoformat(),
                "provider": provider.name,
                "ours": row.ours,
                "theirs": row.theirs,
                "state": state,
                "differences": len(found),
            },
        )
    return row


def _bounds(day: date) -> tuple[datetime, datetime]:
    since = timezone.make_aware(datetime.combine(day, time.min))
    return since, since + ONE


def _ours(provider: str, day: date) -> list[rules.Line]:
    since, until = _bounds(day)
    rows = Message.objects.filter(provider=provider, handed_at__gte=since, handed_at__lt=until)
    return [
        rules.Line(str(uid), segments, ref)
        for uid, segments, ref in rows.values_list("uid", "segments", "provider_ref")
    ]


def _uids(keys: Iterable[str]) -> list[uuid.UUID]:
    """Those of a provider's keys that could be ours."""
    found = []
    for key in keys:
        try:
            found.append(uuid.UUID(key))
        except ValueError:
            continue
    return found


def _known(keys: list[str]) -> frozenset[str]:
    rows = Message.objects.filter(uid__in=_uids(keys), handed_at__isnull=False)
    return frozenset(str(uid) for uid in rows.values_list("uid", flat=True))


def _adopt(theirs: Iterable[rules.Line], provider: str, day: date) -> None:
    lines = {line.key: line for line in theirs}
    since, _until = _bounds(day)
    for message in Message.objects.filter(uid__in=_uids(lines), in_doubt=True, handed_at=None):
        line = lines[str(message.uid)]
        Message.objects.filter(pk=message.pk, in_doubt=True, handed_at=None).update(
            state=rules.HANDED,
            in_doubt=False,
            provider=provider,
            provider_ref=line.ref,
            segments=line.segments,
            handed_at=max(message.made_at, since),  # the day is known, the moment is not
            next_try_at=None,
            error="",
        )


def _keep(row: Reconciliation, found: list[rules.Found]) -> None:
    row.differences.filter(settled_at=None).delete()
    settled = set(row.differences.values_list("kind", "key"))
    fresh = [each for each in found if (each.kind, each.key) not in settled]
    messages = Message.objects.in_bulk(_uids(each.key for each in fresh), field_name="uid")
    Difference.objects.bulk_create(
        Difference(
            reconciliation=row,
            kind=each.kind,
            key=each.key,
            message=next((messages[uid] for uid in _uids([each.key]) if uid in messages), None),
            provider_ref=each.ref,
            ours=each.ours,
            theirs=each.theirs,
        )
        for each in fresh
    )
