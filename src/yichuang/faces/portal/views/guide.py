"""The service guide: the verdict first, then the reader's own situation, then every element of it.

`?s.…` are the answers to the item's questions, `?town=&village=` adds who decides the matter there,
`?version=` shows an older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.cases import draft_items
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ChainSheet, ItemGuide, VersionLine
from yichuang.catalogue.situations import CHAIN
from yichuang.documents import guide_case as case
from yichuang.documents import guide_words as words
from yichuang.documents.guide_case import Walk
from yichuang.documents.guide_words import Contact, Section
from yichuang.faces.portal import situation, where
from yichuang.faces.portal.forms import PlaceForm
from yichuang.faces.portal.page import page
from yichuang.places import queries as places
from yichuang.places.queries import OutletSheet
from yichuang.verdict import Refusal

COUNTERS = ("hall", "centre", "bureau", "partner", "self_service")
ANCHORS = {"days": "#days", "materials": "#materials", "where": "#where", "fee": "#fee"}
MARKS = {
    "held": "done",
    "already": "progress",
    "later": "waiting",
    "promise": "new",
    "barred": "neutral",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The version of an item that a page is about. newest: the one in force today."""

    item: ItemGuide
    versions: list[VersionLine]
    current: bool


def shown_version(code: str, wanted: str, today: date) -> Shown:
    """The version in force, or the one asked for by number. Refusal "version-unknown". 3 or 5 SQL."""
    item = catalogue.item_guide(code, today)
    lines = catalogue.versions(code)
    if not wanted or wanted == str(item.version):
        return Shown(item, lines, True)
    line = next((line for line in lines if str(line.version) == wanted), None)
    if line is None:
        raise Refusal(
            "version-unknown",
            _("这个事项没有您要的版本。"),
            remedy=_("请从历次版本中选择。"),
            status=404,
        )
    return Shown(catalogue.version_guide(line.version_id), lines, False)


@require_safe
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """One item's guide. At most 12 SQL, 16 with a place."""
    today = timezone.localdate()
    shown = shown_version(code, request.GET.get("version", ""), today)
    item = shown.item
    order = authority.order()
    walked = case.walk(item, situation.given(request.GET))
    elsewhere = where.guidance(order, item, today) if shown.current else None
    active = item.state == "active" and shown.current
    online = shown.current and bool(draft_items.may_apply(order, item.code, today))
    form = _place_form(request, order)
    here, counters = None, []
    if active and form.is_valid():
        chosen = form.cleaned_data.get("village") or form.cleaned_data["town"]
        counters = places.outlets(kinds=COUNTERS)
        if f"{chosen}-station" in order.outlets:
            counters = [places.outlet_sheet(f"{chosen}-station"), *counters]
        here = where.to_go(order, item, chosen, counters, today)
    halls = [one for one in counters if one.kind == "hall"] or places.outlets(kinds=("hall",))
    near = [point.outlet for point in here.here if point.outlet.kind != "hall"] if here else []
    address = settings.PUBLIC_URL + reverse("portal:guide", args=[item.code])
    version = "" if shown.current else str(item.version)
    kept = {name: request.GET.get(name, "") for name in ("town", "village")} | {"version": version}
    context = {
        "item": item,
        "walk": walked,
        "glance": [
            (fact, ANCHORS.get(fact.key, ""))
            for fact in words.answer(
                item, walked, elsewhere=elsewhere.reason if elsewhere else "", online=online
            )
        ],
        "materials": [
            (entry, [(mark.text, MARKS[mark.kind]) for mark in entry.marks])
            for entry in case.entries(item, walked)
        ],
        "spared": case.spared(item, walked),
        "possible": case.possible(item, walked),
        "persons": words.in_person(walked),
        "hints": words.hints(walked),
        "leads": _leads(walked),
        "conflicts": [(case.said(row), row.basis) for row in walked.conflicts],
        "chains": _chains(item, walked, today),
        "sections": _sections(item, walked, order, today, contacts(near[:2] + halls), elsewhere),
        "steps": words.steps(item, walked),
        "days": words.days(item),
        "form": form,
        "aliases": [alias for alias in places.aliases() if alias.status == "to_confirm"],
        "elsewhere": elsewhere,
        "where": here,
        "active": active,
        "apply": reverse("portal:apply", args=[item.code]) + situation.query(walked.answers)
        if online and not walked.stopped
        else "",
        "current": shown.current,
        "versions": len(shown.versions),
        "drafted": words.drafted(item),
        "again": situation.query({}, **kept),
        "query": situation.query(walked.answers, version=version),
        "place_fields": kept,
        "case_fields": situation.fields(walked.answers) | {"version": version},
        "answered": [(one, situation.query(one.before, **kept)) for one in walked.answered],
        "question": _question(walked),
        "address": address,
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
    }
    return page(request, "guide", context)


def _place_form(request: HttpRequest, order: Order) -> PlaceForm:
    town = request.GET.get("town", "")
    known = town in order.places and order.places[town].town_code == town
    return PlaceForm(
        request.GET if town or "village" in request.GET else None,
        towns=places.divisions(level="town"),
        villages=places.divisions(level="village", under=town) if known else (),
    )


def _question(walked: Walk) -> dict[str, Any] | None:
    asked = walked.question
    if asked is None:
        return None
    return {
        "name": f"{situation.PREFIX}{asked.key}",
        "ask": case.pick(asked.ask, asked.ask_en),
        "help": case.pick(asked.help, asked.help_en),
        "options": [(option.value, case.label(option)) for option in asked.options],
        "draft": asked.draft,
    }


def _leads(walked: Walk) -> dict[str, str] | None:
    """Where the answers lead away from this item, if they do."""
    row = walked.outcome.verdict
    if row is None:
        return None
    kind, heading, code = words.verdict(row)
    return {
        "kind": kind,
        "title": heading,
        "text": case.said(row),
        "code": code,
        "basis": row.basis,
    }


def _chains(item: ItemGuide, walked: Walk, today: date) -> list[tuple[ChainSheet, str]]:
    """(chain, why it is offered here, or "") of what this situation offers, then of the item's own.
    3 SQL, none for an item of no chain."""
    offers = {row.value: case.said(row) for row in walked.outcome.of(CHAIN)}
    if not offers and not item.chains:
        return []
    known = [
        chain
        for chain in catalogue.chains(today)
        if chain.code in offers or chain.name in item.chains
    ]
    return sorted(
        ((chain, offers.get(chain.code, "")) for chain in known), key=lambda pair: not pair[1]
    )


def _sections(
    item: ItemGuide,
    walked: Walk,
    order: Order,
    today: date,
    asked: list[Contact],
    elsewhere: Ruling | None,
) -> list[Section]:
    """The elements that need no form of their own, in the standard's order."""
    who = where.bodies(order, item, today, elsewhere)
    return [
        words.conditions(item),
        words.standard(item),
        words.fee(item, walked),
        words.limit(item),
        words.result(item),
        words.bodies(who),
        words.consult(asked),
        words.progress(""),
        words.rights(item),
        words.mistakes(item),
        words.basis(item),
        words.about(item),
    ]


def contacts(outlets: Iterable[OutletSheet]) -> list[Contact]:
    """Outlets as places to ask at."""
    return [
        Contact(case.pick(one.name, one.name_en), one.address, one.phone, one.hours)
        for one in outlets
    ]
