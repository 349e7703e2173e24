"""A stranger checks a paper, by its code or by its file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import county as factory
from yichuang.authority import actions as authority
from yichuang.cases import decision, examination, intake, promises
from yichuang.documents.models import Paper
from yichuang.faces.portal import attempts
from yichuang.files.queries import open_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(county):
    """A sealed acceptance notice."""
    receipt = factory.accepted()
    factory.seal_papers(receipt.case_id)
    return Paper.objects.get(stream=f"case:{receipt.case_id}")


def pdf_of(paper):
    with open_file(paper.file_id)[1] as handle:
        return handle.read()


def upload(send, data, name="文书.pdf"):
    return send("/verify/file", {"file": SimpleUploadedFile(name, data, "application/pdf")})


def test_the_address_on_the_paper_shows_what_was_issued(paper, read):
    page = read(f"/verify/{paper.verify_code}")
    assert page.title == "确有这份文书"
    assert page.fact("文号") == paper.number
    assert page.fact("发文机关") == "青禾县青溪镇人民政府"
    assert page.fact("事项") == "村民建房用地审批"
    assert page.fact("当事人") == "田**"
    assert paper.sha256 in page.main
    assert factory.NAME not in page.response.content.decode()
    assert "不具法律效力" in page.main, "a demonstration seal is said to be one"
    # paper and seal, ledger, revocations, licence of this number
    assert len(page.queries()) <= 7
    assert "没有登记这份文书被撤销或者替换" in page.main


def test_the_grant_in_force_on_that_day_stands_beside_the_seal(county, read):
    receipt = factory.accepted(factory.SHOP)
    decision.grant_on_spot(
        case_id=receipt.case_id, seq=receipt.seq, decision="准予经营。", by=factory.DECIDER,
        at=factory.AT,
    )  # fmt: skip
    factory.seal_papers(receipt.case_id)
    paper = Paper.objects.get(stream=f"case:{receipt.case_id}", kind="grant_decision")
    said = read(f"/verify/{paper.verify_code}").fact("当日有效的授权文书")
    assert factory.GRANT in said and "撤销" not in said
    authority.revoke(
        number=factory.GRANT, on=factory.AT.date(), reason="县里收回", by=factory.SYSTEM,
        at=factory.AT,
    )  # fmt: skip
    page = read(f"/verify/{paper.verify_code}")
    assert page.title == "确有这份文书", "what was sealed before still verifies"
    assert "这份授权已于 2026-09-09 撤销" in page.fact("当日有效的授权文书")


def test_what_was_taken_back_is_said_to_be(county, read, send):
    states = {3: "promised"}
    receipt = intake.take_in(
        submission=factory.allowance(states=states), by=factory.CLERK, at=factory.AT
    )
    seq = examination.review(
        case_id=receipt.case_id, seq=receipt.seq, opinion="符合条件", agrees=True,
        by=factory.EXAMINER, at=factory.AT,
    ).seq  # fmt: skip
    seq = decision.grant(
        case_id=receipt.case_id, seq=seq, decision="准予补贴。", by=factory.CIVIL_DECIDER,
        at=factory.AT,
    ).seq  # fmt: skip
    factory.seal_papers(receipt.case_id)
    paper = Paper.objects.get(stream=f"case:{receipt.case_id}", kind="result_notice")
    seq = promises.check(
        case_id=receipt.case_id, seq=seq, position=3, kept=False, finding="收入与承诺不符，秘密细节",
        by=factory.EXAMINER, at=factory.AT,
    ).seq  # fmt: skip
    promises.revoke(
        case_id=receipt.case_id, seq=seq, reason="承诺不实", by=factory.CIVIL_DECIDER,
        at=factory.AT,
    )  # fmt: skip
    assert read(f"/verify/{paper.verify_code}").title == "确有这份文书", "not sealed yet"
    factory.seal_papers(receipt.case_id)
    undone = Paper.objects.get(stream=f"case:{receipt.case_id}", kind="revocation_decision")
    page = read(f"/verify/{paper.verify_code}")
    assert page.title == "签发过，但后来有变化"
    assert f"2026-09-09 被撤销，撤销决定书 {undone.number}" in page.main
    assert "秘密细节" not in page.main, "why concerns the holder alone"
    assert upload(send, pdf_of(paper)).title == "文件是真的，但后来有变化"


def test_a_typed_code_leads_there(paper, read):
    typed = paper.verify_code.lower().replace("-", "")
    assert read("/verify", data={"code": typed}).response["Location"] == (
        f"/verify/{paper.verify_code}"
    )


def test_an_unknown_code_is_explained(county, read):
    page = read("/verify", data={"code": "AAAAA"})
    assert page.status == 404
    assert "没有找到这个核验码" in page.soup.find(role="alert").get_text()
    assert read("/verify/AAAAA").status == 404


def test_an_unsealed_paper_is_not_vouched_for(county, read):
    factory.accepted()
    assert read(f"/verify/{Paper.objects.get().verify_code}").status == 404


def test_the_file_itself_is_recognised(paper, send):
    page = upload(send, pdf_of(paper))
    assert page.title == "文件是真的，没有改动"
    assert page.fact("文号") == paper.number
    assert "您上传的文件没有保存" in page.main


def test_an_altered_file_is_not(paper, send):
    page = upload(send, pdf_of(paper) + b"\n%more")
    assert page.title == "文件被改动过"
    assert "不能采信" in page.main


def test_what_cannot_be_read_cannot_be_confirmed(county, send):
    page = upload(send, b"not a pdf")
    assert page.title == "无法确认"
    assert "不是 PDF 文件" in page.main


def test_no_file_is_asked_for(county, send):
    page = send("/verify/file", {})
    assert page.status == 422
    assert "请上传" in page.soup.find(role="alert").get_text()


def test_an_empty_file_is_explained(county, send):
    page = upload(send, b"")
    assert page.status == 422
    assert "这个文件是空的" in page.main


def test_uploads_are_limited(county, send):
    for _one in range(attempts.UPLOADS):
        assert upload(send, b"not a pdf").status == 200
    assert upload(send, b"not a pdf").status == 429


def test_the_form_alone(county, read):
    page = read("/verify")
    assert page.soup.find("input", type="file")["accept"].startswith("application/pdf")
    assert read("/verify/file").response["Location"] == "/verify"
