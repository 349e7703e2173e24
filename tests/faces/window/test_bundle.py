"""一件事 at the counter: steps are chosen, one form is filled in, one matter is followed."""

import re

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import chains as made_chains
from tests.factories import county as made
from yichuang.cases.models import Bundle, Case, CaseMaterial, Link
from yichuang.catalogue.models import ItemVersion

BUDGET = 30  # SQL statements of a page of this face
NEW = "/window/bundles/new"


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


def text(answer):
    return re.sub(r"\s+", "", soup(answer).get_text())


@pytest.fixture
def shop(county):
    return made_chains.chain(
        (made.SHOP, ()),
        (made.HYGIENE, (1,)),
        (made.WATER, (), {"optional": True}),
        (made.ALLOWANCE, (), {"alternative": "money"}),
        (made.HARDSHIP, (), {"alternative": "money"}),
    )


def form(**changes):
    """What a clerk sends who takes in the shop and its hygiene permit."""
    fields = {
        "item": "test",
        "key": "11111111-2222-3333-4444-555555555555",
        "step-1": "1",
        "step-2": "1",
        "kind": "person",
        "on_behalf": "self",
        "identity": made.identity(),
        "name": made.NAME,
        "phone": made.PHONE,
        "town": made.TOWN,
        "village": made.VILLAGE,
        "delivery": "collect",
        "name-1": "申请书",
        "state-1": "submitted",
        "copies-1": "1",
        "name-2": "居民身份证",
        "state-2": "submitted",
        "copies-2": "1",
        "outcome": "submit",
    }
    sent = {**fields, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in sent.items() if value is not None}


def test_the_counter_offers_every_chain(shop, clerk):
    page = clerk.get("/window/bundles")
    assert "试一件事" in text(page) and "困难帮扶一件事" in text(page)
    assert soup(page).find("a", href=f"{NEW}?chain=test")
    assert "还没有收过一件事" in text(page)


def test_the_search_leads_to_the_whole_matter(shop, clerk):
    page = clerk.get("/window/intake", {"q": "开店"})
    assert soup(page).find("a", href=f"{NEW}?chain=shop")
    assert "几项一起办" not in text(clerk.get("/window/intake"))


def test_a_new_page_ticks_what_everybody_does(shop, clerk):
    page = soup(clerk.get(f"{NEW}?chain=test"))
    ticked = {box["name"] for box in page.select("input[type=checkbox][checked]")}
    assert ticked == {"step-1", "step-2"}
    assert not page.select("input[name='one-of-money'][checked]")
    assert len(page.select("input[name='one-of-money']")) == 3  # either, or none


def test_every_choice_draws_the_form_and_the_list_anew(shop, clerk):
    """Facts once, materials once; the questions of each item under its name. By POST, nothing in
    the address."""
    sent = form(**{"outcome": "check", "one-of-money": str(4)})
    answer = clerk.post(NEW, sent)
    page = soup(answer)
    assert answer.status_code == 200 and not Bundle.objects.exists()
    names = [box["value"] for box in page.select("input[name^='name-']")]
    assert names == ["一件事联合申请表", "申请书", "居民身份证", "营业执照", "收入证明", "银行卡"]
    assert "谁来申请？" in page.get_text()
    assert page.find("input", {"name": "fact_family_size"})
    assert page.find("input", {"name": "identity"})["value"] == made.identity()
    rows = [row for row in page.select(".win-for") if "小店卫生许可" in row.get_text()]
    assert any("小店登记" in row.get_text() for row in rows)  # the form both ask for
    kept = page.find("input", {"name": "state-2", "checked": True})
    assert kept["value"] == "submitted"  # by name, though its number moved
    figures = page.select_one(".win-spared").get_text()
    assert "材料（样）" in figures


def test_a_page_and_an_intake_cost_little(shop, clerk):
    clerk.get(f"{NEW}?chain=test")
    with CaptureQueriesContext(connection) as asked:
        clerk.post(NEW, form(outcome="check"))
    assert len(asked) <= BUDGET, [query["sql"][:90] for query in asked]
    with CaptureQueriesContext(connection) as asked:
        assert clerk.post(NEW, form()).status_code == 302
    assert len(asked) <= 2 * BUDGET
    bundle = Bundle.objects.get()
    with CaptureQueriesContext(connection) as asked:
        clerk.get(f"/window/bundles/{bundle.pk}")
    assert len(asked) <= BUDGET


def test_the_whole_is_taken_in_and_shown_under_one_number(shop, clerk):
    answer = clerk.post(NEW, form())
    bundle = Bundle.objects.get()
    assert answer["Location"] == f"/window/bundles/{bundle.pk}/receipt"
    case = Case.objects.get()
    assert (case.item_id, case.state) == (made.SHOP, "accepted")
    receipt = text(clerk.get(answer["Location"]))
    assert bundle.number in receipt and case.number in receipt
    assert "等“小店登记”的结果" in receipt
    page = clerk.get(f"/window/bundles/{bundle.pk}")
    assert "收下整件事" in text(page) and made.identity() not in page.content.decode()
    assert bundle.number in text(clerk.get("/window/bundles"))
    assert "田**" in text(page)


def test_what_lacks_is_said_and_nothing_typed_is_lost(shop, clerk):
    answer = clerk.post(NEW, form(identity="123", phone=""))
    page = soup(answer)
    assert answer.status_code == 422 and not Bundle.objects.exists()
    assert page.find("input", {"name": "name"})["value"] == made.NAME
    assert page.find("input", {"name": "step-2", "checked": True})
    assert page.select(".zw-error-summary a")


def test_alternatives_are_one_choice_and_the_domain_says_so_too(shop, clerk):
    answer = clerk.post(NEW, form(**{"step-4": "1", "step-5": "1"}))
    assert answer.status_code == 422 and "只能选一项" in text(answer)


def test_an_item_suspended_in_between_is_named_at_its_step(shop, clerk):
    ItemVersion.objects.filter(item=made.SHOP).update(state="suspended")
    made.renew()
    answer = clerk.post(NEW, form())
    assert answer.status_code == 409 and not Bundle.objects.exists()
    assert "“小店登记”" in text(answer) and "先不办这一项" in text(answer)


def test_a_version_published_in_between_is_told(shop, clerk):
    made.new_version(made.SHOP)
    answer = clerk.post(NEW, form(**{f"version-{made.SHOP}": "1"}))
    assert answer.status_code == 409 and "换了新版本" in text(answer)
    again = {box["name"]: box["value"] for box in soup(answer).select("input[name^='version-']")}
    assert clerk.post(NEW, form(**again)).status_code == 302


def test_a_village_hands_it_on(shop, villager):
    made_chains.chain((made.HARDSHIP, ()), (made.RECORDS, ()), code="village")
    answer = villager.post(NEW, form(item="village"))
    assert answer.status_code == 302
    assert set(Case.objects.values_list("state", flat=True)) == {"received"}


def test_a_promise_needs_the_applicants_own_hand(county, clerk):
    made_chains.chain((made.ALLOWANCE, ()), (made.RECORDS, ()))
    said = {f"answer-{made.ALLOWANCE}-{key}": value for key, value in made.ALONE.items()}
    names = ["一件事联合申请表", "居民身份证", "收入证明", "银行卡"]
    rows = {}
    for number, name in enumerate(names, start=1):
        state = "promised" if name == "收入证明" else "submitted"
        rows |= {f"name-{number}": name, f"state-{number}": state, f"copies-{number}": "1"}
    sent = form(**said, **rows)
    refused = clerk.post(NEW, sent)
    assert refused.status_code == 422 and "承诺书上签字" in text(refused)
    assert clerk.post(NEW, {**sent, "signed-3": "1"}).status_code == 302
    states = dict(CaseMaterial.objects.values_list("name", "state"))
    assert states["收入证明"] == "promised"


def test_one_item_is_withdrawn_and_a_guided_one_is_done(shop, clerk):
    clerk.post(NEW, form(**{"step-3": "1"}))
    bundle = Bundle.objects.get()
    page = f"/window/bundles/{bundle.pk}"
    assert "申请人已办好：用水报装" in text(clerk.get(page))
    done = clerk.post(f"{page}/done", {"seq": bundle.seq, "link": "3"})
    assert done.status_code == 302
    assert Link.objects.get(seq=3).state == "guided_done"
    late = clerk.post(f"{page}/withdraw", {"seq": bundle.seq, "only": "1", "reason": "不开店了"})
    assert late.status_code == 409 and "不开店了" in late.content.decode()
    bundle.refresh_from_db()
    nothing = clerk.post(f"{page}/withdraw", {"seq": bundle.seq, "reason": "不开店了"})
    assert nothing.status_code == 422
    gone = clerk.post(f"{page}/withdraw", {"seq": bundle.seq, "only": "1", "reason": "不开店了"})
    assert gone.status_code == 302
    assert dict(Link.objects.values_list("seq", "state")) == {
        1: "withdrawn", 2: "blocked", 3: "guided_done",
    }  # fmt: skip


def test_another_counters_matter_is_not_found(shop, clerk, sit_down):
    clerk.post(NEW, form())
    street = sit_down(made.STREET_CLERK)
    assert street.get(f"/window/bundles/{Bundle.objects.get().pk}").status_code == 404
