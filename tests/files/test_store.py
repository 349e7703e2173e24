"""Storing and opening files."""

import hashlib
import io
import os
import stat
import uuid

import pytest
from django.db import IntegrityError, transaction
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from yichuang.files import queries, storage
from yichuang.files.models import StoredFile
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db


def test_a_pdf_is_kept_byte_for_byte(store, pdf, root, left):
    row = store(pdf, "C:\\扫描\\承诺书.pdf")
    digest = hashlib.sha256(pdf).hexdigest()
    assert (row.sha256, row.size, row.content_type) == (digest, len(pdf), "application/pdf")
    assert (row.name, row.kind, row.state) == ("承诺书.pdf", "material", "clean")
    assert row.by == {"name": "测试窗口人员", "role": "clerk"}
    assert left() == [root / digest[:2] / digest[2:4] / digest]
    sheet, handle = queries.open_file(row.id)
    with handle:
        assert handle.read() == pdf
    assert (sheet.id, sheet.name, sheet.sha256) == (row.id, "承诺书.pdf", digest)


def test_the_same_content_twice_is_two_rows_and_one_file(store, pdf, left):
    first, second = store(pdf, "甲.pdf"), store(pdf, "乙.pdf")
    assert first.id != second.id
    assert first.sha256 == second.sha256
    assert len(left()) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_loses_everything_but_its_pixels(store, picture, kind):
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(0x8825)[1] = "N"
    options = {"exif": exif, "comment": "secret remark"} if kind == "JPEG" else {"exif": exif}
    raw = picture(kind, **options)
    assert b"SecretMaker" in raw
    row = store(raw, "照片.jpg")
    _sheet, handle = queries.open_file(row.id)
    with handle:
        kept = handle.read()
    assert row.sha256 == hashlib.sha256(kept).hexdigest()
    assert row.size == len(kept)
    assert b"SecretMaker" not in kept and b"secret remark" not in kept
    image = Image.open(io.BytesIO(kept))
    assert image.size == (40, 30)
    assert not image.getexif()


def test_png_text_is_dropped_and_transparency_stays(store):
    image = Image.new("RGBA", (3, 2), (10, 20, 30, 40))
    remarks = PngInfo()
    remarks.add_text("Comment", "secret remark")
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=remarks)
    row = store(out.getvalue(), "章.png")
    _sheet, handle = queries.open_file(row.id)
    with handle:
        kept = handle.read()
    assert b"secret remark" not in kept
    assert Image.open(io.BytesIO(kept)).getpixel((0, 0)) == (10, 20, 30, 40)


def test_a_photo_taken_sideways_is_stored_upright(store, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    row = store(picture("JPEG", size=(40, 30), exif=exif), "照片.jpg")
    _sheet, handle = queries.open_file(row.id)
    with handle:
        assert Image.open(handle).size == (30, 40)


def test_a_cmyk_scan_becomes_rgb(store, picture):
    row = store(picture("JPEG", mode="CMYK"), "扫描.jpg")
    _sheet, handle = queries.open_file(row.id)
    with handle:
        assert Image.open(handle).mode == "RGB"


def test_content_is_safe_on_disk_before_the_row_is_written(store, pdf, monkeypatch):
    events = []
    real_fsync, real_replace = os.fsync, os.replace
    real_create = StoredFile.objects.create

    def fsync(handle):
        events.append("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync file")
        return real_fsync(handle)

    def replace(old, new):
        events.append("rename")
        return real_replace(old, new)

    def create(**values):
        events.append("row")
        return real_create(**values)

    monkeypatch.setattr(storage.os, "fsync", fsync)
    monkeypatch.setattr(storage.os, "replace", replace)
    monkeypatch.setattr(StoredFile.objects, "create", create)
    store(pdf)
    assert events == ["fsync file", "rename", *["fsync folder"] * 3, "row"]


def test_an_unknown_file_is_not_found(root):
    with pytest.raises(Refusal) as refused:
        queries.open_file(uuid.uuid4())
    assert (refused.value.code, refused.value.status) == ("file-unknown", 404)


@pytest.mark.parametrize("state", ["quarantined", "refused"])
def test_a_file_that_is_not_clean_does_not_open(store, pdf, state):
    row = store(pdf)
    StoredFile.objects.filter(pk=row.pk).update(state=state)
    with pytest.raises(Refusal) as refused:
        queries.open_file(row.id)
    assert refused.value.code == "file-not-released"


def test_missing_content_is_said_not_raised(store, pdf, left):
    row = store(pdf)
    left()[0].unlink()
    with pytest.raises(Refusal) as refused:
        queries.open_file(row.id)
    assert (refused.value.code, refused.value.status) == ("file-missing", 500)


def test_the_database_forbids_unknown_states_and_empty_files(store, pdf):
    row = store(pdf)
    for change in ({"state": "whatever"}, {"size": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StoredFile.objects.filter(pk=row.pk).update(**change)
