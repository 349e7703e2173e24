"""Whether a stored paper would still convince somebody in court who has only the file and a root.

For auditors, over our own files whose hash is the ledger's: read in this process, without the
limits that a stranger's file is given (`verify`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import crl, x509
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.reader import PdfFileReader

from yichuang.documents import check, cms, signing
from yichuang.documents.signing import certificates, demonstration, timestamps


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one paper. code: stable; sentence: for the auditor."""

    code: str
    sentence: str


def verify_paper(pdf: bytes) -> list[Finding]:
    """What is wrong with the signature of a stored paper; nothing when it is sound and complete.

    Only for bytes whose SHA-256 is the ledger's. Papers signed with the one key of earlier
    versions carry neither timestamp nor long-term material and are not asked for them.
    """
    found = check.signatures_in(pdf)
    if len(found) != 1:
        return [Finding("signatures", _("应有一个签章，实有%(n)d个。") % {"n": len(found)})]
    (one,) = found
    if not one.whole:
        return [Finding("not-whole", _("签章没有覆盖整个文件，或者文件在签章后被改动。"))]
    if not one.cms.verified():
        return [Finding("signature", _("签章的数字签名不成立。"))]
    chain = signing.ours().get(one.cms.signer.sha256.hex())
    if chain is None:
        return [Finding("certificate-unknown", _("签章证书不是本平台登记过的证书。"))]
    problems = _certified(pdf)
    if chain == certificates.load(certificates.legacy_file()):
        return problems
    at, stamp_problems = _stamped(one.cms)
    problems += stamp_problems
    if at and not timestamps.leads_to(chain.leaf, chain.certificates[1:], [chain.root], at=at):
        problems.append(Finding("chain", _("签章时，证书不在有效期内，或者证书链不完整。")))
    return problems + _evidence(pdf, chain.certificates, at)


def _certified(pdf: bytes) -> list[Finding]:
    try:
        root = PdfFileReader(io.BytesIO(pdf)).root
        (reference,) = root["/Perms"]["/DocMDP"]["/Reference"]
        if reference["/TransformMethod"] == "/DocMDP" and reference["/TransformParams"]["/P"] == 1:
            return []
    except (KeyError, ValueError, TypeError):
        pass
    return [Finding("not-certified", _("签章没有禁止以后的改动（DocMDP 1）。"))]


def _stamped(signature: cms.Read) -> tuple[datetime | None, list[Finding]]:
    if not signature.token:
        if timestamps.wanted():
            return None, [Finding("timestamp-missing", _("签章没有时间戳。"))]
        return None, []
    try:
        token, stated = cms.read_stamp(signature.token)
    except cms.Unreadable:
        return None, [Finding("timestamp", _("时间戳无法读取。"))]
    digest = hashlib.sha256(signature.signature).digest()
    if not (token.verified() and (stated.imprint_algorithm, stated.imprint) == ("sha256", digest)):
        return None, [Finding("timestamp", _("时间戳不是为这个签章出具的。"))]
    roots = list(timestamps.authorities())
    if not settings.PRODUCTION:
        roots.append(demonstration.timestamp_root())
    if not timestamps.trusted(stated, roots):
        return None, [Finding("timestamp-authority", _("时间戳不是由本平台认可的机构出具的。"))]
    return stated.at, []


def _evidence(pdf: bytes, chain: Sequence[x509.Certificate], at: datetime | None) -> list[Finding]:
    """Whether the chain and the lists of revoked certificates are in the file, and clean."""
    problems = []
    kept = set(_stored(pdf, "/Certs"))
    if any(one.dump() not in kept for one in chain):
        problems.append(Finding("evidence-missing", _("文件里没有完整的证书链。")))
    lists = [crl.CertificateList.load(der) for der in _stored(pdf, "/CRLs")]
    mine = [found for found in lists if found.issuer.dump() == chain[0].issuer.dump()]
    if not mine:
        problems.append(Finding("evidence-missing", _("文件里没有签发机构的证书吊销列表。")))
    # what was revoked later counts too, unless the timestamp proves that the signature was first
    mine += [
        crl.CertificateList.load(found.der)
        for found in certificates.revocation_lists()
        if found.issuer.dump() == chain[0].issuer.dump()
    ]
    for found in mine:
        for line in found["tbs_cert_list"]["revoked_certificates"] or ():
            revoked_at = line["revocation_date"].native
            if line["user_certificate"].native == chain[0].serial_number and (
                at is None or revoked_at <= at
            ):
                problems.append(Finding("revoked", _("签章时证书已经被吊销。")))
    return problems


def _stored(pdf: bytes, kind: str) -> list[bytes]:
    """The contents of one array of the document security store."""
    try:
        streams = PdfFileReader(io.BytesIO(pdf)).root["/DSS"][kind]
    except KeyError:
        return []
    return [bytes(stream.get_object().data) for stream in streams]
