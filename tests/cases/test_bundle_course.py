"""一件事 under way: a result opens the next link, blocks or spares it; links and all are withdrawn."""

import pytest

from tests.factories import chains as made_chains
from tests.factories import county as made
from tests.factories.chains import MOTHER, chain, follow, links, materials, request, taken_in
from tests.factories.racing import race
from yichuang.accounts.actor import Actor
from yichuang.cases import bundles, chain_rules, intake
from yichuang.cases.joint import JointMaterial
from yichuang.cases.models import Case, CaseMaterial, Link
from yichuang.catalogue.models import ItemVersion
from yichuang.journal import verify
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

# -- what comes of the cases -----------------------------------------------------------------------


def test_a_result_opens_what_waited_for_it(county):
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)))
    receipt = taken_in(code, (1, 2), made.SHOP, made.HYGIENE)
    made_chains.grant_instant(made_chains.case_of(receipt, 1), at=made.after(1))
    assert follow(made.after(2)) > 0
    assert links(receipt) == {1: "done", 2: "open"}
    later = made_chains.case_of(receipt, 2)
    assert (later.state, later.filed_at, later.applicant_mask) == (
        "received",
        made.after(2),
        "田**",
    )
    assert follow(made.after(2)) > 0 and Case.objects.count() == 2  # its own entries only
    made_chains.accept(later, at=made.after(2))
    later.refresh_from_db()
    made_chains.end(later, at=made.after(2))
    follow(made.after(2))
    assert links(receipt) == {1: "done", 2: "done"}
    assert made_chains.bundle(receipt).state == "done" and verify.verify().ok


def test_a_first_result_that_is_a_refusal(county):
    """What needs it is blocked, what opens on a failure opens, everything else goes on."""
    code = chain(
        (made.HARDSHIP, ()),
        (made.RECORDS, (1,)),
        (made.ALLOWANCE, (1,), {"opens_on": "failed"}),
        (made.SHOP, ()),
        (made.HYGIENE, (2,)),
    )
    asked = (made.HARDSHIP, made.RECORDS, made.ALLOWANCE, made.SHOP, made.HYGIENE)
    receipt = taken_in(code, (1, 2, 3, 4, 5), *asked)
    assert links(receipt) == {1: "open", 2: "waiting", 3: "waiting", 4: "open", 5: "waiting"}
    made_chains.end(made_chains.case_of(receipt, 1), grants=False)
    follow()
    assert links(receipt) == {1: "failed", 2: "blocked", 3: "open", 4: "open", 5: "blocked"}
    assert made_chains.case_of(receipt, 4).state == "accepted"
    assert made_chains.bundle(receipt).state == "running"


def test_what_waits_for_a_failure_is_spared_by_a_success(county):
    code = chain((made.HARDSHIP, ()), (made.ALLOWANCE, (1,), {"opens_on": "failed"}))
    receipt = taken_in(code, (1, 2), made.HARDSHIP, made.ALLOWANCE)
    made_chains.end(made_chains.case_of(receipt, 1))
    follow()
    assert links(receipt) == {1: "done", 2: "skipped"}
    assert made_chains.bundle(receipt).state == "done"


def test_an_item_suspended_in_between_is_said_at_its_link_and_the_rest_goes_on(county):
    """Seen to fail (the reader stood still) with the order asked outside the guarded part."""
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)), (made.HARDSHIP, (2,)), (made.RECORDS, (1,)))
    receipt = taken_in(code, (1, 2, 3, 4), made.SHOP, made.HYGIENE, made.HARDSHIP, made.RECORDS)
    made_chains.grant_instant(made_chains.case_of(receipt, 1))
    ItemVersion.objects.filter(item=made.HYGIENE).update(state="suspended")
    made.renew()
    follow()
    assert links(receipt) == {1: "done", 2: "blocked", 3: "blocked", 4: "open"}
    assert "暂停" in Link.objects.get(bundle=receipt.bundle_id, seq=2).note


def test_the_result_of_an_earlier_link_is_held_for_the_next(county):
    """The letter of the licence need not be carried from one window to the other; but only what
    this very matter gave is looked up. Seen to fail with every case of the person counted."""
    made.granted(made.HARDSHIP, decider=made.CIVIL_DECIDER)  # an earlier, other matter of theirs
    code = chain((made.HARDSHIP, ()), (made.ALLOWANCE, (1,)))
    given = materials(made.HARDSHIP, made.ALLOWANCE, without=("收入证明",))
    disabled = {**made.ALONE, "disabled": "yes"}
    receipt = taken_in(
        code, (1, 2), made.HARDSHIP, made.ALLOWANCE,
        materials=given, situation={made.ALLOWANCE: disabled},
    )  # fmt: skip
    first = made_chains.case_of(receipt, 1)
    made_chains.end(first)
    follow()
    row = CaseMaterial.objects.get(case__link__seq=2, name="残疾人证")
    assert (row.state, row.held_ref) == ("held", f"result:{first.number}")


def test_what_opens_later_belongs_to_the_applicants_account_and_to_nobody_at_the_counter(county):
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)))
    wish = request(code, (1, 2), made.SHOP, made.HYGIENE, channel="portal", promised_how="online")
    with pytest.raises(Refusal) as caught:  # at home what is handed in is a file
        bundles.take_in(request=wish, by=MOTHER, at=made.AT)
    assert caught.value.code == "file-missing"
    wish = request(
        code, (1, 2), channel="portal", promised_how="online",
        materials=(JointMaterial("申请书", "missing"), JointMaterial("居民身份证", "missing")),
    )  # fmt: skip
    with pytest.raises(Refusal) as caught:
        bundles.take_in(request=wish, by=MOTHER, at=made.AT)
    assert caught.value.code == "nothing-handed-in"


def test_filed_from_home_it_is_received_for_checking(county):
    code = chain((made.ALLOWANCE, ()), (made.HOUSE, (1,)))
    given = (JointMaterial(chain_rules.JOINT_FORM, note="网上填写"),)
    receipt = taken_in(
        code, (1, 2), made.ALLOWANCE, by=MOTHER, channel="portal", promised_how="online",
        materials=given,
    )  # fmt: skip
    case = made_chains.case_of(receipt, 1)
    assert (case.state, case.channel, case.owner_user) == ("received", "portal", 901)
    intake.ask_correction(
        case_id=case.pk, seq=1, missing=[2], problem="请补交身份证", by=made.CLERK, at=made.AT
    )
    case.refresh_from_db()
    intake.correct(case_id=case.pk, seq=2, supplied=[2, 3, 4], by=made.CLERK, at=made.AT)
    case.refresh_from_db()
    made_chains.end(case)
    follow()
    later = made_chains.case_of(receipt, 2)
    assert (later.owner_user, later.channel, later.state) == (901, "portal", "received")


def test_taken_in_by_somebody_else_is_refused(county):
    wish = request(chain((made.RECORDS, ())), (1,), made.RECORDS)
    for by, code in ((made.STREET_CLERK, "other-outlet"), (made.DECIDER, "not-a-window-post")):
        with pytest.raises(Refusal) as caught:
            bundles.take_in(request=wish, by=by, at=made.AT)
        assert (caught.value.code, caught.value.status) == (code, 403)


# -- withdrawing -----------------------------------------------------------------------------------


def withdrawn(receipt, *only, seq=1, by=made.CLERK, reason="家里另有安排"):
    return bundles.withdraw(
        bundle_id=receipt.bundle_id, seq=seq, only=only, reason=reason, by=by, at=made.AT
    )


def test_one_link_is_withdrawn_and_only_what_needs_it_falls(county):
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)), (made.RECORDS, ()))
    receipt = taken_in(code, (1, 2, 3), made.SHOP, made.HYGIENE, made.RECORDS)
    withdrawn(receipt, 1)
    assert links(receipt) == {1: "withdrawn", 2: "blocked", 3: "open"}
    assert made_chains.case_of(receipt, 1).state == "withdrawn"
    assert made_chains.bundle(receipt).state == "running"
    follow()  # the case's own entry changes nothing more
    assert made_chains.bundle(receipt).seq == 2


def test_all_is_withdrawn_but_what_was_decided_stays(county):
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)), (made.RECORDS, ()), (made.HOUSE, ()))
    receipt = taken_in(code, (1, 2, 3, 4), made.SHOP, made.HYGIENE, made.RECORDS, made.HOUSE)
    made_chains.grant_instant(made_chains.case_of(receipt, 3))
    withdrawn(receipt)  # before the reader knows of the grant
    assert links(receipt) == {1: "withdrawn", 2: "withdrawn", 3: "open", 4: "withdrawn"}
    follow()
    assert links(receipt)[3] == "done"
    assert made_chains.bundle(receipt).state == "withdrawn"
    kinds = Entry.objects.filter(kind="case.withdraw")
    assert kinds.count() == 2 and verify.verify().ok
    with pytest.raises(Refusal) as caught:
        withdrawn(receipt, seq=made_chains.bundle(receipt).seq)
    assert caught.value.code == "nothing-to-withdraw"


@pytest.mark.fault
def test_withdrawing_dies_in_the_middle_and_nothing_is_withdrawn(shared_county, monkeypatch):
    """Seen to fail with withdraw's transaction taken away."""
    code = chain((made.HOUSE, ()), (made.RECORDS, ()))
    receipt = taken_in(code, (1, 2), made.HOUSE, made.RECORDS)

    def die(*arguments, **named):
        raise RuntimeError("the power fails")

    with monkeypatch.context() as patched:
        patched.setattr(bundles, "record_all", die)
        with pytest.raises(RuntimeError):
            withdrawn(receipt)
    assert links(receipt) == {1: "open", 2: "open"}
    assert set(Case.objects.values_list("state", flat=True)) == {"accepted"}
    withdrawn(receipt)
    assert links(receipt) == {1: "withdrawn", 2: "withdrawn"}


def test_who_may_withdraw(county):
    receipt = taken_in(chain((made.RECORDS, ())), (1,), made.RECORDS)
    auditor = Actor(7, "审计试样", "auditor")
    for by, code in ((made.STREET_CLERK, "case-not-found"), (auditor, "not-yours")):
        with pytest.raises(Refusal) as caught:
            withdrawn(receipt, by=by)
        assert caught.value.code == code
    with pytest.raises(Refusal) as caught:
        withdrawn(receipt, reason=f"本人{made.identity()}不办了")
    assert caught.value.code == "identity-in-text"
    with pytest.raises(Refusal) as caught:
        withdrawn(receipt, seq=9)
    assert (caught.value.code, caught.value.status) == ("case-moved-on", 409)


def test_a_withdrawal_and_a_result_at_once_leave_one_story(shared_county):
    """Two hands on one matter: each waits for the other's row, and the links agree with the cases."""
    code = chain((made.SHOP, ()), (made.HYGIENE, (1,)))
    receipt = taken_in(code, (1, 2), made.SHOP, made.HYGIENE)
    made_chains.grant_instant(made_chains.case_of(receipt, 1))
    ends = race(lambda: follow(), lambda: withdrawn(receipt, 2), lambda: follow())
    assert all(not isinstance(end, Exception) or isinstance(end, Refusal) for end in ends), ends
    follow()
    state = links(receipt)
    if state[2] == "withdrawn":
        assert not Case.objects.filter(item=made.HYGIENE).exclude(state="withdrawn").exists()
    else:  # the result was first, and the person is told that the matter moved on
        assert state[2] == "open" and isinstance(ends[1], Refusal)
    assert state[1] == "done" and verify.verify().ok
