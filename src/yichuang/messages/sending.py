"""Handing messages over: claim with a lease, hand over outside any transaction, write what became
of it.

At least once, and as near to once as the provider allows. A claim marks the message as in doubt
before the provider is asked, so a worker killed in between leaves exactly that: when the lease is
over the next one asks the provider first, and repeats only with the same key.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import override

from yichuang.accounts.senders import Sender
from yichuang.accounts.vault import VaultError
from yichuang.messages import rules
from yichuang.messages.actions import address_of, new
from yichuang.messages.models import Message
from yichuang.messages.providers import Doubt, NotTaken, Parcel, Provider, Rejected, Taken

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=30)  # of one batch; the last message may take another 20 s
OUTAGES = 3  # so many failures in a row and the channel's others wait for the next sweep

Providers = Callable[[str], Provider]
Clock = Callable[[], datetime]

# the ends of one try
HANDED, REFUSED, AWAY, NOT_MINE = "handed", "refused", "away", ""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did. more: whether some are left that could go now."""

    handed: int
    tried: int
    more: bool


def send_one(*, uid: uuid.UUID, providers: Providers, now: Clock) -> bool:
    """Try one message if it is its turn; whether the provider has it now because of this."""
    at = now()
    message = _due(at).filter(uid=uid).first()
    return message is not None and _try(message, providers(message.channel), now) == HANDED


def send_due(
    *, channels: Sequence[str] = tuple(rules.CHANNELS), providers: Providers, now: Clock,
    limit: int = 100,
) -> Swept:  # fmt: skip
    """Try what is due: urgent ones first, then the oldest; at most `limit` and PATIENCE."""
    began = now()
    pks = list(
        _due(began)
        .filter(channel__in=channels)
        .order_by("-urgent", "next_try_at", "pk")
        .values_list("pk", flat=True)[: limit + 1]
    )
    handed = tried = 0
    outages: dict[str, int] = {}
    for pk in pks[:limit]:
        if now() - began > PATIENCE:
            return Swept(handed, tried, more=True)
        message = _due(now()).filter(pk=pk).first()  # as it is now: others work here too
        if message is None or outages.get(message.channel, 0) >= OUTAGES:
            continue
        end = _try(message, providers(message.channel), now)
        if end == NOT_MINE:
            continue
        tried += 1
        handed += end == HANDED
        outages[message.channel] = outages.get(message.channel, 0) + 1 if end == AWAY else 0
    return Swept(handed, tried, more=len(pks) > limit and not any(outages.values()))


def _due(at: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state__in=rules.WAITING, next_try_at__lte=at)


def _try(message: Message, provider: Provider, now: Clock) -> str:
    """One try. NOT_MINE: it is not its turn, or another worker has it."""
    at = now()
    quiet_until = rules.not_before(
        timezone.localtime(at),
        channel=message.channel,
        urgent=message.urgent,
        quiet=settings.QUIET_HOURS,
    )
    if quiet_until > at:
        _write(message, (message.state,), next_try_at=quiet_until)
        return NOT_MINE
    doubted = message.in_doubt
    if not _claim(message, at):
        return NOT_MINE
    ask = doubted and provider.can_ask
    if message.template in rules.SECRET:
        return _learn(message, provider, now, ask=ask)
    try:
        return _hand_over(message, provider, now, ask=ask)
    except VaultError:
        end = {"state": rules.DEAD, "next_try_at": None, "error": "address does not open"}
        _write(message, (rules.SENDING,), in_doubt=False, **end)
        return REFUSED


def _learn(message: Message, provider: Provider, now: Clock, *, ask: bool) -> str:
    """The text of a secret message is gone: what is left is to learn whether it went out."""
    try:
        taken = provider.ask(str(message.uid)) if ask else None
    except OSError:
        taken = None
    if taken is not None:
        taken_over(message, taken, provider=provider.name, at=now())
        return HANDED
    _write(message, (rules.SENDING,), state=rules.FAILED, next_try_at=None, error="interrupted")
    return REFUSED


def _claim(message: Message, at: datetime) -> bool:
    """Make the message this worker's until the lease ends. One guarded statement."""
    seen = Message.objects.filter(
        pk=message.pk,
        state=message.state,
        attempts=message.attempts,
        next_try_at=message.next_try_at,
    )
    claimed = seen.update(
        state=rules.SENDING,
        attempts=message.attempts + 1,
        in_doubt=True,
        next_try_at=at + rules.LEASE,
    )
    message.state, message.attempts = rules.SENDING, message.attempts + 1
    return bool(claimed)


def _hand_over(message: Message, provider: Provider, now: Clock, *, ask: bool) -> str:
    parcel = _parcel(message, address_of(message), message.body, now())
    try:
        taken = (provider.ask(parcel.key) if ask else None) or provider.send(parcel)
    except Rejected as problem:
        _ended(message, rules.DEAD, problem, doubt=False)
        return REFUSED
    except OSError as problem:  # NotTaken, Doubt, and whatever an adapter did not foresee
        _later(message, problem, now(), doubt=not isinstance(problem, NotTaken))
        return AWAY
    taken_over(message, taken, provider=provider.name, at=now())
    return HANDED


def _parcel(message: Message, address: str, text: str, at: datetime) -> Parcel:
    with override("zh-hans"):
        subject = str(rules.template_of(message.template).name)
    return Parcel(str(message.uid), address, subject, text, message.template, at)


def taken_over(message: Message, taken: Taken, *, provider: str, at: datetime) -> bool:
    """Write that the provider has it. The truth wins over a lost lease: whoever learns it first
    writes it, and only once."""
    written = _write(
        message,
        (*rules.WAITING, rules.DEAD),
        state=rules.HANDED,
        in_doubt=False,
        provider=provider,
        provider_ref=taken.ref,
        segments=taken.segments or (rules.segments(message.body) if message.body else 0),
        handed_at=at,
        next_try_at=at + rules.FIRST_RECEIPT,
        error="",
    )
    if written and taken.state:
        receipt(uid=message.uid, taken=taken, at=at)
    return written


def _later(message: Message, problem: OSError, at: datetime, *, doubt: bool) -> None:
    again = rules.next_try(message.attempts, at)
    if again is None:
        _ended(message, rules.DEAD, problem, doubt=doubt)
        return
    _write(
        message,
        (rules.SENDING,),
        attempts=message.attempts,
        state=rules.PENDING,
        in_doubt=doubt,
        next_try_at=again,
        error=_said(problem),
    )


def _ended(message: Message, state: str, problem: OSError, *, doubt: bool) -> None:
    logger.warning("a message does not go out: %s", _said(problem))
    end = {"state": state, "next_try_at": None, "in_doubt": doubt, "error": _said(problem)}
    _write(message, (rules.SENDING,), attempts=message.attempts, **end)


def _write(message: Message, states: Sequence[str], **columns: object) -> bool:
    """Guarded by the states it may come from and, where given, by the try it belongs to."""
    mine = Q(pk=message.pk, state__in=states)
    if "attempts" in columns:
        mine &= Q(attempts=columns["attempts"])
    return bool(Message.objects.filter(mine).update(**columns))


def _said(problem: OSError) -> str:
    """What is kept of a failure: an adapter's own words, never a library's, which may hold a number."""
    known = isinstance(problem, Doubt | NotTaken | Rejected)
    text = str(problem) if known else type(problem).__name__
    return text[: rules.ERROR_LIMIT] if rules.check_text(text) else type(problem).__name__


# -- receipts --------------------------------------------------------------------------------------


def receipt(*, uid: uuid.UUID, taken: Taken, at: datetime) -> bool:
    """Take in what became of a message that was handed over. A message that did not arrive is a
    person's task, a code excepted: nobody waits for it any more."""
    handed = Message.objects.filter(uid=uid, state=rules.HANDED)
    if taken.state == "delivered":
        return bool(
            handed.update(state=rules.DELIVERED, delivered_at=at, next_try_at=None, error="")
        )
    if taken.state == "undelivered":
        said = f"undelivered {taken.reason}".strip()
        said = said[: rules.ERROR_LIMIT] if rules.check_text(said) else "undelivered"
        secret = Q(template__in=rules.SECRET)
        return bool(
            handed.filter(secret).update(state=rules.FAILED, next_try_at=None, error=said)
            or handed.exclude(secret).update(state=rules.DEAD, next_try_at=None, error=said)
        )
    return False


def collect(
    *, channels: Sequence[str] = tuple(rules.CHANNELS), providers: Providers, now: Clock,
    limit: int = 200,
) -> int:  # fmt: skip
    """Ask for the receipts that are due; how many messages found their end."""
    began = now()
    due = Message.objects.filter(state=rules.HANDED, next_try_at__lte=began, channel__in=channels)
    ended = 0
    for message in due.order_by("next_try_at", "pk")[:limit]:
        if now() - began > PATIENCE:
            break
        at = now()
        provider = providers(message.channel)
        again = rules.next_receipt(message.handed_at, at)
        mine = Message.objects.filter(
            pk=message.pk, state=rules.HANDED, next_try_at=message.next_try_at
        )
        if not provider.can_ask or provider.name != message.provider:
            mine.update(next_try_at=None)
            continue
        if not mine.update(next_try_at=again):
            continue
        try:
            found = provider.ask(str(message.uid))
        except OSError:
            break  # the provider is away: the others would fare no better
        if found is not None and receipt(uid=message.uid, taken=found, at=at):
            ended += 1
    return ended


# -- codes -----------------------------------------------------------------------------------------


def code_sender(providers: Providers) -> Sender:
    """A sender of sign-in codes: at once, recorded in the outbox without its text, tried once.

    Whoever waits for a code asks for another after a minute, which is sooner than a second try of
    ours. A code in doubt counts as sent, because it may well arrive. Raises OSError when it
    certainly was not, and Refusal "sms-not-configured" when there is no provider.
    """
    provider = providers(rules.SMS)

    def send(*, phone: str, text: str, at: datetime) -> None:
        message = new(
            rules.template_of(rules.CODE),
            address=phone,
            key=f"code:{uuid.uuid4()}",
            at=at,
            stream="",
            channel=rules.SMS,
            body="",
        )
        message.state, message.attempts, message.in_doubt = rules.SENDING, 1, True
        message.next_try_at = at + rules.LEASE
        message.save(force_insert=True)
        try:
            taken = provider.send(_parcel(message, phone, text, at))
        except (NotTaken, Rejected) as problem:
            _ended(message, rules.FAILED, problem, doubt=False)
            raise
        except OSError as problem:  # the sweep asks what became of it
            _write(message, (rules.SENDING,), error=_said(problem))
        else:
            counted = Taken(
                taken.ref, taken.segments or rules.segments(text), taken.state, taken.reason
            )
            taken_over(message, counted, provider=provider.name, at=at)

    return send
