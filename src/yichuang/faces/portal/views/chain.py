"""A life event (一件事): its items in order, which of them exclude each other, and what doing them
together spares."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.catalogue import queries as catalogue
from yichuang.faces.portal import words
from yichuang.faces.portal.page import page


@require_safe
def chain(request: HttpRequest, code: str) -> HttpResponse:
    """A life event. 6 SQL."""
    today = timezone.localdate()
    sheet = catalogue.chain_sheet(code, today)
    codes = {step.item_code for step in sheet.steps}
    guides = {guide.code: guide for guide in catalogue.guides_in_force(today, codes)}
    chosen = words.usual(sheet, guides)
    context = {
        "chain": sheet,
        "steps": words.steps(sheet, guides),
        "spared": words.figures(sheet, guides, chosen),
        "counted": [step for step in sheet.steps if step.seq in chosen],
        "left_out": [step for step in sheet.steps if step.seq not in chosen],
    }
    return page(request, "chain", context)
