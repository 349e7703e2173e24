"""Seals a PDF with a certified PAdES signature: nothing may be changed after it (DocMDP level 1).

The key is one file, $YICHUANG_HOME/secrets/seal-signing.pem (0600): private key, its certificate,
the issuer's. Outside production a missing file is made once, under a certificate whose every name
says 演示; in production a missing file stops sealing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from yichuang.verdict import Refusal

FIELD = "Seal"
# Fixed days, so that a demonstration's papers of any date fall into the certificate's term.
_FROM = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2050, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: pyHanko's signer and the SHA-256 of its certificate (hex)."""

    signer: signers.SimpleSigner
    fingerprint: str
    certificate_pem: bytes
    issuer_pem: bytes


def sign(pdf: bytes, *, reason: str, at: dt.datetime) -> bytes:
    """The PDF with one certifying signature by this deployment's key; about 15 ms.

    reason: what the signature is for, shown by readers. at: the moment it states (no independent
    timestamp is taken; the journal's order is the evidence of time).
    Raises Refusal "seal-key-missing" (503) in production without a key file.
    """
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=reason,
        name=None,
    )
    who = identity()
    signer = _AtMoment(meta, signer=who.signer, moment=at)
    # room reserved outright: pyHanko's own estimate signs a dummy first, doubling the work
    room = 2 * (len(who.certificate_pem) + len(who.issuer_pem) + 2048)
    out = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=room)
    return out.getvalue()


class _AtMoment(signers.PdfSigner):
    """Signs as of the moment of the act, so that paper, ledger and signature name the same one."""

    def __init__(self, meta, *, signer, moment: dt.datetime) -> None:
        super().__init__(meta, signer=signer)
        self._moment = moment

    def init_signing_session(self, pdf_out, existing_fields_only=False):
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._moment
        return session


def identity() -> Identity:
    """This deployment's signing identity, read (or, outside production, made) once per process."""
    return _identity(key_file())


def key_file() -> Path:
    return Path(settings.HOME) / "secrets" / "seal-signing.pem"


@functools.cache
def _identity(path: Path) -> Identity:
    if not path.exists():
        if settings.PRODUCTION:
            raise Refusal(
                "seal-key-missing",
                _("本系统还没有装入电子签章密钥，不能签发文书。"),
                remedy=_(
                    "请联系运维人员把签章密钥文件放到指定位置；文书编号已保留，装好后自动补签。"
                ),
                status=503,
            )
        _make_demonstration_key(path)
    blocks = list(pem.unarmor(path.read_bytes(), multiple=True))
    keys = [pem.armor(kind, der) for kind, _headers, der in blocks if kind.endswith("PRIVATE KEY")]
    chain = [
        asn1_x509.Certificate.load(der) for kind, _headers, der in blocks if kind == "CERTIFICATE"
    ]
    store = SimpleCertificateStore()
    store.register_multiple(chain)
    signer = signers.SimpleSigner(
        signing_cert=chain[0],
        signing_key=load_private_key_from_pemder_data(keys[0], passphrase=None),
        cert_registry=store,
        signature_mechanism=None,
    )
    return Identity(
        signer,
        chain[0].sha256.hex(),
        pem.armor("CERTIFICATE", chain[0].dump()),
        pem.armor("CERTIFICATE", chain[-1].dump()),
    )


def _make_demonstration_key(path: Path) -> None:
    """Write key and certificates in one file, first writer wins; the issuer's key is not kept."""
    issuer_key, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer_name = _name("演示根证书（不具法律效力）")
    issuer = _certificate(issuer_name, issuer_name, issuer_key.public_key(), ca=True).sign(
        issuer_key, hashes.SHA256()
    )
    leaf = _certificate(
        _name("演示签章证书（不具法律效力）"), issuer_name, key.public_key(), ca=False
    ).sign(issuer_key, hashes.SHA256())
    encoding = serialization.Encoding.PEM
    content = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    content += leaf.public_bytes(encoding) + issuer.public_bytes(encoding)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    aside.touch(mode=0o600)
    aside.write_bytes(content)
    with contextlib.suppress(FileExistsError):  # web and worker may start together
        os.link(aside, path)
    aside.unlink()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "一窗演示环境"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca,
                content_commitment=not ca,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=ca,
                crl_sign=ca,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
