"""The close of a day: the equation laid out, what two people counted, and the sheet to print."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yichuang.accounts.sessions import actor
from yichuang.blanks import day_queries, days, permissions, rules
from yichuang.design.context import named
from yichuang.faces.custody import blank_forms as forms
from yichuang.faces.custody.views.blanks import in_blanks, show
from yichuang.verdict import Refusal

MARKS = {rules.OPEN: "waiting", rules.BALANCED: "progress", rules.CLOSED: "done"}


@require_http_methods(["GET", "HEAD", "POST"])
@in_blanks
def day(request: HttpRequest, outlet: str, day: str) -> HttpResponse:
    """Count, check and close one day; open it again with a reason."""
    on = _date(day)
    by, at = actor(request), timezone.now()
    sheet = day_queries.day_sheet(by, outlet, on)
    count, reopen = forms.Count(lines=sheet.lines), forms.Reopen()
    refusal, status = None, 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        count = forms.Count(request.POST, lines=sheet.lines) if act == "count" else count
        reopen = forms.Reopen(request.POST) if act == "reopen" else reopen
        bound = {"count": count, "reopen": reopen}.get(act)
        if bound is not None and not bound.is_valid():
            status = 422
        else:
            try:
                done = _do(act, outlet, on, count, reopen, by=by, at=at)
            except Refusal as caught:
                refusal, status = caught, caught.status
                if caught.field == "reason":
                    reopen.add_error("reason", str(caught))
                    refusal = None
            else:
                messages.success(request, _said(done))
                return redirect("custody:blanks-day", outlet=outlet, day=day)
    context = {
        "sheet": sheet,
        "state": rules.DAY_STATES[sheet.state],
        "mark": MARKS[sheet.state],
        "lines": [
            {"row": line, "type": named(line.type_name, line.type_name_en)} for line in sheet.lines
        ],
        "count": count,
        "reopen": reopen,
        "refusal": refusal,
        "may_count": sheet.state != rules.CLOSED
        and not any(one.kind == "late" for one in sheet.blockers)
        and bool(permissions.may_count(by, outlet)),
        "may_close": sheet.state == rules.BALANCED
        and bool(permissions.may_count(by, outlet))
        and bool(rules.check_two_people(sheet.counted_person, by.person_id)),
        "may_reopen": sheet.state == rules.CLOSED and bool(permissions.may_reopen(by, outlet)),
        "failed": count if status == 422 and count.is_bound else reopen if reopen.errors else None,
    }
    return show(request, "blank_day", context, status=status)


def _do(
    act: str,
    outlet: str,
    on: date,
    count: forms.Count,
    reopen: forms.Reopen,
    **who: Any,
) -> day_queries.DaySheet:
    if act == "count":
        return days.count(outlet=outlet, day=on, found=count.found(), **who)
    if act == "close":
        return days.close(outlet=outlet, day=on, **who)
    if act == "reopen":
        return days.reopen(outlet=outlet, day=on, reason=reopen.cleaned_data["reason"], **who)
    raise Refusal(
        "event-unknown", _("没有这一步。"), remedy=_("请用页面上的按钮办理。"), status=404
    )


def _said(sheet: day_queries.DaySheet) -> str:
    if sheet.state == rules.CLOSED:
        return _("已日结。")
    if sheet.state == rules.BALANCED:
        return _("点清了，账实相符；请另一个人复核后日结。")
    return _("已保存，还有没平的地方。")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(
            "blank-day-unknown",
            _("没有这一天。"),
            remedy=_("请从网点页面的日结列表进入。"),
            status=404,
        ) from None
