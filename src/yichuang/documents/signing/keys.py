"""Where the private keys of seals are. One small interface, three kinds; a setting chooses.

YICHUANG_SEAL_KEYS: "file", "pkcs11:<module>?token=<label>", "https://<signing service>". Outside
production nothing need be set: SoftHSM2 where it is installed, else files with a warning.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.documents.algorithms import ALGORITHMS, P256, Algorithm
from yichuang.documents.signing import certificates
from yichuang.documents.signing.hsm import HsmKeys, softhsm
from yichuang.documents.signing.service import ServiceKeys


class Keys(Protocol):
    """A holder of private keys, one for each seal, that never gives them out.

    kind: "file", "pkcs11", "service". Everything raises Unavailable "hsm-unavailable" when the
    holder does not answer, and LookupError when it has no key of that name.
    """

    kind: str

    def warning(self) -> str:
        """What the keeper of the seals must know about this holder; "" when nothing."""

    def ready(self) -> bool:
        """Whether it could sign now."""

    def public_key(self, seal_code: str, algorithm: Algorithm) -> bytes:
        """SubjectPublicKeyInfo (DER)."""

    def make(self, seal_code: str, algorithm: Algorithm) -> None:
        """Make the key if there is none. Demonstration only."""

    def sign(self, seal_code: str, algorithm: Algorithm, message: bytes) -> bytes:
        """A DER signature over the message."""


class FileKeys:
    """Private keys in files (0600) beside their certificates."""

    kind = "file"

    def warning(self) -> str:
        return _(
            "签章私钥保存在服务器的文件里，能读取该文件的人都能签章。正式使用请改用密码设备（PKCS#11）或者签章服务。"
        )

    def ready(self) -> bool:
        return True

    def public_key(self, seal_code: str, algorithm: Algorithm) -> bytes:
        return algorithm.public_key(_private(self._path(seal_code, algorithm)))

    def make(self, seal_code: str, algorithm: Algorithm) -> None:
        path = self._path(seal_code, algorithm)
        if not path.exists():
            certificates.write_once(path, algorithm.make_key())

    def sign(self, seal_code: str, algorithm: Algorithm, message: bytes) -> bytes:
        return algorithm.sign(_private(self._path(seal_code, algorithm)), message)

    def _path(self, seal_code: str, algorithm: Algorithm) -> Path:
        return certificates.path_of(self.kind, algorithm.code, seal_code).with_suffix(".key")


def provider() -> Keys | None:
    """The holder this deployment names; None in production when it names none."""
    if settings.SEAL_KEYS or settings.PRODUCTION:
        return _named(settings.SEAL_KEYS)
    device = _softhsm(Path(settings.HOME))
    # SoftHSM2 knows no SM2
    p256 = ALGORITHMS[settings.SEAL_ALGORITHM] is P256
    return device if device and p256 else FileKeys()


def _private(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as problem:
        raise LookupError(path.name) from problem


@functools.lru_cache(maxsize=8)
def _named(named: str) -> Keys | None:
    if named == "file":
        return FileKeys()
    if named.startswith("pkcs11:"):
        module, _mark, query = named.removeprefix("pkcs11:").partition("?")
        return HsmKeys(module, dict(parse_qsl(query))["token"], lambda: settings.SEAL_PIN)
    return ServiceKeys(named, settings.SEAL_TOKEN) if named else None


_softhsm = functools.lru_cache(maxsize=8)(softhsm)
