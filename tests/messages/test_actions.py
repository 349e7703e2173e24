"""What a person does about messages that did not go out."""

import pytest

from tests.factories import county as made
from tests.factories.racing import race
from tests.messages.conftest import AT, PHONE, put
from yichuang.accounts.actor import Actor
from yichuang.journal.models import Entry
from yichuang.messages import actions, queries, rules, sending
from yichuang.messages.models import Message
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
BUREAU = Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)
AUDITOR = Actor(121, "审计试样", "auditor", 21, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def dead(sim, providers, clock):
    """A message to a number that the provider refused."""
    put()
    sim.behave.append("bad-number")
    sending.send_due(providers=providers, now=clock)
    return Message.objects.get()


def refused(act, **given):
    with pytest.raises(Refusal) as caught:
        act(**given)
    return caught.value.code


def test_the_list_is_masked_and_opens_nobodys_page(dead):
    (sheet,) = queries.dead_letters(actor=AUDITOR)
    assert sheet.address == "138****1234" and "受理" in sheet.text
    assert PHONE not in str(sheet) and "https" not in str(sheet)


def test_only_the_county_acts_and_the_auditor_looks(dead):
    for by in (AUDITOR, made.CLERK, made.DECIDER):
        assert refused(actions.retry, uid=dead.uid, by=by, at=AT) == "messages-not-yours"
        assert (
            refused(actions.give_up, uid=dead.uid, reason="已电话告知", by=by, at=AT)
            == "messages-not-yours"
        )
    assert refused(queries.dead_letters, actor=made.CLERK) == "messages-not-yours"
    assert refused(queries.days, actor=made.CLERK) == "messages-not-yours"
    assert refused(queries.differences, actor=made.CLERK) == "messages-not-yours"


def test_sent_again_as_a_new_message_that_replaces_it(dead, sim, providers, clock):
    actions.retry(uid=dead.uid, by=BUREAU, at=clock.at)
    old, new = Message.objects.order_by("pk")
    assert old.state == "failed" and new.replaces == old and new.uid != old.uid
    assert sending.send_one(uid=new.uid, providers=providers, now=clock)
    assert sim.sent[0][1] == PHONE
    entry = Entry.objects.get(kind="message.retried")
    assert entry.author["name"] == "县局试样" and PHONE not in str(entry.payload)
    assert refused(actions.retry, uid=dead.uid, by=BUREAU, at=AT) == "message-moved-on"


def test_one_in_doubt_goes_again_under_its_own_key(sim, providers, clock):
    put()
    sim.silent = True
    sim.behave.append("broken-after")
    for _turn in range(rules.TRIES):
        sending.send_due(providers=providers, now=clock)
        clock.forward(hours=13)
    row = Message.objects.get()
    assert (row.state, row.in_doubt) == ("dead", True) and len(sim.sent) == 1
    actions.retry(uid=row.uid, by=BUREAU, at=clock.at)
    sim.silent = False
    assert sending.send_one(uid=row.uid, providers=providers, now=clock)
    assert len(sim.sent) == 1 and Message.objects.get().state == "delivered"


def test_given_up_with_a_reason(dead):
    assert refused(actions.give_up, uid=dead.uid, reason=" ", by=BUREAU, at=AT) == "note-length"
    number = "３７０３０５１８９９０１０１００１Ｘ"
    assert (
        refused(actions.give_up, uid=dead.uid, reason=f"本人{number}", by=BUREAU, at=AT)
        == "identity-in-message"
    )
    actions.give_up(uid=dead.uid, reason="号码已停用，已由村站当面告知", by=BUREAU, at=AT)
    assert Message.objects.get().state == "failed"
    assert Entry.objects.get(kind="message.given-up").payload["reason"].startswith("号码已停用")


def test_an_address_that_is_lost_is_said_so(dead):
    Message.objects.update(address_sealed=b"")
    assert refused(actions.retry, uid=dead.uid, by=BUREAU, at=AT) == "message-address-lost"
    assert Message.objects.get().state == "dead"


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once(sim, providers, clock):
    put()
    sim.behave.append("bad-number")
    sending.send_due(providers=providers, now=clock)
    dead = Message.objects.get()
    ends = race(
        *[lambda: actions.retry(uid=dead.uid, by=BUREAU, at=AT) for _n in range(4)],
        *[
            lambda: actions.give_up(uid=dead.uid, reason="已电话告知", by=BUREAU, at=AT)
            for _n in range(4)
        ],
    )
    assert [end.code for end in ends if end is not None] == ["message-moved-on"] * 7
    assert (
        Message.objects.count() <= 2
        and Entry.objects.filter(kind__startswith="message.").count() == 1
    )
