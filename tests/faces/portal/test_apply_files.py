"""What an applicant hands in from home: photos and files, whole or in pieces, and what is refused."""

import io

import pytest

from tests.faces.portal.applying import (
    Applicant,
    picture,
    sends,
    seq_of,
    through,
    up_to_materials,
    uploads,
)
from yichuang.cases import draft_rules
from yichuang.cases.models import Case
from yichuang.files.models import StoredFile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]


def test_a_disguised_file_is_refused_and_said_to_be(someone):
    up_to_materials(someone)
    fake = io.BytesIO(b"MZ\x90\x00 not a picture")
    fake.name = "照片.jpg"
    page = uploads(someone, seq_of("居民身份证"), fake)
    assert page.status == 415 and "可执行程序" in page.soup.find(role="alert").get_text()
    assert not StoredFile.objects.exists()


def test_several_photos_of_one_material_arrive_as_one_pdf(county, client, outbox):
    who = up_to_materials(Applicant(client).begins())
    seq = seq_of("居民身份证")
    uploads(who, seq)
    uploads(who, seq, picture("red"))
    page = who.reads(f"materials/{seq}")
    pictures = [one["src"] for one in page.soup.select(".portal-files img")]
    assert len(pictures) == 2
    assert client.get(pictures[0])["Content-Type"] == "image/jpeg"
    for name, way in (("银行卡", "bring"), ("收入证明", "bring")):
        client.post(f"{who.root}/materials/{seq_of(name)}", {"act": "way", "answer": way})
    through(who)
    assert sends(client, who.root, outbox).response["Location"].endswith("/done")
    material = Case.objects.get().materials.get(name="居民身份证")
    assert material.file.content_type == "application/pdf"
    assert StoredFile.objects.filter(kind="material").count() == 1


def test_a_file_of_another_draft_is_not_shown(county, client):
    first = up_to_materials(Applicant(client).begins())
    uploads(first, seq_of("居民身份证"))
    file_id = next(iter(first.opened.content.files))
    second = Applicant(client).begins()
    assert client.get(f"{second.root}/files/{file_id}").status_code == 404
    assert client.get(f"{first.root}/files/{file_id}").status_code == 200


def paper():
    out = io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF")
    out.name = "证明.pdf"
    return out


def test_a_photo_beside_a_pdf_is_told_at_once_and_not_when_it_is_filed(someone):
    """Seen to fail without `_check_together`: the last page refused, naming no material."""
    up_to_materials(someone)
    seq = seq_of("居民身份证")
    assert uploads(someone, seq, paper()).status == 302
    page = uploads(someone, seq)
    assert page.status == 422 and "不能放在一起" in page.soup.find(role="alert").get_text()
    assert len(someone.opened.content.files) == StoredFile.objects.count() == 1


def test_uploads_side_by_side_do_not_pass_the_most_a_material_takes(someone, monkeypatch):
    """Seen to fail with room looked for only when an upload begins: both were kept."""
    monkeypatch.setattr(draft_rules, "MOST_FILES", 1)
    up_to_materials(someone)
    base = f"{someone.root}/materials/{seq_of('居民身份证')}/uploads"
    content = picture().getvalue()
    said = {"name": "证件.jpg", "size": len(content)}
    begun = [
        someone.client.post(base, said, content_type="application/json").json()["id"]
        for _turn in range(2)
    ]
    for one in begun:
        piece(someone.client, base, one, content, 0)
    ends = [someone.client.post(f"{base}/{one}/finish").status_code for one in begun]
    assert ends == [200, 422]
    assert len(someone.opened.content.files) == StoredFile.objects.count() == 1


@pytest.mark.parametrize("nonsense", ['{"name": "a", "size": 1e400}', "[" * 100_000, "{}"])
def test_nonsense_for_an_upload_is_refused_and_no_failure(someone, nonsense):
    """Seen to fail (500) without OverflowError and RecursionError among what is caught."""
    up_to_materials(someone)
    address = f"{someone.root}/materials/{seq_of('居民身份证')}/uploads"
    answer = someone.client.post(address, nonsense, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "upload-unclear")


def piece(client, base, upload, content, offset):
    return client.post(
        f"{base}/{upload}?offset={offset}", content, content_type="application/octet-stream"
    )


def test_an_upload_in_pieces_goes_on_after_a_cut(someone):
    up_to_materials(someone)
    seq, client = seq_of("居民身份证"), someone.client
    content = picture().getvalue()
    base = f"{someone.root}/materials/{seq}/uploads"
    begun = client.post(
        base, {"name": "证件.jpg", "size": len(content)}, content_type="application/json"
    ).json()
    cut = len(content) * 9 // 10
    assert piece(client, base, begun["id"], content[:cut], 0).json() == {"received": cut}
    early = client.post(f"{base}/{begun['id']}/finish")
    assert (early.status_code, early.json()["received"]) == (409, cut)
    # after a reload: the server says where to go on
    state = client.get(f"{base}/{begun['id']}").json()
    assert state == {"name": "证件.jpg", "size": len(content), "received": cut}
    wrong = piece(client, base, begun["id"], content, 0)
    assert (wrong.status_code, wrong.json()["received"]) == (409, cut)
    assert piece(client, base, begun["id"], content[cut:], cut).json()["received"] == len(content)
    ends = [client.post(f"{base}/{begun['id']}/finish").json() for _turn in range(2)]
    assert ends[0] == ends[1] == {"next": f"{someone.root}/materials/{seq}"}
    assert len(someone.opened.content.materials["居民身份证"].files) == 1
    stranger = Applicant(client).begins()
    up_to_materials(stranger)
    other = f"{stranger.root}/materials/{seq}/uploads/{begun['id']}"
    assert client.get(other).status_code == 404
