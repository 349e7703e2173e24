"""Which powers were passed to whom, for everybody (行政许可法 §24: told to the public), and what
became of them: those revoked or run out stay on the list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import grant_queries, wording
from yichuang.authority.queries import order as standing_order
from yichuang.documents import queries as documents
from yichuang.documents.rules import NUMBERED
from yichuang.faces.portal.page import page

ENDED = ("expired", "revoked")


@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    """Every published grant, those in force first, those that ended below; `?q=` narrows. 4 SQL."""
    today = timezone.localdate()
    typed = " ".join(request.GET.get("q", "").split())[:80]
    order = standing_order()
    rows = []
    for sheet in grant_queries.grants(public=True):
        said = wording.instrument(sheet, order)
        names = [said.number, said.giver, said.taker, said.places]
        names += [item.name for item in said.items]
        if typed.casefold() not in " ".join(names).casefold():
            continue
        state = sheet.standing(today)
        text, kind = wording.STANDINGS[state]
        rows.append(
            {
                "sheet": sheet,
                "said": said,
                "text": text,
                "kind": kind,
                "ended": state in ENDED,
                "first": [item.name or item.code for item in said.items[:3]],
                "more": max(0, len(said.items) - 3),
            }
        )
    parts = [
        (_("现在的"), [row for row in rows if not row["ended"]]),
        (_("已经结束的"), [row for row in rows if row["ended"]]),
    ]
    return page(request, "grants", {"parts": parts, "typed": typed, "count": len(rows)})


@require_safe
def grant(request: HttpRequest, number: str) -> HttpResponse:
    """One published grant. Names no person. 5 SQL."""
    today = timezone.localdate()
    sheet = grant_queries.grant(number, public=True)
    names = {}
    if sheet.draft.seal:
        found = documents.seals_in_use(
            organ_code=sheet.draft.from_organ, on=sheet.draft.valid_from, kind=NUMBERED
        )
        names = {seal.code: seal.name for seal in found}
    text, kind = wording.STANDINGS[sheet.standing(today)]
    said = wording.instrument(sheet, standing_order(), names.get(sheet.draft.seal, ""))
    noticed = sheet.draft.noticed_on
    if noticed is None and sheet.published_at is not None:
        noticed = timezone.localdate(sheet.published_at)
    context = {"sheet": sheet, "said": said, "text": text, "kind": kind, "noticed": noticed}
    return page(request, "grant", context)
