"""Two verifiers, one journal: ours over the rows, the one in `verifier/` over the export."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from yichuang.journal import actions, export, heads, rules, verify, witness
from yichuang.journal.models import Entry, Head
from yichuang.journal.witness_rules import Cosignature

PROGRAMS = Path(__file__).resolve().parents[2] / "verifier"
sys.path.insert(0, str(PROGRAMS))
import verify_journal  # noqa: E402  (a program beside the project, not a package of it)

WITNESS = "office-example"
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(b"w" * 32)


def our_findings():
    """{(word, index)} of our own verifier over the database and HEADS_ROOT."""
    vouched, not_genuine = witness.vouched()
    report = verify.verify(vouched, not_genuine=not_genuine, batch=7)
    assert report.ok == (not report.findings)
    return {(finding.kind, finding.index) for finding in report.findings}


def their_findings(folder):
    """The same of the second verifier over an export."""
    keys = {path.stem: verify_journal.load_key(path) for path in (folder / "keys").glob("*.pem")}
    return set(verify_journal.Journal().run(folder, keys.pop("journal"), keys))


def agreed():
    """What both find, after an assertion that they find the same."""
    scratch = Path(tempfile.mkdtemp(prefix="yichuang-export-"))
    try:
        export.export_journal(scratch / "journal")
        ours, theirs = our_findings(), their_findings(scratch / "journal")
    finally:
        shutil.rmtree(scratch)
    assert ours == theirs
    return ours


def as_program(*words):
    """(exit code, standard output) of the second verifier, run as a stranger runs it."""
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / "verify_journal.py"), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PROGRAMS.anchor,
        env={},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def fill(number, at, *, kind="case.noted"):
    """`number` entries in one act."""
    if number:
        with transaction.atomic():
            actions.record_all(
                [
                    actions.Wanted(
                        kind=kind,
                        payload={"说明": "收件", "number": turn, "parts": [True, None, {}]},
                        stream=f"case:{turn % 3}",
                    )
                    for turn in range(number)
                ],
                by=rules.SystemAuthor("测试窗口"),
                at=at,
            )


def leaf_of(entry):
    return rules.entry_leaf(
        index=entry.index,
        stream=entry.stream,
        seq=entry.seq,
        kind=entry.kind,
        at=entry.at,
        author=entry.author,
        payload=entry.payload,
    )


def rewrite_everything(end):
    """What a thorough forger does: every leaf, subtree and the head recomputed from the rows."""
    tree = rules.CompactRange()
    for entry in Entry.objects.filter(index__lt=end).order_by("index"):
        leaf = leaf_of(entry)
        tree, completed = tree.append(leaf)
        Entry.objects.filter(pk=entry.pk).update(leaf_hash=leaf, nodes=b"".join(completed))
    Head.objects.update(size=tree.size, root=tree.root, frontier=tree.packed)


def swap(one, other):
    rows = Entry.objects
    rows.filter(pk=one).update(index=1_000_000)
    rows.filter(pk=other).update(index=one)
    rows.filter(pk=1_000_000).update(index=other)


def sign_head(size, root, at="2026-11-22T01:02:03.456789Z"):
    """An exported head that is genuine, whether it is true or not."""
    key = heads.signing_key()
    statement = rules.canonical_json({"size": size, "root": root.hex(), "at": at})
    head = heads.ExportedHead(
        size, root, at, key.public_key().public_bytes_raw(), key.sign(heads.CONTEXT + statement)
    )
    return put(f"{size}.json", head.content())


def cosign(size, root, at="2026-11-22T01:02:03.456789Z", witnessed=None):
    """A co-signature that is genuine, whether it is true or not; and the witness's key in place."""
    settings.WITNESS_KEYS.mkdir(parents=True, exist_ok=True)
    (settings.WITNESS_KEYS / f"{WITNESS}.pem").write_bytes(
        WITNESS_KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    blank = Cosignature(
        size,
        root,
        at,
        heads.public_key().public_bytes_raw(),
        witnessed or at,
        WITNESS_KEY.public_key().public_bytes_raw(),
        b"",
    )
    content = blank.content() | {"signature": WITNESS_KEY.sign(blank.statement).hex()}
    return put(f"{size}.{WITNESS}.json", content)


def put(name, content):
    settings.HEADS_ROOT.mkdir(parents=True, exist_ok=True)
    path = settings.HEADS_ROOT / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path
