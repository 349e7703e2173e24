"""Asking the ruling, reading the register of grants, and revoking one."""

import pytest

from tests.faces.desk.reading import facts, links, read, words
from tests.factories import county as made
from yichuang.authority import queries as authority
from yichuang.authority.models import Grant
from yichuang.journal.models import Entry

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


def test_only_the_bureau_may_revoke(decider):
    assert "撤销" not in [words(link) for link in read(decider.get("/desk/grants")).select("td a")]
    address = f"/desk/grants/revoke?number={made.GRANT}"
    assert decider.get(address).status_code == 403
    sent = {"number": made.GRANT, "reason": "另有安排", "on": "2026-09-09"}
    assert decider.post("/desk/grants/revoke", sent).status_code == 403
    assert Grant.objects.get().revoked_on is None


def test_bureau_revokes_with_a_reason(bureau):
    listed = links(read(bureau.get("/desk/grants")))
    page = read(bureau.get(listed[f"撤销 {made.GRANT}"]))
    assert "不能恢复" in words(page) and "期限不变" in words(page)
    sent = {"number": made.GRANT, "reason": "县政府另行决定", "on": "2026-09-10"}
    answer = bureau.post("/desk/grants/revoke", sent, follow=True)
    assert "自2026-09-10起撤销" in words(read(answer))
    entry = Entry.objects.get(kind="authority.grant-revoked")
    assert entry.payload["reason"] == "县政府另行决定" and entry.author["role"] == "bureau"
    ruled = authority.order().ruling(
        made.SHOP, made.VILLAGE, made.CENTRE, Grant.objects.get().revoked_on
    )
    assert ruled.decider == "青禾县行政审批服务局"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"on": "2026-09-08"}, "不能早于今天"),
        ({"reason": ""}, "撤销理由"),
        ({"reason": "  无 "}, "请写明撤销的依据和理由"),
    ],
)
def test_revocation_needs_a_reason_and_a_day_to_come(bureau, change, said):
    sent = {"number": made.GRANT, "reason": "县政府另行决定", "on": "2026-09-10"} | change
    answer = bureau.post("/desk/grants/revoke", sent)
    assert answer.status_code == 422 and said in words(read(answer))
    assert Grant.objects.get().revoked_on is None


def test_revoked_twice_and_unknown(bureau):
    sent = {"number": made.GRANT, "reason": "县政府另行决定", "on": "2026-09-10"}
    bureau.post("/desk/grants/revoke", sent)
    again = bureau.post("/desk/grants/revoke", sent)
    assert again.status_code == 409 and "已经撤销" in words(read(again))
    assert bureau.get("/desk/grants/revoke?number=x").status_code == 404


def test_prices(bureau, django_assert_num_queries):
    bureau.get("/desk/ruling", QUESTION)
    with django_assert_num_queries(4):  # session, person, post, standing order
        bureau.get("/desk/ruling", QUESTION)
    with django_assert_num_queries(5):  # and the seals of the one organ that grants
        bureau.get("/desk/grants")
