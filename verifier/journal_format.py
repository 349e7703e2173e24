"""Values, files, keys, signatures, trees and proofs of docs/journal-format.md (format 1).

`verify_journal.py` and `witness.py` stand on it. Hashes are bytes of 32; sizes and indexes count
entries, from 0.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

LARGEST_INTEGER = 2**53 - 1
LARGEST_FILE = 1024 * 1024  # bytes of any file but entries.jsonl
MOST_LEVELS = 100  # of objects and arrays within each other
HASH_BYTES = 32

HEX = re.compile(r"(?:[0-9a-f]{2})*")
HEX32 = re.compile(r"[0-9a-f]{64}")
HEX64 = re.compile(r"[0-9a-f]{128}")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{6}Z")
WITNESS_NAME = re.compile(r"(?!journal$)[a-z0-9-]+")

HEAD_CONTEXT = b"yichuang journal head 1\n"
COSIGNATURE_CONTEXT = b"yichuang journal cosignature 1\n"


class Unreadable(Exception):
    """The input cannot be read, so nothing is said of the journal."""


class TooLarge(Unreadable):
    """A file larger than any that this program reads at once."""


class NotStrict(ValueError):
    """Bytes that are not strict JSON."""


# ---------------------------------------------------------------- JSON


def _refuse(token):
    raise NotStrict(f"not allowed: {token[:40]}")


def _integer(token):
    if len(token) > 17 or abs(value := int(token)) > LARGEST_INTEGER:
        raise NotStrict("integer out of range")
    return value


def _object(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrict("a member twice")
    return members


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse
)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def _refuse_bad_text(value):
    """Raise NotStrict if any text in `value` has U+0000 or a lone surrogate."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in item):
                raise NotStrict("U+0000 or a lone surrogate")
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())


def _refuse_deep(value):
    """Raise NotStrict if objects and arrays stand more than MOST_LEVELS within each other."""
    level = [value]
    for _depth in range(MOST_LEVELS):
        level = [item for item in level if isinstance(item, (list, dict))]
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    if any(isinstance(item, (list, dict)) for item in level):
        raise NotStrict("nested too deeply")


def strict_json(data: bytes):
    """The value that `data` says in strict JSON; raises NotStrict."""
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
    except NotStrict:
        raise
    except (ValueError, RecursionError) as error:
        raise NotStrict(str(error)) from error
    if "\\u" in text:  # unescaped, UTF-8 and the decoder have refused them already
        _refuse_bad_text(value)
    if text.count("[") + text.count("{") > MOST_LEVELS:
        _refuse_deep(value)
    return value


def canonical_json(value) -> bytes:
    """Canonical JSON of a value that came from `strict_json`."""
    return _ENCODER.encode(value).encode("utf-8")


# ---------------------------------------------------------------- forms of values


def is_integer(value) -> bool:
    """An integer, which in Python `True` would be as well."""
    return type(value) is int


def is_size(value) -> bool:
    """An integer that can count entries or number one."""
    return is_integer(value) and value >= 0


def is_text(value) -> bool:
    """Any text."""
    return isinstance(value, str)


def _text_like(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


is_hex, is_hash, is_signature = map(_text_like, (HEX, HEX32, HEX64))


def is_time(value) -> bool:
    """A moment in the format's spelling, on a day that the calendar has."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return found is not None and bool(date.fromisoformat(found[1]))
    except ValueError:
        return False


ENTRY_FORM = {
    "index": is_size,
    "stream": is_text,
    "seq": lambda value: value is None or is_integer(value),
    "kind": is_text,
    "at": is_time,
    "author": lambda value: isinstance(value, dict) and all(map(is_text, value.values())),
    "payload": lambda value: isinstance(value, dict),
}
LINE_FORM = {"index": is_size, "leaf_hash": is_hex, "nodes": is_hex}
HEAD_ROW_FORM = {"size": is_size, "root": is_hex, "frontier": is_hex}
HEAD_FORM = {
    "size": is_size,
    "root": is_hash,
    "at": is_time,
    "key": is_hash,
    "signature": is_signature,
}
HEAD_SIGNED = ("at", "root", "size")
COSIGNATURE_FORM = HEAD_FORM | {"log": is_hash, "witnessed": is_time}
COSIGNATURE_SIGNED = ("at", "log", "root", "size", "witnessed")


def _is_path(value):
    return isinstance(value, list) and all(map(is_hash, value))


INCLUSION_FORM = {
    "index": is_size,
    "leaf": is_hash,
    "size": is_size,
    "root": is_hash,
    "path": _is_path,
}
CONSISTENCY_FORM = {
    "first": is_size,
    "first_root": is_hash,
    "second": is_size,
    "second_root": is_hash,
    "path": _is_path,
}


def has_form(value, form) -> bool:
    """Whether `value` is an object of exactly the members of `form`, each as it demands."""
    return (
        isinstance(value, dict)
        and value.keys() == form.keys()
        and all(holds(value[name]) for name, holds in form.items())
    )


# ---------------------------------------------------------------- files and keys


def read_small(path: Path) -> bytes:
    """The bytes of a file that has no reason to be large."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"{path}: larger than {LARGEST_FILE} bytes")
    return data


def read_form(path: Path, form):
    """The object in a file that must have exactly `form`."""
    try:
        value = strict_json(read_small(path))
    except NotStrict as error:
        raise Unreadable(f"{path}: {error}") from error
    if not has_form(value, form):
        raise Unreadable(f"{path}: not an object of {', '.join(form)} in their forms")
    return value


def load_key(path) -> Ed25519PublicKey:
    """The Ed25519 public key in a PEM file."""
    try:
        key = load_pem_public_key(read_small(Path(path)))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable(f"{path}: not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable(f"{path}: not an Ed25519 key")
    return key


def load_exported_witness_keys(folder: Path) -> dict:
    """The witnesses' keys that the exporter put beside the journal's."""
    keys = {}
    with os.scandir(folder / "keys") as files:
        for file in files:
            name = file.name.removesuffix(".pem")
            if name != file.name and WITNESS_NAME.fullmatch(name):
                keys[name] = load_key(file.path)
    return keys


def key_hex(key: Ed25519PublicKey) -> str:
    """The 32 bytes of a key as the files write them."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def signature_holds(key, context, value, members) -> bool:
    """Whether `key` signed these members of `value`, an object with a `signature`."""
    message = context + canonical_json({name: value[name] for name in members})
    try:
        key.verify(bytes.fromhex(value["signature"]), message)
    except InvalidSignature:
        return False
    return True


def is_genuine_head(value, journal_key) -> bool:
    """Whether `value` is a head that this journal signed."""
    return (
        has_form(value, HEAD_FORM)
        and value["key"] == key_hex(journal_key)
        and signature_holds(journal_key, HEAD_CONTEXT, value, HEAD_SIGNED)
    )


def is_genuine_cosignature(value, journal_key, witness_key) -> bool:
    """Whether `value` is what this witness signed of this journal."""
    return (
        has_form(value, COSIGNATURE_FORM)
        and value["log"] == key_hex(journal_key)
        and value["key"] == key_hex(witness_key)
        and signature_holds(witness_key, COSIGNATURE_CONTEXT, value, COSIGNATURE_SIGNED)
    )


# ---------------------------------------------------------------- tree


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a subtree of two halves."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The tree of the leaf hashes appended so far, kept as its frontier."""

    def __init__(self):
        self.size = 0
        self.frontier = []  # the hashes of the complete subtrees, largest first

    def append(self, leaf: bytes) -> list:
        """Add a leaf hash; return the hashes of the subtrees it completes, lowest first."""
        completed = []
        rest, subtree = self.size, leaf
        while rest & 1:
            subtree = node_hash(self.frontier.pop(), subtree)
            completed.append(subtree)
            rest >>= 1
        self.frontier.append(subtree)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.frontier:
            return hashlib.sha256().digest()
        root = self.frontier[-1]
        for subtree in reversed(self.frontier[:-1]):
            root = node_hash(subtree, root)
        return root


def inclusion_holds(index, leaf, size, root, path) -> bool:
    """RFC 9162 §2.1.3.2; hashes are bytes."""
    if not 0 <= index < size:
        return False
    place, last, made = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            made = node_hash(step, made)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            made = node_hash(made, step)
        place, last = place >> 1, last >> 1
    return last == 0 and made == root


def consistency_holds(first, first_root, second, second_root, path) -> bool:
    """RFC 9162 §2.1.4.2; hashes are bytes. Never from size 0."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if not path:
        return False
    if first & (first - 1) == 0:
        path = [first_root, *path]
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
