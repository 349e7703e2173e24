"""My cases, one case, its steps: what may be done is offered, what is refused loses nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.faces.window.reading import filled, read, summary, words
from tests.factories import county as made
from yichuang.cases import intake, tracking
from yichuang.cases.rules import MaterialEntry
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry

pytestmark = pytest.mark.django_db


def page(browser, receipt):
    return read(browser.get(f"/window/cases/{receipt.case_id}"))


def offered(tree):
    """The steps the page offers: event → its form."""
    return {
        form["action"].rsplit("/", 1)[1]: form
        for form in tree.select('form[action^="/window/cases/"]')
        if not form["action"].endswith("/reveal")
    }


def take(browser, receipt, event, **said):
    """Take one step by the form on the page."""
    form = offered(page(browser, receipt))[event]
    return browser.post(form["action"], filled(form) | said)


def state(receipt):
    return made.case(receipt).state


# --- the list -------------------------------------------------------------------------------------


def test_tabs_count_and_the_first_with_something_opens(clerk):
    made.accepted()
    tree = read(clerk.get("/window/"))
    tabs = {words(link): link for link in tree.select(".zw-tabs__link")}
    assert "待受理 0" in tabs
    assert tabs["办理中 1"].get("aria-current") == "page"
    assert "工作日" in words(tree.select_one("tbody tr"))


def test_rows_are_walked_by_key_nearest_deadline_first(clerk):
    taken = [made.taken_in(at=made.after(-n)) for n in range(23)]
    first = read(clerk.get("/window/", {"tab": "received"}))
    second = read(clerk.get(first.select_one('a[rel="next"]')["href"]))
    numbers = [words(a) for tree in (first, second) for a in tree.select("tbody a")]
    assert len(numbers) == 23
    assert set(numbers) == {made.case(one).number for one in taken}


def test_an_empty_tab_says_what_next(clerk):
    tree = read(clerk.get("/window/", {"tab": "deliver"}))
    assert tree.select_one('.zw-empty a[href="/window/intake"]')


def test_village_sees_what_it_forwarded(villager):
    taken = made.taken_in(by=made.VILLAGER, outlet_code=made.STATION, channel="station")
    assert made.case(taken).number in words(read(villager.get("/window/", {"tab": "received"})))


def test_an_unknown_tab_is_said_in_words(clerk):
    assert clerk.get("/window/", {"tab": "nonsense"}).status_code == 404


@pytest.mark.parametrize("read_by", ["number", "track", "verify"])
def test_case_is_found_by_number_or_by_what_a_scanner_reads(clerk, read_by):
    taken = made.taken_in()
    made.seal_papers(taken.case_id)
    code = Paper.objects.get().verify_code
    typed = {
        "number": f"  {made.case(taken).number.lower()} ",
        "track": f"http://example.invalid/track/{tracking.code(taken.case_id)}",
        "verify": f"http://example.invalid/verify/{code}",
    }[read_by]
    answer = clerk.post("/window/find", {"number": typed})
    assert answer["Location"] == f"/window/cases/{taken.case_id}"


@pytest.mark.parametrize("typed", ["", "0", "9" * 10_000, "http://x/track/ABC", "<b>"])
def test_what_is_not_found_is_said_and_kept(clerk, typed):
    answer = clerk.post("/window/find", {"number": typed})
    assert answer.status_code in (404, 422)
    assert summary(read(answer))
    assert read(answer).select_one("#find")["value"] == typed[:200]


def test_another_counters_case_is_as_if_it_were_not(clerk, sit_down):
    taken = made.taken_in()
    stranger = sit_down(made.STREET_CLERK)
    assert stranger.get(f"/window/cases/{taken.case_id}").status_code == 404
    sent = {"number": made.case(taken).number}
    assert stranger.post("/window/find", sent).status_code == 404


def test_only_window_posts_come_in(county, sit_down):
    assert sit_down(made.EXAMINER).get("/window/").status_code == 403
    assert "/staff/login" in Client().get("/window/")["Location"]


# --- one case -------------------------------------------------------------------------------------


def test_page_masks_and_tells_the_story(clerk):
    taken = made.accepted()
    answer = clerk.get(f"/window/cases/{taken.case_id}")
    said = words(read(answer))
    assert made.identity() not in answer.content.decode()
    assert made.PHONE not in answer.content.decode()
    assert "当场受理" in said
    assert "现在轮到青禾县青溪镇人民政府办理" in said
    assert "no-store" in answer["Cache-Control"]


def test_only_what_the_lifecycle_allows_is_offered(clerk, villager):
    taken = made.taken_in(by=made.VILLAGER, outlet_code=made.STATION, channel="station")
    assert set(offered(page(clerk, taken))) == {"accept", "ask_correction", "decline", "withdraw"}
    assert set(offered(page(villager, taken))) == {"withdraw"}


def test_from_receiving_to_the_archive(clerk):
    taken = made.taken_in(made.SHOP)
    assert take(clerk, taken, "accept").status_code == 302
    assert state(taken) == "accepted"
    done = made.granted_and_sealed()
    take(clerk, done, "dispatch", courier="演示快递", tracking_number="TEST-1")
    assert "TEST-1" in words(page(clerk, done))
    take(clerk, done, "deliver", received_by=made.NAME)
    take(clerk, done, "close")
    take(clerk, done, "archive")
    assert state(done) == "archived"


def test_correction_names_everything_once_and_takes_it_in(clerk):
    taken = made.taken_in()
    take(clerk, taken, "ask_correction", missing=["2"], problem="身份证复印件看不清，请重新复印")
    assert state(taken) == "correction"
    tree = page(clerk, taken)
    assert "身份证复印件看不清" in words(tree)
    assert "ask_correction" not in offered(tree)
    assert take(clerk, taken, "correct", supplied=["2"]).status_code == 302
    assert state(taken) == "accepted"


def test_decline_and_withdraw(clerk):
    one, other = made.taken_in(), made.taken_in()
    take(clerk, one, "decline", reason="不属于本机关职权范围", where_to_go="青禾县民政局")
    take(clerk, other, "withdraw", reason="申请人改变主意")
    assert (state(one), state(other)) == ("not_accepted", "withdrawn")


@pytest.mark.parametrize(
    ("event", "said", "href"),
    [
        ("decline", {"reason": ""}, "#id_decline_reason"),
        ("decline", {"reason": "不行"}, "#id_decline_reason"),
        ("decline", {"reason": "长" * 10_000}, "#id_decline_reason"),
        ("ask_correction", {"problem": "看不清楚"}, "#id_ask_correction_missing_0"),
        ("withdraw", {"reason": ""}, "#id_withdraw_reason"),
    ],
)
def test_a_refused_step_keeps_what_was_typed_and_leads_to_its_field(clerk, event, said, href):
    taken = made.taken_in()
    answer = take(clerk, taken, event, **said)
    tree = read(answer)
    assert answer.status_code == 422
    assert [link for _text, link in summary(tree)] == [href]
    assert tree.select_one(href)
    again = filled(offered(tree)[event])
    assert {name: again[name] for name in said} == said
    assert offered(tree)[event].find_parent("details").has_attr("open")
    assert state(taken) == "received"


def test_an_unsealed_result_is_not_handed_over(clerk):
    done = made.granted()
    answer = take(clerk, done, "deliver", received_by=made.NAME)
    assert answer.status_code == 409
    assert "还没有完成签章" in words(read(answer))
    assert filled(offered(read(answer))["deliver"])["received_by"] == made.NAME


def test_whoever_comes_second_learns_who_and_when_and_keeps_their_words(clerk):
    taken = made.taken_in()
    form = offered(page(clerk, taken))["decline"]
    sent = filled(form) | {"reason": "不属于本机关职权范围"}
    intake.accept(case_id=taken.case_id, seq=taken.seq, by=made.MANAGER, at=made.AT)
    answer = clerk.post(form["action"], sent)
    said = words(read(answer))
    assert answer.status_code == 409
    assert made.MANAGER.name in said
    assert "2026-09-09 09:00" in said
    assert "不属于本机关职权范围" in said
    assert read(answer).select_one(f'.zw-notice a[href="/window/cases/{taken.case_id}"]')
    assert state(taken) == "accepted"


def test_a_step_the_counter_does_not_have_is_not_found(clerk):
    taken = made.accepted()
    answer = clerk.post(f"/window/cases/{taken.case_id}/grant", {"seq": "1"})
    assert answer.status_code == 404
    assert state(taken) == "accepted"


def test_a_step_without_its_count_changes_nothing(clerk):
    taken = made.taken_in()
    for broken in ({}, {"seq": "x"}, {"seq": "9" * 30}):
        answer = clerk.post(f"/window/cases/{taken.case_id}/accept", broken)
        assert answer.status_code in (302, 409)
    assert state(taken) == "received"


# --- looking at a number --------------------------------------------------------------------------


def test_full_number_is_shown_once_for_a_purpose_and_journalled(clerk):
    taken = made.taken_in()
    sent = {"what": "identity", "purpose": "verify"}
    answer = clerk.post(f"/window/cases/{taken.case_id}/reveal", sent)
    assert made.identity() in words(read(answer))
    assert "no-store" in answer["Cache-Control"]
    entry = Entry.objects.get(kind="personal-data.revealed")
    assert entry.payload["purpose"] == "与证件原件核对"
    assert made.identity() not in str(entry.payload)
    assert take(clerk, taken, "accept").status_code == 302  # the case's own count is untouched


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"what": "identity", "purpose": ""}, 422), ({"what": "sealed", "purpose": "verify"}, 404)],
)
def test_no_purpose_no_number(clerk, sent, status):
    taken = made.taken_in()
    answer = clerk.post(f"/window/cases/{taken.case_id}/reveal", sent)
    assert answer.status_code == status
    assert made.identity() not in answer.content.decode()
    assert not Entry.objects.filter(kind="personal-data.revealed").exists()


# --- reading writes nothing, and little is read ---------------------------------------------------


def test_reading_pages_writes_nothing(clerk):
    taken = made.taken_in()
    pages = (
        "/window/",
        "/window/intake",
        f"/window/intake?item={made.HOUSE}",
        f"/window/cases/{taken.case_id}",
        f"/window/cases/{taken.case_id}/receipt",
    )
    for address in pages:
        with CaptureQueriesContext(connection) as queries:
            assert clerk.get(address).status_code == 200
        assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []


def test_list_and_case_cost_few_statements_however_many_there_are(clerk):
    made.taken_in()
    clerk.get("/window/")

    def cost(address):
        with CaptureQueriesContext(connection) as queries:
            assert clerk.get(address).status_code == 200
        return len(queries)

    few = cost("/window/")
    taken = [made.taken_in() for _n in range(5)]
    assert cost("/window/") == few <= 10  # one counts what did not arrive
    assert cost(f"/window/cases/{taken[0].case_id}") <= 12
    assert cost(f"/window/cases/{taken[0].case_id}/receipt") <= 12


def test_overdue_is_said(clerk):
    taken = made.taken_in()
    with time_machine.travel(made.after(12), tick=False):
        browser = Client()
        sent = {"login": f"demo.{made.CLERK.person_id}", "password": made.PASSWORD}
        browser.post("/staff/login", sent)
        assert "超期" in words(read(browser.get("/window/")))
    assert made.after(12) - made.AT == timedelta(days=12)
    assert state(taken) == "received"


def test_pages_are_whole_in_english(clerk):
    taken = made.taken_in()
    clerk.cookies["language"] = "en"
    tree = page(clerk, taken)
    assert tree.html["lang"] == "en"
    assert "Approval of land for a villager's house" in words(tree.h1)
    assert "What you can do" in words(tree)


# --- what follows later, promises, other towns ----------------------------------------------------

ALLOWANCE = "QH-05-002"
SITUATION = {"who": "self", "age": "adult", "income": "low", "disabled": "no"}


def allowance(*, states=(), **changes):
    """The allowance taken in; states: position → state, where it is not simply handed in."""
    entries = [MaterialEntry(at, dict(states).get(at, "submitted")) for at in range(1, 5)]
    return made.accepted(ALLOWANCE, materials=tuple(entries), situation=SITUATION, **changes)


def test_what_may_follow_stands_in_its_tab_and_is_handed_in(clerk):
    taken = allowance(states={4: "later"})
    listed = read(clerk.get("/window/", {"tab": "later"}))
    assert made.case(taken).number in words(listed)
    said = words(page(clerk, taken))
    assert "最迟 2026-09-16 补交" in said
    assert "已逾期" not in said
    assert take(clerk, taken, "supply_later").status_code == 422  # nothing ticked
    assert take(clerk, taken, "supply_later", supplied=["4"]).status_code == 302
    assert made.case(taken).materials.get(position=4).state == "submitted"
    assert "supply_later" not in offered(page(clerk, taken))


def test_what_should_have_followed_is_overdue(county):
    taken = allowance(states={4: "later"})
    with time_machine.travel(made.after(14), tick=False):
        post = made.posted(made.CLERK, at=made.after(14))[0]
        browser = Client()
        browser.post("/staff/login", {"login": post.login, "password": made.PASSWORD})
        assert "已逾期" in words(page(browser, taken))


def test_a_promise_is_shown_with_its_check(clerk):
    said = words(page(clerk, allowance(states={3: "promised"})))
    assert "待核查 收入证明" in said
    assert "前核查" in said


def test_a_case_from_another_town_shows_its_way(clerk):
    taken = made.accepted(made.RECORDS, place_code=made.STREET)
    case = made.case(taken)
    said = words(page(clerk, taken))
    assert ("转送" in said) is hasattr(case, "transfer")
    assert "还没有接收" in said


def test_the_form_is_masked_and_opened_for_a_purpose(clerk):
    facts = {"family_size": "3", "income_month": "1200", "reason": "虚构的困难"}
    taken = allowance(facts=facts)
    assert "虚构的困难" not in words(page(clerk, taken))
    sent = {"what": "facts", "purpose": "verify"}
    answer = clerk.post(f"/window/cases/{taken.case_id}/reveal", sent)
    assert "虚构的困难" in words(read(answer))
    assert Entry.objects.filter(kind="personal-data.revealed").count() == 1


def test_the_outlet_chosen_to_collect_at_hands_over(sit_down):
    done = made.granted_and_sealed(collect_at=made.STREET_CENTRE)
    street = sit_down(made.STREET_CLERK)
    assert "禾苑街道便民服务中心" in words(page(street, done))
    assert take(street, done, "deliver", received_by=made.NAME).status_code == 302
    assert state(done) == "delivered"
