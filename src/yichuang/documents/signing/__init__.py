"""Signs papers: PAdES with a key for each seal, a timestamp, and what checking needs for years.

`sign` is the whole of it. Keys are where YICHUANG_SEAL_KEYS says (`keys`), certificates in
`certificates`, timestamps from YICHUANG_TSA_URL (`timestamps`). Outside production what is missing
is made, under names that say 演示 (`demonstration`); in production a missing piece stops sealing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.documents import cms
from yichuang.documents.algorithms import ALGORITHMS, P256, SM2, Algorithm
from yichuang.documents.signing import certificates, demonstration, keys, pdf, timestamps
from yichuang.documents.signing.certificates import Chain
from yichuang.documents.signing.unavailable import Unavailable, no_device, no_key, no_timestamp

__all__ = ["PLATFORM", "ProviderState", "Signed", "Unavailable", "sign", "state"]

# Signs what has no seal (a receipt): the platform's own name, kept apart from every organ's.
PLATFORM = "platform"
# What people are told of each algorithm.
NAMES = {
    P256.code: gettext_lazy("ECDSA P-256 / SHA-256（通用阅读器可以核验）"),
    SM2.code: gettext_lazy("SM2 / SM3（软件实现，不是经认证的商用密码产品）"),
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed file. sha256: of the file, hex. algorithm: a key of ALGORITHMS.

    fingerprint: SHA-256 of the seal's certificate, hex. timestamp: what the authority stated.
    """

    pdf: bytes
    sha256: str
    algorithm: str
    fingerprint: str
    timestamp: datetime | None


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Where the keys are. kind: "file", "pkcs11", "service", "" (none). warning: "" or a sentence.

    ready: whether signing can be expected to work; a signing service is not asked.
    """

    kind: str
    warning: str
    ready: bool


def sign(pdf_bytes: bytes, *, seal_code: str, reason: str, at: datetime) -> Signed:
    """The PDF with one certifying signature by the seal's key, timestamped.

    seal_code: PLATFORM for a paper without a seal. reason: what it is for, shown by readers.
    at: the moment of the act. Never inside a transaction: it may wait for a device and a network.
    Raises Unavailable (503): "seal-key-missing", "hsm-unavailable", "timestamp-unavailable",
    "clock-skewed". Nothing is kept of a failed attempt.
    """
    algorithm = ALGORITHMS[settings.SEAL_ALGORITHM]
    holder = keys.provider()
    if holder is None:
        raise no_key(seal_code)
    chain = _chain(holder, seal_code, algorithm)
    stamped: list[datetime] = []

    def by_seal(attributes: bytes) -> bytes:
        return _signature(holder, seal_code, algorithm, chain, attributes)

    def stamp(signature: bytes) -> bytes:
        token, moment = timestamps.stamp(signature, at=at)
        stamped.append(moment)
        return token

    def make(digest: bytes) -> bytes:
        return cms.signed_data(
            algorithm=algorithm,
            digest=digest,
            signer=chain.leaf,
            chain=chain.certificates[1:],
            sign=by_seal,
            stamp=stamp if timestamps.wanted() else None,
        )

    evidence = _evidence(chain)
    try:
        signed = pdf.embed(
            pdf_bytes,
            algorithm=algorithm,
            reason=reason,
            at=at,
            room=sum(len(one.dump()) for one in chain.certificates) + 1024 + timestamps.room(),
            chain=evidence,
            revocation_lists=_revocation_lists(evidence, algorithm),
            make=make,
        )
    except ValueError as problem:  # only a token of unheard-of length does not fit
        raise no_timestamp() from problem
    return Signed(
        pdf=signed,
        sha256=hashlib.sha256(signed).hexdigest(),
        algorithm=algorithm.code,
        fingerprint=chain.fingerprint,
        timestamp=stamped[0] if stamped else None,
    )


def state() -> ProviderState:
    """Where the keys of this deployment are, and what to warn of."""
    holder = keys.provider()
    if holder is None:
        return ProviderState("", _("还没有配置签章密钥：YICHUANG_SEAL_KEYS。"), False)
    warnings = [holder.warning()]
    if not timestamps.wanted():
        warnings.append(_("签章不带时间戳：证书到期后，只能凭台账核验文书。"))
    stamped = bool(settings.TSA_URL) or not settings.PRODUCTION
    if not stamped:
        warnings.append(_("还没有配置时间戳服务：YICHUANG_TSA_URL。"))
    return ProviderState(holder.kind, "".join(filter(None, warnings)), stamped and holder.ready())


def ours() -> dict[str, Chain]:
    """Every certificate that ever sealed here, by fingerprint."""
    return {chain.fingerprint: chain for chain in certificates.known()}


def _chain(holder: keys.Keys, seal_code: str, algorithm: Algorithm) -> Chain:
    """The seal's certificate and those above; made outside production when first needed."""
    path = certificates.path_of(holder.kind, algorithm.code, seal_code)
    chain = certificates.load(path)
    if chain is not None:
        return chain
    if settings.PRODUCTION:
        raise no_key(seal_code)
    try:
        holder.make(seal_code, algorithm)
        public = holder.public_key(seal_code, algorithm)
    except LookupError as problem:
        raise no_key(seal_code) from problem
    issued = demonstration.issue(public, seal_code=seal_code, algorithm=algorithm)
    kept = certificates.write_once(path, certificates.to_pem(issued.certificates))
    return Chain(certificates.certificates_in(kept))


def _signature(
    holder: keys.Keys, seal_code: str, algorithm: Algorithm, chain: Chain, attributes: bytes
) -> bytes:
    """By the seal's key, and checked against its certificate: a wrong key must not go out."""
    try:
        signature = holder.sign(seal_code, algorithm, attributes)
        if algorithm.verify(chain.leaf.public_key.dump(), attributes, signature):
            return signature
    except LookupError:
        pass
    except ValueError as problem:  # rubbish from a device or service
        raise no_device() from problem
    if not settings.PRODUCTION:
        # the demonstration's key is gone or another (a new token): the next attempt makes anew
        certificates.retire(certificates.path_of(holder.kind, algorithm.code, seal_code))
    raise no_key(seal_code)


def _evidence(chain: Chain) -> tuple[x509.Certificate, ...]:
    """What a checker in later years needs besides the file: both chains."""
    authorities = timestamps.authorities() if timestamps.wanted() else ()
    extra = () if settings.TSA_URL or not authorities else (demonstration.timestamp_authority(),)
    return tuple({one.dump(): one for one in (*chain.certificates, *extra, *authorities)}.values())


def _revocation_lists(evidence: Collection[x509.Certificate], algorithm: Algorithm) -> list[bytes]:
    """The lists of these certificates' issuers."""
    lists = certificates.revocation_lists()
    if not settings.PRODUCTION:
        lists += [
            demonstration.revocation_list(one)
            for one in {algorithm.code: algorithm, P256.code: P256}.values()
        ]
    issuers = {one.issuer.dump() for one in evidence}
    return [found.der for found in lists if found.issuer.dump() in issuers]
