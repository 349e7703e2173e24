"""Reading an uploaded picture and writing it anew, so that only its pixels stay."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from yichuang.files.rules import JPEG, MAX_PIXELS, damaged, too_many_pixels

JPEG_QUALITY = 90
# Colour and transparency belong to the picture; everything else (place, device, comments) goes.
KEPT = ("icc_profile", "transparency")
# What Pillow raises on broken or hostile pictures; none of it comes from our disk, the whole
# file is in memory by then.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)
_PNG_MODES = ("1", "I", "L", "LA", "P", "RGB", "RGBA", "I;16")


def rewritten(content: bytes, content_type: str) -> bytes:
    """The same picture in the same format, upright, without metadata.

    Raises Refusal "image-too-large" by the declared size, before a pixel is decoded, and
    "file-damaged" for one that cannot be decoded to its end.
    """
    wanted = "JPEG" if content_type == JPEG else "PNG"
    try:
        picture = Image.open(io.BytesIO(content), formats=(wanted,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise too_many_pixels() from bomb  # Pillow's own limits lie above ours
    except BROKEN as broken:
        raise damaged() from broken
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise too_many_pixels()
    try:
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)  # upright, before the mark is dropped
        return _written(picture, wanted)
    except (*BROKEN, Image.DecompressionBombError) as broken:
        raise damaged() from broken


def pages(pictures: Sequence[Path]) -> bytes:
    """Stored pictures, one a page, as a PDF. They were written by `rewritten`, so they open."""
    loaded = [_flat(Image.open(path)) for path in pictures]
    out = io.BytesIO()
    loaded[0].save(out, "PDF", save_all=True, append_images=loaded[1:], quality=JPEG_QUALITY)
    return out.getvalue()


def _flat(picture: Image.Image) -> Image.Image:
    """On white, in colours a PDF page can show, at most 2400 pixels a side: a few MB, legible."""
    picture.thumbnail((2400, 2400))
    whole = picture.convert("RGBA")
    paper = Image.new("RGBA", whole.size, "white")
    return Image.alpha_composite(paper, whole).convert("RGB")


def _written(picture: Image.Image, wanted: str) -> bytes:
    kept = {name: picture.info[name] for name in KEPT if name in picture.info}
    if wanted == "JPEG":
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGB")  # CMYK from scanners; browsers show it wrongly
            kept.pop("icc_profile", None)
        options = {"quality": JPEG_QUALITY}
    else:
        if picture.mode not in _PNG_MODES:
            picture = picture.convert("RGBA")
        options = {}
    picture.info = {}
    out = io.BytesIO()
    picture.save(out, wanted, **options, **kept)
    return out.getvalue()
