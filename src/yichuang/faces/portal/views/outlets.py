"""Where to go: the county's counters, and those of one town with its villages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.catalogue import queries as catalogue
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


@require_safe
def items(request: HttpRequest, code: str) -> HttpResponse:
    """What one outlet takes in, by domain, and where a station's list differs from the county's.

    Refusal "outlet-unknown". 7 SQL.
    """
    today = timezone.localdate()
    outlet = places.outlet_sheet(code)
    by_domain: dict[str, list[catalogue.ItemLine]] = {}
    for line in catalogue.outlet_items(outlet, today):
        by_domain.setdefault(line.domain, []).append(line)
    differs = catalogue.station_differs(outlet, today)
    shown = {
        "outlet": outlet,
        "back": reverse("portal:town", args=[outlet.town_code]) if outlet.town_code else "",
        "total": sum(map(len, by_domain.values())),
        "domains": sorted(by_domain.items(), key=lambda pair: (-len(pair[1]), pair[0])),
        "added": [(line, why) for line, mode, why in differs if mode == "take_in"],
        "dropped": [(line, why) for line, mode, why in differs if mode == "drop"],
    }
    return page(request, "outlet_items", shown)
