"""The service guide, and the ruling at the reader's own place."""

import pytest

from tests.factories.county import AT, GRANT, STREET, TOWN, VILLAGE
from yichuang.authority import actions as authority
from yichuang.catalogue.models import ItemVersion

pytestmark = pytest.mark.django_db
HOUSE = "/items/QH-01-001"


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
    rows = read("/items/QH-01-003").soup.select("tbody tr")
    said = {row.th.get_text(strip=True)[3:7]: row.td.get_text(strip=True) for row in rows}
    assert said == {"申请书": "要交", "营业执照": "可共享，不用交"}


def test_the_legal_basis_says_whether_it_was_checked(county, read):
    assert "土地管理法第62条 已核对" in read(HOUSE).main
    assert "虚构依据 待确认" in read("/items/QH-01-002").main


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
    assert len(read(HOUSE).queries()) <= 9
    assert len(read(HOUSE, data={"town": TOWN, "village": VILLAGE}).queries()) <= 15


def test_english_is_whole(county, read, client):
    client.cookies["language"] = "en"
    page = read(HOUSE)
    assert page.title == "Approval of land for a villager's house"
    assert "Within 15 working days (by law at most 20 working days)" in page.fact("How long")
