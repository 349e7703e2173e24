"""Drawing a page of this face for whoever answers for a company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.sessions import requires
from yichuang.authority import queries as authority

at_the_company = requires(roles.COUNTERPARTY)


def actor(request: HttpRequest) -> Actor:
    """Who `at_the_company` let in."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def page(
    request: HttpRequest, name: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page `counterparty/<name>.html` with the bench around it. One SQL."""
    by = actor(request)
    order = authority.order()
    county = next((place for place in order.places.values() if not place.town_code), None)
    if county is not None:
        request.county = county  # type: ignore[attr-defined]
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


def named(chinese: str, english: str) -> str:
    """A name from the county's data in the reader's language; Chinese where there is no other."""
    return english if english and str(get_language()).startswith("en") else chinese
