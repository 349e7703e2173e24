"""Deciding: once, by the right person, under a grant that stands."""

from datetime import date

import pytest

from tests.factories import county as made
from tests.factories.racing import race
from yichuang.authority import actions as authority
from yichuang.cases import decision
from yichuang.cases.models import Case
from yichuang.documents.models import Paper
from yichuang.journal import verify
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

ROUNDS = 20


def grant(receipt, by=made.DECIDER, at=made.AT):
    return decision.grant(
        case_id=receipt.case_id, seq=receipt.seq, decision="准予使用宅基地166平方米。", by=by,
        at=at,
    )  # fmt: skip


def refuse(receipt, by=made.DECIDER, at=made.AT):
    return decision.refuse(
        case_id=receipt.case_id, seq=receipt.seq, reason="一户只能拥有一处宅基地。", by=by, at=at
    )


def revoke(number=made.GRANT, on=made.AT, at=made.AT):
    authority.revoke(number=number, on=on.date(), reason="县里收回", by=made.SYSTEM, at=at)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_of_two_deciders_one_wins_and_the_other_learns_who_and_when(shared_county):
    """trust.md §4: one decision per case. 20 races, one grants and one refuses.

    Seen to fail with the row lock and the guard of step.advance both taken away.
    """
    for _number in range(ROUNDS):
        receipt = made.reviewed()
        ends = race(lambda r=receipt: grant(r), lambda r=receipt: refuse(r, by=made.OTHER_DECIDER))
        won = [end for end in ends if not isinstance(end, Exception)]
        lost = [end for end in ends if isinstance(end, Exception)]
        assert (len(won), len(lost)) == (1, 1), ends
        assert isinstance(lost[0], Refusal) and lost[0].status == 409
        assert lost[0].code == "case-moved-on"
        winner = made.DECIDER if won[0].state == "granted" else made.OTHER_DECIDER
        assert winner.name in lost[0].message and "2026-09-09 09:00" in lost[0].message
        assert lost[0].remedy and lost[0].detail["state"] == won[0].state
        results = Paper.objects.filter(
            stream=f"case:{receipt.case_id}", kind__in=["grant_decision", "refusal_decision"]
        )
        assert results.count() == 1
        assert Case.objects.filter(state=won[0].state, pk=receipt.case_id).exists()
    decisions = Entry.objects.filter(kind__in=["case.grant", "case.refuse"])
    assert decisions.count() == ROUNDS
    assert verify.verify().ok


def test_no_decision_is_committed_after_its_grant_was_revoked(shared_county):
    """trust.md §3: revoked mid-case. Whichever comes first in the journal, order is kept.

    Seen to fail with the standing row no longer locked by a decision.
    """
    decided = 0
    for number in range(ROUNDS):
        name = f"演示竞争〔2026〕{number}号"
        made.pass_down(name)
        receipt = made.reviewed(made.SHOP)
        ends = race(lambda r=receipt: grant(r), lambda n=name: revoke(n))
        assert ends[1] is None, ends
        granted = Entry.objects.filter(stream=f"case:{receipt.case_id}", kind="case.grant").first()
        ended = Entry.objects.get(kind="authority.grant-revoked", payload__number=name)
        if granted is None:
            assert isinstance(ends[0], Refusal) and ends[0].code == "grant-gone"
            assert name in made.case(receipt).grant_number
        else:
            decided += 1
            assert granted.index < ended.index, "decided after the revocation"
    print(f"{decided} of {ROUNDS} decisions came before the revocation")


def test_a_revoked_grant_stops_the_decision_and_the_case_is_handed_back(county):
    receipt = made.reviewed(made.SHOP)
    before = made.case(receipt)
    assert before.grant_number == made.GRANT and before.in_name_of_id == made.APPROVAL
    revoke(on=made.after(1), at=made.after(1))
    refusal = refused(lambda: grant(receipt, at=made.after(1)))
    assert (refusal.code, refusal.status) == ("grant-gone", 409)
    assert "撤销" in refusal.message and "交还" in refusal.remedy
    assert refused(lambda: refuse(receipt, at=made.after(1))).code == "grant-gone"
    back = decision.hand_back(case_id=receipt.case_id, seq=2, by=made.DECIDER, at=made.after(1))
    case = made.case(receipt)
    assert (back.state, back.due_on, case.legal_due_on) == (
        "accepted", before.due_on, before.legal_due_on,
    )  # fmt: skip
    assert (case.decider_id, case.grant_number) == (made.APPROVAL, "")
    assert case.reviewed_by is None
    refusal = refused(lambda: grant(back))  # the town still reviews it, but decides no more
    assert (refusal.code, refusal.status) == ("not-yours", 403)
    assert "青禾县行政审批服务局" in refusal.message


def test_an_expired_grant_stops_the_decision(county):
    receipt = made.reviewed(made.SHOP)
    made.pass_down("临时〔2026〕1号", valid_to=date(2026, 9, 20))
    short = made.reviewed(made.SHOP)
    assert made.case(short).grant_number == "临时〔2026〕1号"
    refusal = refused(lambda: grant(short, at=made.after(20)))
    assert refusal.code == "grant-gone"
    assert grant(receipt, at=made.after(20)).state == "granted"


def test_handing_back_needs_a_change(county):
    receipt = made.reviewed(made.SHOP)
    refusal = refused(
        lambda: decision.hand_back(case_id=receipt.case_id, seq=2, by=made.DECIDER, at=made.AT)
    )
    assert refusal.code == "still-yours"


def test_whoever_reviewed_does_not_decide(county):
    both = made.Actor(made.EXAMINER.person_id, "一人两岗", "decider", 77, made.GOVERNMENT)
    receipt = made.reviewed()
    for act in (grant, refuse):
        refusal = refused(lambda act=act: act(receipt, by=both))
        assert (refusal.code, refusal.status) == ("same-person", 403)
    assert made.case(receipt).state == "reviewed"


def test_an_extension_adds_ten_working_days_once(county):
    receipt = made.accepted()

    def extend(seq, **changes):
        facts = {"reason": "情况复杂，需延长", "approved_by": "镇长"}
        return decision.extend(
            case_id=receipt.case_id, seq=seq, by=made.DECIDER, at=made.after(1),
            **{**facts, **changes},
        )  # fmt: skip

    assert refused(lambda: extend(1, approved_by=" ")).code == "extension-needs-head"
    assert refused(lambda: extend(1, reason="忙")).code == "reason-missing"
    extended = extend(1)
    assert (receipt.due_on, extended.due_on) == (date(2026, 9, 30), date(2026, 10, 20))
    assert made.case(receipt).legal_due_on == date(2026, 10, 27)
    assert extended.state == "accepted"
    assert refused(lambda: extend(2)).code == "event-only-once"
    assert made.case(receipt).extension_days == 10


def test_an_instant_matter_is_granted_on_the_spot(county):
    receipt = made.accepted(made.RECORDS)
    end = decision.grant_on_spot(
        case_id=receipt.case_id, seq=1, decision="缴费记录一份。", by=made.CENTRE_DECIDER,
        at=made.AT,
    )  # fmt: skip
    paper = Paper.objects.get(pk=end.paper_id)
    assert (end.state, paper.kind, paper.organ_name) == (
        "granted", "result_notice", "青溪镇便民服务中心",
    )  # fmt: skip


def test_a_promised_matter_is_never_granted_on_the_spot(county):
    receipt = made.accepted()
    refusal = refused(
        lambda: decision.grant_on_spot(
            case_id=receipt.case_id, seq=1, decision="准予建房。", by=made.DECIDER, at=made.AT
        )
    )
    assert (refusal.code, refusal.status) == ("event-not-for-handling", 409)


def test_a_decision_under_a_grant_bears_the_owners_numbered_seal(county):
    receipt = made.reviewed(made.SHOP)
    paper = Paper.objects.select_related("seal").get(pk=grant(receipt).paper_id)
    assert paper.organ_name == "青禾县行政审批服务局"
    assert paper.seal.code == "379901000000-approval-numbered-1"


def test_a_step_from_an_old_page_is_told_what_happened(county):
    receipt = made.reviewed()
    grant(receipt)
    refusal = refused(lambda: refuse(receipt, by=made.OTHER_DECIDER))
    assert refusal.code == "case-moved-on" and made.DECIDER.name in refusal.message


def test_a_refusal_tells_the_remedies(county):
    receipt = made.reviewed()
    paper = Paper.objects.get(pk=refuse(receipt).paper_id)
    assert paper.kind == "refusal_decision"
    assert set(paper.content["remedies"]) == {"review_organ", "court"}
