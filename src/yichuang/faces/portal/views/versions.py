"""The versions of an item: when each began, and what two of them say otherwise, side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.catalogue import queries as catalogue
from yichuang.faces.portal import differing
from yichuang.faces.portal.page import page


@require_safe
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """Every version, and `?before=&after=` compared: without them the newest two. At most 10 SQL."""
    today = timezone.localdate()
    item = catalogue.item_guide(code, today)
    lines = catalogue.versions(code)
    numbers = [line.version for line in lines]
    after = _number(request.GET.get("after", ""), numbers[0])
    earlier = [number for number in numbers if number < after]
    before = _number(request.GET.get("before", ""), earlier[0] if earlier else after)
    rows = []
    if before != after:
        found = catalogue.compare(code, before, after)
        ids = {line.version: line.version_id for line in lines}
        old, new = (catalogue.version_guide(ids[number]) for number in (before, after))
        rows = differing.parts(found, old, new)
    context = {
        "item": item,
        "lines": [(line, line.version == item.version, line.valid_from > today) for line in lines],
        "numbers": numbers,
        "before": before,
        "after": after,
        "parts": rows,
    }
    return page(request, "guide_versions", context)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise
