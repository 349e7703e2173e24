"""The tree against RFC 6962's own recursive definitions, and JSON against itself."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.journal import rules

LEAVES = [rules.leaf_hash(b"%d" % number) for number in range(65)]


@cache
def mth(start, end):
    """MTH(D[start:end]), RFC 6962 §2.1, over given leaf hashes."""
    if end == start:
        return rules.EMPTY_ROOT
    if end - start == 1:
        return LEAVES[start]
    k = 1
    while k * 2 < end - start:
        k *= 2
    return rules.node_hash(mth(start, start + k), mth(start + k, end))


def path(m, start, end):
    """PATH(m, D), RFC 6962 §2.1.1."""
    if end - start == 1:
        return []
    k = 1
    while k * 2 < end - start:
        k *= 2
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m, start, end, whole):
    """SUBPROOF(m, D, b), RFC 6962 §2.1.2."""
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = 1
    while k * 2 < end - start:
        k *= 2
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def stored_nodes(size):
    """What the entries of a journal of `size` keep, by (level, position)."""
    tree, nodes = rules.CompactRange(), {}
    for index in range(size):
        tree, completed = tree.append(LEAVES[index])
        nodes[(0, index)] = LEAVES[index]
        for level, node in enumerate(completed, start=1):
            nodes[(level, index >> level)] = node
            assert rules.keeper((level, index >> level)) == index
    return nodes


def hashes(ranges, nodes):
    return [rules.range_hash(start, end, nodes.__getitem__) for start, end in ranges]


def flip(value):
    return bytes([value[0] ^ 1]) + value[1:]


def test_known_roots():
    """The empty tree, and the two-leaf tree of RFC 6962's definitions written out."""
    assert rules.CompactRange().root.hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    a, b = rules.leaf_hash(b""), rules.leaf_hash(b"\0")
    assert a.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    tree, _ = rules.CompactRange().append(a)
    tree, _ = tree.append(b)
    assert tree.root.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


def test_every_size_up_to_64():
    """Root, frontier, every inclusion and every consistency proof equal the definitions'."""
    tree = rules.CompactRange()
    for size in range(1, 65):
        tree, _ = tree.append(LEAVES[size - 1])
        assert tree.root == mth(0, size)
        assert rules.CompactRange.unpacked(size, tree.packed) == tree
        nodes = stored_nodes(size)
        for index in range(size):
            proof = hashes(rules.inclusion_ranges(index, size), nodes)
            assert proof == path(index, 0, size)
            assert rules.verify_inclusion(
                leaf=LEAVES[index], index=index, size=size, proof=proof, root=tree.root
            )
        for first in range(1, size + 1):
            proof = hashes(rules.consistency_ranges(first, size), nodes)
            assert proof == subproof(first, 0, size, True)
            assert rules.verify_consistency(
                first=first,
                first_root=mth(0, first),
                second=size,
                second_root=tree.root,
                proof=proof,
            )


sizes = st.integers(1, 64)


@given(size=sizes, data=st.data())
def test_every_element_of_an_inclusion_proof_counts(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof, root = path(index, 0, size), mth(0, size)
    fine = {"leaf": LEAVES[index], "index": index, "size": size, "root": root}
    for spot in range(len(proof)):
        bent = [*proof[:spot], flip(proof[spot]), *proof[spot + 1 :]]
        assert not rules.verify_inclusion(**fine, proof=bent)
        assert not rules.verify_inclusion(**fine, proof=proof[:spot] + proof[spot + 1 :])
        assert not rules.verify_inclusion(**fine, proof=[*proof[:spot], LEAVES[64], *proof[spot:]])
    assert not rules.verify_inclusion(**fine, proof=[*proof, LEAVES[64]])
    assert not rules.verify_inclusion(**{**fine, "leaf": flip(LEAVES[index])}, proof=proof)
    assert not rules.verify_inclusion(**{**fine, "root": flip(root)}, proof=proof)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index or size == 1))
    if other != index:
        assert not rules.verify_inclusion(**{**fine, "index": other}, proof=proof)


@given(second=sizes, data=st.data())
def test_every_element_of_a_consistency_proof_counts(second, data):
    first = data.draw(st.integers(1, second))
    proof = subproof(first, 0, second, True)
    fine = {
        "first": first,
        "first_root": mth(0, first),
        "second": second,
        "second_root": mth(0, second),
    }
    for spot in range(len(proof)):
        bent = [*proof[:spot], flip(proof[spot]), *proof[spot + 1 :]]
        assert not rules.verify_consistency(**fine, proof=bent)
        assert not rules.verify_consistency(**fine, proof=proof[:spot] + proof[spot + 1 :])
    assert not rules.verify_consistency(**fine, proof=[*proof, LEAVES[64]])
    for root in ("first_root", "second_root"):
        assert not rules.verify_consistency(**{**fine, root: flip(fine[root])}, proof=proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3)])
def test_no_inclusion_outside_the_tree(index, size):
    with pytest.raises(ValueError, match="not in a tree"):
        rules.inclusion_ranges(index, size)
    assert not rules.verify_inclusion(
        leaf=LEAVES[0], index=index, size=size, proof=[], root=LEAVES[0]
    )


def test_nothing_is_consistent_with_the_empty_tree():
    """A choice: implementations differ on it, and such a proof would say nothing."""
    with pytest.raises(ValueError, match="No consistency proof"):
        rules.consistency_ranges(0, 3)
    assert not rules.verify_consistency(
        first=0, first_root=rules.EMPTY_ROOT, second=3, second_root=mth(0, 3), proof=[]
    )


def test_a_frontier_of_another_size_is_refused():
    with pytest.raises(ValueError, match="frontier"):
        rules.CompactRange.unpacked(3, b"\0" * 32)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
integers = st.integers(-rules.LARGEST_INTEGER, rules.LARGEST_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(value=values)
def test_canonical_json_is_json_and_settled(value):
    """It reads back as the same value, and writing that again gives the same bytes."""
    written = rules.canonical_json(value)
    assert json.loads(written) == value
    assert rules.canonical_json(json.loads(written)) == written


@given(pairs=st.dictionaries(texts, integers, min_size=2), data=st.data())
def test_canonical_json_does_not_depend_on_order(pairs, data):
    shuffled = dict(data.draw(st.permutations(list(pairs.items()))))
    assert rules.canonical_json(shuffled) == rules.canonical_json(pairs)


def test_canonical_json_to_the_byte():
    class Colour(StrEnum):
        RED = "red"

    value = {
        "b": (1, None, True),
        "a": '一窗\n\x7f"\\/',
        "at": datetime(2026, 11, 22, 9, 2, 3, tzinfo=timezone(timedelta(hours=8))),
        "day": date(2026, 11, 22),
        "case": UUID(int=1),
        "colour": Colour.RED,
    }
    assert rules.canonical_json(value).decode() == (
        '{"a":"一窗\\n\x7f\\"\\\\/","at":"2026-11-22T01:02:03.000000Z","b":[1,null,true],'
        '"case":"00000000-0000-0000-0000-000000000001","colour":"red","day":"2026-11-22"}'
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        b"x",
        {1: "x"},
        {"a": {1, 2}},
        2**53,
        "a\0b",
        {"a\0": 1},
        "\ud800",
        datetime(2026, 1, 1),  # noqa: DTZ001  (naive on purpose)
    ],
)
def test_what_json_cannot_keep_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        rules.canonical_json(value)


def test_every_column_is_under_the_leaf():
    fine = {
        "index": 1,
        "stream": "case:1",
        "seq": 2,
        "kind": "case.noted",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "author": {"role": "system", "name": "a"},
        "payload": {"a": 1},
    }
    other = {
        "index": 2,
        "stream": "case:2",
        "seq": None,
        "kind": "case.Noted",
        "at": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        "author": {"role": "system", "name": "b"},
        "payload": {"a": "1"},
    }
    leaf = rules.entry_leaf(**fine)
    for column, value in other.items():
        assert rules.entry_leaf(**{**fine, column: value}) != leaf, column


def test_the_documented_vector():
    """docs/journal-format.md is what an outsider builds a verifier from."""
    text = (Path(__file__).parents[2] / "docs" / "journal-format.md").read_text(encoding="utf-8")
    lines = text.split("## Vector")[1].split("```")[1].strip().splitlines()
    tree = rules.CompactRange()
    for written, leaf, root in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        entry = json.loads(written)
        assert rules.canonical_json(entry).decode() == written
        ours = rules.entry_leaf(**{**entry, "at": datetime.fromisoformat(entry["at"])})
        tree, _ = tree.append(ours)
        assert (leaf, root) == (f"leaf {ours.hex()}", f"root {tree.root.hex()}")
    assert tree.size == 3
