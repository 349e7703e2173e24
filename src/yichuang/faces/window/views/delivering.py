"""Handing over: parcels with a courier, electronic delivery agreed on paper, and what did not arrive."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yichuang.accounts.actor import Actor
from yichuang.cases import delivery_queries as reading
from yichuang.cases import lifecycle, shipments, undelivered
from yichuang.cases import shipment_rules as parcels
from yichuang.cases.couriers_configured import courier
from yichuang.cases.queries import CaseSheet
from yichuang.design.context import named
from yichuang.faces.window import forms, words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.files import queries as stored
from yichuang.verdict import Refusal

PARCEL_KINDS = {
    parcels.ORDERING: "waiting",
    parcels.ORDERED: "progress",
    parcels.LABELLED: "progress",
    parcels.PICKED_UP: "progress",
    parcels.IN_TRANSIT: "progress",
    parcels.SIGNED: "done",
    parcels.RETURNED: "attention",
    parcels.LOST: "attention",
    parcels.CANCELLED: "neutral",
    parcels.UNKNOWN: "attention",
}
TOLD_IN = (*lifecycle.DECIDED_STATES, lifecycle.DELIVERED, lifecycle.CLOSED)


def parcel_of(sheet: CaseSheet, *, refusal: Refusal | None, typed: str) -> dict[str, Any]:
    """What a case's page says of its way to the applicant. At most 3 SQL, none before a decision."""
    if sheet.state not in TOLD_IN:
        return {}
    parcel = reading.parcel_of(sheet.id)
    open_tasks = reading.case_tasks(case_id=sheet.id)
    may = {row.event for row in sheet.may}
    may_send, hands_over = "dispatch" in may, "deliver" in may
    free = parcel is None or not parcel.under_way
    company = courier()
    may_agree = may_send and free and sheet.online_since is None
    return {
        "handing": bool(parcel or open_tasks or may_agree or sheet.online_since),
        "parcel": parcel and {
            "sheet": parcel,
            "state": {"text": parcel.state_name, "kind": PARCEL_KINDS[parcel.state]},
            "events": _events(parcel),
            "may_cancel": may_send and parcel.may_cancel,
        },
        "orders_with": company.name if company and may_send and free else "",
        "order_form": forms.OrderParcel(
            {"seq": sheet.seq, "address": typed} if refusal and refusal.field == "address" else None,
            sheet=sheet,
            event="order",
        ),
        "delivery_tasks": open_tasks,
        "online": {
            "since": sheet.online_since,
            "may_agree": may_agree,
            "may_take_back": hands_over and sheet.online_since is not None,
        },
    }  # fmt: skip


def _events(parcel: reading.ParcelSheet) -> list[dict[str, Any]]:
    last = len(parcel.events) - 1
    return [
        {
            "title": event.name,
            "when": event.at,
            "by": event.place,
            "text": signed(event),
            "state": "current" if number == last else "done",
        }
        for number, event in reversed(list(enumerate(parcel.events)))
    ]


def signed(event: reading.EventLine) -> str:
    """Who signed, as the courier recorded it."""
    if event.kind != "signed":
        return ""
    said = [_("签收人：%(name)s") % {"name": event.signer}] if event.signer else []
    return "；".join([*said, str(parcels.RELATIONS[event.relation])])


@require_GET
@at_the_window
def deliveries(request: HttpRequest) -> HttpResponse:
    """What did not arrive, and what is past the day to hand it over by."""
    return _list(request)


def _list(
    request: HttpRequest, *, refusal: Refusal | None = None, failed: str = "", typed: Any = None
) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    lines = [
        {
            "row": row,
            "item": named(row.item_name, row.item_name_en),
            "badge": words.delivery_badge(row.deadline),
            "form": forms.SettleDelivery(typed if failed == str(row.id) else None, task=row.id),
            "open": failed == str(row.id),
        }
        for row in reading.tasks(actor=by, today=today)
    ]
    late = [
        {
            "row": row,
            "item": named(row.item_name, row.item_name_en),
            "badge": words.delivery_badge(row.deadline),
        }
        for row in reading.late(actor=by, today=today)
    ]
    context = {
        "lines": lines,
        "late": late,
        "refusal": refusal,
        "full": max(len(lines), len(late)) == reading.LIMIT,
    }
    return page(request, "deliveries", context, status=refusal.status if refusal else 200)


@require_POST
@at_the_window
def act(request: HttpRequest, task_id: uuid.UUID, event: str) -> HttpResponse:
    """Take a task, or settle it with a word."""
    by, at = actor(request), timezone.now()
    try:
        if event == "take":
            undelivered.take(task_id=task_id, by=by, at=at)
            messages.success(request, _("已由您接手。"))
        elif event == "settle":
            undelivered.settle(
                task_id=task_id,
                way=request.POST.get("way", ""),
                note=request.POST.get("note", ""),
                by=by,
                at=at,
            )
            messages.success(request, _("已记下处理情况。没有送到之前，过几个工作日还会再提醒。"))
        else:
            raise no_such_step()
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _list(request, refusal=refusal, failed=str(task_id), typed=request.POST)
    return redirect("window:deliveries")


def order(*, case_id: uuid.UUID, seq: str, address: str, by: Actor, at: datetime) -> None:
    """Have the configured courier collect the result; the worker places the order."""
    company = courier()
    if company is None:
        raise Refusal(
            "courier-not-configured",
            _("这里没有接通寄递企业。"),
            remedy=_("请自己联系快递，再登记运单号。"),
            status=409,
        )
    drawn_at = int(seq) if seq.isdecimal() and len(seq) < 10 else 0
    shipments.order(
        case_id=case_id, seq=drawn_at, courier=company.name, address=address, by=by, at=at
    )


@require_GET
@at_the_window
def label(request: HttpRequest, shipment_id: uuid.UUID) -> HttpResponseBase:
    """The courier's label, as the browser's own viewer shows it, to be printed."""
    found = reading.label_of(shipment_id=shipment_id, actor=actor(request))
    if found is None:
        raise Refusal(
            "label-unknown",
            _("面单还没有出来。"),
            remedy=_("请稍候片刻刷新；急用时请手写面单。"),
            status=404,
        )
    kept, handle = stored.open_file(found)
    return FileResponse(handle, filename=kept.name, content_type=kept.content_type)


def no_such_step() -> Refusal:
    return Refusal(
        "event-unknown",
        _("窗口没有这一步。"),
        remedy=_("请回到办件页面，按页面上的按钮办理。"),
        status=404,
    )
