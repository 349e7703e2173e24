"""The 告知承诺书 for one material, to be printed, told, and signed by the applicant's own hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yichuang.authority import queries as authority
from yichuang.cases import promises
from yichuang.catalogue import queries as catalogue
from yichuang.faces.window.page import at_the_window, page
from yichuang.verdict import Refusal


@require_GET
@at_the_window
def promise(request: HttpRequest, item: str, position: int) -> HttpResponse:
    """What is told, and blanks for name, number, signature and day: nothing is filled in for them."""
    today = timezone.localdate()
    guide = catalogue.item_in_force(item, today)
    found = [one for one in guide.materials if one.seq == position and one.promise == "allowed"]
    if not found:
        raise Refusal(
            "promise-unknown",
            _("这份材料不能用告知承诺代替。"),
            remedy=_("请按清单收取材料。"),
            basis="国办发〔2020〕42号",
            status=404,
        )
    order = authority.order()
    context = {
        "item": guide.name,
        "material": found[0].name,
        "told": promises.told(order.item(item, today), found[0]).lines,
    }
    return page(request, "promise", context, order=order)
