"""Showing a licence by QR: once, within some minutes, for a purpose the holder names.

Whoever scans sees the key facts and the state at that moment. The secret is in the code alone; the
database keeps its hash. A second look, or one too late, is told when and why.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.documents.rules import SEALED
from yichuang.journal.actions import record
from yichuang.licences import issuing, permissions, rules
from yichuang.licences.models import Licence, Showing
from yichuang.verdict import Refusal

SECRET_BYTES = 16
OFFERED, SHOWN = "licence.offered", "licence.shown"


@dataclass(frozen=True, slots=True)
class Offer:
    """A code to be scanned. secret: known here and in the code only."""

    secret: str
    licence_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever scans sees. state: a key of rules.STANDINGS, at that moment, and not why: the
    reason concerns the holder and the organ alone."""

    name: str
    number: str
    holder: str
    identity_mask: str
    organ: str
    facts: tuple[tuple[str, str], ...]
    valid_from: date
    valid_to: date | None
    state: str
    purpose: str
    verify_code: str
    demonstration: bool
    at: datetime

    @property
    def state_name(self) -> str:
        return str(rules.STANDINGS[self.state])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that may still be opened, before it is: nothing of the licence but its kind."""

    licence_name: str
    purpose: str
    expires_at: datetime


def offer(*, licence_id: uuid.UUID, purpose: str, by: Actor, at: datetime) -> Offer:
    """Make a code for the holder to show; any earlier one of this licence is void from now on.

    Raises "licence-unknown" (404), "licence-not-in-force" (409), "purpose-unknown".
    """
    if purpose not in rules.PURPOSES:
        raise Refusal(
            "purpose-unknown",
            _("没有选出示给谁看。"),
            remedy=_("请选一个用途。"),
            field="purpose",
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        rows = Licence.objects.select_for_update(of=("self",)).select_related("type")
        licence = next(
            iter(rows.filter(pk=licence_id, owner_user=by.person_id, paper__state=SEALED)), None
        )
        if licence is None or by.person_id is None:
            raise permissions.unseen()
        rules.in_force(licence.type.name, _standing(licence, at)).enforce(status=409)
        Showing.objects.filter(licence=licence, used_at=None, expires_at__gt=at).update(
            expires_at=at
        )
        row = Showing.objects.create(
            licence=licence,
            digest=digest(secret),
            purpose=purpose,
            made_at=at,
            expires_at=at + rules.SHOWN_FOR,
        )
        record(
            kind=OFFERED,
            by=by,
            at=at,
            stream=licence.stream,
            payload={"number": licence.number, "purpose": purpose, "showing": row.pk},
        )
    return Offer(secret, licence.type.name, row.expires_at)


def waiting(secret: str, *, at: datetime) -> Waiting:
    """A code that was scanned, before it is opened: link previews must not use it up. 1 SQL.

    Raises "showing-unknown" (404), "showing-used", "showing-expired" (410).
    """
    row = _row(secret, at)
    name = row.licence.type.name
    return Waiting(name, str(rules.PURPOSES[row.purpose]), row.expires_at)


def open_(secret: str, *, viewer: str, by: Actor, at: datetime) -> Shown:
    """Open a code: once, whoever was first. viewer: whom the one who scans says to be.

    Raises as `waiting`; "text-too-long" and the like for `viewer`.
    """
    rules.check_words(viewer, what=_("您的单位"), limit=rules.VIEWER_LIMIT).enforce()
    with transaction.atomic():
        mine = Showing.objects.filter(
            digest=digest(secret), used_at=None, made_at__lte=at, expires_at__gt=at
        )
        first = mine.update(used_at=at, viewer=viewer.strip())
        if not first:
            _row(secret, at)  # says why
            raise _expired(at)
        row = _with_all().get(digest=digest(secret))
        licence = row.licence
        state = _standing(licence, at)
        record(
            kind=SHOWN,
            by=by,
            at=at,
            stream=licence.stream,
            payload={
                "number": licence.number,
                "purpose": row.purpose,
                "viewer": row.viewer,
                "state": state,
                "showing": row.pk,
            },
        )
    about = licence.paper.content[issuing.KIND]
    place = {"table": issuing.TABLE, "row": str(licence.pk), "column": "name"}
    return Shown(
        name=licence.type.name,
        number=licence.number,
        holder=vault.open_(licence.name_sealed, **place),
        identity_mask=licence.identity_mask,
        organ=licence.paper.organ_name,
        facts=tuple((one["label"], one["value"]) for one in about["facts"]),
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        state=state,
        purpose=str(rules.PURPOSES[row.purpose]),
        verify_code=licence.paper.verify_code,
        demonstration=bool(licence.paper.content.get("demonstration")),
        at=at,
    )


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _with_all() -> QuerySet[Showing]:
    return Showing.objects.select_related("licence__type", "licence__paper")


def _row(secret: str, at: datetime) -> Showing:
    row = _with_all().filter(digest=digest(secret)).first()
    if row is None:
        raise Refusal(
            "showing-unknown",
            _("这个码不对，没有可以看的证照。"),
            remedy=_("请让持证人重新出示。"),
            status=404,
        )
    if row.used_at is not None:
        when = timezone.localtime(row.used_at).strftime("%Y-%m-%d %H:%M")
        raise Refusal(
            "showing-used",
            _("这个码已于%(when)s看过一次，不能再看。") % {"when": when},
            remedy=_("一个码只能看一次；还要看的，请让持证人重新出示。"),
            status=410,
        )
    if at >= row.expires_at:
        raise _expired(row.expires_at)
    return row


def _expired(since: datetime) -> Refusal:
    when = timezone.localtime(since).strftime("%Y-%m-%d %H:%M")
    return Refusal(
        "showing-expired",
        _("这个码已于%(when)s失效。") % {"when": when},
        remedy=_("请让持证人重新出示。"),
        status=410,
    )


def _standing(licence: Licence, at: datetime) -> str:
    day = timezone.localdate(at)
    return rules.standing(licence.state, licence.valid_from, licence.valid_to, day)
