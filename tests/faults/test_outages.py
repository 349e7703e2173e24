"""The ground gives way: files that are none, a full disk, a database that is gone."""

import errno
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from PIL import Image

from tests.factories import county as made
from yichuang.cases import step, tracking
from yichuang.cases.models import Case
from yichuang.documents import actions as documents
from yichuang.documents.models import Paper, SealUse
from yichuang.files import storage
from yichuang.files.models import StoredFile
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

pytestmark = pytest.mark.fault

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
FULL = {
    "sqlite": "database or disk is full",
    "postgresql": 'could not extend file "base/5/16384": No space left on device',
}


@pytest.fixture
def clerk(api):
    return api(made.CLERK)


@pytest.fixture
def stored(settings, tmp_path):
    """Every file under the storage folder of this test."""
    settings.FILES_ROOT = tmp_path
    return lambda: [path for path in tmp_path.rglob("*") if path.is_file()]


def file(content, name="材料.pdf"):
    return SimpleUploadedFile(name, content)


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    return out.getvalue()


def test_a_file_that_is_too_large(clerk, told, nothing_lost, stored, settings):
    """Seen to fail with check_size asking nothing."""
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    with nothing_lost():
        said = told(clerk.send(file(PDF + b" " * 1024 * 1024)), 413, "file-too-large")
    assert "1 MB" in said["title"] and stored() == []
    assert clerk.send(file(PDF)).status_code == 201


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00\x03", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04word/document"],
)
def test_a_file_that_is_not_what_it_says(clerk, told, nothing_lost, stored, content):
    """Seen to fail with the file's name believed."""
    with nothing_lost():
        told(clerk.send(file(content)), 415, "file-not-what-it-says")
    assert stored() == []


def test_a_file_that_is_cut_short(clerk, told, nothing_lost, stored):
    """Seen to fail with a PDF's end not looked for."""
    with nothing_lost():
        told(clerk.send(file(PDF[:-8])), 422, "file-damaged")
        told(clerk.send(file(picture()[:60], "照片.png")), 422, "file-damaged")
    assert stored() == []


def test_a_submission_that_is_too_large(clerk, told, nothing_lost, settings):
    """Seen to fail with the limit lifted."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2000
    with nothing_lost():
        long = made.body(answers={"面积": "长" * 2000})
        told(clerk.post("/cases", long), 413, "request-too-large")


def test_an_unknown_tracking_code_is_one_answer_whatever_is_wrong(clerk, told):
    """No hint of how near a guess came. Seen to fail with a word of its own for a malformed code."""
    code = tracking.code(made.accepted().case_id)
    near = code[:-1] + ("A" if code[-1] != "A" else "B")
    answers = []
    for guess in (near, "x", "AAAA-BBBB", "0" * 300):
        said = told(clerk.get(f"/track/{guess}"), 404, "tracking-unknown")
        said.pop("reference")
        answers.append(said)
    assert all(said == answers[0] for said in answers)
    assert "便民服务中心" in answers[0]["detail"]
    page = clerk.browser.get(f"/track/{near}")
    assert page.status_code == 404 and page["X-Reference"] in page.content.decode()
    assert clerk.get(f"/track/{code}").status_code == 200


@pytest.fixture
def gone():
    """`with gone():` no statement reaches the database."""

    class Outage:
        def __enter__(self):
            self.patch = pytest.MonkeyPatch()

            def dead(*_arguments, **_named):
                raise OperationalError("server closed the connection unexpectedly")

            self.patch.setattr(CursorWrapper, "execute", dead)
            self.patch.setattr(CursorWrapper, "executemany", dead)

        def __exit__(self, *_error):
            self.patch.undo()
            connection.close()

    return Outage


def test_the_database_is_gone(clerk, told, nothing_lost, gone):
    """Seen to fail with OperationalError not among the outages."""
    with nothing_lost():
        with gone():
            answer = clerk.post("/cases", made.body())
        told(answer, 503, "database-unavailable")
        assert int(answer["Retry-After"]) > 0
    again = clerk.post("/cases", made.body())  # the same key, once it is back
    assert (again.status_code, Case.objects.count()) == (201, 1)


def test_the_database_is_gone_for_people_too(clerk, gone):
    """A page in words with the reference on it. Seen to fail as above."""
    with gone():
        answer = clerk.browser.get("/items?q=宅基地")
    text = answer.content.decode()
    assert (answer.status_code, bool(answer["Retry-After"])) == (503, True)
    assert answer["X-Reference"] in text and "半分钟后重试" in text


@pytest.mark.parametrize("moment", ["execute", "commit"])
def test_the_database_is_full(clerk, told, nothing_lost, monkeypatch, moment):
    """At a statement or at the very last moment. Seen to fail with is_disk_full always saying no."""
    message = FULL[connection.vendor]

    def full(*_arguments, **_named):
        raise OperationalError(message)

    with nothing_lost():
        with monkeypatch.context() as patch:
            if moment == "commit":
                patch.setattr(BaseDatabaseWrapper, "_commit", full)
            else:
                real = CursorWrapper.execute

                def picky(self, sql, params=None):
                    if sql.startswith('INSERT INTO "journal_entry"'):
                        full()
                    return real(self, sql, params)

                patch.setattr(CursorWrapper, "execute", picky)
            answer = clerk.post("/cases", made.body())
        told(answer, 507, "disk-full")
        assert answer["Retry-After"]
    assert clerk.post("/cases", made.body()).status_code == 201
    assert Case.objects.get().number.endswith("000001")  # and no number was lost either


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_disk_is_full_for_a_file(clerk, told, nothing_lost, stored, monkeypatch, number):
    """Seen to fail with the error's number not looked at."""

    def full(_handle):
        raise OSError(number, "No space left on device")

    with nothing_lost():
        with monkeypatch.context() as patch:
            patch.setattr(storage.os, "fsync", full)
            answer = clerk.send(file(PDF))
        told(answer, 507, "disk-full")
    assert stored() == []
    assert clerk.send(file(PDF)).status_code == 201


def test_the_disk_is_full_when_a_paper_is_made(county, stored, monkeypatch):
    """The paper waits under its number, unsealed, and is made later. Seen to fail with a
    full disk taken for a paper that cannot be made at all."""
    receipt = made.accepted()

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", full)
        with pytest.raises(Refusal) as caught:
            documents.complete(paper_id=receipt.paper_id, at=made.AT)
    assert caught.value.code == "disk-full"
    waiting = Paper.objects.get(pk=receipt.paper_id)
    assert (waiting.state, waiting.sha256, SealUse.objects.count()) == ("intended", "", 0)
    assert stored() == [] and not StoredFile.objects.exists()
    assert documents.complete(paper_id=receipt.paper_id, at=made.AT) == "sealed"
    assert Paper.objects.get(pk=receipt.paper_id).number == waiting.number


def test_what_cannot_be_journalled_is_not_done(clerk, told, nothing_lost, monkeypatch):
    """trust.md §4: evidence unavailable. Seen to fail with a failing entry passed over."""

    def blind(*_given, **_named):
        raise OperationalError("cannot execute INSERT in a read-only transaction")

    with nothing_lost():
        with monkeypatch.context() as patch:
            patch.setattr(step, "written", blind)
            answer = clerk.post("/cases", made.body())
        told(answer, 503, "database-unavailable")
    assert not Case.objects.exists()
    assert not Entry.objects.filter(stream__startswith="case:").exists()


def test_an_error_of_ours_is_no_outage_and_still_has_a_reference(clerk, nothing_lost, monkeypatch):
    """Seen to fail with every error called an outage."""

    def mistaken(*_given, **_named):
        raise DatabaseError("syntax error")

    with nothing_lost():
        with monkeypatch.context() as patch:
            patch.setattr(step, "written", mistaken)
            answer = clerk.post("/cases", made.body())
        assert answer.status_code == 500
        assert answer.json()["reference"] == answer["X-Reference"]
        assert "syntax" not in answer.content.decode()
