"""Certificates of seals, in $HOME/secrets/seals: one PEM per seal (its own first, the root last).

<kind of key>-<algorithm>/<seal code, percent-encoded>.pem is the one in use; any other *.pem below
that folder (a replaced one, renamed) still vouches for the papers it signed. Revocation lists are
*.crl files there (DER or PEM), renewed by the operator's own means.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from asn1crypto import crl, pem, x509
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and those above it, up to and with the root."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def root(self) -> x509.Certificate:
        return self.certificates[-1]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the leaf, hex."""
        return self.leaf.sha256.hex()


@dataclass(frozen=True, slots=True)
class RevocationList:
    """der: as it is embedded. until: when the next one is due."""

    der: bytes
    issuer: x509.Name
    until: datetime | None


def folder() -> Path:
    return Path(settings.HOME) / "secrets" / "seals"


def path_of(kind: str, algorithm: str, seal_code: str) -> Path:
    return folder() / f"{kind}-{algorithm}" / f"{quote(seal_code, safe='')}.pem"


def legacy_file() -> Path:
    """One key for every seal, as it was before each had its own: only for checking old papers."""
    return Path(settings.HOME) / "secrets" / "seal-signing.pem"


def load(path: Path) -> Chain | None:
    """The chain in a PEM file, None where there is no file. Read again when the file changes."""
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _load(path, changed)


def known() -> list[Chain]:
    """Every chain that ever vouched for a seal here."""
    paths = [*sorted(folder().rglob("*.pem")), legacy_file()]
    return [chain for path in paths if (chain := load(path))]


def revocation_lists() -> list[RevocationList]:
    """What is known of revoked certificates, to be embedded with each signature."""
    found = []
    for path in sorted(folder().rglob("*.crl")):
        with contextlib.suppress(FileNotFoundError):
            found.append(_revocation_list(path, path.stat().st_mtime_ns))
    return found


def write_once(path: Path, content: bytes) -> bytes:
    """Keep a secret (0600); the first writer wins, and what stands there afterwards is returned."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    aside.touch(mode=0o600)
    aside.write_bytes(content)
    with contextlib.suppress(FileExistsError):  # web and worker may start together
        os.link(aside, path)
    aside.unlink()
    return path.read_bytes()


def retire(path: Path) -> None:
    """Take a certificate out of use without forgetting it: its papers are still checked with it."""
    chain = load(path)
    if chain:
        path.rename(path.with_name(f"{path.stem}.{chain.fingerprint[:16]}.pem"))


def certificates_in(content: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(
        x509.Certificate.load(der)
        for kind, _headers, der in pem.unarmor(content, multiple=True)
        if kind == "CERTIFICATE"
    )


def to_pem(certificates: tuple[x509.Certificate, ...]) -> bytes:
    return b"".join(pem.armor("CERTIFICATE", one.dump()) for one in certificates)


@functools.lru_cache(maxsize=512)
def _load(path: Path, _changed: int) -> Chain:
    return Chain(certificates_in(path.read_bytes()))


@functools.lru_cache(maxsize=64)
def _revocation_list(path: Path, _changed: int) -> RevocationList:
    content = path.read_bytes()
    der = pem.unarmor(content)[2] if pem.detect(content) else content
    parsed = crl.CertificateList.load(der)
    body = parsed["tbs_cert_list"]
    return RevocationList(der, body["issuer"], body["next_update"].native)
