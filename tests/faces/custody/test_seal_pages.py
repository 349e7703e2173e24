"""The seal pages: the register, the queue of papers to approve, the ledger."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import county as made
from yichuang.documents import actions, rules
from yichuang.documents.models import Paper, Seal, SealEvent, SealUse

MAIN = f"{made.TOWN}-gov-main"
KEEPER = made.Actor(501, "保管试样", "custodian", 1, made.GOVERNMENT, "", made.TOWN)
HEAD = made.Actor(502, "主任另试", "manager", 2, f"{made.TOWN}-centre", made.CENTRE, made.TOWN)
AUDITOR = made.Actor(503, "审计试样", "auditor", 3, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def county(db):
    with time_machine.travel(made.AT, tick=False):
        made.load()
        yield


@pytest.fixture
def keeper(county):
    browser = made.signed_in(KEEPER)
    Seal.objects.filter(pk=MAIN).update(custodian=browser.user)
    return browser


@pytest.fixture
def head(county):
    return made.signed_in(HEAD)


@pytest.fixture
def waiting(keeper):
    Seal.objects.filter(pk=MAIN).update(approval=rules.EACH)
    return Paper.objects.get(pk=made.granted().paper_id)


@pytest.fixture
def sealed(keeper):
    receipt = made.granted_and_sealed()
    return Paper.objects.get(pk=receipt.paper_id)


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_the_register_lists_what_is_ones_own(keeper, head, django_assert_max_num_queries):
    keeper.get("/custody/")  # the standing order is read once
    with django_assert_max_num_queries(9):
        page = text(keeper.get("/custody/"))
    assert MAIN in page and f"{made.STREET}-gov-main" not in page
    assert f"{made.TOWN}-centre-seal" in text(head.get("/custody/"))
    assert MAIN not in text(keeper.get("/custody/?q=没有这样的"))
    assert MAIN not in text(keeper.get(f"/custody/?state={rules.DESTROYED}"))


@pytest.mark.parametrize("actor", [made.CLERK, made.DECIDER, made.EXAMINER])
def test_nobody_else_comes_in(county, actor):
    assert made.signed_in(actor).get("/custody/").status_code == 403


def test_suspended_by_one_confirmed_by_another(keeper, head):
    page = f"/custody/seals/{MAIN}/"
    answer = keeper.post(f"{page}ask/suspend", {"reason": "印章找不到了"}, follow=True)
    assert "已经停用" in text(answer)
    event = SealEvent.objects.get()
    confirm = f"{page}events/{event.pk}/confirm"
    assert "不能是同一个人" in text(keeper.post(confirm), 403)
    assert "已确认" in text(head.post(confirm, follow=True))
    assert Seal.objects.get(pk=MAIN).state == rules.SUSPENDED
    assert "刷新页面" in text(head.post(confirm), 409)


def test_what_was_typed_comes_back(keeper):
    page = f"/custody/seals/{MAIN}/"
    assert "id_suspend_reason" in text(keeper.post(f"{page}ask/suspend", {"reason": ""}), 422)
    answer = keeper.post(
        f"{page}ask/adjust",
        {"approval": "each", "days": ["1"], "begins": "九点", "ends": "17:00", "reason": "试样"},
    )
    assert "九点" in text(answer, 422)
    assert not SealEvent.objects.exists()
    good = {"approval": "each", "days": ["1", "2"], "begins": "09:00", "ends": "17:00",
            "paper_kinds": ["grant_decision"], "items": made.HOUSE, "reason": "试样"}  # fmt: skip
    assert keeper.post(f"{page}ask/adjust", good).status_code == 302
    assert SealEvent.objects.get().change["hours"] == {
        "days": [1, 2], "from": "09:00", "to": "17:00"
    }  # fmt: skip


def test_a_new_seal_is_asked_for(head):
    facts = {"code": "q-1", "kind": rules.NUMBERED, "organ_code": made.GOVERNMENT, "number": "9",
             "name": "青溪镇专用章（9）", "valid_from": "2026-09-09", "custodian_title": "岗",
             "reason": "新设"}  # fmt: skip
    assert text(head.get("/custody/seals/make"))
    assert "id_number" in text(head.post("/custody/seals/make", {**facts, "number": ""}), 422)
    assert head.post("/custody/seals/make", facts).status_code == 302
    assert Seal.objects.get(pk="q-1").state == rules.MADE


def test_the_specimen_is_a_pdf_that_says_what_it_is(keeper):
    answer = keeper.get(f"/custody/seals/{MAIN}/specimen")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert keeper.get(f"/custody/seals/{made.STREET}-gov-main/specimen").status_code == 404


def test_which_seal_stands_on_which_paper_of_an_item(keeper):
    page = text(keeper.get(f"/custody/seals/policy?item={made.HOUSE}"))
    assert "便民服务中心印章不能代替行政许可机关的印章" in page and "第三十二条" in page
    assert "没有找到" in text(keeper.get("/custody/seals/policy?item=没有"))


def test_the_custodian_sees_the_paper_and_approves_it(waiting, keeper, head):
    assert waiting.number in text(keeper.get("/custody/approvals/"))
    shown = keeper.get(f"/custody/approvals/{waiting.pk}")
    page = text(shown)
    file = keeper.get(f"/custody/approvals/{waiting.pk}/file")
    assert file.content.startswith(b"%PDF") and file["X-Frame-Options"] == "SAMEORIGIN"
    seen = {key: shown.context[key] for key in ("facts_sha256", "pdf_sha256")}
    assert seen["pdf_sha256"] in page
    refused = head.post(f"/custody/approvals/{waiting.pk}/approve", seen)
    assert "不能做这件事" in text(refused, 403)
    assert keeper.post(f"/custody/approvals/{waiting.pk}/approve", seen).status_code == 302
    assert actions.complete(paper_id=waiting.pk, at=made.AT) == rules.SEALED
    assert keeper.post(f"/custody/approvals/{waiting.pk}/approve", seen).status_code == 409


def test_the_custodian_refuses_with_a_reason(waiting, keeper):
    address = f"/custody/approvals/{waiting.pk}/decline"
    assert text(keeper.post(address, {"reason": ""}), 422)
    assert keeper.post(address, {"reason": "附图不符"}).status_code == 302
    assert "附图不符" in text(keeper.get("/custody/approvals/"))


def test_the_ledger_is_searched_and_exported(sealed, keeper, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        page = text(keeper.get("/custody/ledger/"))
    assert sealed.number in page
    use = SealUse.objects.get(paper=sealed)
    for asked in (f"seal={MAIN}", f"item={made.HOUSE}", f"case={use.case_number}",
                  f"number={use.number}", f"number={sealed.number}", "since=2026-09-09"):  # fmt: skip
        assert sealed.number in text(keeper.get(f"/custody/ledger/?{asked}")), asked
    for asked in ("seal=x", "until=2026-09-08", f"before={use.position}"):
        assert sealed.number not in text(keeper.get(f"/custody/ledger/?{asked}")), asked
    file = keeper.get("/custody/ledger/csv")
    assert sealed.number in text(file) and use.row_hash in text(file)


def test_no_cell_of_the_export_is_a_formula(sealed, keeper, monkeypatch):
    Paper.objects.filter(pk=sealed.pk).update(number="=1+1")
    assert "'=1+1" in text(keeper.get("/custody/ledger/csv"))


def test_the_auditor_reads_and_changes_nothing(sealed, county):
    auditor = made.signed_in(AUDITOR)
    assert sealed.number in text(auditor.get("/custody/ledger/"))
    page = f"/custody/seals/{MAIN}/"
    assert "您可以办" not in text(auditor.get(page))
    assert auditor.post(f"{page}ask/suspend", {"reason": "试"}).status_code == 403
    assert not SealEvent.objects.exists()


def test_the_decider_gives_a_paper_anew(sealed, county):
    browser = made.signed_in(made.DECIDER)
    case = sealed.stream.removeprefix("case:")
    address = f"/desk/cases/{case}/papers/{sealed.pk}/reissue"
    assert address in text(browser.get(f"/desk/cases/{case}"))
    assert text(browser.get(address))
    assert "id_cause" in text(browser.post(address, {}), 422)
    said = {"cause": "name", "corrected": "田试洋", "reason": "姓名写错"}
    assert browser.post(address, said).status_code == 302
    assert Paper.objects.get(replaces=sealed).content["addressee"] == "田试洋"
    assert "已经被替换" in text(browser.post(address, said), 409)


def test_a_real_seals_image_is_not_taken_in_a_demonstration(keeper):
    page = f"/custody/seals/{MAIN}/"
    assert "印模图像（PNG" not in text(keeper.get(page))
    sent = SimpleUploadedFile("seal.png", b"\x89PNG\r\n\x1a\n")
    answer = keeper.post(f"{page}picture", {"picture": sent, "reason": "印模"})
    assert "演示环境不能上传" in text(answer, 403)
