"""Drawing a page of this face for whoever keeps the catalogue."""

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
from yichuang.catalogue.permissions import may_edit
from yichuang.design.context import of_county

in_the_library = requires(roles.BUREAU, roles.AUDITOR)


def page(
    request: HttpRequest,
    name: str,
    context: Mapping[str, Any],
    *,
    section: str = "items",
    status: int = 200,
) -> HttpResponse:
    """The page `library/<name>.html` with the bench around it; `section` is where the reader is.
    One SQL."""
    by = actor(request)
    of_county(request, authority.order().county)
    may = may_edit(by)
    sections = (
        ("items", _("事项")),
        ("drafts", _("草稿")),
        ("misses", _("没搜到的问法")),
    )
    frame = {
        "who": by.name,
        "role": roles.name_of(by.role),
        "may_edit": bool(may),
        "why_not": may.reason,
        "nav": [
            {"text": text, "href": reverse(f"library:{key}"), "current": section == key}
            for key, text in sections
        ]
        + [{"text": _("审批工作台"), "href": reverse("desk:inbox"), "current": False}],
    }
    return render(request, f"library/{name}.html", {**frame, **context}, status=status)
