"""The steps of the desk. A decision is previewed first: nothing is written until it is confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yichuang.accounts import roles
from yichuang.authority import queries as authority
from yichuang.cases import decision, examination, lifecycle, promises, queries, rules, step
from yichuang.cases.queries import CaseSheet
from yichuang.design.context import named
from yichuang.faces.desk import forms, letters, words
from yichuang.faces.desk.page import actor, at_the_desk, page
from yichuang.faces.desk.views.case import BURDENS, DECISIONS, FORMS, draw, power_moved, seen
from yichuang.verdict import Refusal, Verdict

VERBS: Mapping[str, Callable[..., step.Receipt]] = {
    "review": examination.review,
    "send_back": examination.send_back,
    "begin_special": examination.begin_special,
    "end_special": examination.end_special,
    "extend": decision.extend,
    "grant": decision.grant,
    "grant_on_spot": decision.grant_on_spot,
    "refuse": decision.refuse,
    "hand_back": decision.hand_back,
    "receive_transfer": examination.receive_transfer,
    "check_promise": promises.check,
    "terminate": promises.terminate,
    "revoke_result": promises.revoke,
}
# Refusals about the wording go beside the text they are about.
ABOUT_THE_TEXT = ("reason-missing", "text-too-long")
FIELD_OF = {"extension-needs-head": "approved_by"}
CONFIRM: Mapping[str, Any] = {
    "grant": gettext_lazy("确认准予"),
    "grant_on_spot": gettext_lazy("确认当场办结"),
    "refuse": gettext_lazy("确认不予"),
    "terminate": gettext_lazy("确认终止办理"),
    "revoke_result": gettext_lazy("确认撤销"),
}


@require_POST
@at_the_desk
def act(request: HttpRequest, case_id: uuid.UUID, event: str) -> HttpResponse:
    """Take one step. A refused one comes back with everything that was typed."""
    if event not in VERBS:
        raise Refusal(
            "event-unknown",
            _("审批工作台没有这一步。"),
            remedy=_("请回到办件页面，按页面上的按钮办理。"),
            status=404,
        )
    if "use" in request.POST:  # a standard sentence instead of what stands in the box
        return _with_sentence(request, case_id, event)
    form = FORMS[event](request.POST)
    if "edit" in request.POST:
        return draw(request, seen(request, case_id), event=event, bound=_unjudged(form))
    if not form.is_valid():
        return draw(request, seen(request, case_id), event=event, bound=form, status=422)
    if event in DECISIONS and "confirmed" not in request.POST:
        return _preview(request, seen(request, case_id), event, form)
    try:
        VERBS[event](
            case_id=case_id,
            seq=form.cleaned_data["seq"],
            by=actor(request),
            at=timezone.now(),
            **form.arguments(),
        )
    except Refusal as refusal:
        return _refused(request, case_id, event, refusal)
    if event == "hand_back":  # from now on it is another organ's case
        messages.success(request, _("已交还有权机关，办件期限不变。"))
        return redirect("desk:inbox")
    return redirect("desk:done", case_id=case_id)


def _unjudged(form: forms.StepForm) -> forms.StepForm:
    """The same words in a form that says nothing about them yet."""
    return type(form)(initial={name: form.data.get(name, "") for name in form.fields})


def _with_sentence(request: HttpRequest, case_id: uuid.UUID, event: str) -> HttpResponse:
    sheet = seen(request, case_id)
    form = _unjudged(FORMS[event](request.POST))
    chosen = request.POST["use"]
    known = words.sentences(sheet)
    if event in ("grant", "grant_on_spot") and chosen.isdecimal() and int(chosen) < len(known):
        form.initial["decision"] = known[int(chosen)]
    return draw(request, sheet, event=event, bound=form)


def _preview(
    request: HttpRequest, sheet: CaseSheet, event: str, form: forms.StepForm
) -> HttpResponse:
    """Who decides, in whose name, under which seal, and what the paper will say."""
    today = timezone.localdate()
    if form.cleaned_data["seq"] != sheet.seq:
        return _refused(request, sheet.id, event, _stale(sheet))
    row = lifecycle.BY_EVENT[event]
    if row not in sheet.may or power_moved(sheet, authority.order(), today) is not None:
        refusal = lifecycle.may_happen(event, sheet.state, handling=sheet.handling)
        return draw(request, sheet, event=event, bound=form, refusal=_said(refusal), status=409)
    wording = rules.check_reason(form.cleaned_data[form.text], what=str(row.name))
    if not wording:
        form.add_error(form.text, f"{wording.reason}{wording.remedy}")
        return draw(request, sheet, event=event, bound=form, status=422)
    by = actor(request)
    context = {
        "case": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "event": event,
        "event_name": row.name,
        "basis": row.basis_for(permit=sheet.permit),
        "letter": letters.letter(sheet, event, form.arguments(), today=today),
        "kept": [(name, form.data.get(name, "")) for name in form.fields],
        "confirm": CONFIRM[event],
        "kind": "warning" if event in BURDENS else "primary",
        "decider": _("%(name)s（%(role)s，%(organ)s）")
        % {"name": by.name, "role": roles.name_of(by.role), "organ": sheet.decider},
    }
    return page(request, "preview", context)


def _said(verdict: Verdict) -> Refusal | None:
    """A verdict as the page shows a refusal; nothing for a yes, or where the page says it itself."""
    if verdict:
        return None
    return Refusal(verdict.code, verdict.reason, remedy=verdict.remedy, basis=verdict.basis)


def _stale(sheet: CaseSheet) -> Refusal:
    """The case went on while somebody wrote; said by the last line of its story."""
    last = sheet.timeline[-1]
    return Refusal(
        "case-moved-on",
        _("%(who)s已于%(when)s办理了“%(what)s”，您的操作没有保存。")
        % {"who": last.author, "when": last.at.strftime("%Y-%m-%d %H:%M"), "what": last.name},
        remedy=_("请按下面的最新情况办理。"),
        status=409,
    )


def _refused(
    request: HttpRequest, case_id: uuid.UUID, event: str, refusal: Refusal
) -> HttpResponse:
    """The case as it is now, with what was typed: another press acts on what is shown."""
    sheet = seen(request, case_id)
    typed: QueryDict = request.POST.copy()
    typed["seq"] = str(sheet.seq)
    form = FORMS[event](typed)
    said: Refusal | None = refusal
    field = FIELD_OF.get(refusal.code, form.text if refusal.code in ABOUT_THE_TEXT else "")
    if form.is_valid() and field in form.fields:
        form.add_error(field, str(refusal))
        said = None
    return draw(request, sheet, event=event, bound=form, refusal=said, status=refusal.status)


@require_safe
@at_the_desk
def done(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What was done last on a case: its paper, where the journal keeps it, and the next case."""
    sheet = seen(request, case_id)
    by = actor(request)
    last = sheet.timeline[-1]
    waiting = None
    if queries.worklist_of(by) in (roles.EXAMINER, roles.DECIDER):
        rows = queries.worklist(actor=by, tab="todo", today=timezone.localdate(), limit=2).rows
        waiting = next((row for row in rows if row.id != sheet.id), None)
    context = {
        "case": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "last": last,
        "state": words.state(sheet.state),
        "badge": words.badge(sheet.deadline, sheet.state),
        "waiting": waiting,
        "waiting_item": named(waiting.item_name, waiting.item_name_en) if waiting else "",
        "waiting_badge": words.badge(waiting.deadline, waiting.state) if waiting else {},
        "paper": next((row for row in sheet.papers if row.number == last.paper), None),
    }
    return page(request, "done", context)
