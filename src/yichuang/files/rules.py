"""What may be stored, judged by content and never by name."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import Refusal

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
IMAGES = (JPEG, PNG)
SUFFIXES = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}  # the first is the usual one
MAX_NAME = 120  # characters, suffix included
MAX_PIXELS = 50_000_000  # a declared image size above this is not decoded

HEAD_BYTES = 1024  # what content_type needs to see of a file
TAIL_BYTES = 2048  # what check_pdf_end needs to see of its end

_SIGNATURES = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
# What people often send instead, so that the refusal can name it and say what to do.
_FOREIGN = (
    (re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), gettext_lazy("办公文档或压缩包")),
    (re.compile(rb".{4}ftyp(hei|hev|mif|msf)", re.DOTALL), gettext_lazy("苹果手机的HEIC照片")),
    (re.compile(rb"MZ|\x7fELF|#!"), gettext_lazy("可执行程序")),
    (re.compile(rb"GIF8|RIFF.{4}WEBP|BM|II\*\0|MM\0\*", re.DOTALL), gettext_lazy("其他格式的图片")),
    (
        re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!|svg|html|head|body|script)", re.IGNORECASE),
        gettext_lazy("网页或矢量图"),
    ),
)
_PATH = re.compile(r".*[/\\]", re.DOTALL)
_SUFFIX = re.compile(r"\.(pdf|jpe?g|png)$", re.IGNORECASE)


def content_type(head: bytes) -> str:
    """The type of a file that begins with `head` (its first HEAD_BYTES or all of it).

    One of PDF, JPEG, PNG. Raises Refusal "file-empty" or "file-not-what-it-says" (415).
    """
    if not head:
        raise Refusal(
            "file-empty",
            _("这个文件是空的。"),
            remedy=_("请在手机或电脑上打开看看它是否完好，再重新选择。"),
            field="file",
        )
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return found
    remedy = _("请拍成照片（JPG、PNG）或另存为PDF后重新上传。")
    for pattern, label in _FOREIGN:
        if pattern.match(head):
            what = _("这个文件的内容是%(found)s，不是PDF、JPG或PNG。") % {"found": label}
            break
    else:
        what = _("这个文件的内容不是PDF、JPG或PNG。")
    raise Refusal("file-not-what-it-says", what, remedy=remedy, status=415, field="file")


def check_size(size: int, limit: int) -> None:
    """Refuse more than `limit` bytes: Refusal "file-too-large" (413)."""
    if size > limit:
        raise Refusal(
            "file-too-large",
            _("这个文件太大，每个文件不能超过%(limit)s。") % {"limit": in_words(limit)},
            remedy=_("请把照片调小一些、把PDF分成几份，或降低扫描分辨率后重新上传。"),
            status=413,
            field="file",
            detail={"limit": limit},
        )


def in_words(size: int) -> str:
    """A size in bytes as people say it: "20 MB" (1 MB = 1024 × 1024 bytes)."""
    for unit, bytes_in in (("MB", 1024 * 1024), ("KB", 1024)):
        if size >= bytes_in:
            return f"{size / bytes_in:.1f}".removesuffix(".0") + f" {unit}"
    return str(_("%(size)d字节") % {"size": size})


def check_pdf_end(tail: bytes) -> None:
    """Refuse a PDF without its end mark in its last TAIL_BYTES: "file-damaged"."""
    if b"%%EOF" not in tail:
        raise damaged()


def too_many_pixels() -> Refusal:
    """The refusal for an image that declares more than MAX_PIXELS: "image-too-large" (413)."""
    return Refusal(
        "image-too-large",
        _("这张图片的像素太多，超过了5000万像素的上限。"),
        remedy=_("请降低拍摄或扫描的分辨率后重新上传。"),
        status=413,
        field="file",
        detail={"limit": MAX_PIXELS},
    )


def damaged() -> Refusal:
    """The refusal for a file of a right kind that cannot be read to its end."""
    return Refusal(
        "file-damaged",
        _("这个文件不完整或已损坏，打不开。"),
        remedy=_("请重新拍照或扫描后上传；如果是别人发来的，请对方重新发送。"),
        field="file",
    )


def clean_name(name: str, content_type: str) -> str:
    """A name safe to show and to download by: no path, no control or direction signs, at most
    MAX_NAME characters, with the suffix of what the file really is.
    """
    bare = visible_name(name)
    suffixes = SUFFIXES[content_type]
    suffix = suffixes[0]
    if named := _SUFFIX.search(bare):
        bare = bare[: named.start()]
        if named[0].lower() in suffixes:
            suffix = named[0]
    return (bare.strip(". ")[: MAX_NAME - len(suffix)] or _("未命名")) + suffix


def visible_name(name: str) -> str:
    """A name without path, control and direction signs; "" where nothing is left."""
    bare = _PATH.sub("", unicodedata.normalize("NFC", name))
    return " ".join(
        "".join(
            sign for sign in bare if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*'
        ).split()
    )
