"""Pages that only tell: help, what is kept about a person, what this site is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.faces.portal import where
from yichuang.faces.portal.page import page
from yichuang.places import queries as places


@require_safe
def help_(request: HttpRequest) -> HttpResponse:
    """Telephone, or somebody who helps: the county hall and every town's centre. 3 SQL."""
    found = places.outlets(kinds=("hall", "centre"))
    return page(request, "help", {"points": where.listing(found, timezone.localdate())})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, why, how long, and a person's rights (个人信息保护法 §17)."""
    return page(request, "privacy")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this site is, and which of its facts the county has not confirmed."""
    return page(request, "about")
