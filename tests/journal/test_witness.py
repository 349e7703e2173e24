"""Heads offered to a real witness on a loopback port, and to servers that answer anything at all.

Seen to fail: with `_refuse_contradiction` emptied no alarm is raised after a rewriting; with `genuine`
taken out of `_offered` a stranger's co-signature is kept; with the witness's consistency check taken
out (tests/verifier) the rewritten history is co-signed.
"""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from tests.journal.second import agreed, as_program, fill, rewrite_everything
from tests.verifier import servers
from yichuang.journal import export, guard, heads, queries, rules, witness
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.fault]
NAME = "office-example"


def now():
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.HOME, settings.HEADS_ROOT = tmp_path, tmp_path / "heads"
    settings.WITNESS_KEYS = tmp_path / "witnesses"
    settings.WITNESS_KEYS.mkdir()
    settings.WITNESSES, settings.WITNESS_REQUIRED_HOURS = {}, 0


def trust(settings, key, url, name=NAME):
    settings.WITNESSES = {**settings.WITNESSES, name: url}
    (settings.WITNESS_KEYS / f"{name}.pem").write_bytes(key)


@pytest.fixture
def office(settings, tmp_path):
    """The folder of a running witness that watches this journal, trusted here."""
    folder = tmp_path / "office"
    with servers.witness(folder, heads.public_key()) as (_process, url):
        trust(settings, (folder / "witness_public_key.pem").read_bytes(), url)
        yield folder


def export_and_offer():
    heads.export_head(now())
    return witness.offer(NAME, at=now())


def test_each_head_is_cosigned_and_kept_beside_it(office, settings):
    for size in (3, 7, 7, 20):
        fill(size - queries.head().size, now())
        state = export_and_offer()
        assert (state.failure, state.latest.size) == ("", size)
    names = sorted(path.name for path in settings.HEADS_ROOT.glob(f"*.{NAME}.json"))
    assert names == [f"20.{NAME}.json", f"3.{NAME}.json", f"7.{NAME}.json"]
    vouched, not_genuine = witness.vouched()
    assert (sorted(each.size for each in vouched), not_genuine) == ([3, 3, 7, 7, 20, 20], [])
    assert agreed() == set() and witness.alarms() == ()


def test_an_empty_journal_may_be_witnessed_and_grow(office):
    assert export_and_offer().latest.size == 0
    fill(5, now())
    assert export_and_offer().latest.size == 5


def rewrite(number):
    guard.lower_guard(connection)
    Entry.objects.filter(pk=1).update(payload={"说明": "从未退回"})
    rewrite_everything(number)


def test_a_rewritten_history_is_an_alarm(office, settings):
    """The forger has the database, the heads folder and the journal's key; not the witness."""
    fill(5, now())
    export_and_offer()
    kept = heads.newest_head()
    rewrite(5)
    for path in settings.HEADS_ROOT.glob("*.json"):
        path.unlink()
    fill(3, now())
    state = export_and_offer()
    assert state.latest is None and "对不上" in state.failure
    assert [(each.name, each.kind) for each in witness.alarms()] == [(NAME, "stale")]
    evidence = json.loads((settings.HEADS_ROOT / f"alarm-{NAME}.json").read_text())
    assert evidence["kept"] == kept.content(), "signed with our own key: nobody can deny it"
    assert evidence["journal"] == {"size": 8, "root": queries.head().root.hex()}


def test_the_first_alarm_is_kept_until_somebody_takes_it_away(office, settings):
    fill(5, now())
    export_and_offer()
    rewrite(5)
    for path in settings.HEADS_ROOT.glob("5.*json"):
        path.unlink()
    export_and_offer()
    path = settings.HEADS_ROOT / f"alarm-{NAME}.json"
    first = path.read_bytes()
    export_and_offer()
    assert path.read_bytes() == first
    assert json.loads(first)["kind"] == "split-view"
    path.unlink()
    assert witness.alarms() == ()


def test_a_journal_cut_back_to_an_old_state_is_an_alarm(office, settings):
    """As after restoring an old backup: the database and its heads are whole, only shorter."""
    fill(5, now())
    export_and_offer()
    fill(4, now())
    export_and_offer()
    guard.lower_guard(connection)
    Entry.objects.filter(pk__gte=5).delete()
    rewrite_everything(5)
    for path in settings.HEADS_ROOT.glob("9.*json"):
        path.unlink()
    export_and_offer()
    assert [each.kind for each in witness.alarms()] == ["rollback"]


def test_a_witness_that_lost_its_memory_begins_anew(office, settings):
    fill(5, now())
    export_and_offer()
    for path in (office / "kept").iterdir():
        path.unlink()
    fill(5, now())
    assert export_and_offer().latest.size == 10


def test_we_may_lose_our_memory_too(office, settings):
    fill(5, now())
    export_and_offer()
    (settings.HEADS_ROOT / f"witness-{NAME}.json").write_text("{")
    fill(5, now())
    assert export_and_offer().latest.size == 10


def test_quicker_colleagues_are_no_alarm(office, settings):
    """Another process had a newer head witnessed while this one still held the older."""
    fill(5, now())
    heads.export_head(now())
    fill(5, now())
    export_and_offer()
    (settings.HEADS_ROOT / "10.json").rename(settings.HEADS_ROOT / "10.json.later")
    state = witness.offer(NAME, at=now())
    assert "更新的日志头" in state.failure and state.latest.size == 10
    assert witness.alarms() == ()


def test_gone_and_back(settings, tmp_path):
    folder = tmp_path / "office"
    with servers.witness(folder, heads.public_key()) as (_process, url):
        trust(settings, (folder / "witness_public_key.pem").read_bytes(), url)
        fill(3, now())
        export_and_offer()
    fill(3, now())
    state = export_and_offer()
    assert state.failure == "连不上见证方。" and state.latest.size == 3
    with servers.witness(folder, port=int(url.rsplit(":", 1)[1])):
        state = export_and_offer()
    assert (state.failure, state.failed_at, state.latest.size) == ("", "", 6)


def test_not_yet_registered_there_or_no_key_here(settings, tmp_path):
    fill(3, now())
    folder = tmp_path / "office"
    with servers.witness(folder) as (_process, url):
        settings.WITNESSES = {NAME: url}
        assert "没有这个见证方的公钥" in export_and_offer().failure
        trust(settings, (folder / "witness_public_key.pem").read_bytes(), url)
        assert "没有登记" in export_and_offer().failure
    assert list(settings.HEADS_ROOT.glob("3.*.json")) == []


# --- servers that answer anything ------------------------------------------------------------------


@contextmanager
def answering(status, content, **headers):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content() if callable(content) else content)

        def log_message(self, *words):
            pass

    asked = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


THEIRS = Ed25519PrivateKey.from_private_bytes(b"t" * 32)


def cosignature(key=THEIRS, witnessed=None, **changed):
    head = heads.newest_head()
    blank = witness.Cosignature(
        changed.get("size", head.size),
        changed.get("root", head.root),
        head.at,
        changed.get("log", head.key),
        rules.moment(witnessed or now()),
        THEIRS.public_key().public_bytes_raw(),
        b"",
    )
    return json.dumps(blank.content() | {"signature": key.sign(blank.statement).hex()}).encode()


NONSENSE = {
    "nothing": (200, b""),
    "no JSON": (200, b"<html>"),
    "an array": (200, b"[]"),
    "a member twice": (200, b'{"a":1,"a":2}'),
    "too much": (200, b"x" * 200_000),
    "another's signature": (200, lambda: cosignature(Ed25519PrivateKey.generate())),
    "another size": (200, lambda: cosignature(size=4)),
    "another root": (200, lambda: cosignature(root=b"\1" * 32)),
    "another journal": (200, lambda: cosignature(log=b"\1" * 32)),
    "a stopped clock": (200, lambda: cosignature(witnessed=now() - timedelta(hours=1))),
    "a fast clock": (200, lambda: cosignature(witnessed=now() + timedelta(days=900))),
    "an error": (500, b"{}"),
    "a refusal of its own": (422, b'{"refused":"no-mood"}'),
    "a word that is none": (422, b'{"refused":{"a":"<script>"}}'),
    "a contradiction without a head": (422, b'{"refused":"rollback"}'),
    "a head that is none": (422, b'{"refused":"rollback","kept":{"size":99}}'),
    "for ever stale": (409, b'{"refused":"stale"}'),
}


@pytest.mark.parametrize("scene", NONSENSE)
def test_nonsense_is_a_failure_and_nothing_more(settings, scene):
    status, content = NONSENSE[scene]
    fill(3, now())
    with answering(status, content) as (url, asked):
        trust(settings, servers.pem(THEIRS.public_key()), url)
        state = export_and_offer()
    assert state.failure and state.latest is None and asked
    assert witness.alarms() == () and list(settings.HEADS_ROOT.glob("*.*.json")) == []


def test_the_right_answer_of_such_a_server_is_taken(settings):
    fill(3, now())
    with answering(200, cosignature) as (url, _asked):
        trust(settings, servers.pem(THEIRS.public_key()), url)
        assert export_and_offer().latest.size == 3


def test_a_head_that_somebody_else_signed_is_no_evidence(settings):
    """A witness cannot raise an alarm with a head we never signed."""
    fill(3, now())
    invented = heads.ExportedHead(99, b"\1" * 32, rules.moment(now()), b"\2" * 32, b"\3" * 64)
    told = json.dumps({"refused": "rollback", "kept": invented.content()}).encode()
    with answering(422, told) as (url, _asked):
        trust(settings, servers.pem(THEIRS.public_key()), url)
        assert "看不懂" in export_and_offer().failure
    assert witness.alarms() == ()


def test_it_is_not_sent_on_to_another_address(settings):
    fill(3, now())
    with (
        answering(200, cosignature) as (other, asked_there),
        answering(302, b"", Location=f"{other}/heads") as (url, _asked),
    ):
        trust(settings, servers.pem(THEIRS.public_key()), url)
        assert export_and_offer().failure
    assert asked_there == []


# --- evidence in time ------------------------------------------------------------------------------


def test_silence_blocks_nothing_unless_it_was_asked_to(settings, office):
    settings.WITNESSES = {NAME: "http://127.0.0.1:9"}
    assert witness.overdue(now())
    settings.WITNESS_REQUIRED_HOURS = 24
    verdict = witness.overdue(now())
    assert not verdict and verdict.code == "evidence-overdue"
    with pytest.raises(Refusal) as refused:
        verdict.enforce(status=503)
    assert refused.value.status == 503


def test_overdue_after_so_many_hours_and_not_before(settings, office):
    settings.WITNESS_REQUIRED_HOURS = 24
    fill(3, now())
    export_and_offer()
    assert witness.overdue(now() + timedelta(hours=23, minutes=59))
    assert not witness.overdue(now() + timedelta(hours=24, minutes=1))


def test_one_witness_in_time_is_enough_but_not_beside_an_alarm(settings, office):
    settings.WITNESS_REQUIRED_HOURS = 24
    fill(3, now())
    export_and_offer()
    settings.WITNESSES = {**settings.WITNESSES, "gone": "http://127.0.0.1:9"}
    assert witness.overdue(now())
    assert [state.name for state in witness.late(now(), 3)] == ["gone"]
    witness.alarm("gone", "split-view", at=now())
    assert not witness.overdue(now())


def test_a_forged_state_is_no_evidence(settings, office):
    """Whoever owns this machine cannot write himself fresh evidence."""
    settings.WITNESS_REQUIRED_HOURS = 24
    fill(3, now())
    export_and_offer()
    path = settings.HEADS_ROOT / f"witness-{NAME}.json"
    found = json.loads(path.read_text())
    found["latest"]["witnessed"] = rules.moment(now() + timedelta(days=30))
    path.write_text(json.dumps(found))
    assert witness.read_state(NAME).latest is None
    assert not witness.overdue(now())


def test_without_the_setting_no_file_is_read(settings, monkeypatch):
    monkeypatch.setattr(witness, "states", lambda: pytest.fail("read"))
    assert witness.overdue(now())


def test_the_exported_cosignatures_satisfy_the_second_verifier(office, tmp_path):
    fill(4, now())
    export_and_offer()
    export.export_journal(tmp_path / "export")
    assert as_program("journal", tmp_path / "export") == (0, "4 entries, sound\n")
    assert sorted(path.name for path in (tmp_path / "export" / "keys").iterdir()) == [
        "journal.pem",
        f"{NAME}.pem",
    ]
