"""The service guide, and the ruling at the reader's own place."""

import pytest

from tests.factories.county import AT, GRANT, STREET, TOWN, VILLAGE
from yichuang.authority import actions as authority
from yichuang.catalogue.models import ItemVersion

pytestmark = pytest.mark.django_db
HOUSE = "/items/QH-01-001"
AID = "/items/QH-05-002"  # four questions, a contradiction, another item to turn to
ANSWERED = {"s.who": "other", "s.age": "adult", "s.income": "low", "s.disabled": "yes"}


def test_the_answer_comes_first(county, read):
    page = read(HOUSE)
    assert page.title == "村民建房用地审批"
    assert page.fact("谁能办") == "个人"
    assert "15 个工作日内" in page.fact("多久办完")
    assert "20 个工作日" in page.fact("多久办完")
    assert "2 样材料" in page.fact("要带什么")
    assert "街道暂时没有" in page.fact("在哪里办")
    facts = page.soup.find("dl")
    assert facts.find_previous("h2") is None, "nothing stands before the answer"


@pytest.mark.parametrize("key", ["多久办完", "要带什么", "在哪里办"])
def test_what_the_county_has_not_confirmed_says_so(county, read, key):
    assert "草案，待县确认" in read(HOUSE).fact(key)


def test_what_is_confirmed_bears_no_mark(county, read):
    ItemVersion.objects.update(days_draft=False, materials_draft=False, membership_draft=False)
    page = read(HOUSE)
    assert "草案" not in page.fact("多久办完") + page.fact("要带什么") + page.fact("在哪里办")


def test_the_code_is_marked_as_our_own(county, read):
    page = read(HOUSE)
    assert "QH-01-001（本平台编码，待县确认）" in page.main
    assert "第 1 版，2021-01-04 起使用" in page.main


def test_what_the_government_holds_need_not_be_brought(county, read):
    rows = read("/items/QH-01-003").soup.select(".portal-materials__item")
    said = {
        row.h3.get_text(strip=True)[3:]: row.select_one(".portal-materials__marks").get_text(
            " ", strip=True
        )
        for row in rows
    }
    assert said["申请书"].startswith("要交") and said["营业执照"] == "可共享，不用交"


def test_the_legal_basis_says_whether_it_was_checked(county, read):
    assert "办理依据 已核对 土地管理法第62条" in read(HOUSE).main
    assert "办理依据 待确认 虚构依据" in read("/items/QH-01-002").main


def test_towns_are_offered_first_and_the_unconfirmed_name_is_told(county, read):
    page = read(HOUSE)
    options = [option.get_text() for option in page.soup.find("select", {"name": "town"})("option")]
    assert options == ["请选择", "禾苑街道", "青溪镇"]
    assert page.soup.find("select", {"name": "village"}) is None
    assert "城关 待确认" in page.main
    assert "老青溪" not in page.main, "a confirmed alias needs no remark"


def test_a_town_offers_its_villages_without_a_script(county, read):
    page = read(HOUSE, data={"town": TOWN})
    options = page.soup.find("select", {"name": "village"})("option")
    assert [option.get_text() for option in options] == ["不清楚或不用选", "东禾村", "西禾村"]


def test_the_ruling_at_a_village_in_words(county, read):
    page = read("/items/QH-01-002", data={"town": TOWN, "village": VILLAGE})
    assert page.fact("谁决定") == "青禾县青溪镇人民政府"
    assert page.fact("以谁的名义") == "青禾县行政审批服务局"
    assert "行政审批业务专用章" in page.fact("盖什么章")
    assert page.fact("委托或授权文书") == GRANT
    assert "委托文书为示例，待县确认" in page.main


def test_the_nearest_counter_comes_first(county, read):
    page = read(HOUSE, data={"town": TOWN, "village": VILLAGE})
    names = [one.get_text() for one in page.soup.select(".portal-points__name")]
    assert names == ["东禾村便民服务站", "青溪镇便民服务中心", "青禾县政务服务大厅"]


def test_other_towns_may_take_it_in_too(county, read):
    page = read("/items/QH-05-001", data={"town": TOWN})
    detail = next(one for one in page.soup("summary") if "人在别的镇" in one.get_text())
    assert "禾苑街道便民服务中心" in detail.find_next("p").get_text()


def test_a_street_without_the_item_says_why_and_what_to_do(county, read):
    page = read(HOUSE, data={"town": STREET})
    assert "不在街道事项目录内" in page.main
    assert "请到县政务服务大厅咨询" in page.main
    assert page.soup.select(".portal-points__name") == []


def test_a_village_of_another_town_is_refused_in_words(county, read):
    page = read(HOUSE, data={"town": STREET, "village": VILLAGE})
    assert page.soup.find(role="alert") is not None
    assert "谁决定" not in [dt.get_text() for dt in page.soup("dt")]


def test_an_unknown_town_is_refused_in_words(county, read):
    assert read(HOUSE, data={"town": "000000000000"}).soup.find(role="alert") is not None


def test_what_no_window_takes_in_says_so_first(county, read):
    page = read("/items/QH-20-002")
    assert "窗口不收件" in page.fact("在哪里办")
    assert "青禾供水公司" in page.soup.find(class_="zw-notice").get_text()


def test_a_suspended_item_says_so_and_offers_no_place(county, read):
    ItemVersion.objects.filter(item="QH-01-001").update(state="suspended")
    authority.renew(at=AT)
    page = read(HOUSE, data={"town": TOWN})
    assert page.status == 200
    assert "暂停办理" in page.main
    assert page.soup.find("select") is None


def test_an_unknown_item_is_a_page_that_helps(county, read):
    page = read("/items/ZZ-99-999")
    assert page.status == 404
    assert "用平常的话搜索" in page.main


def test_the_guide_prints_with_its_address(county, read):
    printed = read(HOUSE).soup.find(class_="portal-print-only")
    assert printed.img["src"].startswith("data:image/svg+xml")
    assert printed.get_text(strip=True).endswith("/items/QH-01-001")


def test_the_guide_costs_few_statements(county, read):
    read(HOUSE)
    for path in (HOUSE, AID):
        assert len(read(path).queries()) <= 12
        assert len(read(path, data={"town": TOWN, "village": VILLAGE}).queries()) <= 16


def test_english_is_whole(county, read, client):
    client.cookies["language"] = "en"
    page = read(HOUSE)
    assert page.title == "Approval of land for a villager's house"
    assert "Within 15 working days (by law at most 20 working days)" in page.fact("How long")


# -- the reader's own situation ------------------------------------------------------------------


def question(page):
    """(the question asked now, its answers) or None."""
    form = page.soup.find(class_="portal-question")
    return form and (
        form.legend.get_text(" ", strip=True),
        {b.get_text(strip=True): b["value"] for b in form("button")},
    )


def listed(page):
    return [
        h.get_text(strip=True).split(". ", 1)[1]
        for h in page.soup.select(".portal-materials__name")
    ]


def test_one_question_at_a_time_without_a_script(county, read):
    page = read(AID)
    ask, options = question(page)
    assert "谁来申请？" in ask and options == {"本人来办": "self", "替别人办": "other"}
    form = page.soup.find(class_="portal-question")
    assert form["method"] == "get" and form["action"] == f"{AID}#case"
    assert "满16周岁" in question(read(AID, data={"s.who": "other"}))[0]


def test_answers_stand_in_the_address_and_can_be_changed_one_by_one(county, read):
    page = read(AID, data={"s.who": "other", "s.age": "adult"})
    assert page.link("改：谁来申请？") == f"{AID}#case"
    assert page.link("改：申请补贴的人") == f"{AID}?s.who=other#case"
    kept = {i["name"]: i["value"] for i in page.soup.select(".portal-question input")}
    assert kept == {"s.who": "other", "s.age": "adult"}


def test_the_exact_list_of_one_case(county, read):
    page = read(AID, data=ANSWERED)
    assert question(page) is None
    assert listed(page) == ["申请表", "居民身份证", "银行卡", "授权委托书", "残疾人证"]
    assert "按您的情况，材料是 5 样" in page.main
    assert "5 样材料" in page.fact("要带什么")
    assert "收入证明：由民政部门自行核对" in page.main.replace(" ", ""), "what is spared says why"
    assert "上门看望核实" in page.soup.find(id="steps").find_next("table").get_text()


def test_before_the_answers_the_list_says_what_may_come(county, read):
    page = read(AID)
    assert "答完下面的问题就知道准确清单" in page.fact("要带什么")
    detail = next(one for one in page.soup("summary") if "有的情况还要交" in one.get_text())
    assert "“谁来申请？”选“替别人办”" in detail.find_next("ul").get_text()


def test_a_contradiction_is_told_and_nothing_more_asked(county, read):
    page = read(AID, data={"s.who": "self", "s.age": "child"})
    assert "答案互相矛盾" in page.main and "要由监护人来办" in page.main
    assert question(page) is None
    assert page.soup.find("a", string="在线申请") is None


def test_another_item_is_named_with_its_address(county, read):
    page = read(AID, data={"s.who": "other", "s.age": "adult", "s.income": "high"})
    assert "要办的是另一件事" in page.main
    assert page.link("去看那件事怎么办") == "/items/QH-05-001"


def test_the_place_keeps_the_answers_and_the_answers_the_place(county, read):
    page = read(AID, data={"s.who": "other", "town": TOWN})
    place = {i["name"]: i["value"] for i in page.soup.select("form[aria-label=选择地点] input")}
    assert place["s.who"] == "other"
    kept = {i["name"]: i["value"] for i in page.soup.select(".portal-question input")}
    assert kept == {"s.who": "other", "town": TOWN}


def test_what_is_no_answer_is_left_out(county, read):
    page = read(AID, data={"s.who": "<script>", "s.none": "x", "s.age": "adult"})
    assert page.status == 200
    assert "谁来申请？" in question(page)[0]


def test_who_must_come_and_the_hint_of_the_case(county, read):
    page = read(
        AID, data={"s.who": "self", "s.age": "adult", "s.income": "low", "s.disabled": "no"}
    )
    assert "申请人本人（本人到场一次）" in page.main
    assert "带上最近三个月的收入凭据" in page.main
    assert page.link("困难帮扶一件事") == "/chains/aid"


def test_each_material_says_why_on_what_basis_and_shows_a_sample(county, read):
    rows = {
        row.h3.get_text(strip=True)[3:]: row.get_text(" ", strip=True)
        for row in read(AID).soup.select(".portal-materials__item")
    }
    assert "写明您要办什么" in rows["申请表"] and "申请理由 示例" in rows["申请表"]
    assert "虚构救助办法第八条 待确认" in rows["收入证明"]
    assert "可以由本人书面承诺代替" in rows["收入证明"]
    assert "可以晚交（容缺），5 个工作日内补上" in rows["银行卡"]
    assert "窗口刷证读取" in rows["居民身份证"]


@pytest.mark.parametrize(
    "heading",
    ["申请条件", "审查标准", "办理步骤", "要等多久", "收费", "数量限制", "办理结果和送达",
     "谁受理，谁决定", "咨询和投诉", "查进度", "您的权利和义务", "常见错误", "办理依据"],
)  # fmt: skip
@pytest.mark.parametrize("item", [HOUSE, AID, "/items/QH-20-001", "/items/QH-20-002"])
def test_every_element_of_the_standard_is_there(county, read, item, heading):
    found = [h.get_text(strip=True) for h in read(item).soup("h2")]
    assert heading in found


def test_a_refused_permit_tells_of_review_and_court(county, read):
    assert "60 日内申请行政复议" in read(HOUSE).main
    assert "行政许可法第38条" in read(HOUSE).main
    assert "行政许可" not in read("/items/QH-20-001").main.replace("行政许可法第", "")


def test_only_what_a_window_takes_in_can_be_applied_for(county, read):
    assert read(HOUSE).link("在线申请") == f"{HOUSE}/apply"
    assert read(AID, data=ANSWERED).link("在线申请").endswith("s.disabled=yes")
    assert read("/items/QH-20-002").soup.find("a", string="在线申请") is None
