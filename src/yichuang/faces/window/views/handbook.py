"""The clerk's handbook of an item, on the screen and on paper. For staff only."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ItemGuide
from yichuang.documents import guide_case as case
from yichuang.documents import guides
from yichuang.faces.window import handbook_words as words
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.verdict import Refusal


@require_safe
@at_the_window
def handbook(request: HttpRequest, code: str) -> HttpResponse:
    """One item's handbook, for the counter the reader sits at."""
    order = authority.order()
    item, ruling, counter = _at_the_counter(request, code, order)
    context = {
        "item": item,
        "name": case.named(item),
        "sections": words.sections(item, ruling, counter),
    }
    return page(request, "handbook", context, order=order)


@require_safe
@at_the_window
def printed(request: HttpRequest, code: str) -> HttpResponse:
    """The same as PDF."""
    order = authority.order()
    item, ruling, counter = _at_the_counter(request, code, order)
    county = order.places.get(f"{order.outlet(actor(request).outlet_code).division_code[:6]}000000")
    imprint = guides.Imprint(
        county=counter if county is None else county.name,
        address=settings.PUBLIC_URL + reverse("window:handbook", args=[item.code]),
        site=settings.PUBLIC_URL,
        at=timezone.localtime(),
        demo=bool(getattr(settings, "DEMO", False)),
    )
    pdf = guides.handbook(item, words.sections(item, ruling, counter), imprint=imprint)
    response = HttpResponse(pdf, content_type="application/pdf")
    title = f"{_('窗口手册')}-{case.named(item)}-{item.version}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, title)
    add_never_cache_headers(response)
    return response


def _at_the_counter(request: HttpRequest, code: str, order: Order) -> tuple[ItemGuide, Ruling, str]:
    today = timezone.localdate()
    item = catalogue.item_guide(code, today)
    counter = order.outlet(actor(request).outlet_code)
    try:
        ruling = order.ruling(code, counter.division_code, counter.outlet.code, today)
    except Refusal as refusal:  # suspended or cancelled: the handbook says so and still explains
        ruling = Ruling(False, reason=refusal.message, remedy=refusal.remedy, code=refusal.code)
    return item, ruling, counter.name
