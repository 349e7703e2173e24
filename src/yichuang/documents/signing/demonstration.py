"""The demonstration's own authorities: a root, its revocation list, a timestamp authority.

Every name in them says 演示 and 不具法律效力. Never used in production. Keys are in $HOME/secrets:
demonstration-root-<algorithm>.pem (key, certificate, revocation list), demonstration-tsa.pem.
"""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asn1crypto import cms as asn1_cms
from asn1crypto import core, crl, keys, pem, tsp, x509
from django.conf import settings

from yichuang.documents import cms
from yichuang.documents.algorithms import P256, Algorithm
from yichuang.documents.signing import certificates
from yichuang.documents.signing.certificates import Chain, RevocationList

# Fixed days, so that a demonstration's papers of any date fall into the certificates' term.
_FROM = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)
# Under the arc that anybody may use (ITU-T X.667): 2.25.<a UUID as number>.
_POLICY = "2.25.187640911834062412846284936103650128433"


@dataclass(frozen=True, slots=True)
class _Authority:
    """key: PKCS #8 PEM."""

    algorithm: Algorithm
    key: bytes
    certificate: x509.Certificate
    revoked: bytes


def issue(public_key: bytes, *, seal_code: str, algorithm: Algorithm) -> Chain:
    """A certificate for a seal's key (SubjectPublicKeyInfo, DER), by the demonstration's root."""
    root = _root(algorithm)
    subject = _name("演示签章证书（不具法律效力）", organizational_unit_name=seal_code)
    extensions = [_usage({"digital_signature", "non_repudiation"})]
    return Chain((_certificate(root, subject, public_key, extensions), root.certificate))


def revocation_list(algorithm: Algorithm) -> RevocationList:
    """The root's list: nothing was ever revoked."""
    root = _root(algorithm)
    return RevocationList(root.revoked, root.certificate.subject, _UNTIL)


def timestamp_authority() -> x509.Certificate:
    return _tsa(_secret("demonstration-tsa.pem"))[1]


def timestamp_root() -> x509.Certificate:
    return _root(P256).certificate


def answer(request: bytes, *, at: dt.datetime) -> bytes:
    """A timestamp response (RFC 3161, DER) that says `at`."""
    key, certificate = _tsa(_secret("demonstration-tsa.pem"))
    asked = tsp.TimeStampReq.load(request)
    stated = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": _POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": secrets.randbits(64),
            "gen_time": at.astimezone(dt.UTC).replace(microsecond=0),
            "nonce": asked["nonce"],
            "tsa": x509.GeneralName("directory_name", certificate.subject),
        }
    )
    content = stated.dump()
    token = cms.signed_data(
        algorithm=P256,
        digest=P256.digest(content),
        signer=certificate,
        chain=[timestamp_root()],
        sign=functools.partial(P256.sign, key),
        content=content,
        content_type=cms.TST_INFO,
    )
    return tsp.TimeStampResp(
        {"status": {"status": "granted"}, "time_stamp_token": asn1_cms.ContentInfo.load(token)}
    ).dump()


def _secret(name: str) -> Path:
    return Path(settings.HOME) / "secrets" / name


def _root(algorithm: Algorithm) -> _Authority:
    return _load_root(_secret(f"demonstration-root-{algorithm.code}.pem"), algorithm)


@functools.lru_cache(maxsize=8)
def _load_root(path: Path, algorithm: Algorithm) -> _Authority:
    content = path.read_bytes() if path.exists() else b""
    if not content:
        content = certificates.write_once(path, _make_root(algorithm))
    (certificate,) = certificates.certificates_in(content)
    return _Authority(
        algorithm, _block(content, "PRIVATE KEY"), certificate, _der(content, "X509 CRL")
    )


def _make_root(algorithm: Algorithm) -> bytes:
    key = algorithm.make_key()
    name = _name("演示根证书（不具法律效力）")
    public = algorithm.public_key(key)
    draft = _Authority(
        algorithm, key, x509.Certificate({"tbs_certificate": {"subject": name}}), b""
    )
    extensions = [
        _extension("basic_constraints", {"ca": True, "path_len_constraint": 0}, critical=True),
        _usage({"key_cert_sign", "crl_sign"}),
    ]
    certificate = _certificate(draft, name, public, extensions)
    body = crl.TbsCertList(
        {
            "version": "v2",
            "signature": {"algorithm": algorithm.signature_oid},
            "issuer": name,
            "this_update": x509.Time("utc_time", _FROM),
            "next_update": x509.Time("utc_time", _UNTIL),
            "crl_extensions": [
                {
                    "extn_id": "crl_number",
                    "extn_value": core.ParsableOctetString(core.Integer(1).dump()),
                },
                {
                    "extn_id": "authority_key_identifier",
                    "extn_value": core.ParsableOctetString(
                        x509.AuthorityKeyIdentifier(
                            {"key_identifier": certificate.key_identifier}
                        ).dump()
                    ),
                },
            ],
        }
    )
    revoked = crl.CertificateList(
        {
            "tbs_cert_list": body,
            "signature_algorithm": {"algorithm": algorithm.signature_oid},
            "signature": core.OctetBitString(algorithm.sign(key, body.dump())),
        }
    )
    return (
        key + pem.armor("CERTIFICATE", certificate.dump()) + pem.armor("X509 CRL", revoked.dump())
    )


@functools.lru_cache(maxsize=8)
def _tsa(path: Path) -> tuple[bytes, x509.Certificate]:
    content = path.read_bytes() if path.exists() else b""
    if not content:
        key = P256.make_key()
        extensions = [
            _usage({"digital_signature"}),
            _extension("extended_key_usage", ["time_stamping"], critical=True),
        ]
        certificate = _certificate(
            _root(P256), _name("演示时间戳（不具法律效力）"), P256.public_key(key), extensions
        )
        content = certificates.write_once(path, key + pem.armor("CERTIFICATE", certificate.dump()))
    return _block(content, "PRIVATE KEY"), certificates.certificates_in(content)[0]


def _certificate(
    issuer: _Authority, subject: x509.Name, public_key: bytes, extensions: list[dict[str, Any]]
) -> x509.Certificate:
    info = keys.PublicKeyInfo.load(public_key)
    issuer_key = keys.PublicKeyInfo.load(issuer.algorithm.public_key(issuer.key))
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(126) + 1,
            "signature": {"algorithm": issuer.algorithm.signature_oid},
            "issuer": issuer.certificate.subject,
            "validity": {
                "not_before": x509.Time("utc_time", _FROM),
                "not_after": x509.Time("utc_time", _UNTIL),
            },
            "subject": subject,
            "subject_public_key_info": info,
            "extensions": [
                _extension("key_identifier", info.sha1),
                _extension("authority_key_identifier", {"key_identifier": issuer_key.sha1}),
                *extensions,
            ],
        }
    )
    return x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": {"algorithm": issuer.algorithm.signature_oid},
            "signature_value": core.OctetBitString(issuer.algorithm.sign(issuer.key, body.dump())),
        }
    )


def _name(common: str, **more: str) -> x509.Name:
    return x509.Name.build(
        {
            "country_name": "CN",
            "organization_name": "一窗演示环境",
            "common_name": common,
            **more,
        }
    )


def _usage(usages: set[str]) -> dict[str, Any]:
    return _extension("key_usage", usages, critical=True)


def _extension(kind: str, value: Any, *, critical: bool = False) -> dict[str, Any]:
    return {"extn_id": kind, "critical": critical, "extn_value": value}


def _der(content: bytes, wanted: str) -> bytes:
    return next(
        der for kind, _headers, der in pem.unarmor(content, multiple=True) if kind == wanted
    )


def _block(content: bytes, wanted: str) -> bytes:
    return pem.armor(wanted, _der(content, wanted))
