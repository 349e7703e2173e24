"""My cases: what waits at this counter, nearest deadline first; and any case by its number."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yichuang.accounts.actor import Actor
from yichuang.cases import delivery_queries, queries
from yichuang.cases.queries import CaseSheet
from yichuang.design.context import named
from yichuang.documents import queries as documents
from yichuang.faces.window import words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.verdict import Refusal


@require_GET
@at_the_window
def cases(request: HttpRequest) -> HttpResponse:
    """One tab of the counter's own cases; the first tab with something in it unless one is named."""
    return _list(request)


def _list(
    request: HttpRequest, *, refusal: Refusal | None = None, wanted: str = ""
) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    names = queries.TABS[queries.worklist_of(by)]
    counts = queries.tab_counts(actor=by)
    waiting = next((tab for tab, count in counts.items() if count), next(iter(names)))
    tab = request.GET.get("tab") or waiting
    found = queries.worklist(actor=by, tab=tab, today=today, after=request.GET.get("after", ""))
    address = reverse("window:cases")
    rows = [
        {
            "id": row.id,
            "number": row.number,
            "item": named(row.item_name, row.item_name_en),
            "applicant": row.applicant,
            "place": row.place,
            "outlet": row.outlet,
            "state": words.state(row.state),
            "deadline": words.badge(row.deadline, row.state, row.delivery_deadline),
        }
        for row in found.rows
    ]
    following = urlencode({"tab": tab, "after": found.after})
    context = {
        "tabs": [
            {
                "text": queries.TAB_NAMES[name],
                "href": f"{address}?tab={name}",
                "count": counts.get(name),
                "current": name == tab,
            }
            for name in names
        ]
        + [
            {
                "text": _("送达异常"),
                "href": reverse("window:deliveries"),
                "count": delivery_queries.task_count(actor=by),
                "current": False,
            }
        ],
        "tab_name": queries.TAB_NAMES[tab],
        "rows": rows,
        "next": f"{address}?{following}" if found.after else "",
        "first": f"{address}?tab={tab}" if request.GET.get("after") else "",
        "refusal": refusal,
        "wanted": wanted,
    }
    return page(request, "cases", context, status=refusal.status if refusal else 200)


@require_POST
@at_the_window
def find(request: HttpRequest) -> HttpResponse:
    """From a case number, or from what a scanner reads off a paper's QR code, to the case.

    By POST: the applicant's code must not stand in an address.
    """
    typed = unicodedata.normalize("NFKC", request.POST.get("number", "")).strip()
    try:
        sheet = _found(typed, actor(request))
    except Refusal as refusal:
        return _list(request, refusal=refusal, wanted=typed[:200])
    return redirect("window:case", case_id=sheet.id)


def _found(typed: str, by: Actor) -> CaseSheet:
    today = timezone.localdate()
    if not typed:
        raise Refusal(
            "number-missing",
            _("没有填写办件编号。"),
            remedy=_("请输入办件编号，或扫描文书上的二维码。"),
        )
    head, _slash, last = typed.rstrip("/").rpartition("/")
    if head.endswith("/track"):
        seen = queries.tracked(code=last, today=today)
        return queries.case_sheet(case_id=seen.id, actor=by, today=today)
    if head.endswith("/verify"):
        facts = documents.facts_by_code(last)
        typed = facts.case_number if facts else last
    return queries.case_by_number(number=typed.upper(), actor=by, today=today)
