"""Canary: a licence through all its life, and no row of any table tells the holder's number."""

from datetime import date, timedelta

from tests.cases.test_privacy import dump, unpacked
from tests.factories import county as made
from tests.licences import kit
from tests.licences.test_answering import BUREAU, PROGRAM
from yichuang.cases import intake
from yichuang.licences import actions, answering, showing


def test_no_row_tells_the_number_the_phone_or_the_name(county):
    """Only papers name their addressee. Seen to fail with the name left unmasked in issuing."""
    kit.types()
    licence, holder = kit.owned()
    offer = showing.offer(licence_id=licence.pk, purpose="trade", by=holder, at=made.AT)
    soon = made.AT + timedelta(minutes=1)
    showing.open_(offer.secret, viewer="演示检查组", by=made.PUBLIC, at=soon)
    intake.take_in(submission=kit.borrowing(licence), by=made.CLERK, at=made.AT)
    _user, post, _token = made.posted(PROGRAM)
    actions.admit(
        post_id=post.pk,
        name="税务对接（演示）",
        types=["house"],
        daily_limit=5,
        basis="数据共享协议（演示）",
        valid_to=date(2026, 12, 31),
        by=BUREAU,
        at=made.AT,
    )
    answering.ask(
        number=licence.number,
        identity=kit.NUMBER,
        purpose="核对建房资格",
        with_file=True,
        by=made.Actor(PROGRAM.person_id, PROGRAM.name, PROGRAM.role, post.pk),
        at=made.AT,
    )
    actions.replace(
        licence_id=licence.pk, seq=1, reason="证件遗失换发", by=made.DECIDER, at=made.AT
    )
    found = {
        (table, column)
        for table, column, text in dump()
        for canary in (kit.NUMBER, made.PHONE, made.NAME, offer.secret)
        if canary in unpacked(text)
    }
    assert found == {("documents_paper", "content")}
