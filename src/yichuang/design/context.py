"""What every page needs to know about itself: from cookies, settings and the request, no SQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

MODES = ("standard", "elder", "dense")
MODE_COOKIE = "mode"
KEYS_COOKIE = "keys"
# What <html lang> says: browsers choose the Chinese glyph shapes by the region.
HTML_LANGUAGE = {"zh-hans": "zh-CN"}


def mode(request: HttpRequest) -> str:
    """The size the reader chose ("standard", "elder" or "dense"); "" when none was chosen."""
    chosen = request.COOKIES.get(MODE_COOKIE, "")
    return chosen if chosen in MODES else ""


def named(chinese: str, english: str) -> str:
    """A text of the county's data in the reader's language; Chinese where there is no other."""
    return english if english and str(get_language()).startswith("en") else chinese


def of_county(request: HttpRequest, county: object) -> None:
    """Let the page's head name this county (its `name`, and `public_phone` where it has one)."""
    request.county = county  # type: ignore[attr-defined]  # read by `page`, below


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: {"zw": {...}} for base.html.

    county_name, public_phone: the attributes `name` and `public_phone` of `request.county` where
    a face has set it, else settings.COUNTY_NAME and settings.PUBLIC_PHONE, else "".
    path: where the mode and language forms return to (this page, with its query).
    face: the namespace of the address ("portal", "desk", …), "" outside of one.
    """
    county = getattr(request, "county", None)
    language = get_language() or settings.LANGUAGE_CODE
    match = request.resolver_match
    return {
        "zw": {
            "mode": mode(request),
            "keys": request.COOKIES.get(KEYS_COOKIE) != "off",
            "language": language,
            "html_language": HTML_LANGUAGE.get(language, language),
            "demo": bool(getattr(settings, "DEMO", False)),
            "county_name": getattr(county, "name", "") or getattr(settings, "COUNTY_NAME", ""),
            "public_phone": getattr(county, "public_phone", "")
            or getattr(settings, "PUBLIC_PHONE", ""),
            "path": request.get_full_path(),
            "face": match.namespace if match else "",
        }
    }
