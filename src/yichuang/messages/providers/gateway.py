"""An SMS gateway over HTTP with JSON: the shape most gateways have, or a thin bridge before one.

    POST <url>/messages              {"key", "to", "text", "template"}      → {"id", "segments"}
    GET  <url>/messages/<key>        → {"id", "segments", "state", "reason"}, 404 if never had
    GET  <url>/statement?day=…&page= → {"messages": [{"key", "id", "segments"}], "next": page|null}

Authorization: Bearer <token>. The key goes in Idempotency-Key as well; 409 means "had it already"
and carries the first answer. state: accepted, delivered or failed. Written for this platform: no
national interface for SMS gateways was found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from time import monotonic
from typing import Any

import requests

from yichuang.messages.providers import Doubt, NotTaken, Parcel, Rejected, Taken
from yichuang.messages.rules import ERROR_LIMIT, Line

CONNECT, READ = 3.0, 7.0  # seconds; two calls and a batch's patience stay below a task's minute
LARGEST = 4 * 1024 * 1024
PAGES = 500
_STATES = {"delivered": "delivered", "failed": "undelivered"}
# certainly not taken, and worth another try: not let in, too early, too many, overload said plainly
_LATER = (401, 403, 408, 425, 429, 503)


class Gateway:
    """One gateway behind one address and one token."""

    can_ask = True

    def __init__(self, url: str, token: str, *, name: str = "gateway") -> None:
        self.url, self.name = url.rstrip("/"), name
        self._head = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def send(self, parcel: Parcel) -> Taken:
        content = {
            "key": parcel.key,
            "to": parcel.address,
            "text": parcel.text,
            "template": parcel.template,
        }
        status, answer = self._call("POST", "/messages", content, key=parcel.key)
        if status in (200, 201, 202, 409) and answer.get("id"):
            return _taken(answer)
        if status in _LATER:
            raise NotTaken(f"HTTP {status}")
        if 400 <= status < 500 and status != 409:
            reason = str(answer.get("reason", ""))[:ERROR_LIMIT]
            raise Rejected(f"HTTP {status} {reason}".strip())
        raise Doubt(f"HTTP {status}")

    def ask(self, key: str) -> Taken | None:
        status, answer = self._read(f"/messages/{key}")
        if status == 404 and answer.get("code") == "unknown-key":  # and not a wrong address
            return None
        if status == 200 and answer.get("id"):
            return _taken(answer)
        raise Doubt(f"HTTP {status}")

    def statement(self, day: date) -> Iterator[Line]:
        page: Any = ""
        for _page in range(PAGES):
            status, answer = self._read(f"/statement?day={day.isoformat()}&page={page}")
            listed = answer.get("messages")
            if status != 200 or not isinstance(listed, list):
                raise Doubt(f"HTTP {status}")
            for each in listed:
                try:
                    yield Line(
                        str(each["key"])[:100], _count(each["segments"]), str(each["id"])[:100]
                    )
                except (KeyError, TypeError, ValueError):
                    raise Doubt("statement unreadable") from None
            page = answer.get("next")
            if page is None:
                return
            page = int(page) if str(page).isdecimal() else _unreadable()
        raise Doubt("statement without end")

    def _read(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            return self._call("GET", path)
        except NotTaken as problem:  # a question that did not arrive answers nothing
            raise Doubt(str(problem)) from None

    def _call(
        self, method: str, path: str, content: object = None, *, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object. NotTaken before anything was sent, Doubt afterwards. Redirects
        are not followed: they would carry token and number to an address nobody chose."""
        head = {**self._head, "Idempotency-Key": key} if key else self._head
        try:
            with requests.request(
                method,
                self.url + path,
                json=content,
                headers=head,
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body, status = _body(answer.raw), answer.status_code
        except requests.exceptions.ConnectTimeout:
            raise NotTaken("connect timeout") from None
        except requests.exceptions.ConnectionError as error:
            if "NewConnectionError" in repr(error) or "NameResolution" in repr(error):
                raise NotTaken("no connection") from None
            raise Doubt("connection broken") from None
        except Doubt:
            raise
        except Exception as error:  # whatever else a hostile answer brings about in the library
            raise Doubt(type(error).__name__) from None
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = {}
        return status, found if isinstance(found, dict) else {}


def _body(raw: Any) -> bytes:
    """What was sent, at most LARGEST bytes and READ seconds: a trickle must not hold a worker."""
    end, parts, size = monotonic() + READ, [], 0
    while part := raw.read1(65536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > LARGEST or monotonic() > end:
            raise Doubt("answer too long")
    return b"".join(parts)


def _taken(answer: dict[str, Any]) -> Taken:
    try:
        count = _count(answer.get("segments", 0))
    except ValueError:
        count = 0  # it has the message; its count is looked at in the daily account
    return Taken(
        ref=str(answer["id"])[:100],
        segments=count,
        state=_STATES.get(str(answer.get("state", "")), ""),
        reason=str(answer.get("reason", ""))[:ERROR_LIMIT],
    )


def _count(value: object) -> int:
    if isinstance(value, int) and 0 <= value <= 1000:
        return value
    raise ValueError("not a count of segments")


def _unreadable() -> int:
    raise Doubt("statement unreadable")
