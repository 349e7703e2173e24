"""The register of grants in the browser: drafted, approved by another, published after a look at
what it would change, suspended, revoked; and why a ruling is what it is."""

from urllib.parse import quote

import pytest
from django.test import Client

from tests.factories import county as made
from tests.support.reading import facts, links, read, words
from yichuang.authority import queries
from yichuang.authority.models import Grant, Suspension
from yichuang.journal.models import Entry

NUMBER = "青审批委〔2026〕试1号"
START = {
    "instrument": "entrust", "from_organ": made.APPROVAL, "to_organ": made.STREET_OFFICE,
}  # fmt: skip
SENT = {
    "number": NUMBER, "items": [made.SHOP, made.HYGIENE], "places": [made.STREET],
    "outlets": ["*"], "valid_from": "2026-09-10", "valid_to": "2028-12-31",
    "seal": "379901000000-approval-numbered-1", "signatory_title": "主任（示例）",
    "basis": "行政许可法第24条", "notice": "公告（虚构）", "draft": "on",
}  # fmt: skip
NEW = "/powers/new?" + "&".join(f"{key}={value}" for key, value in START.items())


def at(number=NUMBER, part=""):
    return f"/powers/grants/{quote(number)}{part}"


def state(number=NUMBER):
    return Grant.objects.get(pk=number).state


def drafted(browser, **changes):
    answer = browser.post(NEW, SENT | changes)
    assert answer.status_code == 302, words(read(answer))
    return answer


def acted(browser, verb, number=NUMBER, **sent):
    seq = Grant.objects.get(pk=number).seq
    return browser.post(at(number, f"/{verb}"), {"seq": seq} | sent)


def published(bureau, colleague):
    drafted(bureau)
    assert acted(colleague, "approve").status_code == 302
    assert acted(bureau, "publish").status_code == 302


def test_from_the_first_question_to_force(bureau, colleague):
    start = read(bureau.get("/powers/new"))
    offered = [option["value"] for option in start.select("#id_from_organ option")]
    assert made.APPROVAL in offered and made.GOVERNMENT not in offered  # a grantee has none to give
    form = read(bureau.get(NEW))
    ticks = {box["value"] for box in form.select("input[name=items]")}
    assert ticks == {made.SHOP, made.HYGIENE}  # its own, nobody else's
    places = {box["value"] for box in form.select("input[name=places]")}
    assert made.STREET in places and made.TOWN not in places
    drafted(bureau)
    mine = read(bureau.get(at()))
    assert "要由另一个人批准" in words(mine) and "核对并批准 F9" not in links(mine)
    refused = acted(bureau, "approve")
    assert refused.status_code == 403 and state() == "drafted"
    look = words(read(colleague.get(at(part="/approve"))))
    assert "会改变什么" in look and "青禾县禾苑街道办事处" in look and "文书全文" in look
    assert acted(colleague, "approve").status_code == 302
    page = read(colleague.get(at(part="/publish")))
    before, after = page.select_one("tbody tr").select("td")
    assert "青禾县行政审批服务局决定" in words(before) and "公章" in words(before)
    assert "青禾县禾苑街道办事处决定" in words(after) and "业务专用章" in words(after)
    assert acted(colleague, "publish").status_code == 302
    assert state() == "published"
    story = words(read(bureau.get(at())).select_one(".zw-timeline"))
    assert story.index("公布") < story.index("批准") < story.index("起草")
    assert "县局试样" in story and "同事试样" in story


def test_faults_stand_at_their_fields(bureau):
    sent = SENT | {"valid_to": "2026-09-09", "notice": "", "places": ["379901001001"]}
    answer = bureau.post(NEW, sent)
    page = read(answer)
    assert answer.status_code == 422 and not Grant.objects.filter(pk=NUMBER).exists()
    assert "早于起始日" in words(page.select_one("#id_valid_to").parent)
    assert "第24条" in words(page.select_one("#id_notice").parent)
    assert (
        page.select_one("#id_signatory_title")["value"] == "主任（示例）"
    )  # nothing typed is lost
    kept = page.select_one("input[name=places][checked]")
    assert kept["value"] == "379901001001"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"items": []}, "请至少选一个事项"),
        ({"items": [made.HARDSHIP]}, "不是其中之一|不在|选择"),
        ({"seal": ""}, "请选择所付印章"),
        ({"number": "有 空格"}, "不含空格"),
        ({"number": made.GRANT}, "已经有文号"),
        ({"valid_from": "2026-99-99"}, "日期"),
        ({"max_amount": "-1"}, "0.01"),
        ({"notice_url": "javascript:alert(1)"}, "URL|网址|链接"),
    ],
)
def test_what_cannot_be_saved(bureau, changes, said):
    answer = bureau.post(NEW, SENT | changes)
    assert answer.status_code in (409, 422)
    assert any(part in words(read(answer)) for part in said.split("|")), words(read(answer))
    assert not Grant.objects.filter(pk=NUMBER).exists()


def test_an_edit_gives_up_the_approval_and_an_old_page_saves_nothing(bureau, colleague):
    drafted(bureau)
    acted(colleague, "approve")
    form = read(bureau.get(at(part="/edit")))
    assert form.select_one("#id_notice").get_text().strip() == "公告（虚构）"
    seq = form.select_one("input[name=seq]")["value"]
    assert bureau.post(at(part="/edit"), SENT | {"seq": seq, "notice": "新公告"}).status_code == 302
    assert state() == "drafted"
    late = colleague.post(at(part="/edit"), SENT | {"seq": seq, "notice": "晚了"})
    assert late.status_code == 409 and "刚刚有了新的进展" in words(read(late))
    assert Grant.objects.get(pk=NUMBER).notice == "新公告"


def test_a_published_one_is_not_edited(bureau):
    answer = bureau.get(at(made.GRANT, "/edit"))
    assert answer.status_code == 409 and "另发新文号" in words(read(answer))


def test_revoking_says_first_what_goes_where(bureau):
    receipt = made.accepted(made.SHOP)
    page = read(bureau.get(at(made.GRANT, "/revoke")))
    assert "1 件正在办的件随之转走，期限不变" in words(page) and receipt.number in words(page)
    sent = {"reason": "县政府另行决定", "on": "2026-09-10"}
    answer = acted(bureau, "revoke", made.GRANT, **sent)
    assert answer.status_code == 302
    entry = Entry.objects.get(kind="authority.grant-revoked")
    assert entry.payload["reason"] == "县政府另行决定" and entry.author["role"] == "bureau"
    day = Grant.objects.get().revoked_on
    ruled = queries.order().ruling(made.SHOP, made.VILLAGE, made.CENTRE, day)
    assert ruled.decider == "青禾县行政审批服务局"
    again = acted(bureau, "revoke", made.GRANT, **sent)
    assert again.status_code == 409 and "已经撤销" in words(read(again))


def test_a_look_on_another_day_takes_nothing(bureau):
    sent = {"on": "2031-01-31", "reason": "", "act": "look"}
    answer = acted(bureau, "revoke", made.GRANT, **sent)
    assert answer.status_code == 200 and "2031-01-31起" in words(read(answer))
    assert Grant.objects.get().revoked_on is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"on": "2026-09-08"}, "不能早于今天"),
        ({"on": ""}, "请填写自哪一天起"),
        ({"reason": ""}, "依据和理由"),
        ({"reason": "  无 "}, "没有写明依据和理由"),
        ({"seq": "不是数"}, "刚刚有了新的进展"),
    ],
)
def test_revocation_needs_a_reason_and_a_day_to_come(bureau, change, said):
    sent = {"reason": "县政府另行决定", "on": "2026-09-10"} | change
    answer = acted(bureau, "revoke", made.GRANT, **sent)
    assert answer.status_code in (409, 422) and said in words(read(answer))
    assert Grant.objects.get().revoked_on is None


def test_suspended_and_lifted(bureau):
    sent = {"on": "2026-09-09", "ends_on": "", "reason": "县里核查情况"}
    assert acted(bureau, "suspend", made.GRANT, **sent).status_code == 302
    page = read(bureau.get(at(made.GRANT)))
    assert "暂停" in words(page.h1.parent) and "核查情况" in words(page)
    lift = {"on": "2026-09-11", "reason": "核查完毕，恢复"}
    assert acted(bureau, "lift", made.GRANT, **lift).status_code == 302
    assert Suspension.objects.get().ends_on.isoformat() == "2026-09-10"


def test_a_draft_is_given_up(bureau):
    drafted(bureau)
    assert acted(bureau, "drop").status_code == 302
    assert state() == "dropped" and "不用再办" in words(read(bureau.get(at())))


def test_auditors_read_and_change_nothing(bureau, auditor):
    drafted(bureau)
    listed = read(auditor.get("/powers/"))
    assert made.GRANT in words(listed) and "起草文书" not in words(listed)
    assert "县局岗位" in words(read(auditor.get(at())))
    for address in (NEW, at(part="/edit"), at(part="/approve"), at(part="/drop")):
        assert auditor.get(address).status_code == 403
        assert auditor.post(address, {"seq": 1}).status_code == 403
    assert state() == "drafted"


@pytest.mark.parametrize("who", [made.CLERK, made.DECIDER, made.CIVIL_DECIDER])
def test_the_register_is_not_everybodys(county, who):
    assert made.signed_in(who).get("/powers/").status_code == 403
    assert Client().get("/powers/").status_code == 302


def test_the_list_by_state_day_and_words(bureau):
    drafted(bureau)
    page = read(bureau.get("/powers/"))
    assert {made.GRANT, NUMBER} <= set(links(page))
    waiting = read(bureau.get("/powers/?state=drafted"))
    assert NUMBER in links(waiting) and made.GRANT not in links(waiting)
    found = read(bureau.get("/powers/", {"q": "青溪镇"}))
    assert made.GRANT in links(found) and NUMBER not in links(found)
    late = read(bureau.get("/powers/", {"on": "2031-02-01", "state": "expired"}))
    assert made.GRANT in links(late)
    assert "没有这样的授权文书" in words(read(bureau.get("/powers/", {"q": "没有这样的"})))
    assert bureau.get("/powers/?on=2026-99-99").status_code == 200


def test_the_document_reads_like_one(bureau):
    page = read(bureau.get(at(made.GRANT)))
    said = facts(page)
    assert said["委托机关"] == said["以谁的名义"] == "青禾县行政审批服务局"
    assert said["受委托机关"] == "青禾县青溪镇人民政府"
    assert said["用章"] == "青禾县行政审批服务局行政审批业务专用章（1）（演示）"
    assert "不得再转委托" in words(page) and "由县包登记并公布" in words(page)


def test_why_a_ruling_is_what_it_is(bureau):
    made.pass_down("窄〔2026〕1号", places=(f"{made.VILLAGE[:9]}202",))
    asked = {"item": "小店登记", "place": made.VILLAGE, "outlet": "", "on": "2026-09-09"}
    page = read(bureau.get("/powers/explain", asked))
    steps = [words(step) for step in page.select(".pw-steps li")]
    assert steps[0].startswith("这是谁的权限？ 青禾县行政审批服务局")
    assert any("行政许可法第24条" in step for step in steps)
    assert any("第32条" in step for step in steps)
    rows = {words(row.th): words(row.select("td")[-1]) for row in page.select("tbody tr")}
    assert rows[made.GRANT].startswith("适用")
    assert rows["窄〔2026〕1号"].startswith("不适用：它不管")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"item": made.WATER}, 200, "窗口不收件"),
        ({"on": "1999-01-01"}, 404, "还没有施行"),
        ({"item": "没有的事"}, 422, "没有找到"),
        ({"place": made.COUNTY}, 422, "没有便民服务中心"),
        ({"on": ""}, 422, "日期"),
    ],
)
def test_questions_without_a_ruling(bureau, change, status, said):
    asked = {"item": made.SHOP, "place": made.VILLAGE, "outlet": "", "on": "2026-09-09"} | change
    answer = bureau.get("/powers/explain", asked)
    assert answer.status_code == status and said in words(read(answer))


def test_what_is_not_there(bureau):
    for address in (at("没有"), at("没有", "/edit"), at("没有", "/revoke"), at(part="/bless")):
        assert bureau.get(address).status_code == 404


def test_prices(bureau, django_assert_num_queries):
    drafted(bureau)
    bureau.get("/powers/")
    # session, person, post; the standing order; grants and their suspensions
    with django_assert_num_queries(6):
        bureau.get("/powers/")
    with django_assert_num_queries(8):  # and its seals, its life
        bureau.get(at())
    with django_assert_num_queries(9):  # and the cases that would move
        bureau.get(at(part="/approve"))
    with django_assert_num_queries(4):
        bureau.get("/powers/explain", {"item": made.SHOP, "place": made.VILLAGE})
    with django_assert_num_queries(6):  # the catalogue's chapters, the giver's seals
        bureau.get(NEW)
