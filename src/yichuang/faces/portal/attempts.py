"""How often one network address may be wrong. The codes hold 128 bits and cannot be guessed; this
keeps a program that tries from costing everybody else.

Counted in the default cache, so in each process by itself and gone with a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from yichuang.verdict import Refusal

WINDOW = 10 * 60  # seconds
WRONG_CODES = 30
UPLOADS = 20
APPLICATIONS = 60  # begun from one address: a whole village may share one
PIECES = 3000  # of uploads into applications: 1.5 GB


@contextmanager
def wrong_codes(request: HttpRequest, kind: str) -> Iterator[None]:
    """Counts the look-up inside when it finds nothing (404). Refusal "too-many-attempts" (429)."""
    key = _key(request, kind)
    if cache.get(key, 0) >= WRONG_CODES:
        raise _too_many()
    try:
        yield
    except Refusal as refusal:
        if refusal.status == 404:
            _count(key)
        raise


def upload(request: HttpRequest) -> None:
    """Counts one file to be examined. Refusal "too-many-attempts" (429)."""
    _limited(request, "upload", UPLOADS)


def begun(request: HttpRequest) -> None:
    """Counts one application begun. Refusal "too-many-attempts" (429)."""
    _limited(request, "begun", APPLICATIONS)


def piece(request: HttpRequest) -> None:
    """Counts one file or piece of a file sent into an application. "too-many-attempts" (429)."""
    _limited(request, "piece", PIECES)


def _limited(request: HttpRequest, kind: str, most: int) -> None:
    key = _key(request, kind)
    if cache.get(key, 0) >= most:
        raise _too_many()
    _count(key)


def _key(request: HttpRequest, kind: str) -> str:
    return f"portal:{kind}:{request.META.get('REMOTE_ADDR', '')}"


def _count(key: str) -> None:
    if not cache.add(key, 1, WINDOW):
        try:
            cache.incr(key)
        except ValueError:  # it ran out between the two calls
            cache.set(key, 1, WINDOW)


def _too_many() -> Refusal:
    return Refusal(
        "too-many-attempts",
        _("从您所在的网络操作的次数太多，暂时停一停。"),
        remedy=_("请过 10 分钟再试；急用的，请带身份证到就近的便民服务中心办理。"),
        status=429,
    )
