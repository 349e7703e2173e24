"""A resident's electronic licences (我的证照): the cards, one licence, showing it, who looked.

The page that shows a code is an answer to a form and keeps its secret nowhere: pressing "back" or
coming again makes a new one. It counts down by style alone, so that it works without scripts.
"""

from __future__ import annotations

import uuid

import segno
from django import forms
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from yichuang.accounts import roles, sessions
from yichuang.accounts.actor import Actor
from yichuang.faces.portal import attempts
from yichuang.faces.portal.page import page, private
from yichuang.files import queries as files
from yichuang.licences import actions, queries, rules, showing
from yichuang.verdict import Refusal

PUBLIC = Actor(None, "公众", roles.RESIDENT, channel="portal")
KINDS = {
    rules.ACTIVE: "done",
    rules.FUTURE: "waiting",
    rules.SUSPENDED: "attention",
    rules.EXPIRED: "neutral",
    rules.REVOKED: "refused",
    rules.REPLACED: "neutral",
}
_either = require_http_methods(["GET", "HEAD", "POST"])
_resident = sessions.requires(roles.RESIDENT)


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label=gettext_lazy("出示给谁看、做什么用？"),
        help_text=gettext_lazy("看的人会看到您选的用途，也会记下来。"),
        choices=list(rules.PURPOSES.items()),
        widget=forms.RadioSelect,
    )


class ClaimForm(forms.Form):
    identity = forms.CharField(
        label=gettext_lazy("持证人的身份证号，或者单位的统一社会信用代码"),
        help_text=gettext_lazy("只用来核对，不显示，也不放进网址。"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ViewerForm(forms.Form):
    viewer = forms.CharField(
        label=gettext_lazy("您是哪个单位的"),
        help_text=gettext_lazy("会告诉持证人。请不要写个人号码。"),
        max_length=rules.VIEWER_LIMIT,
        required=False,
    )


@private
@require_safe
@_resident
def cards(request: HttpRequest) -> HttpResponse:
    """Every licence in the wallet, those in force first."""
    by, today = sessions.actor(request), timezone.localdate()
    found = queries.wallet(owner=by.person_id or 0, on=today)
    return page(request, "wallet", {"cards": [(card, KINDS[card.state]) for card in found]})


@private
@_either
@sensitive_post_parameters("identity")
@_resident
def add(request: HttpRequest) -> HttpResponse:
    """Put into the wallet what was given at a counter, by the holder's number."""
    form = ClaimForm(request.POST if request.method == "POST" else None)
    refusal = None
    if form.is_valid():
        try:
            with attempts.wrong_codes(request, "claim"):
                actions.claim(
                    identity=form.cleaned_data["identity"],
                    by=sessions.actor(request),
                    at=timezone.now(),
                )
            return HttpResponseRedirect(reverse("portal:wallet"))
        except Refusal as problem:
            refusal = problem
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return page(request, "wallet_add", {"form": form, "refusal": refusal}, status=status)


@private
@require_safe
@_resident
def licence(request: HttpRequest, licence_id: uuid.UUID) -> HttpResponse:
    """One licence: what it says, its file, and everybody who looked at it or used it."""
    sheet = _mine(request, licence_id)
    shown = {"sheet": sheet, "card": sheet.card, "kind": KINDS[sheet.card.state]}
    return page(request, "wallet_licence", shown)


@private
@require_safe
@_resident
def file(request: HttpRequest, licence_id: uuid.UUID) -> HttpResponseBase:
    """The sealed PDF, to keep. Named without the holder."""
    sheet = _mine(request, licence_id)
    if sheet.file_id is None:
        raise Refusal(
            "paper-not-sealed",
            _("证照正在制作，还不能下载。"),
            remedy=_("请过几分钟再打开；一直不能下载的，请联系颁发机关。"),
            status=409,
        )
    _stored, handle = files.open_file(sheet.file_id)
    name = f"{sheet.card.name} {sheet.card.number}.pdf"
    return FileResponse(handle, as_attachment=True, filename=name, content_type="application/pdf")


@private
@_either
@_resident
def show(request: HttpRequest, licence_id: uuid.UUID) -> HttpResponse:
    """What for; then the code, good once and for some minutes."""
    sheet = _mine(request, licence_id)
    form = PurposeForm(request.POST if request.method == "POST" else None)
    context = {"sheet": sheet, "card": sheet.card, "kind": KINDS[sheet.card.state]}
    context |= {"form": form, "refusal": None}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return page(request, "wallet_show", context, status=status)
    try:
        offer = showing.offer(
            licence_id=licence_id,
            purpose=form.cleaned_data["purpose"],
            by=sessions.actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        return page(request, "wallet_show", {**context, "refusal": refusal}, status=refusal.status)
    address = f"{settings.PUBLIC_URL}{reverse('portal:shown', args=[offer.secret])}"
    code = segno.make(address, error="m", micro=False)
    return page(
        request,
        "wallet_code",
        {
            "card": sheet.card,
            "address": address,
            "picture": code.svg_data_uri(border=2, omitsize=True),  # as large as the page has room
            "until": timezone.localtime(offer.expires_at),
            "minutes": int(rules.SHOWN_FOR.total_seconds() // 60),
            "purpose": rules.PURPOSES[form.cleaned_data["purpose"]],
        },
    )


@private
@_either
def shown(request: HttpRequest, secret: str) -> HttpResponse:
    """Opened by whoever scans. Only pressing the button looks: previews of links use nothing up."""
    at = timezone.now()
    form = ViewerForm(request.POST if request.method == "POST" else None)
    try:
        with attempts.wrong_codes(request, "shown"):
            if form.is_valid():
                seen = showing.open_(secret, viewer=form.cleaned_data["viewer"], by=PUBLIC, at=at)
                context = {"seen": seen, "kind": KINDS[seen.state]}
                return page(request, "shown", context)
            waiting = showing.waiting(secret, at=at)
    except Refusal as refusal:
        if refusal.status == 422:
            form.add_error("viewer", str(refusal))
            waiting = showing.waiting(secret, at=at)
        else:
            return page(request, "shown_gone", {"refusal": refusal}, status=refusal.status)
    until = timezone.localtime(waiting.expires_at)
    context = {"waiting": waiting, "form": form, "until": until}
    return page(request, "shown_ask", context, status=422 if form.is_bound else 200)


def _mine(request: HttpRequest, licence_id: uuid.UUID) -> queries.LicenceSheet:
    by = sessions.actor(request)
    return queries.mine(licence_id=licence_id, owner=by.person_id or 0, on=timezone.localdate())
