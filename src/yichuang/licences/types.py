"""Publishing the county's licence types. What was issued already keeps what it says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from yichuang.accounts.actor import Actor
from yichuang.journal.actions import record
from yichuang.licences import rules
from yichuang.licences.models import LicenceType


def publish_types(drafts: Sequence[rules.TypeDraft], *, by: Actor, at: datetime) -> tuple[int, int]:
    """Make the register hold these types, already checked (rules.check_types); how many were new,
    how many changed. A type that is not named is left alone."""
    with transaction.atomic():
        present = LicenceType.objects.in_bulk([draft.code for draft in drafts])
        new = [draft.code for draft in drafts if draft.code not in present]
        changed = []
        for draft in drafts:
            row, old = _row(draft), present.get(draft.code)
            if old is None or any(
                getattr(old, field.attname) != getattr(row, field.attname)
                for field in LicenceType._meta.concrete_fields
            ):
                row.save(force_insert=old is None, force_update=old is not None)
                changed.append(draft.code)
        if changed:
            record(kind="licence-types.published", by=by, at=at, payload={"types": changed})
    return len(new), len(changed) - len(new)


def type_for(item_code: str) -> LicenceType | None:
    """The type that granting this item gives, if any. 1 SQL: there are few types."""
    rows = LicenceType.objects.order_by("code")
    return next((row for row in rows if item_code in row.items), None)


def _row(draft: rules.TypeDraft) -> LicenceType:
    return LicenceType(
        code=draft.code,
        name=draft.name,
        name_en=draft.name_en,
        items=list(draft.items),
        holder_kind=draft.holder_kind,
        fields=[list(pair) for pair in draft.fields],
        validity=draft.validity,
        word=draft.word,
        catalogue_code=draft.catalogue_code,
        materials=list(draft.materials),
        basis=draft.basis,
        basis_confirmed=draft.basis_confirmed,
        draft=draft.draft,
    )
