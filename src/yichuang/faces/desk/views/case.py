"""One case: its evidence, its facts, the rule it stands under, and what this post may do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_POST, require_safe

from yichuang.accounts import roles
from yichuang.accounts.actions import personal
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.cases import lifecycle, queries
from yichuang.cases.models import Applicant
from yichuang.cases.queries import CaseSheet
from yichuang.cases.reissue import KINDS as REISSUED
from yichuang.cases.sheets import TransferRow
from yichuang.clock.queries import calendar
from yichuang.clock.rules import due as due_of
from yichuang.design import steps
from yichuang.design.context import named
from yichuang.documents import rules as paper_rules
from yichuang.faces.desk import forms, letters, words
from yichuang.faces.desk.page import actor, at_the_desk, page
from yichuang.verdict import Refusal

# What the desk offers, the commonest first; everything else on a case belongs to other faces.
FORMS: Mapping[str, type[forms.StepForm]] = {
    "review": forms.Review,
    "grant": forms.Grant,
    "grant_on_spot": forms.Grant,
    "refuse": forms.Refuse,
    "send_back": forms.SendBack,
    "begin_special": forms.BeginSpecial,
    "end_special": forms.EndSpecial,
    "extend": forms.Extend,
    "hand_back": forms.StepForm,
    "receive_transfer": forms.StepForm,
    "check_promise": forms.CheckPromise,
    "terminate": forms.Terminate,
    "revoke_result": forms.Revoke,
}
DECISIONS = ("grant", "grant_on_spot", "refuse", "terminate", "revoke_result")
# the decisions that burden the applicant: the letter's word on review and court is shown with them
BURDENS = ("refuse", "terminate", "revoke_result")
BUTTONS: Mapping[str, Any] = {
    "review": gettext_lazy("提交审核意见"),
    "grant": gettext_lazy("预览准予决定"),
    "grant_on_spot": gettext_lazy("预览当场办结"),
    "refuse": gettext_lazy("预览不予决定"),
    "send_back": gettext_lazy("退回重审"),
    "begin_special": gettext_lazy("开始特别程序"),
    "end_special": gettext_lazy("结束特别程序"),
    "extend": gettext_lazy("确认延期"),
    "hand_back": gettext_lazy("交还有权机关"),
    "receive_transfer": gettext_lazy("确认收到"),
    "check_promise": gettext_lazy("记下核查结果"),
    "terminate": gettext_lazy("预览终止办理"),
    "revoke_result": gettext_lazy("预览撤销决定"),
}


@require_safe
@at_the_desk
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The page of one case. `?act=` chooses which permitted step stands open."""
    return draw(request, seen(request, case_id), event=request.GET.get("act", ""))


def seen(request: HttpRequest, case_id: uuid.UUID) -> CaseSheet:
    """The case as it is now, if this post may see it. Six SQL."""
    return queries.case_sheet(case_id=case_id, actor=actor(request), today=timezone.localdate())


def draw(
    request: HttpRequest,
    sheet: CaseSheet,
    *,
    event: str = "",
    bound: forms.StepForm | None = None,
    refusal: Refusal | None = None,
    shown: tuple[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The case's page; `bound` is a form of `event` that came back with what was typed.

    shown: (column, value) of one personal value, in full, this once.
    """
    today = timezone.localdate()
    order = authority.order()
    moved = power_moved(sheet, order, today)
    allowed = [row for row in sheet.may if row.event in FORMS]
    if moved is not None:
        allowed = [row for row in allowed if row.event == "hand_back"]
    elif refusal is None or refusal.code != "still-yours":
        allowed = [row for row in allowed if row.event != "hand_back"]
    allowed.sort(key=lambda row: list(FORMS).index(row.event))
    events = [row.event for row in allowed]
    current = event if event in events else events[0] if events else ""
    kept = ""
    if bound is not None and event not in events:  # no longer open: the words are not lost
        kept = steps.lost(bound)
    form = None
    if current:
        form = bound if bound is not None and event == current else blank(sheet, current)
    if current == "check_promise" and form is not None:
        form.fields["position"].widget.choices = [
            (row.position, row.material) for row in sheet.promises if row.state == "pending"
        ]
    by = actor(request)
    may_reissue = (
        by.role == roles.DECIDER
        and by.organ_code == sheet.ruling["codes"]["decider"]
        and sheet.state != lifecycle.REVOKED
    )
    context = {
        "case": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "state": words.state(sheet.state),
        "badge": words.badge(sheet.deadline, sheet.state),
        "handling": words.HANDLINGS[sheet.handling],
        "facts": _facts(sheet),
        "personal": _personal(sheet, shown),
        "purposes": list(words.PURPOSES.items()),
        "applicant_kind": words.APPLICANTS[sheet.applicant_kind],
        "answers": [
            *(
                {"key": named(line.ask, line.ask_en), "value": named(line.label, line.label_en)}
                for line in sheet.situation
            ),
            *({"key": line.label, "value": line.shown} for line in sheet.facts),
            *({"key": key, "value": value} for key, value in sheet.answers.items()),
        ],
        "promises": [{"row": row, "state": words.PROMISES[row.state]} for row in sheet.promises],
        "materials": [{"row": row, "state": words.MATERIALS[row.state]} for row in sheet.materials],
        "papers": [
            {
                "row": row,
                "state": paper_rules.STATES[row.state],
                "kind": words.PAPER_KINDS[row.state],
                "may_reissue": may_reissue and row.file_id and row.kind in REISSUED,
            }
            for row in reversed(sheet.papers)
        ],
        "ruling": words.ruling_rows(Ruling(**sheet.ruling)),
        "timeline": words.timeline(sheet.timeline),
        "acts": [
            {
                "text": str(row.name),
                "href": f"?act={row.event}#act",
                "current": row.event == current,
                "count": None,
            }
            for row in allowed
        ],
        "opinion": _opinion(sheet),
        "event": current,
        "basis": lifecycle.BY_EVENT[current].basis_for(permit=sheet.permit) if current else "",
        "form": form,
        "button": BUTTONS.get(current, ""),
        "previews": current in DECISIONS,
        "sentences": words.sentences(sheet) if current in ("grant", "grant_on_spot") else (),
        "remedies": letters.remedies(sheet, current) if current in BURDENS else "",
        "extended_to": _extended_to(sheet) if current == "extend" else None,
        "extension_days": lifecycle.EXTENSION_DAYS,
        "waits_for": "" if events else _turn(sheet),
        "moved": moved,
        "may_hand_back": "hand_back" in events,
        "refusal": refusal,
        "moved_on": refusal is not None and refusal.code == "case-moved-on",
        "kept": kept,
    }
    return page(request, "case", context, order=order, status=status)


def blank(sheet: CaseSheet, event: str) -> forms.StepForm:
    """The empty form of a step, with the usual words where there are any."""
    initial: dict[str, Any] = {"seq": sheet.seq}
    if event == "review":
        initial["opinion"] = words.OPINION
    if event in ("grant", "grant_on_spot"):
        initial["decision"] = words.sentences(sheet)[0]
    return FORMS[event](initial=initial)


def power_moved(sheet: CaseSheet, order: Order, today: date) -> Ruling | None:
    """Today's ruling, when it no longer is the one this undecided case runs under; else None.

    Only to say so early: the decision itself asks again, with the standing order held.
    """
    if sheet.state not in (lifecycle.ACCEPTED, lifecycle.REVIEWED):
        return None
    codes = sheet.ruling["codes"]
    try:
        fresh = order.ruling(sheet.item_code, sheet.place_code, codes["taker"], today)
    except Refusal as refusal:
        return Ruling(allowed=False, reason=refusal.message, remedy=refusal.remedy)
    same = (
        fresh.allowed
        and fresh.codes["decider"] == codes["decider"]
        and fresh.codes["in_name_of"] == codes["in_name_of"]
        and fresh.grant == sheet.grant_number
    )
    return None if same else fresh


def _opinion(sheet: CaseSheet) -> dict[str, Any] | None:
    """The reviewer's word on a case that waits for its decision."""
    if sheet.state != lifecycle.REVIEWED:
        return None
    event = next((each for each in reversed(sheet.timeline) if each.event == "review"), None)
    return {"event": event, "text": words.said(event)} if event else None


def _extended_to(sheet: CaseSheet) -> date | None:
    """The due day after an extension, None while the calendar does not reach it."""
    if sheet.deadline.due_on is None:
        return None
    try:
        return due_of(sheet.deadline.due_on, lifecycle.EXTENSION_DAYS, calendar()).due
    except Refusal:
        return None


def _turn(sheet: CaseSheet) -> str:
    """Whose turn it is, where it is nobody's at this desk."""
    if sheet.state in (lifecycle.ACCEPTED, lifecycle.SPECIAL):
        return _("%(organ)s（审核）") % {"organ": sheet.reviewer}
    if sheet.state == lifecycle.REVIEWED:
        return _("%(organ)s（决定）") % {"organ": sheet.decider}
    if sheet.state in (lifecycle.RECEIVED, lifecycle.CORRECTION):
        return _("%(outlet)s（受理）") % {"outlet": sheet.acceptor}
    if sheet.state in (*lifecycle.DECIDED_STATES, lifecycle.DELIVERED, lifecycle.WITHDRAWN):
        return _("%(outlet)s（送达、办结）") % {"outlet": sheet.outlet}
    return ""


def _facts(sheet: CaseSheet) -> list[dict[str, Any]]:
    days = _("承诺%(days)s个工作日") % {"days": sheet.promised_days}
    if sheet.legal_days is not None:
        days = _("%(promised)s（法定%(days)s个）") % {"promised": days, "days": sheet.legal_days}
    if sheet.extension_days:
        days = _("%(days)s，已延长%(more)s个") % {"days": days, "more": sheet.extension_days}
    return [
        {"key": _("事项所在地"), "value": sheet.place},
        {"key": _("收件网点"), "value": sheet.outlet},
        {
            "key": _("收件时间"),
            "value": timezone.localtime(sheet.filed_at).strftime("%Y-%m-%d %H:%M"),
        },
        {"key": _("办理时限"), "value": days},
        {"key": _("领取方式"), "value": words.DELIVERIES[sheet.delivery_method]},
        *([{"key": _("领取地点"), "value": sheet.collect_at}] if sheet.collect_at else []),
        *([{"key": _("转送"), "value": _way(sheet.transfer)}] if sheet.transfer else []),
    ]


def _way(transfer: TransferRow) -> str:
    """When the case was sent to this organ from another town's window, and when it arrived."""
    sent = timezone.localtime(transfer.sent_at).strftime("%Y-%m-%d %H:%M")
    if transfer.received_at is None:
        return _("%(organ)s，%(at)s转出，还没有接收") % {"organ": transfer.organ, "at": sent}
    return _("%(organ)s，%(sent)s转出，%(received)s接收") % {
        "organ": transfer.organ,
        "sent": sent,
        "received": timezone.localtime(transfer.received_at).strftime("%Y-%m-%d %H:%M"),
    }


def _personal(sheet: CaseSheet, shown: tuple[str, str] | None) -> list[dict[str, Any]]:
    """The applicant's values masked, and the one that was asked for in full."""
    masks = {"name": sheet.applicant, "identity": sheet.identity, "phone": sheet.phone}
    if sheet.has_address:
        masks["address"] = _("已登记")
    return [
        {
            "column": column,
            "name": words.PERSONAL[column],
            "mask": mask,
            "value": shown[1] if shown and shown[0] == column else "",
        }
        for column, mask in masks.items()
    ]


@require_POST
@at_the_desk
def reveal(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show one value in full, once, for a stated purpose. The journal keeps who, what and why."""
    sheet = seen(request, case_id)
    column = request.POST.get("column", "")
    if column not in words.PERSONAL or (column == "address" and not sheet.has_address):
        raise Refusal(
            "column-unknown",
            _("没有这一项个人信息。"),
            remedy=_("请回到办件页面重新选择。"),
            status=404,
        )
    sealed = Applicant.objects.values_list(f"{column}_sealed", flat=True).get(pk=sheet.applicant_id)
    with override("zh-hans"):  # the journal is kept in Chinese whoever looks
        purpose = str(words.PURPOSES.get(request.POST.get("purpose", ""), ""))
    value = personal.reveal(
        token=sealed,
        table="cases_applicant",
        row=str(sheet.applicant_id),
        column=column,
        purpose=purpose,
        by=actor(request),
        at=timezone.now(),
        stream=f"applicant:{sheet.applicant_id}",
    )
    return draw(request, sheet, shown=(column, value))
