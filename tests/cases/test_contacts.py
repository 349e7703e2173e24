"""首问负责: whoever is asked first answers for it until somebody has received it."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import county as made
from tests.factories.racing import race
from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.cases import contact_queries as queries
from yichuang.cases import contacts
from yichuang.cases import handing_permissions as permissions
from yichuang.cases import handing_rules as rules
from yichuang.cases.models import Contact
from yichuang.clock.queries import calendar
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db

COLLEAGUE = Actor(112, "同事试样", "clerk", 12, f"{made.TOWN}-centre", made.CENTRE, made.TOWN)
TODAY = made.AT.date()


def asked(matter="问能不能给老屋翻盖", *, by=made.CLERK, at=made.AT, **more):
    return contacts.open_contact(matter=matter, by=by, at=at, **more)


def handed(*, to=made.STREET_CENTRE, by=made.CLERK):
    logged = asked()
    return contacts.hand_over(
        contact_id=logged.contact_id, seq=1, outlet_code=to, by=by, at=made.AT
    )


def row(logged):
    return Contact.objects.get(pk=logged.contact_id)


def close(logged, outcome, *, by=made.CLERK, **said):
    return contacts.close(
        contact_id=logged.contact_id, seq=logged.seq, outcome=outcome, by=by, at=made.AT, **said
    )


def refused(action, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        action(*args, **kwargs)
    return caught.value


# --- the rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "身份证379901188001010017想办残疾证",
        "３７９９０１１８８００１０１００１７",
        "379901 1880 0101 0017 的老人",
        "号码是37990118800101001x吧",
    ],
)
def test_no_identity_number_stays_in_a_text(text):
    with pytest.raises(Refusal) as caught:
        rules.check_text(text, what="答复", limit=300, field="answer")
    assert caught.value.code == "identity-in-text" and "3799" not in str(caught.value)


@given(st.text(alphabet="0123456789 户号电表", max_size=13))
def test_shorter_numbers_do(text):
    """A household's meter number, a case's serial: not everything in figures is an identity."""
    said = "问" + text
    assert rules.check_text(said, what="答复", limit=300, field="answer") == said.strip()


def test_a_mobile_number_belongs_in_its_own_field():
    assert refused(rules.check_matter, "请回电 138 0000 1234").code == "phone-in-text"


def test_waiting_is_counted_in_working_days(county):
    """Wednesday's question is yellow on Thursday and red on Monday; a weekend makes nobody wait."""
    colours = [
        rules.colour(rules.waited(TODAY, TODAY + timedelta(days=n), calendar())) for n in range(6)
    ]
    assert colours == ["green", "yellow", "yellow", "yellow", "yellow", "red"]
    assert rules.waited(TODAY, TODAY + timedelta(days=4000), calendar()) is None


@given(st.sampled_from(sorted(rules.OUTCOME_SAYS) + ["taken_in", "", "lost"]),
       st.sampled_from(["open", "handed", "received"]), st.booleans())  # fmt: skip
def test_an_outcome_needs_what_it_says(outcome, state, has_case):
    verdict = rules.check_outcome(outcome, state=state, has_case=has_case)
    assert bool(verdict) == (
        (outcome == "taken_in" and has_case)
        or (outcome == "handed_over" and state != "open")
        or outcome in ("answered", "elsewhere", "not_needed")
    )
    assert verdict or (verdict.reason and verdict.remedy)


# --- the life of a contact ------------------------------------------------------------------------


def test_the_first_person_asked_owns_it(county):
    logged = asked(item_code=made.HOUSE, phone="138 0000 1234")
    contact = row(logged)
    assert contact.owner_user == made.CLERK.person_id and contact.state == "open"
    assert contact.number.startswith("SW379901100000C2026")
    assert contact.phone_mask == "138****1234"
    opened = vault.open_(
        contact.phone_sealed, table="cases_contact", row=str(contact.pk), column="phone"
    )
    assert opened == "13800001234"
    entry = Entry.objects.get(stream=contact.stream)
    assert entry.kind == "contact.open" and "1234" not in str(entry.payload)


@pytest.mark.parametrize("by", [made.EXAMINER, made.RESIDENT, made.PUBLIC])
def test_only_a_window_logs(county, by):
    assert refused(asked, by=by).code == "not-a-window-post"


def test_until_it_is_received_it_stays_the_first_persons(county):
    """Seen to fail with the owner changed at the handing over."""
    moved = handed()
    assert row(moved).owner_user == made.CLERK.person_id and row(moved).state == "handed"
    taken = contacts.receive(
        contact_id=moved.contact_id, seq=moved.seq, by=made.STREET_CLERK, at=made.AT
    )
    assert row(taken).owner_user == made.STREET_CLERK.person_id and row(taken).received_at
    assert refused(close, taken, "answered", answer="已经答复了").code == "not-yours"
    done = close(taken, "answered", answer="已电话答复本人", by=made.STREET_CLERK)
    assert row(done).state == "closed"
    kinds = list(Entry.objects.filter(stream=row(done).stream).values_list("kind", "seq"))
    assert kinds == [
        ("contact.open", 1), ("contact.hand_over", 2), ("contact.receive", 3), ("contact.close", 4),
    ]  # fmt: skip


def test_nobody_else_receives_it(county):
    moved = handed()
    for by in (made.CLERK, COLLEAGUE):
        refusal = refused(
            contacts.receive, contact_id=moved.contact_id, seq=moved.seq, by=by, at=made.AT
        )
        assert refusal.code == "not-yours"
    stranger = refused(
        contacts.receive, contact_id=moved.contact_id, seq=moved.seq, by=made.VILLAGER, at=made.AT
    )
    assert (stranger.code, stranger.status) == ("contact-not-found", 404)


def test_a_colleague_does_not_close_it_but_the_manager_may(county):
    logged = asked()
    assert refused(close, logged, "answered", answer="已经答复", by=COLLEAGUE).code == "not-yours"
    assert row(close(logged, "answered", answer="已经答复", by=made.MANAGER)).state == "closed"


def test_an_organ_receives_too(county):
    logged = asked()
    moved = contacts.hand_over(
        contact_id=logged.contact_id, seq=1, organ_code=made.GOVERNMENT, by=made.CLERK, at=made.AT
    )
    contacts.receive(contact_id=moved.contact_id, seq=2, by=made.EXAMINER, at=made.AT)
    assert row(moved).owner_user == made.EXAMINER.person_id


def test_handing_over_names_one_receiver_and_not_oneself(county):
    logged = asked()
    facts = {"contact_id": logged.contact_id, "seq": 1, "by": made.CLERK, "at": made.AT}
    assert refused(contacts.hand_over, **facts).code == "receiver-missing"
    both = {"outlet_code": made.STATION, "organ_code": made.CIVIL}
    assert refused(contacts.hand_over, **facts, **both).code == "receiver-missing"
    itself = refused(contacts.hand_over, **facts, outlet_code=made.CENTRE)
    assert itself.code == "handed-to-yourself"
    assert refused(contacts.hand_over, **facts, organ_code="nobody").code == "organ-unknown"
    assert row(logged).seq == 1


def test_a_warm_hand_over_waits_for_somebody_to_confirm(county):
    """Not connected: it stays with the first person until the applicant or the office says so."""
    logged = asked("接自来水", item_code=made.WATER, to_organ=f"{made.COUNTY}-water")
    assert logged.seq == 2 and row(logged).state == "handed"
    assert row(logged).owner_user == made.CLERK.person_id
    assert refused(close, logged, "handed_over", answer="好").code == "text-missing"
    close(logged, "handed_over", answer="本人来电说供水公司已登记")
    assert row(logged).outcome == "handed_over"


def test_one_breath_may_log_and_end_it(county):
    """Told why nothing is needed, or sent to another outlet: two entries, one transaction."""
    over = asked("问要不要办准生证", outcome="not_needed", answer="已改为生育登记，不用审批")
    assert row(over).state == "closed" and row(over).outcome == "not_needed"
    sent = asked("问办残疾证", to_outlet=made.STREET_CENTRE)
    assert row(sent).state == "handed" and row(sent).owner_user == made.CLERK.person_id
    kinds = Entry.objects.filter(stream__startswith="contact:").values_list("kind", "seq")
    assert list(kinds) == [
        ("contact.open", 1), ("contact.close", 2), ("contact.open", 1), ("contact.hand_over", 2),
    ]  # fmt: skip
    before = Contact.objects.count()
    assert refused(asked, outcome="not_needed", answer="不").code == "text-missing"
    assert refused(asked, to_outlet=made.CENTRE).code == "handed-to-yourself"
    assert refused(asked, outcome="handed_over", answer="村里接下了").code == "not-handed-over"
    assert Contact.objects.count() == before


def test_a_case_taken_in_closes_it(county):
    logged, case = asked(item_code=made.HOUSE), made.taken_in()
    assert refused(close, logged, "taken_in").code == "case-missing"
    other = made.accepted(
        made.SHOP, place_code=made.STREET, outlet_code=made.STREET_CENTRE, by=made.STREET_CLERK
    )
    unseen = refused(close, logged, "taken_in", case_number=other.number)
    assert unseen.code == "case-not-found"
    close(logged, "taken_in", case_number=f" {case.number.lower()} ")
    assert row(logged).case_id == case.case_id


def test_closing_says_what_came_of_it(county):
    logged = asked()
    for outcome in ("answered", "elsewhere", "not_needed"):
        assert refused(close, logged, outcome, answer=" ").code == "text-missing"
    assert refused(close, logged, "answered", answer="答" * 1001).code == "text-too-long"
    assert refused(close, logged, "handed_over", answer="村里接下了").code == "not-handed-over"
    assert (
        row(logged).state == "open" and Entry.objects.filter(stream=row(logged).stream).count() == 1
    )


def test_a_page_drawn_earlier_moves_nothing(county):
    logged = asked()
    close(logged, "not_needed", answer="住址没有变，不用办")
    late = refused(close, logged, "answered", answer="已经答复")
    assert late.code == "moved-on" and late.status == 409 and made.CLERK.name in late.message


@pytest.mark.django_db(transaction=True)
def test_two_who_receive_at_once_are_one(shared_county):
    """Seen to fail with the guard on seq left out of guarded.step_on."""
    moved = handed()
    second = Actor(113, "街道另试", "clerk", 13, "", made.STREET_CENTRE, made.STREET)

    def receive(by):
        return lambda: contacts.receive(
            contact_id=moved.contact_id, seq=moved.seq, by=by, at=made.AT
        )

    outcomes = race(receive(made.STREET_CLERK), receive(second))
    assert sorted(type(one).__name__ for one in outcomes) == ["Logged", "Refusal"]
    assert Entry.objects.filter(stream=row(moved).stream).count() == 3


# --- lists and who sees them ----------------------------------------------------------------------


def test_lists_of_a_person_and_an_outlet(county):
    first = asked("先问的", at=made.after(-5))
    second = asked("后问的")
    asked("同事问的", by=COLLEAGUE)
    moved = handed(to=made.STREET_CENTRE)

    def listed(tab, by=made.CLERK):
        return [one.number for one in queries.contacts(actor=by, tab=tab, today=TODAY)]

    assert listed("mine") == [first.number, second.number, moved.number]
    assert len(listed("outlet")) == 4
    assert listed("to_us", made.STREET_CLERK) == [moved.number]
    assert listed("mine", COLLEAGUE) != listed("mine")
    assert queries.counts(actor=made.CLERK) == {"mine": 3, "to_us": 0, "outlet": 4}
    close(second, "answered", answer="已经答复")
    assert listed("closed") == [second.number]
    rows = queries.contacts(actor=made.CLERK, tab="mine", today=TODAY)
    assert [one.colour for one in rows] == ["red", "green"]


def test_the_price_of_a_list_and_a_sheet(county, django_assert_max_num_queries):
    logged = [asked(item_code=made.HOUSE) for _n in range(5)][0]
    queries.contacts(actor=made.CLERK, tab="mine", today=TODAY)
    with django_assert_max_num_queries(2):
        queries.contacts(actor=made.CLERK, tab="mine", today=TODAY)
    with django_assert_max_num_queries(3):
        sheet = queries.contact_sheet(contact_id=logged.contact_id, actor=made.CLERK, today=TODAY)
    assert sheet.may == ("hand_over", "close") and sheet.mine
    assert sheet.owner == made.CLERK.name and sheet.item_name


def test_one_that_is_not_there_reads_like_one_that_is_not_yours(county):
    logged = asked()
    facts = {"actor": made.VILLAGER, "today": TODAY}
    theirs = refused(queries.contact_sheet, contact_id=logged.contact_id, **facts)
    none = refused(queries.contact_sheet, contact_id=uuid.uuid4(), **facts)
    assert (str(theirs), theirs.status) == (str(none), none.status)


ACTORS = st.builds(
    Actor,
    person_id=st.sampled_from([None, 101, 111, 900]),
    name=st.just("某人"),
    role=st.sampled_from([*roles.ROLES, "unheard-of"]),
    organ_code=st.sampled_from(["", made.GOVERNMENT, f"{made.COUNTY}-water", "nobody"]),
    outlet_code=st.sampled_from(["", made.CENTRE, made.STREET_CENTRE, made.STATION, "nowhere"]),
)


def test_visible_and_may_see_agree_and_whoever_acts_sees(county):
    """Seen to fail with the receiving outlet left out of visible_contacts."""
    handed()
    asked(by=made.VILLAGER)
    asked("接自来水", item_code=made.WATER, to_organ=f"{made.COUNTY}-water")
    moved = asked()
    contacts.hand_over(
        contact_id=moved.contact_id, seq=1, organ_code=made.GOVERNMENT, by=made.CLERK, at=made.AT
    )
    rows, seen = list(Contact.objects.all()), set()

    @settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(ACTORS)
    def agree(actor):
        one_by_one = {one.pk for one in rows if permissions.may_see_contact(actor, one)}
        at_once = set(
            Contact.objects.filter(permissions.visible_contacts(actor)).values_list("pk", flat=True)
        )
        assert one_by_one == at_once, actor
        for one in rows:
            acts = any(
                permissions.may_on_contact(actor, step, one) for step in rules.CONTACT.values()
            )
            assert not acts or one.pk in at_once, actor
        seen.add(len(at_once))

    agree()
    assert {0, len(rows)} < seen
