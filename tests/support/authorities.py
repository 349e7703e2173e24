"""Two services papers depend on, over HTTP on this machine: a signing service, a timestamp authority.

The signing service is the reference for the wire format in documents/signing/README.md. Both can be told
to misbehave: `fault` is an HTTP status, "drop", "garbage", "redirect", or a function of the answer.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from yichuang.documents.algorithms import P256
from yichuang.documents.signing import demonstration

TOKEN = "a-token-that-only-the-platform-knows"


class Service:
    """One HTTP service; `address` where it is, `asked` what it was asked."""

    def __init__(self, answer: Callable[[Service, str, str, bytes], tuple[int, str, bytes]]):
        self.fault: object = None
        self.asked: list[tuple[str, str, bytes]] = []
        self.tokens: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer()

            def do_POST(self):
                self._answer()

            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.asked.append((self.command, self.path, body))
                service.tokens.append(self.headers.get("Authorization", ""))
                fault = service.fault
                if fault == "drop":
                    self.connection.close()
                    return
                status, kind, content = answer(service, self.command, self.path, body)
                if isinstance(fault, int):
                    status = fault
                elif fault == "garbage":
                    content = b"\x00garbage"
                elif callable(fault):
                    content = fault(content)
                self.send_response(302 if fault == "redirect" else status)
                if fault == "redirect":
                    self.send_header("Location", service.address + "/elsewhere")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def signing_service() -> Iterator[Service]:
    """Makes a P-256 key for each name it is asked for, except "nobody"."""
    made: dict[str, bytes] = {}

    def answer(service: Service, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if service.tokens[-1] != f"Bearer {TOKEN}":
            return 401, "application/json", b"{}"
        if method == "GET":
            _empty, _keys, name, _algorithm = path.split("/")
            if unquote(name) == "nobody":
                return 404, "application/json", b"{}"
            key = made.setdefault(unquote(name), P256.make_key())
            said = {"public_key": P256.public_key(key)}
        else:
            asked = json.loads(body)
            key = serialization.load_pem_private_key(made[asked["key"]], None)
            prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
            said = {"signature": key.sign(bytes.fromhex(asked["digest"]), prehashed)}
        content = {name: base64.b64encode(value).decode() for name, value in said.items()}
        return 200, "application/json", json.dumps(content).encode()

    service = Service(answer)
    try:
        yield service
    finally:
        service.close()


@contextlib.contextmanager
def timestamp_authority(
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Service]:
    """The demonstration's authority behind HTTP, by a clock of its own plus `service.skew`."""

    def answer(service: Service, _method: str, _path: str, body: bytes) -> tuple[int, str, bytes]:
        stamped = demonstration.answer(body, at=now() + service.skew)
        return 200, "application/timestamp-reply", stamped

    service = Service(answer)
    service.skew = timedelta()
    try:
        yield service
    finally:
        service.close()
