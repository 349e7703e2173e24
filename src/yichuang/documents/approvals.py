"""Approving one impression, paper by paper: the custodian of the seal, and nobody else.

The approval covers what the custodian saw: the facts (their hash) and the very bytes that will be
signed (the hash of the set paper). One approval, one impression: a paper that failed since has to be
approved again.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.documents import permissions, register_rules, rendering, rules, seal_rules, sheets
from yichuang.documents.actions import completion, still_rules
from yichuang.documents.models import Paper
from yichuang.journal.actions import record
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class Preview:
    """The paper as it would be signed. facts_sha256, pdf_sha256: what an approval must name."""

    pdf: bytes
    pages: int
    facts_sha256: str
    pdf_sha256: str


def preview(paper_id: uuid.UUID) -> Preview:
    """Set a waiting paper. Raises Refusal "paper-not-awaiting" (409), "paper-not-set"."""
    paper = _waiting(paper_id)
    try:
        rendered = rendering.render(sheets.sheet_of(paper))
    except rendering.RenderFailed as problem:
        raise Refusal(
            "paper-not-set",
            _("这份文书排不出版，不能批准。"),
            remedy=_("请退回并请运维人员查看原因。"),
            status=409,
        ) from problem
    return Preview(
        rendered.pdf,
        rendered.pages,
        sheets.facts_hash(paper),
        hashlib.sha256(rendered.pdf).hexdigest(),
    )


def approve(
    *, paper_id: uuid.UUID, facts_sha256: str, pdf_sha256: str, by: Actor, at: datetime
) -> None:
    """Approve one impression of the paper as it was seen.

    Raises Refusal "paper-not-awaiting" (409), "not-the-custodian", "not-your-post", "same-person"
    (403), "paper-moved" (409) when it is no longer what was seen, "seal-hours" (409), and what
    forbids the seal ("seal-wrong", "seal-scope", "seal-suspended", "ruling-moved").
    """
    with transaction.atomic():
        paper = _waiting(paper_id, lock=True)
        _check_person(paper, by)
        if sheets.facts_hash(paper) != facts_sha256 or not pdf_sha256:
            raise Refusal(
                "paper-moved",
                _("文书内容与您看到的不一样了，没有批准。"),
                remedy=_("请重新打开预览核对。"),
                status=409,
            )
        register_rules.in_hours(paper.seal.hours, localtime(at)).enforce(status=409)
        in_name_of, policy = still_rules(paper, at=at)
        seal_rules.may_use(
            sheets.seal_facts(paper.seal),
            paper_kind=paper.kind,
            permit=bool(paper.content.get("is_permit")),
            item_code=paper.content.get("item_code", ""),
            in_name_of=in_name_of,
            on=localdate(at),
            policy=policy,
        ).enforce(status=403)
        _settle(
            paper,
            state=rules.INTENDED,
            reason="",
            approved_sha256=facts_sha256,
            approved_by=by.journal_record(),
            approved_person=by.person_id,
            approved_at=at,
            unsigned_sha256=pdf_sha256,
            signed_sha256="",
        )
        record(
            kind="seal.approved",
            by=by,
            at=at,
            stream=f"paper:{paper.pk}",
            payload={
                "of": paper.stream,
                "number": paper.number,
                "seal": paper.seal_id,
                "facts_sha256": facts_sha256,
                "pdf_sha256": pdf_sha256,
            },
            tasks=[completion(paper)],
        )


def decline(*, paper_id: uuid.UUID, reason: str, by: Actor, at: datetime) -> None:
    """Refuse the impression, with a reason the unit that gave the paper reads on the case.

    Raises Refusal "paper-not-awaiting" (409), "not-the-custodian" (403), "reason-missing".
    """
    register_rules.check_reason(reason).enforce()
    with transaction.atomic():
        paper = _waiting(paper_id, lock=True)
        permissions.may_approve(by, paper.seal).enforce(status=403)
        said = _("印章保管人没有批准用印：%(reason)s") % {"reason": reason.strip()}
        _settle(paper, state=rules.FAILED, reason=said)
        record(
            kind="seal.refused",
            by=by,
            at=at,
            stream=f"paper:{paper.pk}",
            payload={
                "of": paper.stream,
                "number": paper.number,
                "seal": paper.seal_id,
                "code": "custodian-declined",
                "reason": reason.strip(),
                "state": rules.FAILED,
            },
        )


def _check_person(paper: Paper, by: Actor) -> None:
    permissions.may_approve(by, paper.seal).enforce(status=403)
    if by.person_id == paper.content.get("handler_id"):
        raise Refusal(
            "same-person",
            _("这份文书是您自己出具的，不能由您批准用印。"),
            remedy=_("请先把印章交由另一位保管人。"),
            status=403,
        )


def _settle(paper: Paper, **columns: object) -> None:
    if not Paper.objects.filter(pk=paper.pk, state=rules.AWAITING).update(**columns):
        raise _not_awaiting()


def _waiting(paper_id: uuid.UUID, *, lock: bool = False) -> Paper:
    try:
        paper = sheets.paper_row(paper_id, lock=lock)
    except Paper.DoesNotExist:
        raise _not_awaiting(status=404) from None
    if paper.state != rules.AWAITING or paper.seal is None:
        raise _not_awaiting()
    return paper


def _not_awaiting(status: int = 409) -> Refusal:
    return Refusal(
        "paper-not-awaiting",
        _("这份文书现在不等用印审批：一次批准只用一次印，已经批准、退回或盖过章的不能再批。"),
        remedy=_("请回到“待用印”看现在的状态。"),
        status=status,
    )
