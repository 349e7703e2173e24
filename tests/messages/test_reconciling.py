"""The daily comparison: every disagreement becomes a line for a person, and no other does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import county as made
from tests.messages.conftest import AT, PHONE, put
from yichuang.journal.models import Entry
from yichuang.messages import actions, queries, reconciling, sending
from yichuang.messages.models import Difference, Message
from yichuang.messages.providers.smtp import Smtp
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
DAY = timezone.localdate(AT)
TOMORROW = AT + timedelta(days=1)
BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def sent(providers, clock):
    """Five messages of one day, handed over."""
    for number in range(5):
        put(f"m{number}")
    sending.send_due(providers=providers, now=clock)
    assert Message.objects.filter(state="handed_over").count() == 5


def key(number):
    return str(Message.objects.get(key=f"m{number}").uid)


def compare(providers, *, day=DAY, at=TOMORROW):
    return reconciling.reconcile(day=day, provider=providers("sms"), by=made.SYSTEM, at=at)


def found():
    return {(each.kind, each.key) for each in Difference.objects.all()}


def test_accounts_that_agree(sent, sim, providers):
    row = compare(providers)
    assert (row.state, row.ours, row.theirs) == ("balanced", 5, 5) and not found()
    assert Entry.objects.get(kind="message.reconciled").payload["state"] == "balanced"


def test_each_kind_of_difference_is_named(sent, sim, providers):
    sim.left_out.add(key(0))
    sim.wrong_counts[key(1)] = 3
    sim.extra += [
        {"key": "somebody-else", "id": "x1", "segments": 1},
        {"key": key(2), "id": "x2", "segments": 1},
    ]
    row = compare(providers)
    assert (row.state, row.ours, row.theirs) == ("differs", 5, 6)
    assert found() == {
        ("missing_there", key(0)),
        ("segments", key(1)),
        ("missing_here", "somebody-else"),
        ("twice", key(2)),
    }
    listed = queries.differences(actor=BUREAU)
    assert {one.address for one in listed} == {"138****1234", ""} and PHONE not in str(listed)
    assert queries.days(actor=BUREAU)[0].still_open == 4


def test_compared_again_an_explained_difference_stays_and_a_mended_one_goes(sent, sim, providers):
    sim.left_out.update((key(0), key(1)))
    compare(providers)
    first = Difference.objects.get(key=key(0))
    actions.settle(
        difference_id=first.pk, note="对方系统升级漏记，已书面确认", by=BUREAU, at=TOMORROW
    )
    sim.left_out.discard(key(1))
    assert compare(providers).state == "differs"
    assert found() == {("missing_there", key(0))}
    with pytest.raises(Refusal) as caught:
        actions.settle(difference_id=first.pk, note="又一次", by=BUREAU, at=TOMORROW)
    assert caught.value.code == "difference-settled"
    assert Entry.objects.filter(kind="message.difference-settled").count() == 1


def test_a_message_in_doubt_that_the_provider_lists_was_sent(sim, providers, clock):
    put()
    sim.silent = True
    sim.behave.append("broken-after")
    sending.send_due(providers=providers, now=clock)
    assert Message.objects.get().in_doubt
    assert compare(providers).state == "balanced"
    row = Message.objects.get()
    assert (row.state, row.in_doubt, row.provider_ref) == ("handed_over", False, "sim-1")
    clock.forward(days=1)
    assert sending.send_due(providers=providers, now=clock).tried == 0 and len(sim.sent) == 1


def test_a_code_in_doubt_that_the_provider_lists_is_no_difference(sim, providers, clock):
    sim.silent = True
    sim.behave.append("silence")
    sending.code_sender(providers)(phone=PHONE, text="【一窗】登录验证码 123456", at=AT)
    clock.forward(minutes=3)
    sending.send_due(providers=providers, now=clock)
    assert Message.objects.get().state == "failed"
    assert compare(providers).state == "balanced"


def test_midnight_is_not_the_same_for_both(sent, sim, providers):
    """The provider's day begins later: its account of the day before has one of ours."""
    Message.objects.filter(key="m0").update(handed_at=AT - timedelta(days=1))
    row = compare(providers)
    assert (row.state, row.ours, row.theirs) == ("balanced", 4, 5)
    assert compare(providers, day=DAY - timedelta(days=1)).state == "balanced"


@pytest.mark.parametrize(
    "end", [(500, {}), (200, {}), (200, {"messages": "many"}), (200, {"messages": [{"key": 1}]}),
            (200, {"messages": [], "next": "../../token"}), (302, {}), (200, b"\xff\xfe"),
            (200, {"messages": [{"key": "a", "id": "b", "segments": -5}]}),
            (200, {"messages": [], "next": 1})],
)  # fmt: skip
def test_an_account_that_cannot_be_read_is_none(sent, sim, providers, end):
    sim.statement_end = end
    row = compare(providers)
    assert (row.state, row.theirs) == ("no_statement", 0) and row.error and not found()
    days = reconciling.due(provider="gateway", today=timezone.localdate(TOMORROW))
    assert DAY in days  # asked for again
    sim.statement_end = None
    assert compare(providers).state == "balanced"
    assert DAY not in reconciling.due(provider="gateway", today=timezone.localdate(TOMORROW))


def test_a_day_that_is_not_over_is_not_compared(providers):
    with pytest.raises(Refusal) as caught:
        compare(providers, at=AT)
    assert caught.value.code == "day-not-over"


def test_mail_has_no_account():
    row = reconciling.reconcile(day=DAY, provider=Smtp(), by=made.SYSTEM, at=TOMORROW)
    assert row.state == "no_statement"
