"""Drawing a page of this face, and keeping a private one private."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from yichuang.design.context import of_county
from yichuang.places import queries as places

View = Callable[..., HttpResponseBase]


def page(
    request: HttpRequest, name: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """The page `portal/<name>.html`, under the county's name. 1 SQL."""
    of_county(request, next(iter(places.divisions(level="county")), None))
    return render(request, f"portal/{name}.html", dict(context or {}), status=status)


def private(view: View) -> View:
    """A page about one person's matter: no copy kept anywhere, no search engine.

    The address holds the code, so it must not travel either: the site's own referrer policy
    (same-origin) keeps it from every other host, and these pages link to none.
    """

    @wraps(view)
    def kept(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return kept
