"""Where to go: the county's counters, and those of one town with its villages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.faces.portal import where
from yichuang.faces.portal.page import page
from yichuang.places import queries as places


@require_safe
def county(request: HttpRequest) -> HttpResponse:
    """The county hall, every town's centre, and the way to each town's own list. 4 SQL."""
    today = timezone.localdate()
    found = places.outlets(kinds=("hall", "centre", "bureau"))
    shown = {
        "points": where.listing(found, today),
        "shared_note": where.shared_note(found),
        "towns": places.divisions(level="town"),
    }
    return page(request, "outlets", shown)


@require_safe
def town(request: HttpRequest, code: str) -> HttpResponse:
    """Every outlet of one town and its villages. Refusal "place-unknown". 5 SQL."""
    today = timezone.localdate()
    found = places.town_outlets(code)
    points = where.listing(found, today)
    stations = [point for point in points if point.outlet.kind == "station"]
    shown = {
        "town": places.division_sheet(code),
        "total": len(points),
        "points": [point for point in points if point.outlet.kind != "station"],
        "stations": stations,
        "station_hours": where.shared_hours(stations),
        "shared_note": where.shared_note(found),
    }
    return page(request, "town", shown)
