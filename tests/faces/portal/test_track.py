"""Following a case by its code, and saving its papers."""

import uuid

import pytest

from tests.factories import county as factory
from yichuang.cases import decision, delivery, examination, tracking
from yichuang.documents.models import Paper
from yichuang.faces.portal import attempts

pytestmark = pytest.mark.django_db
WRONG = "00000-00000-00000-00000-000000"


def address(receipt):
    return f"/track/{tracking.code(receipt.case_id)}"


def test_the_form_leads_to_the_case_however_the_code_is_typed(county, read):
    receipt = factory.accepted()
    code = tracking.code(receipt.case_id)
    for typed in (code, code.lower(), code.replace("-", " "), f"https://example.org/track/{code}/"):
        page = read("/track", data={"code": typed})
        assert page.response["Location"] == f"/track/{code}"


def test_a_wrong_code_is_kept_and_explained(county, read):
    page = read("/track", data={"code": WRONG})
    assert page.status == 404
    assert page.soup.find("input", {"name": "code"})["value"] == WRONG
    assert "没有找到这个查询码" in page.soup.find(role="alert").get_text()


def test_an_empty_code_is_asked_for(county, read):
    page = read("/track", data={"code": ""})
    assert page.status == 422
    assert "查询码" in page.soup.find(role="alert").get_text()


def test_a_code_that_leads_nowhere_is_a_clear_page(county, read):
    for code in (WRONG, "nonsense"):
        page = read(f"/track/{code}")
        assert page.status == 404
        assert "没有找到这个查询码对应的办件" in page.main
        assert "带身份证到就近的便民服务中心" in page.main


def test_an_accepted_case_says_whose_turn_it_is_and_until_when(county, read):
    page = read(address(factory.accepted()))
    assert "已受理" in page.main
    assert "现在轮到青禾县青溪镇人民政府" in page.main
    assert "剩 15 个工作日" in page.main
    assert "2026-09-30" in page.main
    assert "承诺 15 个工作日内办结" in page.main
    steps = page.soup.select(".portal-arithmetic li")
    assert len(steps) >= 2
    assert len(page.queries()) <= 12


def test_no_personal_number_and_no_full_name_is_shown(county, read):
    page = read(address(factory.accepted()))
    text = page.response.content.decode()
    assert factory.NAME not in text and factory.PHONE not in text
    assert factory.identity() not in text
    assert page.fact("申请人") == "田**"


def test_officials_stay_behind_their_organs(county, read):
    text = read(address(factory.reviewed())).response.content.decode()
    assert factory.EXAMINER.name not in text and factory.CLERK.name not in text
    assert "青溪镇便民服务中心" in text


def test_a_correction_tells_everything_missing_at_once(county, read):
    receipt = factory.taken_in(
        outcome="correct", materials=factory.handed_in(factory.HOUSE, missing=(1, 2))
    )
    page = read(address(receipt))
    assert "现在轮到您" in page.main
    missing = page.soup.find("h2", string="请补齐这些材料").find_next("ul")
    assert [one.strong.get_text() for one in missing("li")] == ["申请表", "居民身份证"]
    assert "受理以后才开始计算办理时限" in page.main


def test_an_overdue_case_says_so_and_whom_to_press(county, read, today):
    receipt = factory.accepted()
    today.move_to(factory.after(30))
    page = read(address(receipt))
    assert "超期" in page.main
    assert "催办" in page.main


def test_the_inner_second_look_is_not_told(county, read):
    receipt = factory.reviewed()
    decision_ = examination.send_back(
        case_id=receipt.case_id, seq=receipt.seq, reason="请再核对面积", by=factory.DECIDER,
        at=factory.AT,
    )  # fmt: skip
    page = read(address(decision_))
    assert "退回重审" not in page.main and "请再核对面积" not in page.main


def test_a_posted_result_shows_its_number(county, read):
    receipt = factory.granted_and_sealed(
        delivery="mail", applicant=factory.applicant(address="演示路1号")
    )
    sent = delivery.dispatch(
        case_id=receipt.case_id, seq=receipt.seq, courier="演示快递", tracking_number="DEMO123",
        by=factory.CLERK, at=factory.AT,
    )  # fmt: skip
    page = read(address(sent))
    assert "DEMO123" in page.main
    assert "现在轮到演示快递" in page.main


def test_a_refusal_says_where_the_reasons_are(county, read):
    receipt = factory.reviewed()
    refused = decision.refuse(
        case_id=receipt.case_id, seq=receipt.seq, reason="面积超过标准", by=factory.DECIDER,
        at=factory.AT,
    )  # fmt: skip
    assert "理由和您可以怎么申诉都写在决定文书里" in read(address(refused)).main


def test_a_paper_without_its_seal_is_not_offered(county, read):
    receipt = factory.accepted()
    page = read(address(receipt))
    assert "正在制作和盖章" in page.main
    paper = Paper.objects.get(stream=f"case:{receipt.case_id}")
    page = read(f"{address(receipt)}/papers/{paper.pk}")
    assert page.status == 409
    assert "还没有盖好章" in page.main


def test_a_sealed_paper_is_saved_as_a_file(county, read, client):
    receipt = factory.accepted()
    factory.seal_papers(receipt.case_id)
    link = read(address(receipt)).link("下载 PDF")
    response = client.get(link)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert b"".join(response).startswith(b"%PDF-")


def test_a_paper_of_another_case_is_not_found(county, read):
    mine, theirs = factory.accepted(), factory.accepted()
    factory.seal_papers(theirs.case_id)
    other = Paper.objects.get(stream=f"case:{theirs.case_id}")
    page = read(f"{address(mine)}/papers/{other.pk}")
    assert page.status == 404
    assert "这个办件没有这份文书" in page.main
    assert read(f"{address(mine)}/papers/{uuid.uuid4()}").status == 404


def test_nothing_of_a_case_is_kept_or_sent_on(county, read):
    receipt = factory.accepted()
    for path in ("/track", address(receipt), f"{address(receipt)}/rate"):
        response = read(path).response
        assert "no-store" in response["Cache-Control"], path
        assert "noindex" in response.get("X-Robots-Tag", "") or response.status_code == 409
        assert response["Referrer-Policy"] in ("same-origin", "no-referrer")
    outside = [a["href"] for a in read(address(receipt)).soup("a") if "//" in a.get("href", "")]
    assert outside == []


def test_too_many_wrong_codes_are_stopped_and_let_go_again(county, read, today):
    receipt = factory.accepted()
    for _attempt in range(attempts.WRONG_CODES):
        assert read(f"/track/{WRONG}").status == 404
    page = read(address(receipt))
    assert page.status == 429
    assert "请过 10 分钟再试" in page.main
    assert read(address(receipt), REMOTE_ADDR="192.0.2.7").status == 200, "others are not affected"
    today.move_to(factory.after(0, minutes=11))
    assert read(address(receipt)).status == 200


def test_right_codes_do_not_count(county, read):
    receipt = factory.accepted()
    for _attempt in range(attempts.WRONG_CODES + 2):
        assert read(address(receipt)).status == 200
