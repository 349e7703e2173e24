"""Following a case by its code: the timeline, and the sealed papers to keep."""

from __future__ import annotations

import uuid

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yichuang.cases import bundle_queries
from yichuang.cases import queries as cases
from yichuang.cases import referral_queries as referrals
from yichuang.cases.bundle_queries import BundleSheet
from yichuang.cases.queries import CaseSheet
from yichuang.cases.referral_queries import ReferralSheet
from yichuang.faces.portal import attempts, handed, progress
from yichuang.faces.portal.forms import CodeForm
from yichuang.faces.portal.page import page, private
from yichuang.faces.portal.views import bundles, receive
from yichuang.files import queries as files
from yichuang.oversight import queries as ratings
from yichuang.verdict import Refusal

LABEL = gettext_lazy("查询码")
HINT = gettext_lazy("收件凭证或短信里的 26 位字母和数字，大小写、横线都不要紧。")


@private
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Where to type the code; a right one leads on, a wrong one is kept and explained."""
    form = CodeForm(request.GET if "code" in request.GET else None, label=LABEL, hint=HINT)
    refusal = None
    if form.is_valid():
        try:
            found = _found(request, form.cleaned_data["code"])
            return HttpResponseRedirect(reverse("portal:case", args=[found.tracking_code]))
        except Refusal as problem:
            refusal = problem
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return page(request, "track", {"form": form, "refusal": refusal}, status=status)


@private
@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case, one matter handed on (转办) or one whole 一件事, as its applicant sees it. Refusal "tracking-unknown"
    (404)."""
    sheet = _found(request, code)
    if isinstance(sheet, ReferralSheet):
        return page(request, "track_referral", handed.shown(sheet))
    if isinstance(sheet, BundleSheet):
        return page(request, "track_bundle", bundles.followed(sheet))
    shown = {
        "case": sheet,
        "turn": progress.turn(sheet),
        "timeline": progress.timeline(sheet),
        "missing": progress.missing(sheet),
        "online": progress.online(sheet),
        "rating": ratings.rating_of(sheet.id),
        "may_rate": progress.may_rate(sheet, timezone.localdate()),
        "papers": [
            {"sheet": one, "kept_back": receive.kept_back(sheet, one)} for one in sheet.papers
        ],
        **receive.shown(sheet),
    }
    return page(request, "case", shown)


@private
@require_safe
def paper(request: HttpRequest, code: str, paper_id: uuid.UUID) -> HttpResponseBase:
    """A sealed paper of this case and no other, to be saved as a file."""
    whole = _case(request, code)
    found = next((one for one in whole.papers if one.id == paper_id), None)
    if found is None:
        raise Refusal(
            "paper-unknown",
            _("这个办件没有这份文书。"),
            remedy=_("请回到办件进度页面，从文书列表里下载。"),
            status=404,
        )
    if found.file_id is None:
        raise Refusal(
            "paper-not-sealed",
            _("这份文书还没有盖好章，暂时不能下载。"),
            remedy=_("请过几分钟再打开；一直不能下载的，请联系受理窗口。"),
            status=409,
        )
    if receive.kept_back(whole, found):
        return HttpResponseRedirect(reverse("portal:case", args=[whole.tracking_code]) + "#papers")
    sheet, handle = files.open_file(found.file_id)
    return FileResponse(
        handle, as_attachment=True, filename=sheet.name, content_type="application/pdf"
    )


def _case(request: HttpRequest, code: str) -> CaseSheet:
    with attempts.wrong_codes(request, "track"):
        return cases.tracked(code=code, today=timezone.localdate())


def _found(request: HttpRequest, code: str) -> CaseSheet | ReferralSheet | BundleSheet:
    """What the code leads to; counted as wrong only when it is none of these."""
    today = timezone.localdate()
    with attempts.wrong_codes(request, "track"):
        for tracked in (cases.tracked, bundle_queries.tracked):
            try:
                return tracked(code=code, today=today)
            except Refusal as refusal:
                if refusal.code != "tracking-unknown":
                    raise
        return referrals.tracked(code=code, today=today)
