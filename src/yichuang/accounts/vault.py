"""Seals single values (identity numbers, phones, secrets) so that they open only where they belong.

A sealed record is: algorithm id (1 byte), key version (1 byte), nonce (12), ciphertext and tag.
The table, row and column are authenticated with it, so a record copied to another person's row or
another column does not open. Anything that does not open raises VaultError: a sealed value is
never shown as it lies, and never taken for plaintext. Another algorithm (SM4-GCM, where 密评 asks
for it) gets its own id and both stay readable.

The blind index finds an exact value without opening anything: HMAC-SHA-256 under a key of its own.
A county has some 37 million possible numbers, so whoever holds the index key can try them all:
keep it apart from the database.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import unicodedata
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from stdnum.cn import ric

AES_256_GCM = 1
NONCE = 12
_TAG = 16
_HEAD = 2 + NONCE
_LOG = logging.getLogger(__name__)


class VaultError(Exception):
    """A sealed value did not open: moved, altered, cut short, or its key is gone."""


@lru_cache(maxsize=16)
def _derive(secret: str, purpose: bytes) -> bytes:
    """A 32-byte key for one purpose from a configured secret (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def keyring() -> tuple[int, dict[int, str]]:
    """The version new records are sealed with, and the secret of every version still readable.

    To rotate: raise FIELD_KEY_VERSION, set the new FIELD_KEY, and move the old secret to
    FIELD_KEYS_PREVIOUS under its version until every record has been sealed again.
    """
    current = settings.FIELD_KEY_VERSION if hasattr(settings, "FIELD_KEY_VERSION") else 1
    previous = settings.FIELD_KEYS_PREVIOUS if hasattr(settings, "FIELD_KEYS_PREVIOUS") else {}
    return current, {**previous, current: settings.FIELD_KEY}


def _bound(head: bytes, table: str, row: str, column: str) -> bytes:
    """What a record is tied to; lengths first, so that no two places read alike."""
    parts = [part.encode() for part in (table, row, column)]
    return head + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(plaintext: str, *, table: str, row: str, column: str) -> bytes:
    """The sealed record of `plaintext` for one place. The same text never gives the same record."""
    version, secrets_by_version = keyring()
    head = bytes((AES_256_GCM, version))
    nonce = secrets.token_bytes(NONCE)
    key = _derive(secrets_by_version[version], b"yichuang field")
    aad = _bound(head, table, row, column)
    return head + nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), aad)


def open_(token: bytes | memoryview, *, table: str, row: str, column: str) -> str:
    """The plaintext of a record sealed for this very place; VaultError for anything else."""
    record = bytes(token)
    try:
        if len(record) < _HEAD + _TAG:
            raise VaultError("record too short")
        if record[0] != AES_256_GCM:
            raise VaultError("unknown algorithm")
        secret = keyring()[1].get(record[1])
        if secret is None:
            raise VaultError("key version not held")
        aad = _bound(record[:2], table, row, column)
        key = _derive(secret, b"yichuang field")
        return AESGCM(key).decrypt(record[2:_HEAD], record[_HEAD:], aad).decode()
    except (InvalidTag, VaultError, UnicodeDecodeError) as fault:
        # an alarm for the operator: where, never what
        _LOG.error("sealed value did not open: %s.%s (%s)", table, column, type(fault).__name__)
        if isinstance(fault, VaultError):
            raise
        raise VaultError("record does not open here") from None


def sealed_with(token: bytes | memoryview) -> int:
    """The key version a record was sealed with: tells a rotation what is left to do."""
    return bytes(token[:2])[1]


def _normalise(value: str, kind: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", value).split()).replace("-", "").upper()
    if kind == "phone":
        text = text.removeprefix("+").removeprefix("86") if len(text) > 11 else text
    if kind == "identity" and len(text) == 15 and text.isascii() and text.isdigit():
        text = _eighteen(text)
    return text


def _eighteen(old: str) -> str:
    """The 18-digit form of a first-generation 15-digit number (GB 11643: century and check)."""
    body = old[:6] + "19" + old[6:]
    return body + ric.calc_check_digit(body + "0")


def blind_index(value: str, *, kind: str) -> bytes:
    """32 bytes that are equal exactly when two values of a kind are the same number.

    Full-width digits, spaces, hyphens, x/X, +86 and 15-digit numbers make no difference.
    kind: "identity", "phone", "credit-code", …; two kinds never share an index.
    """
    key = _derive(settings.INDEX_KEY, b"yichuang index")
    message = kind.encode() + b"\x00" + _normalise(value, kind).encode()
    return hmac.new(key, message, hashlib.sha256).digest()


def mask_identity(number: str, *, public: bool = False) -> str:
    """110105********002X for staff at work; 3****************X where anybody may read it."""
    keep_head, keep_tail = (1, 1) if public else (6, 4)
    if len(number) < 15:  # not a number of a person: show nothing but its length
        return "*" * len(number)
    return number[:keep_head] + "*" * (len(number) - keep_head - keep_tail) + number[-keep_tail:]


def mask_phone(phone: str) -> str:
    """138****1234; a shorter number keeps its last two digits."""
    if len(phone) >= 11:
        return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if len(phone) > 4 else "*" * len(phone)


def mask_name(name: str) -> str:
    """张* or 欧**: the first character, a star for each other one."""
    return name[:1] + "*" * (len(name) - 1)
