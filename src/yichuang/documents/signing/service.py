"""Keys in a signing service over HTTP. The wire format is in README.md here."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from django.core.exceptions import ImproperlyConfigured

from yichuang.documents.algorithms import Algorithm
from yichuang.documents.signing import unavailable

# Seconds to connect and to answer: the worker waits, and nobody at a counter does.
_TIMEOUT = (3, 10)
_MOST_BYTES = 64 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ServiceKeys:
    """Keys of one service. token: sent as bearer."""

    kind = "service"

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ImproperlyConfigured("YICHUANG_SEAL_KEYS: outside this machine only https://.")
        self._address, self._token = address.rstrip("/"), token
        self._public: dict[tuple[str, str], bytes] = {}

    def warning(self) -> str:
        return ""

    def ready(self) -> bool:
        """Whether it is named; it is asked only when something is to be signed."""
        return True

    def public_key(self, seal_code: str, algorithm: Algorithm) -> bytes:
        known = (seal_code, algorithm.code)
        if known not in self._public:
            answer = self._ask("GET", f"/keys/{quote(seal_code, safe='')}/{algorithm.code}")
            self._public[known] = _bytes(answer, "public_key")
        return self._public[known]

    def make(self, seal_code: str, algorithm: Algorithm) -> None:
        """The service makes its own keys; one it lacks is missing."""
        self.public_key(seal_code, algorithm)

    def sign(self, seal_code: str, algorithm: Algorithm, message: bytes) -> bytes:
        digest = algorithm.to_be_signed(self.public_key(seal_code, algorithm), message)
        asked = {"key": seal_code, "algorithm": algorithm.code, "digest": digest.hex()}
        return _bytes(self._ask("POST", "/signatures", asked), "signature")

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        try:
            with requests.request(
                method,
                self._address + path,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == 404:
                    raise LookupError(path)
                if response.status_code != 200:
                    raise unavailable.no_device()
                content = response.raw.read(_MOST_BYTES + 1, decode_content=True)
                if len(content) > _MOST_BYTES:
                    raise unavailable.no_device()
                return json.loads(content)
        except (requests.RequestException, OSError, ValueError) as problem:
            raise unavailable.no_device() from problem


def _bytes(answer: Any, name: str) -> bytes:
    try:
        return base64.b64decode(answer[name], validate=True)
    except (KeyError, TypeError, ValueError) as problem:
        raise unavailable.no_device() from problem
