"""Checks an exported journal, or a proof file, from nothing but docs/journal-format.md (format 1).

    python verify_journal.py journal FOLDER [--key FILE] [--witness-key NAME=FILE]... [--json]
    python verify_journal.py inclusion FILE [--head FILE --key FILE]
    python verify_journal.py consistency FILE [--head FILE... --key FILE]

Needs Python 3.11 and the package `cryptography`; no network, no database. Memory does not grow with
the journal. Exit codes: 0 sound, 1 something is wrong, 3 cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sqlite3
import sys
from pathlib import Path

from journal_format import (
    CONSISTENCY_FORM,
    ENTRY_FORM,
    HASH_BYTES,
    HEAD_ROW_FORM,
    INCLUSION_FORM,
    LINE_FORM,
    WITNESS_NAME,
    NotStrict,
    TooLarge,
    Tree,
    Unreadable,
    canonical_json,
    consistency_holds,
    has_form,
    inclusion_holds,
    is_genuine_cosignature,
    is_genuine_head,
    leaf_hash,
    load_exported_witness_keys,
    load_key,
    read_form,
    read_small,
    strict_json,
)

SOUND, WRONG, UNREADABLE = 0, 1, 3

LARGEST_LINE = 256 * 1024 * 1024  # of entries.jsonl; one line is held in memory at a time
LISTED_PER_WORD = 1000  # findings kept of each word: the lowest
COMPARED_MISMATCHES = 200  # mismatching entries compared with each other (rule 2)

HEAD_NAME = re.compile(r"(0|[1-9][0-9]*)(?:\.([a-z0-9-]+))?\.json")


# ---------------------------------------------------------------- entries


class Entry:
    """One line of entries.jsonl."""

    def __init__(self, line: bytes):
        try:
            members = strict_json(line)
        except NotStrict as error:
            raise Unreadable(f"entries.jsonl: {error}") from error
        if not isinstance(members, dict):
            raise Unreadable("entries.jsonl: a line that is not an object")
        for name, holds in LINE_FORM.items():
            if name not in members or not holds(members[name]):
                raise Unreadable(f"entries.jsonl: a line without a proper {name}")
        self.leaf_hash = bytes.fromhex(members.pop("leaf_hash"))
        self.nodes = bytes.fromhex(members.pop("nodes"))
        self.index = members["index"]
        self.members = members if has_form(members, ENTRY_FORM) else None

    def matches(self) -> bool:
        """Whether the members are of their types and give the stored leaf hash."""
        if self.members is None:
            return False
        return leaf_hash(canonical_json(self.members)) == self.leaf_hash

    def hashes_under(self, indexes):
        """The leaf hashes that these members would have under other indexes."""
        if self.members is None:
            return
        before = {name: value for name, value in self.members.items() if name < "index"}
        after = {name: value for name, value in self.members.items() if name > "index"}
        start = hashlib.sha256(b"\0" + canonical_json(before)[:-1] + b',"index":')
        end = b"," + canonical_json(after)[1:]
        for index in indexes:
            if index != self.index:
                digest = start.copy()
                digest.update(b"%d" % index)
                digest.update(end)
                yield digest.digest()


def read_line(file) -> bytes:
    """The next line, or nothing at the end of the file."""
    line = file.readline(LARGEST_LINE + 1)
    if len(line) > LARGEST_LINE:
        raise Unreadable(f"entries.jsonl: a line larger than {LARGEST_LINE} bytes")
    return line


# ---------------------------------------------------------------- the journal


class Findings:
    """Findings without repetition: of each word those with the LISTED_PER_WORD lowest indexes."""

    def __init__(self):
        self._indexes = {}
        self.more = False  # whether some were left out

    def add(self, word, index):
        """Keep a finding, as long as there are not too many below it."""
        indexes = self._indexes.setdefault(word, set())
        indexes.add(index)
        if len(indexes) > 2 * LISTED_PER_WORD:  # seldom, so that adding stays cheap
            self._indexes[word] = self._lowest(indexes)

    def _lowest(self, indexes):
        self.more = self.more or len(indexes) > LISTED_PER_WORD
        return set(sorted(indexes)[:LISTED_PER_WORD])

    def listed(self) -> list:
        """The (word, index) kept, by index, then word."""
        pairs = [
            (word, index)
            for word, indexes in self._indexes.items()
            for index in self._lowest(indexes)
        ]
        return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


class Journal:
    """One check of one exported folder; `size` and `root` are of the entries as they stand."""

    def __init__(self):
        self.findings = Findings()
        self.tree = Tree()
        self.passed_over = 0  # co-signatures of witnesses without a key
        self._end = 0  # one past the last entry that counts
        self._whole = True  # no index was missing so far
        self._last_bad = -1  # last entry that did not match or whose nodes were wrong
        self._mismatched = []  # (index, leaf hash, offset in the file) of the first ones
        self._agreed = 0  # last size at which a head agreed
        self._signed = None  # table of the (size, root) that genuine heads have, on disk if many
        self._next_signed = None

    @property
    def size(self) -> int:
        """One past the last entry that counts."""
        return self._end

    @property
    def root(self) -> str:
        """Root of the entries, as hex; "" when an index is missing."""
        return self.tree.root().hex() if self._whole else ""

    def run(self, folder, journal_key=None, witness_keys=None) -> list:
        """Check the export in `folder`; return its (word, index) findings, sorted by index.

        Keys given outweigh those in the folder: without `journal_key` the folder's is used, without
        `witness_keys` the folder's are. Raises Unreadable.
        """
        folder = Path(folder)
        if not all(
            (folder / name).is_file() for name in ("entries.jsonl", "head.json", "keys/journal.pem")
        ):
            raise Unreadable(f"{folder}: a file is missing")
        if not (folder / "heads").is_dir():
            raise Unreadable(f"{folder}: heads/ is missing")
        try:
            if journal_key is None:
                journal_key = load_key(folder / "keys" / "journal.pem")
            if witness_keys is None:
                witness_keys = load_exported_witness_keys(folder)
            head_row = self._read_head_row(folder / "head.json")
            self._signed = sqlite3.connect("")  # a temporary file, once it outgrows its cache
            self._read_signed(folder / "heads", journal_key, witness_keys)
            self._check(folder / "entries.jsonl", head_row)
        except OSError as error:
            raise Unreadable(str(error)) from error
        finally:
            if self._signed:
                self._signed.close()
        return self.findings.listed()

    @staticmethod
    def _read_head_row(path):
        try:
            if strict_json(read_small(path)) is None:
                return None
        except NotStrict as error:
            raise Unreadable(f"{path}: {error}") from error
        return read_form(path, HEAD_ROW_FORM)

    def _read_signed(self, heads, journal_key, witness_keys):
        """Rule 7: sort the files in heads/ into genuine, not genuine and passed over."""
        self._signed.execute(
            "CREATE TABLE signed (size INTEGER, root TEXT, PRIMARY KEY (size, root)) WITHOUT ROWID"
        )
        with os.scandir(heads) as files:
            for file in files:
                name = HEAD_NAME.fullmatch(file.name)
                if not name or not file.is_file():
                    continue
                size, witness = int(name[1]), name[2]
                if witness is not None and witness not in witness_keys:
                    self.passed_over += 1
                    continue
                try:
                    value = strict_json(read_small(Path(file.path)))
                except (NotStrict, TooLarge):
                    value = None
                if witness is None:
                    genuine = is_genuine_head(value, journal_key)
                else:
                    genuine = is_genuine_cosignature(value, journal_key, witness_keys[witness])
                if genuine and value["size"] == size:
                    self._signed.execute(
                        "INSERT OR IGNORE INTO signed VALUES (?, ?)", (size, value["root"])
                    )
                else:
                    self.findings.add("not-genuine", size)

    def _check(self, path, head_row):
        """Rules 1 to 6."""
        limit = None if head_row is None else head_row["size"]
        signed = self._signed.execute("SELECT size, root FROM signed ORDER BY size")
        self._next_signed = signed.fetchone()
        self._check_signed(signed)
        with open(path, "rb") as file:
            previous, offset = -1, 0
            while line := read_line(file):
                entry = Entry(line)
                if entry.index <= previous:
                    raise Unreadable(f"entries.jsonl: index {entry.index} after {previous}")
                previous = entry.index
                if limit is not None and entry.index >= limit:
                    self.findings.add("beyond-head", limit)
                else:
                    self._check_entry(entry, offset)
                    if self._whole:
                        self._check_signed(signed)
                offset += len(line)
            self._check_mismatched(file)
        self._check_head_row(head_row)
        (largest,) = self._signed.execute("SELECT max(size) FROM signed").fetchone()
        if largest is not None and largest > self._end:
            self.findings.add("truncated", self._end)

    def _check_entry(self, entry, offset):
        """Rules 2 to 4 for the next entry."""
        if entry.index > self._end:  # rule 3
            self._whole = False
            for index in range(self._end, min(entry.index, self._end + LISTED_PER_WORD + 1)):
                self.findings.add("removed", index)
        self._end = entry.index + 1
        completed = self.tree.append(entry.leaf_hash) if self._whole else []
        if not entry.matches():
            self._last_bad = entry.index
            if len(self._mismatched) < COMPARED_MISMATCHES:
                self._mismatched.append((entry.index, entry.leaf_hash, offset))
            else:
                self.findings.add("edited", entry.index)
        elif self._whole:
            self._check_nodes(entry, completed)

    def _check_nodes(self, entry, completed):
        """Rule 4: the kept subtrees of a matching entry."""
        wrong = None
        for level, subtree in enumerate(completed, start=1):
            start = entry.index + 1 - 2**level
            kept = entry.nodes[(level - 1) * HASH_BYTES : level * HASH_BYTES]
            missing = len(kept) < HASH_BYTES
            if missing or (start > self._last_bad and kept != subtree):
                wrong = start
                break
        if wrong is None and len(entry.nodes) > len(completed) * HASH_BYTES:
            wrong = entry.index
        if wrong is not None:
            self.findings.add("rehashed", wrong)
            self._last_bad = entry.index

    def _check_signed(self, signed):
        """Rule 5: the roots that genuine heads and co-signatures have at the tree's size."""
        agrees, root = False, None
        while self._next_signed and self._next_signed[0] == self.tree.size:
            root = root or self.root
            if self._next_signed[1] == root:
                agrees = True
            else:
                self.findings.add("rewritten", self._agreed)
            self._next_signed = signed.fetchone()
        if agrees:
            self._agreed = self.tree.size

    def _check_mismatched(self, file):
        """Rule 2: tell reordered entries from edited ones, among the first that did not match."""
        stored = {stored_hash for _, stored_hash, _ in self._mismatched}
        places = {index + step for index, _, _ in self._mismatched for step in (-1, 0, 1)}
        for index, _, offset in self._mismatched:
            file.seek(offset)
            moved = any(made in stored for made in Entry(read_line(file)).hashes_under(places))
            self.findings.add("reordered" if moved else "edited", index)

    def _check_head_row(self, head_row):
        """Rules 1 and 6 for the head row."""
        if head_row is None:
            if self._end:
                self.findings.add("head", 0)
        elif head_row["size"] > self._end:
            self.findings.add("truncated", self._end)
        elif self._whole:
            frontier = b"".join(self.tree.frontier).hex()
            if (head_row["root"], head_row["frontier"]) != (self.root, frontier):
                self.findings.add("head", head_row["size"])


# ---------------------------------------------------------------- command line


def _unhex(proof):
    """A proof with its hashes as bytes."""

    def convert(value):
        if isinstance(value, list):
            return [bytes.fromhex(item) for item in value]
        return bytes.fromhex(value) if isinstance(value, str) else value

    return {name: convert(value) for name, value in proof.items()}


def _heads_disagree(paths, key_path, roots):
    """Say what is wrong with heads that should vouch for `roots`, pairs of size and root."""
    if not paths:
        return None
    if key_path is None:
        raise Unreadable("--head needs --key")
    key = load_key(key_path)
    for path in paths:
        try:
            head = strict_json(read_small(Path(path)))
        except (NotStrict, TooLarge):
            head = None
        if not is_genuine_head(head, key):
            return f"{path}: not a genuine head"
        if (head["size"], head["root"]) not in roots:
            return f"{path}: another size or root than the proof's"
    return None


def _tell_proof(wrong, holds) -> int:
    """Say whether a proof holds, and why not; the exit code."""
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    sound = holds and not wrong
    sys.stdout.write("holds\n" if sound else "does not hold\n")
    return SOUND if sound else WRONG


def check_inclusion(options) -> int:
    """The command `inclusion`."""
    proof = read_form(options.file, INCLUSION_FORM)
    wrong = _heads_disagree(options.head, options.key, [(proof["size"], proof["root"])])
    return _tell_proof(wrong, inclusion_holds(**_unhex(proof)))


def check_consistency(options) -> int:
    """The command `consistency`."""
    proof = read_form(options.file, CONSISTENCY_FORM)
    roots = [(proof["first"], proof["first_root"]), (proof["second"], proof["second_root"])]
    wrong = _heads_disagree(options.head, options.key, roots)
    return _tell_proof(wrong, consistency_holds(**_unhex(proof)))


def check_journal(options) -> int:
    """The command `journal`. With --key only keys from the command line are used."""
    witness_keys = {}
    for given in options.witness_key:
        name, equals, path = given.partition("=")
        if not equals or not WITNESS_NAME.fullmatch(name):
            raise Unreadable(f"--witness-key {given}: not NAME=FILE")
        witness_keys[name] = load_key(path)
    key = load_key(options.key) if options.key else None
    if key is None and (options.folder / "keys").is_dir():
        witness_keys = load_exported_witness_keys(options.folder) | witness_keys
    journal = Journal()
    findings = journal.run(options.folder, key, witness_keys)
    say = _say_json if options.json else _say
    say(journal, findings)
    return WRONG if findings else SOUND


def _say_json(journal, findings):
    report = {
        "ok": not findings,
        "size": journal.size,
        "root": journal.root,
        "findings": [{"word": word, "index": index} for word, index in findings],
        "more": journal.findings.more,
        "passed_over": journal.passed_over,
    }
    sys.stdout.write(json.dumps(report) + "\n")


def _say(journal, findings):
    for word, index in findings:
        sys.stdout.write(f"{word} {index}\n")
    if journal.findings.more:
        sys.stdout.write("... and more\n")
    sys.stdout.write(f"{journal.size} entries, {'WRONG' if findings else 'sound'}\n")
    if journal.passed_over:
        sys.stdout.write(f"{journal.passed_over} co-signatures not checked: no key\n")


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors have this program's exit code."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(UNREADABLE, f"{self.prog}: {message}\n")


def main(arguments=None) -> int:
    """Run one command and return the exit code."""
    parser = _Parser(description="Check an exported journal or a proof file.")
    commands = parser.add_subparsers(required=True, dest="command")
    journal = commands.add_parser("journal")
    journal.add_argument("folder", type=Path)
    journal.add_argument("--key")
    journal.add_argument("--witness-key", action="append", default=[], metavar="NAME=FILE")
    journal.add_argument("--json", action="store_true")
    journal.set_defaults(check=check_journal)
    for name, check in (("inclusion", check_inclusion), ("consistency", check_consistency)):
        proof = commands.add_parser(name)
        proof.add_argument("file", type=Path)
        many = "+" if name == "consistency" else 1
        proof.add_argument("--head", nargs=many, action="extend", default=[], metavar="FILE")
        proof.add_argument("--key")
        proof.set_defaults(check=check)
    options = parser.parse_args(arguments)
    try:
        return options.check(options)
    except (Unreadable, OSError) as error:
        sys.stderr.write(f"cannot be read: {error}\n")
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
