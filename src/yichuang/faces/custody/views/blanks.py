"""Blank certificates: the county's stock, a counter's numbers in hand, and what two people settle."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django import forms as base
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.sessions import actor, requires
from yichuang.authority import queries as authority
from yichuang.blanks import actions, day_queries, handing, permissions, queries, rules
from yichuang.design.context import named
from yichuang.faces.custody import blank_forms as forms
from yichuang.faces.custody.page import page
from yichuang.files import actions as files
from yichuang.files.queries import open_file
from yichuang.verdict import Refusal

in_blanks = requires(*permissions.MAY_LOOK)
# an upload is a stranger's file: it may neither run nor load anything
STRANGE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
COUNTER_ONLY = (roles.CLERK, roles.VILLAGE)
STATE_KINDS = {
    rules.IN_STORE: "neutral",
    rules.HANDED_OUT: "new",
    rules.RESERVED: "waiting",
    rules.PRINTED: "attention",
    rules.ASKED: "waiting",
    rules.DONE: "done",
    rules.REFUSED: "refused",
    rules.WITHDRAWN: "neutral",
}
STEPS: Mapping[str, Callable[..., actions.Taken]] = {
    "print": actions.print_sent,
    "reprint": actions.print_again,
    "confirm": actions.print_confirmed,
    "release": actions.release,
}
ASKS: Mapping[str, tuple[type[forms.Typed], Any, Any]] = {
    rules.RECEIVE: (
        forms.Receive,
        gettext_lazy("空白证照入库"),
        gettext_lazy("当面点清起止号后填写；要由另一个人点数确认，才算入库。"),
    ),
    rules.HAND_OUT: (
        forms.Counted,
        gettext_lazy("发放给网点"),
        gettext_lazy("从号码最小的开始发；对方点清确认以前，仍算在这里的账上。"),
    ),
    rules.HAND_BACK: (
        forms.Counted,
        gettext_lazy("交回库里"),
        gettext_lazy("从号码最大的开始交；保管人点清确认以前，仍算在这里的账上。"),
    ),
    rules.GIVE_UP: (
        forms.Reasoned,
        gettext_lazy("退回发证机关"),
        gettext_lazy("只能退库里的证照；要由另一个人确认。"),
    ),
    rules.SPOIL: (
        forms.Spoil,
        gettext_lazy("报作废"),
        gettext_lazy("卡纸、印坏、受潮、撕破的，一张也要登记；由另一个人看过实物再确认。"),
    ),
    rules.LOSE: (
        forms.Reasoned,
        gettext_lazy("报遗失"),
        gettext_lazy("找不到的马上报；由负责人报失后填报失编号确认。以后找到的也不再使用。"),
    ),
}


def show(
    request: HttpRequest, name: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page; at a counter the navigation holds what a counter needs, and the way back."""
    by = actor(request)
    if by.role in COUNTER_ONLY:
        rows = (
            (_("空白证照"), "custody:blanks-counter", True),
            (_("窗口工作台"), "window:cases", False),
        )
        context = {
            "nav": [
                {"text": text, "href": reverse(where), "current": here, "count": None}
                for text, where, here in rows
            ],
            **context,
        }
    return page(request, name, context, status=status)


@require_safe
@in_blanks
def listed(request: HttpRequest) -> HttpResponse:
    """What lies where, and what waits for a second person."""
    by = actor(request)
    if by.role in COUNTER_ONLY:
        return redirect("custody:blanks-counter")
    context = {
        "stock": [
            {"row": row, "type": named(row.type_name, row.type_name_en)}
            for row in queries.stock(by)
        ],
        "waiting": waiting(by),
        "settled": [_shown(row) for row in queries.proposals(by, waiting=False, limit=10)],
        "types": [{"row": row, "name": named(row.name, row.name_en)} for row in queries.types()],
        "asks": _asks(by),
        "mine": by.outlet_code,
        "today": timezone.localdate(),
    }
    return show(request, "blanks", context)


def waiting(by: Actor) -> list[dict[str, Any]]:
    return [_shown(row) for row in queries.proposals(by, waiting=True)]


def _shown(row: queries.ProposalSheet) -> dict[str, Any]:
    return {
        "row": row,
        "kind": rules.PROPOSALS[row.kind],
        "type": named(row.type_name, row.type_name_en),
        "state": rules.PROPOSAL_STATES[row.state],
        "mark": STATE_KINDS[row.state],
    }


def _asks(by: Actor) -> list[dict[str, Any]]:
    """What the reader may propose, as buttons."""
    here = by.outlet_code
    ends = {rules.RECEIVE: ("", here)}
    return [
        {
            "kind": kind,
            "text": rules.PROPOSALS[kind],
            "href": reverse("custody:blanks-ask", args=[kind]),
        }
        for kind in ASKS
        if here
        and permissions.may_ask(
            by, kind, giver=ends.get(kind, (here, ""))[0], taker=ends.get(kind, ("", ""))[1]
        )
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@in_blanks
def counter(request: HttpRequest) -> HttpResponse:
    """The reader's own outlet: the numbers in hand, and the next one for a case."""
    by = actor(request)
    if not by.outlet_code:
        return redirect("custody:blanks")
    if request.method != "POST":
        return _outlet(request, by.outlet_code)
    form = forms.Reserve(request.POST, types=queries.types())
    if form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            taken = actions.reserve(
                idempotency_key=facts.pop("key"), by=by, at=timezone.now(), **facts
            )
        except Refusal as refusal:
            return _outlet(request, by.outlet_code, form, refusal, refusal.status)
        messages.success(request, _("已占号%(number)s，可以打印了。") % {"number": taken.number})
        return redirect("custody:blanks-counter")
    return _outlet(request, by.outlet_code, form, status=422)


@require_safe
@in_blanks
def outlet(request: HttpRequest, outlet: str) -> HttpResponse:
    """Any outlet the reader may look into."""
    return _outlet(request, outlet)


def _outlet(
    request: HttpRequest,
    code: str,
    form: forms.Reserve | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
    failed: tuple[int, str, base.Form] | None = None,
) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    hand = queries.in_hand(by, code)
    there = authority.order().outlet(code)
    may_use = bool(permissions.may_use(by, code))
    context = {
        "outlet": there,
        "outlet_code": code,
        "mine": may_use,
        "hand": _first_marked([_in_hand(sheet, may_use, failed) for sheet in hand]),
        "stretches": [
            {"row": row, "state": rules.STATES[row.state], "mark": STATE_KINDS[row.state]}
            for row in queries.stretches(by, code)
        ],
        "ledger": [
            {"row": row, "event": rules.TABLE[row.event].name}
            for row in queries.movements(by, code)
        ],
        "days": [
            {"day": day, "state": rules.DAY_STATES[state], "closed": state == rules.CLOSED}
            for day, state in day_queries.days(by, code, limit=7)
        ],
        "unclosed": day_queries.unclosed(code, today),
        "today": today,
        "form": form or (forms.Reserve(types=queries.types()) if may_use else None),
        "refusal": refusal,
        "asks": [one for one in _asks(by) if one["kind"] != rules.RECEIVE] if may_use else [],
        "waiting": [
            one for one in waiting(by) if there.name in (one["row"].giver, one["row"].taker)
        ],
        "failed": failed,
    }
    return show(request, "blank_outlet", context, status=status)


def _first_marked(hand: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The key of the page's main button goes to the first sheet that has a step to take."""
    first = next((one for one in hand if one["plain"]), None)
    if first is not None:
        first["first"] = True
    return hand


def _in_hand(
    sheet: queries.SheetInHand, may_use: bool, failed: tuple[int, str, base.Form] | None
) -> dict[str, Any]:
    may = [
        event
        for event in STEPS
        if may_use and not sheet.waiting and rules.may_happen(rules.TABLE[event], sheet.state)
    ]
    bound = failed[2] if failed and failed[0] == sheet.id else None
    spoil = reverse("custody:blanks-ask", args=[rules.SPOIL])
    return {
        "row": sheet,
        "type": named(sheet.type_name, sheet.type_name_en),
        "state": rules.STATES[sheet.state],
        "mark": STATE_KINDS[sheet.state],
        "waiting": rules.PROPOSALS[sheet.waiting] if sheet.waiting else "",
        "plain": next((event for event in ("confirm", "print") if event in may), ""),
        "key": uuid.uuid4().hex,
        "offers": [
            {
                "event": event,
                "text": rules.TABLE[event].name,
                "form": bound
                if bound is not None and failed and failed[1] == event
                else forms.Because(event=f"{event}_{sheet.id}"),
                "open": bound is not None and failed is not None and failed[1] == event,
            }
            for event in ("reprint", "release")
            if event in may
        ],
        "spoil": f"{spoil}?type_code={sheet.type_code}&first={sheet.number}"
        if may_use and not sheet.waiting
        else "",
    }


@require_POST
@in_blanks
def step(request: HttpRequest, blank_id: int, event: str) -> HttpResponse:
    """Print, print again, confirm or give back one number."""
    by = actor(request)
    sheet = queries.sheet(by, blank_id)
    if event not in STEPS or sheet is None:
        raise Refusal(
            "blanks-not-found",
            _("没有找到这张空白证照。"),
            remedy=_("请回到柜台页面，按最新情况办理。"),
            status=404,
        )
    reasoned = event in ("reprint", "release")
    form = (
        forms.Because(request.POST, event=f"{event}_{blank_id}")
        if reasoned
        else forms.Keyed(request.POST)
    )
    if not form.is_valid():
        return _outlet(request, by.outlet_code, status=422, failed=(blank_id, event, form))
    facts = dict(form.cleaned_data)
    try:
        taken = STEPS[event](
            blank_id=blank_id,
            idempotency_key=facts.pop("key"),
            by=by,
            at=timezone.now(),
            **facts,
        )
    except Refusal as refusal:
        if refusal.status in (403, 404) or not by.outlet_code:
            raise
        if refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
        return _outlet(
            request,
            by.outlet_code,
            refusal=refusal,
            status=refusal.status,
            failed=(blank_id, event, form),
        )
    messages.success(
        request,
        _("%(number)s：%(step)s。") % {"number": taken.number, "step": rules.TABLE[event].name},
    )
    return redirect("custody:blanks-counter")


# --- two people ---


@require_http_methods(["GET", "HEAD", "POST"])
@in_blanks
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Propose what another person must confirm."""
    by = actor(request)
    if kind not in ASKS:
        raise Refusal(
            "event-unknown", _("没有这一步。"), remedy=_("请从空白证照页面进入。"), status=404
        )
    shape, title, hint = ASKS[kind]
    more: dict[str, Any] = {"types": queries.types()}
    if shape is forms.Counted:
        more["outlets"] = _destinations(by, kind)
    if request.method != "POST":
        given = {name: request.GET[name] for name in ("type_code", "first") if name in request.GET}
        return _ask_page(request, title, hint, shape(initial=given, **more))
    form = shape(request.POST, request.FILES, **more)
    if not form.is_valid():
        return _ask_page(request, title, hint, form, status=422)
    try:
        asked = _propose(kind, dict(form.cleaned_data), by)
    except Refusal as refusal:
        said: Refusal | None = refusal
        if refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
            said = None
        return _ask_page(request, title, hint, form, refusal=said, status=refusal.status)
    messages.success(
        request,
        _("已提出%(kind)s：%(first)s至%(last)s，共%(count)s张，等另一个人确认。")
        % {
            "kind": rules.PROPOSALS[kind],
            "first": asked.first,
            "last": asked.last,
            "count": asked.count,
        },
    )
    return redirect("custody:blanks-proposal", asked.proposal_id)


def _propose(kind: str, facts: dict[str, Any], by: Actor) -> handing.Proposed:
    at = timezone.now()
    if kind == rules.HAND_BACK:
        facts["store"] = facts.pop("outlet")
    if kind == rules.SPOIL:
        photo = facts.pop("photo")
        stored = photo and files.store(
            stream=photo.file, name=photo.name, kind="blank", by=by, at=at
        )
        facts["photo"] = stored.pk if stored else None
    act = {
        rules.RECEIVE: handing.ask_receive,
        rules.HAND_OUT: handing.ask_hand_out,
        rules.HAND_BACK: handing.ask_hand_back,
        rules.GIVE_UP: handing.ask_give_up,
        rules.SPOIL: handing.ask_spoil,
        rules.LOSE: handing.ask_lost,
    }[kind]
    return act(**facts, by=by, at=at)


def _destinations(by: Actor, kind: str) -> list[tuple[str, str]]:
    """Outlets that may be given sheets: every counter, or the stores that take some back."""
    order = authority.order()
    kinds = (
        ("hall", "bureau") if kind == rules.HAND_BACK else ("hall", "bureau", "centre", "station")
    )
    return [
        (code, order.outlets[code].name)
        for code in sorted(order.outlets)
        if order.outlets[code].outlet.kind in kinds
    ]


def _ask_page(
    request: HttpRequest,
    title: str,
    hint: str,
    form: base.Form,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"title": title, "hint": hint, "form": form, "refusal": refusal}
    return show(request, "blank_ask", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@in_blanks
def proposal(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """One proposal: what it is, and agreeing, refusing or withdrawing."""
    by = actor(request)
    sheet = queries.proposal(by, proposal_id)
    if sheet is None:
        raise Refusal(
            "blanks-no-proposal",
            _("没有找到这件待确认的事。"),
            remedy=_("请刷新页面；可能已经由别人办了。"),
            status=404,
        )
    form, refusal, status = forms.Answer(kind=sheet.kind), None, 200
    if request.method == "POST":
        form = forms.Answer(request.POST, kind=sheet.kind)
        act = request.POST.get("act", "")
        if form.is_valid():
            try:
                done = _settle(proposal_id, act, form.cleaned_data["answer"], by)
            except Refusal as caught:
                refusal, status = caught, caught.status
                if caught.field == "answer":
                    form.add_error("answer", str(caught))
                    refusal = None
                sheet = queries.proposal(by, proposal_id) or sheet
            else:
                messages.success(request, str(rules.PROPOSAL_STATES[done.state]))
                return redirect("custody:blanks-counter" if by.outlet_code else "custody:blanks")
        else:
            status = 422
    context = {"one": _shown(sheet), "form": form, "refusal": refusal}
    return show(request, "blank_proposal", context, status=status)


def _settle(proposal_id: uuid.UUID, act: str, answer: str, by: Actor) -> handing.Proposed:
    if act == "withdraw":
        return handing.withdraw(proposal_id=proposal_id, by=by, at=timezone.now())
    return handing.settle(
        proposal_id=proposal_id, agree=act == "agree", answer=answer, by=by, at=timezone.now()
    )


@require_safe
@in_blanks
def photo(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponseBase:
    """The photo that came with a spoiled sheet."""
    stored = queries.photo_id(actor(request), proposal_id)
    if stored is None:
        raise Refusal("photo-missing", _("没有照片。"), remedy=_("请看实物后再确认。"), status=404)
    sheet, handle = open_file(stored)
    response = FileResponse(handle, filename=sheet.name, content_type=sheet.content_type)
    response["Content-Security-Policy"] = STRANGE
    response["X-Content-Type-Options"] = "nosniff"
    return response
