"""The seal register: two people for every entry, and what a pack may not undo."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.accounts.queries import actor_in
from yichuang.documents import (
    permissions,
    register,
    register_rules,
    rules,
    seal_queries,
    seal_rules,
)
from yichuang.documents.models import Seal, SealEvent
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

SEAL = f"{made.TOWN}-gov-main"
EVENTS = tuple(register_rules.MOVES)


def person(number, role, organ, outlet="", place=made.TOWN):
    _user, post, _token = made.posted(Actor(number, f"试样{number}", role, 1, organ, outlet, place))
    return actor_in(post)


@pytest.fixture
def keeper(county):
    return person(301, "custodian", made.GOVERNMENT)


@pytest.fixture
def head(county):
    return person(302, "manager", f"{made.TOWN}-centre", made.CENTRE)


@pytest.fixture
def bureau(county):
    return person(303, "bureau", made.APPROVAL, place=made.COUNTY)


@pytest.fixture
def stranger(county):
    return person(304, "custodian", made.STREET_OFFICE, place=made.STREET)


def ask(event, by, **more):
    return register.ask(seal_code=SEAL, event=event, reason="试样事由", by=by, at=made.AT, **more)


def settle(asked, by, agrees=True, **more):
    return register.settle(event_id=asked.event_id, agrees=agrees, by=by, at=made.AT, **more)


def state():
    return Seal.objects.get(pk=SEAL).state


def refused(code, action, *args, **more):
    with pytest.raises(Refusal) as caught:
        action(*args, **more)
    assert caught.value.code == code, caught.value


def test_a_seal_through_its_whole_life(keeper, head, bureau):
    asked = ask("hand_out", bureau, custodian_id=keeper.person_id)
    refused("not-the-receiver", settle, asked, head)
    settle(asked, keeper)
    assert Seal.objects.get(pk=SEAL).custodian_id == keeper.person_id

    asked = ask("suspend", keeper)
    assert state() == rules.SUSPENDED  # at once, nobody waits for the second person
    settle(asked, head)
    assert state() == rules.SUSPENDED
    settle(ask("resume", keeper), head)
    assert state() == rules.HANDED_OUT
    settle(ask("return", head), bureau)
    assert (state(), Seal.objects.get(pk=SEAL).custodian_id) == (rules.RETURNED, None)
    settle(ask("destroy", head), bureau)
    assert state() == rules.DESTROYED
    for event in EVENTS:
        refused("seal-event-not-now", ask, event, bureau, custodian_id=keeper.person_id)
    kinds = Entry.objects.filter(stream=f"seal:{SEAL}").order_by("index")
    assert list(kinds.values_list("kind", flat=True)) == ["seal.asked", "seal.confirmed"] * 5


def test_nobody_confirms_their_own(keeper, head, bureau):
    """Seen to fail with the person left out of may_settle: the database's own check refuses then."""
    asked = ask("return", head)
    refused("same-person", settle, asked, head)
    refused("not-yours-to-withdraw", register.withdraw, event_id=asked.event_id, by=bureau,
            at=made.AT)  # fmt: skip
    register.withdraw(event_id=asked.event_id, by=head, at=made.AT)
    refused("seal-event-settled", settle, asked, bureau)
    assert state() == rules.HANDED_OUT


def test_declining_a_suspension_puts_the_seal_back(keeper, head):
    asked = ask("suspend", head)
    refused("not-yours-to-withdraw", register.withdraw, event_id=asked.event_id, by=head,
            at=made.AT)  # fmt: skip
    refused("reason-missing", settle, asked, keeper, agrees=False)
    settle(asked, keeper, agrees=False, reason="印章在，没有丢")
    assert state() == rules.HANDED_OUT


def test_other_organs_people_neither_see_nor_ask(keeper, stranger, head, bureau):
    refused("seal-not-yours", ask, "suspend", stranger)
    asked = ask("suspend", head)
    refused("seal-not-yours", settle, asked, stranger)
    refused("seal-unknown", seal_queries.seal_sheet, SEAL, stranger)
    refused("not-your-post", ask, "resume", made.DECIDER)


def test_the_county_is_among_those_who_have_a_seal_made_or_destroyed(keeper, head, bureau):
    facts = {
        "code": "new-9", "kind": rules.NUMBERED, "organ_code": made.GOVERNMENT, "number": "9",
        "name": "青溪镇行政审批专用章（9）", "valid_from": date(2026, 9, 9),
        "custodian_title": "印章管理岗", "reason": "新设窗口", "at": made.AT,
    }  # fmt: skip
    asked = register.make(**facts, by=head)
    refused("seal-code-taken", lambda: register.make(**facts, by=head))
    refused("county-needed", settle, asked, keeper)
    settle(asked, bureau)
    row = Seal.objects.get(pk="new-9")
    assert (row.state, row.demonstration) == (rules.MADE, True)
    assert not seal_rules.in_custody(row.state)  # with nobody yet: not to be used


def test_only_a_custodian_in_post_is_handed_a_seal(head, bureau):
    refused("custodian-unknown", ask, "hand_out", bureau, custodian_id=head.person_id)
    refused("custodian-unknown", ask, "hand_out", bureau)


def test_one_open_entry_at_a_time(head, bureau, keeper):
    ask("return", head)
    refused("seal-event-open", ask, "adjust", bureau, change={"approval": "each"})


def test_the_scope_is_adjusted_by_two(head, bureau, keeper):
    change = {
        "approval": "each", "items": [made.HOUSE], "paper_kinds": ["grant_decision"],
        "hours": {"days": [1, 2, 3], "from": "09:00", "to": "17:00"},
    }  # fmt: skip
    refused("seal-change-wrong", ask, "adjust", head, change={"items": ["nothing"]})
    refused("seal-change-wrong", ask, "adjust", head, change={"hours": {"days": [9]}})
    refused("seal-change-wrong", ask, "adjust", head, change={"state": "destroyed"})
    settle(ask("adjust", head, change=change), bureau)
    row = Seal.objects.get(pk=SEAL)
    assert (row.approval, row.items, row.hours) == ("each", [made.HOUSE], change["hours"])


def test_a_real_seals_picture_belongs_to_production_alone(bureau, settings):
    more = {"seal_code": SEAL, "content": b"\x89PNG\r\n\x1a\n", "reason": "印模", "by": bureau,
            "at": made.AT}  # fmt: skip
    refused("picture-demo", register.ask_picture, **more)
    settings.PRODUCTION = True
    refused("picture-wrong", register.ask_picture, **{**more, "content": b"%PDF-1.7"})


def test_a_pack_loaded_again_leaves_the_register_alone(keeper, bureau, head):
    """Seen to fail with the whole row saved, as before the register was kept."""
    settle(ask("hand_out", bureau, custodian_id=keeper.person_id), keeper)
    ask("suspend", keeper)
    made.load()
    row = Seal.objects.get(pk=SEAL)
    assert (row.state, row.custodian_id) == (rules.SUSPENDED, keeper.person_id)


def _draft(**changes):
    row = Seal.objects.get(pk=SEAL)
    facts = {
        "file": "seals.csv", "row": 2, "code": SEAL, "kind": row.kind, "organ_code": row.organ_id,
        "number": row.number, "name": row.name, "valid_from": row.valid_from, "valid_to": None,
        "custodian_title": row.custodian_title,
    }  # fmt: skip
    return register_rules.SealDraft(**{**facts, **changes})


def test_a_seal_renamed_by_a_pack_is_suspended_and_never_another_seal(keeper, bureau, head):
    settle(ask("hand_out", bureau, custodian_id=keeper.person_id), keeper)
    name = Seal.objects.get(pk=SEAL).name
    register.publish_seals([_draft(name="青禾县新名镇人民政府")], by=made.SYSTEM, at=made.AT)
    row = Seal.objects.get(pk=SEAL)
    assert (row.state, row.name) == (rules.SUSPENDED, name)
    event = SealEvent.objects.get(state=rules.PROPOSED)
    register.settle(event_id=event.pk, agrees=True, by=head, at=made.AT)
    refused("seals-invalid", register.publish_seals, [_draft(number="7")], by=made.SYSTEM,
            at=made.AT)  # fmt: skip


def test_a_destroyed_seal_is_not_brought_back_by_a_pack(bureau, head):
    settle(ask("return", head), bureau)
    settle(ask("destroy", head), bureau)
    made.load()
    assert state() == rules.DESTROYED


def test_what_may_be_seen_and_what_is_listed_agree(keeper, head, bureau, stranger):
    for actor in (keeper, head, bureau, stranger, made.DECIDER, made.RESIDENT, made.CLERK):
        rows = Seal.objects.select_related("organ")
        seen = {row.code for row in rows if permissions.may_see(actor, row)}
        listed = set(rows.filter(permissions.visible_to(actor)).values_list("code", flat=True))
        assert seen == listed, actor.role


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_nothing_leads_out_of_destroyed(events):
    now = rules.MADE
    gone = False
    for event in events:
        if register_rules.may_happen(event, now):
            assert not gone
            now = register_rules.MOVES[event][1] or now
            gone = gone or now == rules.DESTROYED
    assert not gone or now == rules.DESTROYED
