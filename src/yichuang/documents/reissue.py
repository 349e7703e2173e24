"""Giving a paper anew because the first was misprinted or names the applicant wrongly.

The new paper has its own number and says which it replaces and why; the old one keeps its file and
from then on verifies as replaced. What was decided does not change: only words that may be set right
(CORRECTABLE) can differ.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts.actor import Actor
from yichuang.authority.rules import Ruling
from yichuang.documents import rules, sheets
from yichuang.documents.actions import completion, intend
from yichuang.documents.models import Paper, Seal
from yichuang.documents.register_rules import check_reason
from yichuang.documents.seal_rules import ItemSeals
from yichuang.journal.actions import record
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

CAUSES = {
    "misprint": gettext_lazy("文书有错字、漏字或者排印不清"),
    "name": gettext_lazy("申请人姓名（名称）写错"),
}
CORRECTABLE = {"misprint": ("decision",), "name": ("addressee",)}


def reissue(
    *,
    paper_id: uuid.UUID,
    cause: str,
    reason: str,
    corrected: Mapping[str, str],
    organ: Organ,
    seal: Seal | None,
    ruling: Ruling,
    ruling_of: Mapping[str, str],
    policy: ItemSeals | None,
    by: Actor,
    at: datetime,
) -> Paper:
    """Intend the paper that replaces a sealed one, under a seal in use now. The caller says who may.

    cause: a key of CAUSES. corrected: content key → right text (CORRECTABLE); {} to print it again.
    organ, seal, ruling, ruling_of, policy: as `intend` takes them, derived anew by the caller.
    Raises Refusal "reissue-not-now" (409), "reissue-cause", "reissue-fact", "reason-missing", and
    what `intend` refuses. One journal entry on the old paper.
    """
    check_reason(reason).enforce()
    if cause not in CAUSES:
        raise Refusal(
            "reissue-cause",
            _("请选择重出的原因。"),
            remedy=_("错字，或者姓名写错。"),
            field="cause",
        )
    with transaction.atomic():
        old = sheets.paper_row(paper_id, lock=True)
        if old.state != rules.SEALED or old.kind in rules.EVIDENCE or _replaced(old):
            raise _not_now()
        content = _content(old, cause, corrected)
        content["replaces"] = {"number": old.number, "cause": cause}
        content["ruling_of"] = dict(ruling_of)
        for own in ("date", "approver", "handler", "handler_id"):
            content.pop(own, None)
        content |= {"approver": by.name}
        try:
            with transaction.atomic():
                new = intend(
                    kind=old.kind,
                    stream=old.stream,
                    content=content,
                    organ=organ,
                    seal=seal,
                    ruling=ruling,
                    policy=policy,
                    replaces=old,
                    by=by,
                    at=at,
                )
        except IntegrityError as error:  # two people at once: one of them was first
            raise _not_now() from error
        record(
            kind="paper.reissued",
            by=by,
            at=at,
            stream=f"paper:{old.pk}",
            payload={
                "of": old.stream,
                "number": old.number,
                "by_number": new.number,
                "cause": cause,
                "reason": reason.strip(),
                "corrected": sorted(corrected),
            },
            tasks=[] if new.state == rules.AWAITING else [completion(new)],
        )
    return new


def _replaced(paper: Paper) -> bool:
    return Paper.objects.filter(replaces=paper).exists()


def _content(old: Paper, cause: str, corrected: Mapping[str, str]) -> dict[str, Any]:
    content = dict(old.content)
    for name, text in corrected.items():
        if name not in CORRECTABLE[cause] or name not in content or not text.strip():
            raise Refusal(
                "reissue-fact",
                _("这一项不能在重出文书时更改。"),
                remedy=_("要改决定本身，请撤销后重新作出。"),
                field=name,
            )
        content[name] = text.strip()
    return content


def _not_now() -> Refusal:
    return Refusal(
        "reissue-not-now",
        _("这份文书现在不能重出：没有签章，已经被替换，或者不是决定、告知类文书。"),
        remedy=_("已经替换过的，请重出替换后的那一份。"),
        status=409,
    )
