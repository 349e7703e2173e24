"""Puts a signature into a PDF: certified "no changes" (DocMDP 1), with long-term material.

One added revision holds the signature field, the certificate chain and the revocation lists (DSS,
ETSI EN 319 142-1), so that the signature covers all of them and nothing need be added later.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.extensions import DeveloperExtension, DevExtensionMultivalued
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from yichuang.documents.algorithms import Algorithm

FIELD = "Seal"
# ISO 32000 before 2.0 knows no DSS; ETSI's extension announces it to readers.
_ESIC = DeveloperExtension(
    prefix_name=pdf_name("/ESIC"),
    base_version=pdf_name("/1.7"),
    extension_level=1,
    compare_by_level=False,
    multivalued=DevExtensionMultivalued.NEVER,
)


def embed(
    pdf: bytes,
    *,
    algorithm: Algorithm,
    reason: str,
    at: datetime,
    room: int,
    chain: Sequence[x509.Certificate],
    revocation_lists: Sequence[bytes],
    make: Callable[[bytes], bytes],
) -> bytes:
    """The PDF with its signature.

    make(digest of what is signed) → CMS (DER). room: bytes kept for it; ValueError if it is longer.
    chain, revocation_lists: what is put into the DSS.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    _store_evidence(writer, [one.dump() for one in chain], revocation_lists)
    steps = PdfCMSEmbedder().write_cms(FIELD, writer)
    next(steps)
    placeholder = SignatureObject(
        timestamp=at,
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        bytes_reserved=2 * room,
    )
    certified = SigMDPSetup(
        md_algorithm="sha256", certify=True, docmdp_perms=fields.MDPPerm.NO_CHANGES
    )
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=certified))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    written = output.getvalue()
    before = written[: prepared.reserved_region_start]
    digest = algorithm.digest(before + written[prepared.reserved_region_end :])
    try:
        steps.send(make(digest))
    except SigningError as problem:
        raise ValueError("the signature is longer than the room kept for it") from problem
    return output.getvalue()


def _store_evidence(
    writer: IncrementalPdfFileWriter, chain: Sequence[bytes], revocation_lists: Sequence[bytes]
) -> None:
    def streams(contents: Sequence[bytes]) -> generic.ArrayObject:
        return generic.ArrayObject(
            writer.add_object(generic.StreamObject(stream_data=content)) for content in contents
        )

    store = generic.DictionaryObject({pdf_name("/Certs"): streams(chain)})
    if revocation_lists:
        store[pdf_name("/CRLs")] = streams(revocation_lists)
    writer.root[pdf_name("/DSS")] = writer.add_object(store)
    writer.update_root()
    writer.register_extension(_ESIC)
