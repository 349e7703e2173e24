"""Asking the ruling and reading the register of grants."""

import pytest

from tests.factories import county as made
from tests.support.reading import facts, links, read, words

QUESTION = {"item": made.SHOP, "place": made.VILLAGE, "outlet": "", "on": "2026-09-09"}


def test_ruling_in_words(bureau):
    page = read(bureau.get("/desk/ruling", QUESTION))
    said = facts(page)
    assert said["决定"] == "青禾县青溪镇人民政府"
    assert said["以谁的名义"] == "青禾县行政审批服务局"
    assert said["授权文书"] == made.GRANT
    assert said["收件的服务点"] == "青溪镇便民服务中心"  # not asked for: the place's own
    assert "委托" in words(page.main) and "待县确认" in words(page.main)


@pytest.mark.parametrize(
    "item", ["QH-01-002 小店登记", "小店登记", "qh-01-002", " 小店登 "], ids=str.strip
)
def test_item_by_code_or_name(bureau, item):
    answer = bureau.get("/desk/ruling", QUESTION | {"item": item})
    assert answer.status_code == 200 and "小店登记" in facts(read(answer))["事项"]


def test_what_is_not_clear_is_asked_again(bureau):
    answer = bureau.get("/desk/ruling", QUESTION | {"item": "小店", "place": "火星", "on": "昨天"})
    page = read(answer)
    assert answer.status_code == 422
    summary = words(page.select_one("[data-error-summary]"))
    assert "有2个名称含“小店”" in summary and "没有找到“火星”" in summary
    assert page.select_one("input[name=place]")["value"] == "火星"


def test_a_ruling_that_says_no_says_why(bureau):
    page = read(bureau.get("/desk/ruling", QUESTION | {"item": made.WATER}))
    assert "这里不能收件" in words(page) and "青禾供水公司" in words(page)


def test_before_the_grant_the_owner_decides(bureau):
    said = facts(read(bureau.get("/desk/ruling", QUESTION | {"on": "2021-01-15"})))
    assert said["决定"] == "青禾县行政审批服务局"


def test_a_day_before_everything(bureau):
    answer = bureau.get("/desk/ruling", QUESTION | {"on": "1999-01-01"})
    assert answer.status_code == 404 and "还没有施行" in words(read(answer))


def test_register_of_grants_on_a_day(bureau):
    page = read(bureau.get("/desk/grants"))
    row = words(page.select_one("tbody tr"))
    assert made.GRANT in row and "有效" in row
    assert "青禾县行政审批服务局 → 青禾县青溪镇人民政府" in row
    assert "小店登记" in row and "至 2031-01-31" in row and "业务专用章（1）" in row
    early = read(bureau.get("/desk/grants?on=2021-01-15"))
    assert "未生效" in words(early.select_one("tbody tr"))
    late = read(bureau.get("/desk/grants?on=2031-02-01"))
    assert "已到期" in words(late.select_one("tbody tr")) and "撤销 " not in words(late.tbody)
    none = read(bureau.get("/desk/grants?state=revoked"))
    assert "没有这样的授权文书" in words(none)
    assert bureau.get("/desk/grants?on=2026-99-99").status_code == 200


def test_revoking_is_offered_to_the_bureau_alone_where_the_register_is_kept(bureau, decider):
    listed = links(read(bureau.get("/desk/grants")))
    assert listed[f"撤销 {made.GRANT}"].startswith("/powers/grants/")
    assert "撤销" not in [words(link) for link in read(decider.get("/desk/grants")).select("td a")]
    assert bureau.get(listed[f"撤销 {made.GRANT}"]).status_code == 200


def test_prices(bureau, django_assert_num_queries):
    bureau.get("/desk/ruling", QUESTION)
    with django_assert_num_queries(4):  # session, person, post, standing order
        bureau.get("/desk/ruling", QUESTION)
    with django_assert_num_queries(5):  # and the seals of the one organ that grants
        bureau.get("/desk/grants")
