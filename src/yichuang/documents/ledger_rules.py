"""One line of the seal ledger as bytes, and the hash that ties it to the line before. Pure.

row_hash = SHA-256 (hex) over canonical JSON of the line, `previous_hash` included; the first line's
previous_hash is "". Canonical JSON: keys sorted, no spaces, UTF-8, moments in UTC with microseconds
and Z (docs/journal-format.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from yichuang.journal.rules import canonical_json


@dataclass(frozen=True, slots=True)
class Line:
    """Every column of a line that a person may rely on. paper, seal, organ: their keys."""

    position: int
    year: int
    serial: int
    number: str
    paper: str
    seal: str
    organ: str
    item_code: str
    case_number: str
    approver_name: str
    handler_name: str
    copies: int
    grant_number: str
    document_sha256: str
    file_sha256: str
    note: str
    at: datetime
    previous_hash: str


def row_hash(line: Line) -> str:
    """The hash of a line, 64 hex digits."""
    return hashlib.sha256(canonical_json(asdict(line))).hexdigest()
