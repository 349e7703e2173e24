"""Guides on paper: the whole, the short form, and the list of one situation on a slip."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.cases import draft_items
from yichuang.documents import guide_case as case
from yichuang.documents import guides
from yichuang.documents.rendering import TEMPLATE_VERSION
from yichuang.faces.portal import situation, where
from yichuang.faces.portal.views.guide import Shown, contacts, shown_version
from yichuang.places import queries as places

LANGUAGES = {"zh": "zh-hans", "en": "en"}
SHORT, SLIP = "short", "slip"


@require_safe
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """A guide as PDF; `?form=short|slip`, else the whole; `?lang=zh|en`, else as the site is read;
    `?version=` and `?s.…` as on the web. At most 10 SQL; drawn anew each time, some 10–40 ms.
    """
    today = timezone.localdate()
    shown = shown_version(code, request.GET.get("version", ""), today)
    chosen = LANGUAGES.get(request.GET.get("lang", ""), translation.get_language())
    with translation.override(chosen):
        return _printed(request, shown, request.GET.get("form", ""))


def _printed(request: HttpRequest, shown: Shown, form: str) -> HttpResponse:
    now = timezone.localtime()
    item = shown.item
    walked = case.walk(item, situation.given(request.GET))
    order = authority.order()
    tag = None
    if form != SLIP:  # a slip says the minute
        parts = (item.version_id, order.stamp, now.date(), form, translation.get_language(),
                 sorted(walked.answers.items()), TEMPLATE_VERSION)  # fmt: skip
        tag = quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])
        unchanged = get_conditional_response(request, etag=tag)
        if unchanged is not None:
            return unchanged
    elsewhere = where.guidance(order, item, now.date()) if shown.current else None
    county = next(iter(places.divisions(level="county")), None)
    query = situation.query(walked.answers, version="" if shown.current else str(item.version))
    imprint = guides.Imprint(
        county=county.name if county else "",
        address=settings.PUBLIC_URL + reverse("portal:guide", args=[item.code]) + query,
        site=settings.PUBLIC_URL,
        at=now,
        demo=bool(getattr(settings, "DEMO", False)),
    )
    told = elsewhere.reason if elsewhere else ""
    online = shown.current and bool(draft_items.may_apply(order, item.code, now.date()))
    asked = contacts(places.outlets(kinds=("hall",)))
    if form == SLIP:
        pdf, name = guides.slip(item, walked, imprint=imprint, elsewhere=told), _("材料清单")
    elif form == SHORT:
        pdf = guides.short(
            item, walked, imprint=imprint, contacts=asked, online=online, elsewhere=told
        )
        name = _("办事指南简版")
    else:
        who = where.bodies(order, item, now.date(), elsewhere)
        pdf = guides.full(
            item,
            walked,
            imprint=imprint,
            who=who,
            contacts=asked,
            online=online,
            elsewhere=told,
        )
        name = _("办事指南")
    response = HttpResponse(pdf, content_type="application/pdf")
    if tag:
        response["ETag"] = tag
        patch_cache_control(response, public=True, max_age=300)
    else:
        patch_cache_control(response, no_store=True)
    title = f"{name}-{case.named(item)}-{item.version}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, title)
    return response
