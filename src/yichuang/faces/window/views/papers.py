"""What is handed over the counter: the receipt with its paper and code, and the papers themselves."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yichuang.cases import lifecycle, queries
from yichuang.cases.queries import CaseSheet
from yichuang.clock.queries import calendar
from yichuang.clock.rules import Due
from yichuang.clock.rules import due as due_of
from yichuang.design.context import named
from yichuang.documents import rules as paper_rules
from yichuang.faces.window import words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.files import queries as stored
from yichuang.verdict import Refusal

TRIES = 60  # one a second: after that the clerk is told to look again later


@require_GET
@at_the_window
def receipt(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The number, the due day and how it was reached, the paper to print, the applicant's code.

    `?part=papers` is the fragment that asks again each second until every paper is sealed.
    """
    sheet = queries.case_sheet(case_id=case_id, actor=actor(request), today=timezone.localdate())
    context = {"case": sheet, **papers_of(sheet, request.GET.get("try", ""))}
    if request.GET.get("part") == "papers":
        return render(request, "window/papers.html", context)
    address = f"{settings.PUBLIC_URL}/track/{sheet.tracking_code}"
    context |= {
        "item_name": named(sheet.item_name, sheet.item_name_en),
        "state": words.state(sheet.state),
        "due": counted(sheet),
        "due_label": words.due_label(sheet.state),
        "badge": words.badge(sheet.deadline, sheet.state),
        "missing": [row for row in sheet.materials if row.state == "missing"],
        "delivery": words.DELIVERIES[sheet.delivery_method],
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        "address": address,
    }
    return page(request, "receipt", context)


def papers_of(sheet: CaseSheet, tried: str) -> dict[str, Any]:
    """The case's papers as the page shows them, and whether to ask again."""
    times = int(tried) if tried.isdecimal() and len(tried) < 4 else 0
    pending = any(paper.state == paper_rules.INTENDED for paper in sheet.papers)
    return {
        "papers": [
            {
                "id": paper.id,
                "title": paper.title,
                "number": paper.number,
                "state": {
                    "text": str(paper_rules.STATES[paper.state]),
                    "kind": words.PAPER_KINDS[paper.state],
                },
                "ready": paper.file_id is not None,
                "reason": paper.reason,
            }
            for paper in reversed(sheet.papers)
        ],
        "ask_again": pending and times < TRIES,
        "gave_up": pending and times >= TRIES,
        "tries": times + 1,
    }


def counted(sheet: CaseSheet) -> Due | None:
    """The running period step by step: the term, or the days of checking; None while none runs."""
    if sheet.arithmetic is not None or sheet.state != lifecycle.RECEIVED:
        return sheet.arithmetic
    filed: datetime = timezone.localtime(sheet.filed_at)
    try:
        return due_of(filed.date(), lifecycle.CHECK_DAYS, calendar())
    except Refusal:
        return None


@require_GET
@at_the_window
def paper(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> HttpResponseBase:
    """A sealed paper as the browser's own viewer shows it, to be printed."""
    sheet = queries.case_sheet(case_id=case_id, actor=actor(request), today=timezone.localdate())
    found = [one for one in sheet.papers if one.id == paper_id and one.file_id]
    if not found:
        raise Refusal(
            "paper-unknown",
            _("这份文书不在本办件里，或者还没有签章。"),
            remedy=_("请稍候片刻，从办件页面重新打开。"),
            status=404,
        )
    return _shown(found[0].file_id, f"{found[0].number}.pdf")


@require_GET
@at_the_window
def material(request: HttpRequest, case_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponseBase:
    """A material as it was handed in."""
    sheet = queries.case_sheet(case_id=case_id, actor=actor(request), today=timezone.localdate())
    if file_id not in {row.file_id for row in sheet.materials}:
        raise Refusal(
            "file-unknown",
            _("这个文件不在本办件里。"),
            remedy=_("请从办件页面重新打开。"),
            status=404,
        )
    return _shown(file_id)


def _shown(file_id: uuid.UUID, name: str = "") -> FileResponse:
    kept, handle = stored.open_file(file_id)
    return FileResponse(handle, filename=name or kept.name, content_type=kept.content_type)
