"""Applying from home: filing, being asked, supplying, withdrawing."""

import io
from datetime import date

import pytest

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import filing, intake, later, lifecycle, queries
from yichuang.cases.models import Case, CaseMaterial, Pause, Promise
from yichuang.cases.rules import MaterialEntry
from yichuang.documents.models import Paper
from yichuang.files import actions as files
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

AT_HOME = Actor(900, "居民试样", "resident")
STRANGER = Actor(901, "另一居民", "resident")
NOBODY = Actor(None, "网上申请人", "resident")
PROOF, CARD = 3, 4


def upload(by=AT_HOME):
    pdf = io.BytesIO(b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    return str(files.store(stream=pdf, name="证.pdf", kind="material", by=by, at=made.AT).pk)


def file(states=None, *, by=AT_HOME, at=made.AT, **changes):
    """The allowance filed from home; positions 2 to 4 uploaded unless `states` says otherwise."""
    wanted = {1: "submitted", 2: "submitted", PROOF: "submitted", CARD: "submitted"}
    entries = tuple(
        MaterialEntry(n, state, file_id=upload(by) if state == "submitted" and n > 1 else "")
        for n, state in {**wanted, **(states or {})}.items()
    )
    fields = {"outlet_code": "", "materials": entries, "promised_how": "online"}
    form = made.allowance(**{**fields, **changes})
    return filing.file(submission=form, by=by, at=at)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_a_filed_application_is_received_at_the_towns_counter(county):
    receipt = file()
    case = made.case(receipt)
    assert (case.state, case.channel, case.owner_user) == (lifecycle.RECEIVED, "portal", 900)
    assert (case.outlet_id, case.acceptor_id) == (made.CENTRE, made.CENTRE)
    assert receipt.due_on == date(2026, 9, 16)  # five working days to accept or to ask
    assert Paper.objects.get(pk=receipt.paper_id).kind == "receipt"
    assert Entry.objects.get(stream=case.stream).kind == "case.file"
    assert filing.receipt_of(case.pk).number == receipt.number
    lying = queries.worklist(actor=made.CLERK, tab="received", today=date(2026, 9, 10))
    assert [row.number for row in lying.rows] == [receipt.number]
    end = intake.accept(case_id=case.pk, seq=1, by=made.CLERK, at=made.after(1))
    assert made.case(end).accepted_on == date(2026, 9, 10)


def test_where_the_town_does_not_list_it_the_hall_takes_it(county):
    order = authority.order()
    assert filing.outlet_for(order, made.ALLOWANCE, made.VILLAGE, made.AT.date()) == made.CENTRE
    made.close(made.CENTRE)
    hall = filing.outlet_for(authority.order(), made.ALLOWANCE, made.VILLAGE, made.AT.date())
    assert hall == f"{made.COUNTY}-hall"


def test_what_no_counter_takes_is_refused_with_its_reason(county):
    day = made.AT.date()
    refusal = refused(lambda: filing.outlet_for(authority.order(), made.WATER, made.VILLAGE, day))
    assert refusal.code == "guide-only"


def test_staff_file_for_nobody(county):
    for actor in (made.CLERK, made.VILLAGER, made.DECIDER):
        refusal = refused(lambda actor=actor: file(by=actor))
        assert (refusal.code, refusal.status) == ("not-a-resident", 403)


@pytest.mark.parametrize(
    ("states", "changes", "code"),
    [
        ({}, {"facts": {}}, "fact-missing"),
        ({}, {"situation": {}}, "situation-unanswered"),
        ({1: "missing", 2: "missing", 3: "missing", 4: "missing"}, {}, "nothing-handed-in"),
        ({2: "held"}, {}, "material-not-held"),
    ],
)
def test_from_home_the_form_is_whole(county, states, changes, code):
    assert refused(lambda: file(states, **changes)).code == code
    assert Case.objects.count() == 0


def test_what_is_said_to_be_uploaded_is_a_file(county):
    materials = tuple(MaterialEntry(n) for n in (1, 2, 3, 4))
    refusal = refused(lambda: file(materials=materials))
    assert refusal.code == "file-missing" and "居民身份证" in refusal.message


def test_a_strangers_upload_is_not_handed_in(county):
    materials = (
        MaterialEntry(1), MaterialEntry(2, file_id=upload(STRANGER)),
        MaterialEntry(3, "missing"), MaterialEntry(4, "missing"),
    )  # fmt: skip
    assert refused(lambda: file(materials=materials)).code == "file-unknown"


def test_a_promise_online_is_the_signed_in_persons_own(county):
    file({PROOF: "promised"})
    assert Promise.objects.get().signed_how == "online"
    nobody = {1: "submitted", 2: "missing", PROOF: "promised", CARD: "later"}
    assert refused(lambda: file(nobody, by=NOBODY)).code == "promise-needs-sign-in"
    entrusted = refused(lambda: file({PROOF: "promised"}, on_behalf="other"))
    assert entrusted.code == "promise-needs-applicant"
    assert refused(lambda: file({PROOF: "promised"}, promised_how="paper")).code == "promise-way"


def asked_for_two():
    receipt = file({CARD: "missing"})
    return intake.ask_correction(
        case_id=receipt.case_id, seq=1, missing=[PROOF], problem="收入证明没有盖章",
        by=made.CLERK, at=made.after(1),
    )  # fmt: skip


def supply(receipt, entries, *, by=AT_HOME, at=made.after(1)):
    return filing.supply(case_id=receipt.case_id, seq=receipt.seq, supplied=entries, by=by, at=at)


def test_the_day_of_acceptance_is_the_day_all_was_supplied(county):
    """行政许可法 §32. Seen to fail with accept() counting from its own day."""
    asked = asked_for_two()
    part = refused(lambda: supply(asked, [MaterialEntry(PROOF, file_id=upload())]))
    assert part.code == "materials-missing" and "银行卡" in part.message
    assert CaseMaterial.objects.filter(state="missing").count() == 2  # nothing half done
    whole = [MaterialEntry(n, file_id=upload()) for n in (PROOF, CARD)]
    again = supply(asked, whole, at=made.after(5))  # Monday, 14 September
    case = made.case(again)
    assert (again.state, case.paused) == (lifecycle.RECEIVED, False)
    assert again.due_on == date(2026, 9, 20)  # a make-up Sunday
    assert not Pause.objects.filter(ends_on__isnull=True).exists()
    end = intake.accept(case_id=case.pk, seq=again.seq, by=made.CLERK, at=made.after(7))
    assert made.case(end).accepted_on == date(2026, 9, 14)


def test_only_the_applicant_supplies_from_home(county):
    asked = asked_for_two()
    whole = [MaterialEntry(n, file_id=upload()) for n in (PROOF, CARD)]
    assert refused(lambda: supply(asked, whole, by=STRANGER)).status == 404
    assert refused(lambda: supply(asked, whole, by=made.CLERK)).status == 403
    no_file = refused(lambda: supply(asked, [MaterialEntry(PROOF), MaterialEntry(CARD)]))
    assert no_file.code == "file-missing"


def test_nothing_is_asked_for_a_second_time(county):
    """Whether the one notice was given at once or later. Seen to fail without lifecycle.counted."""
    receipt = made.taken_in(outcome="correct", materials=made.handed_in(made.HOUSE, missing=(2,)))
    Case.objects.update(owner_user=900)
    again = supply(receipt, [MaterialEntry(2, file_id=upload())])
    for seq_of in (again, supply(asked_for_two(), [
        MaterialEntry(n, file_id=upload()) for n in (PROOF, CARD)
    ])):  # fmt: skip
        refusal = refused(
            lambda seq_of=seq_of: intake.ask_correction(
                case_id=seq_of.case_id,
                seq=seq_of.seq,
                missing=[1],
                problem="再补一份",
                by=made.CLERK,
                at=made.after(2),
            )  # fmt: skip
        )
        assert refusal.code == "event-only-once"
        sheet = queries.case_sheet(
            case_id=seq_of.case_id, actor=made.CLERK, today=date(2026, 9, 10)
        )
        events = {row.event for row in sheet.may}
        assert "ask_correction" not in events and "accept" in events


def test_silence_after_supplying_is_acceptance_from_that_day(county):
    again = supply(
        asked_for_two(), [MaterialEntry(n, file_id=upload()) for n in (PROOF, CARD)],
        at=made.after(5),
    )  # fmt: skip
    assert queries.overdue_for_acceptance(today=date(2026, 9, 19)) == []
    assert queries.overdue_for_acceptance(today=date(2026, 9, 22)) == [(again.case_id, again.seq)]

    def deem(at):
        return intake.deem_accepted(case_id=again.case_id, seq=again.seq, by=made.SYSTEM, at=at)

    assert refused(lambda: deem(made.after(11))).code == "check-period-runs"
    assert made.case(deem(made.after(12))).accepted_on == date(2026, 9, 14)


def test_what_follows_later_is_uploaded_from_home(county):
    receipt = file({CARD: "later"})
    accepted = intake.accept(case_id=receipt.case_id, seq=1, by=made.CLERK, at=made.after(1))
    paper = Paper.objects.filter(stream=f"case:{receipt.case_id}").first()
    assert paper.content["later"][0]["name"] == "银行卡"
    done = later.supply_later(
        case_id=receipt.case_id, seq=accepted.seq,
        supplied=[MaterialEntry(CARD, file_id=upload())], by=AT_HOME, at=made.after(2),
    )  # fmt: skip
    assert done.state == lifecycle.ACCEPTED


def test_a_resident_withdraws_their_own(county):
    receipt = file()
    assert refused(
        lambda: intake.withdraw(
            case_id=receipt.case_id, seq=1, reason="不办了", by=STRANGER, at=made.AT
        )
    ).status == 404  # fmt: skip
    end = intake.withdraw(case_id=receipt.case_id, seq=1, reason="不办了", by=AT_HOME, at=made.AT)
    assert end.state == lifecycle.WITHDRAWN


def test_one_key_is_one_case(county):
    form = made.allowance(outlet_code="", materials=(
        MaterialEntry(1), MaterialEntry(2, "missing"), MaterialEntry(3, "missing"),
        MaterialEntry(4, "missing"),
    ))  # fmt: skip
    first = filing.file(submission=form, by=AT_HOME, at=made.AT)
    again = filing.file(submission=form, by=AT_HOME, at=made.after(1))
    assert again.replayed and again.case_id == first.case_id
