"""容缺后补 and 告知承诺: what may follow, what a promise stands for, and what becomes of a false one."""

from datetime import date

import pytest

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.cases import (
    decision,
    delivery,
    examination,
    intake,
    later,
    lifecycle,
    notices,
    promises,
    queries,
    tasks,
)
from yichuang.cases.models import Case, CaseMaterial, Promise
from yichuang.cases.rules import MaterialEntry
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry
from yichuang.messages.models import Message
from yichuang.verdict import Refusal

PROOF, CARD = 3, 4  # of the allowance: may be promised; may follow within five working days
FALSE = "核对发现每月收入高于所承诺的数额"


def take_in(states, *, by=made.CLERK, at=made.AT, **changes):
    return intake.take_in(submission=made.allowance(states=states, **changes), by=by, at=at)


def review(receipt, at=made.AT):
    return examination.review(
        case_id=receipt.case_id, seq=receipt.seq, opinion="符合条件，建议准予", agrees=True,
        by=made.EXAMINER, at=at,
    )  # fmt: skip


def grant(receipt, at=made.AT):
    return decision.grant(
        case_id=receipt.case_id, seq=receipt.seq, decision="准予发放生活困难补贴。",
        by=made.CIVIL_DECIDER, at=at,
    )  # fmt: skip


def check(receipt, *, kept, at=made.AT, position=PROOF):
    return promises.check(
        case_id=receipt.case_id, seq=receipt.seq, position=position, kept=kept, finding=FALSE,
        by=made.EXAMINER, at=at,
    )  # fmt: skip


def may(receipt, actor, today=date(2026, 9, 10)):
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=actor, today=today)
    return {row.event for row in sheet.may}


def tab(actor, name, today=date(2026, 9, 10)):
    return [r.number for r in queries.worklist(actor=actor, tab=name, today=today).rows]


# --- what may follow ----------------------------------------------------------------------------


def test_only_what_the_list_lets_follow_may_follow(county):
    for states, code in (
        ({1: "later"}, "material-not-later"),
        ({CARD: "promised"}, "promise-not-allowed"),
    ):
        with pytest.raises(Refusal) as caught:
            take_in(states)
        assert caught.value.code == code and caught.value.remedy
    assert Case.objects.count() == 0


def test_what_follows_has_its_day_and_stands_on_the_paper(county):
    receipt = take_in({CARD: "later", PROOF: "promised"})
    row = CaseMaterial.objects.get(case_id=receipt.case_id, position=CARD)
    assert row.follow_by == date(2026, 9, 16)  # five working days after 9 September
    paper = Paper.objects.get(pk=receipt.paper_id)
    assert paper.content["later"] == [{"name": "银行卡", "by": "2026-09-16"}]
    assert paper.content["promised"] == ["收入证明"]
    assert [m["name"] for m in paper.content["materials"]] == ["申请表", "居民身份证"]
    made.seal_papers(receipt.case_id)
    paper.refresh_from_db()
    assert (paper.state, paper.reason) == ("sealed", "")


def test_a_day_no_calendar_reaches_is_not_promised(county):
    with pytest.raises(Refusal) as caught:
        take_in({CARD: "later"}, at=made.AT.replace(month=12, day=30))
    assert caught.value.code == "later-day-unknown"


def test_nothing_is_granted_before_all_has_followed(county):
    """Seen to fail without later.check_complete in decision._grant."""
    receipt = take_in({CARD: "later"})
    assert tab(made.CLERK, "later") == [receipt.number]
    assert queries.tab_counts(actor=made.CLERK)["later"] == 1
    reviewed = review(receipt)
    assert not {"grant", "terminate"} & may(receipt, made.CIVIL_DECIDER)
    with pytest.raises(Refusal) as caught:
        grant(reviewed)
    assert (caught.value.code, caught.value.status) == ("materials-outstanding", 409)
    assert "银行卡" in caught.value.message
    assert "supply_later" in may(receipt, made.CLERK)
    done = later.supply_later(
        case_id=receipt.case_id, seq=2, supplied=[MaterialEntry(CARD)], by=made.CLERK, at=made.AT
    )
    assert done.state == lifecycle.REVIEWED and tab(made.CLERK, "later") == []
    assert grant(done).state == lifecycle.GRANTED


@pytest.mark.parametrize(
    ("supplied", "code"),
    [
        ([], "nothing-handed-in"),
        ([MaterialEntry(1)], "material-not-outstanding"),
        ([MaterialEntry(CARD), MaterialEntry(99)], "material-not-outstanding"),
        ([MaterialEntry(CARD, "missing")], "material-not-outstanding"),
    ],
)
def test_only_what_is_waited_for_is_supplied(county, supplied, code):
    receipt = take_in({CARD: "later"})
    with pytest.raises(Refusal) as caught:
        later.supply_later(
            case_id=receipt.case_id, seq=1, supplied=supplied, by=made.CLERK, at=made.AT
        )
    assert caught.value.code == code
    assert CaseMaterial.objects.get(position=CARD).state == "later"


def test_a_sweep_tells_once_and_decides_nothing(county, today):
    """Seen to fail (told again each time) without looking for the earlier entry."""
    receipt = take_in({CARD: "later"})
    notices.make(at=made.AT)
    told_before = Message.objects.count()
    assert later.to_remind(today=date(2026, 9, 16)) == []
    late = date(2026, 9, 17)
    assert later.to_remind(today=late) == [receipt.case_id]
    assert later.remind(case_id=receipt.case_id, by=made.SYSTEM, at=made.after(8))
    assert not later.remind(case_id=receipt.case_id, by=made.SYSTEM, at=made.after(9))
    assert later.to_remind(today=late) == [] and tasks.remind_later() == 0
    assert made.case(receipt).state == lifecycle.ACCEPTED and made.case(receipt).seq == 1
    notices.make(at=made.after(8))
    assert Message.objects.count() == told_before + 1
    assert "容缺后补" in Message.objects.order_by("pk").last().body
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.EXAMINER, today=late)
    assert [row.name for row in sheet.outstanding if row.overdue] == ["银行卡"]


def test_a_person_may_end_what_never_followed(county):
    receipt = take_in({CARD: "later"})

    def end(at):
        return promises.terminate(
            case_id=receipt.case_id, seq=1, reason="催告后仍没有补交银行卡", by=made.CIVIL_DECIDER,
            at=at,
        )  # fmt: skip

    with pytest.raises(Refusal) as caught:
        end(made.after(7))  # its last day
    assert (caught.value.code, caught.value.status) == ("no-ground-to-terminate", 409)
    assert "terminate" in may(receipt, made.CIVIL_DECIDER, date(2026, 9, 17))
    ended = end(made.after(8))
    paper = Paper.objects.get(pk=ended.paper_id)
    assert (ended.state, paper.kind) == (lifecycle.TERMINATED, "termination_notice")
    assert any("银行卡" in reason for reason in paper.content["reasons"])
    assert paper.content["remedies"] and paper.content["basis"]
    assert "国办发〔2020〕42号" not in paper.content["basis"]  # no promise was broken
    assert tab(made.CLERK, "deliver") == [receipt.number]


# --- promises -----------------------------------------------------------------------------------


def test_what_was_told_and_promised_is_kept(county):
    receipt = take_in({PROOF: "promised"})
    row = Promise.objects.get(case_id=receipt.case_id)
    assert (row.signed_by, row.signed_how, row.state) == ("田**", "paper", "pending")
    assert row.check_by == date(2026, 10, 27)  # 30 working days, our choice
    assert "收入可以由本人承诺" in row.told["proves"] and "撤销" in row.told["liability"]
    assert Entry.objects.get(stream=row.case.stream).payload["promised"] == ["收入证明"]
    assert tab(made.EXAMINER, "promises") == [receipt.number]


HELPER = Actor(101, "帮办试样", "clerk", 1, made.CLERK.organ_code, made.CENTRE, made.TOWN, "田**")


@pytest.mark.parametrize(
    ("changes", "by", "code"),
    [
        ({"on_behalf": "other"}, made.CLERK, "promise-needs-applicant"),
        ({}, HELPER, "promise-needs-applicant"),
        ({"promised_how": "online"}, made.CLERK, "promise-way"),
        ({"promised_how": "by nod"}, made.CLERK, "promise-way"),
    ],
)
def test_nobody_promises_in_the_applicants_stead(county, changes, by, code):
    """Seen to fail without promises.check_signer."""
    with pytest.raises(Refusal) as caught:
        take_in({PROOF: "promised"}, by=by, **changes)
    assert caught.value.code == code and Promise.objects.count() == 0


def test_a_promise_is_decided_upon_and_checked_afterwards(county):
    receipt = take_in({PROOF: "promised"})
    granted = grant(review(receipt))
    assert granted.state == lifecycle.GRANTED
    assert "check_promise" in may(receipt, made.EXAMINER)
    checked = check(granted, kept=True)
    row = Promise.objects.get()
    assert (row.state, row.finding, checked.state) == ("kept", FALSE, lifecycle.GRANTED)
    assert "revoke_result" not in may(receipt, made.CIVIL_DECIDER)
    with pytest.raises(Refusal) as caught:
        check(checked, kept=False)
    assert (caught.value.code, caught.value.status) == ("promise-not-pending", 409)


def test_a_false_promise_before_the_decision_ends_the_case(county):
    receipt = take_in({PROOF: "promised"})
    checked = check(review(receipt), kept=False)
    with pytest.raises(Refusal) as caught:
        grant(checked)
    assert caught.value.code == "promise-false"
    assert {"terminate", "refuse"} <= may(receipt, made.CIVIL_DECIDER)
    assert "grant" not in may(receipt, made.CIVIL_DECIDER)
    ended = promises.terminate(
        case_id=receipt.case_id, seq=checked.seq, reason="承诺不实，终止办理",
        by=made.CIVIL_DECIDER, at=made.AT,
    )  # fmt: skip
    paper = Paper.objects.get(pk=ended.paper_id)
    assert "国办发〔2020〕42号" in paper.content["basis"]
    assert any("收入证明" in reason for reason in paper.content["reasons"])


def revoked(by=made.CIVIL_DECIDER):
    receipt = take_in({PROOF: "promised"})
    checked = check(grant(review(receipt)), kept=False)
    return receipt, promises.revoke(
        case_id=receipt.case_id, seq=checked.seq, reason="承诺不实，撤销补贴", by=by, at=made.AT
    )


def test_a_false_promise_after_the_decision_undoes_the_result(county):
    receipt, done = revoked()
    paper = Paper.objects.get(pk=done.paper_id)
    first = Paper.objects.get(stream=paper.stream, kind="result_notice")
    assert (done.state, paper.kind) == (lifecycle.REVOKED, "revocation_decision")
    assert paper.content["revoked"] == first.number
    assert (paper.seal.kind, paper.seal.organ_id) == ("organ_main", made.CIVIL)
    assert set(made.seal_papers(receipt.case_id)) == {"sealed"}
    handed = delivery.deliver(
        case_id=receipt.case_id, seq=done.seq, received_by=made.NAME, by=made.CLERK, at=made.AT
    )
    proof = Paper.objects.get(pk=handed.paper_id)
    assert [d["name"] for d in proof.content["documents"]] == ["撤销决定书"]


def test_a_delivered_result_can_be_taken_back_and_handed_over_anew(county):
    receipt = take_in({PROOF: "promised"}, delivery="mail", applicant=made.applicant(address="甲"))
    granted = grant(review(receipt))
    made.seal_papers(receipt.case_id)
    sent = delivery.dispatch(
        case_id=receipt.case_id, seq=granted.seq, courier="演示寄递", tracking_number="Y1",
        by=made.CLERK, at=made.AT,
    )  # fmt: skip
    there = delivery.deliver(
        case_id=receipt.case_id, seq=sent.seq, received_by=made.NAME, by=made.CLERK, at=made.AT
    )
    checked = check(there, kept=False)
    done = promises.revoke(
        case_id=receipt.case_id, seq=checked.seq, reason="承诺不实，撤销补贴",
        by=made.CIVIL_DECIDER, at=made.AT,
    )  # fmt: skip
    made.seal_papers(receipt.case_id)
    delivery.deliver(
        case_id=receipt.case_id, seq=done.seq, received_by=made.NAME, by=made.CLERK, at=made.AT
    )
    case = Case.objects.select_related("delivery").get(pk=receipt.case_id)
    assert (case.state, case.delivery.method) == (lifecycle.DELIVERED, "collect")


def test_only_a_false_promise_takes_a_result_back(county):
    granted = grant(review(take_in({PROOF: "promised"})))
    with pytest.raises(Refusal) as caught:
        promises.revoke(
            case_id=granted.case_id, seq=granted.seq, reason="承诺不实，撤销补贴",
            by=made.CIVIL_DECIDER, at=made.AT,
        )  # fmt: skip
    assert (caught.value.code, caught.value.status) == ("promise-not-false", 409)


def test_whoever_promised_falsely_is_barred_until_repaired(county):
    """Seen to fail without promises.barred in opening."""
    revoked()
    row = Promise.objects.get()
    assert not promises.barred(bytes(row.identity_index))
    with pytest.raises(Refusal) as caught:
        take_in({PROOF: "promised"})
    assert caught.value.code == "promise-barred" and "国办发" in caught.value.basis
    assert take_in({}).number  # the certificate itself is still welcome
    other = made.applicant(identity=made.identity(2))
    assert take_in({PROOF: "promised"}, applicant=other).number  # and nobody else is barred

    def repair(by):
        promises.repair(promise_id=row.pk, reason="信用修复决定已公示期满", by=by, at=made.AT)

    for stranger in (made.CLERK, made.DECIDER, made.EXAMINER):
        with pytest.raises(Refusal) as caught:
            repair(stranger)
        assert caught.value.status == 403
    repair(made.CIVIL_DECIDER)
    assert Entry.objects.filter(kind="promise.repaired", stream=row.case.stream).count() == 1
    assert take_in({PROOF: "promised"}).number
    with pytest.raises(Refusal) as caught:
        repair(made.CIVIL_DECIDER)
    assert caught.value.status == 409


def test_an_unchecked_promise_keeps_a_case_out_of_the_archive(county):
    granted = grant(review(take_in({PROOF: "promised"})))
    made.seal_papers(granted.case_id)
    given = delivery.deliver(
        case_id=granted.case_id, seq=granted.seq, received_by=made.NAME, by=made.CLERK, at=made.AT
    )
    closed = delivery.close(case_id=granted.case_id, seq=given.seq, by=made.CLERK, at=made.AT)
    with pytest.raises(Refusal) as caught:
        delivery.archive(case_id=granted.case_id, seq=closed.seq, by=made.SYSTEM, at=made.AT)
    assert caught.value.code == "promise-pending"
    checked = check(closed, kept=True)
    end = delivery.archive(case_id=granted.case_id, seq=checked.seq, by=made.SYSTEM, at=made.AT)
    assert end.state == lifecycle.ARCHIVED
