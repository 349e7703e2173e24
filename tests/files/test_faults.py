"""Uploads that go wrong: nothing half done, and a sentence that says what to do."""

import errno
import io
import struct
import zlib

import pytest

from yichuang.files import images, rules, storage
from yichuang.files.models import StoredFile
from yichuang.verdict import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.fault]


@pytest.fixture
def refused(store, left):
    """Store, be refused, and find that neither row nor bytes stayed."""

    def attempt(content, name="照片.jpg"):
        with pytest.raises(Refusal) as caught:
            store(content, name)
        assert caught.value.message and caught.value.remedy
        assert left() == []
        assert not StoredFile.objects.exists()
        return caught.value

    return attempt


def png_declaring(width, height):
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def test_too_large_is_refused_with_the_limit_in_words_before_it_is_all_read(refused, settings, pdf):
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    stream = io.BytesIO(pdf + b"x" * (5 * 1024 * 1024))
    refusal = refused(stream, "大.pdf")
    assert (refusal.code, refusal.status) == ("file-too-large", 413)
    assert "1 MB" in refusal.message
    assert stream.tell() <= settings.MAX_UPLOAD_BYTES + storage.CHUNK


def test_exactly_the_limit_is_kept(store, settings, pdf):
    settings.MAX_UPLOAD_BYTES = len(pdf)
    assert store(pdf).size == len(pdf)


def test_empty(refused):
    assert refused(b"").code == "file-empty"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"PK\x03\x04word/document.xml",
    ],
)
def test_not_what_it_says(refused, content):
    refusal = refused(content)
    assert (refusal.code, refusal.status) == ("file-not-what-it-says", 415)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_picture_is_damaged(refused, picture, kind):
    whole = picture(kind, size=(200, 200))
    assert refused(whole[: len(whole) // 2]).code == "file-damaged"


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff<script>"]
)
def test_a_signature_with_nothing_behind_it_is_damaged(refused, content):
    assert refused(content).code == "file-damaged"


def test_a_truncated_pdf_is_damaged(refused, pdf):
    assert refused(pdf.replace(b"%%EOF", b""), "表.pdf").code == "file-damaged"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(7072, 7072), (10_000, 10_000), (65_000, 65_000)])
def test_a_picture_declaring_too_many_pixels_is_never_decoded(refused, monkeypatch, size):
    assert size[0] * size[1] > rules.MAX_PIXELS
    monkeypatch.setattr(images.ImageOps, "exif_transpose", lambda *_a, **_k: pytest.fail("decoded"))
    refusal = refused(png_declaring(*size))
    assert (refusal.code, refusal.status) == ("image-too-large", 413)


def test_a_small_picture_with_too_little_data_is_damaged_not_too_large(refused):
    assert refused(png_declaring(500, 500)).code == "file-damaged"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_full_disk_while_forcing_or_moving(refused, pdf, monkeypatch, at, number):
    def full(*_arguments):
        raise OSError(number, "full")

    monkeypatch.setattr(storage.os, at, full)
    refusal = refused(pdf, "表.pdf")
    assert (refusal.code, refusal.status) == ("disk-full", 507)
    assert "没有存进去" in refusal.message and "运维" in refusal.remedy


def test_a_full_disk_while_writing(refused, pdf, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            super().write(data[:5])  # a few bytes still fit
            raise OSError(errno.ENOSPC, "full")

    real_open = storage.Path.open

    def opened(path, mode="r", *rest, **named):
        return Full(path, mode) if "w" in mode else real_open(path, mode, *rest, **named)

    monkeypatch.setattr(storage.Path, "open", opened)
    assert refused(pdf, "表.pdf").code == "disk-full"


def test_after_space_is_found_the_same_file_goes_in(store, pdf, monkeypatch, left):
    with monkeypatch.context() as full:
        full.setattr(
            storage.os, "fsync", lambda _h: (_ for _ in ()).throw(OSError(errno.ENOSPC, ""))
        )
        with pytest.raises(Refusal):
            store(pdf)
    store(pdf)
    assert len(left()) == 1


def test_any_other_disk_error_is_not_dressed_up_and_leaves_nothing(store, left, pdf, monkeypatch):
    def broken(*_arguments):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(storage.os, "fsync", broken)
    with pytest.raises(OSError, match="input/output"):
        store(pdf)
    assert left() == []


def test_an_upload_cut_off_midway_leaves_nothing(store, left, pdf):
    class Cut(io.BytesIO):
        def read(self, count=-1):
            data = super().read(count)
            if not data:
                raise ConnectionResetError("the browser went away")
            return data

    with pytest.raises(ConnectionResetError):
        store(Cut(pdf))
    assert left() == []
    assert not StoredFile.objects.exists()
