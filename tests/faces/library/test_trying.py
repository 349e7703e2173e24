"""Walking the questions, and keeping what was walked as an example. Clause T2.2."""

import pytest

from tests.faces.library.conftest import ITEM, WHOLE, example
from tests.faces.library.reading import press, words
from tests.factories import county as made
from yichuang.cases.rules import MaterialEntry
from yichuang.catalogue import queries
from yichuang.catalogue.models import Example
from yichuang.journal.models import Entry

TRY = f"/library/items/{ITEM}/try"


def query(**answers):
    return TRY + "?" + "&".join(f"q_{key}={value}" for key, value in answers.items())


def test_the_next_question_is_asked_and_the_list_is_there_at_once(owner):
    said = words(owner.get(query(who="other", age="adult")))
    assert "全家每人每月收入在标准以下吗？" in said
    assert "家里有持证残疾人吗？" not in said
    assert "答到这里的结果" in said
    assert "授权委托书" in said


def test_a_whole_walk_shows_the_exact_outcome(owner):
    said = words(owner.get(query(**WHOLE)))
    assert "5 份材料要带" in said
    assert "收入证明 由民政部门自行核对" in said
    assert "上门看望核实" in said


def test_an_answer_left_behind_counts_no_more(owner):
    """Income is answered anew: the disability that was asked before leads nowhere."""
    said = words(owner.get(query(who="other", age="adult", income="high", disabled="yes")))
    assert "请改办困难补助认定" in said
    assert "残疾人证" not in said


@pytest.mark.parametrize("given", [{"who": "nobody"}, {"who": ""}, {"strange": "yes"}])
def test_an_answer_that_is_none_is_asked_again(owner, given):
    assert "谁来申请？" in words(owner.get(query(**given)))


def test_a_walk_is_kept_as_an_example(owner):
    """Seen to fail when the answers on the page were not sent along."""
    action = f"/library/items/{ITEM}/examples"
    answer = press(owner, query(**WHOLE), action=action, name="替父母办、有残疾证")
    assert answer.status_code == 302
    kept = Example.objects.get()
    assert kept.answers == WHOLE
    assert "收入证明" not in kept.expected["materials"]
    assert Entry.objects.filter(kind="catalogue.example-recorded").count() == 1
    again = press(owner, query(**WHOLE), action=action, name="替父母办、有残疾证")
    assert again.status_code == 409
    assert "已经有名为" in words(again)
    assert "5 份材料要带" in words(again)  # the walk is not lost


def test_an_unfinished_walk_is_not_kept(owner):
    sent = {"name": "半截", "q_who": "self"}
    answer = owner.post(f"/library/items/{ITEM}/examples", sent)
    assert answer.status_code == 422
    assert "还没有回答" in words(answer)


def test_an_example_can_be_retired(owner):
    number = example()
    assert "替别人办" in words(owner.get(f"/library/items/{ITEM}/examples"))
    owner.post(f"/library/items/{ITEM}/examples/{number}/retire")
    assert "还没有样例" in words(owner.get(f"/library/items/{ITEM}/examples"))


def test_a_real_case_lends_its_answers_and_nothing_else(owner):
    guide = queries.item_guide(ITEM, made.AT.date())
    handed = tuple(MaterialEntry(m.seq) for m in guide.exact(WHOLE) if not m.held)
    case = made.case(made.taken_in(ITEM, situation=WHOLE, materials=handed, answers={}))
    answer = owner.get(f"{TRY}/case?number={case.number}", follow=True)
    said = words(answer)
    assert f"答案取自办件{case.number}" in said
    assert "5 份材料要带" in said
    assert made.NAME[0] + "*" not in said
    elsewhere = owner.get(f"/library/items/{made.HOUSE}/try/case?number={case.number}")
    assert elsewhere.status_code == 422
    assert "没有可用的情形答案" in words(elsewhere)


def test_an_unknown_case_number_is_said(owner):
    answer = owner.get(f"{TRY}/case?number=NONE-1")
    assert answer.status_code == 404
    assert "谁来申请？" in words(answer)


def test_a_draft_is_tried_like_a_version(owner, draft):
    said = words(owner.get(f"{draft}/try?q_who=other"))
    assert "办事人还看不到" in said
    assert "授权委托书" in said
