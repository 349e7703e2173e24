"""Timestamps (RFC 3161) over each signature, from the authority the deployment names.

The authority is somebody else, perhaps over plain HTTP, so its answer is believed only if its
certificate leads to one the operator keeps in YICHUANG_TSA_CERTIFICATES. Outside production and
without an address the demonstration's own authority states the moment of the act: it shares our
clock and proves nothing, and its name says so.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import secrets
from collections.abc import Collection
from pathlib import Path

import requests
from asn1crypto import tsp, x509
from django.conf import settings

from yichuang.documents import algorithms, cms
from yichuang.documents.signing import certificates, demonstration, unavailable

NONE = "none"
# How far the authority's time may be from ours. Clocks kept by NTP differ by less than a second,
# and an act reaches its timestamp within a minute; Kerberos (RFC 4120) lets clocks differ as much.
MAX_SKEW = dt.timedelta(minutes=5)
# Room for a token whose length is known only afterwards: authorities send two or three certificates.
ROOM, DEMONSTRATION_ROOM = 12 * 1024, 2 * 1024
_TIMEOUT = (3, 10)  # seconds to connect and to answer
_MOST_BYTES = 256 * 1024
_LONGEST_CHAIN = 6


def wanted() -> bool:
    """Whether signatures here carry a timestamp; only "none", said outright, does without."""
    return settings.TSA_URL != NONE


def room() -> int:
    """Bytes to keep free for a token."""
    return (ROOM if settings.TSA_URL else DEMONSTRATION_ROOM) if wanted() else 0


def stamp(signature: bytes, *, at: dt.datetime) -> tuple[bytes, dt.datetime]:
    """A token (DER) over a signature, and its time (UTC).

    Raises Unavailable "timestamp-unavailable" where none can be had that we could believe, and
    "clock-skewed" where it states another time than `at`.
    """
    digest = hashlib.sha256(signature).digest()
    nonce = secrets.randbits(63)
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": digest,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    ).dump()
    if settings.TSA_URL:
        answer = _ask(settings.TSA_URL, request)
    elif settings.PRODUCTION:
        raise unavailable.no_timestamp()
    else:
        answer = demonstration.answer(request, at=at)
    try:
        response = tsp.TimeStampResp.load(answer)
        if response["status"]["status"].native not in ("granted", "granted_with_mods"):
            raise unavailable.no_timestamp()
        der = response["time_stamp_token"].dump()
        token, stated = cms.read_stamp(der)
    except (cms.Unreadable, ValueError, TypeError, KeyError) as problem:
        raise unavailable.no_timestamp() from problem
    answers_us = (stated.imprint_algorithm, stated.imprint, stated.nonce) == (
        "sha256",
        digest,
        nonce,
    )
    if not (answers_us and token.verified() and trusted(stated, authorities())):
        raise unavailable.no_timestamp()
    if abs(stated.at - at) > MAX_SKEW:
        raise unavailable.clock_skewed()
    return der, stated.at


def authorities() -> tuple[x509.Certificate, ...]:
    """The certificates one of which every timestamp must lead to."""
    if settings.TSA_URL in ("", NONE):
        return () if settings.PRODUCTION else (demonstration.timestamp_root(),)
    return _named(Path(settings.TSA_CERTIFICATES))


def trusted(stated: cms.Stamp, roots: Collection[x509.Certificate]) -> bool:
    """Whether a token's certificate is for timestamps, was valid then, and leads to one of these."""
    usages = stated.signer.extended_key_usage_value
    if usages is None or "time_stamping" not in usages.native:
        return False
    return leads_to(stated.signer, stated.certificates, roots, at=stated.at)


def leads_to(
    leaf: x509.Certificate,
    others: Collection[x509.Certificate],
    roots: Collection[x509.Certificate],
    *,
    at: dt.datetime,
) -> bool:
    """Whether a chain of valid signatures goes from a certificate to one of the roots (or is one)."""
    return _leads_to(
        leaf.dump(), tuple(c.dump() for c in others), tuple(c.dump() for c in roots), at.date()
    )


@functools.lru_cache(maxsize=256)
def _leads_to(
    leaf: bytes, others: tuple[bytes, ...], roots: tuple[bytes, ...], on: dt.date
) -> bool:
    here = x509.Certificate.load(leaf)
    known = [x509.Certificate.load(der) for der in (*roots, *others)]
    for _step in range(_LONGEST_CHAIN):
        if not here.not_valid_before.date() <= on <= here.not_valid_after.date():
            return False
        if here.dump() in roots:
            return True
        above = next((one for one in known if _issued(one, here)), None)
        if above is None:
            return False
        here = above
    return False


def _issued(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    return (
        issuer.subject.dump() == issued.issuer.dump()
        and issuer.ca is True
        and algorithms.verify(
            issued["signature_algorithm"]["algorithm"].dotted,
            "",
            issuer.public_key.dump(),
            issued["tbs_certificate"].dump(),
            issued.signature,
        )
    )


def _named(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as problem:
        raise unavailable.no_timestamp() from problem


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> tuple[x509.Certificate, ...]:
    return certificates.certificates_in(path.read_bytes())


def _ask(address: str, request: bytes) -> bytes:
    try:
        with requests.post(
            address,
            data=request,
            headers={
                "Content-Type": "application/timestamp-query",
                "Accept": "application/timestamp-reply",
            },
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as response:
            content = response.raw.read(_MOST_BYTES + 1, decode_content=True)
            if response.status_code != 200 or len(content) > _MOST_BYTES:
                raise unavailable.no_timestamp()
            return content
    except (requests.RequestException, OSError, ValueError) as problem:
        raise unavailable.no_timestamp() from problem
