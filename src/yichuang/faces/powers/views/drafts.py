"""Writing an instrument: first of what kind, from whom, to whom; then what, where, how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yichuang.authority import actions, wording
from yichuang.authority import grant_queries as queries
from yichuang.authority.facts import EVERYWHERE, STATION, Place
from yichuang.authority.permissions import may_keep_grants
from yichuang.authority.queries import Order
from yichuang.authority.queries import order as standing_order
from yichuang.catalogue import queries as catalogue
from yichuang.design.context import named
from yichuang.faces.powers import seals
from yichuang.faces.powers.forms import InstrumentForm, StartForm, initial, proposed
from yichuang.faces.powers.page import actor, at_the_register, page
from yichuang.verdict import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_register
def new(request: HttpRequest) -> HttpResponse:
    """Begin an instrument. 4 SQL to show, of which one is the ruling's."""
    may_keep_grants(actor(request)).enforce(status=403)
    order = standing_order()
    sent = request.GET
    start = StartForm(
        sent if "from_organ" in sent else None,
        givers=_givers(order),
        takers=_takers(order),
        initial={"instrument": "entrust"},
    )
    if not start.is_valid():
        status = 422 if start.is_bound else 200
        return page(request, "start", {"form": start}, order=order, status=status)
    return _write(request, order, start.cleaned_data, number="", seq=0)


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_register
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Write it anew; an approval is given up by it. 6 SQL to show."""
    may_keep_grants(actor(request)).enforce(status=403)
    sheet, order = queries.grant(number), standing_order()
    if sheet.state not in ("drafted", "approved"):
        raise Refusal(
            "grant-not-now",
            _("这份文书已经公布或作废，不能再改。"),
            remedy=_("要改变权限，请撤销它，再另发新文号。"),
            status=409,
        )
    fixed = {
        "instrument": sheet.draft.instrument,
        "from_organ": sheet.draft.from_organ,
        "to_organ": sheet.draft.to_organ,
    }
    return _write(request, order, fixed, number=number, seq=sheet.seq, begin=initial(sheet.draft))


def _write(
    request: HttpRequest,
    order: Order,
    fixed: Mapping[str, str],
    *,
    number: str,
    seq: int,
    begin: Mapping[str, Any] | None = None,
) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    chosen = {
        "instrument": fixed["instrument"],
        "groups": {
            "items": _chapters(order, fixed["from_organ"], today),
            "places": _places(order, fixed["to_organ"]),
            "outlets": _outlets(order, fixed["to_organ"]),
        },
        "seals": seals.names(fixed["from_organ"], today),
    }
    refusal, status = None, 200
    if request.method == "POST":
        typed = request.POST.copy()
        if number:
            typed["number"] = number
        form = InstrumentForm(typed, **chosen)
        status = 422
        if form.is_valid():
            try:
                saved = _save(request, form, fixed, number=number, at=at)
            except Refusal as refused:
                status = refused.status
                if "faults" in refused.detail:
                    form.refuse(refused.detail["faults"])
                elif refused.field:
                    form.add_error(refused.field, str(refused))
                else:
                    refusal = refused
            else:
                messages.success(request, _("已保存，请另一位同事核对后批准。"))
                return redirect("powers:grant", number=saved)
    else:
        form = InstrumentForm(initial={**proposed(today), **(begin or {})}, **chosen)
    context = {
        "form": form,
        "refusal": refusal,
        "number": number,
        "seq": request.POST.get("seq", seq),
        "how": wording.INSTRUMENTS[fixed["instrument"]],
        "giver": wording.organ_name(order, fixed["from_organ"]),
        "taker": wording.organ_name(order, fixed["to_organ"]),
    }
    return page(request, "write", context, order=order, status=status)


def _save(
    request: HttpRequest, form: InstrumentForm, fixed: Mapping[str, str], *, number: str, at: Any
) -> str:
    draft = form.drafted(**fixed)
    common = {"draft": draft, "seals": seals.entrustable(draft.valid_from), "at": at}
    if number:
        given = request.POST.get("seq", "")
        seq = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else -1
        actions.edit_grant(seq=seq, by=actor(request), **common)
    else:
        actions.draft_grant(by=actor(request), **common)
    return draft.number


def _owned(order: Order, on: Any) -> dict[str, list[str]]:
    """Organ → the items that are its to pass down, by code."""
    known = queries.known(order, on, {})
    found: dict[str, list[str]] = defaultdict(list)
    for code, owner in sorted(known.owners.items()):
        if owner in known.organs:
            found[owner].append(code)
    return found


def _givers(order: Order) -> list[tuple[str, str]]:
    owners = _owned(order, timezone.localdate())
    return [(code, order.organs[code].name) for code in sorted(owners)]


def _takers(order: Order) -> list[tuple[str, str]]:
    """Administrative organs, those of towns first: to them powers mostly go."""
    rows = [
        (len(organ.division.rstrip("0")) <= 6, code, organ.name)
        for code, organ in order.organs.items()
        if organ.administrative
    ]
    return [(code, name) for _county, code, name in sorted(rows)]


def _chapters(order: Order, giver: str, on: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The giver's items by chapter of the catalogue. 1 SQL."""
    mine = set(_owned(order, on).get(giver, ()))
    chapters: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in catalogue.items_in_force(on):
        if line.code in mine:
            chapters[line.domain].append(
                (line.code, f"{line.code} {named(line.name, line.name_en)}")
            )
    return list(chapters.items())


def _places(order: Order, taker: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The taker's own area and, folded, what lies in it: towns of a county, villages of a town."""
    area = order.organs[taker].division if taker in order.organs else ""
    county = order.county
    if county is not None and area == county.code:
        whole = [(EVERYWHERE, _("全县"))]
        parts = [p for p in order.places.values() if p.town_code == p.code]
        return [("", whole), (_("只管某些镇（街道）"), [(p.code, p.name) for p in parts])]
    inside = [place for place in order.places.values() if place.town_code and place.lies_in(area)]
    whole = [(p.code, _("%(place)s全境") % {"place": p.name}) for p in inside if p.code == area]
    villages = [(place.code, place.name) for place in inside if place.code != area]
    return [("", whole), (_("只管某些村（社区）"), villages)]


def _outlets(order: Order, taker: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Anywhere, or outlets of the taker's area; village stations folded away."""
    area = order.organs[taker].division if taker in order.organs else ""
    counters = [(EVERYWHERE, _("不限：在哪里收的件都算"))]
    stations = []
    for code, facts in order.outlets.items():
        if not area or Place(facts.division_code, "").lies_in(area):
            (stations if facts.outlet.kind == STATION else counters).append((code, facts.name))
    return [("", counters), (_("村（社区）服务站"), stations)]
