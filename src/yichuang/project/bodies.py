"""Between the web server and Django: a request waits for its turn with its body already here.

Django runs in few threads (one on SQLite: with several, waiting writers sleep). Were the body read
there, one upload over a slow line, or one client that stops halfway, would hold up everybody.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

Environ = dict[str, Any]
Application = Callable[..., Iterable[bytes]]
CHUNK = 64 * 1024
IN_MEMORY = 1024 * 1024  # a longer body waits in a temporary file


class Bodies:
    """A WSGI application around another: bodies are read in the server's many threads, the rest
    runs in `turns` threads of our own, each with its own database connection.

    limit: path → the largest body it takes, in bytes. A larger one is not read at all: the
    application has its declared length and answers 413.
    """

    def __init__(
        self, application: Application, *, turns: int, limit: Callable[[str], int]
    ) -> None:
        self.application = application
        self.limit = limit
        self.turns = ThreadPoolExecutor(turns, thread_name_prefix="turn")

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = declared(environ)
        if 0 < length <= self.limit(environ.get("PATH_INFO", "")):
            environ["wsgi.input"] = received(environ["wsgi.input"], length)
        said: list[Any] = []
        answer = self.turns.submit(
            self.application, environ, lambda *status, **error: said.append((status, error))
        ).result()
        status, error = said[-1]
        start_response(*status, **error)
        return answer


def declared(environ: Environ) -> int:
    """The length in the request's head; 0 where there is none that makes sense."""
    text = environ.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdecimal() else 0


def received(stream: IO[bytes], length: int) -> IO[bytes]:
    """The body, read to its end or to where the client left; at its start again."""
    body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (Django closes it)
    left = length
    while left and (chunk := stream.read(min(left, CHUNK))):
        body.write(chunk)
        left -= len(chunk)
    body.seek(0)
    return body
