"""Why a ruling is what it is: item, place, outlet and day in; every step and article out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import explanations, wording
from yichuang.authority.queries import Order
from yichuang.authority.queries import order as standing_order
from yichuang.design.context import named
from yichuang.faces.powers.forms import ExplainForm
from yichuang.faces.powers.page import at_the_register, page
from yichuang.verdict import Refusal


@require_safe
@at_the_register
def explain(request: HttpRequest) -> HttpResponse:
    """The ruling, the way to it, and each grant that names the item. 1 SQL."""
    today = timezone.localdate()
    order = standing_order()
    known = _known(order)
    asked = "item" in request.GET
    data = request.GET.copy()
    data.setdefault("on", today.isoformat())
    form = ExplainForm(data if asked else None, known=known, initial={"on": today})
    context: dict[str, Any] = {"form": form, "known": known, "answer": None, "refusal": None}
    status = 200
    if asked and not form.is_valid():
        status = 422
    elif asked:
        try:
            context |= _answer(order, **form.cleaned_data)
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
    return page(request, "explain", context, order=order, section="explain", status=status)


def _known(order: Order) -> dict[str, list[tuple[str, str]]]:
    """What the three boxes offer: (code, name)."""
    return {
        "item": [(code, named(v[-1].name, v[-1].name_en)) for code, v in order.items.items()],
        "place": [(place.code, place.name) for place in order.places.values()],
        "outlet": [(code, facts.name) for code, facts in order.outlets.items()],
    }


def _answer(
    order: Order, *, item: str, place: str, outlet: str, on: date, amount: int | None
) -> dict[str, Any]:
    if not outlet:
        centre = order.centre_of(order.place(place))
        if centre is None:
            raise Refusal(
                "outlet-unknown",
                _("这个地方没有便民服务中心，不知道在哪里收件。"),
                remedy=_("请填写收件的服务点。"),
            )
        outlet = centre.outlet.code
    found = explanations.explain(**order.facts_for(item, place, outlet, on), amount=amount)
    facts = order.item(item, on)
    return {
        "answer": found,
        "item": f"{item} {named(facts.name, facts.name_en)}",
        "place": order.place(place).name,
        "outlet": order.outlet(outlet).name,
        "on": on,
        "permit": facts.permit,
        "grants": [
            {
                "one": one,
                "state": dict(zip(("text", "kind"), wording.STANDINGS[one.state], strict=True)),
                "from": wording.organ_name(order, one.grant.from_organ),
                "to": wording.organ_name(order, one.grant.to_organ),
                "href": reverse("powers:grant", args=[one.grant.number]),
            }
            for one in found.grants
        ],
    }
