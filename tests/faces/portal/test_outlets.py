"""Where to go, and the pages that only tell."""

import pytest

from tests.factories.county import TOWN
from yichuang.places.models import Outlet

pytestmark = pytest.mark.django_db


def test_the_county_lists_its_hall_centres_and_towns(county, read):
    page = read("/outlets")
    names = [one.get_text() for one in page.soup.select(".portal-points__name")]
    assert names == ["青禾县政务服务大厅", "禾苑街道便民服务中心", "青溪镇便民服务中心"]
    assert page.link("青溪镇") == f"/outlets/{TOWN}"
    assert len(page.queries()) <= 4


def test_a_blank_telephone_is_said_to_be_unconfirmed(county, read):
    assert "电话： 待确认" in read("/outlets").main
    Outlet.objects.filter(code=f"{TOWN}-centre").update(phone="0000-1234567")
    assert read("/outlets").soup.find("a", href="tel:0000-1234567") is not None


def test_the_fictional_is_marked(county, read):
    first = read("/outlets").soup.select_one(".portal-points__item")
    assert "演示虚构" in first.get_text()


def test_a_town_lists_its_stations(county, read):
    page = read(f"/outlets/{TOWN}")
    assert "东禾村便民服务站" in page.main and "西禾村便民服务站" in page.main
    assert "青溪镇自助服务区" in page.main
    assert "禾苑社区便民服务站" not in page.main
    assert "周一至周五 08:30-12:00 13:30-17:00" in page.main
    assert len(page.queries()) <= 6


def test_an_outlet_shut_today_says_so(county, read, today):
    today.move_to("2021-03-02T10:00:00+08:00")
    station = next(
        row
        for row in read(f"/outlets/{TOWN}").soup.select(".portal-station")
        if "东禾村" in row.get_text()
    )
    assert "今天不办理" in station.get_text()
    assert "线路检修" in station.get_text()


def test_an_unknown_town_is_a_page_that_helps(county, read):
    page = read("/outlets/000000000000")
    assert page.status == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [("/help", "12345"), ("/privacy", "个人信息保护法"), ("/about", "草案，待县确认")],
)
def test_pages_that_only_tell(county, read, path, words):
    page = read(path)
    assert page.status == 200
    assert words in page.main
    assert len(page.queries()) <= 3
