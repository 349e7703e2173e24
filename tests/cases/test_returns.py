"""A power that moves takes its running cases along, with the days that were promised."""

from datetime import date, timedelta

import pytest

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.authority import actions as authority
from yichuang.authority import grant_queries, queries
from yichuang.authority.models import Grant
from yichuang.cases import decision, examination, returns, step
from yichuang.cases.models import Case
from yichuang.journal.models import Entry

BUREAU = Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)
TODAY = made.AT.date()


def revoke(on=TODAY):
    authority.revoke(number=made.GRANT, on=on, reason="县里收回", by=BUREAU, at=made.AT)


def moved(receipt):
    return Entry.objects.filter(stream=f"case:{receipt.case_id}", kind="case.hand_back")


def place_of(receipt):
    case = made.case(receipt)
    return case.decider_id, case.grant_number, case.state


def test_a_revocation_returns_accepted_and_reviewed_cases_with_their_due_day(county):
    first, second, other = made.accepted(made.SHOP), made.reviewed(made.SHOP), made.accepted()
    due = {r.case_id: made.case(r).due_on for r in (first, second, other)}
    revoke()
    assert returns.sweep(at=made.AT) == 2
    for receipt in (first, second):
        assert place_of(receipt) == (made.APPROVAL, "", "accepted")
        assert made.case(receipt).due_on == due[receipt.case_id]
        entry = moved(receipt).get()
        assert entry.author == {"name": "权限变动", "role": "system"}
        assert entry.payload["due_on"] == due[receipt.case_id].isoformat()
    assert place_of(other) == (made.GOVERNMENT, "", "accepted")  # the town's own power


def test_the_owner_can_then_decide_it(county):
    receipt = made.reviewed(made.SHOP)
    revoke()
    returns.sweep(at=made.AT)
    seq = made.case(receipt).seq
    seen = examination.review(
        case_id=receipt.case_id, seq=seq, opinion="材料齐全，符合条件", agrees=True,
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    done = decision.grant(
        case_id=receipt.case_id, seq=seen.seq, decision="准予登记。", by=made.COUNTY_DECIDER,
        at=made.AT,
    )  # fmt: skip
    assert done.state == "granted"


def test_a_second_sweep_moves_nothing(county):
    receipt = made.accepted(made.SHOP)
    revoke()
    assert (returns.sweep(at=made.AT), returns.sweep(at=made.AT)) == (1, 0)
    assert moved(receipt).count() == 1


def test_a_sweep_killed_half_way_is_taken_up_again(county, monkeypatch):
    """Seen to fail with the sweep remembering the grants it had dealt with before dealing."""
    receipts = [made.accepted(made.SHOP) for _ in range(3)]
    revoke()
    hand_back, calls = decision.hand_back, []

    def dies(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return hand_back(**arguments)

    monkeypatch.setattr(decision, "hand_back", dies)
    with pytest.raises(KeyboardInterrupt):
        returns.sweep(at=made.AT)
    monkeypatch.undo()
    assert returns.sweep(at=made.AT) == 2
    assert [moved(receipt).count() for receipt in receipts] == [1, 1, 1]


def test_a_grant_that_runs_out_returns_its_cases_the_day_after(county):
    made.pass_down("临时〔2026〕1号", valid_to=TODAY)
    receipt = made.accepted(made.SHOP)
    assert made.case(receipt).grant_number == "临时〔2026〕1号"
    assert returns.sweep(at=made.AT) == 0
    # the wider grant is still in force, so the town decides under that one
    assert returns.sweep(at=made.after(1)) == 1
    assert place_of(receipt) == (made.GOVERNMENT, made.GRANT, "accepted")


def test_a_suspension_returns_and_its_end_brings_back(county):
    receipt = made.accepted(made.SHOP)
    authority.suspend(
        number=made.GRANT, seq=0, starts_on=TODAY, ends_on=TODAY + timedelta(days=1),
        reason="县里核查", by=BUREAU, at=made.AT,
    )  # fmt: skip
    assert returns.sweep(at=made.AT) == 1
    assert place_of(receipt)[:2] == (made.APPROVAL, "")
    assert returns.sweep(at=made.after(1)) == 0
    assert returns.sweep(at=made.after(2)) == 1
    assert place_of(receipt)[:2] == (made.GOVERNMENT, made.GRANT)


def test_a_special_procedure_is_finished_first(county):
    receipt = made.accepted(made.SHOP)
    begun = examination.begin_special(
        case_id=receipt.case_id,
        seq=receipt.seq,
        reason="组织现场勘验",
        by=made.EXAMINER,
        at=made.AT,
    )
    revoke()
    assert returns.sweep(at=made.AT) == 0
    assert place_of(receipt) == (made.GOVERNMENT, made.GRANT, "special")
    examination.end_special(
        case_id=receipt.case_id, seq=begun.seq, result="勘验完成", by=made.EXAMINER, at=made.AT
    )
    assert returns.sweep(at=made.AT) == 1
    assert place_of(receipt) == (made.APPROVAL, "", "accepted")


def test_what_is_decided_stays_where_it_is(county):
    receipt = made.granted(made.SHOP)
    revoke()
    assert returns.sweep(at=made.AT) == 0
    assert made.case(receipt).decider_id == made.GOVERNMENT


def test_nothing_moves_before_the_day(county):
    made.accepted(made.SHOP)
    revoke(on=TODAY + timedelta(days=3))
    assert [returns.sweep(at=made.after(day)) for day in (0, 2, 3)] == [0, 0, 1]


def test_how_many_would_move_is_known_before(county, django_assert_num_queries):
    one, two = made.accepted(made.SHOP), made.reviewed(made.SHOP)
    made.accepted()
    before = queries.order()
    sheet = grant_queries.grant(made.GRANT)
    after = before.granting(grant_queries.revoked(sheet, TODAY))
    with django_assert_num_queries(1):
        found = returns.would_move(before, after, sheet.draft.items, TODAY)
    assert sorted(found) == sorted([one.number, two.number])
    assert returns.would_move(before, before, sheet.draft.items, TODAY) == []


def test_a_sweep_with_nothing_to_do_asks_twice(county, django_assert_num_queries):
    made.accepted(made.SHOP)
    returns.sweep(at=made.AT)
    with django_assert_num_queries(2):
        returns.sweep(at=made.AT)


def test_no_other_program_hands_a_case_back(county):
    """The window's clerk may not; that the system may is `returns` alone."""
    receipt = made.accepted(made.SHOP)
    revoke()
    with pytest.raises(step.Refusal) as caught:
        decision.hand_back(case_id=receipt.case_id, seq=receipt.seq, by=made.CLERK, at=made.AT)
    assert caught.value.code == "not-yours"
    assert Grant.objects.get().revoked_on == date(2026, 9, 9)
    assert Case.objects.count() == 1
