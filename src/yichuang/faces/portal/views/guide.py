"""The service guide, and who decides the matter at the reader's own village or town."""

from __future__ import annotations

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.catalogue import queries as catalogue
from yichuang.faces.portal import where
from yichuang.faces.portal.forms import PlaceForm
from yichuang.faces.portal.page import page
from yichuang.faces.portal.words import glance
from yichuang.places import queries as places

COUNTERS = ("hall", "centre", "bureau", "partner", "self_service")


@require_safe
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """One item's guide; `?town=&village=` adds the ruling there. 10 SQL, 14 with a place."""
    today = timezone.localdate()
    item = catalogue.item_guide(code, today)
    order = authority.order()
    town = request.GET.get("town", "")
    known = town in order.places and order.places[town].town_code == town
    form = PlaceForm(
        request.GET if "town" in request.GET else None,
        towns=places.divisions(level="town"),
        villages=places.divisions(level="village", under=town) if known else (),
    )
    elsewhere = where.guidance(order, item, today)
    shown = {
        "item": item,
        "glance": glance(item, elsewhere.reason if elsewhere else ""),
        "chains": [c for c in catalogue.chains(today) if c.name in item.chains],
        "form": form,
        "aliases": [alias for alias in places.aliases() if alias.status == "to_confirm"],
        "elsewhere": elsewhere,
        "days_rule": item.handling == "promise" or item.legal_days is not None,
    }
    if form.is_valid() and item.state == "active":
        chosen = form.cleaned_data.get("village") or form.cleaned_data["town"]
        counters = places.outlets(kinds=COUNTERS)
        if f"{chosen}-station" in order.outlets:
            counters = [places.outlet_sheet(f"{chosen}-station"), *counters]
        shown["where"] = where.to_go(order, item, chosen, counters, today)
    address = settings.PUBLIC_URL + reverse("portal:guide", args=[item.code])
    shown["address"] = address
    shown["qr"] = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    return page(request, "guide", shown)
