"""The ledger of impressions: search, pages, CSV, print."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.design.tables import csv_file
from yichuang.documents import seal_queries
from yichuang.documents.seal_queries import PAGE, LedgerLine
from yichuang.faces.custody import forms
from yichuang.faces.custody.page import actor, in_custody, page


@require_safe
@in_custody
def listed(request: HttpRequest) -> HttpResponse:
    """One page of the ledger, newest first."""
    form = forms.LedgerSearch(request.GET)
    search = form.search()
    before = request.GET.get("before", "")
    rows = seal_queries.ledger(
        actor(request), search, before=int(before) if before.isdecimal() else None
    )
    asked = {key: value for key, value in request.GET.items() if value and key != "before"}
    older = rows[PAGE - 1].position if len(rows) > PAGE else None
    context = {
        "form": form,
        "rows": rows[:PAGE],
        "older": f"?{urlencode({**asked, 'before': older})}" if older else "",
        "newest": f"?{urlencode(asked)}" if before else "",
        "csv": f"{reverse('custody:ledger-csv')}?{urlencode(asked)}",
        "asked": bool(asked),
    }
    return page(request, "ledger", context)


@require_safe
@in_custody
def as_csv(request: HttpRequest) -> HttpResponse:
    """What was found as a file, numbers as text, at most seal_queries.EXPORT lines."""
    search = forms.LedgerSearch(request.GET).search()
    found = seal_queries.export(actor(request), search)
    return csv_file("seal-ledger.csv", _head(), (_columns(row) for row in found))


def _head() -> list[str]:
    return [
        _("总序号"),
        _("时间"),
        _("用印编号"),
        _("印章"),
        _("用印单位"),
        _("文书"),
        _("文书编号"),
        _("事项"),
        _("办件编号"),
        _("份数"),
        _("经办人"),
        _("审批人"),
        _("授权文号"),
        _("备注"),
        _("本行摘要"),
    ]


def _columns(row: LedgerLine) -> list[str]:
    return [
        str(row.position),
        timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S"),
        row.number,
        row.seal_name,
        row.organ_name,
        row.paper_title,
        row.paper_number,
        row.item_code,
        row.case_number,
        str(row.copies),
        row.handler,
        row.approver,
        row.grant_number,
        row.note,
        row.row_hash,
    ]
