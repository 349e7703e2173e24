"""Residents sign in by phone and code, only to see their own cases together."""

from __future__ import annotations

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.accounts import actions, oidc, roles, sessions
from yichuang.accounts.vault import mask_phone
from yichuang.cases import bundle_queries, drafts, tracking
from yichuang.cases import queries as cases
from yichuang.faces.portal import progress
from yichuang.faces.portal.forms import PhoneForm, SignInCodeForm
from yichuang.faces.portal.page import page, private
from yichuang.messages.providers.configured import provider
from yichuang.messages.sending import code_sender
from yichuang.verdict import Refusal

_either = require_http_methods(["GET", "HEAD", "POST"])
# The code sent a moment ago may still be on its way: then the form for it is what helps.
_TYPE_IT = ("code-too-soon", "code-too-many")


@private
@_either
@sensitive_post_parameters("phone")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The phone number; a code is sent to it and asked for at once.

    The number goes on in the form itself: a session would keep it in the database in clear.
    """
    if request.method != "POST":
        return _page(request, "sign_in", PhoneForm())
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, "sign_in", form)
    phone = form.cleaned_data["phone"]
    refusal = None
    try:
        actions.request_phone_code(phone=phone, sender=code_sender(provider), at=timezone.now())
    except Refusal as problem:
        if problem.code not in _TYPE_IT:
            return _page(request, "sign_in", form, problem)
        refusal = problem
    return _page(request, "sign_in_code", SignInCodeForm(initial={"phone": phone}), refusal)


@private
@_either
@sensitive_post_parameters("phone", "code")
def code(request: HttpRequest) -> HttpResponse:
    """The code from the message: signed in, and on to where the person wanted to go."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("portal:sign-in"))
    form = SignInCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, "sign_in_code", form)
    at = timezone.now()
    try:
        user = actions.confirm_phone_code(**form.cleaned_data, at=at)
    except Refusal as refusal:
        return _page(request, "sign_in_code", form, refusal)
    sessions.open_resident(request, user, at)
    return HttpResponseRedirect(_wanted(request) or reverse("portal:mine"))


@private
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and leave nothing in the browser."""
    sessions.close(request)
    response = HttpResponseRedirect(reverse("portal:home"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@private
@require_safe
@sessions.requires(roles.RESIDENT)
def mine(request: HttpRequest) -> HttpResponse:
    """The cases a resident filed under this account, and what they began; newest first."""
    at = timezone.now()
    actor = sessions.actor_of(request, at)
    rows = cases.mine(owner=actor.person_id, today=timezone.localdate(at))
    listed = [(row, tracking.code(row.id), *progress.status(row)) for row in rows]
    begun = drafts.mine(owner=actor.person_id, on=timezone.localdate(at))
    whole = [(row, bundle_queries.KINDS[row.state]) for row in bundle_queries.rows(actor=actor)]
    shown = {"who": actor.name, "cases": listed, "drafts": begun, "bundles": whole}
    return page(request, "mine", shown)


def _wanted(request: HttpRequest) -> str:
    """Where to go afterwards, if that is a page of this site."""
    address = (request.POST if request.method == "POST" else request.GET).get("next", "")
    good = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if good else ""


def _page(
    request: HttpRequest, name: str, form: Form, refusal: Refusal | None = None
) -> HttpResponse:
    phone = form.data.get("phone", "") or form.initial.get("phone", "")
    shown = {
        "form": form,
        "refusal": refusal,
        "next": _wanted(request),
        "why": request.GET.get("why", ""),
        "identity_service": oidc.enabled(),
        "phone_mask": mask_phone(phone) if phone else "",
        "demo": settings.DEMO,
    }
    status = refusal.status if refusal else 422 if form.is_bound and not form.is_valid() else 200
    return page(request, name, shown, status=status)
