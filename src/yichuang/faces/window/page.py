"""Drawing a page of this face for whoever sits at the counter."""

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
from yichuang.authority.queries import Order

at_the_window = requires(roles.CLERK, roles.MANAGER, roles.VILLAGE)


def actor(request: HttpRequest) -> Actor:
    """Who `at_the_window` let in."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `window/<name>.html` with the bench around it. One SQL unless `order` is given."""
    by = actor(request)
    standing = order or authority.order()
    counter = standing.outlet(by.outlet_code)
    county = standing.places.get(f"{counter.division_code[:6]}000000")
    if county is not None:
        request.county = county  # type: ignore[attr-defined]
    here = request.resolver_match.url_name if request.resolver_match else ""
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "counter": counter.outlet.name,
        "nav": [
            {
                "text": _("我的办件"),
                "href": reverse("window:cases"),
                "current": here == "cases",
                "count": None,
            },
            {
                "text": _("收件"),
                "href": reverse("window:intake"),
                "current": here == "intake",
                "count": None,
            },
        ],
        "intake_url": reverse("window:intake"),
        "reference": getattr(request, "reference", ""),
    }
    return render(request, f"window/{name}.html", {**frame, **context}, status=status)


def named(chinese: str, english: str) -> str:
    """A name from the county's data in the reader's language; Chinese where there is no other."""
    return english if english and str(get_language()).startswith("en") else chinese
