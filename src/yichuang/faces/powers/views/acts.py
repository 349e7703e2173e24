"""The steps of a grant's life, each after a look at what it would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yichuang.authority import actions, grant_rules
from yichuang.authority import grant_queries as queries
from yichuang.authority.facts import Grant
from yichuang.authority.grant_queries import GrantSheet
from yichuang.authority.permissions import may_keep_grants
from yichuang.authority.queries import Order
from yichuang.authority.queries import order as standing_order
from yichuang.cases import returns
from yichuang.faces.powers import seals, words
from yichuang.faces.powers.forms import EndForm
from yichuang.faces.powers.page import actor, at_the_register, page
from yichuang.faces.powers.views import register
from yichuang.verdict import Refusal

ENDS = ("suspend", "lift", "revoke")
BUTTONS: Mapping[str, Any] = {
    "approve": gettext_lazy("批准"),
    "publish": gettext_lazy("公布"),
    "suspend": gettext_lazy("确认暂停"),
    "lift": gettext_lazy("确认恢复"),
    "revoke": gettext_lazy("确认撤销"),
    "drop": gettext_lazy("确认作废"),
}
MOST_CASES = 20  # running cases named; the rest are counted


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_register
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step: shown with what it would change, and taken. 6 SQL to show."""
    may_keep_grants(actor(request)).enforce(status=403)
    if verb not in BUTTONS:
        raise Refusal(
            "verb-unknown",
            _("授权文书没有这一步。"),
            remedy=_("请回到文书页面，按页面上的按钮办理。"),
            status=404,
        )
    at = timezone.now()
    today = timezone.localdate(at)
    sheet = queries.grant(number)
    seq = _seq(request, sheet)
    form, refusal, status = None, None, 200
    if verb in ENDS:
        looking = request.POST.get("act") == "look"
        form = EndForm(request.POST or None, verb=verb, initial={"on": today})
        if form.is_bound and not form.is_valid():
            if looking:  # only the days matter for a look
                form.errors.pop("reason", None)
            status = 200 if looking and not form.errors else 422
    else:
        looking = False
    if request.method == "POST" and not looking and (form is None or form.is_valid()):
        try:
            _take(request, verb, number, seq, form, at)
        except Refusal as refused:
            if refused.status in (403, 404):
                raise
            refusal, status = refused, refused.status
        else:
            told = _("已完成：%(step)s。") % {"step": grant_rules.LIFE[verb].name}
            messages.success(request, told)
            return redirect("powers:grant", number=number)
    return _page(request, sheet, verb, form, refusal, today, status)


def _seq(request: HttpRequest, sheet: GrantSheet) -> int:
    """The state that the page showed which was sent; none, if that cannot be read."""
    if request.method != "POST":
        return sheet.seq
    given = request.POST.get("seq", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else -1


def _take(
    request: HttpRequest, verb: str, number: str, seq: int, form: EndForm | None, at: datetime
) -> None:
    common: dict[str, Any] = {"number": number, "seq": seq, "by": actor(request), "at": at}
    if form is None:
        if verb == "drop":
            actions.drop_grant(**common)
            return
        common["seals"] = seals.entrustable(queries.grant(number).draft.valid_from)
        if verb == "approve":
            actions.approve_grant(**common)
        else:
            actions.publish_grant(follows=returns.NOW, **common)
        return
    said = form.cleaned_data
    common |= {"reason": said["reason"], "follows": returns.NOW}
    if verb == "suspend":
        actions.suspend(starts_on=said["on"], ends_on=said["ends_on"], **common)
    elif verb == "lift":
        actions.lift(on=said["on"], **common)
    else:
        actions.revoke(on=said["on"], **common)


def _page(
    request: HttpRequest,
    sheet: GrantSheet,
    verb: str,
    form: EndForm | None,
    refusal: Refusal | None,
    today: date,
    status: int,
) -> HttpResponse:
    order = standing_order()
    context = register.context(request, sheet, order, today)
    context |= {
        "verb": verb,
        "form": form,
        "refusal": refusal,
        "may_now": verb in context["verbs"],
        "button": BUTTONS[verb],
        "heading": grant_rules.LIFE[verb].name,
        "warning": verb in ("revoke", "suspend", "drop"),
    }
    if verb != "drop" and context["may_now"]:
        context |= _preview(sheet, order, verb, form, today)
    return page(request, "act", context, order=order, status=status)


def _preview(
    sheet: GrantSheet, order: Order, verb: str, form: EndForm | None, today: date
) -> dict[str, Any]:
    """What the step would change, on the first day on which it does. 1 SQL."""
    changed, on = _changed(sheet, verb, form, today)
    preview = queries.preview(order, changed, on)
    moving = returns.would_move(order, order.granting(changed), sheet.draft.items, on)
    return {
        "preview": preview,
        "changes": words.changes(preview, order),
        "moving": moving[:MOST_CASES],
        "moving_count": len(moving),
    }


def _changed(sheet: GrantSheet, verb: str, form: EndForm | None, today: date) -> tuple[Grant, date]:
    """The grant as it would be after the step, and the first day that differs."""
    first = sheet.draft.valid_from
    if form is None:
        return sheet.grant, max(first, today)
    said = getattr(form, "cleaned_data", {})
    on = max(said.get("on") or today, today)
    if verb == "suspend":
        ends = said.get("ends_on")
        last = ends if ends is None or ends >= on else None
        return queries.suspended(sheet, on, last), max(first, on)
    if verb == "lift":
        return queries.lifted(sheet, on), max(first, on)
    return queries.revoked(sheet, on), max(first, on)
