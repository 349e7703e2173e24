"""The register of electronic licences: one licence whole, what its organ may do with it, the types,
and which other systems may ask."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.sessions import actor, requires
from yichuang.faces.custody.page import in_custody, page
from yichuang.licences import actions, queries, rules
from yichuang.verdict import Refusal

# The register is read by whoever keeps seals; deciders act on what their organ decided.
_readers_of_it = requires(
    roles.CUSTODIAN, roles.MANAGER, roles.BUREAU, roles.AUDITOR, roles.DECIDER
)
KINDS = {
    rules.ACTIVE: "done",
    rules.FUTURE: "waiting",
    rules.SUSPENDED: "attention",
    rules.EXPIRED: "neutral",
    rules.REVOKED: "refused",
    rules.REPLACED: "neutral",
}
CORRECT = "correct-"  # before a printed label's number, in the name of its field


class SearchForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("证照编号"), required=False, max_length=120)
    state = forms.ChoiceField(
        label=gettext_lazy("状态"),
        required=False,
        choices=[("", gettext_lazy("全部")), *rules.STATES.items()],
    )


class ReasonForm(forms.Form):
    seq = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        help_text=gettext_lazy("持证人会看到。请不要写身份证号码。"),
        max_length=rules.REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReaderForm(forms.Form):
    post_id = forms.IntegerField(label=gettext_lazy("接口岗位编号"), min_value=1)
    name = forms.CharField(label=gettext_lazy("对接系统"), max_length=80)
    types = forms.MultipleChoiceField(
        label=gettext_lazy("可以查哪些证照"), widget=forms.CheckboxSelectMultiple
    )
    daily_limit = forms.IntegerField(label=gettext_lazy("每天最多次数"), min_value=1, initial=200)
    basis = forms.CharField(
        label=gettext_lazy("依据"),
        help_text=gettext_lazy("法规、协议或批件的名称和文号。"),
        max_length=rules.REASON_LIMIT,
    )
    valid_to = forms.DateField(
        label=gettext_lazy("到哪天为止"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["types"].choices = [(row.code, row.name) for row in queries.types()]


@require_safe
@_readers_of_it
def listed(request: HttpRequest) -> HttpResponse:
    """The newest licences of the reader's organ, or of the county; found by number or state."""
    by, form = actor(request), SearchForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.register(
        actor=by,
        on=timezone.localdate(),
        number=wanted.get("number", "").strip(),
        state=wanted.get("state", ""),
    )
    rows = [(card, KINDS[card.state]) for card in found]
    context = {"rows": rows, "form": form, "may_see_readers": by.role != roles.DECIDER}
    return _page(request, by, "licences", context)


@require_safe
@_readers_of_it
def one(request: HttpRequest, licence_id: uuid.UUID) -> HttpResponse:
    """One licence: what it says, its history, and what may be done with it."""
    return _one(request, licence_id)


@require_POST
@_readers_of_it
def act(request: HttpRequest, licence_id: uuid.UUID, event: str) -> HttpResponse:
    """Suspend, lift or replace, with a reason."""
    if event not in ("suspend", "lift", "replace"):
        raise Refusal("event-unknown", _("没有这个操作。"), remedy=_("请刷新页面。"), status=404)
    by, at, form = actor(request), timezone.now(), ReasonForm(request.POST)
    if not form.is_valid():
        return _one(request, licence_id, event=event, form=form, status=422)
    facts = {"licence_id": licence_id, **form.cleaned_data}
    target = licence_id
    try:
        if event == "replace":
            target = actions.replace(
                **facts, corrections=_corrections(request, licence_id, by), by=by, at=at
            ).pk
        else:
            verb = actions.suspend if event == "suspend" else actions.lift
            verb(**facts, by=by, at=at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _one(
            request, licence_id, event=event, form=form, refusal=refusal, status=refusal.status
        )
    said = {
        "suspend": _("已暂停使用，持证人能看到原因。"),
        "lift": _("已恢复使用。"),
        "replace": _("已换发新证，旧证作废；新证正在签章。"),
    }
    messages.success(request, said[event])
    return HttpResponseRedirect(reverse("custody:licences-one", args=[target]))


def _corrections(request: HttpRequest, licence_id: uuid.UUID, by: Actor) -> Mapping[str, str]:
    """Printed label → what was typed instead, where it differs."""
    sheet = queries.registered(licence_id=licence_id, actor=by, on=timezone.localdate())
    typed = {
        label: request.POST.get(f"{CORRECT}{place}", value).strip()
        for place, (label, value) in enumerate(sheet.facts)
    }
    return {label: text for label, text in typed.items() if text != dict(sheet.facts)[label]}


def _one(
    request: HttpRequest,
    licence_id: uuid.UUID,
    *,
    event: str = "",
    form: ReasonForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    by = actor(request)
    sheet = queries.registered(licence_id=licence_id, actor=by, on=timezone.localdate())
    card = sheet.card
    stored = card.state if card.state in rules.STATES else rules.ACTIVE
    moves = ("suspend", "lift", "replace")
    may = [name for name in moves if sheet.may_change and rules.may_move(name, stored)]
    forms_ = {
        name: form
        if form is not None and name == event
        else ReasonForm(initial={"seq": card.seq}, auto_id=f"{name}_%s")
        for name in may
    }
    context = {
        "sheet": sheet,
        "card": card,
        "kind": KINDS[card.state],
        "acts": [(name, _titles()[name], forms_[name]) for name in may],
        "fields": [(f"{CORRECT}{n}", label, value) for n, (label, value) in enumerate(sheet.facts)],
        "refusal": refusal,
        "form": form,
        "event": event,
    }
    return _page(request, by, "licence", context, status=status)


def _titles() -> dict[str, str]:
    return {"suspend": _("暂停使用"), "lift": _("恢复使用"), "replace": _("换发新证")}


@require_safe
@_readers_of_it
def types(request: HttpRequest) -> HttpResponse:
    """What kinds of licences the county issues, and by which items."""
    return _page(request, actor(request), "licence_types", {"types": queries.types()})


@require_http_methods(["GET", "HEAD", "POST"])
@in_custody
def readers(request: HttpRequest) -> HttpResponse:
    """Which other systems may ask about licences; the bureau lets more in."""
    by = actor(request)
    form = ReaderForm(request.POST if request.method == "POST" else None)
    refusal = None
    if form.is_valid():
        try:
            actions.admit(**form.cleaned_data, by=by, at=timezone.now())
            messages.success(request, _("已批准查询授权。"))
            return HttpResponseRedirect(reverse("custody:licences-readers"))
        except Refusal as problem:
            refusal = problem
    status = refusal.status if refusal else 422 if form.is_bound else 200
    names = {row.code: row.name for row in queries.types()}
    rows = [(row, [names.get(code, code) for code in row.types]) for row in queries.readers()]
    context = {
        "rows": rows,
        "form": form,
        "refusal": refusal,
        "may_admit": by.role == roles.BUREAU,
        "today": timezone.localdate(),
    }
    return _page(request, by, "licence_readers", context, status=status)


@require_POST
@in_custody
def end_reader(request: HttpRequest, reader_id: int) -> HttpResponse:
    """End a system's leave to ask."""
    actions.dismiss(reader_id=reader_id, by=actor(request), at=timezone.now())
    messages.success(request, _("已终止查询授权。"))
    return HttpResponseRedirect(reverse("custody:licences-readers"))


def _page(
    request: HttpRequest, by: Actor, name: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A decider comes from the desk and goes back there: seals and blanks are not theirs."""
    mine = {}
    if by.role == roles.DECIDER:
        here = {"text": _("电子证照"), "href": reverse("custody:licences"), "current": True}
        back = {"text": _("审批工作台"), "href": reverse("desk:inbox"), "current": False}
        mine["nav"] = [{**here, "count": None}, {**back, "count": None}]
    return page(request, name, {**context, **mine}, status=status)
