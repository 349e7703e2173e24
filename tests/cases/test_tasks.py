"""What the worker does: messages, sealing, deeming. Twice and in any order it comes out the same."""

import random

import pytest
import time_machine

from tests.factories import county as made
from yichuang.cases import delivery, lifecycle, notices, tasks
from yichuang.cases.models import Case
from yichuang.catalogue.models import ItemVersion
from yichuang.documents.models import Paper, SealUse
from yichuang.journal.models import Cursor, Entry
from yichuang.messages import tasks as message_tasks
from yichuang.messages.models import Message

NUMBER = made.identity(7)


def messages():
    keys = Message.objects.order_by("pk").values_list("key", flat=True)
    return [int(key.removeprefix("entry:")) for key in keys]


def test_one_message_for_each_entry_that_notifies_and_none_for_others(county):
    made.granted_and_sealed(applicant=made.applicant(identity=NUMBER))
    made.reviewed()
    while notices.make(at=made.AT, limit=3):
        continue
    notifying = [
        entry.index
        for entry in Entry.objects.order_by("index")
        if entry.stream.startswith("case:")
        and lifecycle.BY_EVENT[entry.kind.removeprefix("case.")].notifies
    ]
    assert messages() == notifying
    assert len(notifying) == 5
    assert Cursor.objects.get(name=notices.READER).next_index == Entry.objects.count()
    assert notices.make(at=made.AT) == 0


def test_what_needs_no_message_gets_none(county):
    receipt = made.granted_and_sealed()
    closed = delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by="田试样", by=made.CLERK, at=made.AT
    )
    closed = delivery.close(case_id=receipt.case_id, seq=closed.seq, by=made.CLERK, at=made.AT)
    notices.make(at=made.AT)
    before = Message.objects.count()
    delivery.archive(case_id=receipt.case_id, seq=closed.seq, by=made.SYSTEM, at=made.AT)
    notices.make(at=made.AT)
    assert Message.objects.count() == before


def test_a_message_says_what_and_where_and_carries_no_number(county):
    receipt = made.accepted(applicant=made.applicant(identity=NUMBER))
    notices.make(at=made.AT)
    body = Message.objects.get().body
    assert "村民建房用地审批" in body and receipt.number in body and "/track/" in body
    for secret in (NUMBER, made.NAME, made.PHONE):
        assert secret not in body


def test_an_item_whose_name_may_not_be_sent_goes_unnamed_and_holds_up_nobody(county):
    receipt = made.accepted()
    ItemVersion.objects.update(name="卡号 6222 0000 1111 2222 333")
    notices.make(at=made.AT)
    message = Message.objects.get()
    assert "所办事项" in message.body and receipt.number in message.body
    assert "6222" not in message.body


@pytest.mark.parametrize("seed", range(3))
def test_tasks_run_twice_and_shuffled_leave_the_same_state(county, seed, capsys):
    """Every task of three cases and the timers, each twice, in three orders."""
    due = made.taken_in()
    for made_case in (made.granted, made.reviewed):
        made_case()
    papers = [str(pk) for pk in Paper.objects.values_list("pk", flat=True)]
    jobs = [
        *[lambda p=paper: tasks.after_step(paper_id=p) for paper in papers],
        lambda: tasks.after_step(paper_id=""),
        tasks.deem_accepted,
    ] * 2
    random.Random(seed).shuffle(jobs)
    with time_machine.travel(made.after(8)):
        for job in jobs:
            job()
        for job in jobs:  # the paper of the acceptance just deemed follows in a task of its own
            job()
        for paper in Paper.objects.filter(state="intended"):
            tasks.after_step(paper_id=str(paper.pk))
        for uid in [*Message.objects.values_list("uid", flat=True)] * 2:
            message_tasks.send(uid=str(uid))
        message_tasks.sweep()
    assert Case.objects.get(pk=due.case_id).state == "accepted"
    assert Entry.objects.filter(kind="case.deem_accepted").count() == 1
    assert set(Paper.objects.values_list("state", flat=True)) == {"sealed"}
    assert Paper.objects.count() == 5
    sealed = Paper.objects.exclude(seal=None).count()
    assert SealUse.objects.count() == sealed
    assert sorted(SealUse.objects.values_list("serial", flat=True)) == list(range(1, sealed + 1))
    assert Message.objects.count() == 7
    assert set(Message.objects.values_list("state", "attempts")) == {("handed_over", 1)}
    assert capsys.readouterr().err.count("[SMS]") == 7


def test_one_case_that_cannot_be_deemed_holds_up_no_other(county):
    stuck, fine = made.taken_in(), made.taken_in()
    Case.objects.filter(pk=stuck.case_id).update(filed_at=made.after(7))
    with time_machine.travel(made.after(8)):
        assert tasks.deem_accepted() == 1
    assert made.case(fine).state == "accepted" and made.case(stuck).state == "received"
