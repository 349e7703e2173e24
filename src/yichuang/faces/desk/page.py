"""Drawing a page of this face for whoever sits at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts import roles
from yichuang.accounts.sessions import actor, requires
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.design.context import of_county

at_the_desk = requires(roles.EXAMINER, roles.DECIDER, roles.MANAGER, roles.BUREAU, roles.AUDITOR)
# where else people of the desk have work; faces know each other's addresses only
OTHER_FACES = (
    ("library:items", gettext_lazy("事项库"), (roles.BUREAU, roles.AUDITOR)),
    ("powers:grants", gettext_lazy("授权管理"), (roles.BUREAU, roles.AUDITOR)),
    ("custody:seals", gettext_lazy("印章证照"), (roles.BUREAU, roles.AUDITOR)),
    ("cockpit:coverage", gettext_lazy("督查统计"), (roles.BUREAU, roles.AUDITOR, roles.MANAGER)),
)
SECTIONS = {"ruling": "ruling", "grants": "grants"}


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
    of_county(request, standing.county)
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
