"""Drawing a page of this face, who may see it, and who may act in it."""

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

# Everybody who may look. Who may do what, the package that does it says.
in_custody = requires(roles.CUSTODIAN, roles.MANAGER, roles.BUREAU, roles.AUDITOR)


def sections() -> tuple[tuple[str, str], ...]:
    """(url name, text) of each section; a page's own url name may begin with its section's."""
    return (
        ("seals", _("印章登记")),
        ("approvals", _("待用印")),
        ("ledger", _("用印台账")),
        ("blanks", _("空白证照")),
        ("licences", _("电子证照")),
    )


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `custody/<name>.html` with the bench around it. One SQL unless `order` is given.

    Which section is current follows from the page's url name: "seals", "seals-one", "seals-ask" all
    belong to "seals".
    """
    by = actor(request)
    standing = order or authority.order()
    of_county(request, standing.county)
    here = (request.resolver_match.url_name if request.resolver_match else "") or ""
    section = here.split("-")[0]
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "nav": [
            {
                "text": text,
                "href": reverse(f"custody:{key}"),
                "current": key == section,
                "count": None,
            }
            for key, text in sections()
        ]
        + _back(by),
    }
    return render(request, f"custody/{name}.html", {**frame, **context}, status=status)


def _back(by: Actor) -> list[dict[str, Any]]:
    """The way back to where the reader's day begins; a custodian's begins here."""
    places = {
        roles.MANAGER: (_("窗口工作台"), "window:cases"),
        roles.BUREAU: (_("审批工作台"), "desk:inbox"),
        roles.AUDITOR: (_("审批工作台"), "desk:inbox"),
    }
    if by.role not in places:
        return []
    text, address = places[by.role]
    return [{"text": text, "href": reverse(address), "current": False, "count": None}]
