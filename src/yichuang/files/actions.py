"""Storing files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from yichuang.files import images, rules, storage
from yichuang.files.models import StoredFile


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
