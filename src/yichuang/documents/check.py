"""Examines one PDF nobody vouches for: `python -m yichuang.documents.check`, file on standard input.

A process of its own, because hostile files make every PDF reader raise, spin or swell: it has
limits on time and memory and can open nothing (no file, no socket); no database, no secrets, no
settings. Standard input: a line of JSON, the SHA-256 (hex) of our certificates, then the file.
Answers one line of JSON: {"problem": "…", "signatures": [{"ours": …, "sound": …}]}.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader

from yichuang.documents import cms

CPU_SECONDS = 3
MEMORY_BYTES = 512 * 1024 * 1024
# A signature with certificates and a timestamp is 4 to 16 kB; twice that in hex.
_SIGNATURE = re.compile(rb"<([0-9A-Fa-f]{512,131072})>")
_MOST_SIGNATURES = 64
_MIB = 1024 * 1024
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=32 * _MIB),
    document_budget=DocumentDecodeBudget(base_allowance=64 * _MIB, max_ratio=1),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A CMS signature standing in a file as a hexadecimal string, `start` to `end` with its <>.

    whole: whether the digest it was made over is that of every other byte of the file.
    """

    cms: cms.Read
    start: int
    end: int
    whole: bool

    @property
    def sound(self) -> bool:
        """Whether every byte of the file but itself is what the named certificate's key signed."""
        return self.whole and self.cms.verified()


def main() -> int:
    for limit, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        # the three that are open are all there will ever be: no files, no network, no children's pipes
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (most, most))
    ours = json.loads(sys.stdin.buffer.readline())
    sys.stdout.write(json.dumps(examine(sys.stdin.buffer.read(), ours)))
    return 0


def examine(data: bytes, ours: Collection[str]) -> dict[str, Any]:
    """What can be said of a file. problem: "", "unreadable", "encrypted", "hybrid", "trailing"."""
    signatures = [
        {"ours": mine, "sound": mine and found.sound}
        for found in signatures_in(data)
        for mine in [found.cms.signer.sha256.hex() in ours]
    ]
    # a sound signature of ours vouches for every byte: nothing is left for a reader to say
    decided = any(signature["sound"] for signature in signatures)
    return {"problem": "" if decided else _problem(data), "signatures": signatures}


def signatures_in(data: bytes) -> list[Found]:
    """Every signature of our shape, found by its bytes and not through the file's own directory.

    A PDF's directory is what attacks bend (wrapped, saved over, shadowed, hybrid files); the bytes
    that were signed are not. A signature hidden from this search is one we do not know.
    """
    found = []
    for match in list(_SIGNATURE.finditer(data))[:_MOST_SIGNATURES]:
        try:
            read = cms.read(bytes.fromhex(match[1].decode("ascii")))
        except (cms.Unreadable, ValueError):
            continue
        start, end = match.span()
        found.append(Found(read, start, end, _whole(data, start, end, read)))
    return found


def _whole(data: bytes, start: int, end: int, read: cms.Read) -> bool:
    # what lies outside is signed, so a byte range that says otherwise cannot have been written later
    return (
        read.algorithm is not None
        and read.content_type == cms.DATA
        and not read.content
        and read.algorithm.digest(data[:start] + data[end:]) == read.digest
    )


def _problem(data: bytes) -> str:
    """Why nobody can be sure what this file shows."""
    if b"/XRefStm" in data:
        return "hybrid"
    _head, mark, tail = data.rpartition(b"%%EOF")
    if not mark or tail.strip(b"\r\n\t \0"):
        return "trailing"
    if b"startxref" not in data[-2048:]:
        return "unreadable"  # readers would search the whole file for it
    try:
        reader = PdfFileReader(io.BytesIO(data), decode_limits=_LIMITS)
        if reader.encrypted:
            return "encrypted"
        int(reader.root["/Pages"]["/Count"])
    except (Exception, RecursionError):  # readers raise whatever they stumble over
        return "unreadable"
    return ""


if __name__ == "__main__":
    sys.exit(main())
