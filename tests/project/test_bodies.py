"""A slow body keeps nobody waiting, a long one is whole, one beyond the limit is left unread."""

import io
import threading

import pytest

from yichuang.project.bodies import Bodies


class Slow:
    """A client that sends one byte and then nothing until told."""

    def __init__(self):
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.parts = [b"a", b"b", b""]

    def read(self, _count=-1):
        if len(self.parts) == 2:
            self.begun.set()
            assert self.goes_on.wait(20)
        return self.parts.pop(0)


class Untouched:
    def read(self, _count=-1):
        raise AssertionError("read")


def echo(environ, start_response):
    start_response("200 OK", [("X-Thread", threading.current_thread().name)])
    return [environ["wsgi.input"].read()]


def ask(application, stream, length, path="/"):
    heads = []
    environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(length), "wsgi.input": stream}
    body = b"".join(application(environ, lambda status, fields: heads.append((status, fields))))
    return heads[0][0], body, dict(heads[0][1])


@pytest.fixture
def application():
    bodies = Bodies(echo, turns=1, limit=lambda path: 5_000_000 if path == "/large" else 10)
    yield bodies
    bodies.turns.shutdown()


def test_a_slow_body_holds_up_nobody(application):
    """Seen to fail with the body read inside the one turn: the second answer never came."""
    slow, answers = Slow(), []
    sender = threading.Thread(target=lambda: answers.append(ask(application, slow, 2)))
    sender.start()
    assert slow.begun.wait(20)
    assert ask(application, io.BytesIO(b"quick"), 5)[:2] == ("200 OK", b"quick")
    assert answers == []
    slow.goes_on.set()
    sender.join(20)
    assert answers[0][:2] == ("200 OK", b"ab")


def test_a_long_body_is_whole(application):
    long = bytes(range(256)) * 12_000
    assert ask(application, io.BytesIO(long), len(long), "/large")[1] == long


def test_a_body_is_cut_where_its_length_says_and_where_the_client_left(application):
    assert ask(application, io.BytesIO(b"abcdef"), 3)[1] == b"abc"
    assert ask(application, io.BytesIO(b"ab"), 9)[1] == b"ab"


def test_a_body_beyond_the_limit_is_left_to_be_refused_unread():
    def refuse(_environ, start_response):
        start_response("413 Content Too Large", [])
        return []

    bodies = Bodies(refuse, turns=1, limit=lambda _path: 10)
    assert ask(bodies, Untouched(), 11)[0] == "413 Content Too Large"


def test_every_request_runs_in_one_of_the_turns(application):
    assert ask(application, io.BytesIO(), "")[2]["X-Thread"].startswith("turn")


def test_what_goes_wrong_inside_reaches_the_server():
    def broken(_environ, _start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(Bodies(broken, turns=1, limit=lambda _path: 10), io.BytesIO(b"a"), 1)
