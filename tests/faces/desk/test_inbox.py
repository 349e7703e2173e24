"""The worklists by deadline, the find box, and going on to the next."""

import pytest
from django.test import Client

from tests.factories import county as made
from tests.support.reading import links, read, words


def rows(tree):
    return [words(row) for row in tree.select("tbody tr")]


def test_nobody_signed_in_is_sent_to_sign_in(county):
    answer = Client().get("/desk/")
    assert answer.status_code == 302 and answer["Location"].startswith("/staff/login")


@pytest.mark.parametrize("actor", [made.CLERK, made.VILLAGER])
def test_a_window_post_has_no_business_here(sit_down, actor):
    answer = sit_down(actor).get("/desk/")
    assert answer.status_code == 403 and "岗位" in words(read(answer))


def test_nearest_deadline_first_with_words_and_counts(decider):
    made.reviewed(made.HOUSE)
    made.reviewed(made.HOUSE, at=made.after(-30))
    made.accepted(made.HOUSE)
    page = read(decider.get("/desk/"))
    lines = rows(page)
    assert len(lines) == 2
    assert "超期" in lines[0] and "剩" in lines[1]
    assert "村民建房用地审批" in lines[0] and "青溪镇东禾村" in lines[0] and "已审核" in lines[0]
    assert made.NAME not in lines[0]
    tabs = [words(tab) for tab in page.select("nav.zw-tabs a")]
    assert tabs == ["待我办 2", "审核中 1", "特别程序 0", "已决定 0"]


def test_examiner_has_a_list_of_their_own(examiner, county):
    receipt = made.accepted(made.HOUSE)
    made.accepted(made.HYGIENE)  # the county reviews that one
    page = read(examiner.get("/desk/"))
    assert len(rows(page)) == 1
    assert links(page)[receipt.number] == f"/desk/cases/{receipt.case_id}"


def test_empty_list_says_why_and_what_next(decider):
    made.accepted(made.HOUSE)
    page = read(decider.get("/desk/"))
    assert "“待我办”里没有办件" in words(page) and "按期限先后" in words(page)
    assert links(page)["去看“审核中”（1件）"] == "/desk/?tab=coming"


def test_pages_by_key(decider):
    for _turn in range(22):
        made.reviewed(made.HOUSE)
    first = read(decider.get("/desk/"))
    assert len(rows(first)) == 20
    second = read(decider.get("/desk/" + links(first)["下一页"].removeprefix("/desk/")))
    assert len(rows(second)) == 2
    assert not set(rows(first)) & set(rows(second))


def test_unknown_list_and_page_are_refused_in_words(decider):
    assert decider.get("/desk/?tab=nonsense").status_code == 404
    assert decider.get("/desk/?after=nonsense").status_code == 404


def test_find_by_number(bureau):
    receipt = made.accepted(made.HOUSE)
    typed = f" {receipt.number[:8].lower()} {receipt.number[8:].lower()} "
    answer = bureau.get("/desk/find", {"number": typed})
    assert answer["Location"] == f"/desk/cases/{receipt.case_id}"


def test_what_is_not_found_stays_in_the_box(decider):
    answer = decider.get("/desk/find", {"number": "123"})
    page = read(answer)
    assert answer.status_code == 404 and "没有找到这个办件" in words(page)
    assert page.select_one("input[name=number]")["value"] == "123"


def test_another_organs_case_is_not_found(decider):
    receipt = made.accepted(made.HYGIENE)  # town neither reviews nor decides it
    answer = decider.get("/desk/find", {"number": receipt.number})
    assert answer.status_code == 404
    assert decider.get(f"/desk/cases/{receipt.case_id}").status_code == 404


def test_who_only_reads_has_a_find_box_and_no_list(bureau):
    page = read(bureau.get("/desk/"))
    assert page.select_one("input[name=number]") and not page.select("nav.zw-tabs")
    assert links(page)["查看和撤销授权文书"] == "/desk/grants"


def test_manager_sees_the_centres_cases_without_steps(sit_down):
    receipt = made.accepted(made.HOUSE)
    manager = sit_down(made.MANAGER)
    page = read(manager.get("/desk/"))
    assert len(rows(page)) == 1 and "办理中 1" in words(page.select_one("nav.zw-tabs"))
    case = read(manager.get(f"/desk/cases/{receipt.case_id}"))
    assert not case.select("form[action*='/do/']")


def test_next_and_previous_walk_the_list(decider):
    receipts = [made.reviewed(made.HOUSE, at=made.after(-day)) for day in (9, 5, 1)]
    ids = [str(receipt.case_id) for receipt in receipts]
    assert decider.get(f"/desk/next?after={ids[0]}")["Location"].endswith(ids[1])
    assert decider.get(f"/desk/next?before={ids[1]}")["Location"].endswith(ids[0])
    last = decider.get(f"/desk/next?after={ids[2]}", follow=True)
    assert "没有下一件了" in words(read(last))
    assert decider.get("/desk/next?after=nonsense")["Location"].endswith(ids[0])


def test_english_page(decider):
    made.reviewed(made.HOUSE)
    decider.cookies["language"] = "en"
    said = words(read(decider.get("/desk/")))
    assert "Case number" in said and "Approval of land for a villager's house" in said


def test_a_page_of_the_list_costs_the_same_however_long(decider, django_assert_num_queries):
    made.reviewed(made.HOUSE)
    decider.get("/desk/")
    # session, person, post, standing order, counts, list
    with django_assert_num_queries(6):
        decider.get("/desk/")
    for _turn in range(5):
        made.reviewed(made.HOUSE)
    with django_assert_num_queries(6):
        decider.get("/desk/")
