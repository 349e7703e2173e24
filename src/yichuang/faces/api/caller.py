"""Who calls, as the token says."""

from __future__ import annotations

from django.http import HttpRequest

from yichuang.accounts.actor import Actor


def caller(request: HttpRequest) -> Actor:
    """The post that the token was issued for."""
    return request.auth  # type: ignore[attr-defined]  # set by the token check of `views.api`
