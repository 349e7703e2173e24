"""Papers that wait for the custodian: each shown as the very file, approved or refused."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yichuang.documents import approvals, rules, seal_queries, signing
from yichuang.faces.custody import forms
from yichuang.faces.custody.page import actor, in_custody, page
from yichuang.faces.custody.views.seals import PDF_POLICY
from yichuang.verdict import Refusal


@require_safe
@in_custody
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, and what was refused and still lacks its seal."""
    by = actor(request)
    refused = seal_queries.refused_papers(by)
    context = {
        "rows": seal_queries.waiting_papers(by),
        "refused": [{"row": row, "state": _state(row.state)} for row in refused],
        "provider": signing.state(),
    }
    return page(request, "approvals", context)


def _state(state: str) -> tuple[str, str]:
    if state == rules.FAILED:
        return _("没有盖章"), "refused"
    return _("等条件恢复后自动补盖"), "waiting"


@require_safe
@in_custody
def one(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """One paper beside the two buttons."""
    return _draw(request, paper_id)


def _draw(
    request: HttpRequest,
    paper_id: uuid.UUID,
    *,
    form: forms.Decline | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    by = actor(request)
    row = seal_queries.waiting_paper(paper_id, by)
    shown = approvals.preview(paper_id)
    context = {
        "row": row,
        "pages": shown.pages,
        "facts_sha256": shown.facts_sha256,
        "pdf_sha256": shown.pdf_sha256,
        "form": form or forms.Decline(),
        "refusal": refusal,
        "facts": [
            {"key": _("印章"), "value": row.seal_name},
            {"key": _("保管人"), "value": row.custodian},
            {"key": _("事项"), "value": row.item_name},
            {"key": _("办件编号"), "value": row.case_number},
            {"key": _("经办人"), "value": row.handler},
            {
                "key": _("编号时间"),
                "value": timezone.localtime(row.created_at).strftime("%Y-%m-%d %H:%M"),
            },
            {"key": _("页数"), "value": str(shown.pages)},
        ],
    }
    return page(request, "approval", context, status=status)


@require_safe
@in_custody
def file(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """The very bytes that will be signed, for the one page that frames them."""
    seal_queries.waiting_paper(paper_id, actor(request))
    shown = approvals.preview(paper_id)
    answer = HttpResponse(shown.pdf, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="preview.pdf"'
    answer["Content-Security-Policy"] = PDF_POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@require_POST
@in_custody
def approve(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """Approve one impression of exactly what was shown."""
    try:
        approvals.approve(
            paper_id=paper_id,
            facts_sha256=request.POST.get("facts_sha256", ""),
            pdf_sha256=request.POST.get("pdf_sha256", ""),
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        if refusal.code == "paper-not-awaiting":
            raise
        return _draw(request, paper_id, refusal=refusal, status=refusal.status)
    messages.success(request, _("已批准用印，文书正在签章。"))
    return redirect("custody:approvals")


@require_POST
@in_custody
def decline(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """Refuse the impression, with a reason."""
    form = forms.Decline(request.POST)
    if not form.is_valid():
        return _draw(request, paper_id, form=form, status=422)
    try:
        approvals.decline(
            paper_id=paper_id,
            reason=form.cleaned_data["reason"],
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        if refusal.code == "paper-not-awaiting":
            raise
        return _draw(request, paper_id, form=form, refusal=refusal, status=refusal.status)
    messages.success(request, _("已退回，理由会显示在办件里。"))
    return redirect("custody:approvals")
