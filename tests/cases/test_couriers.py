"""The adapter over HTTP against a courier that answers what it likes, and a courier's own messages."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.factories import county as made
from yichuang.cases import couriers_http, shipments
from yichuang.cases.couriers import Known, Parcel
from yichuang.cases.couriers_configured import courier as configured
from yichuang.cases.couriers_http import HttpCourier, read_events
from yichuang.cases.couriers_simulator import label
from yichuang.cases.models import Shipment, ShipmentEvent
from yichuang.faces.api import couriers as pushed
from yichuang.messages.providers import Doubt, NotTaken, Rejected

PARCEL = Parcel("key-1", "田试样", "13800001234", "青禾县清水镇", "清水镇便民服务中心", made.AT)
KNOWN = Known("key-1", "YS1234", made.AT)


@pytest.fixture
def bridge():
    """A server whose next answer is what the test put into `.answer` (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args):
            return

        def answer(self):
            size = int(self.headers.get("Content-Length") or 0)
            server.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(size)))
            status, body = server.answer
            if status == 0:
                self.close_connection = True
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.answer = [], (200, {})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.courier = HttpCourier(
        f"http://127.0.0.1:{server.server_address[1]}", "token", name="某快递"
    )
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [200, 201, 409])
def test_an_order_is_placed_under_its_key(bridge, status):
    bridge.answer = status, {"waybill": "YS1234"}
    assert bridge.courier.order(PARCEL) == "YS1234"
    method, path, head, body = bridge.seen[0]
    assert (method, path) == ("POST", "/orders")
    assert head["Idempotency-Key"] == "key-1" and head["Authorization"] == "Bearer token"
    assert json.loads(body)["address"] == "青禾县清水镇"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((503, {}), NotTaken),
        ((401, {}), NotTaken),
        ((422, {}), Rejected),
        ((500, {}), Doubt),
        ((307, {}), Doubt),
        ((200, b"<html>"), Doubt),
        ((200, {"waybill": "a b"}), Doubt),
        ((200, {"waybill": "9" * 41}), Doubt),
        ((0, b""), Doubt),
    ],
)
def test_every_end_an_order_can_have(bridge, answer, problem):
    bridge.answer = answer
    with pytest.raises(problem):
        bridge.courier.order(PARCEL)
    assert len(bridge.seen) == 1, "no redirect is followed"


def test_nobody_listens():
    with pytest.raises(NotTaken):
        HttpCourier("http://127.0.0.1:9", "t", name="x").order(PARCEL)
    with pytest.raises(Doubt):
        HttpCourier("http://127.0.0.1:9", "t", name="x").track(KNOWN)


def test_tracking_label_and_cancelling(bridge):
    event = {"id": "e1", "kind": "signed", "at": "2026-09-10T09:00:00+08:00", "relation": "self"}
    bridge.answer = 200, {"waybill": "YS1234", "events": [event, {"id": "x"}, 3]}
    told = bridge.courier.track(KNOWN)
    assert told.waybill == "YS1234" and [each.kind for each in told.events] == ["signed"]
    bridge.answer = 404, {"code": "unknown-key"}
    assert bridge.courier.track(KNOWN) is None and bridge.courier.cancel(KNOWN) is True
    bridge.answer = 404, {}
    with pytest.raises(Doubt):
        bridge.courier.track(KNOWN)
    bridge.answer = 200, label("YS1234")
    assert bridge.courier.label(KNOWN) == label("YS1234")
    bridge.answer = 200, {"cancelled": False}
    assert bridge.courier.cancel(KNOWN) is False


def test_too_long_an_answer_is_cut(bridge, monkeypatch):
    monkeypatch.setattr(couriers_http, "LABEL_LIMIT", 1000)
    bridge.answer = 200, b"%PDF-" + b"x" * 200_000
    with pytest.raises(Doubt):
        bridge.courier.label(KNOWN)


@pytest.mark.parametrize(
    "given",
    [
        None, 3, "x", {}, {"kind": "signed"}, {"id": "1", "kind": "nonsense", "at": "2026-09-10"},
        {"id": "1", "kind": "signed", "at": "2026-09-10T09:00:00"},
        {"id": "", "kind": "signed", "at": "2026-09-10T09:00:00+08:00"},
        {"id": "9" * 81, "kind": "signed", "at": "2026-09-10T09:00:00+08:00"},
        {"id": "a\0b", "kind": "signed", "at": "2026-09-10T09:00:00+08:00"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out(given):
    assert read_events([given]) == []


def test_without_a_courier_there_is_none(settings):
    settings.COURIER_URL = settings.COURIER_PROVIDER = ""
    settings.DEMO = False
    assert configured() is None
    settings.COURIER_URL, settings.COURIER_NAME = "https://courier.example", "某快递"
    assert configured().name == "某快递"


# --- messages a courier sends by itself -----------------------------------------------------------


@pytest.fixture
def parcel(county, settings, today):
    settings.COURIER_URL, settings.COURIER_NAME = "https://courier.example", "某快递"
    settings.COURIER_SECRET = "shared-secret"
    receipt = made.granted_and_sealed(applicant=made.applicant(address="青禾县清水镇东岭村8号"))
    key = shipments.order(
        case_id=receipt.case_id, seq=receipt.seq, courier="某快递", by=made.CLERK, at=made.AT
    )
    return Shipment.objects.get(pk=key)


def push(client, content, *, secret="shared-secret", stamp=None, signature=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    stamp = stamp or str(int(made.AT.timestamp()))
    return client.post(
        "/api/v1/couriers/events", body, content_type="application/json",
        headers={
            "X-Courier-Timestamp": stamp,
            "X-Courier-Signature": signature or pushed.signature(secret, stamp, body),
        },
    )  # fmt: skip


def told(parcel, *kinds):
    events = [
        {"id": f"p{n}", "kind": kind, "at": f"2026-09-09T1{n}:00:00+08:00"}
        for n, kind in enumerate(kinds)
    ]
    return {"key": str(parcel.pk), "waybill": "YS1234", "events": events}


def test_a_signed_message_is_kept_once(client, parcel):
    for _again in range(3):
        answer = push(client, told(parcel, "picked_up", "in_transit"))
        assert answer.status_code == 200 and answer.json() == {"kept": 2}
    parcel.refresh_from_db()
    assert (parcel.state, parcel.waybill, ShipmentEvent.objects.count()) == (
        "in_transit", "YS1234", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"signature": "0" * 64},
        {"signature": "nonsense"},
        {"stamp": "1"},
        {"stamp": "9" * 30},
        {"stamp": "now"},
    ],
)
def test_what_is_not_signed_right_changes_nothing(client, parcel, wrong):
    answer = push(client, told(parcel, "signed"), **wrong)
    assert answer.status_code == 401 and answer.json()["code"] == "signature-wrong"
    assert not ShipmentEvent.objects.exists()


def test_nothing_is_taken_without_a_secret(client, parcel, settings):
    settings.COURIER_SECRET = ""
    assert push(client, told(parcel, "signed"), secret="").status_code == 503


def test_an_unknown_order_is_to_be_sent_again(client, parcel):
    for key in ("", "nonsense", "00000000-0000-0000-0000-000000000000"):
        answer = push(client, {"key": key, "waybill": "YS404", "events": []})
        assert answer.status_code == 404, key


@pytest.mark.parametrize("content", [b"[]", b"{", b"3", b"\xff", b"[" * 5000])
def test_any_body_is_answered(client, parcel, content):
    assert push(client, content).status_code == 422


def test_too_large_a_body_is_not_read(client, parcel):
    assert push(client, b" " * (pushed.LARGEST + 1)).status_code == 413
