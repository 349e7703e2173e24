"""首问 and 转办 at the counter: logged, handed over, followed; what is refused loses nothing."""

import pytest

from tests.faces.window.reading import filled, read, summary, words
from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.cases import contacts, referrals
from yichuang.cases.models import Contact, Referral

pytestmark = pytest.mark.django_db

COMPANY = Actor(121, "供水试样", "counterparty", 21, f"{made.COUNTY}-water", "", made.COUNTY)


@pytest.fixture
def connected(county):
    made.posted(COMPANY)


def form_of(tree, action):
    return tree.select_one(f'form[action="{action}"][method="post"]')


def typed(tree, **changes):
    who = {"name": made.NAME, "identity": made.identity(), "phone": made.PHONE}
    return filled(form_of(tree, "/window/referrals/new")) | who | {"town": made.TOWN} | changes


# --- first-asked ----------------------------------------------------------------------------------


def test_a_clerk_logs_what_was_asked(clerk):
    tree = read(clerk.get("/window/contacts/new"))
    data = filled(form_of(tree, "/window/contacts/new"))
    answer = clerk.post("/window/contacts/new", data | {
        "matter": "问翻盖老屋", "item": f"{made.HOUSE} 宅基地", "phone": made.PHONE,
    })  # fmt: skip
    contact = Contact.objects.get()
    assert answer["Location"] == f"/window/contacts/{contact.pk}"
    page = words(read(clerk.get(answer["Location"])))
    assert contact.number in page and "138****1234" in page and made.PHONE not in page
    assert "问翻盖老屋" in words(read(clerk.get("/window/contacts")))
    shown = clerk.post(f"{answer['Location']}/reveal", {"what": "phone"})
    assert made.PHONE in words(read(shown))


def test_a_refused_logging_keeps_the_words(clerk):
    said = f"他是{made.identity()}"
    answer = clerk.post("/window/contacts/new", {"matter": said, "item": "", "phone": ""})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert summary(read(answer))[0][1] == "#id_matter"
    unknown = clerk.post(
        "/window/contacts/new", {"matter": "问路", "item": "无此事项", "phone": ""}
    )
    assert unknown.status_code == 404 and summary(read(unknown))[0][1] == "#id_item"
    assert not Contact.objects.exists()


def test_handed_over_received_and_closed(clerk, sit_down):
    contacts.open_contact(matter="问翻盖老屋", by=made.CLERK, at=made.AT)
    # the clerk who signed in is another account than made.CLERK's number says
    Contact.objects.update(owner_user=_person(clerk))
    contact = Contact.objects.get()
    here = f"/window/contacts/{contact.pk}"
    wrong = clerk.post(f"{here}/hand_over", {"seq": 1, "receiver": "查无此处"})
    assert wrong.status_code == 404 and "查无此处" in wrong.content.decode()
    clerk.post(f"{here}/hand_over", {"seq": 1, "receiver": f"{made.STREET_CENTRE} 禾苑"})
    street = sit_down(made.STREET_CLERK)
    assert "问翻盖老屋" in words(read(street.get("/window/contacts")))
    street.post(f"{here}/receive", {"seq": 2})
    missing = street.post(f"{here}/close", {"seq": 3, "outcome": "answered", "answer": ""})
    assert missing.status_code == 422
    street.post(f"{here}/close", {"seq": 3, "outcome": "answered", "answer": "已经电话答复"})
    contact.refresh_from_db()
    assert contact.state == "closed" and contact.owner_user == _person(street)
    late = clerk.post(f"{here}/close", {"seq": 2, "outcome": "answered", "answer": "也答复了"})
    assert late.status_code == 409 and "也答复了" in late.content.decode()


def _person(browser):
    return int(browser.session["_auth_user_id"])


def test_a_stranger_sees_none(clerk, sit_down):
    contacts.open_contact(matter="问翻盖老屋", by=made.CLERK, at=made.AT)
    street = sit_down(made.STREET_CLERK)
    assert street.get(f"/window/contacts/{Contact.objects.get().pk}").status_code == 404


# --- referrals ------------------------------------------------------------------------------------


def test_only_what_others_decide_is_offered(clerk):
    offered = words(read(clerk.get("/window/referrals/new")))
    assert "用水报装" in offered and "宅基地" not in offered
    assert "用水报装" in words(read(clerk.get("/window/referrals/new", {"q": "接水"})))
    ours = clerk.get("/window/referrals/new", {"item": made.HOUSE})
    assert ours.status_code == 302 and "/window/intake" in ours["Location"]


def test_taken_in_handed_and_answered(connected, clerk):
    tree = read(clerk.get("/window/referrals/new", {"item": made.WATER}))
    answer = clerk.post("/window/referrals/new", typed(tree, materials="1", content="接水"))
    referral = Referral.objects.get()
    assert answer["Location"] == f"/window/referrals/{referral.pk}/slip"
    slip = read(clerk.get(answer["Location"]))
    assert referral.number in words(slip) and "2026-09-16" in words(slip)
    assert slip.select_one(".zw-qr, figure img") and made.NAME not in words(slip)
    held = referrals.receive(referral_id=referral.pk, seq=1, by=COMPANY, at=made.AT)
    referrals.answer(
        referral_id=referral.pk, seq=held.seq, done=True, text="已装表通水", by=COMPANY, at=made.AT
    )
    assert referral.number in words(read(clerk.get("/window/referrals")))
    page = read(clerk.get(f"/window/referrals/{referral.pk}"))
    assert "已装表通水" in words(page)
    clerk.post(f"/window/referrals/{referral.pk}/tell", {"seq": 3, "how": "phone"})
    referral.refresh_from_db()
    assert referral.told_at


def test_a_refused_form_keeps_what_was_typed(connected, clerk):
    tree = read(clerk.get("/window/referrals/new", {"item": made.WATER}))
    answer = clerk.post("/window/referrals/new", typed(tree, identity="379901188001010000"))
    assert answer.status_code == 422 and made.NAME in answer.content.decode()
    assert "#id_identity" in [line[1] for line in summary(read(answer))]
    assert not Referral.objects.exists()


def test_the_same_form_sent_twice_is_one(connected, clerk):
    data = typed(read(clerk.get("/window/referrals/new", {"item": made.WATER})))
    for _time in range(2):
        assert clerk.post("/window/referrals/new", data).status_code == 302
    assert Referral.objects.count() == 1


def test_not_connected_means_a_warm_hand_over(clerk):
    tree = read(clerk.get("/window/referrals/new", {"item": made.WATER}))
    assert "青禾供水公司" in words(tree) and "待确认" in words(tree)
    form = form_of(tree, "/window/contacts/new")
    answer = clerk.post("/window/contacts/new", filled(form))
    contact = Contact.objects.get()
    assert answer.status_code == 302 and contact.state == "handed"
    assert contact.handed_organ_id == COMPANY.organ_code and contact.owner_user == _person(clerk)
    clerk.post(f"/window/contacts/{contact.pk}/close",
               {"seq": 2, "outcome": "handed_over", "answer": "本人来电说已登记"})  # fmt: skip
    contact.refresh_from_db()
    assert contact.state == "closed"


def test_the_price_of_the_pages(connected, clerk, django_assert_max_num_queries):
    data = typed(read(clerk.get("/window/referrals/new", {"item": made.WATER})))
    clerk.post("/window/referrals/new", data)
    one = Referral.objects.get().pk
    contacts.open_contact(matter="问翻盖老屋", by=made.CLERK, at=made.AT)
    two = Contact.objects.get().pk
    for address, price in (
        ("/window/referrals", 9),
        ("/window/referrals/new", 6),
        (f"/window/referrals/new?item={made.WATER}", 9),
        (f"/window/referrals/{one}", 11),
        (f"/window/referrals/{one}/slip", 10),
        ("/window/contacts", 9),
        ("/window/contacts/new", 6),
        (f"/window/contacts/{two}", 10),
    ):
        with django_assert_max_num_queries(price):
            assert clerk.get(address).status_code == 200
