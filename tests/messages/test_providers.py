"""The ways out: the development one, mail, and which one a deployment uses."""

import json
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.utils import timezone

from tests.messages.conftest import AT, PHONE, put
from yichuang.messages import rules, sending, tasks
from yichuang.messages.models import Message, Reconciliation
from yichuang.messages.providers import configured, development
from yichuang.messages.providers.gateway import Gateway
from yichuang.messages.providers.smtp import Smtp
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
MAIL = {"channel": "email", "address": "zhang@example.test"}


@pytest.fixture
def outbox(settings, tmp_path):
    settings.OUTBOX_ROOT = tmp_path / "outbox"
    return settings.OUTBOX_ROOT


def test_the_development_one_writes_a_file_without_the_phone(outbox, clock, capsys):
    put()
    assert sending.send_due(providers=configured.provider, now=clock).handed == 1
    line = json.loads((outbox / "sms.jsonl").read_text(encoding="utf-8"))
    assert line["to"] == "138****1234" and PHONE not in str(line)
    assert "[SMS] 138****1234" in capsys.readouterr().err
    found = configured.provider(rules.SMS)
    assert [each.key for each in found.statement(timezone.localdate(AT))] == [line["key"]]
    assert found.ask(line["key"]).state == "delivered" and found.ask("other") is None


def test_which_provider_a_deployment_uses(settings):
    assert isinstance(configured.provider(rules.SMS), development.Development)
    settings.MODE, settings.EMAIL_HOST = "production", ""
    for channel in rules.CHANNELS:
        with pytest.raises(Refusal) as caught:
            configured.provider(channel)
        assert caught.value.code == f"{channel}-not-configured" and caught.value.status == 503
    settings.EMAIL_HOST = "mail.example.test"
    settings.SMS_GATEWAY, settings.SMS_TOKEN = "https://sms.example.test/v1", "t"
    assert isinstance(configured.provider(rules.SMS), Gateway)
    assert isinstance(configured.provider(rules.EMAIL), Smtp)
    settings.SMS_PROVIDER = "yichuang.messages.providers.smtp.Smtp"
    assert isinstance(configured.provider(rules.SMS), Smtp)


def test_tasks_without_a_provider_leave_messages_waiting(settings):
    put()
    settings.MODE = "production"
    settings.EMAIL_HOST = ""
    assert tasks.send(uid=str(Message.objects.get().uid)) is False
    assert (tasks.sweep(), tasks.collect(), tasks.reconcile()) == (0, 0, 0)
    assert (Message.objects.get().state, Message.objects.get().attempts) == ("pending", 0)


def test_tasks_send_collect_and_compare(outbox, today):
    put()
    uid = str(Message.objects.get().uid)
    assert tasks.send(uid=uid) and not tasks.send(uid=uid)
    assert tasks.sweep() == tasks.collect() == 0
    assert tasks.reconcile() == 6 and tasks.reconcile() == 0
    assert set(Reconciliation.objects.values_list("state", flat=True)) == {"balanced"}


def letters(clock, providers=lambda _channel: Smtp()):
    return sending.send_due(providers=providers, now=clock)


def test_a_letter(settings, clock):
    settings.DEFAULT_FROM_EMAIL = "窗口 <window@county.test>"
    put(**MAIL)
    assert letters(clock).handed == 1
    (letter,) = mail.outbox
    row = Message.objects.get()
    assert letter.to == ["zhang@example.test"] and letter.subject == "办件进展"
    assert row.provider_ref == f"<{row.uid}@county.test>" == letter.extra_headers["Message-ID"]
    assert row.address_mask == "z***@example.test"
    clock.forward(minutes=6)
    sending.collect(providers=lambda _c: Smtp(), now=clock)
    assert Message.objects.get().next_try_at is None  # mail has no receipts


@pytest.mark.parametrize(
    ("problem", "state", "doubt"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no")}), "dead", False),
        (smtplib.SMTPRecipientsRefused({"x": (450, b"later")}), "pending", False),
        (smtplib.SMTPDataError(451, b"later"), "pending", False),
        (smtplib.SMTPDataError(554, b"spam"), "dead", False),
        (smtplib.SMTPServerDisconnected("gone"), "pending", True),
        (TimeoutError(), "pending", True),
        (ValueError("header"), "dead", False),
    ],
)
def test_what_a_mail_server_may_say(clock, monkeypatch, problem, state, doubt):
    def broken(*_args):
        raise problem

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", broken)
    put(**MAIL)
    assert letters(clock).handed == 0
    row = Message.objects.get()
    assert (row.state, row.in_doubt) == (state, doubt)
    assert "example.test" not in row.error


def test_no_mail_server(clock, monkeypatch):
    def nobody(*_args):
        raise ConnectionRefusedError

    monkeypatch.setattr(locmem.EmailBackend, "open", nobody)
    put(**MAIL)
    letters(clock)
    assert (Message.objects.get().state, Message.objects.get().in_doubt) == ("pending", False)


def test_an_adapter_that_breaks_differently_is_in_doubt_and_tells_nothing(clock):
    class Strange(Smtp):
        def send(self, parcel):
            raise OSError(f"could not reach {parcel.address}")

    put(**MAIL)
    letters(clock, lambda _channel: Strange())
    row = Message.objects.get()
    assert (row.state, row.in_doubt, row.error) == ("pending", True, "OSError")
