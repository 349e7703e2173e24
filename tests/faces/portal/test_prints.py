"""Guides as PDF: what they say, that they are the right version, and that a copy is not made twice."""

import io
import re

import pytest
from pypdf import PdfReader

from yichuang.catalogue.models import ItemVersion

pytestmark = pytest.mark.django_db
HOUSE, AID, WATER = "/items/QH-01-001", "/items/QH-05-002", "/items/QH-20-002"
ANSWERED = {"s.who": "other", "s.age": "adult", "s.income": "low", "s.disabled": "yes"}


def words(response):
    """All the words of a PDF, without blanks."""
    pages = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def pages(response):
    return len(PdfReader(io.BytesIO(response.content)).pages)


@pytest.mark.parametrize("item", [HOUSE, AID, WATER, "/items/QH-20-001"])
def test_the_whole_guide_has_every_element(county, client, item):
    response = client.get(f"{item}/guide.pdf")
    assert response["Content-Type"] == "application/pdf"
    told = words(response)
    for must in ("要带的材料", "申请条件", "审查标准", "办理步骤", "要等多久", "收费", "数量限制",
                 "办理结果和送达", "受理机构", "决定机构", "咨询和投诉", "查进度", "权利和义务",
                 "常见错误", "办理依据", "事项代码", "第1版", "草案", "第1页，共"):  # fmt: skip
        assert must in told, must


def test_the_short_form_is_one_page_in_both_languages(county, client):
    for language in ("zh", "en"):
        response = client.get(f"{AID}/guide.pdf", {"form": "short", "lang": language, **ANSWERED})
        assert pages(response) == 1


def test_the_slip_holds_the_exact_list_of_one_case(county, client):
    told = words(client.get(f"{AID}/guide.pdf", {"form": "slip", **ANSWERED}))
    assert "授权委托书" in told and "残疾人证" in told
    assert "收入证明" not in told
    assert "替别人办" in told, "and says for which case"


def test_the_english_guide(county, client):
    told = words(client.get(f"{AID}/guide.pdf", {"lang": "en"}))
    for must in ("Paymentofalivingallowance", "Whoappliestoowhat"[:8], "Incomebelowtheline",
                 "Bankcard", "Version1", "Page1of"):  # fmt: skip
        assert must in told, must


def test_what_no_window_takes_in_says_who_does(county, client):
    assert "青禾供水公司" in words(client.get(f"{WATER}/guide.pdf", {"form": "short"}))


def test_a_suspended_item_says_so_on_paper(county, client):
    ItemVersion.objects.filter(item="QH-01-001").update(state="suspended")
    assert "暂停办理" in words(client.get(f"{HOUSE}/guide.pdf"))


def test_an_unchanged_guide_is_not_drawn_again(county, client):
    first = client.get(f"{HOUSE}/guide.pdf")
    again = client.get(f"{HOUSE}/guide.pdf", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content
    other = client.get(f"{HOUSE}/guide.pdf", {"form": "short"})
    assert other["ETag"] != first["ETag"]


def test_a_printed_guide_costs_few_statements(county, read):
    read(f"{HOUSE}/guide.pdf")
    assert len(read(f"{AID}/guide.pdf").queries()) <= 10


def test_an_unknown_version_is_a_page_that_helps(county, read):
    page = read(f"{HOUSE}/guide.pdf", data={"version": "9"})
    assert page.status == 404 and "历次版本" in page.main
