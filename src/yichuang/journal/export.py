"""The journal as files for somebody else's verifier (docs/journal-format.md, "Export").

What is written is named here member by member: entries and the head row as the format has them, heads
and co-signatures put together again from their members, public keys. No folder is copied.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from yichuang.journal import heads, queries, raw, rules, witness
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

BATCH = 1000


def export_journal(target: Path, progress: Callable[[int, int], object] | None = None) -> int:
    """Write the whole journal into the new folder `target`, complete or not at all; how many entries.

    One snapshot of the database, without holding up any writer; memory for BATCH entries. Refusal
    "export-exists". progress: (entries written, entries in all).
    """
    if target.exists():
        raise Refusal(
            "export-exists",
            _("%(path)s已经存在，不会覆盖。") % {"path": target},
            remedy=_("请换一个文件夹名。"),
        )
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.resolve().parent))
    try:
        with snapshot():
            written = _write_entries(draft / "entries.jsonl", progress)
            head = raw.head()
        row = head and {
            "size": head.size,
            "root": head.root.hex(),
            "frontier": head.frontier.hex(),
        }
        _write(draft / "head.json", rules.canonical_json(row) + b"\n")
        _write_heads(draft / "heads")
        _write_keys(draft / "keys")
        os.chmod(draft, 0o755)  # noqa: S103  (a folder to be handed on; nothing in it is secret)
        os.rename(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return written


@contextmanager
def snapshot() -> Iterator[None]:
    """One state of the database for every read inside. In a caller's transaction, that one's.

    SQLite: a transaction that only reads (our own are IMMEDIATE and would stop every writer).
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def line(entry: raw.RawEntry) -> bytes:
    """One entry of the export, without the line's end."""
    kept = {"index": entry.index, "leaf_hash": entry.leaf_hash.hex(), "nodes": entry.nodes.hex()}
    return rules.plain_json({**(entry.content or {}), **kept})


def proof_of_entry(index: int) -> dict[str, Any]:
    """A proof file: entry `index` under the present head. Refusal "journal-entry-unknown"."""
    proof = queries.entry_proof(index)
    return {
        "index": proof.index,
        "leaf": proof.leaf.hex(),
        "size": proof.size,
        "root": proof.root.hex(),
        "path": [each.hex() for each in proof.path],
    }


def proof_between(first: int, second: int) -> dict[str, Any]:
    """A proof file: the journal of `second` entries extends that of `first`. Refusal
    "journal-proof-impossible" unless 0 < first <= second <= the journal's size."""
    if not 0 < first <= second <= queries.head().size:
        raise Refusal(
            "journal-proof-impossible",
            _("日志没有从%(first)s条到%(second)s条的证明。") % {"first": first, "second": second},
            remedy=_("两个数都要大于0，前一个不大于后一个，后一个不超过日志的条数。"),
        )
    return {
        "first": first,
        "first_root": queries.root_at(first).hex(),
        "second": second,
        "second_root": queries.root_at(second).hex(),
        "path": [each.hex() for each in queries.consistency_proof(first, second)],
    }


def _write_entries(path: Path, progress: Callable[[int, int], object] | None) -> int:
    last = Entry.objects.aggregate(last=Max("index"))["last"]
    end = 0 if last is None else last + 1
    written = 0
    with path.open("xb") as file:
        for batch in raw.entries(0, end, BATCH):
            file.writelines(line(entry) + b"\n" for entry in batch)
            written += len(batch)
            if progress:
                progress(written, end)
        _to_disk(file)
    return written


def _write_heads(folder: Path) -> None:
    """Every head and co-signature; `{}` for what is not one, so that its absence is not doubted."""
    folder.mkdir()
    own = heads.public_key()
    for path in sorted(settings.HEADS_ROOT.glob("*.json")):
        if not path.is_file():
            continue
        content: dict[str, int | str] = {}
        named = witness.COSIGNATURE_NAME.fullmatch(path.name)
        if named:
            key = witness.witness_key(named[2])
            cosignature = witness.read_cosignature(path, key) if key else None
            content = cosignature.content() if cosignature else {}
            if key is None:
                continue
        elif heads.HEAD_NAME.fullmatch(path.name):
            try:
                content = heads.read_head(path, own).content()
            except Refusal:
                content = {}
        else:
            continue
        _write(folder / path.name, rules.canonical_json(content) + b"\n")


def _write_keys(folder: Path) -> None:
    folder.mkdir()
    keys = {"journal": heads.public_key()}
    for path in sorted(settings.WITNESS_KEYS.glob("*.pem")):
        key = witness.witness_key(path.stem)
        if key is not None:
            keys[path.stem] = key
    for name, key in keys.items():
        _write(folder / f"{name}.pem", _pem(key))


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        _to_disk(file)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
