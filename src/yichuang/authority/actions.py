"""Publishing competences, grants and items' drafts, and every step of a grant's life."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority import grant_queries as queries
from yichuang.authority import grant_rules
from yichuang.authority.drafts import CompetenceDraft, GrantDraft, overlaps
from yichuang.authority.facts import DRAFTED, DROPPED, PUBLISHED
from yichuang.authority.grant_rules import may_happen
from yichuang.authority.models import Competence, Grant, Standing, Suspension
from yichuang.authority.permissions import may_approve, may_end_grants, may_keep_grants
from yichuang.authority.queries import grant_of
from yichuang.catalogue import authoring
from yichuang.journal.actions import record
from yichuang.journal.outbox import Task
from yichuang.journal.rules import Author
from yichuang.verdict import Refusal, Verdict


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
    (revoked_on); any other change raises Refusal "grant-is-published", and a new one that meets
    one written here "grant-overlaps".
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


# -- the life of a grant (grant_rules.LIFE) --------------------------------------------------------


def draft_grant(*, draft: GrantDraft, seals: Mapping[str, str], by: Actor, at: datetime) -> int:
    """Begin an instrument under its number; its seq.

    seals: code → organ of every seal that can be entrusted, as drafts.Known. Refusals
    "grant-number-taken" (409), "grant-faulty" (detail: faults, each with column and reason).
    """
    may_keep_grants(by).enforce(status=403)
    _check(draft, seals)
    with transaction.atomic():
        row = Grant.objects.select_for_update().filter(pk=draft.number).first()
        if row is not None and not may_happen(grant_rules.DRAFT, row.state):
            raise Refusal(
                "grant-number-taken",
                _("已经有文号为%(number)s的文书。") % {"number": draft.number},
                remedy=_("请用另一个文号，或打开那份文书。"),
                status=409,
                field="number",
            )
        if row is None:
            row = Grant(number=draft.number, seq=0)
        _write(row, draft, [by.journal_record()], by)
        row.seq += 1
        row.save()
        _record(grant_rules.DRAFT, row.number, row.seq, by, at, content=row.content_hash)
    return row.seq


def edit_grant(
    *, draft: GrantDraft, seq: int, seals: Mapping[str, str], by: Actor, at: datetime
) -> int:
    """Write the instrument anew, number aside; what was approved is not approved any more. Its seq."""
    may_keep_grants(by).enforce(status=403)
    _check(draft, seals)
    with transaction.atomic():
        row = _held(draft.number, seq, grant_rules.EDIT)
        authors = [one for one in row.drafted_by if one.get("person") != str(by.person_id)]
        _write(row, draft, [*authors, by.journal_record()], by)
        row.seq += 1
        row.save()
        _record(grant_rules.EDIT, row.number, row.seq, by, at, content=row.content_hash)
    return row.seq


def approve_grant(
    *, number: str, seq: int, seals: Mapping[str, str], by: Actor, at: datetime
) -> int:
    """Approve the text as it stands; its seq. Refusals "grant-own-work" (403), "grant-faulty"."""
    may_keep_grants(by).enforce(status=403)
    with transaction.atomic():
        row = _held(number, seq, grant_rules.APPROVE)
        may_approve(by, queries.authors_of(row)).enforce(status=403)
        _check(queries.draft_of(row), seals)
        return _step(
            grant_rules.APPROVE,
            row,
            by,
            at,
            approved_by=by.journal_record(),
            approved_person=by.person_id,
            approved_hash=row.content_hash,
            said={"content": row.content_hash},
        )


def publish_grant(
    *,
    number: str,
    seq: int,
    seals: Mapping[str, str],
    by: Actor,
    at: datetime,
    follows: Sequence[Task] = (),
) -> int:
    """Put the approved instrument in force, from its first day on; its seq.

    follows: work of the floors above, enqueued with the commit. Refusals "grant-not-as-approved",
    "grant-begins-in-the-past", "grant-notice-to-come" (409), "grant-faulty".
    """
    may_keep_grants(by).enforce(status=403)
    with transaction.atomic():
        _hold_standing()
        row = _held(number, seq, grant_rules.PUBLISH)
        grant_rules.may_publish(
            grant_of(row, ()),
            content_hash=_digest(queries.draft_of(row).content()),
            approved_hash=row.approved_hash,
            noticed_on=row.noticed_on,
            today=timezone.localdate(at),
        ).enforce(status=409)
        _check(queries.draft_of(row), seals)
        said = {"content": row.content_hash, "from": row.valid_from.isoformat()}
        return _step(grant_rules.PUBLISH, row, by, at, published_at=at, said=said, follows=follows)


def drop_grant(*, number: str, seq: int, by: Actor, at: datetime) -> int:
    """Give a draft up; its seq. The number may be used again."""
    may_keep_grants(by).enforce(status=403)
    with transaction.atomic():
        return _step(grant_rules.DROP, _held(number, seq, grant_rules.DROP), by, at)


def suspend(
    *,
    number: str,
    seq: int,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    by: Actor,
    at: datetime,
    follows: Sequence[Task] = (),
) -> int:
    """Take the power away over some days, both inclusive (None: until it is lifted); its seq."""
    may_end_grants(by).enforce(status=403)
    grant_rules.check_reason(reason).enforce()
    with transaction.atomic():
        _hold_standing()
        row = _held(number, seq, grant_rules.SUSPEND)
        grant_rules.may_suspend(
            grant_of(row, _suspensions(row)), starts_on, ends_on, timezone.localdate(at)
        ).enforce(status=409)
        Suspension.objects.create(grant=row, starts_on=starts_on, ends_on=ends_on, reason=reason)
        until = ends_on.isoformat() if ends_on else None
        said = {"from": starts_on.isoformat(), "until": until, "reason": reason}
        return _step(grant_rules.SUSPEND, row, by, at, said=said, follows=follows)


def lift(
    *,
    number: str,
    seq: int,
    on: date,
    reason: str,
    by: Actor,
    at: datetime,
    follows: Sequence[Task] = (),
) -> int:
    """Give the power back from a day on; its seq. A suspension that would then hold on no day is
    taken out of the register; the journal keeps that it was there."""
    may_end_grants(by).enforce(status=403)
    grant_rules.check_reason(reason).enforce()
    with transaction.atomic():
        _hold_standing()
        row = _held(number, seq, grant_rules.LIFT)
        found = grant_rules.lifted(grant_of(row, _suspensions(row)), on, timezone.localdate(at))
        if isinstance(found, Verdict):
            found.enforce(status=409)
            raise AssertionError("a verdict of `lifted` is a no")
        held = Suspension.objects.filter(grant=row, starts_on=found[0])
        if on <= found[0]:
            held.delete()
        else:
            held.update(ends_on=on - timedelta(days=1))
        said = {"on": on.isoformat(), "reason": reason}
        return _step(grant_rules.LIFT, row, by, at, said=said, follows=follows)


def revoke(
    *,
    number: str,
    on: date,
    reason: str,
    by: Actor,
    at: datetime,
    seq: int | None = None,
    follows: Sequence[Task] = (),
) -> int:
    """End a grant from `on`; its seq. Raises Refusal "grant-not-revocable" when there is none, or
    it was revoked already. seq: as its page showed it, None where no page did."""
    may_end_grants(by).enforce(status=403)
    grant_rules.check_reason(reason).enforce()
    with transaction.atomic():
        _hold_standing()
        row = _held(number, seq, grant_rules.REVOKE)
        grant_rules.may_end(grant_of(row, _suspensions(row)), on, timezone.localdate(at)).enforce(
            status=409
        )
        return _step(
            grant_rules.REVOKE,
            row,
            by,
            at,
            revoked_on=on,
            revoked_reason=reason,
            said={"on": on.isoformat(), "reason": reason},
            follows=follows,
        )


def _hold_standing() -> None:
    """First of all: a decision under a grant holds the standing row until it has committed, and
    whoever waits for it must not hold the journal's head."""
    Standing.objects.select_for_update().filter(id=1).first()


def _held(number: str, seq: int | None, verb: str) -> Grant:
    """The grant, locked, still as the caller saw it, and in a state that allows the verb."""
    row = Grant.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise queries.grant_unknown(number)
    if seq is not None and row.seq != seq:
        raise Refusal(
            "grant-moved-on",
            _("这份文书刚刚有了新的进展，您这次没有保存。"),
            remedy=_("请刷新页面，看看现在的内容和状态，再办。"),
            status=409,
        )
    may_happen(verb, row.state).enforce(status=409)
    return row


def _check(draft: GrantDraft, seals: Mapping[str, str]) -> None:
    """Refusal "grant-faulty" with every fault of the draft, at once."""
    faults = queries.grant_faults(draft, seals)
    if faults:
        first = faults[0].reason
        raise Refusal(
            "grant-faulty",
            _("文书有%(count)d处不合规定：%(first)s。") % {"count": len(faults), "first": first},
            remedy=_("请按所列各处改正。"),
            detail={"faults": [{"column": f.column, "reason": str(f.reason)} for f in faults]},
        )


def _write(row: Grant, draft: GrantDraft, authors: list[dict[str, str]], by: Actor) -> None:
    """The draft into its row. Nothing of an earlier approval is left."""
    for name in (
        *("instrument", "valid_from", "valid_to", "signatory_title", "notice", "basis", "draft"),
        *("max_amount", "text", "notice_url", "noticed_on"),
    ):
        setattr(row, name, getattr(draft, name))
    row.from_organ_id, row.to_organ_id = draft.from_organ, draft.to_organ
    row.items, row.places, row.outlets = map(list, (draft.items, draft.places, draft.outlets))
    row.seal_code, row.revoked_on = draft.seal, None
    row.content_hash = _digest(draft.content())
    row.state = DRAFTED
    row.drafted_by, row.drafted_person = authors, by.person_id
    row.approved_by, row.approved_person, row.approved_hash = {}, None, ""


def _step(
    verb: str,
    row: Grant,
    by: Actor,
    at: datetime,
    *,
    said: Mapping[str, Any] | None = None,
    follows: Sequence[Task] = (),
    **columns: Any,
) -> int:
    """Move the row, guarded, and journal it; the new seq."""
    updated = Grant.objects.filter(pk=row.pk, seq=row.seq, state=row.state).update(
        state=grant_rules.LIFE[verb].to, seq=row.seq + 1, **columns
    )
    if not updated:
        raise AssertionError("the row is locked")
    if PUBLISHED in (row.state, grant_rules.LIFE[verb].to):
        renew(at=at)  # after the change: what is read from here on under the new stamp is new
    _record(verb, row.pk, row.seq + 1, by, at, follows=follows, **(said or {}))
    return row.seq + 1


def _record(
    verb: str,
    number: str,
    seq: int,
    by: Actor,
    at: datetime,
    *,
    follows: Sequence[Task] = (),
    **said: Any,
) -> None:
    record(
        kind=grant_rules.LIFE[verb].kind,
        by=by,
        at=at,
        stream=queries.grant_stream(number),
        seq=seq,
        payload={"number": number, **said},
        tasks=follows,
    )


def _suspensions(row: Grant) -> list[Suspension]:
    return list(Suspension.objects.filter(grant=row))


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
    _keep_clear(drafts, known)
    rows, changed = [], 0
    for draft in drafts:
        digest = _digest(draft.content())
        before = known.get(draft.number)
        if before is None:
            content = asdict(draft)
            for name in ("file", "row", "from_organ", "to_organ", "seal"):
                del content[name]
            rows.append(
                Grant(
                    from_organ_id=draft.from_organ,
                    to_organ_id=draft.to_organ,
                    seal_code=draft.seal,
                    content_hash=digest,
                    **content,
                )
            )
        elif before.content_hash != digest or before.state != PUBLISHED:
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


def _keep_clear(drafts: Sequence[GrantDraft], known: Mapping[str, Grant]) -> None:
    """That no new grant of a pack overlaps one written here. Refusal "grant-overlaps" (409); among
    themselves the pack's are checked by drafts.check."""
    pack = {draft.number for draft in drafts}
    here = [
        queries.draft_of(row)
        for row in known.values()
        if row.state != DROPPED and row.number not in pack
    ]
    faults = [
        (draft.number, fault)
        for draft in drafts
        if draft.number not in known
        for fault in overlaps(draft, here)
    ]
    if faults:
        number, first = faults[0]
        raise Refusal(
            "grant-overlaps",
            _("县包里的%(number)s%(fault)s。") % {"number": number, "fault": first.reason},
            remedy=_("请先撤销平台上的那份文书，或改县包里的范围、期间。"),
            status=409,
        )
