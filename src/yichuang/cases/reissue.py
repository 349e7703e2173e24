"""A decision paper given anew: misprinted, or the applicant's name is wrong. No step of the case: what
was decided stands, and so do its dates."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import lifecycle, papers, permissions, rules, step
from yichuang.cases.models import Case
from yichuang.documents import reissue as documents
from yichuang.documents.models import Paper
from yichuang.documents.sheets import policy_of
from yichuang.verdict import YES, Refusal, Verdict, no

# Decisions and what tells of them; the case must still stand by them.
KINDS = ("grant_decision", "refusal_decision", "result_notice", "refusal_notice")


def may_reissue(actor: Actor, case: Case) -> Verdict:
    """Only a decider of the organ that decided, while the decision stands."""
    if actor.role != roles.DECIDER or actor.organ_code != case.decider_id:
        return no(
            "not-yours",
            _("文书由作出决定的机关的审批人员重出。"),
            remedy=_("请联系作出决定的机关。"),
        )
    if case.state == lifecycle.REVOKED or not case.decided_at:
        return no(
            "reissue-not-now",
            _("这个办件没有有效的决定，不能重出决定文书。"),
            remedy=_("请核对办件的现状。"),
        )
    return YES


def reissue(
    *,
    case_id: uuid.UUID,
    paper_id: uuid.UUID,
    cause: str,
    reason: str,
    corrected: Mapping[str, str],
    by: Actor,
    at: datetime,
) -> papers.Given:
    """Give a paper of this case anew; the new one names the old. One journal entry.

    Raises Refusal "case-not-found" (404), "not-yours" (403), "reissue-not-now" (409), "grant-gone"
    is not asked: the ruling is derived afresh here and again before the seal ("ruling-moved").
    And what documents.reissue refuses.
    """
    rules.check_private(reason, *corrected.values()).enforce()
    with transaction.atomic():
        order = authority.order(lock=True)
        case = step.locked(case_id)
        permissions.may_see(by, case).enforce(status=404)
        may_reissue(by, case).enforce(status=403)
        old = Paper.objects.filter(pk=paper_id, stream=case.stream, kind__in=KINDS).first()
        if old is None:
            raise Refusal(
                "paper-unknown",
                _("这个办件没有这份决定文书。"),
                remedy=_("请回到办件页面，从文书列表里选择。"),
                status=404,
            )
        today = timezone.localdate(at)
        with override(papers.CHINESE):
            organ, seal = papers.authority_of(case, old.kind, order, at)
            ruling = order.ruling(case.item_id, case.place_id, case.outlet_id, today)
            new = documents.reissue(
                paper_id=old.pk,
                cause=cause,
                reason=reason,
                corrected=corrected,
                organ=organ,
                seal=seal,
                ruling=ruling,
                ruling_of=papers.ruling_of(case, old.kind, at),
                policy=policy_of(order.competence(case.item_id, today)),
                by=by,
                at=at,
            )
    return papers.Given(new.pk, new.number)
