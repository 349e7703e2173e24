"""Keys with which a program acts in one post."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import permissions, queries, rules
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import ApiToken, Post
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal

_PREFIX = "yct_"  # lets a scanner for leaked secrets know one of ours


def issue_token(
    *, post: Post, label: str, expires_at: datetime, by: Actor, at: datetime
) -> tuple[str, ApiToken]:
    """A new token, shown this once, and its row. Refuses not-your-post (403), token-expired."""
    permissions.may(by, "issue-token").enforce(status=403)
    if expires_at <= at:
        raise Refusal(
            "token-expired",
            _("令牌的失效时间已经过去。"),
            remedy=_("请填一个将来的时间。"),
            field="expires_at",
        )
    raw = _PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            post=post,
            digest=_digest(raw),
            label=label.strip(),
            last_four=raw[-4:],
            created_at=at,
            expires_at=expires_at,
        )
        journal.record(
            kind="token.issued",
            by=by,
            at=at,
            payload={
                "token": token.pk,
                "post": post.pk,
                "label": token.label,
                "until": expires_at.isoformat(),
            },
        )
    return raw, token


def revoke_token(*, token_id: int, by: Actor, at: datetime) -> None:
    """End a token at once; revoking twice is no fault and changes nothing."""
    permissions.may(by, "issue-token").enforce(status=403)
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=at):
            journal.record(kind="token.revoked", by=by, at=at, payload={"token": token_id})


def actor_for_token(raw: str, at: datetime, *, request_id: str = "") -> Actor:
    """The Actor a token acts as, in one SQL statement. Refuses token-invalid (401), one wording.

    Good while the token is neither expired nor revoked, its post is in term and its person's
    account is enabled; a demo person's token is good in demo and test only.
    """
    good = ApiToken.objects.filter(digest=_digest(raw), revoked_at__isnull=True, expires_at__gt=at)
    token = next(iter(good.select_related("post__user")), None)
    on = timezone.localdate(at)
    if (
        token is None
        or not rules.in_term(token.post.starts_on, token.post.ends_on, on)
        or not token.post.user.is_active
        or (token.post.user.demo and settings.MODE not in ("demo", "test"))
    ):
        raise Refusal(
            "token-invalid",
            _("接口令牌无效、已失效或已吊销。"),
            remedy=_("请向县局申请新的令牌。"),
            status=401,
        )
    return queries.actor_in(token.post, channel="api", request_id=request_id)


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()
