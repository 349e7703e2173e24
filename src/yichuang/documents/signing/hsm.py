"""Keys in a PKCS#11 device: P-256, one key pair per seal, labelled with the seal's code.

The module is loaded once per process and entered by one thread at a time (it is initialised
without locks of its own). A session that breaks is opened anew at once; a device that is gone
refuses, and is asked again at the next signature.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import (
    encode_ec_public_key,
    encode_ecdsa_signature,
    encode_named_curve_parameters,
)

from yichuang.documents.algorithms import P256, Algorithm
from yichuang.documents.signing import certificates, unavailable

T = TypeVar("T")
_turn = threading.RLock()  # one for all: SoftHSM2 and many others keep one state per process
_LABEL = "yichuang"
_SOFTHSM = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


class HsmKeys:
    """The keys in one token. pin: asked for at each opening. prepare: run before each opening."""

    kind = "pkcs11"
    _last: HsmKeys | None = None  # who opened the module last: opening ends every other's session

    def __init__(
        self,
        module: str,
        token: str,
        pin: Callable[[], str],
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._module, self._token, self._pin, self._prepare = module, token, pin, prepare
        self._session: Any = None
        self._process = 0
        self._keys: dict[str, Any] = {}

    def warning(self) -> str:
        return ""

    def ready(self) -> bool:
        try:
            self._ask(_any_key)
        except LookupError:
            return True  # it answers, and is empty
        except unavailable.Unavailable:
            return False
        return True

    def public_key(self, seal_code: str, algorithm: Algorithm) -> bytes:
        _only_p256(algorithm)
        return self._ask(
            lambda session: encode_ec_public_key(
                session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=seal_code)
            )
        )

    def make(self, seal_code: str, algorithm: Algorithm) -> None:
        """A key pair that never leaves the token, if the seal has none. Demonstration only."""
        _only_p256(algorithm)

        def make(session: Any) -> None:
            with contextlib.suppress(pkcs11.NoSuchKey):
                session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=seal_code)
                return
            curve = session.create_domain_parameters(
                KeyType.EC,
                {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
                local=True,
            )
            curve.generate_keypair(mechanism=Mechanism.EC_KEY_PAIR_GEN, store=True, label=seal_code)

        with self._alone():
            self._ask(make)

    def sign(self, seal_code: str, algorithm: Algorithm, message: bytes) -> bytes:
        _only_p256(algorithm)
        digest = hashlib.sha256(message).digest()

        def sign(session: Any) -> bytes:
            key = self._keys.get(seal_code)
            if key is None:
                key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=seal_code)
                self._keys[seal_code] = key
            # the bare mechanism: devices that hash by themselves are rare (SoftHSM2 does not)
            return encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA))

        return self._ask(sign)

    def _ask(self, question: Callable[[Any], T]) -> T:
        """Put a question to an open session; once more to a fresh one if the session broke."""
        with _turn:
            for attempt in (1, 2):
                here = HsmKeys._last is self and self._process == os.getpid()
                fresh = self._session is None or not here
                try:
                    return question(self._open() if fresh else self._session)
                except pkcs11.NoSuchKey as problem:
                    # a device that was pulled out also shows no keys: believe a fresh session only
                    self._close()
                    if fresh:
                        raise LookupError("no such key in the token") from problem
                except (pkcs11.PKCS11Error, OSError) as problem:
                    self._close()
                    if fresh or attempt == 2:
                        raise unavailable.no_device() from problem
        raise unavailable.no_device()

    def _open(self) -> Any:
        self._close()
        self._prepare()
        library = pkcs11.lib(self._module)
        if library.initialized:
            with contextlib.suppress(pkcs11.PKCS11Error):
                library.finalize()  # else a token that came or went is not noticed, nor is a fork
        library.initialize()
        token = library.get_token(token_label=self._token)
        self._session = token.open(rw=True, user_pin=self._pin())
        HsmKeys._last, self._process = self, os.getpid()
        return self._session

    def _close(self) -> None:
        self._keys.clear()
        self._session = None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process make the same key at the same moment."""
        with _locked(certificates.folder()):
            yield


def _any_key(session: Any) -> Any:
    found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    for key in found:
        return key
    raise pkcs11.NoSuchKey


def softhsm(home: Path) -> HsmKeys | None:
    """SoftHSM2 with a token of its own under `home`/hsm; None where it is not installed."""
    module = next((path for path in _SOFTHSM if Path(path).exists()), None)
    if module is None or not shutil.which("softhsm2-util"):
        return None
    folder = home / "hsm"

    def prepare() -> None:
        configuration = folder / "softhsm2.conf"
        os.environ["SOFTHSM2_CONF"] = str(configuration)
        if not configuration.exists():
            with _locked(folder):
                if not configuration.exists():
                    _make_token(module, folder, configuration, _pin(home))

    return HsmKeys(module, _LABEL, lambda: _pin(home), prepare)


def _pin(home: Path) -> str:
    path = home / "secrets" / "hsm_pin"
    return certificates.write_once(path, secrets.token_urlsafe(24).encode()).decode()


def _make_token(module: str, folder: Path, configuration: Path, pin: str) -> None:
    """An empty token; the configuration is put in place last, so that half a token is made anew."""
    tokens = folder / "tokens"
    shutil.rmtree(tokens, ignore_errors=True)
    tokens.mkdir(mode=0o700)
    draft = folder / ".softhsm2.conf"
    draft.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    # other users may see arguments of programs: the PIN given here is replaced at once
    first = secrets.token_urlsafe(24)
    arguments = ["--free", "--label", _LABEL, "--so-pin", secrets.token_urlsafe(24), "--pin", first]
    try:
        subprocess.run(
            ["softhsm2-util", "--module", module, "--init-token", *arguments],
            env={**os.environ, "SOFTHSM2_CONF": str(draft)},
            capture_output=True,
            check=True,
            timeout=60,
        )
    except subprocess.SubprocessError as problem:
        raise OSError("softhsm2-util could not make a token") from problem
    os.environ["SOFTHSM2_CONF"] = str(draft)
    library = pkcs11.lib(module)
    if library.initialized:
        library.reinitialize()
    else:
        library.initialize()
    session = library.get_token(token_label=_LABEL).open(rw=True, user_pin=first)
    session.set_pin(first, pin)
    session.close()
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    draft.rename(configuration)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _only_p256(algorithm: Algorithm) -> None:
    if algorithm is not P256:
        raise unavailable.no_device()
