"""The witness in `verifier/`, asked by a stranger over HTTP: what it accepts, and what never.

Seen to fail: with `consistency_holds` in `judge` replaced by True, the rewritten history below is
accepted; with the first condition of `judge` taken out, a rollback is; with the signature's check taken
out, a forged head is.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.verifier.servers import PROGRAMS, witness
from yichuang.journal import rules

pytestmark = [pytest.mark.fault, pytest.mark.one_database]
KEY = Ed25519PrivateKey.from_private_bytes(b"j" * 32)
LEAVES = [rules.leaf_hash(b"%d" % number) for number in range(40)]
OTHERS = [*LEAVES[:3], rules.leaf_hash(b"never returned"), *LEAVES[4:]]


def root(size, leaves=LEAVES):
    tree = rules.CompactRange()
    for leaf in leaves[:size]:
        tree, _completed = tree.append(leaf)
    return tree.root


def proof(first, second, leaves=LEAVES):
    def over(start, end):
        tree = rules.CompactRange()
        for leaf in leaves[start:end]:
            tree, _completed = tree.append(leaf)
        return tree.root

    return [over(*each).hex() for each in rules.consistency_ranges(first, second)]


def head(size, leaves=LEAVES, key=KEY, **changed):
    content = {"at": "2026-11-22T01:02:03.456789Z", "root": root(size, leaves).hex(), "size": size}
    content |= changed
    signature = key.sign(b"yichuang journal head 1\n" + rules.canonical_json(content)).hex()
    return {**content, "key": key.public_key().public_bytes_raw().hex(), "signature": signature}


def ask(url, wanted, old=0, steps=(), **more):
    body = json.dumps({"head": wanted, "old": old, "proof": list(steps), **more})
    return post(url, body)


def post(url, body, **headers):
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{url}/heads", data=body, headers=headers, timeout=10)
    return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with witness(tmp_path_factory.mktemp("witness"), KEY.public_key()) as (_process, url):
        yield url


@pytest.fixture
def fresh(tmp_path):
    with witness(tmp_path / "witness", KEY.public_key()) as (_process, url):
        yield url


def cosigned(answer):
    """Whether the co-signature in it is genuine by the key it names (trust is not asked here)."""
    said = {name: answer[name] for name in ("at", "log", "root", "size", "witnessed")}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(answer["key"]))
    key.verify(
        bytes.fromhex(answer["signature"]),
        b"yichuang journal cosignature 1\n" + rules.canonical_json(said),
    )
    return said["log"] == KEY.public_key().public_bytes_raw().hex()


def test_it_follows_a_growing_journal_and_cosigns(fresh):
    assert ask(fresh, head(0))[0] == 200
    assert ask(fresh, head(3))[0] == 200
    status, answer = ask(fresh, head(8), 3, proof(3, 8))
    assert status == 200 and cosigned(answer) and answer["root"] == root(8).hex()
    assert ask(fresh, head(8), 8)[0] == 200, "the same head again, with a new time"
    assert ask(fresh, head(9), 8, proof(8, 9))[0] == 200


def test_a_rewritten_history_is_refused(fresh):
    assert ask(fresh, head(5))[0] == 200
    for steps in (proof(5, 9, OTHERS), proof(5, 9), [], ["00" * 32], proof(5, 9)[:-1]):
        status, answer = ask(fresh, head(9, OTHERS), 5, steps)
        assert (status, answer) == (422, {"refused": "bad-proof", "kept": head(5)})
    assert ask(fresh, head(9), 5, proof(5, 9))[0] == 200, "and the true one still goes on"


def test_rollback_split_view_and_stale(fresh):
    assert ask(fresh, head(5))[0] == 200
    assert ask(fresh, head(4)) == (422, {"refused": "rollback", "kept": head(5)})
    assert ask(fresh, head(0)) == (422, {"refused": "rollback", "kept": head(5)})
    split = {"refused": "split-view", "kept": head(5)}
    assert ask(fresh, head(5, OTHERS), 5) == (422, split)
    for old in (0, 4, 6, 9):
        assert ask(fresh, head(9), old, []) == (409, {"refused": "stale", "kept": head(5)})


def test_nothing_is_proved_from_nothing(fresh):
    assert ask(fresh, head(5), 3, proof(3, 5)) == (409, {"refused": "stale"})
    assert ask(fresh, head(5), 0, ["00" * 32])[1]["refused"] == "bad-proof"
    assert ask(fresh, head(0))[0] == 200
    assert ask(fresh, head(5), 0, ["00" * 32])[1]["refused"] == "bad-proof"
    assert ask(fresh, head(0, root="00" * 32)) == (400, {"refused": "malformed"})


def test_strangers_and_forgers(server):
    stranger = Ed25519PrivateKey.generate()
    assert ask(server, head(5, key=stranger)) == (404, {"refused": "unknown-journal"})
    for change in ({"size": 6}, {"at": "2026-11-22T01:02:03.456780Z"}, {"signature": "00" * 64}):
        assert ask(server, head(5) | change) == (403, {"refused": "bad-signature"})
    named = head(5, key=stranger) | {"key": KEY.public_key().public_bytes_raw().hex()}
    assert ask(server, named) == (403, {"refused": "bad-signature"})


GOOD = {"head": head(5), "old": 0, "proof": []}
MALFORMED = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"a":1,"a":2}',
    json.dumps({**GOOD, "more": 1}), json.dumps({**GOOD, "old": -1}), json.dumps({**GOOD, "old": 1.0}),
    json.dumps({**GOOD, "old": True}), json.dumps({**GOOD, "old": 2**53}), json.dumps({**GOOD, "proof": None}),
    json.dumps({**GOOD, "proof": ["zz"]}), json.dumps({**GOOD, "proof": [5]}), json.dumps({**GOOD, "head": []}),
    json.dumps({**GOOD, "head": {**head(5), "size": "5"}}), json.dumps({**GOOD, "head": {**head(5), "more": 1}}),
    json.dumps({**GOOD, "head": {**head(5), "key": "../../etc/passwd"}}),
    json.dumps({**GOOD, "head": {**head(5), "at": "\ud800"}}),
    json.dumps({**GOOD, "head": {**head(5), "root": root(5).hex().upper()}}),
    json.dumps(GOOD).replace('"old": 0', '"old": 0, "old": 0'),
]  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed(server, body):
    assert post(server, body) == (400, {"refused": "malformed"})


def test_too_large(server):
    assert post(server, b" " * (64 * 1024 + 1)) == (413, {"refused": "too-large"})


@pytest.mark.parametrize(
    "request_text",
    [
        b"POST /heads HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /heads HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST /heads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_lengths_that_are_none(server, request_text):
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_text)
        assert b" 400 " in connection.makefile("rb").readline()


def test_a_silent_caller_keeps_no_other_waiting(server):
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as silent:
        silent.sendall(b"POST /heads HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
        assert post(server, b"{")[0] == 400


def test_other_addresses_and_methods(server):
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(f"{server}/", data=b"{}", timeout=10).status_code == 404
        assert session.get(f"{server}/heads", timeout=10).status_code == 501


def test_a_struck_off_journal_is_unknown_at_once(tmp_path):
    with witness(tmp_path, KEY.public_key()) as (_process, url):
        assert ask(url, head(3))[0] == 200
        (tmp_path / "journals" / "0.pem").unlink()
        assert ask(url, head(3), 3) == (404, {"refused": "unknown-journal"})


def test_after_a_kill_it_remembers(tmp_path):
    for size in range(1, 12):
        with witness(tmp_path, KEY.public_key()) as (process, url):
            steps = proof(size - 1, size) if size > 1 else []
            status, answer = ask(url, head(size), size - 1, steps)
            assert status == 200
            process.send_signal(signal.SIGKILL)
        with witness(tmp_path, KEY.public_key()) as (_process, url):
            if size > 1:
                assert ask(url, head(size - 1))[1]["refused"] == "rollback"
    assert cosigned(answer)


def test_killed_while_writing_it_keeps_the_old_head_or_the_new(tmp_path):
    """The witness is killed at some moment after the request left; never is there half a file, never is
    a head forgotten that was co-signed. Seen to fail with `replace` writing in place."""
    kept = 0
    for turn in range(12):
        size = kept + 1
        with witness(tmp_path, KEY.public_key()) as (process, url):
            host, port = url.removeprefix("http://").split(":")
            steps = proof(kept, size) if kept else []
            body = json.dumps({"head": head(size), "old": kept, "proof": steps}).encode()
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(
                    b"POST /heads HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                time.sleep(turn * 0.001)
                process.send_signal(signal.SIGKILL)
                try:
                    answered = b" 200 " in connection.makefile("rb").readline()
                except OSError:
                    answered = False
        files = list((tmp_path / "kept").glob("*.json"))
        found = json.loads(files[0].read_text())["size"] if files else 0
        assert found in (kept, size)
        assert found == size or not answered
        kept = found


def test_a_spoilt_file_is_never_taken_for_nothing(tmp_path):
    with witness(tmp_path, KEY.public_key()) as (_process, url):
        assert ask(url, head(3))[0] == 200
        for path in (tmp_path / "kept").iterdir():
            path.write_text('{"size":')
        assert ask(url, head(2)) == (500, {"refused": "out-of-order"})


def test_one_folder_one_witness(tmp_path):
    with witness(tmp_path, KEY.public_key()):
        second = subprocess.run(
            [sys.executable, str(PROGRAMS / "witness.py"), str(tmp_path), "--port", "0"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert second.returncode == 3 and "another witness" in second.stderr


def test_its_key_is_made_once_and_kept_to_the_owner(tmp_path):
    keys = set()
    for _turn in range(2):
        with witness(tmp_path, KEY.public_key()):
            path = tmp_path / "witness_key.pem"
            assert path.stat().st_mode & 0o077 == 0
            keys.add((path.read_bytes(), (tmp_path / "witness_public_key.pem").read_bytes()))
    assert len(keys) == 1
    assert os.listdir(tmp_path / "kept") == []


SABOTAGED = "continues = consistency_holds(kept["


def test_a_witness_that_checks_no_proof_would_be_found_out(tmp_path):
    """The sabotaged build itself: without the proof's check the rewritten history is accepted, so the
    test above does see the difference."""
    for program in PROGRAMS.glob("*.py"):
        text = program.read_text(encoding="utf-8")
        if program.name == "witness.py":
            assert text.count(SABOTAGED) == 1
            text = text.replace(SABOTAGED, "continues = True or consistency_holds(kept[")
        (tmp_path / program.name).write_text(text, encoding="utf-8")
    folder = tmp_path / "state"
    with witness(folder, KEY.public_key(), program=tmp_path / "witness.py") as (_process, url):
        assert ask(url, head(5))[0] == 200
        assert ask(url, head(9, OTHERS), 5, [])[0] == 200
