"""域内通办 and what an office has already: taken in here, dealt with there, collected elsewhere."""

from datetime import date

import pytest

from tests.factories import county as made
from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import delivery, examination, held, intake, lifecycle, queries
from yichuang.cases.models import Case, CaseMaterial, Transfer
from yichuang.cases.rules import MaterialEntry
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

DAY = date(2026, 9, 10)
INDEX = vault.blind_index(made.identity(), kind="identity")


def elsewhere(**changes):
    """Taken in at the street's counter for a village of the town."""
    return made.accepted(
        made.ALLOWANCE, by=made.STREET_CLERK, outlet_code=made.STREET_CENTRE,
        situation=made.ALONE, facts=made.FORM,
        materials=[MaterialEntry(n) for n in (1, 2, 3, 4)], **changes,
    )  # fmt: skip


def tab(actor, name):
    return [row.number for row in queries.worklist(actor=actor, tab=name, today=DAY).rows]


def test_what_another_town_takes_in_is_sent_on_with_its_times(county):
    """Seen to fail with _goes_elsewhere always saying no."""
    receipt = elsewhere()
    row = Transfer.objects.get()
    assert (row.outlet_id, row.organ_id) == (made.STREET_CENTRE, made.GOVERNMENT)
    assert tab(made.EXAMINER, "transfer") == [receipt.number]
    case = made.case(receipt)
    assert (case.decider_id, case.due_on) == (made.CIVIL, receipt.due_on)
    done = examination.receive_transfer(
        case_id=receipt.case_id, seq=1, by=made.EXAMINER, at=made.after(hours=3)
    )
    assert done.due_on == receipt.due_on  # the clock did not stop
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.EXAMINER, today=DAY)
    assert sheet.transfer.received_at - sheet.transfer.sent_at == made.after(hours=3) - made.AT
    assert sheet.transfer.received_by == made.EXAMINER.name
    assert tab(made.EXAMINER, "transfer") == []
    assert "receive_transfer" not in {event.event for event in sheet.may}


def test_what_is_taken_in_at_home_goes_nowhere(county):
    receipt = made.accepted()
    assert Transfer.objects.count() == 0
    with pytest.raises(Refusal) as caught:
        examination.receive_transfer(case_id=receipt.case_id, seq=1, by=made.EXAMINER, at=made.AT)
    assert caught.value.code == "no-transfer"


def test_whoever_reviews_has_received(county):
    receipt = elsewhere()
    examination.review(
        case_id=receipt.case_id, seq=1, opinion="符合条件，建议准予", agrees=True,
        by=made.EXAMINER, at=made.after(1),
    )  # fmt: skip
    assert Transfer.objects.get().received_at == made.after(1)


def test_a_result_is_collected_where_the_applicant_asked(county):
    """Seen to fail with the collector left out of permissions.owns and of the deliver tab."""
    receipt = made.granted_and_sealed(collect_at=made.STREET_CENTRE)
    assert tab(made.STREET_CLERK, "deliver") == [receipt.number]
    assert tab(made.CLERK, "deliver") == []  # it waits elsewhere
    assert queries.tab_counts(actor=made.STREET_CLERK)["deliver"] == 1
    assert queries.tab_counts(actor=made.CLERK)["deliver"] == 0
    sheet = queries.case_sheet(case_id=receipt.case_id, actor=made.STREET_CLERK, today=DAY)
    assert {row.event for row in sheet.may} == {"deliver"}
    given = delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by=made.NAME, by=made.STREET_CLERK,
        at=made.AT,
    )  # fmt: skip
    assert tab(made.STREET_CLERK, "finish") == [receipt.number]
    end = delivery.close(case_id=receipt.case_id, seq=given.seq, by=made.STREET_CLERK, at=made.AT)
    assert end.state == lifecycle.CLOSED


def test_the_collecting_counter_sees_nothing_before_there_is_a_result(county):
    receipt = made.accepted(collect_at=made.STREET_CENTRE)
    with pytest.raises(Refusal) as caught:
        queries.case_sheet(case_id=receipt.case_id, actor=made.STREET_CLERK, today=DAY)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"collect_at": "nowhere"}, "collect-unknown"),
        ({"collect_at": f"{made.TOWN}-self_service-1"}, "collect-unknown"),
        (
            {
                "collect_at": made.STREET_CENTRE,
                "delivery": "mail",
                "applicant": made.applicant(address="东禾村虚构路1号"),
            },
            "collect-and-mail",
        ),
    ],
)
def test_a_place_that_hands_nothing_over_is_refused(county, changes, code):
    with pytest.raises(Refusal) as caught:
        made.accepted(**changes)
    assert (caught.value.code, caught.value.field) == (code, "collect_at")


def test_ones_own_counter_is_no_place_elsewhere(county):
    assert made.case(made.accepted(collect_at=made.CENTRE)).collect_at_id is None


# --- what is held already -----------------------------------------------------------------------


def found(actor, item=made.ALLOWANCE):
    order = authority.order()
    return held.already_held(
        order, order.item(item, DAY), identity_index=INDEX, on=DAY, actor=actor
    )


def position_of(name):
    (row,) = [m for m in authority.order().item(made.ALLOWANCE, DAY).materials if m.name == name]
    return row.position


def granted_aid():
    """A granted recognition of hardship: the pack says its result is the disability certificate."""
    return made.granted(made.HARDSHIP, decider=made.CIVIL_DECIDER)


def test_an_earlier_result_is_held(county):
    receipt = granted_aid()
    labels = {row.ref for row in found(made.CLERK).values()}
    assert labels == {"id_reader", f"result:{receipt.number}"}
    with_it = {**made.ALONE, "disabled": "yes"}
    position = position_of("残疾人证")
    ref = f"result:{receipt.number}"
    entries = [
        MaterialEntry(1), MaterialEntry(2, "held", held_ref="id_reader"), MaterialEntry(4),
        MaterialEntry(position, "held", held_ref=ref),
    ]  # fmt: skip
    whole = made.allowance(situation=with_it, materials=entries)
    done = intake.take_in(submission=whole, by=made.CLERK, at=made.after(1))
    row = CaseMaterial.objects.get(case_id=done.case_id, position=position)
    assert (row.state, row.held_ref) == ("held", ref)
    entry = Entry.objects.get(stream=f"case:{done.case_id}")
    assert entry.payload["held"] == ["id_reader", ref]


def test_somebody_elses_result_is_not_held(county):
    """Seen to fail without held.check_refs."""
    receipt = granted_aid()
    entries = [
        MaterialEntry(1), MaterialEntry(2), MaterialEntry(4),
        MaterialEntry(position_of("残疾人证"), "held", held_ref=f"result:{receipt.number}"),
    ]  # fmt: skip
    whole = made.allowance(
        situation={**made.ALONE, "disabled": "yes"},
        materials=entries,
        applicant=made.applicant(identity=made.identity(2)),
    )
    with pytest.raises(Refusal) as caught:
        intake.take_in(submission=whole, by=made.CLERK, at=made.after(1))
    assert caught.value.code == "material-not-held"


@pytest.mark.parametrize("ref", ["result:none", "shared:social_card", "x", "id_reader"])
def test_an_invented_reference_is_refused(county, ref):
    entries = [MaterialEntry(1), MaterialEntry(2), MaterialEntry(3)]
    entries.append(MaterialEntry(4, "held", held_ref=ref))
    with pytest.raises(Refusal) as caught:
        intake.take_in(submission=made.allowance(materials=entries), by=made.CLERK, at=made.AT)
    assert caught.value.code == "material-not-held"


def test_a_number_tells_another_counter_nothing_unrecorded(county):
    granted_aid()
    before = Entry.objects.count()
    assert {row.ref for row in found(made.STREET_CLERK).values()} == {"id_reader"}
    assert Entry.objects.count() == before
    seen = held.look_up(
        order=authority.order(), item_code=made.ALLOWANCE, identity_index=INDEX,
        by=made.STREET_CLERK, at=made.after(1),
    )  # fmt: skip
    assert any(row.ref.startswith("result:") for row in seen.values())
    entry = Entry.objects.get(kind="personal-data.looked-up")
    assert entry.author["name"] == made.STREET_CLERK.name and entry.payload["cases"]
    with pytest.raises(Refusal) as caught:
        held.look_up(
            order=authority.order(), item_code=made.ALLOWANCE, identity_index=INDEX,
            by=made.EXAMINER, at=made.AT,
        )  # fmt: skip
    assert caught.value.status == 403


def test_what_a_resident_has_is_their_own(county):
    granted_aid()
    assert dict(found(made.RESIDENT)) == {}
    assert dict(found(Actor(None, "网上申请人", "resident"))) == {}


def test_what_was_handed_in_once_need_not_come_again(county):
    made.granted_and_sealed()
    earlier = intake.take_in(submission=made.allowance(), by=made.CLERK, at=made.AT)
    assert {row.ref for row in found(made.CLERK).values()} == {"id_reader"}  # not ended yet
    Case.objects.filter(pk=earlier.case_id).update(state="closed")
    refs = {row.ref for row in found(made.CLERK).values()}
    assert f"material:{earlier.number}:4" in refs
    assert f"material:{earlier.number}:1" not in refs  # a form is about its own case
