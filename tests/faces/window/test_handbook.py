"""The clerk's handbook: everything for somebody who has never seen the item, at this counter."""

import io
import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pypdf import PdfReader

from tests.factories import county as made

pytestmark = pytest.mark.django_db
AID, SHOP, WATER = (
    "/window/handbook/QH-05-002",
    "/window/handbook/QH-01-002",
    "/window/handbook/QH-20-002",
)


def told(response):
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    return " ".join(soup.find("main").get_text(" ", strip=True).split())


def printed(response):
    pages = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_it_is_for_staff_only(county):
    assert Client().get(AID).status_code in (302, 403)
    assert Client().get(f"{AID}/handbook.pdf").status_code in (302, 403)


def test_a_clerk_learns_how_people_put_it_and_what_to_ask(clerk):
    page = told(clerk.get(AID))
    assert "“困难补贴”" in page
    assert "“谁来申请？” 本人来办；替别人办 都问" in page
    assert "“全家每人每月收入在标准以下吗？”选“在标准以下”" in page, "when the last one is asked"


def test_the_decision_table_in_words(clerk):
    page = told(clerk.get(AID))
    assert "“谁来申请？”选“替别人办” 还要交：授权委托书。别人替您办，要有您的委托" in page
    assert "这种情况要办的是另一件事（QH-05-001）" in page
    assert "答案互相矛盾，请核对" in page


def test_every_material_says_what_to_look_at(clerk):
    page = told(clerk.get(AID))
    assert "本人的卡，号码清楚" in page
    assert "看情况才要" in page
    assert "可以晚交（容缺），5 个工作日内补上" in page
    assert "逐句念给他听" in page and "收入可以由本人承诺，事后核查" in page


def test_who_decides_is_said_for_this_counter(clerk):
    page = told(clerk.get(SHOP))
    assert "青禾县青溪镇人民政府" in page and made.GRANT in page
    assert "行政许可法第32条" in page


def test_an_item_this_counter_does_not_take_in_says_where_to_go(clerk):
    page = told(clerk.get(WATER))
    assert "本窗口不收这个事项" in page and "青禾供水公司" in page


def test_it_prints(clerk):
    response = clerk.get(f"{AID}/handbook.pdf")
    words = printed(response)
    assert "窗口手册（内部使用）" in words and "“谁来申请？”" in words and "第1页，共" in words
    assert "no-store" in response["Cache-Control"]
