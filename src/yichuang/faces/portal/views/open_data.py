"""Open data: the catalogue, the chains and the outlets as JSON and CSV, for anybody and any use.

Nothing here is about a person. An answer changes only when the standing order does, or at midnight
when a version comes into force: ETag and Last-Modified follow both. Described for people at /open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ChainSheet, ItemGuide
from yichuang.catalogue.situations import as_json
from yichuang.design.tables import csv_file
from yichuang.faces.portal.page import page
from yichuang.places import queries as places
from yichuang.places.queries import OutletSheet

FORMAT = "1"  # raised when a reader of these files must change
FRESH = 3600  # seconds a copy may be used without asking again
STATEMENT = (
    "事项、材料、情形、时限和依据中标为草案（draft）的内容未经县里确认，以县公布的为准。"
    "不含任何个人信息。可以自由使用、转载和加工，请注明来源和版本日期。"
)
LICENCE = "CC BY 4.0（建议采用，待县确认）"
ITEM_COLUMNS = (
    "code", "name", "name_en", "domain", "item_type", "handling", "legal_days", "promised_days",
    "town", "street", "village", "high_frequency", "materials", "basis", "basis_confirmed",
    "version", "valid_from",
)  # fmt: skip
OUTLET_COLUMNS = (
    "code", "kind", "name", "name_en", "division_code", "division_name", "town_code", "address",
    "phone", "hours", "lng", "lat", "approximate", "fictional", "note",
)  # fmt: skip

View = Callable[..., HttpResponse]


def published(view: View) -> View:
    """A file that may be copied and kept: unchanged since somebody's copy, it is not made again."""

    @require_safe
    @wraps(view)
    def answered(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        today = timezone.localdate()
        stamp = authority.order().stamp
        name = f"{FORMAT} {request.path} {stamp} {today}"
        etag = quote_etag(hashlib.sha256(name.encode()).hexdigest()[:32])
        changed = max(authority.changed_at(), _midnight(today)).replace(microsecond=0)
        response = get_conditional_response(
            request, etag=etag, last_modified=int(changed.timestamp())
        ) or view(request, *args, today=today, **kwargs)
        response["ETag"] = etag
        response["Last-Modified"] = http_date(changed.timestamp())
        response["Access-Control-Allow-Origin"] = "*"
        patch_cache_control(response, public=True, max_age=FRESH)
        return response

    return answered


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@published
def items_json(request: HttpRequest, *, today: date) -> HttpResponse:
    """Every item in use with everything its guide says. 5 SQL."""
    guides = catalogue.guides_in_force(today)
    return _json(today, {"items": [item(guide) for guide in guides]})


@published
def item_json(request: HttpRequest, code: str, *, today: date) -> HttpResponse:
    """One item, suspended or cancelled ones too. 5 SQL."""
    return _json(today, {"item": item(catalogue.item_guide(code, today))})


@published
def items_csv(request: HttpRequest, *, today: date) -> HttpResponse:
    """The items in use, one row each; materials that everybody brings, joined by "；". 4 SQL."""
    rows = []
    for guide in catalogue.guides_in_force(today):
        facts = asdict(guide) | {
            "materials": "；".join(m.name for m in guide.materials if m.always),
            "valid_from": guide.valid_from.isoformat(),
        }
        rows.append([facts[column] for column in ITEM_COLUMNS])
    return csv_file("items.csv", ITEM_COLUMNS, rows)


@published
def chains_json(request: HttpRequest, *, today: date) -> HttpResponse:
    """Every 一件事 with its steps. 6 SQL."""
    return _json(today, {"chains": [chain(sheet) for sheet in catalogue.chains(today)]})


@published
def outlets_csv(request: HttpRequest, *, today: date) -> HttpResponse:
    """Every service point that is open or will be. 4 SQL."""
    rows = [
        [outlet(sheet)[column] for column in OUTLET_COLUMNS]
        for sheet in places.outlets()
        if sheet.closed_on is None or sheet.closed_on > today
    ]
    return csv_file("outlets.csv", OUTLET_COLUMNS, rows)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What is offered, how it is named, and under which terms. 1 SQL."""
    shown = {"licence": LICENCE, "item_columns": ITEM_COLUMNS, "outlet_columns": OUTLET_COLUMNS}
    return page(request, "open", shown)


def item(guide: ItemGuide) -> dict[str, Any]:
    """A guide as JSON values: the names of `catalogue.queries.ItemGuide`, without our row number."""
    facts = asdict(guide)
    del facts["version_id"]
    return facts | {
        "valid_from": guide.valid_from.isoformat(),
        "questions": as_json(guide.questions),
        "situations": as_json(guide.situations),
    }


def chain(sheet: ChainSheet) -> dict[str, Any]:
    facts = asdict(sheet)
    del facts["version_id"]
    return facts


def outlet(sheet: OutletSheet) -> dict[str, Any]:
    return asdict(sheet)


def _json(today: date, content: dict[str, Any]) -> JsonResponse:
    head = {"format": FORMAT, "day": today.isoformat(), "licence": LICENCE, "statement": STATEMENT}
    return JsonResponse(head | content, json_dumps_params={"ensure_ascii": False})
