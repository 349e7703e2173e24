"""The company's face: its own matters only, the applicant masked until asked for, every look written;
and the counter's pages of 首问 and 转办, and the applicant's page, as they meet it."""

import uuid

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.cases import referrals, tracking
from yichuang.cases.models import Referral
from yichuang.cases.referrals import ReferralRequest
from yichuang.journal.models import Entry

pytestmark = pytest.mark.django_db

COMPANY = Actor(121, "供水试样", "counterparty", 21, f"{made.COUNTY}-water", "", made.COUNTY)
OTHER = Actor(122, "民政试样", "counterparty", 22, made.CIVIL, "", made.COUNTY)


@pytest.fixture
def county(db):
    with time_machine.travel(made.AT, tick=False):
        made.load()
        yield


@pytest.fixture
def sit_down(county):
    return made.signed_in


@pytest.fixture
def company(sit_down):
    return sit_down(COMPANY)


def handed(**changes):
    facts = {
        "item_code": made.WATER,
        "place_code": made.VILLAGE,
        "applicant": made.applicant(address="东禾村9号（虚构）"),
        "idempotency_key": f"test-{uuid.uuid4()}",
        "facts": {"content": "新房接自来水，一户"},
    }
    request = ReferralRequest(**{**facts, **changes})
    return referrals.hand(request=request, by=made.CLERK, at=made.AT)


def words(response):
    tree = BeautifulSoup(response.content, "html.parser")
    return " ".join(tree.get_text(" ").split())


def address(held, part=""):
    return f"/counterparty/referrals/{held.referral_id}{part}"


def state(held):
    return Referral.objects.get(pk=held.referral_id).state


def test_signing_in_leads_to_the_companys_own_list(company):
    made_one = handed()
    page = company.get("/staff/", follow=True)
    assert page.status_code == 200
    listed = company.get("/counterparty/")
    assert made_one.number in words(listed) and "青禾供水公司" in words(listed)
    assert made.NAME not in words(listed)


def test_nothing_of_another_company_is_there(company, sit_down):
    held = handed()
    other = sit_down(OTHER)
    assert held.number not in words(other.get("/counterparty/"))
    for answer in (other.get(address(held)), other.post(address(held, "/look")),
                   other.post(address(held, "/receive"), {"seq": 1})):  # fmt: skip
        assert answer.status_code == 404 and made.NAME not in answer.content.decode()
    assert state(held) == "handed"


@pytest.mark.parametrize("where", ["/window/", "/window/referrals", "/desk/", "/window/contacts"])
def test_the_company_has_no_other_face(company, where):
    assert company.get(where).status_code == 403


def test_no_clerk_has_the_companys_face(county, sit_down):
    assert sit_down(made.CLERK).get("/counterparty/").status_code == 403
    assert Client().get("/counterparty/").status_code == 302


def test_a_page_is_masked_and_a_look_is_written(company):
    held = handed()
    page = company.get(address(held))
    for value in (made.NAME, made.PHONE, made.identity(), "东禾村9号", "新房接自来水"):
        assert value not in page.content.decode()
    assert not Entry.objects.filter(kind="personal-data.revealed").exists()
    assert company.get(address(held, "/look")).status_code == 405
    looked = words(company.post(address(held, "/look")))
    assert made.NAME in looked and made.PHONE in looked and "新房接自来水" in looked
    assert made.identity() not in looked
    assert Entry.objects.filter(kind="personal-data.revealed").count() == 1


def test_receive_and_answer(company):
    held = handed()
    company.post(address(held, "/receive"), {"seq": 1})
    assert state(held) == "received"
    empty = company.post(address(held, "/done"), {"seq": 2, "text": ""})
    assert empty.status_code == 422 and state(held) == "received"
    company.post(address(held, "/done"), {"seq": 2, "text": "已装表通水"})
    assert state(held) == "done"
    over = words(company.get(address(held)))
    assert "显示姓名、电话" not in over and "已经了结" in over
    assert company.post(address(held, "/look")).status_code == 403


def test_a_refused_answer_keeps_the_words(company):
    held = handed()
    company.post(address(held, "/receive"), {"seq": 1})
    said = f"请找{made.identity()}本人"
    answer = company.post(address(held, "/refuse"), {"seq": 2, "text": said})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert "身份证号码" in words(answer) and state(held) == "received"
    assert company.post(address(held, "/grant"), {"seq": 2}).status_code == 404


def test_a_page_drawn_earlier_answers_409(company):
    held = handed()
    company.post(address(held, "/receive"), {"seq": 1})
    late = company.post(address(held, "/receive"), {"seq": 1})
    assert late.status_code == 409 and "刷新页面" in words(late)


def test_the_price_of_the_companys_pages(company, django_assert_max_num_queries):
    held = [handed() for _n in range(5)][0]
    company.get("/counterparty/")
    with django_assert_max_num_queries(8):
        company.get("/counterparty/")
    with django_assert_max_num_queries(9):
        company.get(address(held))


def test_in_english(company):
    handed()
    company.cookies["language"] = "en"
    page = company.get("/counterparty/").content.decode()
    assert "Applying for a water connection" in page and "Handed to us" in page


# --- the applicant's page -------------------------------------------------------------------------


def test_the_applicant_follows_a_referral_by_its_code(company):
    held = handed()
    code = tracking.code(held.referral_id)
    public = Client()
    found = public.get("/track", {"code": code})
    assert found.status_code == 302 and found["Location"].startswith("/track/")
    page = public.get(found["Location"])
    assert "青禾供水公司" in words(page) and made.NAME not in words(page)
    assert "no-store" in page["Cache-Control"] and page["X-Robots-Tag"]
    company.post(address(held, "/receive"), {"seq": 1})
    company.post(address(held, "/ask_more"), {"seq": 2, "what": "请补房屋权属材料"})
    asked = words(public.get(f"/track/{code}"))
    assert "现在轮到您" in asked and "请补房屋权属材料" in asked
    assert COMPANY.name not in asked and made.CLERK.name not in asked
    assert public.get(f"/track/{'A' * 26}").status_code == 404
