"""Receiving a result: what the courier told, agreeing to electronic delivery, opening the paper.

Everything that changes something is posted: what merely reads an address ahead opens nothing.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yichuang.cases import delivery_queries, electronic, lifecycle, papers, tracking
from yichuang.cases import queries as cases
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.queries import CaseSheet
from yichuang.documents.queries import PaperSheet
from yichuang.faces.portal import attempts
from yichuang.faces.portal.page import private
from yichuang.verdict import Refusal


def shown(sheet: CaseSheet) -> dict[str, Any]:
    """How the result comes to its applicant. At most 2 SQL, none before a decision."""
    decided = sheet.decided_at is not None
    parcel = delivery_queries.parcel_of(sheet.id) if decided else None
    if parcel is not None and (parcel.set_aside or not parcel.events):
        parcel = None
    running = sheet.state in electronic.BEFORE
    return {
        "parcel": parcel,
        "parcel_steps": _steps(parcel) if parcel else [],
        "may_agree": running and not (sheet.online_since or sheet.courier_number or parcel),
        "agreed": running and sheet.online_since is not None,
        "may_open": waits_to_be_opened(sheet) and any(map(_sealed_result, sheet.papers)),
    }


def _steps(parcel: delivery_queries.ParcelSheet) -> list[dict[str, Any]]:
    """What the courier told, in words; who signed only masked."""
    last = len(parcel.events) - 1
    lines = []
    for number, event in reversed(list(enumerate(parcel.events))):
        said = (
            [event.signer, str(parcels.RELATIONS[event.relation])] if event.kind == "signed" else []
        )
        lines.append(
            {
                "title": event.name,
                "when": event.at,
                "by": event.place,
                "text": " ".join(part for part in said if part),
                "state": "current" if number == last else "done",
            }
        )
    return lines


def waits_to_be_opened(sheet: CaseSheet) -> bool:
    return sheet.online_since is not None and sheet.state in lifecycle.DECIDED_STATES


def kept_back(sheet: CaseSheet, paper: PaperSheet) -> bool:
    """Whether opening this paper is receiving it, and has to be said first."""
    return waits_to_be_opened(sheet) and _sealed_result(paper)


def _sealed_result(paper: PaperSheet) -> bool:
    return paper.kind in papers.RESULTS and paper.file_id is not None


@private
@require_POST
def online(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to electronic delivery, or would rather have paper after all."""
    sheet = _case(request, code)
    by, at = tracking.bearer(sheet.id), timezone.now()
    try:
        if request.POST.get("agree") == "1":
            electronic.consent(case_id=sheet.id, how="link", by=by, at=at)
            messages.success(request, _("已改为电子送达。文书盖好章后，请在这里打开。"))
        else:
            electronic.take_back(case_id=sheet.id, how="link", by=by, at=at)
            messages.success(request, _("已改回原来的领取方式。"))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]))


@private
@require_POST
def opened(request: HttpRequest, code: str) -> HttpResponse:
    """Open the result: it is delivered, and can be saved from now on."""
    sheet = _case(request, code)
    if waits_to_be_opened(sheet):  # twice is once
        by = tracking.bearer(sheet.id)
        try:
            electronic.open_(case_id=sheet.id, seq=sheet.seq, by=by, at=timezone.now())
            messages.success(request, _("文书已经送达，现在可以下载保存。"))
        except Refusal as refusal:
            messages.error(request, f"{refusal.message}{refusal.remedy}")
    return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]) + "#papers")


def _case(request: HttpRequest, code: str) -> CaseSheet:
    with attempts.wrong_codes(request, "track"):
        return cases.tracked(code=code, today=timezone.localdate())
