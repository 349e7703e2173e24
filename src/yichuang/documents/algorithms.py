"""The two ways of signing a paper, each known by the id that the ledger keeps.

Pure, and without Django: the isolated checker of strangers' files loads it too.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from yichuang.documents import sm2


@dataclass(frozen=True, slots=True)
class Algorithm:
    """code: the ledger's id. *_oid: dotted. Keys are SubjectPublicKeyInfo and PKCS #8 PEM.

    digest: of a document. to_be_signed(public key, message): the digest a signing device is given.
    sign(private key, message), verify(public key, message, signature): signature in DER.
    """

    code: str
    digest_oid: str
    signature_oid: str
    digest: Callable[[bytes], bytes]
    to_be_signed: Callable[[bytes, bytes], bytes]
    make_key: Callable[[], bytes]
    public_key: Callable[[bytes], bytes]
    sign: Callable[[bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]


# Made here and not at each use: making one loads modules, and the isolated checker may open nothing.
_ECDSA_SHA256 = ec.ECDSA(hashes.SHA256())


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _make_p256() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@functools.lru_cache(maxsize=64)
def _load(private_pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(private_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key on an elliptic curve")
    return key


def _p256_public(private_pem: bytes) -> bytes:
    return (
        _load(private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _p256_sign(private_pem: bytes, message: bytes) -> bytes:
    return _load(private_pem).sign(message, _ECDSA_SHA256)


def _p256_verify(public_key_info: bytes, message: bytes, signature: bytes) -> bool:
    key = serialization.load_der_public_key(public_key_info)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, message, _ECDSA_SHA256)
    except InvalidSignature:
        return False
    return True


P256 = Algorithm(
    code="ecdsa-p256-sha256",
    digest_oid="2.16.840.1.101.3.4.2.1",
    signature_oid="1.2.840.10045.4.3.2",
    digest=_sha256,
    to_be_signed=lambda _public_key, message: _sha256(message),
    make_key=_make_p256,
    public_key=_p256_public,
    sign=_p256_sign,
    verify=_p256_verify,
)
SM2 = Algorithm(
    code="sm2-sm3",
    digest_oid=sm2.SM3_OID,
    signature_oid=sm2.SIGNATURE_OID,
    digest=sm2.sm3,
    to_be_signed=sm2.to_be_signed,
    make_key=sm2.make_key,
    public_key=sm2.public_key,
    sign=sm2.sign,
    verify=sm2.verify,
)
ALGORITHMS = {algorithm.code: algorithm for algorithm in (P256, SM2)}
BY_SIGNATURE_OID = {algorithm.signature_oid: algorithm for algorithm in (P256, SM2)}

# What others may sign with: the timestamp authority is somebody else's.
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    sm2.SM3_OID: hashes.SM3(),
}
_RSA = {
    "1.2.840.113549.1.1.1": None,  # the hash is the digest's
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
}
_ECDSA = {
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}


def digest(oid: str, data: bytes) -> bytes | None:
    """The digest of data by the algorithm with this OID; None where it is not accepted (SHA-1)."""
    if oid not in _HASHES:
        return None
    running = hashes.Hash(_HASHES[oid])
    running.update(data)
    return running.finalize()


def verify(
    signature_oid: str, digest_oid: str, public_key_info: bytes, message: bytes, signature: bytes
) -> bool:
    """Whether a signature by any accepted algorithm holds: ours, RSA (PKCS #1 v1.5) or ECDSA."""
    if signature_oid == SM2.signature_oid:
        return SM2.verify(public_key_info, message, signature)
    try:
        key = serialization.load_der_public_key(public_key_info)
        if isinstance(key, rsa.RSAPublicKey) and signature_oid in _RSA and key.key_size >= 2048:
            hash_oid = _RSA[signature_oid] or digest_oid
            key.verify(signature, message, padding.PKCS1v15(), _HASHES[hash_oid])
        elif isinstance(key, ec.EllipticCurvePublicKey) and signature_oid in _ECDSA:
            key.verify(signature, message, ec.ECDSA(_HASHES[_ECDSA[signature_oid]]))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError):
        return False
    return True
