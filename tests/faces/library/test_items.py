"""What the library shows of items: the list, one item in words, every path, versions. Clauses T2.2,
T2.8."""

import pytest

from tests.faces.library.conftest import ITEM, WHOLE, county_post, example
from tests.faces.library.reading import press, read, words
from tests.factories import county as made
from yichuang.catalogue import authoring, queries
from yichuang.catalogue.models import ItemVersion

PAGES = {
    "/library/": 7,  # three of each are for who asks
    f"/library/items/{ITEM}": 16,
    f"/library/items/{ITEM}/paths": 11,
    f"/library/items/{ITEM}/try": 11,
    f"/library/items/{ITEM}/examples": 14,
    f"/library/items/{ITEM}/versions": 8,
    f"/library/items/{ITEM}/sayings": 9,
    "/library/drafts": 5,
    "/library/misses": 5,
    "/library/sayings.csv": 4,
}


@pytest.mark.parametrize(("path", "most"), PAGES.items())
def test_pages_cost_a_fixed_number_of_statements(owner, path, most, django_assert_max_num_queries):
    example()
    owner.get(path)  # fills what is kept in memory
    with django_assert_max_num_queries(most):
        assert owner.get(path).status_code == 200


def test_the_header_names_the_county(owner):
    """Seen to fail with `request.county` not set: it said 一窗."""
    said = words(owner.get("/library/"))
    assert "青禾县" in said.partition("事项库")[0]


def test_the_list_tells_of_each_item_what_is_open(owner, draft):
    example()
    said = words(owner.get("/library/?q=QH-05-002"))
    assert "共1项" in said
    assert "第1版" in said
    assert "4个" in said  # questions
    assert "1个" in said  # examples
    assert "起草中" in said
    assert "目录归属" in said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=asks", 1),
        ("state=plain", 6),
        ("state=draft", 0),
        ("state=examples", 1),
        ("domain=民政", 2),
        ("q=用水", 1),
        ("q=water", 1),
        ("state=nonsense&page=99999999", 7),
        ("page=2", 7),
    ],
)
def test_the_list_can_be_narrowed(owner, query, found):
    assert f"共{found}项" in words(owner.get(f"/library/?{query}"))


def test_an_item_is_shown_without_any_code(owner):
    said = words(owner.get(f"/library/items/{ITEM}"))
    assert "“谁来申请？”答“替别人办”" in said
    assert "还要交 ：授权委托书" in said
    assert "“谁来申请？”答“本人来办”，并且“申请补贴的人满16周岁了吗？”答“没满”" in said
    assert "只在这时问：“全家每人每月收入在标准以下吗？”答“在标准以下”" in said
    assert "disabled" not in said


def test_every_path_is_listed_with_its_exact_list(owner):
    """Twelve ways to answer; the two that are stopped for a contradiction or for another item tell
    so instead of a number."""
    guide = queries.item_guide(ITEM, made.AT.date())
    said = words(owner.get(f"/library/items/{ITEM}/paths"))
    assert "一共有12种情形" in said
    assert f"{len(guide.exact(WHOLE))}份" in said
    assert "没满16周岁的，要由监护人来办" in said


def test_two_versions_are_compared_with_marks_for_eye_and_ear(owner):
    by, other = county_post(130, "甲"), county_post(131, "乙")
    draft_id = authoring.begin_draft(item_code=ITEM, by=by, at=made.AT)
    content = {"promised_days": 11, "name": "生活困难补贴发放"}
    authoring.save_draft(draft_id=draft_id, seq=1, content=content, by=by, at=made.AT)
    seq = authoring.mark_ready(draft_id=draft_id, seq=2, by=by, at=made.AT)
    day = made.after(3).date()
    # the standing order's stamp is not needed here, so the catalogue's own verb does
    authoring.publish_draft(draft_id=draft_id, seq=seq, effective_on=day, by=other, at=made.AT)
    answer = owner.get(f"/library/items/{ITEM}/versions?a=2&b=1")
    page = answer.content.decode()
    assert '<del><span class="zw-visually-hidden">删去 </span>0</del>' in page
    assert '<ins><span class="zw-visually-hidden">新增 </span>1</ins>' in page
    assert "尚未施行" in words(answer)
    assert "还有第2版" in words(owner.get(f"/library/items/{ITEM}"))


@pytest.mark.parametrize(
    "path",
    [
        "/library/items/NO-1",
        f"/library/items/{ITEM}?version=9",
        f"/library/items/{ITEM}/versions?a=1&b=x",
        "/library/drafts/99",
    ],
)
def test_what_is_not_there_is_said_in_words(owner, path):
    answer = owner.get(path)
    assert answer.status_code == 404
    assert "没有" in words(answer)


def test_an_auditor_reads_everything_and_changes_nothing(auditor, owner, draft):
    example()
    for path in (f"/library/items/{ITEM}", f"/library/items/{ITEM}/examples", draft):
        assert not [form for form in read(auditor.get(path)).forms if "/library/" in form[0]
            and form[1] == "post"], path  # fmt: skip
    for path, sent in {
        f"/library/items/{ITEM}/draft": {},
        f"/library/items/{ITEM}/examples": {"name": "x", "q_who": "self"},
        f"{draft}/do/drop": {"seq": 1},
        f"{draft}/publish": {"seq": 1, "effective_on": "2026-10-01"},
        f"{draft}/basic": {"seq": 1},
        "/library/misses/answer": {"item": ITEM, "said": "x"},
        "/library/misses/dismiss": {"text": "x"},
    }.items():
        answer = auditor.post(path, sent)
        assert answer.status_code == 403, path
        assert "县局岗位" in words(answer), path
    assert ItemVersion.objects.filter(item=ITEM).count() == 1


def test_a_window_has_no_business_here(sit_down):
    clerk = sit_down(made.CLERK)
    assert clerk.get("/library/").status_code == 403


def test_begin_twice_leads_to_the_one_draft(owner, draft):
    answer = press(
        owner, f"/library/items/{made.HOUSE}", action=f"/library/items/{made.HOUSE}/draft"
    )
    assert answer.status_code == 302
    assert owner.post(f"/library/items/{ITEM}/draft")["Location"] == draft
