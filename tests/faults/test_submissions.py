"""A submission that cannot be taken: bad number, missing material, unlisted, closed, replayed."""

from datetime import date

import pytest
import time_machine

from tests.factories import county as made
from yichuang.cases import intake
from yichuang.cases.models import Case, CaseMaterial
from yichuang.places.models import Outlet
from yichuang.verdict import Refusal

pytestmark = pytest.mark.fault

GOOD = made.identity()
WRONG = {
    "one digit off": GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2"),
    "too short": GOOD[:-1],
    "letters": "ABCDEFGHIJKLMNOPQR",
    "a day that never was": "379901188002300017",
    "nothing": "",
}


@pytest.fixture
def clerk(api):
    return api(made.CLERK)


@pytest.mark.parametrize("number", WRONG.values(), ids=WRONG)
def test_a_bad_identity_number(clerk, told, nothing_lost, number):
    """Seen to fail with intake's resident_number taking any text."""
    person = {"kind": "person", "name": made.NAME, "identity": number, "phone": made.PHONE}
    with nothing_lost():
        said = told(
            clerk.post("/cases", made.body(applicant=person)), 422, "identity-number-invalid"
        )
    assert not number or number not in str(said), "a problem travels into logs"
    assert clerk.post("/cases", made.body()).status_code == 201  # corrected, under the same key


def test_a_bad_phone_number(clerk, told, nothing_lost):
    """Seen to fail with intake's phone_number taking any text."""
    person = {"kind": "person", "name": made.NAME, "identity": GOOD, "phone": "12345"}
    with nothing_lost():
        told(clerk.post("/cases", made.body(applicant=person)), 422, "phone-number-invalid")


def test_missing_materials_are_named_all_at_once(clerk, told, nothing_lost):
    """行政许可法 §32(4). Seen to fail with rules.check_outcome always saying yes."""
    with nothing_lost():
        said = told(clerk.post("/cases", made.body(materials=[])), 422, "materials-missing")
    assert "申请表" in said["title"] and "居民身份证" in said["title"]
    assert "行政许可法" in said["basis"]
    wanting = [{"position": 1, "state": "missing"}]
    answer = clerk.post("/cases", made.body(materials=wanting, outcome="correct"))
    assert answer.json()["state"] == "correction"
    assert CaseMaterial.objects.filter(state="missing").count() == 2


def test_nothing_beyond_the_published_list_is_taken(clerk, told, nothing_lost):
    """Seen to fail with check_materials skipping what it does not know."""
    extra = [{"position": 1}, {"position": 2}, {"position": 3}]
    with nothing_lost():
        told(clerk.post("/cases", made.body(materials=extra)), 422, "material-unknown")


@pytest.mark.parametrize(
    ("item", "status", "code"),
    [("QH-99-999", 404, "item-unknown"), (made.WATER, 422, "guide-only")],
)
def test_an_item_that_is_not_taken_in(clerk, told, nothing_lost, item, status, code):
    """Seen to fail with a ruling's refusal not enforced."""
    with nothing_lost():
        told(clerk.post("/cases", made.body(item)), status, code)


def test_an_item_that_is_not_on_this_outlets_list(api, told, nothing_lost):
    """The street's counter has no homestead matters. Seen to fail as above."""
    street = api(made.STREET_CLERK)
    body = made.body(place=made.STREET, outlet=made.STREET_CENTRE)
    with nothing_lost():
        said = told(street.post("/cases", body), 422, "item-not-listed")
    assert "村民建房用地审批" in said["title"]


def test_an_unknown_place(clerk, told, nothing_lost):
    """Seen to fail with the whole county put in place of one that is unknown."""
    with nothing_lost():
        told(clerk.post("/cases", made.body(place="379909999999")), 404, "place-unknown")


def test_another_outlets_counter(clerk, told, nothing_lost):
    """Seen to fail with may_take_in always saying yes."""
    with nothing_lost():
        told(clerk.post("/cases", made.body(outlet=made.STREET_CENTRE)), 403, "other-outlet")


def test_an_outlet_closed_for_some_days(api, told, nothing_lost):
    """The pack's closure: the first week of March 2021. Seen to fail with closures not asked."""
    body = made.body(outlet=made.STATION, outcome="receive")
    then = made.AT.replace(year=2021, month=3, day=3)
    village = api(made.VILLAGER, at=then)
    with time_machine.travel(then, tick=True), nothing_lost():
        said = told(village.post("/cases", body), 422, "outlet-closed")
    assert "线路检修" in said["title"] and "2021-03-05" in said["detail"]


def test_an_outlet_closed_for_good(clerk, told, nothing_lost):
    """Seen to fail with closed_on not asked."""
    made.close(made.CENTRE, on=date(2026, 9, 1))
    with nothing_lost():
        said = told(clerk.post("/cases", made.body()), 422, "outlet-closed")
    assert "青溪镇便民服务中心" in said["title"] and "2026-09-01" in said["title"]


def test_an_outlet_that_has_not_opened(clerk, told, nothing_lost):
    """Seen to fail with opened_on not asked."""
    Outlet.objects.filter(pk=made.CENTRE).update(opened_on=date(2026, 10, 1))
    made.renew()
    with nothing_lost():
        told(clerk.post("/cases", made.body()), 422, "outlet-closed")


def test_a_replayed_submission_is_answered_and_not_repeated(clerk, told, nothing_lost):
    """Seen to fail with `replayed` finding nothing."""
    first = clerk.post("/cases", made.body())
    with nothing_lost():
        again = clerk.post("/cases", made.body())
        assert (again.status_code, again.json()["number"]) == (200, first.json()["number"])
        told(clerk.post("/cases", made.body(answers={})), 409, "idempotency-key-reused")
    assert Case.objects.count() == 1


def test_a_key_is_demanded(clerk, told, nothing_lost):
    """Seen to fail with the header made optional."""
    with nothing_lost():
        said = told(clerk.post("/cases", made.body(), key="short"), 422, "request-shape")
    assert "Idempotency-Key" in str(said)


def test_a_body_of_another_shape_says_where(clerk, told, nothing_lost):
    """Seen to fail with the handler of validation errors taken away."""
    body = made.body()
    del body["item"]
    with nothing_lost():
        said = told(clerk.post("/cases", body), 422, "request-shape")
    assert "item" in said["title"]


def test_a_body_that_is_no_json(clerk, told, nothing_lost):
    """Seen to fail with Ninja's own answer left as it was."""
    with nothing_lost():
        told(clerk.post("/cases", b"{broken"), 400, "request-unreadable")


@pytest.mark.parametrize("token", ["", "Bearer yct_guess", "Basic eA=="])
def test_no_token_or_a_wrong_one(clerk, told, nothing_lost, token):
    """Seen to fail with the token's digest not asked for."""
    clerk.headers = {"Authorization": token} if token else {}
    with nothing_lost():
        answer = clerk.post("/cases", made.body())
        told(answer, 401, "token-invalid" if "yct" in token else "token-missing")


def test_the_actions_refuse_alike(county, nothing_lost):
    """The same faults below the faces: a Refusal with what to do next."""
    faults = {
        "identity-number-invalid": {"applicant": made.applicant(identity="1")},
        "materials-missing": {"materials": ()},
        "item-unknown": {"item": "QH-99-999"},
        "address-missing": {"delivery": "mail"},
        "text-too-long": {"answers": {"面积": "长" * 2001}},
    }
    for code, change in faults.items():
        with nothing_lost(), pytest.raises(Refusal) as caught:
            intake.take_in(submission=made.submission(**change), by=made.CLERK, at=made.AT)
        assert caught.value.code == code
        assert caught.value.message and caught.value.remedy
