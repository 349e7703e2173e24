"""Drawing a page of this face for whoever sits at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.sessions import requires
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order

at_the_desk = requires(roles.EXAMINER, roles.DECIDER, roles.MANAGER, roles.BUREAU, roles.AUDITOR)
at_the_bureau = requires(roles.BUREAU)
# where else people of the desk have work; faces know each other's addresses only
OTHER_FACES = (
    ("library:items", gettext_lazy("事项库"), (roles.BUREAU, roles.AUDITOR)),
    ("cockpit:coverage", gettext_lazy("督查统计"), (roles.BUREAU, roles.AUDITOR, roles.MANAGER)),
)
SECTIONS = {"ruling": "ruling", "grants": "grants", "revoke": "grants"}


def actor(request: HttpRequest) -> Actor:
    """Who `at_the_desk` let in."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `desk/<name>.html` with the bench around it. One SQL unless `order` is given."""
    by = actor(request)
    standing = order or authority.order()
    county = next((place for place in standing.places.values() if not place.town_code), None)
    if county is not None:
        request.county = county  # type: ignore[attr-defined]
    here = request.resolver_match.url_name if request.resolver_match else ""
    section = SECTIONS.get(here or "", "inbox")
    organ = standing.organs.get(by.organ_code)
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "organ": organ.name if organ else "",
        "nav": [
            {
                "text": text,
                "href": reverse(f"desk:{address}"),
                "current": section == address,
                "count": None,
            }
            for address, text in (
                ("inbox", _("办件")),
                ("ruling", _("权限查询")),
                ("grants", _("授权文书")),
            )
        ]
        + [
            {"text": text, "href": reverse(address), "current": False, "count": None}
            for address, text, who in OTHER_FACES
            if by.role in who
        ],
    }
    return render(request, f"desk/{name}.html", {**frame, **context}, status=status)


def named(chinese: str, english: str) -> str:
    """A name from the county's data in the reader's language; Chinese where there is no other."""
    return english if english and str(get_language()).startswith("en") else chinese
