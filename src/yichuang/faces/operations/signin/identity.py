"""Residents' way to the province's identity service and back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yichuang.accounts import oidc, sessions
from yichuang.faces.operations.signin.onward import NEXT, ours

_NEXT = f"identity_{NEXT}"


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Away to the identity service."""
    address = oidc.begin(request.session)
    request.session[_NEXT] = ours(request, request.GET.get(NEXT, ""))
    return HttpResponseRedirect(address)


@never_cache
@require_GET
def complete(request: HttpRequest) -> HttpResponse:
    """Back from it: signed in, and on to where the person wanted to go."""
    at = timezone.now()
    wanted = request.session.pop(_NEXT, "")
    user = oidc.complete(request.session, request.GET.dict(), at)
    sessions.open_resident(request, user, at)
    return HttpResponseRedirect(wanted or "/")
