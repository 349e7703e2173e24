"""The steps of the desk as a browser takes them."""

from dataclasses import replace

import pytest

from tests.factories import county as made
from tests.support.reading import facts, links, read, step, words
from yichuang.cases import decision
from yichuang.cases.rules import MaterialEntry
from yichuang.documents.models import Paper
from yichuang.journal.models import Entry

DECISION = "准予使用宅基地一百六十平方米。"


def opened(browser, receipt, event=""):
    """The open step of a case's page: (address, form)."""
    return step(read(browser.get(f"/desk/cases/{receipt.case_id}?act={event}")))


def steps_taken(receipt):
    return list(
        Entry.objects.filter(stream=f"case:{receipt.case_id}")
        .order_by("seq")
        .values_list("kind", flat=True)
    )


def test_examiner_reviews_and_goes_on(examiner):
    first, second = made.accepted(made.HOUSE, at=made.after(-2)), made.accepted(made.HOUSE)
    address, form = opened(examiner, first)
    assert address.endswith("/do/review") and form["opinion"]
    answer = examiner.post(address, form | {"agrees": "yes"}, follow=True)
    page = read(answer)
    assert "已完成：审核" in words(page) and facts(page)["状态"] == "已审核"
    assert links(page)["下一件 F9"] == f"/desk/cases/{second.case_id}"
    entry = Entry.objects.get(stream=f"case:{first.case_id}", kind="case.review")
    assert entry.payload["agrees"] is True and entry.author["name"] == made.EXAMINER.name


def test_a_conclusion_must_be_chosen_and_words_stay(examiner):
    receipt = made.accepted(made.HOUSE)
    address, form = opened(examiner, receipt)
    answer = examiner.post(address, form | {"opinion": "四至与现场一致。"})
    page = read(answer)
    assert answer.status_code == 422 and "请选择建议准予还是建议不予" in words(page)
    assert step(page)[1]["opinion"] == "四至与现场一致。"
    unchanged = examiner.post(address, form | {"agrees": "no"})
    assert unchanged.status_code == 422 and "请写明不符合的地方" in words(read(unchanged))
    assert steps_taken(receipt) == ["case.accept_on_spot"]


def test_disagreement_reaches_the_decider(examiner, decider):
    receipt = made.accepted(made.HOUSE)
    address, form = opened(examiner, receipt)
    examiner.post(address, form | {"agrees": "no", "opinion": "超出规划范围。"})
    act = read(decider.get(f"/desk/cases/{receipt.case_id}")).select_one("#act")
    assert "建议不予；超出规划范围" in words(act)


def test_special_procedure_begins_and_ends(examiner, clock):
    receipt = made.accepted(made.HOUSE)
    address, form = opened(examiner, receipt, "begin_special")
    page = read(
        examiner.post(address, form | {"kind": "听证", "reason": "申请人要求"}, follow=True)
    )
    assert facts(page)["状态"] == "特别程序" and facts(page)["期限"] == "暂停计时"
    clock.move_to(made.after(5), tick=False)
    examiner.post("/staff/login", {"login": examiner.user.login, "password": made.PASSWORD})
    address, form = opened(examiner, receipt)
    assert address.endswith("/do/end_special")
    page = read(examiner.post(address, form | {"result": "听证已结束"}, follow=True))
    assert facts(page)["状态"] == "已受理"
    case = read(examiner.get(f"/desk/cases/{receipt.case_id}"))
    assert "听证：申请人要求暂停2个工作日" in words(case)  # 10 and 11 September


def test_send_back(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt, "send_back")
    short = decider.post(address, form | {"reason": "x"})
    assert short.status_code == 422 and "须写明理由" in words(read(short))
    page = read(decider.post(address, form | {"reason": "请核实面积"}, follow=True))
    assert facts(page)["状态"] == "已受理"


def test_extend_once_with_approval(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt, "extend")
    shown = words(read(decider.get(f"/desk/cases/{receipt.case_id}?act=extend")))
    assert "10 个工作日" in shown and "延长后 2026-10-20 到期" in shown
    decider.post(address, form | {"reason": "需要补充踏勘", "approved_by": "镇长"})
    assert made.case(receipt).due_on.isoformat() == "2026-10-20"
    page = read(decider.get(f"/desk/cases/{receipt.case_id}?act=extend"))
    assert step(page)[0].endswith("/do/grant")  # not offered twice
    assert "已延长10个" in facts(page)["办理时限"]


def test_grant_is_previewed_then_made(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    assert "村民建房用地审批" in form["decision"]  # a sentence for this item
    sent = form | {"decision": DECISION, "conditions": "按图施工\n\n接受检查"}
    page = read(decider.post(address, sent))
    letter = words(page.select_one("article"))
    assert "准予行政许可决定书" in letter and DECISION in letter
    assert "1．按图施工" in letter and "2．接受检查" in letter
    assert "六十日内" in letter and "六个月内" in letter and made.NAME not in letter
    said = facts(page)
    assert said["以谁的名义"] == "青禾县青溪镇人民政府"
    assert said["印章"] == "青禾县青溪镇人民政府（演示）"
    assert made.DECIDER.name in said["谁决定"]
    assert steps_taken(receipt)[-1] == "case.review"  # nothing is written yet

    address, kept = step(page)
    page = read(decider.post(address, kept | {"confirmed": "1"}, follow=True))
    paper = Paper.objects.get(stream=f"case:{receipt.case_id}", kind="grant_decision")
    assert paper.number in words(page) and facts(page)["状态"] == "已准予"
    assert paper.content["decision"] == DECISION
    assert paper.content["conditions"] == ["按图施工", "接受检查"]
    assert "没有别的办件了" in words(page)


def test_preview_and_back_keeps_the_words(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    _address, kept = step(read(decider.post(address, form | {"decision": DECISION})))
    page = read(decider.post(address, kept | {"edit": "1"}))
    assert step(page)[1]["decision"] == DECISION


def test_another_standard_sentence(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    sent = form | {"conditions": "按图施工", "use": "1"}
    page = read(decider.post(address, sent))
    now = step(page)[1]
    assert now["decision"] != form["decision"] and "东禾村" in now["decision"]
    assert now["conditions"] == "按图施工"
    assert decider.post(address, form | {"use": "99"}).status_code == 200


def test_refusal_states_the_remedies(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt, "refuse")
    shown = words(read(decider.get(f"/desk/cases/{receipt.case_id}?act=refuse")).select_one("#act"))
    assert "行政复议" in shown and "行政诉讼" in shown
    assert decider.post(address, form | {"reason": "不行"}).status_code == 422
    page = read(decider.post(address, form | {"reason": "不在村庄规划的建设用地范围内。"}))
    letter = words(page.select_one("article"))
    assert "不予行政许可决定书" in letter and "本机关决定：不予行政许可" in letter
    address, kept = step(page)
    page = read(decider.post(address, kept | {"confirmed": "1"}, follow=True))
    assert facts(page)["状态"] == "不予办理"


def test_what_is_no_permit_is_told_and_not_decided(sit_down):
    receipt = made.reviewed(made.HARDSHIP)
    browser = sit_down(made.CIVIL_DECIDER)
    address, form = opened(browser, receipt)
    page = read(browser.post(address, form | {"decision": "认定为困难家庭，按月补助。"}))
    letter = words(page.select_one("article"))
    assert "办理结果告知书" in letter and "现已办结" in letter and "许可" not in letter
    address, form = opened(browser, receipt, "refuse")
    page = read(browser.post(address, form | {"reason": "家庭收入高于标准。"}))
    assert "不予办理告知书" in words(page.select_one("article"))


def test_instant_item_on_the_spot(decider):
    receipt = made.accepted(made.SHOP)
    address, form = opened(decider, receipt)
    assert address.endswith("/do/grant_on_spot")
    page = read(decider.post(address, form))
    assert facts(page)["以谁的名义"] == "青禾县行政审批服务局"  # entrusted: in the owner's name
    assert facts(page)["授权文书"] == made.GRANT
    assert "行政审批业务专用章（1）" in facts(page)["印章"]
    address, kept = step(page)
    assert decider.post(address, kept | {"confirmed": "1"}).status_code == 302
    assert made.case(receipt).state == "granted"


def test_no_seal_no_confirmation(decider):
    receipt = made.reviewed(made.HOUSE)
    made.documents.Seal.objects.filter(kind="organ_main").delete()
    address, form = opened(decider, receipt)
    page = read(decider.post(address, form))
    assert not page.select("button[name=confirmed]") and page.select("button[name=edit]")


def test_reviewer_does_not_decide(decider):
    same = replace(made.EXAMINER, person_id=decider.user.pk)
    receipt = made.reviewed(made.HOUSE, reviewer=same)
    address, form = opened(decider, receipt)
    answer = decider.post(address, form | {"decision": DECISION, "confirmed": "1"})
    page = read(answer)
    assert answer.status_code == 403
    assert "审核和决定不能由同一个人作出" in words(page) and "请由另一位" in words(page)
    assert step(page)[1]["decision"] == DECISION
    assert made.case(receipt).state == "reviewed"


def test_moved_on_says_who_and_when_and_keeps_the_words(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    decision.extend(
        case_id=receipt.case_id, seq=receipt.seq, reason="需要补充踏勘", approved_by="镇长",
        by=made.OTHER_DECIDER, at=made.AT,
    )  # fmt: skip
    for extra in ({}, {"confirmed": "1"}):
        answer = decider.post(address, form | {"decision": DECISION} | extra)
        page = read(answer)
        assert answer.status_code == 409
        assert "审批另试已于2026-09-09 09:00办理了“延期”" in words(page)
        assert step(page)[1]["decision"] == DECISION
        assert links(page)["重新载入这个办件"] == f"/desk/cases/{receipt.case_id}"
    assert made.case(receipt).state == "reviewed"
    again = step(page)[1]  # what is shown now is what the next press acts on
    assert decider.post(address, again | {"confirmed": "1"}).status_code == 302


def test_decided_by_another_meanwhile(decider):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    decision.grant(
        case_id=receipt.case_id, seq=receipt.seq, decision="已由他人决定。",
        by=made.OTHER_DECIDER, at=made.AT,
    )  # fmt: skip
    answer = decider.post(address, form | {"decision": DECISION, "confirmed": "1"})
    page = read(answer)
    assert answer.status_code == 409 and "审批另试" in words(page)
    assert page.select_one("#kept").get_text().strip().startswith(DECISION)
    assert step(page) == ("", {})


def test_power_gone_while_writing_and_handed_back(decider, sit_down):
    receipt = made.reviewed(made.SHOP)
    address, form = opened(decider, receipt)
    made.authority.revoke(
        number=made.GRANT, on=made.AT.date(), reason="试验撤销", by=made.SYSTEM, at=made.AT
    )
    for extra in ({}, {"confirmed": "1"}):
        answer = decider.post(address, form | {"decision": DECISION} | extra)
        assert answer.status_code == 409 and "权限已经变化" in words(read(answer))
    page = read(answer)
    assert DECISION in page.select_one("#kept").get_text()
    address, form = step(page)
    assert address.endswith("/do/hand_back")
    done = decider.post(address, form, follow=True)
    assert "已交还有权机关" in words(read(done))
    case = made.case(receipt)
    assert case.decider_id == made.APPROVAL and case.state == "accepted"
    owner = sit_down(made.COUNTY_DECIDER)
    assert owner.get(f"/desk/cases/{receipt.case_id}").status_code == 200


def test_nothing_to_hand_back(decider):
    receipt = made.reviewed(made.HOUSE)
    seq = made.case(receipt).seq
    answer = decider.post(f"/desk/cases/{receipt.case_id}/do/hand_back", {"seq": seq})
    assert answer.status_code == 409 and "仍由本机关决定" in words(read(answer))


@pytest.mark.parametrize("event", ["withdraw", "deliver", "nonsense"])
def test_steps_of_other_faces_are_not_taken_here(decider, event):
    receipt = made.reviewed(made.HOUSE)
    answer = decider.post(f"/desk/cases/{receipt.case_id}/do/{event}", {"seq": receipt.seq})
    assert answer.status_code == 404 and "没有这一步" in words(read(answer))


def test_examiner_cannot_decide(examiner):
    receipt = made.reviewed(made.HOUSE)
    sent = {"seq": receipt.seq, "decision": DECISION, "confirmed": "1"}
    answer = examiner.post(f"/desk/cases/{receipt.case_id}/do/grant", sent)
    assert answer.status_code == 403 and "由青禾县青溪镇人民政府办理" in words(read(answer))
    assert made.case(receipt).state == "reviewed"


def test_bureau_reads_and_does_nothing(bureau):
    receipt = made.reviewed(made.HOUSE)
    assert bureau.get(f"/desk/cases/{receipt.case_id}").status_code == 200
    sent = {"seq": receipt.seq, "decision": DECISION, "confirmed": "1"}
    assert bureau.post(f"/desk/cases/{receipt.case_id}/do/grant", sent).status_code == 403


def test_form_from_elsewhere_is_refused(decider, settings):
    receipt = made.reviewed(made.HOUSE)
    decider.handler.enforce_csrf_checks = True
    answer = decider.post(f"/desk/cases/{receipt.case_id}/do/send_back", {"seq": receipt.seq})
    assert answer.status_code == 403
    assert steps_taken(receipt)[-1] == "case.review"


def test_price_of_a_decision(decider, django_assert_max_num_queries):
    receipt = made.reviewed(made.HOUSE)
    address, form = opened(decider, receipt)
    with django_assert_max_num_queries(12):  # the page's ten, the standing order, the seal
        decider.post(address, form)
    with django_assert_max_num_queries(26):
        decider.post(address, form | {"confirmed": "1"})
    assert made.case(receipt).state == "granted"


# --- transfers, and promises that are checked -----------------------------------------------------


@pytest.fixture
def civil_examiner(sit_down):
    """青溪's government reviews the allowance; the county's bureau decides."""
    return sit_down(made.EXAMINER)


def promised(**changes):
    """The allowance accepted, the proof of income replaced by the applicant's promise."""
    entries = tuple(MaterialEntry(at, "promised" if at == 3 else "submitted") for at in range(1, 5))
    return made.accepted("QH-05-002", materials=entries, situation=SITUATION, **changes)


SITUATION = {"who": "self", "age": "adult", "income": "low", "disabled": "no"}


def test_a_transfer_is_received_once_and_the_review_stays_first(sit_down):
    receipt = made.accepted(made.RECORDS, place_code=made.STREET)
    case = made.case(receipt)
    examiner = sit_down(replace(made.EXAMINER, organ_code=case.reviewer_id))
    page = read(examiner.get(f"/desk/cases/{receipt.case_id}"))
    assert step(page)[0].endswith("/do/review")
    assert "还没有接收" in facts(page)["转送"]
    address, form = opened(examiner, receipt, "receive_transfer")
    page = read(examiner.post(address, form, follow=True))
    assert "已完成：接收转送" in words(page)
    page = read(examiner.get(f"/desk/cases/{receipt.case_id}"))
    assert "2026-09-09 09:00接收" in facts(page)["转送"]
    assert opened(examiner, receipt, "receive_transfer")[0].endswith("/do/review")


def test_a_promise_checked_true(civil_examiner):
    receipt = promised()
    address, form = opened(civil_examiner, receipt, "check_promise")
    assert form["position"] == "3"
    unsaid = civil_examiner.post(address, form | {"finding": "向社保机构核对"})
    assert unsaid.status_code == 422 and "请选择属实还是不实" in words(read(unsaid))
    civil_examiner.post(address, form | {"kept": "yes", "finding": "向社保机构核对，收入属实"})
    said = words(read(civil_examiner.get(f"/desk/cases/{receipt.case_id}")))
    assert "核查属实 承诺“收入证明”" in said
    assert Entry.objects.filter(kind="case.check_promise").count() == 1


def test_a_false_promise_ends_the_case_after_a_preview(civil_examiner, sit_down):
    receipt = promised()
    decider = sit_down(made.CIVIL_DECIDER)
    assert not opened(decider, receipt, "terminate")[0].endswith("/do/terminate")
    address, form = opened(civil_examiner, receipt, "check_promise")
    civil_examiner.post(address, form | {"kept": "no", "finding": "社保记录显示收入高于标准"})
    address, form = opened(decider, receipt, "terminate")
    page = read(decider.post(address, form | {"reason": "承诺的收入经核查不实。"}))
    letter = words(page.select_one("article"))
    assert "终止办理告知书" in letter and "承诺的收入经核查不实" in letter
    assert made.case(receipt).state == "accepted"  # nothing is written yet
    address, kept = step(page)
    assert decider.post(address, kept | {"confirmed": "1"}).status_code == 302
    assert made.case(receipt).state == "terminated"


def test_a_result_given_on_a_false_promise_is_revoked(civil_examiner, sit_down):
    receipt = promised()
    address, form = opened(civil_examiner, receipt)
    civil_examiner.post(address, form | {"agrees": "yes"})
    decider = sit_down(made.CIVIL_DECIDER)
    address, form = opened(decider, receipt)
    decider.post(address, form | {"confirmed": "1"})
    assert made.case(receipt).state == "granted"
    address, form = opened(civil_examiner, receipt, "check_promise")
    civil_examiner.post(address, form | {"kept": "no", "finding": "社保记录显示收入高于标准"})
    address, form = opened(decider, receipt, "revoke_result")
    page = read(decider.post(address, form | {"reason": "准予所依据的承诺不实。"}))
    letter = words(page.select_one("article"))
    assert "撤销决定书" in letter and "撤销上述决定" in letter
    address, kept = step(page)
    assert decider.post(address, kept | {"confirmed": "1"}).status_code == 302
    assert made.case(receipt).state == "revoked"
