"""Drawing a page of this face for whoever sits at the counter."""

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
from yichuang.authority.queries import Order
from yichuang.cases import delivery_queries
from yichuang.design.context import of_county

at_the_window = requires(roles.CLERK, roles.MANAGER, roles.VILLAGE)


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `window/<name>.html` with the bench around it. One SQL unless `order` is given,
    one more for whoever runs the centre."""
    by = actor(request)
    standing = order or authority.order()
    counter = standing.outlet(by.outlet_code)
    of_county(request, standing.county)
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
            {
                "text": _("一件事"),
                "href": reverse("window:bundles"),
                "current": str(here).startswith("bundle"),
                "count": None,
            },
            {
                "text": _("送达"),
                "href": reverse("window:deliveries"),
                "current": here == "deliveries",
                "count": delivery_queries.task_count(actor=by)
                if by.role == roles.MANAGER
                else None,
            },
            {
                "text": _("首问登记"),
                "href": reverse("window:contacts"),
                "current": str(here).startswith("contact"),
                "count": None,
            },
            {
                "text": _("转办"),
                "href": reverse("window:referrals"),
                "current": str(here).startswith("referral"),
                "count": None,
            },
            {
                "text": _("空白证照"),
                "href": reverse("custody:blanks-counter"),
                "current": False,
                "count": None,
            },
            *(_figures() if by.role == roles.MANAGER else ()),
        ],
        "intake_url": reverse("window:intake"),
        "reference": getattr(request, "reference", ""),
    }
    return render(request, f"window/{name}.html", {**frame, **context}, status=status)


def _figures() -> list[dict[str, Any]]:
    """For whoever runs the centre: the county's figures, of which they see their own outlet's."""
    pages = (("cockpit:coverage", _("事项覆盖")), ("cockpit:once", _("一次办好")))
    return [
        {"text": text, "href": reverse(address), "current": False, "count": None}
        for address, text in pages
    ]
