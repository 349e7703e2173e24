"""一件事 at the counter: choose a chain, take it in with one form, follow it as one matter."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.authority import queries as authority
from yichuang.cases import bundle_queries, bundles, chain_rules, rules
from yichuang.cases.bundle_queries import BundleSheet, LinkSheet
from yichuang.cases.bundles import BundleReceipt
from yichuang.catalogue import queries as catalogue
from yichuang.design.context import named
from yichuang.faces.window import joint_bench, words
from yichuang.faces.window.joint_bench import JointBench
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.faces.window.views.intake import keep_files
from yichuang.verdict import Refusal

SUBMIT = "submit"


@require_GET
@at_the_window
def overview(request: HttpRequest) -> HttpResponse:
    """The chains to begin, and what this counter has taken in. 8 SQL."""
    by, today = actor(request), timezone.localdate()
    offered = [
        {
            "code": chain.code,
            "name": named(chain.name, chain.name_en),
            "items": _("、").join(named(s.item_name, s.item_name_en) for s in chain.steps),
            "count": len(chain.steps),
        }
        for chain in catalogue.chains(today)
    ]
    found = [
        {
            "row": row,
            "name": named(row.name, row.name_en),
            "state": {"text": row.state_name, "kind": bundle_queries.KINDS[row.state]},
        }
        for row in bundle_queries.rows(actor=by)
    ]
    return page(request, "bundles", {"chains": offered, "bundles": found})


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
def new(request: HttpRequest) -> HttpResponse:
    """The one form of `?chain=`. POST: look again, or take the whole in."""
    by, at = actor(request), timezone.now()
    today = timezone.localdate(at)
    posted = request.method == "POST"
    code = request.POST.get("item", "") if posted else request.GET.get("chain", "")
    chain = catalogue.chain_sheet(code, today)
    judged = request.POST.get("outcome") == SUBMIT
    bench = joint_bench.opened(
        authority.order(),
        chain,
        by,
        today,
        key=str(uuid.uuid4()),
        data=request.POST if posted else None,
        judged=judged,
    )
    refused = keep_files(request, bench.rows, by) if posted else None
    if not judged:
        return _sheet(request, bench)
    for row in bench.rows:
        if row.state == rules.PROMISED and not row.signed:
            row.error = _("请申请人本人在承诺书上签字，再勾选“已签字”。")
    if not bench.choice:
        bench.errors.append(
            {"text": f"{bench.choice.reason}{bench.choice.remedy}", "href": "#steps"}
        )
    if bench.errors or not bench.form.is_valid() or any(row.error for row in bench.rows):
        return _sheet(request, bench, status=refused.status if refused else 422)
    try:
        receipt = bundles.take_in(request=joint_bench.request_of(bench, request.POST), by=by, at=at)
    except Refusal as refusal:
        if not bench.form.blame(refusal):
            href = "#questions" if refusal.code.startswith("situation") else "#steps"
            bench.errors.append({"text": str(refusal), "href": href})
        return _sheet(request, bench, status=refusal.status)
    messages.success(
        request, _("这张表单先前已经收下。") if receipt.replayed else _("整件事已收下。")
    )
    return redirect("window:bundle-receipt", bundle_id=receipt.bundle_id)


def _sheet(request: HttpRequest, bench: JointBench, *, status: int = 200) -> HttpResponse:
    context = joint_bench.shown(bench, actor(request))
    return page(request, "bundle_new", context, order=bench.order, status=status)


@require_GET
@at_the_window
def receipt(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """One number, its cases, what it spared, the code for the applicant."""
    sheet = _one(request, bundle_id)
    address = f"{settings.PUBLIC_URL}/track/{sheet.tracking_code}"
    qr = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    return page(request, "bundle_receipt", {**shown(sheet), "qr": qr})


@require_GET
@at_the_window
def bundle(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """The whole matter: its items, one story. 10 SQL."""
    return _page(request, _one(request, bundle_id))


def _page(request: HttpRequest, sheet: BundleSheet, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        **shown(sheet),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "ticked": request.POST.getlist("only"),
    }
    return page(request, "bundle", context, status=refusal.status if refusal else 200)


@require_POST
@at_the_window
def withdraw(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """The applicant takes some of it back, or all."""
    sheet = _one(request, bundle_id)
    known = {link.seq for link in sheet.withdrawable}
    only = bundle_queries.by_seq(request.POST.getlist("only"), known)
    reason = request.POST.get("reason", "").strip()

    def act() -> BundleReceipt:
        if not only:
            raise Refusal(
                "nothing-chosen",
                _("没有选择要撤回的事项。"),
                remedy=_("请勾选要撤回的事项。"),
            )
        rules.check_reason(reason, what=_("撤回")).enforce()
        return bundles.withdraw(
            bundle_id=bundle_id,
            seq=_seq(request),
            only=() if set(only) == known else only,
            reason=reason,
            by=actor(request),
            at=timezone.now(),
        )

    return _acted(request, sheet, act, _("已撤回。"))


@require_POST
@at_the_window
def done(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """The applicant has done themselves what they were guided to."""
    sheet = _one(request, bundle_id)
    link_seq = request.POST.get("link", "")

    def act() -> BundleReceipt:
        return bundles.mark_guided_done(
            bundle_id=bundle_id,
            seq=_seq(request),
            link_seq=int(link_seq) if link_seq.isdecimal() else 0,
            by=actor(request),
            at=timezone.now(),
        )

    return _acted(request, sheet, act, _("已登记，等着它的事项接着办。"))


def _acted(
    request: HttpRequest, sheet: BundleSheet, act: Callable[[], BundleReceipt], said: str
) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        return _page(request, sheet, refusal)
    messages.success(request, said)
    return redirect("window:bundle", bundle_id=sheet.id)


def _seq(request: HttpRequest) -> int:
    sent = request.POST.get("seq", "")
    return int(sent) if sent.isdecimal() and len(sent) < 9 else 0


def _one(request: HttpRequest, bundle_id: uuid.UUID) -> BundleSheet:
    return bundle_queries.bundle_sheet(
        bundle_id=bundle_id, actor=actor(request), today=timezone.localdate()
    )


def shown(sheet: BundleSheet) -> dict[str, Any]:
    """The sheet as the templates read it."""
    return {
        "bundle": sheet,
        "name": named(sheet.name, sheet.name_en),
        "state": {"text": sheet.state_name, "kind": bundle_queries.KINDS[sheet.state]},
        "links": [_link(link) for link in sheet.links],
        "spared": sheet.spared,
        "timeline": [
            {
                "title": f"{line.title}"
                if not line.item
                else f"{line.title} · {named(line.item, line.item_en)}",
                "when": line.at,
                "by": line.author,
                "text": _("文书 %(number)s") % {"number": line.paper} if line.paper else "",
                "state": "done",
            }
            for line in sheet.timeline
        ],
    }


def _link(link: LinkSheet) -> dict[str, Any]:
    waits = link.state == chain_rules.WAITING
    return {
        "link": link,
        "name": named(link.item_name, link.item_name_en),
        "state": {
            "text": link.case_state or link.state_name,
            "kind": bundle_queries.LINK_KINDS[link.state],
        },
        "after": _("、").join(named(*pair) for pair in link.after) if waits else "",
        "guided": link.state == chain_rules.GUIDED,
        "withdrawable": link.state in chain_rules.UNSETTLED,
        "deadline": words.badge(link.deadline, "") if link.deadline else None,
    }
