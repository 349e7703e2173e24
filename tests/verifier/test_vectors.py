"""The second verifier against the document it was written from: its vectors, and exports made by hand.

Nothing of the platform is imported: trees and proofs are made here by the RFC's own definitions.
"""

import hashlib
import json
import re
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.verifier.servers import PROGRAMS, pem

sys.path.insert(0, str(PROGRAMS))
import journal_format as fmt  # noqa: E402  (programs beside the project, not packages of it)
import verify_journal as second  # noqa: E402

pytestmark = [pytest.mark.fault, pytest.mark.one_database]

DOCUMENT = (PROGRAMS.parent / "docs" / "journal-format.md").read_text(encoding="utf-8")
VECTOR = DOCUMENT.split("## Vector")[1]
LEAVES = re.findall(r'^\{"at".*"stream".*\}$', VECTOR, re.M)
HASHES = re.findall(r"^leaf (\w{64})$", VECTOR, re.M)
ROOTS = re.findall(r"^root (\w{64})$", VECTOR, re.M)
HEAD, COSIGNATURE = re.findall(r'^\{.*"signature".*\}$', VECTOR, re.M)
SECRET, WITNESS_SECRET = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
KEY, WITNESS = SECRET.public_key(), WITNESS_SECRET.public_key()
AT = "2026-11-22T02:00:00.000000Z"
NONE = "00" * 32  # the root of no tree


def mth(leaves):
    """RFC 6962 §2.1, recursively: written apart from the program's tree."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def inclusion(m, leaves):
    """RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m < k:
        return [*inclusion(m, leaves[:k]), mth(leaves[k:])]
    return [*inclusion(m - k, leaves[k:]), mth(leaves[:k])]


def consistency(m, leaves, whole=True):
    """RFC 6962 §2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m <= k:
        return [*consistency(m, leaves[:k], whole), mth(leaves[k:])]
    return [*consistency(m - k, leaves[k:], False), mth(leaves[:k])]


def row(members, nodes):
    """A line of entries.jsonl as an object."""
    leaf = fmt.leaf_hash(fmt.canonical_json(members)).hex()
    return members | {"leaf_hash": leaf, "nodes": nodes}


def kept(hashes):
    """The `nodes` of each entry."""
    return [
        "".join(
            mth(hashes[i + 1 - 2**level : i + 1]).hex()
            for level in range(1, 60)
            if (i + 1) % 2**level == 0
        )
        for i in range(len(hashes))
    ]


def head(size, root, at=AT):
    signed = {"at": at, "root": root, "size": size}
    signature = SECRET.sign(fmt.HEAD_CONTEXT + fmt.canonical_json(signed)).hex()
    return signed | {"key": fmt.key_hex(KEY), "signature": signature}


def cosignature(size, root):
    signed = {"at": AT, "log": fmt.key_hex(KEY), "root": root, "size": size, "witnessed": AT}
    signature = WITNESS_SECRET.sign(fmt.COSIGNATURE_CONTEXT + fmt.canonical_json(signed)).hex()
    return signed | {"key": fmt.key_hex(WITNESS), "signature": signature}


class Export:
    """A folder as the document describes it; `rows` and `head` are written when it is checked."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "heads").mkdir(parents=True)
        (folder / "keys").mkdir()
        for name, key in (("journal", KEY), ("w", WITNESS)):
            (folder / "keys" / f"{name}.pem").write_bytes(pem(key))
        self.make(13)

    def make(self, count, **changed):
        """Rows and head row of a sound journal."""
        members = [json.loads(LEAVES[0]) | {"index": i, "seq": i} | changed for i in range(count)]
        self.take([fmt.leaf_hash(fmt.canonical_json(m)) for m in members], members)

    def take(self, hashes, members):
        self.hashes = hashes
        self.rows = [row(m, n) for m, n in zip(members, kept(hashes), strict=True)]
        count, tops, start = len(hashes), [], 0
        for level in reversed(range(count.bit_length())):
            if count >> level & 1:
                tops.append(mth(hashes[start : start + 2**level]).hex())
                start += 2**level
        self.head = {"size": count, "root": mth(hashes).hex(), "frontier": "".join(tops)}

    def root(self, size):
        return mth(self.hashes[:size]).hex()

    def put(self, name, value):
        """A file in heads/."""
        text = value if isinstance(value, str) else json.dumps(value)
        (self.folder / "heads" / name).write_text(text, encoding="utf-8")

    def write(self, end=b"\n"):
        lines = [fmt.canonical_json(each) + end for each in self.rows]
        (self.folder / "entries.jsonl").write_bytes(b"".join(lines))
        (self.folder / "head.json").write_bytes(fmt.canonical_json(self.head) + b"\n")

    def found(self):
        """What the program finds in what is to be written."""
        self.write()
        return self.read()

    def read(self):
        """What the program finds in what is written; "unreadable"."""
        try:
            return list(second.Journal().run(self.folder, KEY, {"w": WITNESS}))
        except second.Unreadable:
            return "unreadable"


@pytest.fixture
def journal(tmp_path):
    """A sound export of 13 entries, without heads."""
    return Export(tmp_path / "export")


@pytest.fixture
def program(capsys):
    """The command line: (exit code, standard output)."""

    def run(*words):
        code = second.main([str(word) for word in words])
        return code, capsys.readouterr().out

    return run


# --- the document's own bytes ----------------------------------------------------------------------


def test_leaves_and_roots():
    tree = fmt.Tree()
    for leaf, hashed, root in zip(LEAVES, HASHES, ROOTS, strict=True):
        assert fmt.canonical_json(fmt.strict_json(leaf.encode())) == leaf.encode()
        assert fmt.leaf_hash(leaf.encode()).hex() == hashed
        tree.append(bytes.fromhex(hashed))
        assert tree.root().hex() == root


def test_signatures():
    signed, by_witness = json.loads(HEAD), json.loads(COSIGNATURE)
    assert fmt.is_genuine_head(signed, KEY)
    assert fmt.is_genuine_cosignature(by_witness, KEY, WITNESS)
    assert not fmt.is_genuine_head(signed | {"size": 4}, KEY)
    assert not fmt.is_genuine_head(signed | {"x": 4}, KEY)
    assert not fmt.is_genuine_cosignature(by_witness, KEY, KEY)


def test_the_vector_as_an_export(journal, program):
    journal.take([bytes.fromhex(each) for each in HASHES], [json.loads(leaf) for leaf in LEAVES])
    assert journal.head["frontier"] == ROOTS[1] + HASHES[2]
    journal.put("3.json", HEAD + "\n")
    journal.put("3.w.json", COSIGNATURE + "\n")
    journal.put("3.unknown.json", "{}")
    assert journal.found() == []
    code, out = program("journal", journal.folder, "--json")
    assert (code, json.loads(out)) == (
        0,
        {"ok": True, "size": 3, "root": ROOTS[2], "findings": [], "more": False, "passed_over": 1},
    )


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}', b"1.0", b"1e2", b"9007199254740992", b"NaN", b'"\\u0000"', b'"\\ud800"',
        b'"\xed\xa0\x80"', b"\xef\xbb\xbf1", b'"\n"', b"01", b"1 2", b"", b"[" * 5000, b"1" * 9000,
        b'{"\\udc00":1}', b"-Infinity", b"[" * 101 + b"]" * 101, b'{"a":' * 101 + b"1" + b"}" * 101,
    ],
    ids=range(19),
)  # fmt: skip
def test_what_strict_json_does_not_say(text):
    with pytest.raises(fmt.NotStrict):
        fmt.strict_json(text)


def test_other_spellings():
    text = b' {"b":"\\u00e9\\/\\u001F\\u007f\\b", "\\ud83d\\ude00":1,'
    text += b'"\xef\xbf\xbd":-9007199254740991}'
    canonical = '{"b":"é/\\u001f\x7f\\b","\ufffd":-9007199254740991,"😀":1}'
    assert fmt.canonical_json(fmt.strict_json(text)).decode() == canonical
    assert fmt.strict_json(b'"\\\\u0000"') == "\\u0000"
    assert fmt.canonical_json(fmt.strict_json(b"-0")) == b"0"
    assert fmt.strict_json(b"[" * 100 + b"]" * 100 + b" ")
    assert len(fmt.strict_json(b"[" + b"[]," * 500 + b"[]]")) == 501


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-02-28T23:59:59.999999Z", True), ("0001-01-01T00:00:00.000000Z", True),
        ("2028-02-29T00:00:00.000000Z", True), ("2026-02-29T00:00:00.000000Z", False),
        ("2026-13-01T00:00:00.000000Z", False), ("0000-01-01T00:00:00.000000Z", False),
        ("2026-01-01T24:00:00.000000Z", False), ("2026-01-01T00:60:00.000000Z", False),
        ("2026-12-31T23:59:60.000000Z", False), ("2026-01-01T00:00:00.00000Z", False),
        ("2026-01-01 00:00:00.000000Z", False), ("２026-01-01T00:00:00.000000Z", False),
    ],
)  # fmt: skip
def test_moments(text, is_one):
    assert fmt.is_time(text) == is_one


# --- proofs ----------------------------------------------------------------------------------------


def test_all_small_proofs():
    leaves = [fmt.leaf_hash(b"%d" % i) for i in range(20)]
    for n in range(1, 21):
        root = mth(leaves[:n])
        for m in range(n):
            path = inclusion(m, leaves[:n])
            assert fmt.inclusion_holds(m, leaves[m], n, root, path)
            assert not fmt.inclusion_holds(m, leaves[m], n, root, [*path, root])
            assert not fmt.inclusion_holds(m, leaves[m], n, root[::-1], path)
            first, path = mth(leaves[: m + 1]), consistency(m + 1, leaves[:n])
            assert fmt.consistency_holds(m + 1, first, n, root, path)
            assert not fmt.consistency_holds(m + 1, first, n, root, [*path, root])
            assert not fmt.consistency_holds(m + 1, first[::-1], n, root, path)
            if m + 1 < n:
                assert not fmt.consistency_holds(m + 1, first, n, root, path[:-1])
    empty = mth([])
    assert not fmt.consistency_holds(0, empty, 3, mth(leaves[:3]), [])
    assert not fmt.consistency_holds(0, empty, 0, empty, [])


def test_proof_files(journal, program, tmp_path):
    journal.make(7)
    key, proof = journal.folder / "keys" / "journal.pem", tmp_path / "proof.json"
    five, seven, other = tmp_path / "5.json", tmp_path / "any-name.json", tmp_path / "other.json"
    for path, content in ((five, 5), (seven, 7)):
        path.write_text(json.dumps(head(content, journal.root(content))))
    other.write_text(json.dumps(head(7, NONE)))
    good = {
        "first": 5,
        "first_root": journal.root(5),
        "second": 7,
        "second_root": journal.root(7),
        "path": [each.hex() for each in consistency(5, journal.hashes)],
    }
    proof.write_text(json.dumps(good))
    both = ("--head", five, "--head", seven, "--key", key)
    assert program("consistency", proof) == (0, "holds\n")
    assert program("consistency", proof, *both) == (0, "holds\n")
    assert program("consistency", proof, "--head", other, "--key", key)[0] == 1
    proof.write_text(json.dumps(good | {"path": good["path"][:-1]}))
    assert program("consistency", proof, *both) == (1, "does not hold\n")
    good = {
        "index": 3,
        "leaf": journal.hashes[3].hex(),
        "size": 7,
        "root": journal.root(7),
        "path": [each.hex() for each in inclusion(3, journal.hashes)],
    }
    proof.write_text(json.dumps(good))
    assert program("inclusion", proof, "--head", seven, "--key", key)[0] == 0
    assert program("inclusion", proof, "--head", five, "--key", key)[0] == 1
    assert program("inclusion", proof, "--head", seven)[0] == 3, "a head needs a key"
    for change in ({"root": journal.root(7).upper()}, {"size": 7.0}, {"leaf": "00"}, {"note": ""}):
        proof.write_text(json.dumps(good | change))
        assert program("inclusion", proof)[0] == 3
    proof.write_text(json.dumps(good)[:-1] + ',"size":7}')
    assert program("inclusion", proof)[0] == 3


# --- the table's words -----------------------------------------------------------------------------


def test_sound(journal):
    for size in range(14):
        journal.put(f"{size}.json", head(size, journal.root(size)))
    assert journal.found() == []


def test_empty(journal):
    journal.make(0)
    assert journal.found() == []
    journal.head = None
    journal.put("0.json", head(0, NONE))
    journal.put("3.json", head(3, NONE))
    assert journal.found() == [("rewritten", 0), ("truncated", 0)]


def test_edited(journal):
    journal.rows[4]["kind"] = "other"
    journal.rows[6]["author"] = {"name": 1}
    del journal.rows[9]["payload"]
    assert journal.found() == [("edited", 4), ("edited", 6), ("edited", 9)]


def test_reordered(journal):
    for a, b in ((2, 5), (7, 8)):
        journal.rows[a]["seq"], journal.rows[b]["seq"] = b, a
    assert journal.found() == [("reordered", i) for i in (2, 5, 7, 8)]


def test_renumbered_after_a_removal(journal):
    journal.rows[3:] = [each | {"index": each["index"] - 1} for each in journal.rows[4:]]
    journal.head = None
    assert journal.found() == [("head", 0)] + [("reordered", i) for i in range(3, 12)]


def test_removed(journal):
    journal.put("3.json", head(3, NONE))
    journal.put("6.json", head(6, NONE))
    del journal.rows[3:5]
    journal.rows[-1]["kind"] = "other"
    assert journal.found() == [("rewritten", 0), ("removed", 3), ("removed", 4), ("edited", 12)]


def test_truncated(journal):
    journal.put("13.json", head(13, journal.root(13)))
    del journal.rows[10:]
    assert journal.found() == [("truncated", 10)]


def test_beyond_head(journal):
    journal.head = {"size": 2, "root": journal.root(2), "frontier": journal.root(2)}
    journal.put("5.json", head(5, journal.root(5)))
    journal.rows[6]["kind"] = "other"
    assert journal.found() == [("beyond-head", 2), ("truncated", 2)]


def test_the_head_row(journal):
    journal.head["root"] = NONE
    assert journal.found() == [("head", 13)]
    journal.head |= {"root": "", "frontier": "00"}
    assert journal.found() == [("head", 13)], "of another length it is a head row still"


def test_rehashed(journal):
    members = {k: v for k, v in journal.rows[2].items() if k not in ("leaf_hash", "nodes")}
    journal.rows[2] = row(members | {"kind": "other"}, journal.rows[2]["nodes"])
    journal.put("2.json", head(2, journal.root(2)))
    journal.put("8.json", head(8, journal.root(8)))
    assert journal.found() == [("rehashed", 2), ("rewritten", 2), ("head", 13)]


def test_the_length_of_nodes(journal):
    journal.rows[4]["nodes"] = "00"
    journal.rows[5]["nodes"] = ""
    journal.rows[7]["nodes"] = journal.rows[7]["nodes"][:64]
    assert journal.found() == [("rehashed", 4)]
    journal.rows[3]["kind"] = "other"
    journal.rows[3]["nodes"] = ""
    journal.rows[5]["nodes"] = "00" * 33
    assert journal.found() == [("edited", 3), ("rehashed", 4), ("rehashed", 5)]


def test_two_heads_of_one_size(journal):
    journal.put("4.json", head(4, journal.root(4)))
    journal.put("9.json", head(9, journal.root(9)))
    journal.put("9.w.json", cosignature(9, NONE))
    assert journal.found() == [("rewritten", 4)]


def test_not_genuine(journal):
    journal.put("5.json", head(6, journal.root(6)))
    journal.put("7.json", "{}")
    journal.put("8.w.json", head(8, journal.root(8)))
    journal.put("09.json", "{}")
    journal.put("9.W.json", "{}")
    (journal.folder / "heads" / "10.json").mkdir()
    (journal.folder / "heads" / "11.json").symlink_to("nothing")
    journal.put("9" * 60 + ".json", "x" * 2_000_000)
    assert journal.found() == [("not-genuine", i) for i in (5, 7, 8, int("9" * 60))]


def test_a_long_gap(journal, program):
    journal.rows[-1]["index"] = journal.head["size"] = 10**9
    journal.head["size"] += 1
    found = journal.found()
    assert found[:1000] == [("removed", i) for i in range(12, 1012)]
    assert found[1000:] == [("edited", 10**9)], "its old place is no p of rule 2"
    told = json.loads(program("journal", journal.folder, "--json")[1])
    assert (told["size"], told["root"], told["more"]) == (10**9 + 1, "", True)


# --- what a file may be, and what makes an export unreadable ---------------------------------------


def test_what_a_line_may_be(journal):
    """Blanks, a missing end, members of any text and number; (stream, seq) twice is not asked."""
    journal.make(3, stream="nobody's form", seq=-7)
    journal.write(end=b"\r\n")
    assert journal.read() == []
    path = journal.folder / "entries.jsonl"
    path.write_bytes(b" " + path.read_bytes().rstrip())
    assert journal.read() == []
    journal.rows[1] |= {"leaf_hash": "00" * 31}
    assert journal.found() == [("edited", 1), ("head", 3)]


def test_a_member_of_a_later_format_is_one_in_excess(journal):
    members = {k: v for k, v in journal.rows[2].items() if k not in ("leaf_hash", "nodes")}
    journal.rows[2] = row(members | {"format": 2}, "")
    assert journal.found() == [("edited", 2), ("head", 13)]


GOOD_LINE = {"index": 13, "leaf_hash": "", "nodes": ""}


@pytest.mark.parametrize(
    "line",
    [
        b"", b"[]", b"{", b'{"index":13}', b"\xef\xbb\xbf{}",
        *(
            json.dumps(GOOD_LINE | change).encode()
            for change in (
                {"index": 0}, {"index": -1}, {"index": True}, {"index": 2**53}, {"index": "13"},
                {"leaf_hash": "AA"}, {"leaf_hash": "a"}, {"nodes": "0g"}, {"nodes": None}, {"payload": 1.5},
            )
        ),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_line_that_is_none_wherever_it_stands(journal, line):
    journal.head["size"] = 4
    journal.write()
    with (journal.folder / "entries.jsonl").open("ab") as file:
        file.write(line + b"\n")
    assert journal.read() == "unreadable"


def test_a_negative_index_at_the_start(journal):
    journal.rows.insert(0, GOOD_LINE | {"index": -1})
    assert journal.found() == "unreadable"


@pytest.mark.parametrize(
    "row_text",
    [
        "", "{", "[]", "{}", '{"size":0,"root":"","frontier":"","x":1}', '{"size":-1,"root":"","frontier":""}',
        '{"size":1.0,"root":"","frontier":""}', '{"size":1,"root":"AA","frontier":""}',
        '{"size":1,"root":"","frontier":"0"}', " " * 2**20 + "null",
    ],
    ids=range(10),
)  # fmt: skip
def test_a_head_row_that_is_none(journal, row_text):
    journal.write()
    (journal.folder / "head.json").write_text(row_text)
    assert journal.read() == "unreadable"


@pytest.mark.parametrize("name", ["entries.jsonl", "head.json", "heads", "keys/journal.pem"])
def test_every_file_must_be_there(journal, program, tmp_path, name):
    journal.write()
    (tmp_path / "own.pem").write_bytes(pem(KEY))
    assert program("journal", journal.folder, "--key", tmp_path / "own.pem")[0] == 0
    path = journal.folder / name
    path.rmdir() if path.is_dir() else path.unlink()
    assert program("journal", journal.folder) == (3, "")
    assert program("journal", journal.folder, "--key", tmp_path / "own.pem") == (3, "")


def test_with_ones_own_key_no_key_of_the_folder_is_used(journal, program, tmp_path):
    journal.put("4.w.json", cosignature(4, NONE))
    journal.write()
    (tmp_path / "own.pem").write_bytes(pem(KEY))
    (tmp_path / "w.pem").write_bytes(pem(WITNESS))
    (journal.folder / "keys" / "journal.pem").write_text("not read")
    own = ("journal", journal.folder, "--key", tmp_path / "own.pem")
    assert program(*own) == (0, "13 entries, sound\n1 co-signatures not checked: no key\n")
    witness = ("--witness-key", f"w={tmp_path / 'w.pem'}")
    assert program(*own, *witness) == (1, "rewritten 0\n13 entries, WRONG\n")
    assert program(*own, "--witness-key", f"journal={tmp_path / 'w.pem'}")[0] == 3
    assert program("journal", journal.folder)[0] == 3, "without one's own, the folder's is read"
