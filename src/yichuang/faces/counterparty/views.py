"""What was handed to this company: the lists, one referral, a look at who it is, and the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yichuang.cases import referral_queries as queries
from yichuang.cases import referrals as acting
from yichuang.cases.contact_queries import Line
from yichuang.cases.handing_rules import COMPANY, OPEN_REFERRALS, REFERRAL
from yichuang.cases.referral_queries import ReferralSheet
from yichuang.cases.referrals import Looked
from yichuang.cases.sheets import Deadline
from yichuang.design import steps
from yichuang.design.context import named
from yichuang.faces.counterparty import forms
from yichuang.faces.counterparty.page import actor, at_the_company, page
from yichuang.verdict import Refusal

STATE_KINDS = {
    "handed": "new",
    "received": "progress",
    "need_more": "waiting",
    "done": "done",
    "refused": "refused",
    "withdrawn": "neutral",
}
STEPS: Mapping[str, tuple[type[forms.StepForm], Callable[..., acting.Handed], str]] = {
    "receive": (forms.StepForm, acting.receive, "primary"),
    "done": (forms.Done, acting.answer, "primary"),
    "ask_more": (forms.AskMore, acting.ask_more, "secondary"),
    "refuse": (forms.Refuse, acting.answer, "warning"),
}
BUTTONS: Mapping[str, Any] = {
    "receive": gettext_lazy("接收"),
    "done": gettext_lazy("已办好，答复"),
    "ask_more": gettext_lazy("要求补充"),
    "refuse": gettext_lazy("未能办理，答复"),
}


@require_safe
@at_the_company
def listed(request: HttpRequest) -> HttpResponse:
    """One tab, nearest due day first; the first tab with something in it unless one is named."""
    by, today = actor(request), timezone.localdate()
    tabs = queries.TABS["company"]
    counts = queries.counts(actor=by, today=today)
    tab = request.GET.get("tab") or next((each for each in tabs if counts.get(each)), "new")
    names = {each: name for each, (name, _q) in tabs.items()} | {queries.OVERDUE: _("已超期")}
    rows = [
        {
            "row": row,
            "item": named(row.item_name, row.item_name_en),
            "state": _state(row.state),
            "deadline": _deadline(row.deadline),
        }
        for row in queries.referrals(actor=by, tab=tab, today=today)
    ]
    context = {
        "tabs": [
            {
                "text": name,
                "href": f"{reverse('counterparty:list')}?tab={each}",
                "count": counts.get(each),
                "current": each == tab,
            }
            for each, name in names.items()
        ],
        "tab_name": names.get(tab, ""),
        "rows": rows,
        "full": len(rows) == queries.PAGE,
    }
    return page(request, "list", context)


def _state(code: str) -> dict[str, str]:
    return {"text": str(queries.STATES[code]), "kind": STATE_KINDS[code]}


def _deadline(deadline: Deadline) -> dict[str, Any] | None:
    """What the deadline mark is fed; None where nothing runs; `text` where no day is known."""
    if deadline.colour == "done":
        return None
    if deadline.colour == "unknown":
        return {"text": _("日历未公布，期限待定")}
    left = deadline.left or 0
    near = -1 if deadline.colour == "green" else max(left, 0)
    paused = deadline.colour == "paused"
    return {
        "left": left,
        "due": None if paused else deadline.due_on,
        "near": near,
        "paused": paused,
    }


@require_safe
@at_the_company
def referral(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """One referral, the applicant masked."""
    return _page(request, _seen(request, referral_id))


def _seen(request: HttpRequest, referral_id: uuid.UUID) -> ReferralSheet:
    return queries.referral_sheet(
        referral_id=referral_id, actor=actor(request), today=timezone.localdate()
    )


def _page(
    request: HttpRequest,
    sheet: ReferralSheet,
    *,
    failed: str = "",
    bound: forms.StepForm | None = None,
    refusal: Refusal | None = None,
    looked: Looked | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "referral": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "situation": [
            (named(one.ask, one.ask_en), named(one.answer, one.answer_en))
            for one in sheet.situation
        ],
        "state": _state(sheet.state),
        "deadline": _deadline(sheet.deadline),
        "may_look": sheet.state in OPEN_REFERRALS,
        "looked": looked,
        "timeline": _story(sheet),
        "offers": steps.offers(
            STEPS,
            may=sheet.may,
            seq=sheet.seq,
            name=BUTTONS.__getitem__,
            address=lambda event: reverse("counterparty:cause", args=[sheet.id, event]),
            failed=failed,
            bound=bound,
        ),
        "failed_form": bound if failed in sheet.may else None,
        "lost": steps.lost(bound) if bound is not None and failed not in sheet.may else "",
        "refusal": refusal,
    }
    return page(request, "referral", context, status=status)


def _story(sheet: ReferralSheet) -> list[dict[str, Any]]:
    """The timeline, newest first; the window's people are the window, one's own have a name."""
    last = len(sheet.timeline) - 1
    return [
        {
            "title": line.name,
            "when": line.at,
            "by": line.author if REFERRAL[line.event].owner == COMPANY else sheet.outlet,
            "text": _said(line),
            "state": "current" if number == last else "done",
        }
        for number, line in reversed(list(enumerate(sheet.timeline)))
    ]


def _said(line: Line) -> str:
    return "；".join(
        str(line.detail[key]) for key in ("what", "answer", "reason") if line.detail.get(key)
    )


@require_POST
@at_the_company
def look(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Name, phone and request in full, this once. The journal keeps who looked and when."""
    looked = acting.look(referral_id=referral_id, by=actor(request), at=timezone.now())
    return _page(request, _seen(request, referral_id), looked=looked)


@require_POST
@at_the_company
def cause(request: HttpRequest, referral_id: uuid.UUID, event: str) -> HttpResponse:
    """Take one step. A refused one comes back with everything that was typed."""
    if event not in STEPS:
        raise Refusal(
            "event-unknown",
            _("没有这一步。"),
            remedy=_("请回到转办页面，按页面上的按钮办理。"),
            status=404,
        )
    sheet = _seen(request, referral_id)
    kind, action, _kind = STEPS[event]
    form = kind(request.POST, seq=sheet.seq, event=event)
    if form.has_error("seq"):
        return redirect("counterparty:referral", referral_id=referral_id)
    if not form.is_valid():
        return _page(request, sheet, failed=event, bound=form, status=422)
    try:
        action(
            referral_id=referral_id,
            seq=form.cleaned_data["seq"],
            by=actor(request),
            at=timezone.now(),
            **form.arguments(),
        )
    except Refusal as refusal:
        now = _seen(request, referral_id)
        form = kind(steps.renewed(request.POST, now.seq), seq=now.seq, event=event)
        said: Refusal | None = refusal
        if form.is_valid() and form.text and refusal.field == form.text:
            form.add_error(form.text, str(refusal))
            said = None
        return _page(request, now, failed=event, bound=form, refusal=said, status=refusal.status)
    messages.success(request, _("已完成：%(event)s。") % {"event": REFERRAL[event].name})
    return redirect("counterparty:referral", referral_id=referral_id)
