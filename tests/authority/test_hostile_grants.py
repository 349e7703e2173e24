"""What a clumsy or a hostile hand writes into an instrument."""

from datetime import date, timedelta

import pytest

from tests.authority.test_grants import (
    DAY,
    NUMBER,
    ONE,
    SEALS,
    TWO,
    approved,
    draft,
    drafted,
    edited,
    in_force,
    published,
)
from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.authority import actions
from yichuang.authority.models import Grant
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

WIDE = made.identity().translate(str.maketrans("0123456789", "０１２３４５６７８９"))
ONE_ELSEWHERE = Actor(120, "县局甲", "bureau", 99, made.GOVERNMENT, "", made.COUNTY)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("column", ["number", "text", "notice", "basis", "signatory_title"])
def test_no_identity_number_gets_into_an_instrument(county, column):
    """Published for everybody to read; the number is in addresses and the journal as well."""
    said = refused(lambda: drafted(**{column: f"行政许可法第24条（{WIDE}）"}))
    assert [fault["column"] for fault in said.detail["faults"]] == [column]
    assert not Grant.objects.filter(drafted_person=ONE.person_id).exists()


def test_nor_into_a_reason_which_is_public_too(county):
    in_force()
    for act in (
        lambda why: actions.revoke(number=NUMBER, on=DAY, reason=why, by=ONE, at=made.AT),
        lambda why: actions.suspend(
            number=NUMBER, seq=3, starts_on=DAY, ends_on=None, reason=why, by=ONE, at=made.AT
        ),
    ):
        said = refused(lambda act=act: act(f"因{made.identity()}的举报撤销"))
        assert said.code == "identity-in-text"
    assert made.identity() not in str([entry.payload for entry in Entry.objects.all()])


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x", "公告栏"])
def test_a_notice_is_linked_to_by_a_web_address_only(county, address):
    """A county's folder writes it too, where no form looks."""
    faults = refused(lambda: drafted(notice_url=address)).detail["faults"]
    assert [fault["column"] for fault in faults] == ["notice_url"]


@pytest.mark.parametrize(
    "number", [".", "..", "甲〔2026〕\u202e1号", "甲〔2026〕\u200b1号", "甲\x001号"]
)
def test_a_number_that_is_no_address(county, number):
    """A browser takes “..” out of an address; a mark nobody sees makes a second one look alike."""
    faults = refused(lambda: drafted(number=number)).detail["faults"]
    assert [fault["column"] for fault in faults] == ["number"]


def test_one_person_in_two_posts_is_one_person(county):
    seq = drafted()
    assert refused(lambda: approved(seq, by=ONE_ELSEWHERE)).code == "grant-own-work"
    seq = edited(seq, by=TWO, signatory_title="副主任（示例）")
    for by in (ONE, ONE_ELSEWHERE, TWO):
        assert refused(lambda by=by: approved(seq, by=by)).code == "grant-own-work"


def test_what_was_changed_in_another_browser_is_not_published(county):
    seq = approved(drafted())
    newer = edited(seq, by=TWO, text="另一个浏览器改的")
    assert refused(lambda: published(seq)).code == "grant-moved-on"
    assert refused(lambda: published(newer)).code == "grant-not-now"


def test_an_overlap_made_by_an_edit_is_found(county):
    in_force()
    other = draft(number="青审批委〔2026〕试2号", to_organ=made.GOVERNMENT, places=(made.TOWN,))
    seq = actions.draft_grant(draft=other, seals=SEALS, by=ONE, at=made.AT)
    moved = draft(number=other.number, to_organ=made.GOVERNMENT, places=(made.STREET,))
    said = refused(
        lambda: actions.edit_grant(draft=moved, seq=seq, seals=SEALS, by=ONE, at=made.AT)
    )
    assert any("重叠" in fault["reason"] or "辖区" in fault["reason"]
               for fault in said.detail["faults"])  # fmt: skip


def test_the_last_day_there_is(county):
    in_force(valid_from=DAY, valid_to=date.max)
    seq = actions.suspend(
        number=NUMBER, seq=3, starts_on=date.max, ends_on=date.max, reason="有依据的理由",
        by=ONE, at=made.AT,
    )  # fmt: skip
    seq = actions.lift(
        number=NUMBER, seq=seq, on=date.max, reason="有依据的理由", by=ONE, at=made.AT
    )
    actions.revoke(number=NUMBER, on=date.max, reason="有依据的理由", by=ONE, at=made.AT, seq=seq)


def test_an_end_before_the_beginning(county):
    assert refused(lambda: drafted(valid_to=DAY - timedelta(days=1))).code == "grant-faulty"


def test_a_county_folder_does_not_overlap_what_was_published_here(county):
    """Its own rows were held against each other only."""
    in_force()
    more = draft(number="青审批委〔2026〕试3号", to_organ=made.GOVERNMENT, places=(made.STREET,))
    said = refused(
        lambda: actions.publish(
            competences=(), grants=(more,), effective_on=DAY, by=made.SYSTEM, at=made.AT
        )
    )
    assert said.code == "grant-overlaps" and NUMBER in str(said)
    assert not Grant.objects.filter(pk=more.number).exists()
