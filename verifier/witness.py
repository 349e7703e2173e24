"""A witness: keeps the last signed head of each journal it watches and refuses a changed past.

    python witness.py FOLDER [--host 127.0.0.1] [--port 8443] [--cert FILE --cert-key FILE]

Written from docs/journal-format.md ("Witness", "Co-signature"); needs Python 3.11 and the package
`cryptography`. FOLDER holds `journals/*.pem` (the public keys to watch: a key is trusted because its
file was put there, never because somebody sent it), and is given `witness_key.pem` (private, 0600),
`witness_public_key.pem` (for the journals' operators) and `kept/<journal key>.json`.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journal_format import (
    COSIGNATURE_CONTEXT,
    COSIGNATURE_SIGNED,
    HEAD_CONTEXT,
    HEAD_FORM,
    HEAD_SIGNED,
    NotStrict,
    Tree,
    Unreadable,
    canonical_json,
    consistency_holds,
    has_form,
    is_hash,
    is_size,
    key_hex,
    load_key,
    read_form,
    signature_holds,
    strict_json,
)

BODY_LIMIT = 64 * 1024
SECONDS = 20  # a slow sender is let go
CONNECTIONS = 32
EMPTY_ROOT = Tree().root().hex()
REQUEST_FORM = {
    "head": lambda value: has_form(value, HEAD_FORM),
    "old": is_size,
    "proof": lambda value: isinstance(value, list) and all(map(is_hash, value)),
}
STATUS = {
    "too-large": 413,
    "malformed": 400,
    "unknown-journal": 404,
    "bad-signature": 403,
    "rollback": 422,
    "split-view": 422,
    "stale": 409,
    "bad-proof": 422,
}


class Refused(Exception):
    """The head is not accepted. word: one of STATUS; kept: the head kept instead, where it matters."""

    def __init__(self, word, kept=None):
        super().__init__(word)
        self.word = word
        self.kept = kept


@dataclass
class Witness:
    """The rules and the folder. One lock: two heads of one journal are never judged at once."""

    folder: Path

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.guard = (self.folder / "lock").open("w")  # held until the process ends
        try:
            fcntl.flock(self.guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unreadable(f"{self.folder}: another witness is running here") from error
        self.lock = threading.Lock()
        (self.folder / "kept").mkdir(exist_ok=True)
        (self.folder / "journals").mkdir(exist_ok=True)
        self.key = own_key(self.folder)

    def watched(self):
        """Public keys by hex, read anew each time: a journal is added or struck off by its file."""
        keys = (load_key(path) for path in sorted((self.folder / "journals").glob("*.pem")))
        return {key_hex(key): key for key in keys}

    def take(self, body, at):
        """Judge one request's body; the co-signature, once the head is kept. at: aware UTC."""
        head, old, proof = parse(body)
        key = self.watched().get(head["key"])
        if key is None:
            raise Refused("unknown-journal")
        if not signature_holds(key, HEAD_CONTEXT, head, HEAD_SIGNED):
            raise Refused("bad-signature")
        with self.lock:
            kept = self.kept(head["key"])
            if kept is not None:
                judge(kept, head, old, proof)
            elif old != 0:
                raise Refused("stale")
            elif proof:
                raise Refused("bad-proof")
            if kept is None or kept["size"] != head["size"]:
                replace(self.folder / "kept" / f"{head['key']}.json", canonical_json(head) + b"\n")
            # only now: a co-signature says that the head is kept, also if the power fails here
            return self.cosign(head, at)

    def kept(self, key):
        path = self.folder / "kept" / f"{key}.json"
        return read_form(path, HEAD_FORM) if path.exists() else None

    def cosign(self, head, at):
        said = {name: head[name] for name in HEAD_SIGNED}
        said["log"] = head["key"]
        said["witnessed"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        message = canonical_json({name: said[name] for name in COSIGNATURE_SIGNED})
        said["key"] = key_hex(self.key.public_key())
        said["signature"] = self.key.sign(COSIGNATURE_CONTEXT + message).hex()
        return said


def parse(body):
    """(head, old, proof) of a request; Refused "malformed"."""
    try:
        found = strict_json(body)
    except NotStrict as error:
        raise Refused("malformed") from error
    if not has_form(found, REQUEST_FORM):
        raise Refused("malformed")
    head = found["head"]
    if head["size"] == 0 and head["root"] != EMPTY_ROOT:
        raise Refused("malformed")
    return head, found["old"], [bytes.fromhex(step) for step in found["proof"]]


def judge(kept, head, old, proof):
    """Whether `head` continues `kept`; Refused otherwise, with `kept` as the evidence."""
    if kept["size"] > head["size"]:
        raise Refused("rollback", kept)
    if kept["size"] == head["size"] and kept["root"] != head["root"]:
        raise Refused("split-view", kept)
    if old != kept["size"]:
        raise Refused("stale", kept)
    if kept["size"] == 0:  # nothing can be proved from an empty tree
        continues = not proof
    else:
        roots = bytes.fromhex(kept["root"]), bytes.fromhex(head["root"])
        continues = consistency_holds(kept["size"], roots[0], head["size"], roots[1], proof)
    if not continues:
        raise Refused("bad-proof", kept)


# --- files -----------------------------------------------------------------------------------------


def own_key(folder):
    """The witness's key, made at the first start."""
    path = folder / "witness_key.pem"
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        replace(path, pem, mode=0o600)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Unreadable(f"{path}: not an Ed25519 key")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    replace(folder / "witness_public_key.pem", public)
    return key


def replace(path, content, mode=0o644):
    """Write, fsync, rename, fsync: after a kill there is the old file or the new one, whole."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# --- HTTP ------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    timeout = SECONDS
    server_version = "witness"
    sys_version = ""

    def do_POST(self):
        try:
            if self.path != "/heads":
                return self.answer(404, {"refused": "malformed"})
            length = self.headers.get("Content-Length", "")
            if not re.fullmatch(r"[0-9]{1,9}", length):
                raise Refused("malformed")
            if int(length) > BODY_LIMIT:
                raise Refused("too-large")
            body = self.rfile.read(int(length))
            if len(body) != int(length):
                raise Refused("malformed")
            return self.answer(200, self.server.witness.take(body, datetime.now(UTC)))
        except Refused as refused:
            told = {"refused": refused.word}
            if refused.kept is not None:
                told["kept"] = refused.kept
            return self.answer(STATUS[refused.word], told)
        except (Unreadable, OSError) as error:  # a key file or the disk: ours to mend, not theirs
            self.log_error("%s", error)
            return self.answer(500, {"refused": "out-of-order"})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """At most CONNECTIONS at once; beyond that a caller waits in the listening queue."""

    daemon_threads = True

    def __init__(self, address, witness, context=None):
        super().__init__(address, Handler)
        self.witness = witness
        self.context = context
        self.places = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request, client_address):
        self.places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            if self.context:  # here and not at accept: a slow handshake holds up nobody else
                request.settimeout(SECONDS)
                request = self.context.wrap_socket(request, server_side=True)
            last = threading.Timer(2 * SECONDS, cut, [request])  # also for who sends byte by byte
            last.daemon = True
            last.start()
            try:
                super().process_request_thread(request, client_address)
            finally:
                last.cancel()
        except OSError:
            self.shutdown_request(request)
        finally:
            self.places.release()


def cut(request):
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def main(words=None):
    parser = argparse.ArgumentParser(description="Keeps the last head of each journal it watches.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert", help="PEM; without it plain HTTP, for loopback or behind a proxy")
    parser.add_argument("--cert-key", help="PEM")
    arguments = parser.parse_args(words)
    context = None
    if arguments.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.cert, arguments.cert_key)
    try:
        witness = Witness(arguments.folder)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 3
    server = Server((arguments.host, arguments.port), witness, context)
    sys.stdout.write(f"witness on {arguments.host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
