"""From the grant to the sealed licence; suspended, replaced, revoked with its result."""

import pytest

from tests.factories import county as made
from tests.factories.racing import race
from tests.licences import kit
from yichuang.cases import decision, examination, intake, promises
from yichuang.documents.models import Paper
from yichuang.journal import verify
from yichuang.journal.models import Entry
from yichuang.licences import actions, permissions, queries, rules
from yichuang.licences.models import Licence
from yichuang.verdict import Refusal

DAY = made.AT.date()


@pytest.fixture
def typed(county):
    kit.types()


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def granted_allowance(submission):
    taken = intake.take_in(submission=submission, by=made.CLERK, at=made.AT)
    seen = examination.review(
        case_id=taken.case_id, seq=taken.seq, opinion="符合条件，同意", agrees=True,
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    return decision.grant(
        case_id=taken.case_id,
        seq=seen.seq,
        decision="给予补贴。",
        by=made.CIVIL_DECIDER,
        at=made.AT,
    )


def test_a_grant_issues_the_licence_its_item_gives(typed):
    receipt = made.granted()
    licence = Licence.objects.get()
    paper = licence.paper
    assert (paper.kind, paper.state) == ("licence", "intended")
    assert licence.number == paper.number == "青溪政宅批证〔2026〕1号"
    assert (licence.organ_id, licence.decider_code) == (made.GOVERNMENT, made.GOVERNMENT)
    assert paper.seal_id == "379901100000-gov-main"
    assert (licence.valid_from.isoformat(), licence.valid_to.isoformat()) == (
        "2026-09-09", "2029-09-08",
    )  # fmt: skip
    assert made.NAME not in str(licence.__dict__) and licence.name_mask == "田**"
    entry = Entry.objects.get(kind="licence.issued")
    assert (entry.stream, entry.seq, entry.payload["case"]) == (
        licence.stream, 1, made.case(receipt).number,
    )  # fmt: skip
    assert made.seal_papers(receipt.case_id) == ["sealed"] * 3
    assert queries.standing_of([paper.pk], on=DAY)[paper.pk].good


def test_numbers_have_no_gap_and_other_items_give_none(typed):
    made.granted()
    made.granted(made.SHOP, decider=made.DECIDER)
    made.granted()
    assert list(Licence.objects.order_by("number").values_list("paper__serial", flat=True)) == [
        1,
        2,
    ]


def test_the_facts_of_the_form_are_printed_by_their_labels(typed):
    granted_allowance(made.allowance())
    about = Licence.objects.get().paper.content["licence"]
    assert about["facts"] == [{"label": "家庭人口", "value": "3"}] and about["valid_to"] == ""


def test_an_entrusted_matters_licence_bears_the_giving_organs_main_seal(county):
    """The town decides with a numbered seal; a certificate bears the organ's own (practice)."""
    kit.types(kit.replace(kit.HOUSE_CARD, items=(made.SHOP,)))
    receipt = made.granted_and_sealed(made.SHOP)
    licence = Licence.objects.get()
    assert (licence.organ_id, licence.decider_code) == (made.APPROVAL, made.GOVERNMENT)
    assert licence.paper.seal_id == "379901000000-approval-main"
    assert licence.paper.state == "sealed", licence.paper.reason
    assert licence.case_number == made.case(receipt).number


def test_a_refused_case_gives_nothing(typed):
    receipt = made.reviewed()
    decision.refuse(
        case_id=receipt.case_id,
        seq=receipt.seq,
        reason="一户只能一处。",
        by=made.DECIDER,
        at=made.AT,
    )
    assert not Licence.objects.exists()


def test_a_unit_gets_no_licence_of_a_person(county):
    kit.types(kit.replace(kit.HOUSE_CARD, holder_kind="enterprise"))
    made.granted()
    assert not Licence.objects.exists()


def test_no_licence_without_its_grant_and_none_twice(shared_county):
    """20 races of two deciders: one grant, one licence, no number lost to the loser.

    The case's own guard holds it (tests/cases/test_decision.py), and a constraint of the database.
    """
    kit.types()
    for _number in range(20):
        receipt = made.reviewed()
        race(
            *(
                lambda r=receipt, who=who: decision.grant(
                    case_id=r.case_id, seq=r.seq, decision="准予使用。", by=who, at=made.AT
                )
                for who in (made.DECIDER, made.OTHER_DECIDER)
            )
        )
    assert Licence.objects.count() == 20
    assert Paper.objects.filter(kind="licence").count() == 20
    serials = sorted(Paper.objects.filter(kind="licence").values_list("serial", flat=True))
    assert serials == list(range(1, 21))
    assert verify.verify().ok


def test_the_price_of_a_grant(typed, django_assert_num_queries):
    """Two statements more than without licences (types; licences lent), seven more with one."""
    plain, giving = made.reviewed(made.SHOP), made.reviewed()

    def grant(receipt):
        decision.grant(
            case_id=receipt.case_id, seq=receipt.seq, decision="准予使用。", by=made.DECIDER,
            at=made.AT,
        )  # fmt: skip

    with django_assert_num_queries(PLAIN):
        grant(plain)
    with django_assert_num_queries(PLAIN + GIVING):
        grant(giving)


PLAIN, GIVING = 19, 7


def test_suspended_lifted_and_replaced_by_a_decider_with_reasons(typed):
    licence = kit.issued()

    def act(verb, seq, by=made.DECIDER, reason="证面内容有误，需要核查", **more):
        return verb(licence_id=licence.pk, seq=seq, reason=reason, by=by, at=made.AT, **more)

    assert refused(lambda: act(actions.suspend, 1, by=made.CLERK)).status == 404
    assert refused(lambda: act(actions.suspend, 1, by=made.COUNTY_DECIDER)).status == 404
    assert refused(lambda: act(actions.suspend, 1, reason="无")).code == "reason-missing"
    act(actions.suspend, 1)
    assert queries.standing_by_number(licence.number, on=DAY).state == rules.SUSPENDED
    assert refused(lambda: act(actions.suspend, 1)).code == "licence-moved-on"
    assert refused(lambda: act(actions.suspend, 2)).code == "licence-state"
    act(actions.lift, 2)
    new = act(actions.replace, 3)
    licence.refresh_from_db()
    assert (licence.state, new.state, new.replaces_id) == ("replaced", "active", licence.pk)
    assert (new.valid_to, new.paper.replaces_id) == (licence.valid_to, licence.paper_id)
    assert new.number == "青溪政宅批证〔2026〕2号"
    made.seal_papers(licence.stream_of_case.removeprefix("case:"))
    standing = queries.standing_by_number(licence.number, on=DAY)
    assert (standing.state, standing.replaced_by) == ("replaced", new.number)
    assert refused(lambda: act(actions.lift, 4)).code == "licence-state"


def test_a_licence_expires_by_its_day(typed):
    licence = kit.issued()
    last = licence.valid_to
    assert queries.standing_by_number(licence.number, on=last).good
    after = last.replace(day=last.day + 1)
    assert queries.standing_by_number(licence.number, on=after).state == rules.EXPIRED


def test_it_falls_with_the_result_it_rests_on(typed):
    """Revoked in the transaction of the revocation, never before and never after."""
    done = granted_allowance(made.allowance(states={3: "promised"}, promised_how="paper"))
    false = promises.check(
        case_id=done.case_id, seq=done.seq, position=3, kept=False, finding="收入与承诺不符",
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    licence = Licence.objects.get()
    assert licence.state == "active"
    promises.revoke(
        case_id=done.case_id, seq=false.seq, reason="承诺不实，撤销", by=made.CIVIL_DECIDER,
        at=made.AT,
    )  # fmt: skip
    licence.refresh_from_db()
    assert (licence.state, licence.seq) == ("revoked", 2)
    assert Entry.objects.filter(kind="licence.revoked", stream=licence.stream, seq=2).exists()


def test_who_may_see_one_finds_it_in_the_register(typed):
    """visible_to and may_see say the same of every post."""
    licence = kit.issued()
    actors = [
        made.CLERK,
        made.MANAGER,
        made.VILLAGER,
        made.EXAMINER,
        made.DECIDER,
        made.COUNTY_DECIDER,
        made.CIVIL_DECIDER,
        made.RESIDENT,
        made.PUBLIC,
        made.SYSTEM,
    ]
    actors += [
        made.Actor(200, "试样", role, 200, organ, "", made.TOWN)
        for role in ("custodian", "bureau", "auditor", "operator", "manager", "decider")
        for organ in ("", made.GOVERNMENT, made.APPROVAL)
    ]
    for actor in actors:
        found = Licence.objects.filter(permissions.visible_to(actor), pk=licence.pk).exists()
        assert found == bool(permissions.may_see(actor, licence)), actor
