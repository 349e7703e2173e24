"""Finding an item: by words, by frequency, by life event, by domain."""

import pytest
from django.db import DatabaseError

from yichuang.catalogue import queries, upkeep
from yichuang.catalogue.models import ItemVersion

pytestmark = pytest.mark.django_db


def test_home_offers_every_way_to_an_item(county, read):
    page = read("/")
    assert page.status == 200
    assert page.title == "您想办什么事？"
    form = page.soup.find("form", role="search")
    assert (form["action"], form["method"], form.input["name"]) == ("/items", "get", "q")
    assert page.link("小店登记") == "/items/QH-01-002"
    assert page.link("开店一件事") == "/chains/shop"
    assert page.link("查办件进度") == "/track"
    assert page.link("就近服务网点") == "/outlets"
    assert page.link("打电话或找人帮忙") == "/help"
    assert "民政" in page.main and "全部 7 个事项" in page.main
    assert "青禾县" in page.soup.header.get_text()


def test_only_frequent_items_are_called_frequent(county, read):
    heading = read("/").soup.find("h2", string="大家常办的事")
    shown = [a.get_text() for a in heading.find_next("ul").find_all("a")]
    assert sorted(shown) == ["小店登记", "村民建房用地审批", "缴费记录打印"]


def test_elder_mode_shows_three_big_ways(county, read, client):
    client.cookies["mode"] = "elder"
    page = read("/")
    big = page.soup.find("ul", class_="portal-tiles--big").find_all("a")
    assert [a["href"] for a in big] == ["/items", "/track", "/help"]
    assert page.soup.html["data-mode"] == "elder"


def test_home_costs_five_statements(county, read):
    read("/")
    assert len(read("/").queries()) <= 5


def test_home_without_a_county_says_what_to_do(db, read):
    page = read("/")
    assert page.status == 200
    assert "还没有事项" in page.main and "12345" in page.main


def test_search_by_peoples_words(county, read):
    page = read("/items", data={"q": "俺家盖屋咋弄"})
    first = page.soup.select_one(".portal-hits a")
    assert first["href"] == "/items/QH-01-001"
    assert page.soup.find("input", {"name": "q"})["value"] == "俺家盖屋咋弄"
    assert len(page.queries()) <= 8


def test_search_says_by_which_saying_it_found(county, read):
    hit = read("/items", data={"q": "盖新屋"}).soup.select_one(".portal-hits li")
    assert "也叫“盖新屋”" in hit.get_text()


def test_nothing_found_says_what_to_do(county, read):
    page = read("/items", data={"q": "曱甴龘"})
    assert page.status == 200
    assert "没有找到“曱甴龘”" in page.main
    assert page.link("看全部事项") == "/items/all"
    assert page.link("请人帮您找") == "/help"


def test_what_was_asked_is_shown_harmlessly(county, read):
    page = read("/items", data={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.response.content.decode()


def test_an_empty_question_is_explained_and_not_an_error_page(county, read):
    page = read("/items", data={"q": " "})
    assert page.status == 422
    assert "请用平常的话说要办的事" in page.soup.find(role="alert").get_text()


def test_search_page_without_a_question(county, read):
    page = read("/items")
    assert page.status == 200
    assert page.soup.find(role="alert") is None


def test_everything_by_domain_with_its_draft_mark(county, read):
    page = read("/items/all")
    links = {a["href"] for a in page.soup.select("main a[href^='/items/QH']")}
    assert len(links) == 7
    assert "草案，待县确认" in page.main
    assert len(page.queries()) <= 2
    often = read("/items/all?often=1")
    assert len(often.soup.select("main a[href^='/items/QH']")) == 3


def test_a_suspended_item_is_not_offered(county, read):
    ItemVersion.objects.filter(item="QH-01-002").update(state="suspended")
    assert "/items/QH-01-002" not in read("/items/all").response.content.decode()


def test_a_chain_shows_its_steps_in_order(county, read):
    page = read("/chains/shop")
    steps = page.soup.select("ol.portal-hits li")
    assert [step.a["href"] for step in steps] == ["/items/QH-01-002", "/items/QH-01-003"]
    assert "可以直接开始" in steps[0].get_text()
    assert "先办好第 1 步" in steps[1].get_text()
    assert len(page.queries()) <= 6


def test_a_chain_tells_what_doing_it_at_once_spares(county, read):
    """Two forms, 5 basic fields each; 小店登记 at once, then the hygiene permit in 5 days."""
    rows = {
        row.th.get_text(strip=True): [cell.get_text(strip=True) for cell in row("td")]
        for row in read("/chains/shop").soup.select(".portal-spared tbody tr")
    }
    assert rows["等的工作日"] == ["5", "5"]
    assert rows["交的材料（样）"] == ["3", "2"], (
        "申请书 and 居民身份证, 申请书 again; one is shared"
    )
    assert rows["跑的次数"] == ["2", "1"]


def test_of_alternatives_a_chain_counts_one_and_says_so(county, read):
    page = read("/chains/aid")
    assert "和第 2 步只办一个" in page.main and "和第 1 步只办一个" in page.main


def test_an_unknown_chain_is_a_page_that_helps(county, read):
    page = read("/chains/none")
    assert page.status == 404
    assert "没有代码为“none”的一件事" in page.main


def test_names_are_in_the_readers_language(county, read, client):
    client.cookies["language"] = "en"
    page = read("/items/all")
    assert "Registering a small shop" in page.main
    assert page.soup.html["lang"] == "en"


def test_a_question_nobody_answers_is_counted_and_said_to_be_doubtful(county, client):
    """One that is answered is not, nor is a look at the head alone."""
    assert "没有找到" in client.get("/items", {"q": "世界杯决赛"}).content.decode()
    client.get("/items", {"q": "世界杯决赛"})
    client.head("/items", {"q": "买彩票"})
    client.get("/items", {"q": "困难补助认定"})
    assert [(miss.text, miss.count) for miss in queries.misses()] == [("世界杯决赛", 2)]


def test_a_count_that_fails_fails_no_search(county, client, monkeypatch):
    def broken(text, on):
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(upkeep, "note_miss", broken)
    assert client.get("/items", {"q": "世界杯决赛"}).status_code == 200
