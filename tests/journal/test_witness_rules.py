from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.architecture import code
from yichuang.journal import heads, rules, witness, witness_rules
from yichuang.journal.witness_rules import Cosignature, too_old

AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
LOG = b"\5" * 32


def cosignature(**changed):
    content = {
        "size": 3,
        "root": b"\1" * 32,
        "at": "2026-11-22T01:02:03.456789Z",
        "log": LOG,
        "witnessed": "2026-11-22T01:02:04.000000Z",
        "key": KEY.public_key().public_bytes_raw(),
    }
    signature = KEY.sign(Cosignature(**content, signature=b"").statement)
    return Cosignature(**{**content, "signature": signature, **changed})


def test_the_statement_is_the_formats():
    assert cosignature().statement == (
        b'yichuang journal cosignature 1\n{"at":"2026-11-22T01:02:03.456789Z","log":"'
        + b"05" * 32
        + b'","root":"'
        + b"01" * 32
        + b'","size":3,"witnessed":"2026-11-22T01:02:04.000000Z"}'
    )


def test_every_member_is_under_the_signature():
    """Seen to fail with `witnessed` left out of the statement."""
    assert cosignature().genuine(log=LOG, key=KEY.public_key())
    changes = {
        "size": 4, "root": b"\2" * 32, "at": "2026-11-22T01:02:03.456780Z", "log": b"\6" * 32,
        "witnessed": "2026-11-23T01:02:04.000000Z", "key": b"\7" * 32, "signature": b"\0" * 64,
    }  # fmt: skip
    for name, value in changes.items():
        assert not cosignature(**{name: value}).genuine(log=LOG, key=KEY.public_key()), name
    assert not cosignature().genuine(log=b"\6" * 32, key=KEY.public_key())


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_the_two_clocks_must_agree(step):
    found = cosignature()
    assert found.in_time(found.moment + step) == (abs(step) <= witness_rules.SKEW)


@given(st.timedeltas(timedelta(0), timedelta(days=30)), st.integers(1, 300))
def test_too_old(age, hours):
    assert too_old(AT, AT + age, hours) == (age.total_seconds() > hours * 3600)
    assert too_old(None, AT, hours)


def test_the_documents_own_vector():
    """The last two lines of docs/journal-format.md: a head and a co-signature of it."""
    text = (code.ROOT / "docs" / "journal-format.md").read_text(encoding="utf-8")
    head_line, cosignature_line = text.rstrip().removesuffix("```").strip().splitlines()[-2:]
    head = heads.exported_head(rules.strict_object(head_line))
    journal = Ed25519PrivateKey.from_private_bytes(b"\1" * 32).public_key()
    office = Ed25519PrivateKey.from_private_bytes(b"\2" * 32).public_key()
    found = witness.parse_cosignature(rules.strict_object(cosignature_line))
    assert head.genuine(journal) and rules.canonical_json(head.content()).decode() == head_line
    assert found.genuine(log=head.key, key=office) and found.size == head.size == 3
    assert rules.canonical_json(found.content()).decode() == cosignature_line
