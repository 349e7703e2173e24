"""Questions, the exact list, what the office has already, promises, who else applied, where to go."""

import json
import threading
import urllib.error
import urllib.request

import pytest
from django.test import override_settings

from tests.faces.window.reading import filled, read, summary, words
from tests.faces.window.test_intake import send, statements, upload
from tests.factories import county as made
from yichuang.cases.models import Applicant, Case, Contact, Promise
from yichuang.catalogue.models import ItemVersion
from yichuang.faces.operations.commands import reader
from yichuang.faces.operations.pack import loader
from yichuang.files.models import StoredFile

pytestmark = pytest.mark.django_db
ALLOWANCE = "QH-05-002"  # questions, a promise, a material that may follow
FORM, CARD, INCOME, BANK, MANDATE, DISABLED = range(1, 7)
ANSWERS = {"answer-who": "self", "answer-age": "adult", "answer-income": "low"}
FACTS = {"fact_family_size": "3", "fact_income_month": "1200", "fact_reason": "虚构的困难"}


def opened(browser, item=ALLOWANCE):
    return filled(read(browser.get("/window/intake", {"item": item})).select_one("#intake"))


def person(**changes):
    return {
        "name": made.NAME,
        "identity": made.identity(),
        "phone": made.PHONE,
        "village": made.VILLAGE,
        **changes,
    }


def answered(browser, **changes):
    """The page after the three first answers and the last, everything handed in."""
    data = opened(browser) | ANSWERS | {"answer-disabled": "no"} | person() | FACTS
    data |= {f"state-{n}": "submitted" for n in (FORM, CARD, INCOME, BANK)}
    return data | {"outcome": "accept"} | changes


def look(browser, part="situation", **data):
    return read(browser.post(f"/window/intake/look/{part}", {"item": ALLOWANCE, **data}))


def rows(tree):
    return {int(words(row.legend).split(".")[0]): row for row in tree.select("[data-material]")}


def chosen(row):
    return row.select_one("input[type=radio][checked]")["value"]


# --- questions ------------------------------------------------------------------------------------


def test_one_question_stands_open_with_numbered_answers(clerk):
    tree = read(clerk.get("/window/intake", {"item": ALLOWANCE}))
    (question,) = tree.select("[data-open]")
    assert "谁来申请" in words(question)
    numbers = [one["data-number"] for one in question.select("input")]
    assert numbers == ["1", "2"]
    assert question.input.has_attr("autofocus")


def test_an_answer_changes_the_list_at_once_and_brings_the_next_question(clerk):
    tree = look(clerk, **{"answer-who": "other"})
    assert MANDATE in rows(tree)
    assert tree.select_one("#list")["hx-swap-oob"] == "true"
    assert "满16周岁" in words(tree.select_one("[data-open]"))
    later = look(clerk, **ANSWERS, **{"answer-disabled": "yes"})
    assert set(rows(later)) == {FORM, CARD, BANK, DISABLED}
    assert "上门看望核实" in words(later.select_one(".win-says"))


def test_without_scripts_a_button_does_the_same(clerk):
    data = opened(clerk) | {"answer-who": "other", "outcome": "check"}
    tree = read(send(clerk, data))
    assert MANDATE in rows(tree)
    assert not summary(tree)


def test_an_answer_left_behind_counts_no_more(clerk):
    tree = look(clerk, **(ANSWERS | {"answer-income": "high", "answer-disabled": "yes"}))
    assert DISABLED not in rows(tree)


def test_contradictory_answers_are_told_and_nothing_is_taken_in(clerk):
    tree = look(clerk, **{"answer-who": "self", "answer-age": "child"})
    assert "监护人" in words(tree.select_one("#situation [role=alert]"))
    data = answered(clerk) | {"answer-age": "child"}
    answer = send(clerk, data)
    assert answer.status_code in (409, 422)
    assert "#situation" in {href for _text, href in summary(read(answer))}
    assert filled(read(answer).select_one("#intake"))["name"] == made.NAME
    assert not Case.objects.exists()


def test_open_questions_are_asked_before_anything_is_taken_in(clerk):
    data = answered(clerk)
    del data["answer-disabled"]
    answer = send(clerk, data)
    assert answer.status_code == 422
    assert "持证残疾人" in summary(read(answer))[0][0]


def test_a_verdict_turns_to_the_other_item_with_the_applicant(clerk):
    sent = opened(clerk) | ANSWERS | {"answer-income": "high"} | person()
    tree = look(clerk, **sent)
    assert not tree.select(".win-outcome")
    button = tree.select_one("[data-verdict]")
    assert (button["value"], button["data-hotkey"]) == ("turn", "F9")
    other = tree.select_one("[name=turn_to]")["value"]
    tree = read(send(clerk, sent | {"outcome": "turn", "turn_to": other}))
    form = filled(tree.select_one("#intake"))
    assert form["item"] == made.HARDSHIP
    assert (form["name"], form["identity"]) == (made.NAME, made.identity())
    assert form["key"] != sent["key"]
    assert not summary(tree)


def test_a_whole_submission_keeps_situation_and_facts(clerk):
    assert send(clerk, answered(clerk)).status_code == 302
    case = Case.objects.get()
    assert case.situation == {"who": "self", "age": "adult", "income": "low", "disabled": "no"}
    assert "虚构的困难" not in str(case.answers)
    assert case.facts_sealed


def test_facts_take_full_width_digits_and_say_what_is_wrong_at_their_field(clerk):
    answer = send(clerk, answered(clerk, fact_family_size="三口", name=""))
    hrefs = [href for _text, href in summary(read(answer))]
    assert hrefs == ["#id_name", "#id_fact_family_size"]
    assert send(clerk, answered(clerk, fact_family_size="３")).status_code == 302


def test_a_form_filled_in_half_is_refused_at_the_field_left_open(clerk):
    answer = send(clerk, answered(clerk, fact_reason=""))
    assert [href for _text, href in summary(read(answer))] == ["#id_fact_reason"]
    bare = answered(clerk) | dict.fromkeys(FACTS, "")  # the form came on paper
    assert send(clerk, bare).status_code == 302


@pytest.mark.parametrize("text", ["𠮷𪚥", "·阿卜杜拉·演示·", "Ａ"])
def test_rare_signs_in_names_are_kept(clerk, text):
    assert send(clerk, answered(clerk, name=f"田{text}")).status_code == 302


def test_ten_thousand_characters_in_a_fact_are_refused_there(clerk):
    answer = send(clerk, answered(clerk, fact_reason="长" * 10_000))
    assert [href for _text, href in summary(read(answer))] == ["#id_fact_reason"]
    assert "长" * 10_000 in answer.content.decode()


# --- materials ------------------------------------------------------------------------------------


def test_each_row_says_why_on_what_basis_and_what_a_good_one_looks_like(clerk):
    row = rows(read(clerk.get("/window/intake", {"item": ALLOWANCE})))[INCOME]
    said = words(row)
    assert "核对家庭收入" in said
    assert "虚构救助办法第八条 待确认" in said
    assert "写明每月收入" in said


def test_only_what_the_list_allows_may_follow_or_be_promised(clerk):
    listed = rows(read(clerk.get("/window/intake", {"item": ALLOWANCE})))
    offers = {
        at: {one["value"]: one["data-number"] for one in row.select("input[type=radio]")}
        for at, row in listed.items()
    }
    assert offers[FORM] == {"submitted": "1", "missing": "5"}
    assert offers[INCOME] == {"submitted": "1", "promised": "4", "missing": "5"}
    assert offers[BANK] == {"submitted": "1", "later": "3", "missing": "5"}
    assert "最迟 2026-09-16 补交" in words(listed[BANK])


def test_what_may_follow_is_accepted_with_its_day(clerk):
    assert send(clerk, answered(clerk) | {f"state-{BANK}": "later"}).status_code == 302
    case = Case.objects.get()
    assert case.state == "accepted"
    assert str(case.materials.get(position=BANK).follow_by) == "2026-09-16"


def test_a_promise_needs_the_applicants_own_signature(clerk):
    data = answered(clerk) | {f"state-{INCOME}": "promised"}
    answer = send(clerk, data)
    assert answer.status_code == 422
    assert [href for _text, href in summary(read(answer))] == [f"#state-{INCOME}"]
    assert not Case.objects.exists()
    assert send(clerk, data | {f"signed-{INCOME}": "1"}).status_code == 302
    promise = Promise.objects.get()
    assert (promise.position, promise.signed_how) == (INCOME, "paper")


def test_nobody_entrusted_promises_for_the_applicant(clerk):
    data = answered(clerk) | {
        f"state-{INCOME}": "promised",
        f"signed-{INCOME}": "1",
        "on_behalf": "other",
        "agent": "代办试样",
    }
    answer = send(clerk, data)
    assert answer.status_code in (403, 422)
    assert "必须由申请人本人" in summary(read(answer))[0][0]
    assert not Case.objects.exists()


def test_the_promise_is_printed_blank(clerk):
    tree = read(clerk.get(f"/window/intake/promise/{ALLOWANCE}/{INCOME}"))
    said = words(tree.article)
    assert "不实承诺的责任" in said
    assert "承诺人（本人签字）" in said
    assert clerk.get(f"/window/intake/promise/{ALLOWANCE}/{BANK}").status_code == 404


def test_what_the_office_has_is_ticked_once_the_applicant_is_known(clerk):
    send(clerk, answered(clerk))
    sent = opened(clerk) | ANSWERS | person()
    tree = look(clerk, "who", **sent)
    listed = rows(tree)
    assert chosen(listed[CARD]) == "held"
    assert "读卡器" in words(listed[CARD])
    assert chosen(listed[FORM]) == "missing"
    stranger = look(clerk, "who", **(sent | {"identity": made.identity(7)}))
    assert chosen(rows(stranger)[BANK]) == "missing"


def test_a_state_chosen_stays_when_the_situation_changes(clerk):
    sent = opened(clerk) | ANSWERS | {f"state-{FORM}": "submitted", f"copies-{FORM}": "2"}
    row = rows(look(clerk, **sent, **{"answer-disabled": "yes"}))[FORM]
    assert chosen(row) == "submitted"
    assert row.select_one(f"[name=copies-{FORM}]")["value"] == "2"


def test_a_stored_file_stays_with_its_row_over_the_questions(clerk):
    kept = filled(
        read(send(clerk, answered(clerk, name="") | {f"file-{FORM}": upload()})).select_one(
            "#intake"
        )
    )
    row = rows(look(clerk, **kept))[FORM]
    assert row.select_one("[name=kept-1]")["value"] == kept["kept-1"]
    assert "证件.pdf" in words(row)
    assert StoredFile.objects.count() == 1


# --- who else -------------------------------------------------------------------------------------


def test_an_open_case_of_the_same_item_is_told_before_a_second_is_opened(clerk, sit_down):
    """Two clerks with the same person: whoever presses second learns who was first.
    Seen to fail without the check: two cases stood there."""
    first = answered(clerk)
    other = sit_down(made.MANAGER)
    second = answered(other)
    send(clerk, first)
    answer = send(other, second)
    (line,) = summary(read(answer))
    assert answer.status_code == 409
    assert made.CLERK.name in line[0]
    assert Case.objects.get().number in line[0]
    assert Case.objects.count() == 1
    again = read(answer).select_one("[name=again]")
    assert again is not None
    form = filled(read(answer).select_one("#intake"))
    assert send(other, form | {"again": "1", "outcome": "accept"}).status_code == 302
    assert Case.objects.count() == 2


def test_the_same_form_sent_twice_is_no_second_case(clerk):
    data = answered(clerk)
    assert send(clerk, data)["Location"] == send(clerk, data)["Location"]
    assert Case.objects.count() == 1


def test_the_number_alone_tells_of_the_open_case(clerk):
    send(clerk, answered(clerk))
    tree = look(clerk, "who", **(opened(clerk) | {"identity": made.identity()}))
    assert "同一事项正在办理" in words(tree.select_one(".win-twin"))


# --- the item changes underfoot -------------------------------------------------------------------


def test_an_item_suspended_meanwhile_keeps_what_was_typed(clerk):
    data = answered(clerk)
    ItemVersion.objects.filter(item=ALLOWANCE).update(state="suspended")
    made.renew()
    answer = send(clerk, data)
    tree = read(answer)
    assert answer.status_code == 409
    assert "暂停" in summary(tree)[0][0]
    assert filled(tree.select_one("#intake"))["name"] == made.NAME
    assert not Case.objects.exists()


def test_a_version_published_meanwhile_is_shown_and_the_input_kept(clerk, tmp_path):
    data = answered(clerk) | {f"state-{BANK}": "later"}
    publish_without_the_card(tmp_path)
    answer = send(clerk, data)
    tree = read(answer)
    assert answer.status_code == 409
    assert "换了新版本" in summary(tree)[0][0]
    assert "居民身份证" in words(tree.select_one(".zw-notice"))
    form = filled(tree.select_one("#intake"))
    assert form["name"] == made.NAME
    states = {words(row.legend).split(". ")[1]: chosen(row) for row in rows(tree).values()}
    assert states["银行卡"] == "later"
    assert "居民身份证" not in states
    assert not Case.objects.exists()
    assert send(clerk, form | {"outcome": "accept"}).status_code == 302
    assert Case.objects.get().item_version.version == 2


def publish_without_the_card(folder):
    """The next version of the item asks for one material less."""
    for table in made.PACK.iterdir():
        text = table.read_text(encoding="utf-8")
        if table.name == "items.csv":
            text = text.replace("申请表;居民身份证;收入证明;银行卡", "申请表;收入证明;银行卡")
        (folder / table.name).write_text(text, encoding="utf-8")
    loader.load_pack(folder, by=made.SYSTEM, at=made.AT)


# --- where to go ----------------------------------------------------------------------------------


def test_who_is_sent_elsewhere_gets_a_paper_and_is_in_the_book(clerk):
    tree = read(clerk.get("/window/where", {"item": made.SHOP, "place": made.STREET}))
    offers = {one["value"]: one for one in tree.select("[name=to]")}
    assert made.STREET_CENTRE in offers
    sent = {"item": made.SHOP, "place": made.STREET, "to": made.STREET_CENTRE}
    answer = clerk.post("/window/where", sent)
    contact = Contact.objects.get()
    assert (contact.state, contact.handed_to_id) == ("handed", made.STREET_CENTRE)
    said = read(clerk.get(answer["Location"]))
    assert "禾苑街道便民服务中心" in words(said)
    assert "周一至周五" in words(said)
    assert "待确认" in words(said)
    assert {"here", "target"} <= {g["class"][0].split("__")[1] for g in said.select("svg g")}
    assert "公里" in words(said.figure)


def test_where_without_a_choice_asks_for_one(clerk):
    answer = clerk.post("/window/where", {"item": made.SHOP, "place": made.STREET})
    assert answer.status_code == 422
    assert "请选一个地点" in words(read(answer))
    assert not Contact.objects.exists()


def test_a_refusing_ruling_leads_to_where(clerk):
    data = answered(clerk) | {"outcome": "where"}
    assert send(clerk, data)["Location"] == f"/window/where?item={ALLOWANCE}&place={made.VILLAGE}"


@pytest.mark.parametrize(
    ("value", "outcome"), [("not_needed", "not_needed"), ("not_ours", "elsewhere")]
)
def test_answers_that_end_the_matter_are_said_and_logged(clerk, value, outcome):
    version = ItemVersion.objects.get(item=ALLOWANCE)
    table = [
        row | {"value": value} if row["effect"] == "verdict" else row
        for row in version.situations
        if row["effect"] != "place"
    ]
    ItemVersion.objects.filter(pk=version.pk).update(situations=table)
    made.renew()
    data = opened(clerk) | ANSWERS | {"answer-income": "high", "outcome": value}
    answer = send(clerk, data)
    contact = Contact.objects.get()
    assert (contact.state, contact.outcome) == ("closed", outcome)
    said = words(read(clerk.get(answer["Location"])))
    assert "收入在标准以上" in said
    assert contact.number in said
    wrong = send(clerk, data | {"answer-income": "low"})
    assert wrong.status_code == 409
    assert Contact.objects.count() == 1


# --- how to receive -------------------------------------------------------------------------------


def test_the_result_may_be_collected_at_any_outlet_of_the_county(clerk):
    tree = read(clerk.get("/window/intake", {"item": ALLOWANCE}))
    offered = {option["value"] for option in tree.select("#id_collect_at option")}
    assert {"", made.STREET_CENTRE, made.STATION, f"{made.COUNTY}-hall"} <= offered
    assert made.CENTRE not in offered  # that is what "" means
    send(clerk, answered(clerk, collect_at=made.STREET_CENTRE))
    assert Case.objects.get().collect_at_id == made.STREET_CENTRE


# --- the card reader ------------------------------------------------------------------------------


def test_only_the_intake_page_may_ask_the_reader_and_only_where_there_is_one(clerk):
    def policy(path):
        return clerk.get(path)["Content-Security-Policy"]

    assert "127.0.0.1" not in policy(f"/window/intake?item={ALLOWANCE}")
    with override_settings(ID_READER_URL="http://127.0.0.1:18088"):
        assert "connect-src 'self' http://127.0.0.1:18088" in policy(
            f"/window/intake?item={ALLOWANCE}"
        )
        assert "18088" not in policy("/window/")
        tree = read(clerk.get("/window/intake", {"item": ALLOWANCE}))
        assert tree.select_one("[data-read-card]")["data-hotkey"] == "F4"


def test_the_simulator_answers_its_own_page_and_nobody_else():
    origin = "http://testserver"
    service = reader.server(port=0, origin=origin, cards=reader.people("379901"))
    threading.Thread(target=service.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{service.server_port}/read"
    try:
        asked = urllib.request.Request(address, headers={"Origin": origin})
        with urllib.request.urlopen(asked) as answer:
            card = json.load(answer)
            assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert card["name"].endswith("演示")
        assert card["number"][6:8] == "18"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address)
    finally:
        service.shutdown()
        service.server_close()


# --- what it costs --------------------------------------------------------------------------------


def test_page_fragments_and_submission_keep_to_their_statements(clerk):
    data = answered(clerk)
    page = lambda: clerk.get("/window/intake", {"item": ALLOWANCE})  # noqa: E731
    assert statements(page) <= 7
    assert statements(lambda: clerk.post("/window/intake/look/situation", data)) <= 12
    assert statements(lambda: clerk.post("/window/intake/look/who", data)) <= 12
    assert statements(lambda: send(clerk, data)) <= 21
    assert Applicant.objects.count() == 1


def test_whoever_promised_falsely_is_not_offered_another_promise(clerk):
    data = answered(clerk) | {f"state-{INCOME}": "promised", f"signed-{INCOME}": "1"}
    send(clerk, data)
    Promise.objects.update(state="false", checked_at=made.AT)
    row = rows(look(clerk, "who", **(opened(clerk) | ANSWERS | person())))[INCOME]
    assert not row.select("input[value=promised]")
    assert "以前的承诺经核查不实" in words(row)


def test_village_staff_are_told_that_they_may_not_sign(villager):
    row = rows(read(villager.get("/window/intake", {"item": ALLOWANCE})))[INCOME]
    assert "不能代签" in words(row)
    assert row.select_one(f"[name=signed-{INCOME}][checked]") is None
