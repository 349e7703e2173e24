"""One case: its facts, its papers, its story, and what this counter may do next."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_GET, require_POST

from yichuang.accounts import roles
from yichuang.accounts.actions import personal
from yichuang.cases import (
    delivery,
    delivery_queries,
    electronic,
    intake,
    later,
    lifecycle,
    queries,
    reading,
    shipments,
    step,
)
from yichuang.cases.models import Applicant
from yichuang.cases.queries import CaseSheet
from yichuang.design import steps
from yichuang.design.context import named
from yichuang.faces.window import forms, words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.faces.window.views import delivering
from yichuang.faces.window.views.papers import counted, papers_of
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class Step:
    """How the window offers one event. kind, hotkey: of its button; a warning cannot be undone."""

    form: type[forms.StepForm]
    action: Callable[..., step.Receipt]
    kind: str = "secondary"
    hotkey: str = ""


STEPS: Mapping[str, Step] = {
    "accept": Step(forms.StepForm, intake.accept, "primary", "F9"),
    "correct": Step(forms.Correct, intake.correct, "primary", "F9"),
    "ask_correction": Step(forms.AskCorrection, intake.ask_correction),
    "supply_later": Step(forms.SupplyLater, later.supply_later, "primary", "F9"),
    "deliver": Step(forms.Deliver, delivery.deliver, "primary", "F9"),
    "dispatch": Step(forms.Dispatch, delivery.dispatch),
    "close": Step(forms.StepForm, delivery.close, "primary", "F9"),
    "archive": Step(forms.StepForm, delivery.archive),
    "decline": Step(forms.Decline, intake.decline, "warning"),
    "withdraw": Step(forms.Withdraw, intake.withdraw, "warning"),
}
GIVE_PAPER = ("accept", "correct", "ask_correction", "decline")
ABOUT_THE_TEXT = ("reason-missing", "text-too-long", "receiver-missing", "tracking-number-missing")
# What may be shown in full: column of the applicant's row → what it is called
PERSONAL: Mapping[str, Any] = {
    "name": gettext_lazy("姓名或名称"),
    "identity": gettext_lazy("身份号码或信用代码"),
    "phone": gettext_lazy("手机号码"),
    "address": gettext_lazy("邮寄地址"),
}


@require_GET
@at_the_window
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The page of one case."""
    return _page(request, _seen(request, case_id))


def _seen(request: HttpRequest, case_id: uuid.UUID) -> CaseSheet:
    return queries.case_sheet(case_id=case_id, actor=actor(request), today=timezone.localdate())


def _page(
    request: HttpRequest,
    sheet: CaseSheet,
    *,
    failed: str = "",
    bound: forms.StepForm | None = None,
    refusal: Refusal | None = None,
    shown: tuple[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    allowed = {row.event: row for row in sheet.may if row.event in STEPS}
    order = list(STEPS)
    if sheet.delivery_method == "mail" and not sheet.courier:  # sent first, then signed for
        order.remove("dispatch")
        order.insert(0, "dispatch")
    offers = [
        {
            "event": event,
            "name": allowed[event].name,
            "form": bound if bound is not None and event == failed else _form(sheet, event),
            "fields": bool(STEPS[event].form.base_fields.keys() - {"seq"}),
            "open": event == failed,
            "kind": STEPS[event].kind,
            "hotkey": STEPS[event].hotkey,
            "basis": allowed[event].basis_for(permit=sheet.permit),
        }
        for event in order
        if event in allowed
    ]
    if offers and offers[0]["event"] == "dispatch":
        offers[0]["kind"], offers[0]["hotkey"] = "primary", "F9"
        for offer in offers[1:]:
            offer["kind"], offer["hotkey"] = (
                "secondary" if offer["kind"] == "primary" else offer["kind"],
                "",
            )
    lost = ""
    if bound is not None and failed not in allowed:  # the step is no longer open: keep the words
        lost = steps.lost(bound)
    context = {
        "case": sheet,
        "item_name": named(sheet.item_name, sheet.item_name_en),
        "state": words.state(sheet.state),
        "badge": words.badge(sheet.deadline, sheet.state, sheet.delivery_deadline),
        "handling": words.HANDLINGS[sheet.handling],
        "delivery": words.delivery_way(sheet),
        "materials": [
            {
                "row": row,
                "state": {
                    "text": str(words.MATERIALS[row.state]),
                    "kind": words.MATERIAL_KINDS[row.state],
                },
            }
            for row in sheet.materials
        ],
        "situation": [
            (named(line.ask, line.ask_en), named(line.label, line.label_en))
            for line in sheet.situation
        ],
        "behalf": words.BEHALF[sheet.on_behalf],
        "promises": [
            {
                "row": row,
                "state": {
                    "text": words.PROMISES[row.state][0],
                    "kind": words.PROMISES[row.state][1],
                },
            }
            for row in sheet.promises
        ],
        "due": counted(sheet),
        "term_badge": words.badge(sheet.deadline, sheet.state),
        "due_label": words.due_label(sheet.state),
        "timeline": _timeline(sheet),
        "offers": offers,
        "waits_for": "" if any(offer["kind"] == "primary" for offer in offers) else _turn(sheet),
        "failed_form": bound if failed in allowed else None,
        "refusal": refusal,
        "moved_on": refusal is not None and refusal.code == "case-moved-on",
        "lost": lost,
        "shown": shown,
        "purposes": list(words.PURPOSES.items()),
        **papers_of(sheet, request.GET.get("try", "")),
        **delivering.parcel_of(sheet, refusal=refusal, typed=request.POST.get("address", "")),
    }
    return page(request, "case", context, status=status)


def _form(sheet: CaseSheet, event: str) -> forms.StepForm:
    return STEPS[event].form(sheet=sheet, event=event)


def _timeline(sheet: CaseSheet) -> list[dict[str, Any]]:
    last = len(sheet.timeline) - 1
    return [
        {
            "title": event.name,
            "when": event.at,
            "by": f"{event.author}（{roles.name_of(event.role)}）",
            "text": _said(event.detail),
            "state": "current" if number == last else "done",
        }
        for number, event in reversed(list(enumerate(sheet.timeline)))
    ]


def _said(detail: Mapping[str, Any]) -> str:
    """What the people who acted wrote, and which paper came of it."""
    words_of = [detail.get(key) for key in ("problem", "reason", "opinion", "decision")]
    if detail.get("courier"):
        words_of.append(f"{detail['courier']} {detail.get('tracking_number', '')}")
    if detail.get("received_by"):
        words_of.append(_("签收人：%(name)s") % {"name": detail["received_by"]})
    if detail.get("paper"):
        words_of.append(_("文书：%(number)s") % {"number": detail["paper"]})
    return "；".join(str(part) for part in words_of if part)


def _turn(sheet: CaseSheet) -> str:
    """Whose turn it is, when it is not this counter's."""
    if sheet.state in (lifecycle.RECEIVED, lifecycle.CORRECTION):
        return sheet.acceptor
    if sheet.state in (lifecycle.ACCEPTED, lifecycle.SPECIAL):
        return sheet.reviewer
    return sheet.decider if sheet.state == lifecycle.REVIEWED else ""


@require_POST
@at_the_window
def cause(request: HttpRequest, case_id: uuid.UUID, event: str) -> HttpResponse:
    """Take one step. A refused one comes back with everything that was typed."""
    if event not in STEPS:
        raise Refusal(
            "event-unknown",
            _("窗口没有这一步。"),
            remedy=_("请回到办件页面，按页面上的按钮办理。"),
            status=404,
        )
    sheet = _seen(request, case_id)
    offered = STEPS[event]
    form = offered.form(request.POST, sheet=sheet, event=event)
    if form.has_error("seq"):
        return redirect("window:case", case_id=case_id)
    if not form.is_valid():
        return _page(request, sheet, failed=event, bound=form, status=422)
    try:
        offered.action(
            case_id=case_id,
            seq=form.cleaned_data["seq"],
            by=actor(request),
            at=timezone.now(),
            **form.arguments(),
        )
    except Refusal as refusal:
        return _refused(request, case_id, event, refusal)
    messages.success(request, _("已完成：%(event)s。") % {"event": lifecycle.BY_EVENT[event].name})
    if event in GIVE_PAPER:
        return redirect("window:receipt", case_id=case_id)
    return redirect("window:case", case_id=case_id)


def _refused(
    request: HttpRequest, case_id: uuid.UUID, event: str, refusal: Refusal
) -> HttpResponse:
    """The case as it is now, with what was typed: another press acts on what is shown."""
    sheet = _seen(request, case_id)
    typed = steps.renewed(request.POST, sheet.seq)
    form = STEPS[event].form(typed, sheet=sheet, event=event)
    said: Refusal | None = refusal
    if form.is_valid() and refusal.code in ABOUT_THE_TEXT and form.text:
        form.add_error(form.text, str(refusal))
        said = None
    return _page(request, sheet, failed=event, bound=form, refusal=said, status=refusal.status)


@require_POST
@at_the_window
def handing(request: HttpRequest, case_id: uuid.UUID, event: str) -> HttpResponse:
    """What goes before handing over and moves no case: an order with a courier placed or cancelled,
    electronic delivery agreed to on paper or no longer wanted."""
    by, at = actor(request), timezone.now()
    sent = request.POST
    try:
        if event == "order":
            seq, address = sent.get("seq", ""), sent.get("address", "")
            delivering.order(case_id=case_id, seq=seq, address=address, by=by, at=at)
            said = _("已向快递下单，运单号和面单一会儿就出来。")
        elif event == "cancel":
            parcel = delivery_queries.parcel_of(_seen(request, case_id).id)
            key = parcel.id if parcel else uuid.UUID(int=0)
            shipments.cancel(shipment_id=key, by=by, at=at)
            said = _("已要求取消寄件。")
        elif event == "agree":
            electronic.consent(case_id=case_id, how="window", by=by, at=at)
            said = _("已记下：申请人同意电子送达。")
        elif event == "take-back":
            electronic.take_back(case_id=case_id, how="window", by=by, at=at)
            said = _("已改回纸质送达。")
        else:
            raise delivering.no_such_step()
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        sheet = _seen(request, case_id)
        return _page(request, sheet, refusal=refusal, status=refusal.status)
    messages.success(request, said)
    return redirect("window:case", case_id=case_id)


@require_POST
@at_the_window
def reveal(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show one value in full, once, for a stated purpose. The journal keeps who, what and why."""
    sheet = _seen(request, case_id)
    column = request.POST.get("what", "")
    purpose = words.PURPOSES.get(request.POST.get("purpose", ""), "")
    with override("zh-hans"):  # the journal is kept in Chinese whoever looks
        said = str(purpose)
    if column == "facts":
        form = reading.facts(case_id=case_id, purpose=said, by=actor(request), at=timezone.now())
        told = "\n".join(f"{line.label}：{line.shown}" for line in form)
        return _page(request, sheet, shown=(_("申请表"), told))
    if column not in PERSONAL:
        raise Refusal(
            "column-unknown",
            _("没有这一项个人信息。"),
            remedy=_("请回到办件页面重新选择。"),
            status=404,
        )
    sealed = Applicant.objects.values_list(f"{column}_sealed", flat=True).get(pk=sheet.applicant_id)
    value = personal.reveal(
        token=sealed,
        table="cases_applicant",
        row=str(sheet.applicant_id),
        column=column,
        purpose=said,
        by=actor(request),
        at=timezone.now(),
        stream=f"applicant:{sheet.applicant_id}",
    )
    return _page(request, sheet, shown=(str(PERSONAL[column]), value))
