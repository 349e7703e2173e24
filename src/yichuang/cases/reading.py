"""Opening what is sealed of a case, for a purpose that is written down."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from yichuang.accounts.actions.personal import reveal
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import fact_rules, permissions
from yichuang.cases.fact_rules import FactLine
from yichuang.cases.models import Case
from yichuang.verdict import Refusal


def facts(*, case_id: uuid.UUID, purpose: str, by: Actor, at: datetime) -> tuple[FactLine, ...]:
    """The application form in plain, journalled as "personal-data.revealed" in the case's stream.

    Raises "case-not-found" (404), "purpose-needed", "not-your-post" (403), "facts-missing" (404).
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None or not permissions.may_see(by, case):
        raise permissions.unseen()
    if not case.facts_sealed:
        raise Refusal(
            "facts-missing",
            _("本办件没有在系统里填写申请表。"),
            remedy=_("请看已交的纸质申请表或附件。"),
            status=404,
        )
    kept = json.loads(
        reveal(
            token=case.facts_sealed,
            table=fact_rules.TABLE,
            row=str(case.pk),
            column=fact_rules.COLUMN,
            purpose=purpose,
            by=by,
            at=at,
            stream=case.stream,
        )
    )
    version = authority.order().version(case.item_id, case.item_version_id)
    return fact_rules.lines(version.facts, kept, whole=True)
