"""Examines one PDF nobody vouches for: `python -m yichuang.documents.check`, PDF on standard input.

A process of its own, because hostile files make every PDF reader raise, spin or swell: it has
limits on time and memory, no database, no secrets and no settings. Arguments: the certificate
(PEM file) our seal should be from. Answers one line of JSON: {"signatures": [{"ours": …}]}.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

CPU_SECONDS = 15
MEMORY_BYTES = 1024 * 1024 * 1024


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    chain = [
        x509.Certificate.load(der)
        for _kind, _headers, der in pem.unarmor(sys.argv[1].encode(), multiple=True)
    ]
    sys.stdout.write(json.dumps(examine(sys.stdin.buffer.read(), chain[0], chain[-1])))
    return 0


def examine(data: bytes, ours: x509.Certificate, issuer: x509.Certificate) -> dict[str, Any]:
    """What the signatures in a PDF say; raises whatever the reader raises."""
    reader = PdfFileReader(io.BytesIO(data))
    return {
        "signatures": [
            _signature(found, len(data), ours, issuer) for found in reader.embedded_signatures
        ]
    }


def _signature(
    found: EmbeddedPdfSignature, length: int, ours: x509.Certificate, issuer: x509.Certificate
) -> dict[str, bool]:
    if found.signer_cert.sha256 != ours.sha256:
        return {"ours": False, "sound": False}
    status = validate_pdf_signature(
        found, ValidationContext(trust_roots=[issuer], allow_fetching=False)
    )
    # pyHanko lets some later revisions and trailing bytes pass: ours must reach the last byte
    first, head, second, tail = (int(number) for number in found.byte_range)
    whole = first == 0 and second > head and second + tail == length
    unchanged = status.modification_level == ModificationLevel.NONE
    return {
        "ours": True,
        "sound": bool(status.intact and status.valid and whole and unchanged),
    }


if __name__ == "__main__":
    sys.exit(main())
