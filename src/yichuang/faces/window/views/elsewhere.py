"""不归这里办、不用办: whoever came is told where to go, or why nothing is needed, on paper; and the
first asked person has it in the book (首问负责)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import contact_queries, contacts, handing_rules
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import situations
from yichuang.design.context import named
from yichuang.faces.window import bench as benches
from yichuang.faces.window.bench import Bench
from yichuang.faces.window.county_map import sketch
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.places import queries as places
from yichuang.verdict import Refusal

SHOWN_KINDS = ("hall", "bureau", "centre")
OUTCOME_OF = {"not_needed": "not_needed", "not_ours": "elsewhere"}


def settle(request: HttpRequest, bench: Bench, kind: str) -> HttpResponse:
    """The answers end the matter: log it as settled, and print why or where to."""
    result = situations.outcome(bench.guide.situations, bench.answers)
    row = result.verdict
    if row is None or row.value != kind:
        raise Refusal(
            "situation-goes-on",
            _("按现在的回答，这件事要在这里办。"),
            remedy=_("请回到收件页面，核对回答。"),
            status=409,
        )
    to = _named_place(bench, result) if kind == situations.NOT_OURS else ""
    logged = contacts.open_contact(
        matter=f"{bench.guide.name}：{row.text}"[: handing_rules.MATTER_LIMIT],
        item_code=bench.guide.code,
        to_outlet=to,
        outcome="" if to else OUTCOME_OF[kind],
        answer=f"{row.text}（依据：{row.basis}）" if row.basis else row.text,
        by=actor(request),
        at=timezone.now(),
    )
    return _to_slip(logged.contact_id, to)


def _named_place(bench: Bench, result: situations.Outcome) -> str:
    """The outlet that the table's place means, "" where it means none of ours."""
    for row in result.of(situations.PLACE):
        if row.value == "hall":
            return _hall(bench.order, bench.counter.division_code)
        if row.value == "town" and bench.place in bench.order.places:
            centre = bench.order.centre_of(bench.order.place(bench.place))
            if centre is not None and centre.outlet.code != bench.counter.outlet.code:
                return centre.outlet.code
    return ""


def _hall(order: Order, division: str) -> str:
    code = f"{division[:6]}000000-hall"
    return code if code in order.outlets else ""


def _to_slip(contact_id: uuid.UUID, to: str) -> HttpResponse:
    return redirect(f"{reverse('window:slip', args=[contact_id])}?{urlencode({'to': to})}")


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
def where(request: HttpRequest) -> HttpResponse:
    """GET: where an item may be handed in for a place. POST: send the person to one of them."""
    by, today = actor(request), timezone.localdate()
    asked = request.POST if request.method == "POST" else request.GET
    order = authority.order()
    guide = catalogue.item_guide(asked.get("item", ""), today)
    place = asked.get("place", "")
    counter = order.outlet(by.outlet_code)
    offers = []
    for code, facts in sorted(order.outlets.items()):
        same_county = code.startswith(counter.division_code[:6])
        if not same_county or facts.outlet.kind not in SHOWN_KINDS or code == by.outlet_code:
            continue
        takes = _takes(order, guide.code, place or facts.division_code, code, today)
        offers.append((code, facts.name, takes))
    town = order.places[place].town_code if place in order.places else ""
    offers.sort(key=lambda offer: (not offer[2], order.outlet(offer[0]).outlet.town_code != town))
    if request.method == "POST" and asked.get("to") in {code for code, _name, _takes in offers}:
        to = asked["to"]
        logged = contacts.open_contact(
            matter=guide.name,
            item_code=guide.code,
            to_outlet=to,
            by=by,
            at=timezone.now(),
        )
        return _to_slip(logged.contact_id, to)
    context = {
        "item": guide.code,
        "item_name": named(guide.name, guide.name_en),
        "place": place,
        "offers": offers,
        "here": benches.ruling_at(order, guide.code, place, by, today),
        "unchosen": request.method == "POST",
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "where", context, order=order, status=status)


def _takes(order: Order, item: str, place: str, outlet: str, today: date) -> bool:
    try:
        return order.ruling(item, place, outlet, today).allowed
    except Refusal:
        return False


@require_GET
@at_the_window
def slip(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    """The paper handed over: what was asked, why not here, where to go, and a sketch of the way."""
    by, today = actor(request), timezone.localdate()
    contact = contact_queries.contact_sheet(contact_id=contact_id, actor=by, today=today)
    to = request.GET.get("to", "")
    context: dict[str, Any] = {
        "contact": contact,
        "item_name": named(contact.item_name, contact.item_name_en) or contact.matter,
        "target": None,
        "map": None,
    }
    if to:
        target, here = places.outlet_sheet(to), places.outlet_sheet(by.outlet_code)
        towns = places.divisions(level="town", under=f"{target.division_code[:6]}000000")
        context |= {
            "target": target,
            "target_name": named(target.name, target.name_en),
            "map": sketch(towns, here, target),
        }
    return page(request, "slip", context)
