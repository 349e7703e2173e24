"""What a clumsy or a hostile hand tries with a licence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import county as made
from tests.licences import kit
from yichuang.licences import actions, queries, rules, showing
from yichuang.verdict import Refusal

PUBLIC = made.Actor(None, "公众", "resident", channel="portal")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HIDDEN = (
    lambda number: number.translate(WIDE),
    lambda number: " ".join(number),
    lambda number: number[:6] + "\u200b" + number[6:],
    lambda number: ".".join((number[:6], number[6:14], number[14:])),
    lambda number: number[:6] + "·" + number[6:],
    lambda number: "x" + number,
    lambda number: number + "号",
    lambda number: "1" + number,
    lambda number: "\ufe0f\u20e3".join(number),
    lambda number: number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("hide", HIDDEN)
def test_no_disguise_gets_a_number_into_a_reason(hide):
    said = rules.check_words(f"因{hide(kit.NUMBER)}撤销", what="原因", limit=300)
    assert said.code == "identity-in-text"


@pytest.mark.parametrize("text", [
    "2026年1月1日至2026年12月31日", "青审批委〔2026〕1号", "见379901001001和379901001002两处",
    "电话13900000001、13900000002", "1、2、3、4、5、6、7、8、9、10、11、12、13、14",
])  # fmt: skip
def test_other_figures_are_no_identity_number(text):
    assert rules.check_words(text, what="原因", limit=300)


def test_a_term_that_was_over_before_the_grant_is_refused_in_words(county, monkeypatch):
    """The database refused it as an error of ours."""
    kit.types(replace(kit.HOUSE_CARD, validity="2026-01-01"))
    assert refused(kit.issued).code == "licence-term-over"


def test_a_licence_replaced_early_in_the_morning_is_ruled_on_of_that_day(county, monkeypatch):
    """Before eight o'clock the day in UTC is the day before."""
    kit.types()
    licence = kit.issued()
    asked = []
    real = actions.authority.Order.ruling

    def ruling(self, item, place, outlet, on, *rest):
        asked.append(on)
        return real(self, item, place, outlet, on, *rest)

    monkeypatch.setattr(actions.authority.Order, "ruling", ruling)
    morning = datetime(2026, 9, 10, 22, 30, tzinfo=UTC)  # the 11th, 06:30, at home
    actions.replace(licence_id=licence.pk, seq=1, reason="证照遗失", by=made.DECIDER, at=morning)
    assert asked == [date(2026, 9, 11)]


def test_a_code_of_a_licence_since_taken_back_says_so_and_an_older_code_is_void(county):
    kit.types()
    licence, holder = kit.owned()
    first = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    second = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    later = made.AT + timedelta(seconds=1)
    void = refused(lambda: showing.open_(first.secret, viewer="", by=PUBLIC, at=later))
    assert void.code == "showing-expired"
    actions.replace(licence_id=licence.pk, seq=1, reason="证照遗失", by=made.DECIDER, at=made.AT)
    seen = showing.open_(second.secret, viewer="=cmd|'/c calc'!A1", by=PUBLIC, at=later)
    assert seen.state == "replaced"


def test_a_wallet_and_a_register_cost_the_same_for_one_card_or_three(county):
    kit.types()
    _licence, holder = kit.owned()

    def cost(read):
        with CaptureQueriesContext(connection, ) as seen:
            read()
        return len(seen)

    day = made.AT.date()
    reads = (
        lambda: queries.wallet(owner=holder.person_id, on=day),
        lambda: queries.register(actor=made.DECIDER, on=day),
    )
    before = [cost(read) for read in reads]
    for number in (2, 3):
        kit.owned(holder, applicant=made.applicant(identity=made.identity(number)))
    assert len(reads[0]()) == 3
    assert [cost(read) for read in reads] == before
