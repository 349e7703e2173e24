"""Finding and opening stored files. Who may open one is decided by whoever it belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.files import storage
from yichuang.files.actions import Author, upload_unknown
from yichuang.files.models import StoredFile, Upload
from yichuang.verdict import Refusal

DRAFT = "draft:"  # how the device of an author who fills in an application at home begins


@dataclass(frozen=True, slots=True)
class FileSheet:
    """What is known of a stored file. size: bytes. sha256: hex, of the bytes as kept."""

    id: uuid.UUID
    name: str
    kind: str
    content_type: str
    size: int
    sha256: str
    state: str
    created_at: datetime


def file(file_id: uuid.UUID) -> FileSheet:
    """The sheet of one file; Refusal "file-unknown" (404)."""
    row = StoredFile.objects.filter(pk=file_id).first()
    if row is None:
        raise Refusal(
            "file-unknown",
            _("没有找到这个文件。"),
            remedy=_("请从办件页面重新打开，或请工作人员帮您查找。"),
            status=404,
        )
    return _sheet(row)


def _sheet(row: StoredFile) -> FileSheet:
    return FileSheet(
        id=row.id,
        name=row.name,
        kind=row.kind,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        state=row.state,
        created_at=row.created_at,
    )


def files_of(file_ids: Collection[str]) -> dict[str, FileSheet]:
    """The sheets of those files that are there, by id as text. One query; none for no files."""
    if not file_ids:
        return {}
    return {str(row.pk): _sheet(row) for row in StoredFile.objects.filter(pk__in=file_ids)}


def upload(upload_id: uuid.UUID, owner: str) -> tuple[str, int, int]:
    """An unfinished upload's name, its size and how much of it is there, in bytes.

    Refusal "upload-unknown" (404), also for somebody else's.
    """
    row = Upload.objects.filter(pk=upload_id, owner=owner, stored=None).first()
    if row is None:
        raise upload_unknown()
    part = storage.Part(Path(settings.FILES_ROOT), row.pk)
    return row.name, row.size, min(row.received, part.size)


def check_own(file_ids: Collection[str], by: Author) -> None:
    """That `by` may hand these files in: clean materials that the same person uploaded, or that
    came into the very application (device "draft:…") which is being handed in.

    Without it, whoever learns the id of a stranger's upload could attach it to a case of their own
    and read it there. Refusal "file-unknown" (422), the same for a missing file and a stranger's.
    One query; none for no files.
    """
    wanted = {str(uuid.UUID(str(each))) for each in file_ids}
    if not wanted:
        return
    record = by.journal_record()
    person, device = record.get("person", ""), record.get("device", "")
    draft = device if device.startswith(DRAFT) else ""
    rows = StoredFile.objects.filter(
        pk__in=wanted, kind="material", state=StoredFile.State.CLEAN
    ).values_list("by", flat=True)
    own = [
        row
        for row in rows
        if (person and row.get("person") == person) or (draft and row.get("device") == draft)
    ]
    if len(own) != len(wanted):
        raise Refusal(
            "file-unknown",
            _("没有找到这个文件。"),
            remedy=_("请重新拍照或扫描后上传；如果是别人发来的，请对方重新发送。"),
            field="materials",
        )


def open_file(file_id: uuid.UUID) -> tuple[FileSheet, BinaryIO]:
    """The sheet and an open binary handle, which the caller closes (a FileResponse does).

    Raises Refusal "file-unknown" (404), "file-not-released" (409) unless the file is clean, or
    "file-missing" (500) when the row is there and its content is not.
    """
    sheet = file(file_id)
    if sheet.state != StoredFile.State.CLEAN:
        raise Refusal(
            "file-not-released",
            _("这个文件还没有通过查验，暂时不能打开。"),
            remedy=_("请稍后再试；如果一直打不开，请重新上传。"),
            status=409,
        )
    try:
        return sheet, storage.place(Path(settings.FILES_ROOT), sheet.sha256).open("rb")
    except FileNotFoundError as missing:
        raise Refusal(
            "file-missing",
            _("文件的登记还在，但存储里找不到它的内容。"),
            remedy=_("请通知运维从备份恢复。"),
            status=500,
            detail={"sha256": sheet.sha256},
        ) from missing
