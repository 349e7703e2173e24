"""Showing by QR: once, in time, by its holder; every look told to the holder."""

from datetime import timedelta

import pytest

from tests.factories import county as made
from tests.factories.racing import race
from tests.licences import kit
from yichuang.journal.models import Entry
from yichuang.licences import actions, queries, showing
from yichuang.licences.models import Licence, Showing
from yichuang.verdict import Refusal

SOON = made.AT + timedelta(minutes=1)


@pytest.fixture
def card(county):
    kit.types()
    return kit.owned()


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def offered(card, at=made.AT, purpose="inspection"):
    licence, holder = card
    return showing.offer(licence_id=licence.pk, purpose=purpose, by=holder, at=at)


def opened(offer, at=SOON, viewer="市场所"):
    return showing.open_(offer.secret, viewer=viewer, by=made.PUBLIC, at=at)


def test_it_is_shown_once_and_the_holder_learns_who_looked(card):
    offer = offered(card)
    assert showing.waiting(offer.secret, at=SOON).licence_name == "建房用地批准书"
    shown = opened(offer)
    assert (shown.holder, shown.state, shown.purpose) == (made.NAME, "active", "现场检查")
    assert made.identity() not in str(shown) and "*" in shown.identity_mask
    again = refused(lambda: opened(offer, at=SOON + timedelta(minutes=1)))
    assert (again.code, again.status) == (
        "showing-used",
        410,
    ) and "2026-09-09 09:01" in again.message
    licence, holder = card
    sheet = queries.mine(licence_id=licence.pk, owner=holder.person_id, on=made.AT.date())
    looked = sheet.history[0]
    assert looked.what == "扫码查看" and "市场所" in looked.by and "现场检查" in looked.note


def test_two_who_scan_at_once_and_one_sees_it(shared_county):
    """20 races. Seen to fail with the guard `used_at=None` taken out of the update."""
    kit.types()
    card = kit.owned()
    for _number in range(20):
        offer = offered(card)
        ends = race(lambda o=offer: opened(o), lambda o=offer: opened(o))
        lost = [end for end in ends if isinstance(end, Exception)]
        assert len(lost) == 1 and lost[0].code == "showing-used", ends
    assert Entry.objects.filter(kind=showing.SHOWN).count() == 20


def test_it_expires_and_a_newer_one_voids_it(card):
    old = offered(card)
    new = offered(card, at=SOON)
    assert refused(lambda: opened(old, at=SOON)).code == "showing-expired"
    late = made.AT + timedelta(minutes=6)
    assert refused(lambda: opened(new, at=late)).code == "showing-expired"
    assert refused(lambda: showing.waiting("wrong", at=SOON)).status == 404
    assert not Showing.objects.exclude(used_at=None).exists()


def test_only_the_hash_of_the_secret_is_kept(card):
    secret = offered(card).secret
    assert len(secret) >= 22
    row = Showing.objects.get()
    assert secret not in str(row.__dict__)
    assert not any(secret in str(entry.payload) for entry in Entry.objects.all())


def test_only_the_holder_shows_and_only_what_is_good(card):
    licence, holder = card
    stranger = kit.resident("13900000001")
    assert refused(lambda: offered((licence, stranger))).status == 404
    assert refused(lambda: offered((licence, made.PUBLIC))).status == 404
    assert refused(lambda: offered(card, purpose="x")).code == "purpose-unknown"
    actions.suspend(
        licence_id=licence.pk, seq=1, reason="核查期间停用", by=made.DECIDER, at=made.AT
    )
    assert refused(lambda: offered(card)).code == "licence-not-in-force"


def test_what_is_scanned_tells_the_state_of_that_moment(card):
    licence, _holder = card
    offer = offered(card)
    actions.suspend(
        licence_id=licence.pk, seq=1, reason="核查期间停用", by=made.DECIDER, at=made.AT
    )
    shown = opened(offer)
    assert shown.state == "suspended" and "核查期间停用" not in str(shown)


def test_a_licence_is_not_seen_before_it_is_sealed(county):
    kit.types()
    made.granted()
    licence, holder = Licence.objects.get(), kit.resident()
    Licence.objects.update(owner_user=holder.person_id)
    (seen,) = queries.wallet(owner=holder.person_id, on=made.AT.date())
    assert not seen.ready and not seen.usable
    assert refused(lambda: offered((licence, holder))).status == 404


def test_a_holder_adds_what_was_given_at_a_counter_by_phone_and_number(county):
    kit.types()
    licence, holder = kit.issued(), kit.resident()
    stranger = kit.resident("13900000001")

    def claim(by, number=kit.NUMBER):
        return actions.claim(identity=number, by=by, at=made.AT)

    assert refused(lambda: claim(stranger)).code == "licence-none-to-claim"
    assert refused(lambda: claim(holder, made.identity(2))).code == "licence-none-to-claim"
    assert claim(holder) == 1
    assert [card.id for card in queries.wallet(owner=holder.person_id, on=made.AT.date())] == [
        licence.pk
    ]
    assert refused(lambda: claim(holder)).code == "licence-none-to-claim"
    entry = Entry.objects.get(kind="licence.claimed")
    assert kit.NUMBER not in str(entry.payload)


def test_whoever_acted_for_the_holder_adds_nothing(county):
    kit.types()
    made.granted_and_sealed(on_behalf="other", facts={"agent": "代办试样"})
    assert (
        refused(lambda: actions.claim(identity=kit.NUMBER, by=kit.resident(), at=made.AT)).status
        == 404
    )


def test_the_price_of_the_wallet(card, django_assert_num_queries):
    licence, holder = card
    with django_assert_num_queries(1):
        queries.wallet(owner=holder.person_id, on=made.AT.date())
    with django_assert_num_queries(2):
        queries.mine(licence_id=licence.pk, owner=holder.person_id, on=made.AT.date())
