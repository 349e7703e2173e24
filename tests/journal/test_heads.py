import json
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from yichuang.journal import guard, heads, queries
from yichuang.journal.models import Entry, Head
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.HOME, settings.HEADS_ROOT = tmp_path, tmp_path / "heads"


def test_a_head_is_signed_and_reads_back(write, at, settings):
    write(5)
    path = heads.export_head(at)
    assert path == settings.HEADS_ROOT / "5.json"
    key = heads.public_key(settings.HEADS_ROOT / heads.PUBLIC_KEY)
    head = heads.read_head(path, key)
    assert (head.size, head.root) == (5, queries.head().root)
    assert head.at == "2026-11-22T01:02:03.456789Z"
    assert sorted(each.name for each in settings.HEADS_ROOT.iterdir()) == [
        "5.json",
        heads.PUBLIC_KEY,
    ]


def test_one_file_per_size(write, at):
    write(2)
    first = heads.export_head(at)
    before = first.read_bytes()
    assert heads.export_head(at.replace(year=2027)) == first
    assert first.read_bytes() == before


def test_in_order_of_size(write, at):
    for _turn in range(11):
        write(1)
        heads.export_head(at)
    assert [head.size for head in heads.exported_heads()] == list(range(1, 12))


def test_the_key_is_made_once_and_kept_to_the_owner(settings):
    first = heads.signing_key().private_bytes_raw()
    path = settings.HOME / "secrets" / "journal_head_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert heads.signing_key().private_bytes_raw() == first
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.fault
@pytest.mark.parametrize("member", ["size", "root", "at", "key", "signature"])
def test_a_changed_head_is_not_genuine(write, at, member):
    """Seen to fail with the signature's check taken out of `genuine`."""
    write(5)
    path = heads.export_head(at)
    found = json.loads(path.read_text())
    found[member] = {"size": 4, "at": "2026-11-22T01:02:03.456780Z"}.get(
        member, "00" * (len(str(found[member])) // 2)
    )
    path.write_text(json.dumps(found))
    with pytest.raises(Refusal) as refused:
        heads.exported_heads()
    assert refused.value.code == "journal-head-not-genuine"


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"size": 1}'])
def test_rubbish_is_not_genuine(write, at, text):
    write(1)
    path = heads.export_head(at)
    path.write_text(text)
    with pytest.raises(Refusal):
        heads.exported_heads()


def test_another_key_is_not_ours(write, at):
    write(1)
    path = heads.export_head(at)
    with pytest.raises(Refusal):
        heads.read_head(path, Ed25519PrivateKey.generate().public_key())


@pytest.mark.fault
@pytest.mark.parametrize(
    "tamper",
    [
        lambda: Entry.objects.filter(pk=3).update(leaf_hash=b"\0" * 32, nodes=b"\0" * 64),
        lambda: Entry.objects.filter(pk=3).delete(),
        lambda: Head.objects.update(size=2, root=b"\0" * 32, frontier=b"\0" * 32),
        lambda: Head.objects.update(root=b"\0" * 32),
    ],
    ids=["rewritten", "removed", "rewound", "head edited"],
)
def test_a_changed_history_is_never_signed(write, at, tamper):
    """Seen to fail with `_refuse_unless_one_history` left out of export_head."""
    write(5)
    heads.export_head(at)
    write(2)
    guard.lower_guard(connection)
    tamper()
    with pytest.raises(Refusal) as refused:
        heads.export_head(at)
    assert refused.value.code == "journal-history-changed"


def test_an_exported_head_is_shown_to_continue_the_one_before(write, at):
    """What the office that keeps our heads does with a newer one."""
    write(5)
    heads.export_head(at)
    write(9)
    heads.export_head(at)
    older, newer = heads.exported_heads()
    proof = queries.consistency_proof(older.size, newer.size)
    assert heads.rules.verify_consistency(
        first=older.size,
        first_root=older.root,
        second=newer.size,
        second_root=newer.root,
        proof=proof,
    )
