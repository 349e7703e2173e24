"""Turns a refusal or an outage into an answer: a page for people, problem details for programs.

Nothing here reads the database, so it also works when the database is the thing that is gone.
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from typing import Any

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from yichuang.design.context import page as design_page
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30
# SQLite says these of a faulty statement, which is our mistake and no outage
MISTAKES = ("no such ", "near ", "table ", "wrong number", "too many")
FULL = ("database or disk is full", "No space left on device", "could not extend file")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell. `message`: what happened; `remedy`: what to do next; `code`: stable slug."""

    status: int
    code: str
    message: str
    remedy: str = ""
    basis: str = ""
    field: str = ""
    detail: dict[str, Any] | None = None
    retry_after: int = 0


def chain(error: BaseException | None) -> list[BaseException]:
    """The error and what it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def is_disk_full(error: BaseException) -> bool:
    return any(
        (isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT))
        or (isinstance(each, OperationalError) and any(sign in str(each) for sign in FULL))
        for each in chain(error)
    )


def is_database_gone(error: BaseException) -> bool:
    return any(
        isinstance(each, InterfaceError)
        or (isinstance(each, OperationalError) and not str(each).startswith(MISTAKES))
        for each in chain(error)
    )


def is_unaskable(error: BaseException) -> bool:
    """Whether somebody sent U+0000, which PostgreSQL takes in no text; SQLite finds nothing."""
    return any(isinstance(each, DataError) and "NUL (0x00)" in str(each) for each in chain(error))


def answer_to(error: BaseException) -> Answer | None:
    """The answer to a refusal or an outage; None for an error that is ours to mend."""
    if isinstance(error, Refusal):
        return Answer(
            status=error.status,
            code=error.code,
            message=str(error.message),
            remedy=str(error.remedy),
            basis=str(error.basis),
            field=error.field,
            detail=error.detail,
            retry_after=RETRY_AFTER_SECONDS if error.status in (429, 503) else 0,
        )
    if is_disk_full(error):
        return Answer(
            status=507,
            code="disk-full",
            message=_("系统存储空间已满，这一步没有保存。"),
            remedy=_("已保存的内容都在。请记下查询编号告知工作人员，稍后再试。"),
            retry_after=RETRY_AFTER_SECONDS,
        )
    if is_database_gone(error):
        return Answer(
            status=503,
            code="database-unavailable",
            message=_("系统暂时无法读写数据，这一步没有保存。"),
            remedy=_("请不要关闭页面，半分钟后重试；仍不行，请记下查询编号告知工作人员。"),
            retry_after=RETRY_AFTER_SECONDS,
        )
    if is_unaskable(error):
        return Answer(
            status=400,
            code="bad-request",
            message=_("这个请求不完整或格式不对，没有处理。"),
            remedy=_("请返回上一页重新填写；如果是从别处点来的链接，请从首页进入。"),
        )
    return None


def wants_problem(request: HttpRequest) -> bool:
    """Whether a program is asking: the API, or somebody who accepts JSON and no pages."""
    if request.path.startswith("/api/"):
        return True
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "html" not in accepted


def problem(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Problem details (RFC 9457) with our code, remedy, basis, field and reference."""
    facts = {
        "type": f"urn:yichuang:problem:{answer.code}",
        "title": answer.message,
        "status": answer.status,
        "detail": answer.remedy,
        "code": answer.code,
        "basis": answer.basis,
        "field": answer.field,
        "reference": getattr(request, "reference", ""),
        "facts": answer.detail or {},
    }
    kept = {name: value for name, value in facts.items() if value}
    return JsonResponse(
        kept,
        status=answer.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def page(request: HttpRequest, answer: Answer) -> HttpResponse:
    """A page in the site's dress; a bare one where the dress itself fails."""
    context = {
        "happened": answer.message,
        "remedy": answer.remedy,
        "basis": answer.basis,
        "reference": getattr(request, "reference", ""),
        **design_page(request),
    }
    try:
        # without the request: its context processors may ask for the session, thus the database
        html = render_to_string("operations/error.html", context)
    except Exception:  # whatever is wrong with the dress, the person still gets an answer
        logger.exception("The error page could not be drawn; a bare one was sent.")
        html = render_to_string("operations/bare.html", context)
    return HttpResponse(html, status=answer.status)


def respond(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The answer in the form the asker can read, never cached."""
    if wants_problem(request):
        response = problem(request, answer)
    else:
        response = page(request, answer)
    if answer.retry_after:
        response["Retry-After"] = str(answer.retry_after)
    response["Cache-Control"] = "no-store"
    return response
