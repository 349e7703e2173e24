"""The reader's own choices (text size, keys, language), the accessibility statement, the gallery."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from yichuang.design import context, gallery_data

YEAR = 365 * 24 * 3600


def _way_back(request: HttpRequest) -> str:
    """The path in `next` when it is a plain path of this site, else the front page."""
    wanted = request.POST.get("next", "")
    if not wanted.startswith("/") or not url_has_allowed_host_and_scheme(wanted, None):
        return "/"
    parts = urlsplit(wanted)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _from_elsewhere(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


# These two forms stand on every public page. A CSRF token there would set a cookie for every
# reader and make every page different; the worst a forged post can do is change the text size,
# and browsers say when a post comes from elsewhere.
@csrf_exempt
@require_POST
def mode(request: HttpRequest) -> HttpResponse:
    """POST /mode: `mode` one of context.MODES, `keys` "on" or "off"; back to `next`."""
    if _from_elsewhere(request):
        return HttpResponseForbidden(_("请在本网站的页面上操作。"))
    response = HttpResponseRedirect(_way_back(request))
    if request.POST.get("mode") in context.MODES:
        _remember(response, context.MODE_COOKIE, request.POST["mode"])
    if request.POST.get("keys") in ("on", "off"):
        _remember(response, context.KEYS_COOKIE, request.POST["keys"])
    return response


@csrf_exempt
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """POST /language: `language` one of settings.LANGUAGES; back to `next`."""
    if _from_elsewhere(request):
        return HttpResponseForbidden(_("请在本网站的页面上操作。"))
    response = HttpResponseRedirect(_way_back(request))
    if request.POST.get("language") in dict(settings.LANGUAGES):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, request.POST["language"])
    return response


def accessibility(request: HttpRequest) -> HttpResponse:
    """GET /accessibility: what was tested, what is known not to work, whom to tell."""
    return render(request, "design/accessibility.html")


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with sample data of real length. `?show=workbench` or `?show=error`."""
    show = request.GET.get("show", "")
    template = {
        "workbench": "design/gallery_workbench.html",
        "error": "design/error.html",
    }.get(show, "design/gallery.html")
    return render(request, template, gallery_data.sample())
