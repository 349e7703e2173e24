"""Drawing a page of this face for whoever keeps, or reads, the register of grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.sessions import actor, requires
from yichuang.authority.permissions import may_keep_grants
from yichuang.authority.queries import Order
from yichuang.design.context import of_county

at_the_register = requires(roles.BUREAU, roles.AUDITOR, roles.MANAGER)


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    order: Order,
    section: str = "grants",
    status: int = 200,
) -> HttpResponse:
    """The page `powers/<name>.html` with the bench around it. No SQL."""
    by = actor(request)
    of_county(request, order.county)
    may = may_keep_grants(by)
    home, text = (
        ("window:cases", _("窗口工作台"))
        if by.role == roles.MANAGER
        else ("desk:inbox", _("审批工作台"))
    )
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "may_keep": bool(may),
        "why_not": may.reason,
        "nav": [
            {"text": label, "href": reverse(f"powers:{key}"), "current": section == key}
            for key, label in (("grants", _("授权文书")), ("explain", _("权限说明")))
        ]
        + [{"text": text, "href": reverse(home), "current": False}],
    }
    return render(request, f"powers/{name}.html", {**frame, **context}, status=status)
