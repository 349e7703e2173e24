"""One case: what is shown, what is masked, and the files that hang on it."""

import io

import pytest
from django.test import Client
from PIL import Image

from tests.factories import county as made
from tests.support.reading import facts, links, read, step, words
from yichuang.cases import decision, examination
from yichuang.cases.rules import MaterialEntry
from yichuang.files.actions import store
from yichuang.journal.models import Entry


def picture():
    raw = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(raw, "PNG")
    raw.seek(0)
    return raw


@pytest.fixture
def with_picture(county, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    file = store(stream=picture(), name="申请表.png", kind="material", by=made.CLERK, at=made.AT)
    return made.accepted(
        made.HOUSE, materials=(MaterialEntry(1, file_id=str(file.id)), MaterialEntry(2))
    )


def test_evidence_facts_and_rule_side_by_side(examiner):
    receipt = made.accepted(made.HOUSE)
    page = read(examiner.get(f"/desk/cases/{receipt.case_id}"))
    said = facts(page)
    assert said["面积"] == "120平方米"
    assert said["决定"] == "青禾县青溪镇人民政府" and said["授权文书"] == "没有，按自有权限"
    assert "土地管理法第62条" in said["法律依据"]
    assert said["办理时限"] == "承诺15个工作日（法定20个）"
    left = page.find("section", attrs={"aria-label": "申请材料和文书"})
    assert "申请表" in words(left) and "受理通知书" in words(left)
    right = page.find("section", attrs={"aria-label": "期限和权限"})
    assert "9月9日开始" in words(right) and "第1至第" in words(right)
    assert "窗口试样（窗口人员）" in words(right) and "依据：行政许可法第32条" in words(right)
    entry = Entry.objects.get(stream=f"case:{receipt.case_id}")
    assert f"日志第{entry.index}条" in words(right)


def test_personal_numbers_are_masked(examiner):
    receipt = made.accepted(made.HOUSE)
    said = words(read(examiner.get(f"/desk/cases/{receipt.case_id}")))
    for secret in (made.NAME, made.PHONE, made.identity()):
        assert secret not in said


def test_a_number_in_full_once_and_journalled(examiner):
    receipt = made.accepted(made.HOUSE)
    address = f"/desk/cases/{receipt.case_id}"
    answer = examiner.post(f"{address}/reveal", {"column": "phone", "purpose": "contact"})
    said = words(read(answer))
    assert made.PHONE in said and made.identity() not in said
    assert "no-store" in answer["Cache-Control"]
    entry = Entry.objects.get(kind="personal-data.revealed")
    assert entry.payload["purpose"] == "联系申请人" and entry.payload["column"] == "phone"
    assert made.PHONE not in str(entry.payload)
    assert made.PHONE not in words(read(examiner.get(address)))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"column": "phone", "purpose": ""}, 422),
        ({"column": "phone", "purpose": "nonsense"}, 422),
        ({"column": "nonsense", "purpose": "contact"}, 404),
        ({"column": "address", "purpose": "contact"}, 404),  # none was given
    ],
)
def test_no_number_without_a_purpose(examiner, sent, status):
    receipt = made.accepted(made.HOUSE)
    answer = examiner.post(f"/desk/cases/{receipt.case_id}/reveal", sent)
    assert answer.status_code == status and made.PHONE not in words(read(answer))
    assert not Entry.objects.filter(kind="personal-data.revealed").exists()


def test_reading_writes_nothing(examiner, decider):
    receipt = made.reviewed(made.HOUSE)
    before = Entry.objects.count()
    for address in ("", "?act=refuse", "/done"):
        assert decider.get(f"/desk/cases/{receipt.case_id}{address}").status_code == 200
    assert decider.get(f"/desk/cases/{receipt.case_id}/do/grant").status_code == 405
    assert decider.get(f"/desk/cases/{receipt.case_id}/reveal").status_code == 405
    assert Entry.objects.count() == before


def test_whose_turn_it_is(bureau):
    for receipt, turn in (
        (made.accepted(made.HOUSE), "青禾县青溪镇人民政府（审核）"),
        (made.reviewed(made.HARDSHIP), "青禾县民政局（决定）"),
        (made.granted(made.HOUSE), "青溪镇便民服务中心（送达、办结）"),
    ):
        page = read(bureau.get(f"/desk/cases/{receipt.case_id}"))
        assert f"现在轮到{turn}，您这里没有要办的步骤" in words(page.select_one("#act"))


def test_an_unknown_step_in_the_address_opens_the_first(decider):
    receipt = made.reviewed(made.HOUSE)
    page = read(decider.get(f"/desk/cases/{receipt.case_id}?act=nonsense"))
    assert step(page)[0].endswith("/do/grant")


def test_a_changed_authority_is_said_before_anybody_decides(decider):
    receipt = made.reviewed(made.SHOP)
    made.authority.revoke(
        number=made.GRANT, on=made.AT.date(), reason="试验撤销", by=made.SYSTEM, at=made.AT
    )
    page = read(decider.get(f"/desk/cases/{receipt.case_id}"))
    assert "权限已经变化" in words(page) and "委托青审批委〔2021〕演示1号已撤销" in words(page)
    forms = [form["action"] for form in page.select("form[action*='/do/']")]
    assert forms == [f"/desk/cases/{receipt.case_id}/do/hand_back"]
    assert "应办结日期不变" in words(page.select_one("#act"))


def test_material_page_and_file(examiner, with_picture):
    address = f"/desk/cases/{with_picture.case_id}"
    assert links(read(examiner.get(address)))["申请表"] == f"{address}/materials/1"
    page = read(examiner.get(f"{address}/materials/1"))
    assert page.select_one("#shown img")["src"] == f"{address}/materials/1/file"
    file = examiner.get(f"{address}/materials/1/file")
    assert file["Content-Type"] == "image/png"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in file["Content-Security-Policy"]
    assert "default-src 'none'" in file["Content-Security-Policy"]
    assert "script-src" not in file["Content-Security-Policy"]
    assert file["Content-Disposition"].startswith("inline")
    assert b"".join(file.streaming_content).startswith(b"\x89PNG")
    kept = examiner.get(f"{address}/materials/1/file?download=1")
    assert kept["Content-Disposition"].startswith("attachment")
    kept.close()


def test_material_without_a_file(examiner, with_picture):
    answer = examiner.get(f"/desk/cases/{with_picture.case_id}/materials/2")
    assert answer.status_code == 404 and "没有电子件" in words(read(answer))
    assert examiner.get(f"/desk/cases/{with_picture.case_id}/materials/9/file").status_code == 404


def test_files_of_another_organs_case_do_not_open(sit_down, with_picture):
    stranger = sit_down(made.CIVIL_DECIDER)
    answer = stranger.get(f"/desk/cases/{with_picture.case_id}/materials/1/file")
    assert answer.status_code == 404


def test_paper_not_sealed_yet_then_sealed(transactional_db, clock, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    made.load()
    user, _post, _token = made.posted(made.DECIDER)
    browser = made_client(user)
    receipt = made.granted(made.HOUSE)
    address = f"/desk/cases/{receipt.case_id}/papers/{receipt.paper_id}"
    waiting = browser.get(address)
    assert waiting.status_code == 409 and "还没有签章" in words(read(waiting))
    made.seal_papers(receipt.case_id)
    paper = browser.get(address)
    assert paper["Content-Type"] == "application/pdf"
    assert "sandbox" not in paper["Content-Security-Policy"]
    assert paper["Content-Disposition"].startswith("inline")
    assert b"".join(paper.streaming_content).startswith(b"%PDF")
    package = browser.get(f"{address}.ofd")
    assert (package["Content-Type"], package.content[:2]) == ("application/ofd", b"PK")
    other = made.accepted(made.HOUSE)
    wrong = browser.get(f"/desk/cases/{other.case_id}/papers/{receipt.paper_id}")
    assert wrong.status_code == 404


def made_client(user):
    browser = Client()
    browser.post("/staff/login", {"login": user.login, "password": made.PASSWORD})
    return browser


def test_the_page_of_a_case_has_a_fixed_price(decider, django_assert_num_queries):
    receipt = made.reviewed(made.HOUSE)
    address = f"/desk/cases/{receipt.case_id}"
    decider.get(address)
    # session, person, post; case, pauses, materials, papers, journal; standing order, twice
    with django_assert_num_queries(10):
        decider.get(address)
    more = decision.extend(
        case_id=receipt.case_id, seq=receipt.seq, reason="需要补充踏勘", approved_by="镇长",
        by=made.DECIDER, at=made.AT,
    )  # fmt: skip
    assert more.seq == receipt.seq + 1
    with django_assert_num_queries(10):
        decider.get(address)


def test_a_paused_case_promises_no_day(examiner):
    receipt = made.accepted(made.HOUSE)
    examination.begin_special(
        case_id=receipt.case_id, seq=receipt.seq, reason="听证：申请人要求",
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    page = read(examiner.get(f"/desk/cases/{receipt.case_id}"))
    assert "暂停计时" in words(page.select_one(".desk-strip"))
    right = page.find("section", attrs={"aria-label": "期限和权限"})
    assert "结束后到期日按暂停的工作日顺延" in words(right)
