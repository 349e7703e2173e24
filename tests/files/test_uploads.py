"""Files that come in pieces: a cut loses nothing, and nobody goes on with somebody else's."""

import io
import os
import uuid
from datetime import timedelta

import pytest

from tests.files.conftest import AT, Clerk
from yichuang.files import actions, queries
from yichuang.files.models import StoredFile, Upload
from yichuang.verdict import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.fault]
OWNER = "draft:one"


@pytest.fixture
def begin(root):
    def start(size, owner=OWNER, name="照片.pdf"):
        return actions.begin_upload(owner=owner, name=name, size=size, kind="material", at=AT).pk

    return start


def append(upload, content, offset, owner=OWNER):
    return actions.append(upload_id=upload, owner=owner, offset=offset, stream=io.BytesIO(content))


def finish(upload, owner=OWNER):
    return actions.finish(upload_id=upload, owner=owner, by=Clerk(), at=AT)


def refused(act, *args, **more):
    with pytest.raises(Refusal) as caught:
        act(*args, **more)
    assert caught.value.message and caught.value.remedy
    return caught.value


def test_piece_by_piece_it_is_the_same_file(begin, pdf, left):
    upload = begin(len(pdf))
    for at in range(0, len(pdf), 7):
        assert append(upload, pdf[at : at + 7], at) == min(at + 7, len(pdf))
    row = finish(upload)
    assert (row.size, row.content_type, row.state) == (len(pdf), "application/pdf", "clean")
    assert [path.name for path in left()] == [row.sha256]
    assert finish(upload) == row
    assert StoredFile.objects.count() == 1


def test_a_piece_whose_answer_was_lost_may_come_again(begin, pdf):
    upload = begin(len(pdf))
    append(upload, pdf[:20], 0)
    again = refused(append, upload, pdf[:20], 0)
    assert (again.code, again.status, again.detail) == ("upload-offset", 409, {"received": 20})
    assert append(upload, pdf[20:], 20) == len(pdf)
    assert finish(upload).size == len(pdf)


def test_what_a_crash_took_is_asked_for_again(begin, pdf, root, left):
    """Seen to fail with `append` trusting the row alone: a file with a hole was stored."""
    upload = begin(len(pdf))
    append(upload, pdf[:30], 0)
    os.truncate(left()[0], 10)
    assert queries.upload(upload, OWNER) == ("照片.pdf", len(pdf), 10)
    assert refused(append, upload, pdf[30:], 30).detail == {"received": 10}
    append(upload, pdf[10:], 10)
    assert finish(upload).size == len(pdf)


def test_too_early_too_much_and_too_large(begin, pdf, settings, left):
    upload = begin(len(pdf))
    append(upload, pdf[:-1], 0)
    early = refused(finish, upload)
    assert (early.code, early.detail) == ("upload-incomplete", {"received": len(pdf) - 1})
    assert refused(append, upload, b"xxx", len(pdf) - 1).code == "upload-longer"
    assert queries.upload(upload, OWNER)[2] == len(pdf) - 1
    assert refused(begin, 0).code == "file-empty"
    assert refused(begin, settings.MAX_UPLOAD_BYTES + 1).status == 413


def test_nobody_goes_on_with_anothers(begin, pdf):
    upload = begin(len(pdf))
    for act in (append, finish):
        arguments = (upload, pdf, 0) if act is append else (upload,)
        assert refused(act, *arguments, owner="draft:two").status == 404
    assert refused(queries.upload, upload, "draft:two").code == "upload-unknown"
    assert refused(finish, uuid.uuid4()).code == "upload-unknown"


def test_a_disguised_file_leaves_nothing(begin, left):
    content = b"MZ\x90 not a picture"
    upload = begin(len(content), name="照片.jpg")
    append(upload, content, 0)
    assert refused(finish, upload).status == 415
    assert left() == [] and not Upload.objects.exists()


def test_halves_do_not_fill_the_disk(begin, settings):
    settings.MAX_UPLOAD_BYTES = 100
    for _turn in range(actions.UNDER_WAY):
        begin(100)
    assert refused(begin, 1).code == "uploads-too-many"
    assert begin(1, owner="draft:two")


def test_what_was_given_up_is_swept(begin, pdf, left):
    old = begin(len(pdf))
    append(old, pdf[:5], 0)
    assert actions.sweep_uploads(at=AT + actions.UPLOAD_LIFE) == 0
    assert actions.sweep_uploads(at=AT + actions.UPLOAD_LIFE + timedelta(seconds=1)) == 1
    assert left() == [] and not Upload.objects.exists()


def test_letting_go_spares_what_others_keep(store, pdf, left):
    one, other = store(pdf), store(pdf)
    later = AT + timedelta(days=3650)
    actions.discard(file_ids=[one.pk], at=later)
    assert len(left()) == 1
    actions.discard(file_ids=[other.pk], at=later)
    assert left() == []


def test_letting_go_spares_what_is_being_stored_in_this_moment(store, pdf, left):
    """Seen to fail with the age of the content not looked at: a file just stored was gone."""
    row = store(pdf)
    actions.discard(file_ids=[row.pk], at=AT)  # its bytes are newer than an hour before AT
    assert len(left()) == 1


def test_photos_become_the_pages_of_one_pdf(store, picture):
    rows = [store(picture("JPEG", size=(300, 200))), store(picture("PNG", mode="RGBA"))]
    whole = actions.as_one_pdf(
        file_ids=[row.pk for row in rows], name="户口簿.pdf", by=Clerk(), at=AT
    )
    assert (whole.content_type, whole.kind, whole.name) == (
        "application/pdf", "material", "户口簿.pdf",
    )  # fmt: skip
    _sheet, handle = queries.open_file(whole.pk)
    with handle:
        assert handle.read().count(b"/Type /Page\n") == 2


def test_a_pdf_among_photos_is_told(store, pdf, picture):
    rows = [store(picture("JPEG")), store(pdf)]
    problem = refused(
        actions.as_one_pdf, file_ids=[r.pk for r in rows], name="x", by=Clerk(), at=AT
    )
    assert problem.status == 415


class Author:
    def __init__(self, **record):
        self.record = record

    def journal_record(self):
        return self.record


def test_a_draft_hands_in_only_its_own_files(root, pdf):
    mine = Author(device="draft:one", name="网上申请人")
    row = actions.store(stream=io.BytesIO(pdf), name="甲.pdf", kind="material", by=mine, at=AT)
    queries.check_own([str(row.pk)], Author(person="7", device="draft:one"))
    for stranger in (Author(device="draft:two"), Author(person="7"), Author(device=""), Author()):
        assert refused(queries.check_own, [str(row.pk)], stranger).code == "file-unknown"


def test_two_devices_of_another_kind_are_not_a_draft(root, pdf):
    reader = Author(device="reader-3")
    row = actions.store(stream=io.BytesIO(pdf), name="甲.pdf", kind="material", by=reader, at=AT)
    assert refused(queries.check_own, [str(row.pk)], reader).code == "file-unknown"
