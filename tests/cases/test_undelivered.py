"""What does not arrive becomes a person's task, and stays one until a person has said what was done."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import county as made
from yichuang.cases import decision, delivery, electronic, queries, tracking, undelivered
from yichuang.cases.models import Case, Delivery, DeliveryTask
from yichuang.clock.queries import calendar
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

DUE = date(2026, 9, 22)


def open_tasks():
    return sorted(DeliveryTask.objects.filter(settled_at=None).values_list("reason", flat=True))


def refused(act, **fields):
    with pytest.raises(Refusal) as caught:
        act(**fields)
    return caught.value.code, caught.value.status


# --- the day to hand over by ----------------------------------------------------------------------


def test_ten_working_days_from_the_decision(county):
    """From Wednesday 9 September 2026; Sunday the 20th is a make-up working day."""
    receipt = made.reviewed()
    assert made.case(receipt).deliver_by is None
    case = made.case(made.granted())
    assert case.deliver_by == DUE and case.work_by == DUE


def test_it_costs_no_statement(county):
    """The columns ride in the update that the decision makes anyway."""
    receipt = made.reviewed()
    calendar()
    with CaptureQueriesContext(connection) as asked:
        decision.grant(
            case_id=receipt.case_id, seq=receipt.seq, decision="准予使用宅基地。", by=made.DECIDER, at=made.AT
        )
    updates = [one["sql"] for one in asked if one["sql"].startswith('UPDATE "cases_case"')]
    assert len(updates) == 1 and "deliver_by" in updates[0]
    assert not [one for one in asked if "clock_" in one["sql"]]


def test_the_sheet_tells_how_long_is_left(county):
    receipt = made.granted()
    row = queries.case_sheet(case_id=receipt.case_id, actor=made.CLERK, today=made.AT.date())
    assert row.delivery_deadline.due_on == DUE
    assert (row.delivery_deadline.left, row.delivery_deadline.colour) == (10, "green")


@pytest.mark.parametrize(("on", "colour"), [(18, "green"), (20, "yellow"), (22, "yellow"), (23, "red")])
def test_the_usual_colours(county, on, colour):
    receipt = made.granted()
    sheet = queries.case_sheet(
        case_id=receipt.case_id, actor=made.CLERK, today=date(2026, 9, on)
    )
    assert sheet.delivery_deadline.colour == colour


def test_days_are_named_for_what_was_decided_before(county):
    receipt = made.granted()
    Case.objects.update(deliver_by=None)
    assert undelivered.name_days(at=made.after(1)) == 1
    assert made.case(receipt).deliver_by == DUE
    assert undelivered.name_days(at=made.after(1)) == 0


# --- waiting too long -----------------------------------------------------------------------------


def test_after_five_working_days_a_person_is_asked(county):
    made.granted_and_sealed()
    assert undelivered.sweep(at=made.after(7)) == 0  # Wednesday: the fifth working day
    assert undelivered.sweep(at=made.after(8)) == 1
    assert undelivered.sweep(at=made.after(9)) == 0
    assert open_tasks() == ["waiting"]
    entry = Entry.objects.get(kind="delivery-task.opened")
    assert entry.author["role"] == "system" and entry.payload["reason"] == "waiting"


def test_a_word_is_waited_upon_as_long_again(county):
    made.granted_and_sealed()
    undelivered.sweep(at=made.after(8))
    task = DeliveryTask.objects.get()
    undelivered.settle(
        task_id=task.pk, way="contacted", note="已电话通知，周五来取", by=made.CLERK,
        at=made.after(8),
    )  # fmt: skip
    assert undelivered.sweep(at=made.after(14)) == 0
    assert undelivered.sweep(at=made.after(15)) == 1


def test_who_is_handed_it_ends_the_waiting(county):
    receipt = made.granted_and_sealed()
    undelivered.sweep(at=made.after(8))
    delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by="田试样", by=made.CLERK,
        at=made.after(9),
    )  # fmt: skip
    assert open_tasks() == []
    task = DeliveryTask.objects.get()
    assert task.note == "已送达" and task.settled_by["name"] == made.CLERK.name
    assert undelivered.sweep(at=made.after(60)) == 0


def test_a_sweep_with_nothing_to_do_asks_twice(county, django_assert_num_queries):
    made.granted_and_sealed()
    undelivered.sweep(at=made.after(1))
    with django_assert_num_queries(2):
        undelivered.sweep(at=made.after(1))


# --- a person's turn ------------------------------------------------------------------------------


@pytest.fixture
def task(county):
    made.granted_and_sealed()
    undelivered.sweep(at=made.after(8))
    return DeliveryTask.objects.get()


def test_taken_once_and_settled_with_a_word(task):
    at = made.after(9)
    undelivered.take(task_id=task.pk, by=made.CLERK, at=at)
    assert refused(undelivered.take, task_id=task.pk, by=made.MANAGER, at=at) == (
        "task-moved-on", 409,
    )  # fmt: skip
    settle = {"task_id": task.pk, "way": "contacted", "by": made.CLERK, "at": at}
    assert refused(undelivered.settle, **settle, note=" ")[0] == "note-length"
    assert refused(undelivered.settle, **{**settle, "way": "x"}, note="已联系")[0] == "way-unknown"
    undelivered.settle(**settle, note="已联系，周五来取")
    assert refused(undelivered.settle, **settle, note="再写一遍") == ("task-moved-on", 409)
    kinds = Entry.objects.filter(stream=task.stream).order_by("seq").values_list("kind", flat=True)
    assert [kind.rpartition(".")[2] for kind in kinds] == ["opened", "taken", "settled"]


def test_somebody_elses_is_settled_by_a_manager_only(task):
    undelivered.take(task_id=task.pk, by=made.MANAGER, at=made.after(9))
    fields = {"task_id": task.pk, "way": "contacted", "note": "已联系", "at": made.after(9)}
    assert refused(undelivered.settle, **fields, by=made.CLERK) == ("task-taken", 409)
    undelivered.settle(**fields, by=made.MANAGER)


@pytest.mark.parametrize("by", [made.STREET_CLERK, made.EXAMINER, made.RESIDENT])
def test_not_everybodys_task(task, by):
    code, status = refused(undelivered.take, task_id=task.pk, by=by, at=made.after(9))
    assert status in (403, 404) and not DeliveryTask.objects.get().taken_at


def test_an_identity_number_is_no_note(task):
    fields = {"task_id": task.pk, "way": "contacted", "by": made.CLERK, "at": made.after(9)}
    with pytest.raises(Refusal):
        undelivered.settle(**fields, note=f"已联系{made.identity()}")


# --- electronic -----------------------------------------------------------------------------------


def agreed(receipt, at=None):
    electronic.consent(
        case_id=receipt.case_id, how="link", by=tracking.bearer(receipt.case_id),
        at=at or made.after(1),
    )  # fmt: skip


def opened(receipt, at=None):
    return electronic.open_(
        case_id=receipt.case_id, seq=made.case(receipt).seq,
        by=tracking.bearer(receipt.case_id), at=at or made.after(2),
    )  # fmt: skip


def test_agreed_opened_delivered(county):
    receipt = made.granted_and_sealed()
    assert refused(opened, receipt=receipt) == ("no-consent", 409)
    agreed(receipt)
    agreed(receipt)
    assert Entry.objects.filter(kind="case.online_agreed").count() == 1
    assert opened(receipt).state == "delivered"
    row = Delivery.objects.get()
    assert (row.method, row.consent_how, row.received_by_mask) == ("online", "link", "田**")
    told = Paper.objects.get(kind="delivery_receipt").content["delivery"]
    assert told["method"] == "电子送达" and "本平台约定" in told["note"]
    entry = Entry.objects.get(kind="case.deliver")
    assert entry.author["channel"] == "link" and "person" not in entry.author


def test_a_code_opens_its_own_case_only(county):
    one, two = made.granted_and_sealed(), made.granted_and_sealed()
    agreed(one)
    with pytest.raises(Refusal) as caught:
        electronic.open_(
            case_id=one.case_id, seq=one.seq, by=tracking.bearer(two.case_id), at=made.after(2)
        )
    assert caught.value.status == 404


def test_not_opened_is_a_persons_task(county):
    receipt = made.granted_and_sealed()
    agreed(receipt)
    undelivered.sweep(at=made.after(9))
    assert open_tasks() == ["not_opened"]
    opened(receipt, made.after(10))
    assert open_tasks() == []


def test_consent_is_taken_back_before_opening_only(county):
    receipt = made.granted_and_sealed()
    agreed(receipt)
    back = {"case_id": receipt.case_id, "how": "link", "by": tracking.bearer(receipt.case_id)}
    electronic.take_back(**back, at=made.after(1))
    assert refused(opened, receipt=receipt)[0] == "no-consent"
    agreed(receipt)
    opened(receipt)
    assert refused(electronic.take_back, **back, at=made.after(3))[0] == "no-consent"


def test_too_late_to_agree_once_it_is_mailed(county):
    receipt = made.granted_and_sealed()
    delivery.dispatch(
        case_id=receipt.case_id, seq=receipt.seq, courier="演示寄递", tracking_number="YZ1",
        by=made.CLERK, at=made.after(1),
    )  # fmt: skip
    assert refused(agreed, receipt=receipt) == ("consent-too-late", 409)


def test_whoever_comes_to_the_counter_all_the_same_is_handed_it(county):
    receipt = made.granted_and_sealed()
    agreed(receipt)
    delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by="田试样", by=made.CLERK,
        at=made.after(2),
    )  # fmt: skip
    assert Delivery.objects.get().method == "collect"


def test_what_was_agreed_online_is_not_mailed_by_mistake(county):
    receipt = made.granted_and_sealed(
        delivery="mail", applicant=made.applicant(address="青禾县清水镇东岭村8号")
    )
    agreed(receipt)
    send = {
        "case_id": receipt.case_id, "seq": receipt.seq, "courier": "演示寄递",
        "tracking_number": "YZ1", "by": made.CLERK, "at": made.after(1),
    }  # fmt: skip
    assert refused(delivery.dispatch, **send) == ("agreed-online", 409)
    electronic.take_back(
        case_id=receipt.case_id, how="window", by=made.CLERK, at=made.after(1)
    )
    delivery.deliver(  # and handed over the counter after all: nothing was mailed
        case_id=receipt.case_id, seq=receipt.seq, received_by="田试样", by=made.CLERK,
        at=made.after(2),
    )  # fmt: skip
    assert Delivery.objects.get().method == "collect"
