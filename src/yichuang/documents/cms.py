"""CMS signatures (RFC 5652) in the one shape our papers and timestamps have: written and read.

One signer, signed attributes with the content's type and digest and the signer's certificate
(RFC 5035), perhaps a timestamp token (RFC 3161) over the signature. Whatever has another shape is
not ours. Pure, and without Django: the isolated checker of strangers' files loads it too.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, core, tsp, x509

from yichuang.documents import algorithms
from yichuang.documents.algorithms import BY_SIGNATURE_OID, Algorithm

DATA, TST_INFO = "data", "tst_info"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_SIGNING_CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.12"


class Unreadable(Exception):
    """Not a signature of our shape."""


@dataclass(frozen=True, slots=True)
class Read:
    """A signature as it was read; nothing in it is believed before `verified`.

    algorithm: one of ours, else None. content: the signed content inside (timestamps), or b"".
    digest: of the content, as the signer states it. token: the timestamp's DER, or b"".
    """

    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    algorithm: Algorithm | None
    signature_oid: str
    digest_oid: str
    content_type: str
    content: bytes
    digest: bytes
    names_signer: bool
    attributes: bytes
    signature: bytes
    token: bytes

    def verified(self) -> bool:
        """Whether the named certificate's key signed these attributes (and, through them, digest)."""
        return self.names_signer and algorithms.verify(
            self.signature_oid,
            self.digest_oid,
            self.signer.public_key.dump(),
            self.attributes,
            self.signature,
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a timestamp token states. imprint: digest of what was stamped, by `imprint_algorithm`."""

    at: datetime
    imprint_algorithm: str
    imprint: bytes
    nonce: int | None
    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]


def signed_data(
    *,
    algorithm: Algorithm,
    digest: bytes,
    signer: x509.Certificate,
    chain: Sequence[x509.Certificate],
    sign: Callable[[bytes], bytes],
    stamp: Callable[[bytes], bytes] | None = None,
    content: bytes = b"",
    content_type: str = DATA,
) -> bytes:
    """A CMS signature (DER).

    digest: of the content; the content itself is enclosed only if given. chain: certificates sent
    along. sign(attributes) → signature. stamp(signature) → timestamp token (DER), if one is wanted.
    """
    kind = _oid(_CONTENT_TYPES[content_type])
    signer_named = _sequence(
        _sequence(_sequence(_tlv(_OCTETS, hashlib.sha256(signer.dump()).digest())))
    )
    attributes = _tlv(
        _SET,
        *sorted(
            [
                _attribute("content_type", kind),
                _attribute("message_digest", _tlv(_OCTETS, digest)),
                _sequence(_oid(_SIGNING_CERTIFICATE), _tlv(_SET, signer_named)),
            ]
        ),
    )
    signature = sign(attributes)
    unsigned = b""
    if stamp is not None:
        unsigned = _tlv(0xA1, _attribute("signature_time_stamp_token", stamp(signature)))
    digest_algorithm = _sequence(_oid(algorithm.digest_oid))
    info = _sequence(
        _ONE,
        _sequence(signer.issuer.dump(), core.Integer(signer.serial_number).dump()),
        digest_algorithm,
        b"\xa0" + attributes[1:],
        _sequence(_oid(algorithm.signature_oid)),
        _tlv(_OCTETS, signature),
        unsigned,
    )
    enclosed = _tlv(0xA0, _tlv(_OCTETS, content)) if content else b""
    body = _sequence(
        _ONE if content_type == DATA else _THREE,
        _tlv(_SET, digest_algorithm),
        _sequence(kind, enclosed),
        _tlv(0xA0, *sorted(one.dump() for one in (signer, *chain))),
        _tlv(_SET, info),
    )
    return _sequence(_oid("1.2.840.113549.1.7.2"), _tlv(0xA0, body))


def read(der: bytes) -> Read:
    """A signature of our shape, unbelieved. Raises Unreadable for anything else.

    Bytes after the structure count only if all are zero: a PDF pads the room it reserved.
    """
    try:
        return _read(der)
    except Unreadable:
        raise
    except Exception as problem:  # hostile DER makes the parser raise whatever it likes
        raise Unreadable(type(problem).__name__) from problem


def read_stamp(der: bytes) -> tuple[Read, Stamp]:
    """A timestamp token and what it states. Raises Unreadable; `Read.verified` must be asked."""
    token = read(der)
    try:
        if token.content_type != TST_INFO:
            raise Unreadable("not a timestamp")
        info = tsp.TSTInfo.load(token.content)
        imprint = info["message_imprint"]
        stamp = Stamp(
            at=info["gen_time"].native,
            imprint_algorithm=imprint["hash_algorithm"]["algorithm"].native,
            imprint=imprint["hashed_message"].native,
            nonce=info["nonce"].native,
            signer=token.signer,
            certificates=token.certificates,
        )
    except Unreadable:
        raise
    except Exception as problem:
        raise Unreadable(type(problem).__name__) from problem
    if algorithms.digest(token.digest_oid, token.content) != token.digest:
        raise Unreadable("timestamp digest differs")
    return token, stamp


def _read(der: bytes) -> Read:
    info, rest = _split(der)
    if rest.strip(b"\0"):
        raise Unreadable("bytes after the signature")
    outer = cms.ContentInfo.load(info)
    if outer["content_type"].native != "signed_data":
        raise Unreadable("not signed data")
    body = outer["content"]
    certificates = tuple(
        choice.chosen for choice in body["certificates"] if choice.name == "certificate"
    )
    (one,) = body["signer_infos"]
    sid = one["sid"].chosen
    if not isinstance(sid, cms.IssuerAndSerialNumber):
        raise Unreadable("the signer is not named by issuer and number")
    (signer,) = {
        found.dump(): found
        for found in certificates
        if found.serial_number == sid["serial_number"].native
        and found.issuer.dump() == sid["issuer"].dump()
    }.values()
    attributes = one["signed_attrs"]
    values = {}
    for attribute in attributes:
        kind = attribute["type"].dotted
        if kind in values:
            raise Unreadable("an attribute twice")
        (values[kind],) = attribute["values"]
    enclosed = body["encap_content_info"]
    content_type = enclosed["content_type"].native
    if values[_attribute_oid("content_type")].native != content_type:
        raise Unreadable("content types differ")
    content = enclosed["content"]
    unsigned = one["unsigned_attrs"]
    tokens = [
        value.dump()
        for attribute in (unsigned if not isinstance(unsigned, core.Void) else ())
        if attribute["type"].native == "signature_time_stamp_token"
        for value in attribute["values"]
    ]
    if len(tokens) > 1:
        raise Unreadable("several timestamps")
    signature_oid = one["signature_algorithm"]["algorithm"].dotted
    return Read(
        signer=signer,
        certificates=certificates,
        algorithm=BY_SIGNATURE_OID.get(signature_oid),
        signature_oid=signature_oid,
        digest_oid=one["digest_algorithm"]["algorithm"].dotted,
        content_type=content_type,
        content=bytes(content) if isinstance(content, core.ParsableOctetString) else b"",
        digest=values[_attribute_oid("message_digest")].native,
        names_signer=_names(values, signer),
        # a set when signed, whatever tag it is sent under (RFC 5652 §5.4)
        attributes=b"\x31" + attributes.dump()[1:],
        signature=one["signature"].native,
        token=tokens[0] if tokens else b"",
    )


def _split(der: bytes) -> tuple[bytes, bytes]:
    """The first DER structure and what follows it."""
    length, head = der[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, head = int.from_bytes(der[2 : 2 + count], "big"), 2 + count
    end = head + length
    if end > len(der):
        raise Unreadable("cut short")
    return der[:end], der[end:]


def _names(values: dict[str, core.Asn1Value], signer: x509.Certificate) -> bool:
    """Whether the signed attributes name this certificate (some authorities still by SHA-1)."""
    if _SIGNING_CERTIFICATE in values:
        first = tsp.SigningCertificateV2.load(values[_SIGNING_CERTIFICATE].dump())["certs"][0]
        named = algorithms.digest(first["hash_algorithm"]["algorithm"].dotted, signer.dump())
    elif _SIGNING_CERTIFICATE_V1 in values:
        first = tsp.SigningCertificate.load(values[_SIGNING_CERTIFICATE_V1].dump())["certs"][0]
        named = signer.sha1
    else:
        return False
    return first["cert_hash"].native == named


def _attribute_oid(name: str) -> str:
    return cms.CMSAttributeType(name).dotted


def _attribute(name: str, value: bytes) -> bytes:
    return _sequence(_oid(_attribute_oid(name)), _tlv(_SET, value))


# Written by hand: asn1crypto builds the same bytes in ten times the time of all the rest.
_OCTETS, _SET = 0x04, 0x31
_ONE, _THREE = b"\x02\x01\x01", b"\x02\x01\x03"
_CONTENT_TYPES = {DATA: "1.2.840.113549.1.7.1", TST_INFO: "1.2.840.113549.1.9.16.1.4"}


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, *parts)


def _tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


@functools.cache
def _oid(dotted: str) -> bytes:
    return core.ObjectIdentifier(dotted).dump()
