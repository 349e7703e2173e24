"""Signed heads: what others keep, so that even we cannot rewrite the journal unseen.

A head is a file {size, root, at, key, signature}, signed with Ed25519 (RFC 8032). It protects
only once a copy is kept by somebody else: the discipline-inspection office, the upper platform.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.journal import queries, rules
from yichuang.verdict import Refusal

CONTEXT = b"yichuang journal head 1\n"  # a signature made here can never pass for another paper's
PUBLIC_KEY = "public_key.pem"
HEAD_NAME = re.compile(r"(0|[1-9][0-9]*)\.json")
LARGEST_FILE = 1024 * 1024  # bytes; a larger one is no head
HASH, SIGNATURE = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Vouched(Protocol):
    """What verify compares the journal with: somebody signed that `size` entries had this root."""

    @property
    def size(self) -> int: ...
    @property
    def root(self) -> bytes: ...
    @property
    def at(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """A head as it was signed. root: 32 bytes; at: UTC text; key: the public key, 32 bytes."""

    size: int
    root: bytes
    at: str
    key: bytes
    signature: bytes

    def genuine(self, key: Ed25519PublicKey) -> bool:
        """Whether `key`, got from somewhere trusted, signed exactly this."""
        try:
            key.verify(self.signature, _statement(self.size, self.root, self.at))
        except InvalidSignature:
            return False
        return self.key == key.public_bytes_raw()

    def content(self) -> dict[str, int | str]:
        """The members of its file."""
        return {
            "size": self.size,
            "root": self.root.hex(),
            "at": self.at,
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }


def signing_key() -> Ed25519PrivateKey:
    """The platform's head key, made once in HOME/secrets/journal_head_key (0600)."""
    path = settings.HOME / "secrets" / "journal_head_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        draft = _draft(path, pem, mode=0o600)
        try:
            os.link(draft, path)  # the first process wins; web and worker may start together
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} does not hold an Ed25519 key.")
    return key


def public_key(path: Path | None = None) -> Ed25519PublicKey:
    """The key that heads are checked with: from a PEM file, or the platform's own."""
    if path is None:
        return signing_key().public_key()
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError(f"{path} does not hold an Ed25519 key.")
    return key


def export_head(at: datetime) -> Path:
    """Sign the present head and write it to HEADS_ROOT/<size>.json; the file's path.

    One file per size: a second call at the same size returns the first file. Before signing, the
    newest head exported so far must still be part of this journal; otherwise Refusal
    "journal-history-changed" (500), since a signature would put our name under a changed history.
    """
    now = queries.head()
    earlier = _head_files(settings.HEADS_ROOT)
    signed = [read_head(path, public_key()) for path in earlier[-1:]]
    _refuse_unless_one_history([(old.size, old.root) for old in signed] + [(now.size, now.root)])
    path = settings.HEADS_ROOT / f"{now.size}.json"
    if path.exists():
        return path
    key = signing_key()
    public = key.public_key()
    settings.HEADS_ROOT.mkdir(parents=True, exist_ok=True)
    stamp = rules.moment(at)
    signature = key.sign(_statement(now.size, now.root, stamp))
    head = ExportedHead(now.size, now.root, stamp, public.public_bytes_raw(), signature)
    replace(
        settings.HEADS_ROOT / PUBLIC_KEY,
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
    replace(path, rules.canonical_json(head.content()) + b"\n")
    return path


def exported_head(found: dict[str, object]) -> ExportedHead:
    """A head from its members; ValueError when they are not one's."""
    fits = set(found) == {"size", "root", "at", "key", "signature"} and is_statement(found)
    if not fits or not is_hex(found["key"], HASH) or not is_hex(found["signature"], SIGNATURE):
        raise ValueError("not an exported head")
    return ExportedHead(
        int(str(found["size"])),
        bytes.fromhex(str(found["root"])),
        str(found["at"]),
        bytes.fromhex(str(found["key"])),
        bytes.fromhex(str(found["signature"])),
    )


def is_statement(found: dict[str, object]) -> bool:
    """Whether size, root and at have the format's types."""
    size = found["size"]
    return (
        type(size) is int and size >= 0 and is_hex(found["root"], HASH) and is_moment(found["at"])
    )


def is_hex(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def is_moment(value: object) -> bool:
    """Whether it is a moment as the format writes it, and one that exists."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def read_object(path: Path) -> dict[str, Any]:
    """The strict JSON object in a small file; ValueError or TypeError when there is none."""
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError("too large")
    return rules.strict_object(content.decode("utf-8"))


def read_head(path: Path, key: Ed25519PublicKey) -> ExportedHead:
    """A head file whose signature `key` confirms; Refusal "journal-head-not-genuine" otherwise."""
    try:
        exported = exported_head(read_object(path))
    except (ValueError, TypeError):
        exported = None
    if exported is None or f"{exported.size}.json" != path.name or not exported.genuine(key):
        raise Refusal(
            "journal-head-not-genuine",
            _("日志头文件%(file)s的签名不成立：文件被改过，或者不是用这把密钥签的。")
            % {"file": path.name},
            remedy=_("请从保存日志头的单位重新取得这份文件和公钥，再核对一次。"),
        )
    return exported


def newest_head() -> ExportedHead | None:
    """The largest head exported so far; Refusal when its signature does not hold."""
    paths = _head_files(settings.HEADS_ROOT)
    return read_head(paths[-1], public_key()) if paths else None


def exported_heads(
    folder: Path | None = None, key: Ed25519PublicKey | None = None
) -> list[ExportedHead]:
    """Every head in `folder` (HEADS_ROOT), smallest first, each signature checked."""
    paths = _head_files(folder or settings.HEADS_ROOT)
    trusted = key or public_key()
    return [read_head(path, trusted) for path in paths]


def _head_files(folder: Path) -> list[Path]:
    named = [
        path for path in folder.glob("*.json") if HEAD_NAME.fullmatch(path.name) and path.is_file()
    ]
    return sorted(named, key=lambda path: int(path.stem))


def _statement(size: int, root: bytes, at: str) -> bytes:
    return CONTEXT + rules.canonical_json({"size": size, "root": root.hex(), "at": at})


def _refuse_unless_one_history(heads: list[tuple[int, bytes]]) -> None:
    """Every (size, root) must come out of the stored subtrees; the last is the present head."""
    for size, root in heads:
        try:
            intact = size <= heads[-1][0] and rules.same(queries.root_at(size), root)
        except KeyError:  # an entry that keeps a subtree is gone
            intact = False
        if not intact:
            raise Refusal(
                "journal-history-changed",
                _("日志与有%(size)s条时的日志头对不上，没有签新的日志头。") % {"size": size},
                remedy=_("请立即停止改动数据库，运行 yichuang verify-journal 查明哪一条变了。"),
                status=500,
            )


def _draft(path: Path, content: bytes, *, mode: int) -> Path:
    """A new file beside `path`, on disk before anyone is told its name."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def replace(path: Path, content: bytes) -> None:
    """Write-fsync-rename-fsync: after a power cut there is the whole file or none."""
    os.replace(_draft(path, content, mode=0o644), path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
