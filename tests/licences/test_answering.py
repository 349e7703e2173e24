"""Other systems: an exact pair, a purpose, a day's limit, and the holder reads it all."""

from datetime import date

import pytest

from tests.factories import county as made
from tests.licences import kit
from yichuang.accounts.models import Post
from yichuang.journal.models import Entry
from yichuang.licences import actions, answering, queries, rules
from yichuang.licences.models import DailyQueries
from yichuang.verdict import Refusal

PROGRAM = made.COUNTY_EXAMINER
BUREAU = made.Actor(120, "县局试样", "bureau", 20, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def asked(county):
    kit.types()
    _user, post, _token = made.posted(PROGRAM)
    admit(post)
    return kit.owned()[0], made.Actor(PROGRAM.person_id, PROGRAM.name, PROGRAM.role, post.pk)


def admit(post, **changes):
    facts = {
        "post_id": post.pk, "name": "税务对接（演示）", "types": ["house"], "daily_limit": 5,
        "basis": "数据共享协议（演示）", "valid_to": date(2026, 12, 31),
    }  # fmt: skip
    return actions.admit(**{**facts, **changes}, by=BUREAU, at=made.AT)


def ask(asked, **changes):
    licence, by = asked
    facts = {
        "number": licence.number, "identity": kit.NUMBER, "purpose": "核对建房资格",
        "with_file": False,
    }  # fmt: skip
    return answering.ask(**{**facts, **changes}, by=by, at=made.AT)


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_an_exact_pair_answers_and_is_told_to_the_holder(asked):
    answer = ask(asked)
    assert set(answer.metadata) == set(rules.METADATA)
    assert answer.metadata["holder"] == made.NAME and answer.state == "active"
    assert answer.metadata["identifier"].startswith("urn:uuid:")
    assert kit.NUMBER not in str(answer) and answer.file_id is None
    licence, _by = asked
    sheet = queries.registered(licence_id=licence.pk, actor=BUREAU, on=made.AT.date())
    assert (sheet.history[0].by, "核对建房资格" in sheet.history[0].note) == (
        "税务对接（演示）", True,
    )  # fmt: skip
    assert kit.NUMBER not in str([e.payload for e in Entry.objects.all()])
    assert ask(asked, with_file=True).file_id == licence.paper.file_id


def test_a_wrong_number_and_a_wrong_holder_are_told_alike(asked):
    wrong = refused(lambda: ask(asked, number="青溪政宅批证〔2026〕99号"))
    other = refused(lambda: ask(asked, identity=made.identity(2)))
    assert (wrong.code, wrong.message) == (other.code, other.message)
    assert wrong.status == 404
    licence, by = asked
    actions.admit(
        post_id=by.post_id, name="税务对接", types=["aid"], daily_limit=5, basis="协议（演示）",
        valid_to=date(2026, 12, 31), by=BUREAU, at=made.AT,
    )  # fmt: skip
    assert refused(lambda: ask(asked)).code == "licence-unknown"


def test_the_days_limit_counts_what_finds_nothing_too(asked):
    for _number in range(4):
        refused(lambda: ask(asked, identity=made.identity(2)))
    ask(asked)
    assert (refused(lambda: ask(asked)).code, refused(lambda: ask(asked)).status) == (
        "too-many-queries", 429,
    )  # fmt: skip
    assert DailyQueries.objects.get().count == 7


def test_who_has_no_leave_asks_nothing(asked):
    licence, by = asked
    stranger = (licence, made.Actor(1, "别的程序", "examiner", 4242))
    assert refused(lambda: ask(stranger)).code == "reader-unknown"
    assert refused(lambda: ask(asked, purpose="查")).code == "reason-missing"
    assert refused(lambda: ask(asked, purpose=f"查{kit.NUMBER}")).code == "identity-in-text"
    reader = queries.readers()[0]
    actions.dismiss(reader_id=reader.pk, by=BUREAU, at=made.AT)
    assert refused(lambda: ask(asked)).code == "reader-unknown"
    post = Post.objects.get(pk=by.post_id)
    assert refused(lambda: actions.admit(
        post_id=post.pk, name="自批", types=["house"], daily_limit=1, basis="没有依据",
        valid_to=date(2027, 1, 1), by=made.DECIDER, at=made.AT,
    )).code == "not-your-post"  # fmt: skip
    assert refused(lambda: admit(post, types=["nothing"])).code == "licence-type-unknown"


def test_an_expired_leave_is_none(asked):
    licence, by = asked
    admit(Post.objects.get(pk=by.post_id), valid_to=date(2026, 9, 8))
    assert refused(lambda: ask(asked)).code == "reader-unknown"
