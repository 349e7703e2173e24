"""Asking the ruling for any item, place, outlet and day; the register of grants."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.accounts import roles
from yichuang.authority import queries
from yichuang.authority.facts import EVERYWHERE, Grant
from yichuang.authority.queries import Order
from yichuang.design.context import named
from yichuang.documents import queries as seals
from yichuang.faces.desk import forms, words
from yichuang.faces.desk.page import actor, at_the_desk, page
from yichuang.verdict import Refusal


@require_safe
@at_the_desk
def ruling(request: HttpRequest) -> HttpResponse:
    """Who takes in, reviews and decides, in whose name, with which seal, by which grant, and why."""
    today = timezone.localdate()
    order = queries.order()
    known = _known(order, today)
    asked = "item" in request.GET
    data = request.GET.copy()
    data.setdefault("on", today.isoformat())
    form = forms.RulingForm(data if asked else None, known=known, initial={"on": today})
    context: dict[str, Any] = {"form": form, "known": known, "answer": None, "refusal": None}
    status = 200
    if asked and not form.is_valid():
        status = 422
    elif asked:
        try:
            context |= _answer(order, **form.cleaned_data)
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
    return page(request, "ruling", context, order=order, status=status)


def _known(order: Order, on: date) -> dict[str, list[tuple[str, str]]]:
    """What the three boxes offer: (code, name)."""
    return {
        "item": [
            (code, named(versions[-1].name, versions[-1].name_en))
            for code, versions in order.items.items()
        ],
        "place": [(place.code, place.name) for place in order.places.values()],
        "outlet": [(code, facts.outlet.name) for code, facts in order.outlets.items()],
    }


def _answer(order: Order, *, item: str, place: str, outlet: str, on: date) -> dict[str, Any]:
    if not outlet:
        centre = order.centre_of(order.place(place))
        if centre is None:
            raise Refusal(
                "outlet-unknown",
                _("这个地方没有便民服务中心，不知道在哪里收件。"),
                remedy=_("请填写收件的服务点。"),
            )
        outlet = centre.outlet.code
    facts = order.item(item, on)
    found = order.ruling(item, place, outlet, on)
    competence = order.competence(item, on)
    return {
        "answer": found,
        "rows": words.ruling_rows(found)[:-1] if found.allowed else words.ruling_rows(found),
        "question": [
            {"key": _("事项"), "value": f"{item} {named(facts.name, facts.name_en)}"},
            {"key": _("事项所在地"), "value": order.place(place).name},
            {"key": _("收件的服务点"), "value": order.outlet(outlet).outlet.name},
            {"key": _("日期"), "value": on.isoformat()},
            {"key": _("类型"), "value": _("行政许可") if facts.permit else _("非行政许可")},
        ],
        "unconfirmed": competence is not None and not competence.basis_confirmed,
    }


@require_safe
@at_the_desk
def grants(request: HttpRequest) -> HttpResponse:
    """The register of grants with the state of each on a day."""
    today = timezone.localdate()
    on = _day(request.GET.get("on", "")) or today
    wanted = request.GET.get("state", "")
    order = queries.order()
    names = {
        seal.code: seal.name
        for organ in sorted({grant.from_organ for grant in order.grants})
        for seal in seals.seals_in_use(organ_code=organ, on=on)
    }
    rows = [_grant(grant, order, on, names) for grant in order.grants]
    counts = {state: sum(row["state"] == state for row in rows) for state in words.GRANT_STATES}
    context = {
        "on": on,
        "today": today,
        "tabs": [
            {
                "text": text,
                "href": f"?on={on.isoformat()}&state={state}",
                "count": count,
                "current": wanted == state,
            }
            for state, text, count in (
                ("", _("全部"), len(rows)),
                *(
                    (state, str(name), counts[state])
                    for state, (name, _k) in words.GRANT_STATES.items()
                ),
            )
        ],
        "rows": [row for row in rows if wanted in ("", row["state"])],
        "wanted": wanted,
        "may_revoke": actor(request).role == roles.BUREAU,
    }
    return page(request, "grants", context, order=order)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _grant(grant: Grant, order: Order, on: date, seal_names: dict[str, str]) -> dict[str, Any]:
    """A grant in words. `ends`: its last day, or the day it was revoked from."""
    state = grant.state(on)
    text, kind = words.GRANT_STATES[state]
    return {
        "number": grant.number,
        "instrument": words.INSTRUMENTS[grant.instrument],
        "from": _organ(order, grant.from_organ),
        "to": _organ(order, grant.to_organ),
        "items": [_item(order, code) for code in sorted(grant.items)],
        "places": _scope(grant.places, {code: row.name for code, row in order.places.items()}),
        "outlets": _scope(
            grant.outlets, {code: row.outlet.name for code, row in order.outlets.items()}
        ),
        "seal": seal_names.get(grant.seal, grant.seal),
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "revoked_on": grant.revoked_on,
        "state": state,
        "state_text": text,
        "kind": kind,
        "draft": grant.draft,
        "basis": grant.basis,
        "notice": grant.notice,
        "revocable": grant.revoked_on is None and state in ("live", "future", "suspended"),
    }


def _organ(order: Order, code: str) -> str:
    organ = order.organs.get(code)
    return organ.name if organ else code


def _item(order: Order, code: str) -> str:
    versions = order.items.get(code)
    return f"{code} {named(versions[-1].name, versions[-1].name_en)}" if versions else code


def _scope(codes: frozenset[str], names: dict[str, str]) -> str:
    if EVERYWHERE in codes:
        return _("不限")
    return "、".join(names.get(code, code) for code in sorted(codes))
