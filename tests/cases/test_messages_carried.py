"""Migration cases.0003: what was told to applicants before there was an outbox."""

import importlib
from types import SimpleNamespace

import pytest

from tests.factories import county as made
from yichuang.cases.models import Applicant
from yichuang.messages.actions import address_of
from yichuang.messages.models import Message

migration = importlib.import_module("yichuang.cases.migrations.0003_messages")


def carried(case_id, state):
    notice = SimpleNamespace(
        entry_index=5, case_id=case_id, state=state, attempts=2, body="【一窗】……",
        made_at=made.AT, sent_at=made.AT if state == "sent" else None,
    )  # fmt: skip
    message = migration.message_of(notice, Applicant, Message)
    message.save(force_insert=True)
    return Message.objects.get()


@pytest.mark.parametrize(
    ("before", "after", "attempts"),
    [("sent", "handed_over", 2), ("failed", "dead", 2), ("pending", "pending", 0)],
)
def test_a_notice_becomes_a_message_with_its_address_sealed_anew(county, before, after, attempts):
    receipt = made.accepted()
    message = carried(receipt.case_id, before)
    assert (message.state, message.attempts, message.key) == (after, attempts, "entry:5")
    assert address_of(message) == made.PHONE and message.address_mask.endswith(made.PHONE[-4:])
    assert (message.handed_at == made.AT) == (before == "sent")


@pytest.mark.parametrize(("before", "after"), [("sent", "handed_over"), ("pending", "dead")])
def test_one_whose_phone_does_not_open_keeps_its_history(county, before, after):
    receipt = made.accepted()
    Applicant.objects.update(phone_sealed=b"")
    assert carried(receipt.case_id, before).state == after
