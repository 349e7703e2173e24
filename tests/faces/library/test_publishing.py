"""From a draft to a version in force: checked, replayed, published by a second person. Clause T2.8."""

import pytest

from tests.faces.library.conftest import ITEM, begin, example
from tests.faces.library.reading import form, press, words
from yichuang.catalogue.models import DraftVersion, Example, ItemVersion
from yichuang.journal.models import Entry


def handed_over(browser, draft, **change):
    """The draft with a change, handed over to be published."""
    assert (
        press(browser, f"{draft}/basic", **(change or {"name": "生活困难补贴"})).status_code == 302
    )
    assert press(browser, draft, action=f"{draft}/do/ready").status_code == 302


def publish(browser, draft, **changes):
    sent = {"effective_on": "2026-10-01", **changes}
    return press(browser, draft, action=f"{draft}/publish", **sent)


def test_a_second_person_publishes(owner, colleague, draft):
    handed_over(owner, draft)
    answer = publish(colleague, draft)
    assert answer.status_code == 302
    version = ItemVersion.objects.get(item=ITEM, version=2)
    assert (version.name, version.valid_from.isoformat()) == ("生活困难补贴", "2026-10-01")
    assert "已发布为第2版" in words(colleague.get(draft))
    assert Entry.objects.filter(kind="catalogue.version-published").count() == 1
    assert "尚未施行" in words(owner.get(f"/library/items/{ITEM}?version=2"))


def test_the_author_is_told_why_somebody_else_must_publish(owner, colleague, draft):
    """Seen to fail when only the button was left out and the verb asked for a county post alone."""
    handed_over(owner, draft)
    assert "要由另一个人核对后发布" in words(owner.get(draft))
    sent = form(colleague.get(draft), f"{draft}/publish")
    answer = owner.post(f"{draft}/publish", sent)
    assert answer.status_code == 403
    assert "要由另一个人核对后发布" in words(answer)
    assert not ItemVersion.objects.filter(version=2).exists()


def test_a_changed_example_must_be_ticked(owner, colleague, draft):
    number = example()
    press(owner, f"{draft}/situations/3", act="remove")  # the row that spares the proof of income
    press(owner, draft, action=f"{draft}/do/ready")
    page = colleague.get(draft)
    assert "有1个样例的结果会变" in words(page)
    assert "会变" in words(page)
    answer = publish(colleague, draft)
    assert answer.status_code == 409
    assert "请逐个核对；确实应当改变的，请明确勾选后再发布" in words(answer)
    assert form(answer, f"{draft}/publish")["effective_on"] == ["2026-10-01"]
    assert publish(colleague, draft, accept=str(number)).status_code == 302
    assert "收入证明" in Example.objects.get().expected["materials"]


@pytest.mark.parametrize(
    ("day", "told"), [("2026-09-08", "最早从"), ("", "请填写"), ("2026-13-40", "正确的日期")]
)
def test_a_day_that_cannot_be_is_said_beside_it(owner, colleague, draft, day, told):
    handed_over(owner, draft)
    answer = publish(colleague, draft, effective_on=day)
    assert answer.status_code == 422
    assert told in words(answer)
    assert DraftVersion.objects.get().state == "ready"


def test_a_faulty_draft_is_not_handed_over(owner, draft):
    press(owner, f"{draft}/basic", promised_days="3")
    sent = {"seq": DraftVersion.objects.get().seq}
    answer = owner.post(f"{draft}/do/ready", sent)
    assert answer.status_code == 422
    assert "各环节合计10个工作日" in words(answer)


def test_nothing_changed_is_nothing_to_hand_over(owner, draft):
    answer = press(owner, draft, action=f"{draft}/do/ready")
    assert answer.status_code == 422
    assert "草稿里还没有任何修改" in words(answer)


def test_an_edit_after_handing_over_takes_it_back(owner, colleague, draft):
    handed_over(owner, draft)
    sent = form(colleague.get(draft), f"{draft}/publish") | {"effective_on": ["2026-10-01"]}
    press(owner, f"{draft}/basic", name="又改了")
    answer = colleague.post(f"{draft}/publish", sent)
    assert answer.status_code == 409
    assert "刚刚被别人改过" in words(answer)


def test_a_note_is_kept_for_whoever_publishes(owner, colleague, draft):
    press(owner, draft, action=f"{draft}/do/note", note="按新条例改")
    handed_over(owner, draft)
    assert "按新条例改" in words(colleague.get(draft))


def test_a_draft_is_dropped_and_another_begun(owner, draft):
    assert press(owner, draft, action=f"{draft}/do/drop").status_code == 302
    assert begin(owner) != draft


@pytest.mark.parametrize("sent", [{}, {"seq": "x"}, {"seq": "9" * 30}])
def test_a_stale_or_strange_seq_moves_nothing(owner, draft, sent):
    answer = owner.post(f"{draft}/do/drop", sent)
    assert answer.status_code == 409
    assert DraftVersion.objects.get().state == "open"


def test_there_is_no_other_verb(owner, draft):
    assert owner.post(f"{draft}/do/burn", {"seq": 1}).status_code == 404
