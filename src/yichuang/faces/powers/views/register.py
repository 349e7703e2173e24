"""The register: every grant by its state, and one grant as a document with its life."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import grant_queries as queries
from yichuang.authority import wording
from yichuang.authority.grant_queries import GrantSheet
from yichuang.authority.permissions import may_approve
from yichuang.authority.queries import Order
from yichuang.authority.queries import order as standing_order
from yichuang.faces.powers import seals, words
from yichuang.faces.powers.page import actor, at_the_register, page

MOST_NAMED = 3  # items a line of the list names; the rest are counted


@require_safe
@at_the_register
def grants(request: HttpRequest) -> HttpResponse:
    """The register on a day, by state, with what was typed found in it. 3 SQL."""
    today = timezone.localdate()
    on, wanted = _day(request.GET.get("on", "")) or today, request.GET.get("state", "")
    typed = " ".join(request.GET.get("q", "").split())
    order = standing_order()
    rows = [_line(sheet, order, on) for sheet in queries.grants()]
    rows = [row for row in rows if typed.casefold() in row["searched"]]
    counts = dict.fromkeys(wording.STANDINGS, 0)
    for row in rows:
        counts[row["state"]["code"]] += 1
    kept = {"q": typed} if typed else {}
    if on != today:
        kept["on"] = on.isoformat()
    tabs = [("", _("全部"), len(rows))]
    tabs += [(code, str(name), counts[code]) for code, (name, _k) in wording.STANDINGS.items()]
    context = {
        "on": on,
        "typed": typed,
        "wanted": wanted,
        "waiting": counts["drafted"] + counts["approved"],
        "tabs": [
            {
                "text": text,
                "href": f"?{urlencode({**kept, 'state': code})}",
                "count": count,
                "current": wanted == code,
            }
            for code, text, count in tabs
            if count or code in ("", wanted, "live")
        ],
        "rows": [row for row in rows if wanted in ("", row["state"]["code"])],
    }
    return page(request, "grants", context, order=order)


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _line(sheet: GrantSheet, order: Order, on: Any) -> dict[str, Any]:
    said = wording.instrument(sheet, order)
    first = said.items[:MOST_NAMED]
    return {
        "sheet": sheet,
        "said": said,
        "state": words.standing(sheet, on),
        "first": first,
        "more": len(said.items) - len(first),
        "searched": " ".join(
            [said.number, said.giver, said.taker, said.places, said.outlets]
            + [f"{item.code} {item.name}" for item in said.items]
        ).casefold(),
    }


@require_safe
@at_the_register
def grant(request: HttpRequest, number: str) -> HttpResponse:
    """One grant as a document, what may be done with it, and its life. 5 SQL."""
    today = timezone.localdate()
    sheet, order = queries.grant(number), standing_order()
    return page(request, "grant", context(request, sheet, order, today), order=order)


def context(request: HttpRequest, sheet: GrantSheet, order: Order, today: Any) -> dict[str, Any]:
    """What every page of one grant shows. 2 SQL."""
    by = actor(request)
    names = seals.names(sheet.draft.from_organ, sheet.draft.valid_from) if sheet.draft.seal else {}
    may = may_approve(by, sheet.author_ids)
    return {
        "sheet": sheet,
        "said": wording.instrument(sheet, order, names.get(sheet.draft.seal, "")),
        "state": words.standing(sheet, today),
        "story": words.story(sheet, queries.life(sheet.number)),
        "public": reverse("portal:grant", args=[sheet.number]),
        "may_approve": bool(may),
        "why_not_approve": may,
        "verbs": verbs(sheet, today),
    }


def verbs(sheet: GrantSheet, today: Any) -> frozenset[str]:
    """What may be done with a grant in this state, whoever asks."""
    state = sheet.standing(today)
    halted = any(last is None or last >= today for _first, last, _why in sheet.suspensions)
    return frozenset(
        {
            "drafted": {"edit", "approve", "drop"},
            "approved": {"edit", "publish", "drop"},
            "future": {"suspend", "revoke"},
            "live": {"suspend", "revoke"},
            "suspended": {"revoke"},
        }.get(state, set())
    ) | (
        frozenset({"lift"}) if halted and state in ("future", "live", "suspended") else frozenset()
    )
