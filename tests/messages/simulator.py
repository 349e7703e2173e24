"""A gateway as messages.providers.gateway describes it, over real HTTP, that misbehaves on demand.

`behave` is a queue of faults, one a POST; an empty queue behaves. It knows repeats by their key
unless `forgetful`, so `sent` is what residents would have received.
"""

import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "simulated-token"


class Gateway:
    """accepted: key → answer. sent: (key, to, text) of every message that left."""

    def __init__(self):
        self.behave, self.accepted, self.sent, self.asked = deque(), {}, [], []
        self.outcomes, self.lost_receipts, self.forgetful = {}, set(), False
        self.silent = False  # answers no questions
        self.wrong_counts, self.left_out, self.extra = {}, set(), []
        self.statement_end = None
        self.posts = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def take(self, content):
        with self.lock:
            key = content["key"]
            known = key in self.accepted
            if not known or self.forgetful:
                self.sent.append((key, content["to"], content["text"]))
                self.accepted[key] = {"id": f"sim-{len(self.sent)}", "segments": 1}
            return known, self.accepted[key]

    def statement(self):
        lines = [
            {
                "key": key,
                "id": self.accepted[key]["id"],
                "segments": self.wrong_counts.get(key, self.accepted[key]["segments"]),
            }
            for key, *_rest in self.sent
            if key not in self.left_out
        ]
        return lines + self.extra


def _handler(gateway):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args):
            return

        def answer(self, status, content, head=()):
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in head:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.posts.append((dict(self.headers), content))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self.answer(401, {})
            fault = gateway.behave.popleft() if gateway.behave else ""
            if fault in ("away", "busy"):
                return self.answer(503 if fault == "away" else 429, {})
            if fault == "bad-number":
                return self.answer(422, {"reason": "no such subscriber"})
            if fault == "broken-before":
                return self.answer(500, {})
            if fault == "redirect":
                return self.answer(307, {}, [("Location", gateway.url + "/elsewhere")])
            known, taken = gateway.take(content)
            if fault == "broken-after":
                return self.answer(500, {})
            if fault == "silence":  # accepted, and the answer never comes
                time.sleep(1.5)
                self.close_connection = True
                return None
            if fault == "cut":
                self.close_connection = True
                return None
            if fault == "nonsense":
                return self.answer(200, b"<html>ok</html>")
            if fault == "huge":
                return self.answer(200, b"[" + b"1," * 3_000_000 + b"1]")
            if fault == "slow":
                time.sleep(0.3)
            return self.answer(409 if known else 201, taken)

        def do_GET(self):
            at = urlsplit(self.path)
            if at.path == "/statement":
                if gateway.statement_end:
                    return self.answer(*gateway.statement_end)
                page = int(parse_qs(at.query).get("page", ["0"])[0] or 0)
                lines = gateway.statement()
                some = lines[page * 2 : page * 2 + 2]
                more = page + 1 if lines[page * 2 + 2 :] else None
                return self.answer(200, {"messages": some, "next": more})
            key = at.path.rpartition("/")[2]
            gateway.asked.append(key)
            if gateway.silent:
                return self.answer(502, {})
            if key not in gateway.accepted:
                return self.answer(404, {"code": "unknown-key"})
            state = (
                "accepted"
                if key in gateway.lost_receipts
                else gateway.outcomes.get(key, "delivered")
            )
            return self.answer(200, {**gateway.accepted[key], "state": state, "reason": "off"})

    return Handler
