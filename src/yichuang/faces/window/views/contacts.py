"""首问登记: log what was asked, hand it over, receive it, close it; and who has waited too long."""

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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.accounts import roles
from yichuang.accounts.actions import personal
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import contact_queries as queries
from yichuang.cases import contacts as acting
from yichuang.cases.contact_queries import ContactSheet, Line
from yichuang.cases.handing_rules import CONTACT
from yichuang.cases.models import Contact
from yichuang.design import steps
from yichuang.design.context import named
from yichuang.faces.window import handing_forms as forms
from yichuang.faces.window import words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.verdict import Refusal

STATE_KINDS = {"open": "attention", "handed": "waiting", "received": "progress", "closed": "done"}
STEPS: Mapping[str, tuple[type[forms.StepForm], Callable[..., acting.Logged], str]] = {
    "receive": (forms.StepForm, acting.receive, "primary"),
    "close": (forms.Close, acting.close, "primary"),
    "hand_over": (forms.HandOver, acting.hand_over, "secondary"),
}
NEAR_OUTLETS = ("hall", "centre", "bureau")  # offered by name; a village's own by its town


@require_GET
@at_the_window
def contacts(request: HttpRequest) -> HttpResponse:
    """One tab of the counter's contacts, who waits longest first."""
    by, today = actor(request), timezone.localdate()
    counts = queries.counts(actor=by)
    tab = request.GET.get("tab", "")
    if tab not in queries.TABS:
        tab = "to_us" if counts["to_us"] else "mine"
    rows = [
        {
            "row": row,
            "item": named(row.item_name, row.item_name_en),
            "state": state(row.state),
            "waited": waited(row.waited, row.colour),
        }
        for row in queries.contacts(actor=by, tab=tab, today=today)
    ]
    address = reverse("window:contacts")
    context = {
        "tabs": [
            {
                "text": name,
                "href": f"{address}?tab={each}",
                "count": counts.get(each),
                "current": each == tab,
            }
            for each, name in queries.TABS.items()
        ],
        "tab_name": queries.TABS[tab],
        "rows": rows,
        "full": len(rows) == queries.PAGE,
    }
    return page(request, "contacts", context)


def state(code: str) -> dict[str, str]:
    return {"text": str(queries.STATES[code]), "kind": STATE_KINDS[code]}


def waited(days: int | None, colour: str) -> dict[str, str] | None:
    """How long somebody has waited, as a status mark; None where nobody waits or nobody can say."""
    if days is None:
        return None
    text = _("今天") if days == 0 else _("等了%(n)s个工作日") % {"n": days}
    return {
        "text": text,
        "kind": {"green": "neutral", "yellow": "attention"}.get(colour, "overdue"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
def new(request: HttpRequest) -> HttpResponse:
    """The form, with the item of `?item=` if one is named; a refused one keeps what was typed."""
    order = authority.order()
    if request.method != "POST":
        form = forms.ContactForm(initial={"item": request.GET.get("item", "")[:60]})
        return _form(request, order, form)
    form = forms.ContactForm(request.POST)
    if not form.is_valid():
        return _form(request, order, form, status=422)
    given = form.cleaned_data
    try:
        logged = acting.open_contact(
            matter=given["matter"],
            item_code=given["item"],
            phone=given["phone"],
            to_organ=given["to_organ"],
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        said = None if form.blame(refusal) else refusal
        return _form(request, order, form, refusal=said, status=refusal.status)
    messages.success(request, _("已登记，由您负责到有人接下为止。"))
    return redirect("window:contact", contact_id=logged.contact_id)


def _form(
    request: HttpRequest,
    order: Order,
    form: forms.ContactForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    items = [
        (code, named(versions[-1].name, versions[-1].name_en))
        for code, versions in sorted(order.items.items())
    ]
    context = {"form": form, "refusal": refusal, "items": items}
    return page(request, "contact_new", context, order=order, status=status)


@require_GET
@at_the_window
def contact(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    return _page(request, _seen(request, contact_id))


def _seen(request: HttpRequest, contact_id: uuid.UUID) -> ContactSheet:
    return queries.contact_sheet(
        contact_id=contact_id, actor=actor(request), today=timezone.localdate()
    )


def _page(
    request: HttpRequest,
    sheet: ContactSheet,
    *,
    failed: str = "",
    bound: forms.StepForm | None = None,
    refusal: Refusal | None = None,
    shown: str = "",
    status: int = 200,
) -> HttpResponse:
    order = authority.order()
    context = {
        "contact": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "state": state(sheet.state),
        "waited": waited(sheet.waited, sheet.colour),
        "outcome": queries.OUTCOMES.get(sheet.outcome, ""),
        "timeline": story(sheet.timeline, order),
        "offers": steps.offers(
            STEPS,
            may=sheet.may,
            seq=sheet.seq,
            name=lambda event: CONTACT[event].name,
            address=lambda event: reverse("window:contact-cause", args=[sheet.id, event]),
            failed=failed,
            bound=bound,
        ),
        "receivers": _receivers(order, actor(request).outlet_code),
        "failed_form": bound if failed in sheet.may else None,
        "lost": steps.lost(bound) if bound is not None and failed not in sheet.may else "",
        "refusal": refusal,
        "shown": shown,
        "purposes": [("contact", words.PURPOSES["contact"])],
    }
    return page(request, "contact", context, order=order, status=status)


def _receivers(order: Order, own: str) -> list[tuple[str, str]]:
    """(code, name) of who may be handed to: halls and centres, the own town's stations, organs."""
    town = order.outlet(own).outlet.town_code
    outlets = [
        (code, facts.name)
        for code, facts in sorted(order.outlets.items())
        if code != own and (facts.outlet.kind in NEAR_OUTLETS or facts.outlet.town_code == town)
    ]
    return outlets + [(code, organ.name) for code, organ in sorted(order.organs.items())]


def story(timeline: tuple[Line, ...], order: Order) -> list[dict[str, Any]]:
    """The timeline, newest first: who did what, to whom, and what they said."""
    last = len(timeline) - 1
    return [
        {
            "title": line.name,
            "when": line.at,
            "by": _("%(name)s（%(role)s）")
            % {"name": line.author, "role": roles.name_of(line.role)},
            "text": _said(line.detail, order),
            "state": "current" if number == last else "done",
        }
        for number, line in reversed(list(enumerate(timeline)))
    ]


def _said(detail: Mapping[str, Any], order: Order) -> str:
    parts = [detail.get(key, "") for key in ("what", "answer", "reason")]
    # whom it went to; an entry's outlet is where it was taken in unless it was handed over
    if detail.get("to") == "handed" and detail.get("outlet") in order.outlets and "from" in detail:
        parts.append(_("转交%(name)s") % {"name": order.outlets[detail["outlet"]].name})
    if detail.get("organ") in order.organs:
        parts.append(_("转交%(name)s") % {"name": order.organs[detail["organ"]].name})
    if detail.get("case"):
        parts.append(_("办件%(number)s") % {"number": detail["case"]})
    return "；".join(str(part) for part in parts if part)


@require_POST
@at_the_window
def cause(request: HttpRequest, contact_id: uuid.UUID, event: str) -> HttpResponse:
    """Take one step. A refused one comes back with everything that was typed."""
    if event not in STEPS:
        raise Refusal(
            "event-unknown",
            _("窗口没有这一步。"),
            remedy=_("请回到登记页面，按页面上的按钮办理。"),
            status=404,
        )
    sheet = _seen(request, contact_id)
    kind, action, _kind = STEPS[event]
    form = kind(request.POST, seq=sheet.seq, event=event)
    if isinstance(form, forms.HandOver):
        form.outlets = frozenset(authority.order().outlets)
    if form.has_error("seq"):
        return redirect("window:contact", contact_id=contact_id)
    if not form.is_valid():
        return _page(request, sheet, failed=event, bound=form, status=422)
    try:
        action(
            contact_id=contact_id,
            seq=form.cleaned_data["seq"],
            by=actor(request),
            at=timezone.now(),
            **form.arguments(),
        )
    except Refusal as refusal:
        now = _seen(request, contact_id)
        form = kind(steps.renewed(request.POST, now.seq), seq=now.seq, event=event)
        form.is_valid()
        said = None if form.blame(refusal) else refusal
        return _page(request, now, failed=event, bound=form, refusal=said, status=refusal.status)
    messages.success(request, _("已完成：%(event)s。") % {"event": CONTACT[event].name})
    return redirect("window:contact", contact_id=contact_id)


@require_POST
@at_the_window
def reveal(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    """The number to call back, in full, once. The journal keeps who and when."""
    sheet = _seen(request, contact_id)
    sealed = Contact.objects.values_list("phone_sealed", flat=True).get(pk=sheet.id)
    if not sealed:
        return redirect("window:contact", contact_id=contact_id)
    value = personal.reveal(
        token=sealed,
        table="cases_contact",
        row=str(sheet.id),
        column="phone",
        purpose="联系申请人",  # the journal is kept in Chinese whoever looks
        by=actor(request),
        at=timezone.now(),
        stream=f"contact:{sheet.id}",
    )
    return _page(request, sheet, shown=value)
