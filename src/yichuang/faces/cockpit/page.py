"""Drawing a page of this face, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.sessions import actor, requires
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.design.context import of_county

at_the_cockpit = requires(roles.BUREAU, roles.MANAGER, roles.AUDITOR)
SECTIONS = {
    "outlet": "coverage",
    "behind": "once",
    "message-give-up": "messages",
    "difference": "messages",
}
MESSAGES = (roles.BUREAU, roles.AUDITOR)  # who is shown the messages' page


def own_outlets(by: Actor) -> tuple[str, ...]:
    """The outlets whose cases this reader may count: a manager's own; () for everybody's."""
    return (by.outlet_code,) if by.role == roles.MANAGER else ()


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `cockpit/<name>.html` with the bench around it. One SQL unless `order` is given."""
    by = actor(request)
    standing = order or authority.order()
    of_county(request, standing.county)
    here = request.resolver_match.url_name if request.resolver_match else ""
    section = SECTIONS.get(here or "", here)
    sections = [("coverage", _("事项覆盖")), ("once", _("一次办好"))]
    if by.role in MESSAGES:
        sections.append(("messages", _("消息")))
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "nav": [
            {"text": text, "href": reverse(f"cockpit:{key}"), "current": section == key}
            for key, text in sections
        ]
        + [
            {"text": _("授权管理"), "href": reverse("powers:grants"), "current": False},
            _back(by),
        ],
    }
    return render(request, f"cockpit/{name}.html", {**frame, **context}, status=status)


def _back(by: Actor) -> dict[str, Any]:
    """The way back to where the reader's day begins: the window for a manager, else the desk."""
    text, address = (
        (_("窗口工作台"), "window:cases")
        if by.role == roles.MANAGER
        else (_("审批工作台"), "desk:inbox")
    )
    return {"text": text, "href": reverse(address), "current": False}
