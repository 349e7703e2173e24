"""The end of an application from home: the last look, the code to the phone, handing in, the number.

Nobody signs in before this. The phone that receives the code becomes the account the case belongs to.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from yichuang.accounts import actions as accounts
from yichuang.accounts import oidc, sessions
from yichuang.accounts.actor import Actor
from yichuang.accounts.vault import mask_phone
from yichuang.authority import queries as authority
from yichuang.authority.queries import PERMIT, Order
from yichuang.cases import drafts, rules, tracking
from yichuang.cases import queries as cases
from yichuang.cases.drafts import Opened
from yichuang.design.context import named
from yichuang.faces.portal import applying, progress
from yichuang.faces.portal.apply_forms import CodeForm
from yichuang.faces.portal.applying import read_aloud
from yichuang.faces.portal.page import private
from yichuang.faces.portal.views import bundles
from yichuang.faces.portal.views.apply import (
    address,
    answer_rows,
    either,
    opened_here,
    resident,
    resume_at,
    row,
    shown_page,
)
from yichuang.faces.portal.views.apply_materials import standing
from yichuang.messages.providers.configured import provider
from yichuang.messages.sending import code_sender
from yichuang.verdict import Refusal

# The code sent a moment ago may still be on its way: then the form for it is what helps.
_TYPE_IT = ("code-too-soon", "code-too-many")


@private
@require_safe
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Every answer with its link to change it, what is still open, and the way on. At most 12 SQL."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED or opened.changes is not None or applying.halted(opened):
        return resume_at(opened)
    order = authority.order()
    shown = {
        "sections": _sections(opened, order),
        "open": open_steps(opened, order),
        "permit": opened.item.item_type == PERMIT,  # only for these does article 31 speak
        "brought": [m.name for m in opened.materials if _brought(opened, m.name)],
    }
    return shown_page(request, "apply_check", opened, "check", shown)


def open_steps(opened: Opened, order: Order) -> list[dict[str, str]]:
    """What is still to be answered, for zw_error_summary."""
    return [
        {
            "text": _("还没有填完：%(title)s") % {"title": step.title},
            "href": address(opened, step.slug, "check"),
        }
        for step in applying.steps(opened, order)
        if not step.done
    ]


def _brought(opened: Opened, name: str) -> bool:
    handed = opened.content.materials.get(name)
    return handed is not None and handed.how == "bring"


def _sections(opened: Opened, order: Order) -> list[tuple[str, list[dict[str, Any]]]]:
    content, item = opened.content, opened.item
    behalf = str(applying.BEHALF.get(content.on_behalf, ""))
    place = order.places[content.place].name if content.place in order.places else ""
    where = "village" if applying.has_villages(order, content.town) else "town"
    matter = [
        *_chosen_steps(opened),
        row(opened, _("为谁办"), behalf, "who"),
        row(opened, _("事情在哪里"), place, where),
        *answer_rows(opened),
    ]
    form = [
        row(
            opened,
            named(fact.label, fact.label_en),
            read_aloud(fact, content.facts.get(fact.key, "")),
            f"f-{page[0].key}",
        )
        for page in applying.fact_pages(item.facts)
        for fact in page
    ] or [row(opened, _("要说明的"), content.request, "request")]
    papers = [
        row(
            opened,
            named(material.name, material.name_en),
            standing(opened, material)[0],
            "materials",
        )
        for material in opened.materials
        if applying.asked_for(material)
    ]
    delivery = str(applying.DELIVERY.get(content.delivery, ""))
    receive = [row(opened, _("怎么领结果"), delivery, "receive")]
    if content.delivery == "collect":
        outlet = order.outlets.get(content.collect_at)
        receive.append(row(opened, _("在哪里领"), outlet.name if outlet else "", "collect"))
    elif content.delivery == "mail":
        receive.append(row(opened, _("寄到哪里"), content.address, "address"))
    number = _("统一社会信用代码") if content.on_behalf == rules.ENTERPRISE else _("身份证号")
    who = [
        row(opened, _("申请人"), content.name, "me"),
        row(opened, number, content.identity, "me"),
        row(opened, _("手机号"), content.phone, "phone"),
    ]
    if content.on_behalf in drafts.AGENTS:
        who.insert(2, row(opened, _("办理人"), content.agent, "me"))
    sections = [
        (_("办什么"), matter),
        (_("申请内容"), form),
        (_("材料"), papers),
        (_("领取"), receive),
        (_("申请人"), who),
    ]
    return [(title, rows) for title, rows in sections if rows]


def _chosen_steps(opened: Opened) -> list[dict[str, Any]]:
    """Which items of a 一件事 are applied for; nothing for a single item."""
    guide = opened.chain
    if guide is None:
        return []
    names = [
        named(step.item_name, step.item_name_en)
        for step in guide.chain.steps
        if step.seq in guide.chosen
    ]
    change = reverse("portal:bundle-steps", args=[opened.secret])
    key = _("要办的事项")
    actions = [{"text": _("修改"), "href": change, "hidden": key}]
    return [{"key": key, "value": _("、").join(names), "actions": actions}]


@private
@either
@sensitive_post_parameters("code")
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The code to the phone, and handing in with it; whoever is signed in hands in at once."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED:
        return HttpResponseRedirect(address(opened, "done"))
    order = authority.order()
    if opened.changes is not None or applying.halted(opened):
        return resume_at(opened)
    if open_steps(opened, order):
        return HttpResponseRedirect(address(opened, "check"))
    at = timezone.now()
    who = resident(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "send" and who is None:
        return _sent(request, opened)
    if act == "code" and who is None:
        form = CodeForm(request.POST)
        if not form.is_valid():
            return _shown(request, opened, form=form, status=422)
        try:
            user = accounts.confirm_phone_code(
                phone=opened.content.phone, code=form.cleaned_data["code"], at=at
            )
        except Refusal as refusal:
            return _shown(request, opened, form=form, refusal=refusal, status=refusal.status)
        sessions.open_resident(request, user, at)
        request.actor = None
        who = resident(request)
        act = "file"
    if act == "file" and who is not None:
        return _filed(request, opened, who)
    return _shown(request, opened, who=who)


def _sent(request: HttpRequest, opened: Opened) -> HttpResponse:
    refusal = None
    try:
        accounts.request_phone_code(
            phone=opened.content.phone, sender=code_sender(provider), at=timezone.now()
        )
    except Refusal as problem:
        if problem.code not in _TYPE_IT:
            return _shown(request, opened, refusal=problem, status=problem.status)
        refusal = problem
    status = refusal.status if refusal else 200
    return _shown(request, opened, form=CodeForm(), refusal=refusal, status=status)


def _filed(request: HttpRequest, opened: Opened, who: Actor) -> HttpResponse:
    """Hand in. Pressing twice, or in two tabs, hands in once."""
    try:
        drafts.file(draft_id=opened.id, by=who, at=timezone.now())
    except Refusal as refusal:
        if refusal.code in ("draft-version-changed", "draft-moved-on"):
            return resume_at(opened)
        return _shown(request, opened, who=who, refusal=refusal, status=refusal.status)
    return HttpResponseRedirect(address(opened, "done"))


def _shown(
    request: HttpRequest,
    opened: Opened,
    *,
    form: CodeForm | None = None,
    who: Actor | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    onward = address(opened, "confirm")
    shown = {
        "form": form,
        "resident": who.name if who else "",
        "refusal": refusal,
        "phone_mask": mask_phone(opened.content.phone),
        "demo": settings.DEMO,
        "identity_service": f"/identity/begin?next={onward}" if oidc.enabled() else "",
        "agent": opened.content.on_behalf in drafts.AGENTS,
    }
    return shown_page(request, "apply_confirm", opened, "confirm", shown, status=status)


@private
@require_safe
def done(request: HttpRequest, code: str) -> HttpResponse:
    """The number, the next date, what happens next, the receipt to keep."""
    opened = opened_here(request, code)
    if opened.bundle_id is not None:
        return bundles.done(request, opened, opened.bundle_id)
    if opened.case_id is None:
        return resume_at(opened)
    today = timezone.localdate()
    sheet = cases.tracked(code=tracking.code(opened.case_id), today=today)
    receipt = next(iter(sheet.papers), None)
    shown = {
        "case": sheet,
        "turn": progress.turn(sheet),
        "receipt": receipt,
        "missing": [m for m in sheet.materials if m.state == rules.MISSING],
        "later": [m for m in sheet.materials if m.state == rules.LATER],
        "whole": settings.PUBLIC_URL + reverse("portal:case", args=[sheet.tracking_code]),
    }
    return shown_page(request, "apply_done", opened, "", shown)
