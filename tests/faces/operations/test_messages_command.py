"""yichuang messages: what waits, sending again, comparing; and what doctor and metrics say of it."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import transaction
from django.test import Client

from tests.factories import county as made
from yichuang.faces.operations import health_checks
from yichuang.faces.operations.commands import cli
from yichuang.messages import actions, rules
from yichuang.messages.models import Message

PHONE = "13800001234"


def run(*words):
    answer = CliRunner().invoke(cli, ["messages", *words], catch_exceptions=False)
    return answer.exit_code, answer.output


@pytest.fixture
def waiting(county, today, settings, tmp_path):
    settings.OUTBOX_ROOT = tmp_path
    params = {
        "item": "建房",
        "number": "A1",
        "event": "受理",
        "url": "https://example.test/track/X",
    }
    with transaction.atomic():
        actions.put(template="case-step", params=params, address=PHONE, key="entry:1", at=made.AT)


def test_status_tells_what_needs_a_person(waiting):
    code, said = run("status", "--json")
    assert code == 0 and json.loads(said)["waiting"] == 1
    Message.objects.update(state=rules.DEAD, next_try_at=None, error="HTTP 422")
    code, said = run("status")
    assert code == 1 and "发不出去1条" in said


def test_dead_letters_are_masked_and_sent_again(waiting):
    assert "没有" in run("dead")[1]
    Message.objects.update(state=rules.DEAD, next_try_at=None, error="HTTP 422")
    for said in (run("dead")[1], run("dead", "--json")[1]):
        assert "138****1234" in said and PHONE not in said
    assert run("retry")[0] == 2
    assert run("retry", "--all") == (0, "已安排重发1条。\n")
    assert set(Message.objects.values_list("state", flat=True)) == {"failed", "pending"}


def test_a_day_is_compared(waiting):
    assert run("reconcile")[0] == 0
    code, said = run("reconcile", "--day", made.AT.date().isoformat())
    assert code == 1 and "还没有过完" in said


def test_doctor_and_metrics(waiting):
    def check(at):
        return next(each for each in health_checks.examine(at) if each.name == "消息")

    assert check(made.AT).ok and not check(made.AT).soon
    assert not check(made.AT + timedelta(minutes=11)).ok
    Message.objects.update(state=rules.DEAD, next_try_at=None)
    assert check(made.AT).ok and check(made.AT).soon
    metrics = Client().get("/metrics").content.decode()
    assert 'yichuang_messages{state="dead"} 1.0' in metrics
