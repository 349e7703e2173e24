"""Messages: what did not go out, whether the accounts agree, and what the county does about it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.accounts.sessions import actor, requires
from yichuang.faces.cockpit.page import MESSAGES, page
from yichuang.messages import actions, permissions, queries, rules
from yichuang.messages.queries import DaySheet, DeadSheet, DifferenceSheet
from yichuang.verdict import Refusal

at_the_messages = requires(*MESSAGES)
DAY_KINDS = {"balanced": "done", "differs": "refused", "no_statement": "waiting"}


class NoteForm(forms.Form):
    """Why: kept with the entry."""

    note = forms.CharField(
        label=gettext_lazy("说明"),
        max_length=actions.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@at_the_messages
def listed(request: HttpRequest) -> HttpResponse:
    """What waits for a person, and the latest daily comparisons. 6 SQL."""
    by = actor(request)
    context = {
        "dead": [_dead(sheet) for sheet in queries.dead_letters(actor=by)],
        "days": [_day(sheet) for sheet in queries.days(actor=by)],
        "differences": queries.differences(actor=by),
        "figures": queries.figures(timezone.now()),
        "may_act": bool(permissions.may_act(by)),
    }
    return page(request, "messages", context)


def _dead(sheet: DeadSheet) -> dict[str, Any]:
    if sheet.undelivered:
        why = _("通道收下了，但没有送到")
    elif sheet.in_doubt:
        why = _("通道可能已经收下，没有答复")
    else:
        why = _("通道没有收下")
    return {"sheet": sheet, "why": why}


def _day(sheet: DaySheet) -> dict[str, Any]:
    text = str(rules.DAY_STATES[sheet.state])
    settled = sheet.state == "differs" and not sheet.still_open
    return {
        "sheet": sheet,
        "text": _("有差异，都已说明") if settled else text,
        "kind": "done" if settled else DAY_KINDS[sheet.state],
    }


@require_POST
@at_the_messages
def retry(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Send a dead letter again."""
    try:
        actions.retry(uid=uid, by=actor(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已安排重发，已记入日志。"))
    return redirect("cockpit:messages")


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_messages
def give_up(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Say why a dead letter need not be sent any more. 3 SQL."""
    found = next(
        (each for each in queries.dead_letters(actor=actor(request)) if each.uid == uid), None
    )
    words = {
        "title": _("不再发送"),
        "hint": _("写清怎么告知了当事人，或为什么不必告知。说明会记入日志。"),
        "done": _("已记为不再发送。"),
        "sheet": found,
    }
    return _explained(
        request,
        words,
        lambda note: actions.give_up(uid=uid, reason=note, by=actor(request), at=timezone.now()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_messages
def settle(request: HttpRequest, number: int) -> HttpResponse:
    """Say how a difference came about. 3 SQL."""
    found: DifferenceSheet | None = next(
        (each for each in queries.differences(actor=actor(request)) if each.id == number), None
    )
    words = {
        "title": _("说明对账差异"),
        "hint": _("写清原因和怎么核实的。说明会记入日志。"),
        "done": _("已记下说明。"),
        "difference": found,
    }
    return _explained(
        request,
        words,
        lambda note: actions.settle(
            difference_id=number, note=note, by=actor(request), at=timezone.now()
        ),
    )


def _explained(
    request: HttpRequest, words: dict[str, Any], act: Callable[[str], None]
) -> HttpResponse:
    """A form that asks why, and what follows from it."""
    form = NoteForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["note"])
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, words["done"])
            return redirect("cockpit:messages")
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return page(request, "message_note", {**words, "form": form, "refusal": refusal}, status=status)
