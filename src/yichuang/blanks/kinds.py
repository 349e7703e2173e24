"""The types of blanks a county has, as its folder gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import rules
from yichuang.blanks.models import BlankType, Proposal
from yichuang.journal.actions import record
from yichuang.places.models import Organ
from yichuang.verdict import Refusal


def publish_types(drafts: Sequence[rules.TypeDraft], *, by: Actor, at: datetime) -> int:
    """Make these types stand; how many were new or changed (0 on a second run).

    A type not named is left alone. Raises Refusal "blank-types-invalid" with the faults in
    `detail`, "blank-pattern-fixed" (409) when sheets with the old pattern are about.
    """
    if not drafts:
        return 0
    with transaction.atomic():
        organs = set(
            Organ.objects.filter(pk__in={draft.organ_code for draft in drafts}).values_list(
                "pk", flat=True
            )
        )
        faults = rules.check_types(drafts, organs)
        if faults:
            raise Refusal(
                "blank-types-invalid",
                _("空白证照种类表有%(count)s处错误，没有导入。") % {"count": len(faults)},
                remedy=_("请按提示改正后重新导入。"),
                detail={"faults": [str(fault) for fault in faults]},
            )
        present = BlankType.objects.in_bulk([draft.code for draft in drafts])
        changed = []
        for draft in drafts:
            row, old = _row(draft), present.get(draft.code)
            if old is not None and all(
                getattr(old, field.attname) == getattr(row, field.attname)
                for field in BlankType._meta.concrete_fields
            ):
                continue
            if (
                old is not None
                and old.pattern != row.pattern
                and Proposal.objects.filter(type=old).exists()
            ):
                raise Refusal(
                    "blank-pattern-fixed",
                    _("“%(name)s”已经有号段入库，号码的写法不能再改。") % {"name": old.name},
                    remedy=_("换了新版证照的，请另起一个种类编码。"),
                    status=409,
                )
            row.save(force_insert=old is None, force_update=old is not None)
            changed.append(draft.code)
        if changed:
            record(kind="blank-types.published", by=by, at=at, payload={"types": changed})
    return len(changed)


def _row(draft: rules.TypeDraft) -> BlankType:
    return BlankType(
        code=draft.code,
        name=draft.name,
        name_en=draft.name_en,
        organ_id=draft.organ_code,
        prefix=draft.prefix,
        width=draft.width,
        check_rule=draft.check,
        draft=draft.draft,
        note=draft.note,
    )
