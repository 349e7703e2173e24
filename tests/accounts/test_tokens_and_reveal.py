"""Programs' tokens, and sealed values shown to people."""

from datetime import timedelta

import pytest

from yichuang.accounts import actions, vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import ApiToken, User
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

from .kit import AT, SYSTEM, posted

pytestmark = pytest.mark.django_db
PLACE = {"table": "cases_party", "row": "7", "column": "number_sealed"}
NUMBER = "11010518991231002X"


def issue(post, days=30):
    return actions.issue_token(
        post=post, label="对接测试", expires_at=AT + timedelta(days=days), by=SYSTEM, at=AT
    )


def invalid(raw, at=AT):
    with pytest.raises(Refusal) as caught:
        actions.actor_for_token(raw, at)
    assert (caught.value.code, caught.value.status) == ("token-invalid", 401)


def test_a_token_gives_its_posts_actor_in_one_statement(django_assert_num_queries):
    user, post = posted()
    raw, token = issue(post)
    with django_assert_num_queries(1):
        actor = actions.actor_for_token(raw, AT, request_id="A7K3-9QF2")
    assert (actor.person_id, actor.role, actor.post_id) == (user.pk, "clerk", post.pk)
    assert (actor.outlet_code, actor.channel) == ("370321110000-centre", "api")
    assert actor.journal_record()["request"] == "A7K3-9QF2"
    assert raw.endswith(token.last_four)


def test_only_the_digest_is_kept():
    raw, token = issue(posted()[1])
    row = ApiToken.objects.values().get(pk=token.pk)
    assert raw not in str(row) + str(list(Entry.objects.values("payload")))


def test_tokens_that_are_no_good():
    user, post = posted()
    raw, token = issue(post)
    invalid("yct_guess")
    invalid("")
    invalid(raw, AT + timedelta(days=30))
    post.ends_on = AT.date()
    post.save()
    assert actions.actor_for_token(raw, AT)
    invalid(raw, AT + timedelta(days=1))
    User.objects.filter(pk=user.pk).update(is_active=False)
    invalid(raw)
    User.objects.filter(pk=user.pk).update(is_active=True)
    for _ in range(2):
        actions.revoke_token(token_id=token.pk, by=SYSTEM, at=AT)
    invalid(raw)
    assert Entry.objects.filter(kind="token.revoked").count() == 1


def test_a_demo_token_is_no_good_in_production(settings):
    raw, _ = issue(posted(demo=True)[1])
    assert actions.actor_for_token(raw, AT)
    settings.MODE = "production"
    invalid(raw)


def test_a_token_must_lie_in_the_future_and_is_not_a_clerks_to_give():
    _, post = posted()
    with pytest.raises(Refusal) as caught:
        issue(post, days=0)
    assert caught.value.code == "token-expired"
    with pytest.raises(Refusal) as caught:
        actions.issue_token(post=post, label="x", expires_at=AT, by=Actor(1, "甲", "clerk"), at=AT)
    assert caught.value.status == 403


def show(by=None, purpose="与证件原件核对", **more):
    return actions.reveal(
        token=vault.seal(NUMBER, **PLACE),
        **{**PLACE, **more},
        purpose=purpose,
        by=by or Actor(5, "演示甲", "clerk", post_id=3),
        at=AT,
        stream="case:7",
    )


def test_showing_a_number_leaves_an_entry_that_does_not_hold_it():
    assert show() == NUMBER
    entry = Entry.objects.get()
    assert (entry.kind, entry.stream) == ("personal-data.revealed", "case:7")
    assert entry.payload == {**PLACE, "purpose": "与证件原件核对"}
    assert entry.author["person"] == "5"


@pytest.mark.parametrize("purpose", ["", "  ", "."])
def test_nothing_is_shown_without_a_purpose(purpose):
    with pytest.raises(Refusal) as caught:
        show(purpose=purpose)
    assert caught.value.code == "purpose-needed" and not Entry.objects.exists()


def test_whoever_runs_the_system_sees_no_numbers():
    for role in ("operator", "system"):
        with pytest.raises(Refusal) as caught:
            show(by=Actor(1, "运维", role))
        assert caught.value.status == 403


def test_nothing_is_shown_when_the_entry_cannot_be_written(monkeypatch):
    def broken(**_):
        raise OSError("no space")

    monkeypatch.setattr("yichuang.journal.actions.record", broken)
    with pytest.raises(OSError, match="no space"):
        show()


def test_a_record_of_another_row_is_not_shown():
    with pytest.raises(vault.VaultError):
        show(row="8")
    assert not Entry.objects.exists()
