"""Older versions of a guide, and two of them side by side."""

from datetime import date

import pytest

from tests.factories.county import AT
from yichuang.authority import actions as authority
from yichuang.catalogue.models import ItemVersion, Material

pytestmark = pytest.mark.django_db
AID = "/items/QH-05-002"


@pytest.fixture
def second(county):
    """A second version from yesterday: 8 days instead of 10, without 银行卡, with 存折."""
    old = ItemVersion.objects.get(item="QH-05-002")
    materials = list(Material.objects.filter(version=old).order_by("seq"))
    new = ItemVersion.objects.get(pk=old.pk)
    new.pk, new.version, new.valid_from, new.promised_days = None, 2, date(2026, 9, 8), 8
    new.guide = {**old.guide, "mistakes": ["忘了签名"]}
    new.save()
    for material in materials:
        material.pk, material.version = None, new
        material.name = "存折" if material.name == "银行卡" else material.name
        material.save()
    authority.renew(at=AT)
    return new


def test_the_list_of_versions_says_which_is_in_force(second, read):
    page = read(f"{AID}/versions")
    rows = [row.get_text(" ", strip=True) for row in page.soup.table.tbody("tr")]
    assert rows == ["第 2 版 2026-09-08 现行", "第 1 版 2021-01-04 已停用"]


def test_two_versions_side_by_side(second, read):
    page = read(f"{AID}/versions")
    rows = [
        [cell.get_text(" ", strip=True) for cell in row(["th", "td"])]
        for row in page.soup.select(".portal-differing tbody tr")
    ]
    assert ["承诺时限（工作日）", "10", "8"] in rows
    assert ["去掉", "银行卡", "—"] in rows
    assert ["新增", "—", "存折"] in rows
    assert ["常见错误", "银行卡不是本人的", "忘了签名"] in rows
    assert len(page.queries()) <= 10


def test_one_version_has_nothing_to_compare(county, read):
    assert "没有可以对照的" in read(f"{AID}/versions").main


def test_an_older_version_is_marked_and_leads_to_the_newest(second, read):
    page = read(AID, data={"version": "1"})
    assert "这不是现行版本" in page.main
    assert "10 个工作日内" in page.fact("多久办完")
    assert page.link("看现行版本") == AID
    assert page.soup.find("a", string="在线申请") is None
    assert "8 个工作日内" in read(AID).fact("多久办完")


def test_an_unknown_version_is_a_page_that_helps(county, read):
    for number in ("7", "x", "1e3", "９"):
        page = read(AID, data={"version": number})
        assert page.status == 404 and "没有您要的版本" in page.main


def test_comparing_with_an_unknown_version_is_a_page_that_helps(second, read):
    page = read(f"{AID}/versions", data={"before": "1", "after": "7"})
    assert page.status == 404
