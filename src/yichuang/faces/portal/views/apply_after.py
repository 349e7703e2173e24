"""After filing from home: what was asked to be corrected, what may follow later, taking it back.

Only the account that filed the case may do these: a code that many may hold opens no such page.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles, sessions
from yichuang.accounts.actor import Actor
from yichuang.cases import filing, intake, later, rules
from yichuang.cases import queries as cases
from yichuang.cases.queries import CaseSheet
from yichuang.cases.rules import MaterialEntry
from yichuang.faces.portal import attempts
from yichuang.faces.portal.apply_forms import ReasonForm, SupplyForm
from yichuang.faces.portal.page import page, private
from yichuang.faces.portal.views.apply import either
from yichuang.files import actions as files
from yichuang.verdict import Refusal


def _own(request: HttpRequest, code: str) -> tuple[CaseSheet, Actor]:
    """The case, for its own account. Refusal "not-your-case" (403)."""
    actor = sessions.actor_of(request, timezone.now())
    with attempts.wrong_codes(request, "track"):
        found = cases.tracked(code=code, today=timezone.localdate())
    try:
        return (
            cases.case_sheet(case_id=found.id, actor=actor, today=timezone.localdate()),
            actor,
        )
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        raise Refusal(
            "not-your-case",
            _("这个办件不是用您现在登录的手机号申请的。"),
            remedy=_("请用申请时的手机号登录；在窗口申请的，请到窗口补交或撤回。"),
            status=403,
        ) from None


@private
@either
@sessions.requires(roles.RESIDENT)
def supply(request: HttpRequest, code: str) -> HttpResponse:
    """Hand in what a correction notice named (补正), or what was to follow (容缺)."""
    sheet, actor = _own(request, code)
    may = {row.event for row in sheet.may}
    event = next((one for one in ("supply", "supply_later") if one in may), "")
    wanted = rules.MISSING if event == "supply" else rules.LATER
    rows = [m for m in sheet.materials if m.state == wanted] if event else []
    if not rows:
        return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]))
    sent = request.method == "POST"
    form = SupplyForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        rows=[(m.position, m.name) for m in rows],
        optional=event == "supply_later",
    )
    shown: dict[str, Any] = {
        "case": sheet,
        "form": form,
        "rows": [(m, form[f"file_{m.position}"]) for m in rows],
        "later": event == "supply_later",
        "refusal": None,
    }
    if not form.is_valid():
        return page(request, "supply", shown, status=422 if sent else 200)
    try:
        entries = _entries(form, [m.position for m in rows], actor)
        act = later.supply_later if event == "supply_later" else filing.supply
        act(case_id=sheet.id, seq=sheet.seq, supplied=entries, by=actor, at=timezone.now())
    except Refusal as refusal:
        return page(request, "supply", {**shown, "refusal": refusal}, status=refusal.status)
    return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]))


def _entries(form: SupplyForm, positions: list[int], actor: Actor) -> list[MaterialEntry]:
    entries = []
    for position in positions:
        chosen = form.cleaned_data[f"file_{position}"]
        if chosen is None:
            continue
        row = files.store(
            stream=chosen, name=chosen.name or "", kind="material", by=actor, at=timezone.now()
        )
        entries.append(MaterialEntry(position, rules.SUBMITTED, file_id=str(row.pk)))
    if not entries:
        raise Refusal(
            "nothing-chosen",
            _("没有选择要补交的文件。"),
            remedy=_("请至少选一份。"),
        )
    return entries


@private
@either
@sessions.requires(roles.RESIDENT)
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take the application back, after asking once more."""
    sheet, actor = _own(request, code)
    if "withdraw" not in {row.event for row in sheet.may}:
        return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {"case": sheet, "form": form, "refusal": None}
    if not form.is_valid():
        return page(request, "withdraw", shown, status=422 if form.is_bound else 200)
    try:
        intake.withdraw(
            case_id=sheet.id,
            seq=sheet.seq,
            reason=form.cleaned_data["reason"],
            by=actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return page(request, "withdraw", {**shown, "refusal": refusal}, status=refusal.status)
    return HttpResponseRedirect(reverse("portal:case", args=[sheet.tracking_code]))
