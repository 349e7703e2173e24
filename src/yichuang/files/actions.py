"""Storing files, whole or in pieces, and letting go of those that nobody handed in."""

from __future__ import annotations

import io
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from yichuang.files import images, rules, storage
from yichuang.files.models import StoredFile, Upload
from yichuang.verdict import Refusal

# An upload that was cut may go on for two days; our choice.
UPLOAD_LIFE = timedelta(days=2)
# Unfinished files of the largest size that one owner may have under way at once, so that nobody
# fills the disk with halves; our choice.
UNDER_WAY = 8


class Author(Protocol):
    """Who stores; accounts' Actor is one."""

    def journal_record(self) -> dict[str, str]: ...


def store(*, stream: BinaryIO, name: str, kind: str, by: Author, at: datetime) -> StoredFile:
    """Check and keep the bytes of `stream`, then write their row.

    stream: anything with read(count) -> bytes, from its present position. kind: what it is for
    ("material", "paper"), as the caller's own words have it. Pictures are written anew without
    metadata, so size and sha256 are those of what is kept; a PDF stays byte for byte, its
    signatures intact. The content is safe on disk before the row is written. The caller journals.

    Decodes pictures (up to MAX_PIXELS): call it before, not inside, a transaction that holds
    other people up. Raises Refusal "file-empty", "file-too-large" (413), "image-too-large" (413),
    "file-not-what-it-says" (415), "file-damaged" or "disk-full" (507).
    """
    with storage.draft(Path(settings.FILES_ROOT)) as draft:
        draft.receive(stream, settings.MAX_UPLOAD_BYTES)
        content_type = rules.content_type(draft.head(rules.HEAD_BYTES))
        if content_type in rules.IMAGES:
            draft.replace(images.rewritten(draft.head(draft.size), content_type))
        else:
            rules.check_pdf_end(draft.tail(rules.TAIL_BYTES))
        digest = draft.keep()
        size = draft.size
    return StoredFile.objects.create(
        sha256=digest,
        size=size,
        content_type=content_type,
        name=rules.clean_name(name, content_type),
        kind=kind,
        state=StoredFile.State.CLEAN,
        created_at=at,
        by=by.journal_record(),
    )


def begin_upload(*, owner: str, name: str, size: int, kind: str, at: datetime) -> Upload:
    """A file of `size` bytes will come in pieces; only `owner` may add to it.

    owner: who, in the author's own words ("draft:…", "person:…"), at most 80 characters.
    Refusals "file-empty", "file-too-large" (413), "uploads-too-many" (429).
    """
    if size <= 0:
        rules.content_type(b"")
    rules.check_size(size, settings.MAX_UPLOAD_BYTES)
    mine = Upload.objects.filter(owner=owner, stored=None)
    under_way = mine.aggregate(total=Sum("size"))["total"] or 0
    if under_way + size > UNDER_WAY * settings.MAX_UPLOAD_BYTES:
        raise Refusal(
            "uploads-too-many",
            _("没传完的文件太多，暂时不能再开始新的上传。"),
            remedy=_("请先把没传完的传完，或过两天再试；也可以带到窗口交。"),
            status=429,
        )
    return Upload.objects.create(
        owner=owner, name=rules.visible_name(name)[:160], kind=kind, size=size, begun_at=at
    )


def append(*, upload_id: uuid.UUID, owner: str, offset: int, stream: BinaryIO) -> int:
    """Add the next piece; how many bytes are there now. Repeating the last piece is harmless.

    offset: bytes that the sender believes are there. When that is not so, nothing is written:
    Refusal "upload-offset" (409), whose detail tells how many are ("received").
    Also "upload-unknown" (404), "upload-longer" for more than was announced, "disk-full" (507).
    """
    with transaction.atomic():
        upload = _upload(upload_id, owner, lock=True)
        if upload.stored_id:
            return upload.size
        part = storage.Part(Path(settings.FILES_ROOT), upload.pk)
        there = min(upload.received, part.size)
        if offset != there:
            raise Refusal(
                "upload-offset",
                _("这一段接不上已经收到的内容。"),
                remedy=_("请从已收到的地方接着传。"),
                status=409,
                detail={"received": there},
            )
        added = part.append(stream, offset=offset, room=upload.size - offset)
        if stream.read(1):
            raise Refusal(
                "upload-longer",
                _("收到的内容比一开始说的长，文件可能在传的时候变了。"),
                remedy=_("请重新选择这个文件再上传。"),
                field="file",
            )
        Upload.objects.filter(pk=upload.pk).update(received=offset + added)
    return offset + added


def finish(*, upload_id: uuid.UUID, owner: str, by: Author, at: datetime) -> StoredFile:
    """The upload is whole: examine and keep it as `store` does. Twice gives the same file.

    A file that is refused for what it is leaves nothing behind. Refusals: as `store`,
    "upload-unknown" (404), "upload-incomplete" (409) with how many bytes there are.
    """
    upload = _upload(upload_id, owner)
    if upload.stored is not None:
        return upload.stored
    part = storage.Part(Path(settings.FILES_ROOT), upload.pk)
    there = min(upload.received, part.size)
    if there < upload.size:
        raise Refusal(
            "upload-incomplete",
            _("这个文件还没有传完。"),
            remedy=_("请接着传剩下的部分。"),
            status=409,
            detail={"received": there},
        )
    try:
        with part.path.open("rb") as stream:
            row = store(stream=stream, name=upload.name, kind=upload.kind, by=by, at=at)
    except Refusal as refusal:
        if refusal.code != "disk-full":  # its bytes will never do
            cancel_upload(upload_id=upload.pk, owner=owner)
        raise
    with transaction.atomic():
        first = Upload.objects.filter(pk=upload.pk, stored=None).update(stored=row)
    part.drop()
    if not first:  # finished twice in the same moment: the other one counts
        return _upload(upload_id, owner).stored or row
    return row


def cancel_upload(*, upload_id: uuid.UUID, owner: str) -> None:
    """Give up an upload that is not finished; its bytes go."""
    gone, _kinds = Upload.objects.filter(pk=upload_id, owner=owner, stored=None).delete()
    if gone:
        storage.Part(Path(settings.FILES_ROOT), upload_id).drop()


def sweep_uploads(*, at: datetime) -> int:
    """Forget uploads begun more than UPLOAD_LIFE ago; how many. What they stored stays.

    Files that a writer left half done when it died go as well.
    """
    storage.clear_drafts(Path(settings.FILES_ROOT), before=(at - UPLOAD_LIFE).timestamp())
    old = list(Upload.objects.filter(begun_at__lt=at - UPLOAD_LIFE).values_list("pk", flat=True))
    Upload.objects.filter(pk__in=old).delete()
    for upload_id in old:
        storage.Part(Path(settings.FILES_ROOT), upload_id).drop()
    return len(old)


def as_one_pdf(*, file_ids: Sequence[uuid.UUID], name: str, by: Author, at: datetime) -> StoredFile:
    """Several stored pictures as the pages of one PDF, a file of its own. Call it before a
    transaction. Refusal "file-not-what-it-says" (415) if one of them is not a picture."""
    kept = {row.pk: row for row in StoredFile.objects.filter(pk__in=file_ids)}
    rows = [kept[each] for each in file_ids if each in kept]
    if not rows or any(row.content_type not in rules.IMAGES for row in rows):
        raise Refusal(
            "file-not-what-it-says",
            _("只有照片可以合在一起。"),
            remedy=_("请把这份材料拍成几张照片，或合成一个PDF后重新上传。"),
            status=415,
            field="file",
        )
    root = Path(settings.FILES_ROOT)
    content = images.pages([storage.place(root, row.sha256) for row in rows])
    return store(stream=io.BytesIO(content), name=name, kind=rows[0].kind, by=by, at=at)


def discard(*, file_ids: Collection[uuid.UUID], at: datetime) -> None:
    """Let go of files that the caller answers for and that were never handed in (a dropped draft's).

    The caller has made sure that nothing refers to them.
    """
    rows = list(StoredFile.objects.filter(pk__in=file_ids))
    Upload.objects.filter(stored__in=rows).delete()
    StoredFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    before = (at - timedelta(hours=1)).timestamp()
    for digest in {row.sha256 for row in rows}:
        same = StoredFile.objects.filter(sha256=digest)
        if not same.exists():
            storage.forget(
                Path(settings.FILES_ROOT), digest, still_wanted=same.exists, before=before
            )


def _upload(upload_id: uuid.UUID, owner: str, *, lock: bool = False) -> Upload:
    rows = Upload.objects.select_for_update() if lock else Upload.objects
    upload = rows.filter(pk=upload_id, owner=owner).first()
    if upload is None:
        raise upload_unknown()
    return upload


def upload_unknown() -> Refusal:
    """The one answer for an upload that is not there, or somebody else's."""
    return Refusal(
        "upload-unknown",
        _("没有找到这次上传，可能放得太久已经清除。"),
        remedy=_("请重新选择文件上传。"),
        status=404,
        field="file",
    )
