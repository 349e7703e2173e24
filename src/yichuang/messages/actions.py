"""Writing messages, and what a person does about those that went wrong."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.journal.actions import record
from yichuang.journal.outbox import Task, enqueue
from yichuang.messages import permissions, rules
from yichuang.messages.models import TABLE, Difference, Message, Reconciliation
from yichuang.messages.providers.development import mask_address
from yichuang.verdict import Refusal

SEND = "messages.send"
NOTE_LIMIT = 200


def put(
    *,
    template: str,
    params: Mapping[str, str],
    address: str,
    key: str,
    at: datetime,
    stream: str = "",
    channel: str = rules.SMS,
) -> bool:
    """Put a message into the outbox, in the caller's transaction; False when `key` is there already.

    It leaves by a task of the same transaction, or by the sweep if that is lost. Three statements.
    Refuses: what rules.render refuses (nothing is stored then), RuntimeError outside a transaction.
    """
    if Message.objects.filter(key=key).exists():
        return False
    wanted = rules.template_of(template)
    with override("zh-hans"):
        body = rules.render(template, params)
    message = new(
        wanted, address=address, key=key, at=at, stream=stream, channel=channel, body=body
    )
    message.next_try_at = rules.not_before(
        timezone.localtime(at), channel=channel, urgent=wanted.urgent, quiet=settings.QUIET_HOURS
    )
    # somebody else's insert of the same key in this moment: theirs goes out, ours does not
    made = Message.objects.bulk_create([message], ignore_conflicts=True)
    if message.next_try_at <= at:
        enqueue(Task(SEND, {"uid": str(made[0].uid)}))
    return True


def new(
    template: rules.Template,
    *,
    address: str,
    key: str,
    at: datetime,
    stream: str,
    channel: str,
    body: str,
) -> Message:
    """An unsaved row; its address sealed to it."""
    uid = uuid.uuid4()
    return Message(
        uid=uid,
        key=key,
        channel=channel,
        template=template.code,
        stream=stream,
        address_sealed=vault.seal(address, table=TABLE, row=str(uid), column="address"),
        address_mask=mask_address(channel, address),
        body=body,
        urgent=template.urgent,
        made_at=at,
        next_try_at=at,
    )


def told_already(*, at: datetime) -> int:
    """Mark everything that waits as handed over without sending it: invented people of a demo.
    How many there were."""
    return Message.objects.filter(state=rules.PENDING).update(
        state=rules.HANDED, provider="nobody", handed_at=at, next_try_at=None
    )


def address_of(message: Message) -> str:
    """The address in full, for the provider only. VaultError when it does not open."""
    return vault.open_(message.address_sealed, table=TABLE, row=str(message.uid), column="address")


def retry(*, uid: uuid.UUID, by: Actor, at: datetime) -> None:
    """Send a dead message again. One that the provider may have goes out under its old key, so that
    the provider can notice; any other as a new message that replaces it.

    Refuses "messages-not-yours" (403), "message-not-found" (404), "message-moved-on" and
    "message-address-lost" (409).
    """
    permissions.may_act(by).enforce(status=403)
    with transaction.atomic():
        dead = _dead(uid)
        if dead.in_doubt:
            changed = Message.objects.filter(pk=dead.pk, state=rules.DEAD).update(
                state=rules.PENDING, attempts=0, next_try_at=at
            )
            successor = dead.uid
        else:
            changed = Message.objects.filter(pk=dead.pk, state=rules.DEAD).update(
                state=rules.FAILED
            )
            again = new(
                rules.template_of(dead.template),
                address=_opened(dead),
                key=f"again:{dead.uid}",
                at=at,
                stream=dead.stream,
                channel=dead.channel,
                body=dead.body,
            )
            again.replaces = dead
            successor = again.uid
            if changed:
                again.save(force_insert=True)
        if not changed:
            raise _moved_on()
        record(
            kind="message.retried",
            by=by,
            at=at,
            stream=f"message:{dead.uid}",
            payload={"about": dead.stream, "again_as": str(successor), "error": dead.error},
            tasks=[Task(SEND, {"uid": str(successor)})],
        )


def give_up(*, uid: uuid.UUID, reason: str, by: Actor, at: datetime) -> None:
    """Send a dead message no more: somebody was told another way, or need not be. Refusals as
    `retry`, and what a note is refused for."""
    permissions.may_act(by).enforce(status=403)
    note = _note(reason)
    with transaction.atomic():
        dead = _dead(uid)
        if not Message.objects.filter(pk=dead.pk, state=rules.DEAD).update(state=rules.FAILED):
            raise _moved_on()
        record(
            kind="message.given-up",
            by=by,
            at=at,
            stream=f"message:{dead.uid}",
            payload={"about": dead.stream, "reason": note, "error": dead.error},
        )


def settle(*, difference_id: int, note: str, by: Actor, at: datetime) -> None:
    """Say how a difference came about; it stays on the day's page with its explanation.

    Refuses "messages-not-yours" (403), "difference-settled" (409), "note-…" (422).
    """
    permissions.may_act(by).enforce(status=403)
    said = _note(note)
    with transaction.atomic():
        if not Difference.objects.filter(pk=difference_id, settled_at=None).update(
            settled_at=at, note=said
        ):
            raise Refusal(
                "difference-settled",
                _("这条差异不在，或者已经处理了。"),
                remedy=_("请刷新页面看最新情况。"),
                status=409,
            )
        found = Difference.objects.select_related("reconciliation").get(pk=difference_id)
        day: Reconciliation = found.reconciliation
        record(
            kind="message.difference-settled",
            by=by,
            at=at,
            payload={
                "day": day.day.isoformat(),
                "provider": day.provider,
                "kind": found.kind,
                "key": found.key,
                "note": said,
            },
        )


def _dead(uid: uuid.UUID) -> Message:
    message = Message.objects.select_for_update().filter(uid=uid).first()
    if message is None:
        raise Refusal(
            "message-not-found",
            _("没有这条消息。"),
            remedy=_("请从待处理列表里选择。"),
            status=404,
        )
    if message.state != rules.DEAD:
        raise _moved_on()
    return message


def _opened(message: Message) -> str:
    try:
        return address_of(message)
    except vault.VaultError:
        raise Refusal(
            "message-address-lost",
            _("这条消息的地址打不开，不能重发。"),
            remedy=_("请用别的办法告知当事人，然后选择不再发送。"),
            status=409,
        ) from None


def _moved_on() -> Refusal:
    return Refusal(
        "message-moved-on",
        _("这条消息已经有人处理，或者已经发出去了。"),
        remedy=_("请刷新页面看最新情况。"),
        status=409,
    )


def _note(text: str) -> str:
    note = text.strip()
    if not 2 <= len(note) <= NOTE_LIMIT:
        raise Refusal(
            "note-length",
            _("请写2到%(limit)s个字的说明。") % {"limit": NOTE_LIMIT},
            remedy=_("写清怎么告知了当事人，或为什么不必再发。"),
            field="reason",
        )
    rules.check_text(note).enforce()
    return note
