"""Bytes on disk: written aside, forced down, then renamed to where their hash says."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from yichuang.files.rules import check_size
from yichuang.verdict import Refusal

CHUNK = 256 * 1024
INCOMING = "incoming"  # unfinished files; whatever is left there after a crash may be deleted


class Draft:
    """A file being written aside under `root`; `keep` puts it in its place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / INCOMING / uuid.uuid4().hex
        self.hash = hashlib.sha256()
        self.size = 0

    def receive(self, stream: BinaryIO, limit: int) -> None:
        """Copy `stream` in, hashing; Refusal "file-too-large" as soon as it passes `limit`."""
        with self.path.open("wb") as out:
            while chunk := stream.read(CHUNK):
                self.size += len(chunk)
                check_size(self.size, limit)
                self.hash.update(chunk)
                out.write(chunk)

    def replace(self, content: bytes) -> None:
        """Put `content` in place of what was received."""
        self.path.write_bytes(content)
        self.hash, self.size = hashlib.sha256(content), len(content)

    def head(self, count: int) -> bytes:
        with self.path.open("rb") as file:
            return file.read(count)

    def tail(self, count: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(max(0, self.size - count))
            return file.read()

    def keep(self) -> str:
        """Force the bytes down, move them to their place, force the folders; the SHA-256 (hex).

        When this returns, the content survives power loss. The same content kept twice is one file.
        """
        digest = self.hash.hexdigest()
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        target = place(self.root, digest)
        # a folder that is there was forced by whoever made it, before anybody was told of its file
        new = [each for each in (target.parent, target.parent.parent) if not each.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.path, target)
        for folder in (target.parent, *(each.parent for each in new)):
            _force(folder)
        return digest


class Part:
    """The bytes of an upload received so far, across requests, in a file of its own."""

    def __init__(self, root: Path, upload_id: uuid.UUID) -> None:
        self.path = root / INCOMING / f"part-{upload_id.hex}"

    @property
    def size(self) -> int:
        """What really lies there: after a crash it may be less than was acknowledged."""
        return self.path.stat().st_size if self.path.exists() else 0

    def append(self, stream: BinaryIO, *, offset: int, room: int) -> int:
        """Add what `stream` holds after the first `offset` bytes, at most `room` of it; how much.

        Forced down before it is acknowledged. What lay beyond `offset` (a piece whose
        acknowledgement was lost) is written over.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        added = 0
        with disk_full_told(), self.path.open("r+b" if self.path.exists() else "wb") as out:
            out.truncate(offset)
            out.seek(offset)
            while added < room and (chunk := stream.read(min(CHUNK, room - added))):
                out.write(chunk)
                added += len(chunk)
            out.flush()
            os.fsync(out.fileno())
        return added

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


@contextmanager
def draft(root: Path) -> Iterator[Draft]:
    """A Draft that leaves nothing behind unless kept. A full disk becomes "disk-full" (507)."""
    with disk_full_told():
        (root / INCOMING).mkdir(parents=True, exist_ok=True)
        started = Draft(root)
        try:
            yield started
        finally:
            started.path.unlink(missing_ok=True)


@contextmanager
def disk_full_told() -> Iterator[None]:
    """A full disk as the Refusal "disk-full" (507)."""
    try:
        yield
    except OSError as failed:
        if failed.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refusal(
            "disk-full",
            _("服务器的存储空间满了，这个文件没有存进去；已经办好的内容都还在。"),
            remedy=_("请稍后再试，或到窗口交纸质材料；工作人员请通知运维清理空间。"),
            status=507,
        ) from failed


def place(root: Path, digest: str) -> Path:
    """Where the content with this SHA-256 (hex) lies."""
    return root / digest[:2] / digest[2:4] / digest


def forget(root: Path, digest: str, *, still_wanted: Callable[[], bool], before: float) -> None:
    """Delete a content that nobody refers to any more.

    It is put aside first and looked at again: whoever stores the same bytes in the same moment
    (written after `before`, seconds since 1970) or got a row for them keeps them.
    """
    target, aside = place(root, digest), root / INCOMING / uuid.uuid4().hex
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(target, aside)
    except FileNotFoundError:
        return
    if aside.stat().st_mtime >= before or still_wanted():
        os.replace(aside, target)
    else:
        aside.unlink()


def clear_drafts(root: Path, *, before: float) -> int:
    """Delete what writers that died left unfinished before that moment (seconds since 1970); how many.

    Uploads in pieces have a life of their own (`actions.sweep_uploads`) and stay.
    """
    gone = 0
    for path in (root / INCOMING).glob("*"):
        if not path.name.startswith("part-") and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _force(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
