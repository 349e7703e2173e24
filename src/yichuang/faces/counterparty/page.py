"""Drawing a page of this face for whoever answers for a company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.sessions import actor, requires
from yichuang.authority import queries as authority
from yichuang.design.context import of_county

at_the_company = requires(roles.COUNTERPARTY)


def page(
    request: HttpRequest, name: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page `counterparty/<name>.html` with the bench around it. One SQL."""
    by = actor(request)
    order = authority.order()
    of_county(request, order.county)
    organ = order.organs.get(by.organ_code)
    frame = {
        "who": by.name,
        "organ": organ.name if organ else "",
        "nav": [
            {
                "text": _("转给我们的事"),
                "href": reverse("counterparty:list"),
                "current": True,
                "count": None,
            }
        ],
    }
    return render(request, f"counterparty/{name}.html", {**frame, **context}, status=status)
