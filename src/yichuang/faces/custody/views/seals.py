"""The register of seals: the list, one seal, its specimen, what is asked and confirmed, and which seal
may stand on which paper of an item."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yichuang.accounts import roles
from yichuang.accounts.rules import lies_within
from yichuang.authority import queries as authority
from yichuang.documents import register, rules, seal_queries, seal_rules, signing
from yichuang.documents.register_rules import AT_ONCE
from yichuang.documents.sheets import policy_of
from yichuang.faces.custody import forms, words
from yichuang.faces.custody.page import actor, in_custody, page
from yichuang.verdict import Refusal

PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_safe
@in_custody
def listed(request: HttpRequest) -> HttpResponse:
    """The seals in this reader's care or sight."""
    state, asked = request.GET.get("state", ""), request.GET.get("q", "").strip()
    rows = seal_queries.register(
        actor(request), state=state if state in rules.SEAL_STATES else "", words=asked[:60]
    )
    context = {
        "rows": [
            {
                "line": line,
                "kind": rules.SEAL_KINDS[line.kind],
                "state": words.seal_state(line.state),
                "waiting": words.event_name(line.waiting) if line.waiting else "",
            }
            for line in rows
        ],
        "states": rules.SEAL_STATES.items(),
        "state": state,
        "q": asked,
        "provider": signing.state(),
        "may_make": actor(request).role in (roles.BUREAU, roles.MANAGER),
    }
    return page(request, "seals", context)


@require_safe
@in_custody
def one(request: HttpRequest, code: str) -> HttpResponse:
    """One seal: facts, custodian, timeline, and what this person may do."""
    return _draw(request, code)


def _draw(
    request: HttpRequest,
    code: str,
    *,
    failed: str = "",
    bound: Any = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet = seal_queries.seal_sheet(code, actor(request))
    people = seal_queries.custodians(timezone.localdate()) if "hand_out" in sheet.may_ask else []
    offers = [
        {
            "event": event,
            "name": words.EVENT_BUTTONS[event],
            "note": words.EVENT_NOTES[event],
            "form": bound
            if event == failed and bound is not None
            else forms.ask_form(event, sheet, people=people),
            "open": event == failed,
            "warning": event in ("destroy", "return", "suspend"),
        }
        for event in sheet.may_ask
    ]
    line = sheet.line
    facts = [
        {"key": _("种类"), "value": str(rules.SEAL_KINDS[line.kind])},
        {"key": _("所属机关"), "value": line.organ_name},
        {"key": _("编号"), "value": line.number or _("无")},
        {"key": _("保管人"), "value": line.custodian or _("没有交付到人")},
        {"key": _("保管岗位"), "value": sheet.custodian_title},
        {"key": _("启用日期"), "value": sheet.valid_from.isoformat()},
        {"key": _("停用日期"), "value": line.valid_to.isoformat() if line.valid_to else _("未定")},
        {"key": _("使用时段"), "value": sheet.hours or _("不限")},
        {
            "key": _("适用文书"),
            "value": "、".join(rules.PAPER_KINDS[kind].name for kind in sheet.paper_kinds)
            or _("不限"),
        },
        {"key": _("适用事项"), "value": "、".join(sheet.items) or _("不限")},
        {"key": _("用印审批"), "value": str(rules.APPROVALS[line.approval])},
        {"key": _("已用印"), "value": _("%(count)d 次") % {"count": sheet.uses}},
        {
            "key": _("印模图像"),
            "value": _("已登记") if sheet.has_picture else _("没有登记，文书上写明印章名称"),
        },
    ]
    context = {
        "seal": sheet,
        "state": words.seal_state(line.state),
        "facts": facts,
        "open_name": words.event_name(sheet.open.event) if sheet.open else "",
        "open_change": words.change(sheet.open) if sheet.open else "",
        "settle_form": forms.Settle(auto_id="id_settle_%s"),
        "offers": offers,
        "form": bound,
        "timeline": words.timeline(sheet.events),
        "refusal": refusal,
        "at_once": AT_ONCE,
        "may_picture": settings.PRODUCTION and "adjust" in sheet.may_ask,
    }
    return page(request, "seal", context, status=status)


@require_POST
@in_custody
def ask(request: HttpRequest, code: str, event: str) -> HttpResponse:
    """Ask for an entry of the register; another person confirms it."""
    if event not in words.EVENT_BUTTONS:
        raise Refusal(
            "seal-event-unknown", _("没有这种登记。"), remedy=_("请回到印章页面。"), status=404
        )
    by = actor(request)
    sheet = seal_queries.seal_sheet(code, by)
    people = seal_queries.custodians(timezone.localdate())
    form = forms.ask_form(event, sheet, request.POST, people=people)
    if not form.is_valid():
        return _draw(request, code, failed=event, bound=form, status=422)
    try:
        register.ask(seal_code=code, event=event, by=by, at=timezone.now(), **form.arguments())
    except Refusal as refusal:
        return _draw(
            request, code, failed=event, bound=form, refusal=refusal, status=refusal.status
        )
    if event == "suspend":
        messages.success(request, _("印章已经停用，等另一位负责人员确认。"))
    else:
        messages.success(request, _("已提出，等另一位负责人员确认后生效。"))
    return redirect("custody:seals-one", code=code)


@require_POST
@in_custody
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a real seal's image to be registered (production alone)."""
    sent = request.FILES.get("picture")
    try:
        register.ask_picture(
            seal_code=code,
            content=sent.read(register.PICTURE_BYTES + 1) if sent else b"",
            reason=request.POST.get("reason", ""),
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _draw(request, code, refusal=refusal, status=refusal.status)
    messages.success(request, _("已提出，等另一位负责人员确认后生效。"))
    return redirect("custody:seals-one", code=code)


@require_POST
@in_custody
def settle(request: HttpRequest, code: str, event_id: int, answer: str) -> HttpResponse:
    """Confirm, decline or take back what stands open."""
    by, at = actor(request), timezone.now()
    form = forms.Settle(request.POST)
    form.is_valid()
    try:
        if answer == "withdraw":
            register.withdraw(event_id=event_id, by=by, at=at)
        else:
            register.settle(
                event_id=event_id,
                agrees=answer == "confirm",
                reason=form.cleaned_data.get("reason", ""),
                by=by,
                at=at,
            )
    except Refusal as refusal:
        return _draw(request, code, refusal=refusal, status=refusal.status)
    told = {"confirm": _("已确认。"), "decline": _("已记为不同意。"), "withdraw": _("已撤回。")}
    messages.success(request, told.get(answer, told["confirm"]))
    return redirect("custody:seals-one", code=code)


@in_custody
def make(request: HttpRequest) -> HttpResponse:
    """Have a new seal made."""
    by, order = actor(request), authority.order()
    organs = [
        (organ.code, organ.name)
        for organ in order.organs.values()
        if lies_within(organ.code[:12], by.place_code)
    ]
    form = forms.Make(request.POST or None, organs=organs)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            asked = register.make(by=by, at=timezone.now(), **form.cleaned_data)
        except Refusal as said:
            refusal = said
        else:
            messages.success(request, _("已提出制发，等另一位负责人员确认。"))
            return redirect("custody:seals-one", code=asked.seal_code)
    wrong = refusal is not None or (request.method == "POST" and not form.is_valid())
    return page(
        request,
        "make",
        {"form": form, "refusal": refusal},
        order=order,
        status=422 if wrong else 200,
    )


@require_safe
@in_custody
def specimen(request: HttpRequest, code: str) -> HttpResponse:
    """The specimen sheet as a PDF in true size."""
    pdf = seal_queries.specimen(code, actor(request), at=timezone.now())
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="specimen-{code}.pdf"'
    answer["Content-Security-Policy"] = PDF_POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
@in_custody
def policy(request: HttpRequest) -> HttpResponse:
    """For any item: which seal stands on which paper, and why the others may not."""
    order, today = authority.order(), timezone.localdate()
    asked = request.GET.get("item", "").strip()
    matches = [
        (code, versions[-1].name)
        for code, versions in order.items.items()
        if asked and (asked.lower() == code.lower() or asked in versions[-1].name)
    ][:20]
    exact = next((code for code, _name in matches if code.lower() == asked.lower()), "")
    code = exact or (matches[0][0] if len(matches) == 1 else "")
    context: dict[str, Any] = {"asked": asked, "matches": matches if not code else [], "code": code}
    if code:
        facts = order.items[code][-1]
        item = policy_of(order.competence(code, today)) or seal_rules.ItemSeals("none", "none")
        rows: dict[str, dict[str, Any]] = {}
        for cell in seal_rules.standings(permit=facts.permit, item=item, on=today):
            rows.setdefault(cell.paper_kind, {})[cell.seal_kind] = cell.verdict
        context |= {
            "item": facts,
            "basis": item.basis,
            "kinds": [str(name) for name in rules.SEAL_KINDS.values()],
            "rows": [
                {
                    "paper": rules.PAPER_KINDS[paper].name,
                    "cells": [
                        {"seal": str(rules.SEAL_KINDS[seal]), "verdict": verdict}
                        for seal, verdict in cells.items()
                    ],
                }
                for paper, cells in rows.items()
            ],
        }
    return page(request, "policy", context, order=order)
