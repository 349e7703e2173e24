"""Rating a matter, in two steps and without a script."""

import pytest
from django.test import Client

from tests.factories import county as factory
from yichuang.accounts import actions as accounts
from yichuang.accounts import sessions
from yichuang.cases import tracking
from yichuang.oversight.models import Rating

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(county):
    """Where a granted case is rated."""
    return f"/track/{tracking.code(factory.granted().case_id)}/rate"


def test_first_five_grades(address, read):
    page = read(address)
    buttons = page.soup.select(".portal-grades button")
    assert [one["value"] for one in buttons] == [
        "very_satisfied",
        "satisfied",
        "fair",
        "dissatisfied",
        "very_dissatisfied",
    ]
    assert page.soup.select_one(".portal-grades").find_parent("form")["method"] == "get"


def test_then_the_options_of_the_grade(address, read):
    page = read(address, data={"grade": "dissatisfied"})
    boxes = page.soup.find_all("input", {"name": "options"})
    assert len(boxes) == 8
    assert "服务态度生硬" in page.main and "服务热情效率高" not in page.main
    assert Rating.objects.count() == 0, "looking is not rating"


def test_a_rating_is_given_once_and_thanked_for(address, read, send):
    answer = send(address, {"grade": "dissatisfied", "options": ["214"], "text": "等了很久"})
    assert (answer.status, answer.response["Location"]) == (302, address)
    given = Rating.objects.get()
    assert (given.grade, given.options, given.text, given.bad) == (
        "dissatisfied", [214], "等了很久", True,
    )  # fmt: skip
    page = read(address)
    assert "谢谢您的评价" in page.title
    assert "服务态度生硬" in page.main and "等了很久" in page.main
    again = send(address, {"grade": "satisfied"})
    assert again.status == 409
    assert "已经评价过了" in again.main
    assert Rating.objects.count() == 1


def test_options_of_another_grade_are_refused_and_the_words_kept(address, send):
    answer = send(address, {"grade": "satisfied", "options": ["214"], "text": "挺好"})
    assert answer.status == 422
    assert answer.soup.find(role="alert") is not None
    assert answer.soup.textarea.get_text(strip=True) == "挺好"
    assert Rating.objects.count() == 0


def test_too_long_a_text_is_refused_and_kept(address, send):
    answer = send(address, {"grade": "satisfied", "text": "好" * 501})
    assert answer.status == 422
    assert "超过500个字" in answer.soup.find(role="alert").get_text()
    assert "好" * 501 in answer.soup.textarea.get_text()


def test_an_unknown_grade_asks_again(address, send):
    assert "这次办事您满意吗" in send(address, {"grade": "excellent"}).main


def test_an_unfinished_matter_is_not_rated_yet(county, read):
    page = read(f"/track/{tracking.code(factory.accepted().case_id)}/rate")
    assert page.status == 409
    assert "事情还没有办完" in page.main


def test_an_unknown_code_rates_nothing(county, send):
    assert send("/track/nonsense/rate", {"grade": "satisfied"}).status == 404


def test_staff_do_not_rate_for_an_applicant(address, send, monkeypatch):
    monkeypatch.setattr(sessions, "actor_of", lambda request, at: factory.CLERK)
    answer = send(address, {"grade": "very_satisfied"})
    assert answer.status == 403
    assert "不能替申请人评价" in answer.main
    assert Rating.objects.count() == 0


def test_staff_half_signed_in_do_not_rate_either(address, client, send):
    user = accounts.create_user(
        login="demo.clerk", display_name="窗口试样", password="Correct-Horse-7",
        by=factory.SYSTEM, at=factory.AT,
    )  # fmt: skip
    client.force_login(user)
    session = client.session
    session["opened_at"] = session["seen_at"] = factory.AT.isoformat()
    session["stamp"] = user.session_stamp = "stamp"
    user.save(update_fields=["session_stamp"])
    session.save()
    answer = send(address, {"grade": "very_satisfied"})
    assert (answer.status, Rating.objects.count()) == (302, 0)


def test_the_case_leads_to_its_rating(address, read, send):
    case = address.removesuffix("/rate")
    assert read(case).link("评价这次服务") == address
    send(address, {"grade": "satisfied"})
    assert "您已评价：满意" in read(case).main


def test_a_form_from_elsewhere_is_refused(address):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {"grade": "satisfied"}).status_code == 403
    assert Rating.objects.count() == 0
