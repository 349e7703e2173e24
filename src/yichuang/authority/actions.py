"""Publishing competences, grants and items' drafts, and revoking a grant."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority.drafts import CompetenceDraft, GrantDraft
from yichuang.authority.models import Competence, Grant, Standing
from yichuang.catalogue import authoring
from yichuang.journal.actions import record
from yichuang.journal.rules import Author
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class Report:
    """What a publication did."""

    added: int
    changed: int
    unchanged: int


def publish(
    *,
    competences: Sequence[CompetenceDraft],
    grants: Sequence[GrantDraft],
    effective_on: date,
    by: Author,
    at: datetime,
) -> Report:
    """Publish checked drafts (see drafts.check). Same content changes nothing; other content makes
    a new version of a competence.

    A grant is an instrument with a number: once published its text stands. The pack may end it
    (revoked_on); any other change raises Refusal "grant-is-published".
    """
    with transaction.atomic():
        competence = _publish_competences(competences, effective_on)
        granted = _publish_grants(grants)
        report = Report(*(a + b for a, b in zip(competence, granted, strict=True)))
        if report.added or report.changed or not Standing.objects.exists():
            renew(at=at)
            record(kind="authority.published", by=by, at=at, payload=asdict(report))
    return report


def renew(*, at: datetime) -> None:
    """Tell every process that the standing order changed. Call inside the changing transaction."""
    Standing.objects.update_or_create(id=1, defaults={"stamp": uuid.uuid4(), "changed_at": at})


def publish_item_draft(
    *,
    draft_id: int,
    seq: int,
    effective_on: date,
    accept_changed: Collection[int] = (),
    by: Actor,
    at: datetime,
) -> int:
    """Publish an item's draft (catalogue.authoring.publish_draft) and tell every process."""
    with transaction.atomic():
        # first, as a decision does: whoever decides holds the standing row before the journal
        renew(at=at)
        return authoring.publish_draft(
            draft_id=draft_id,
            seq=seq,
            effective_on=effective_on,
            accept_changed=accept_changed,
            by=by,
            at=at,
        )


def revoke(*, number: str, on: date, reason: str, by: Author, at: datetime) -> None:
    """End a grant from `on`. Raises Refusal when there is none, or it was revoked already."""
    with transaction.atomic():
        # the standing row first: a decision under this grant holds it until it has committed
        Standing.objects.select_for_update().filter(id=1).first()
        updated = Grant.objects.filter(number=number, revoked_on__isnull=True).update(revoked_on=on)
        if not updated:
            raise Refusal(
                "grant-not-revocable",
                _("文书%(number)s不存在，或者已经撤销。") % {"number": number},
                remedy=_("请核对文号。"),
                status=409,
            )
        renew(at=at)
        record(
            kind="authority.grant-revoked",
            by=by,
            at=at,
            payload={"number": number, "on": on.isoformat(), "reason": reason},
        )


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _publish_competences(
    drafts: Sequence[CompetenceDraft], effective_on: date
) -> tuple[int, int, int]:
    latest = {row.item_id: row for row in Competence.objects.order_by("item_id", "version")}
    rows, added, changed = [], 0, 0
    for draft in drafts:
        content = asdict(draft)
        for name in ("file", "row", "item_code"):
            content.pop(name)
        digest = _digest(content)
        before = latest.get(draft.item_code)
        if before is not None and before.content_hash == digest:
            continue
        if before is None:
            added += 1
        else:
            changed += 1
            if effective_on <= before.valid_from:
                raise Refusal(
                    "competence-effective-date",
                    _("事项%(code)s的新权限须晚于%(day)s生效。")
                    % {"code": draft.item_code, "day": before.valid_from},
                    remedy=_("请在pack.toml里改用更晚的生效日期。"),
                )
        rows.append(
            Competence(
                item_id=draft.item_code,
                valid_from=effective_on,
                version=before.version + 1 if before else 1,
                content_hash=digest,
                **content,
            )
        )
    Competence.objects.bulk_create(rows, batch_size=500)
    return added, changed, len(drafts) - added - changed


def _publish_grants(drafts: Sequence[GrantDraft]) -> tuple[int, int, int]:
    known = {row.number: row for row in Grant.objects.all()}
    rows, changed = [], 0
    for draft in drafts:
        content = asdict(draft)
        for name in ("file", "row", "number", "from_organ", "to_organ", "seal", "revoked_on"):
            content.pop(name)
        digest = _digest(
            content | {"from": draft.from_organ, "to": draft.to_organ, "seal": draft.seal}
        )
        before = known.get(draft.number)
        if before is None:
            rows.append(
                Grant(
                    number=draft.number,
                    from_organ_id=draft.from_organ,
                    to_organ_id=draft.to_organ,
                    seal_code=draft.seal,
                    revoked_on=draft.revoked_on,
                    content_hash=digest,
                    **content,
                )
            )
        elif before.content_hash != digest:
            raise Refusal(
                "grant-is-published",
                _("授权文书%(number)s已经公布，不能改动。") % {"number": draft.number},
                remedy=_("请撤销原文书，另发新文号。"),
            )
        elif draft.revoked_on and before.revoked_on is None:
            before.revoked_on = draft.revoked_on
            before.save(update_fields=["revoked_on"])
            changed += 1
    Grant.objects.bulk_create(rows, batch_size=500)
    return len(rows), changed, len(drafts) - len(rows) - changed
