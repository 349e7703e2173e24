"""Finding an item: by people's words, among the frequent ones, by life event, by domain."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import upkeep
from yichuang.catalogue.search import doubtful
from yichuang.catalogue.search import search as find_items
from yichuang.design import context
from yichuang.faces.portal import words
from yichuang.faces.portal.page import page
from yichuang.verdict import Refusal

FREQUENT = 12
FREQUENT_LARGE = 6  # in elder mode
FOUND = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page. 5 SQL."""
    today = timezone.localdate()
    domains = catalogue.domains(today)
    large = context.mode(request) == "elder"
    shown = {
        "domains": domains,
        "frequent": words.frequent(domains, FREQUENT_LARGE if large else FREQUENT),
        "chains": catalogue.chains(today),
        "total": sum(len(domain.items) for domain in domains),
    }
    return page(request, "home_large" if large else "home", shown)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What answers people's words; without words, the box and where else to look. At most 8 SQL,
    and as many to count a question that nothing answers (docs/decisions/0013)."""
    said = request.GET.get("q", "")
    hits, refusal = [], None
    if "q" in request.GET:
        today = timezone.localdate()
        try:
            hits = find_items(said, on=today, limit=FOUND)
        except Refusal as problem:
            refusal = problem
        else:
            if request.method == "GET":
                upkeep.note_if_vain(said, hits, today)
    shown = {
        "said": said,
        "hits": words.hits(hits),
        "doubtful": bool(hits) and doubtful(hits),
        "refusal": refusal,
    }
    return page(request, "search", shown, status=refusal.status if refusal else 200)


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """Every item in use by domain; `?often=1`: the frequent ones. 2 SQL."""
    often = request.GET.get("often") == "1"
    domains = words.only_frequent(catalogue.domains(timezone.localdate()), often)
    shown = {
        "domains": domains,
        "often": often,
        "total": sum(len(items) for _name, items in domains),
    }
    return page(request, "items", shown)
