"""Publishing calendar years."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yichuang.clock import queries
from yichuang.clock.models import CalendarYear, SpecialDay
from yichuang.clock.rules import YearDraft, check
from yichuang.verdict import Refusal


class Author(Protocol):
    """Who publishes; accounts' Actor is one."""

    def journal_record(self) -> dict[str, str]: ...


def publish_years(
    *, drafts: Sequence[YearDraft], by: Author, at: datetime
) -> tuple[CalendarYear, ...]:
    """Publish each draft as its year's next version; return the versions that are new.

    A draft equal to the version in force changes nothing. All or none are published. Raises
    Refusal "calendar-invalid" (detail "faults": texts) or "calendar-published-meanwhile" (409).
    """
    faults = check(drafts)
    if faults:
        raise Refusal(
            "calendar-invalid",
            _("日历没有发布：有%(count)d处问题。第一处：%(first)s")
            % {"count": len(faults), "first": faults[0]},
            remedy=_("请按提示改正后重新发布；没有写入任何内容。"),
            detail={"faults": [str(fault) for fault in faults]},
        )
    try:
        with transaction.atomic():
            new = tuple(filter(None, (_publish(draft, by, at) for draft in drafts)))
    except IntegrityError as raced:
        raise Refusal(
            "calendar-published-meanwhile",
            _("另有人刚发布了同一年的日历，这次没有写入。"),
            remedy=_("请刷新，核对新版本后再决定是否发布。"),
            status=409,
        ) from raced
    if new:
        queries.forget()  # this transaction must see what it wrote …
        transaction.on_commit(queries.forget)  # … and nobody may keep what was read before
    return new


def _publish(draft: YearDraft, by: Author, at: datetime) -> CalendarYear | None:
    digest = _digest(draft)
    newest = CalendarYear.objects.filter(year=draft.year).order_by("-version").first()
    if newest and newest.digest == digest:
        return None
    version = CalendarYear.objects.create(
        year=draft.year,
        version=newest.version + 1 if newest else 1,
        source=draft.source.strip(),
        digest=digest,
        published_at=at,
        published_by=by.journal_record(),
    )
    SpecialDay.objects.bulk_create(
        SpecialDay(calendar_year=version, date=day, name=name.strip(), is_off=is_off)
        for day, name, is_off, _row in draft.days
    )
    return version


def _digest(draft: YearDraft) -> str:
    """SHA-256 of what the year says, whatever the order and the rows it came in."""
    days = sorted(
        (day.isoformat(), name.strip(), bool(is_off)) for day, name, is_off, _row in draft.days
    )
    text = json.dumps([draft.year, draft.source.strip(), days], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
