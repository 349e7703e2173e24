"""A courier over HTTP with JSON: the shape a thin bridge before a company's own interface has.

    POST <url>/orders                {"key", "name", "phone", "address", "sender"} → {"waybill"}
    GET  <url>/orders/<key>          → {"waybill", "events": [event]}, 404 {"code": "unknown-key"}
    GET  <url>/orders/<key>/label    → a PDF
    POST <url>/orders/<key>/cancel   → {"cancelled": true | false}

    event: {"id", "kind", "at", "place", "signer", "relation"}; kind as shipment_rules.EVENTS, at
    with an offset, relation "self", "other" or "". Others are left out.

Authorization: Bearer <token>; the key goes in Idempotency-Key as well, 409 means "had it already"
and carries the waybill. A courier may also push: POST /api/v1/couriers/events (faces.api.couriers).
Written for this platform: no national interface for couriers was found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from time import monotonic
from typing import Any

import requests

from yichuang.cases import shipment_rules as rules
from yichuang.cases.couriers import (
    LABEL_LIMIT,
    Event,
    Known,
    Parcel,
    Tracked,
    checked_waybill,
)
from yichuang.messages.providers import Doubt, NotTaken, Rejected

CONNECT, READ = 3.0, 7.0  # seconds
# certainly not taken, and worth another try
_LATER = (401, 403, 408, 425, 429, 503)


class HttpCourier:
    """One courier behind one address and one token."""

    def __init__(self, url: str, token: str, *, name: str) -> None:
        self.url, self.name = url.rstrip("/"), name
        self._head = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def order(self, parcel: Parcel) -> str:
        content = {
            "key": parcel.key,
            "name": parcel.name,
            "phone": parcel.phone,
            "address": parcel.address,
            "sender": parcel.sender,
        }
        status, body = self._call("POST", "/orders", content, key=parcel.key)
        if status in (200, 201, 202, 409):
            return checked_waybill(str(_object(body).get("waybill", "")))
        if status in _LATER:
            raise NotTaken(f"HTTP {status}")
        if 400 <= status < 500:
            raise Rejected(f"HTTP {status}")
        raise Doubt(f"HTTP {status}")

    def track(self, known: Known) -> Tracked | None:
        status, body = self._ask("GET", f"/orders/{known.key}")
        answer = _object(body)
        if status == 404 and answer.get("code") == "unknown-key":  # and not a wrong address
            return None
        if status != 200:
            raise Doubt(f"HTTP {status}")
        events = answer.get("events", [])
        return Tracked(
            checked_waybill(str(answer.get("waybill", ""))),
            tuple(read_events(events if isinstance(events, list) else [])),
        )

    def label(self, known: Known) -> bytes:
        status, body = self._ask("GET", f"/orders/{known.key}/label")
        if status != 200:
            raise Doubt(f"HTTP {status}")
        return body

    def cancel(self, known: Known) -> bool:
        status, body = self._ask("POST", f"/orders/{known.key}/cancel")
        answer = _object(body)
        if status == 404 and answer.get("code") == "unknown-key":
            return True
        if status != 200 or not isinstance(answer.get("cancelled"), bool):
            raise Doubt(f"HTTP {status}")
        return bool(answer["cancelled"])

    def _ask(self, method: str, path: str) -> tuple[int, bytes]:
        try:
            return self._call(method, path)
        except NotTaken as problem:  # a question that did not arrive answers nothing
            raise Doubt(str(problem)) from None

    def _call(
        self, method: str, path: str, content: object = None, *, key: str = ""
    ) -> tuple[int, bytes]:
        """Status and body. NotTaken before anything was sent, Doubt afterwards. Redirects are not
        followed: they would carry token and address to a place nobody chose."""
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
                return answer.status_code, _body(answer.raw)
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


def read_events(given: Iterable[Any]) -> list[Event]:
    """The messages that can be read; what cannot is left out, it will be asked for again."""
    found = []
    for each in given:
        if not isinstance(each, dict) or each.get("kind") not in rules.EVENTS:
            continue
        try:
            at = datetime.fromisoformat(str(each["at"]))
        except (KeyError, ValueError):
            continue
        said, identity = str(each.get("relation", "")), str(each.get("id", ""))
        if at.tzinfo is None or not 1 <= len(identity) <= 80 or "\0" in identity:
            continue
        found.append(
            Event(
                identity,
                str(each["kind"]),
                at,
                place=str(each.get("place") or "")[:200],
                signer=str(each.get("signer") or "")[:80],
                relation=said if said in rules.RELATIONS else rules.UNSAID,
            )
        )
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _body(raw: Any) -> bytes:
    """What was sent, at most LABEL_LIMIT bytes and READ seconds: a trickle must hold no worker."""
    end, parts, size = monotonic() + READ, [], 0
    while part := raw.read1(65536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > LABEL_LIMIT or monotonic() > end:
            raise Doubt("answer too long")
    return b"".join(parts)
