"""Where a signed-in person goes next, and which return addresses are ours."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from yichuang.accounts import roles, sessions
from yichuang.accounts.models import User

NEXT = "next"
LANDING = {
    roles.CLERK: "/window/",
    roles.VILLAGE: "/window/",
    roles.EXAMINER: "/desk/",
    roles.DECIDER: "/desk/",
    roles.MANAGER: "/window/",
    roles.BUREAU: "/desk/",
    roles.AUDITOR: "/desk/",
    roles.CUSTODIAN: "/custody/",
    roles.COUNTERPARTY: "/counterparty/",
}


def ours(request: HttpRequest, address: str) -> str:
    """The address if it leads back to this site, else ""."""
    good = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if good else ""


def onward(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """To what is outstanding; else to where the person wanted to go, or to the post's own face."""
    left = sessions.outstanding(user, at)
    if left:
        return HttpResponseRedirect(reverse(f"signin:{left}"))
    actor = sessions.actor_of(request, at)
    if actor is None:
        return HttpResponseRedirect(reverse("signin:post"))
    wanted = request.session.pop(NEXT, "")
    address = wanted or LANDING.get(actor.role) or reverse("signin:account")
    return HttpResponseRedirect(address)
