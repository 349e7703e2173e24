"""The messages' page under many rows and odd hands."""

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.faces.cockpit.conftest import BUREAU
from tests.factories import county as made
from yichuang.messages import actions, rules
from yichuang.messages.models import Difference, Message, Reconciliation

NUMBER = made.identity()
SCRIPT = "<script>alert(1)</script>"


def dead(count, *, name="建房"):
    for _each in range(count):
        params = {"item": name, "number": "A1", "event": "受理", "url": "https://example.test/t/X"}
        with transaction.atomic():
            actions.put(
                template="case-step", params=params, address="13800001234", key=str(uuid.uuid4()),
                at=made.AT,
            )  # fmt: skip
    Message.objects.update(state=rules.DEAD, next_try_at=None, error=SCRIPT)
    for number, message in enumerate(Message.objects.filter(replaces=None)):
        day, _new = Reconciliation.objects.get_or_create(
            day=made.after(-number % 25).date(), provider="gateway",
            defaults={"ours": 1, "our_segments": 1, "state": "differs", "made_at": made.AT},
        )  # fmt: skip
        Difference.objects.get_or_create(
            reconciliation=day, kind=rules.MISSING_THERE, key=str(message.uid),
            defaults={"message": message, "ours": 1, "theirs": 0},
        )  # fmt: skip


@pytest.mark.parametrize("text", [
    "\ufe0f\u20e3".join(NUMBER), " ".join(NUMBER), NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "\u0301".join(NUMBER), "\u200d".join(NUMBER),
])  # fmt: skip
def test_no_disguise_gets_a_number_into_a_message_or_a_note(text):
    assert rules.check_text(f"请{text}来领证").code == "identity-in-message"


def test_a_hundred_rows_cost_what_one_does(county, sit_down):
    bureau = sit_down(BUREAU)
    costs = []
    for count in (1, 99):
        dead(count, name=f"建房{SCRIPT}")
        bureau.get("/cockpit/messages")
        with CaptureQueriesContext(connection) as seen:
            page = bureau.get("/cockpit/messages")
        assert page.status_code == 200 and SCRIPT not in page.content.decode()
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_odd_requests(county, sit_down):
    dead(1)
    bureau = sit_down(BUREAU)
    message, found = Message.objects.get(), Difference.objects.get()
    gone = uuid.uuid4()
    for path in (
        f"messages/{message.uid}/give-up", f"messages/differences/{found.pk}",
        f"messages/{gone}/give-up", "messages/differences/999999999999999999999",
    ):  # fmt: skip
        for note in ("", "短" * 201, f"已电话告知{NUMBER}", "告" * 100_000, "\x00\x00\x00"):
            answer = bureau.post(f"/cockpit/{path}", {"note": note})
            assert answer.status_code in (400, 403, 404, 422, 409), (path, note[:9])
        assert bureau.get(f"/cockpit/{path}").status_code in (200, 404)
    assert bureau.get(f"/cockpit/messages/{message.uid}/retry").status_code == 405
    assert bureau.post(f"/cockpit/messages/{gone}/retry").status_code in (302, 404)
    message.refresh_from_db()
    found.refresh_from_db()
    assert (message.state, found.settled_at) == (rules.DEAD, None)


@pytest.mark.parametrize("role", ["clerk", "decider", "examiner", "manager", "custodian", "operator"])
def test_other_posts_see_and_do_nothing(county, sit_down, role):
    dead(1)
    other = sit_down(made.Actor(140, "旁人试样", role, 40, made.APPROVAL, made.CENTRE, made.COUNTY))
    uid = Message.objects.get().uid
    assert other.get("/cockpit/messages").status_code == 403
    for path in (f"{uid}/retry", f"{uid}/give-up", f"differences/{Difference.objects.get().pk}"):
        assert other.post(f"/cockpit/messages/{path}", {"note": "不必再发"}).status_code == 403
    assert Message.objects.get().state == rules.DEAD
