"""First and last of every request: its reference number, its measure, and what goes wrong in it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from yichuang.faces.operations import errors, metrics
from yichuang.faces.operations.answers import answer_to, respond
from yichuang.faces.operations.limits import body_limit
from yichuang.faces.operations.logs import current_reference
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

# No I, L, O, U: a reference is read aloud over the telephone. 32 signs, 8 places: 40 bits.
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Handler = Callable[[HttpRequest], HttpResponseBase]


def new_reference() -> str:
    """A reference number such as A7K3-9QF2."""
    drawn = "".join(secrets.choice(SIGNS) for _place in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def reference(get_response: Handler) -> Handler:
    """Number each request; the number is on its page, in its header and in its log lines."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        request.reference = new_reference()  # type: ignore[attr-defined]
        token = current_reference.set(request.reference)  # type: ignore[attr-defined]
        began = time.perf_counter()
        try:
            response = get_response(request)
        finally:
            current_reference.reset(token)
        response["X-Reference"] = request.reference  # type: ignore[attr-defined]
        metrics.observe(request.method or "", response.status_code, time.perf_counter() - began)
        return response

    return handle


def fit_to_read(get_response: Handler) -> Handler:
    """Before anything reads the body (the form protection does): too large a body is told so (413)
    and left unread; an address with U+0000, which PostgreSQL cannot even ask for, is told so (400).
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isascii() and length.isdecimal() and int(length) > body_limit(request.path):
            return errors.bad_request(request, RequestDataTooBig())
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.bad_request(request)
        return get_response(request)

    return handle


class Refusals:
    """Answers the refusals and outages that views raise; other errors take Django's way."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        answer = answer_to(error)
        if answer is None:
            return None
        if answer.status >= 500 and not isinstance(error, Refusal):
            logger.error("Outage: %s", answer.code, exc_info=error, extra={"code": answer.code})
        return respond(request, answer)
