"""Small words of this face's templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yichuang.design.context import named as in_language

register = template.Library()


@register.filter
def named(sheet: Any) -> str:
    """The name in the reader's language, where it has one."""
    return in_language(sheet.name, sheet.name_en)


@register.filter
def item_named(row: Any) -> str:
    """The item's name in a list of cases or drafts, in the reader's language."""
    return in_language(row.item_name, row.item_name_en)


_NAV = (
    ("home", _("找事项"), {"home", "search", "items", "guide", "chain", "apply"}),
    ("track", _("查进度"), {"track", "case", "rate", "supply", "withdraw"}),
    ("outlets", _("网点"), {"outlets", "town"}),
    ("verify", _("验文书"), {"verify", "verified", "verify-file"}),
    ("mine", _("我的"), {"mine", "sign-in", "sign-in-code"}),
)


@register.simple_tag(takes_context=True)
def portal_nav(context: template.Context) -> list[dict[str, Any]]:
    """The five ways into this face, for zw_nav."""
    match = context["request"].resolver_match
    here = match.url_name if match else ""
    return [
        {"text": text, "href": reverse(f"portal:{name}"), "current": here in pages}
        for name, text, pages in _NAV
    ]
