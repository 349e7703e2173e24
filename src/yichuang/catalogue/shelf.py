"""The search index on disk: items' texts in, the likeliest few for a question out.

A tantivy index (embedded, a folder of files under YICHUANG_HOME) that holds our own tokens, beside
the vocabulary of the day it was made. It is a copy: made from the database, named by its content,
never changed once it stands, and made anew wherever it is missing. A change of a few items makes the
next index out of this one: the files are shared, the items replaced. tantivy chooses the candidates
by BM25; `wording.likeness` puts them in order.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import tantivy

from yichuang.catalogue import wording

# An index made by other code is another index: weights and form may both have changed.
MADE_BY = hashlib.sha256(
    Path(__file__).read_bytes() + Path(wording.__file__).read_bytes()
).hexdigest()[:8]
CANDIDATES = 24  # the right item is among them; 30 found two more in a thousand
ASKED_AT_MOST = 16  # tokens tantivy is asked for: the weightiest
TOLD = 0.7  # what a told situation is worth beside a name: short questions must not drown in them
KEPT_SECONDS = 3600  # an index no longer in use may still be read by somebody for so long
MEMORY = 64_000_000  # bytes, while it is made
VOCABULARY = "vocabulary.json"


@dataclass(frozen=True, slots=True)
class Item:
    """An item to be found. texts: each with its worth (wording.Entry). told: situations in people's
    words; they bring an item up and are never shown."""

    code: str
    texts: Mapping[str, float]
    told: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words that mean nothing, and what people say → what the catalogue calls it."""

    stops: frozenset[str]
    means: Mapping[str, Sequence[str]]
    longest: int  # characters of the longest of them

    def heard(self, text: str) -> tuple[set[str], dict[str, Sequence[str]]]:
        """Those that stand in a text."""
        pieces = {
            text[start:end]
            for start in range(len(text))
            for end in range(start + 1, min(start + self.longest, len(text)) + 1)
        }
        return pieces & self.stops, {said: self.means[said] for said in pieces & self.means.keys()}


def vocabulary(pairs: Iterable[tuple[str, str]]) -> Vocabulary:
    """Of (said, means), normalised; means "": nothing is meant by it."""
    stops: set[str] = set()
    means: dict[str, list[str]] = {}
    for said, meant in sorted(pairs):
        if meant:
            means.setdefault(said, []).append(meant)
        else:
            stops.add(said)
    return Vocabulary(frozenset(stops), means, max(map(len, (*stops, *means)), default=0))


def place(root: Path, stamp: str) -> Path:
    """The folder of the index with a stamp."""
    return root / f"{MADE_BY}-{stamp}"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field("entry", stored=True)
    return builder.build()


def make(
    root: Path,
    stamp: str,
    items: Sequence[Item],
    said: Iterable[tuple[str, str]],
    *,
    keep: Collection[str] = (),
) -> None:
    """Write an index; readers see all of it or nothing. One that stands already is replaced.

    keep: the stamps that are in use besides.
    """
    fresh = _fresh(root)
    pairs = sorted(said)
    (fresh / VOCABULARY).write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
    listed = _listed(items, vocabulary(pairs))
    documents: Counter[str] = Counter()
    for _code, texts in listed:
        documents.update({term.text for one in texts for term in one.terms})
    _write(tantivy.Index(_schema(), path=str(fresh)), listed, documents.__getitem__, len(items))
    _put(root, fresh, stamp, keep)


def renew(root: Path, stamp: str, before: str, items: Sequence[Item]) -> None:
    """Write the index that differs from the one before in these items only.

    What the other items' texts weigh is left as it was: it hardly moves by one item more.
    """
    fresh = _fresh(root)
    for file in place(root, before).iterdir():
        # tantivy writes its lists anew and the rest once only
        if file.suffix == ".json":
            shutil.copy(file, fresh / file.name)
        elif file.suffix != ".lock":
            os.link(file, fresh / file.name)
    known = vocabulary(json.loads((fresh / VOCABULARY).read_text(encoding="utf-8")))
    index = tantivy.Index.open(str(fresh))
    found = index.searcher()
    _write(
        index,
        _listed(items, known),
        lambda token: found.doc_freq("tokens", token),
        found.num_docs,
    )
    _put(root, fresh, stamp, [before])


def _fresh(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = root / f"new-{uuid.uuid4().hex}"
    fresh.mkdir(mode=0o700)
    return fresh


def _put(root: Path, fresh: Path, stamp: str, keep: Collection[str]) -> None:
    there = place(root, stamp)
    if there.exists():
        os.rename(there, root / f"old-{uuid.uuid4().hex}")
    os.rename(fresh, there)
    _tidy(root, {there, *(place(root, one) for one in keep)})


class _Text(NamedTuple):
    shown: str
    worth: float
    terms: Sequence[wording.Term]


def _listed(items: Iterable[Item], known: Vocabulary) -> list[tuple[str, list[_Text]]]:
    """The texts of each item, taken apart."""
    listed = []
    for item in items:
        texts = [(text, text, worth) for text, worth in item.texts.items()]
        texts += [(text, "", TOLD) for text in item.told]
        taken = [
            _Text(shown, worth, wording.terms(wording.without(normal, known.heard(normal)[0])))
            for text, shown, worth in texts
            if (normal := wording.normalise(text))
        ]
        listed.append((item.code, taken))
    return listed


def _write(
    index: tantivy.Index,
    listed: Iterable[tuple[str, list[_Text]]],
    documents: Callable[[str], int],
    total: int,
) -> None:
    """Add items to an index, or replace them there. documents: in how many items a token stands."""
    writer = index.writer(heap_size=MEMORY, num_threads=1)
    for code, texts in listed:
        surfaces: list[tuple[str, float, float]] = []
        where: dict[str, int] = {}
        for number, (shown, worth, terms) in enumerate(texts):
            norm = sum(wording.rarity(documents(term.text), total) * term.weight for term in terms)
            surfaces.append((shown, worth, round(norm, 3)))
            for token in wording.tokens(terms):
                where[token] = where.get(token, 0) | 1 << number
        entry = json.dumps([code, surfaces, where], ensure_ascii=False, separators=(",", ":"))
        writer.delete_documents_by_term("code", code)
        document = tantivy.Document()
        document.add_text("code", code)
        document.add_text("tokens", " ".join(where))
        document.add_bytes("entry", entry.encode())
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _tidy(root: Path, current: Collection[Path]) -> None:
    """Remove what nobody reads any more: what is older than the newest by KEPT_SECONDS."""
    made = {folder: folder.stat().st_mtime for folder in root.glob("*-*")}
    newest = max(made.values(), default=0)
    for folder, at in made.items():
        if folder not in current and newest - at > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


class Shelf:
    """An index, open for reading; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._known = vocabulary(json.loads((folder / VOCABULARY).read_text(encoding="utf-8")))
        self._documents = lru_cache(maxsize=20_000)(self._count)
        self._entry = lru_cache(maxsize=500)(self._parsed)  # some 20 MB at most

    def _count(self, token: str) -> int:
        return self._searcher.doc_freq("tokens", token)

    def likeliest(self, text: str, atmost: int) -> list[tuple[float, str, str]]:
        """(score, item code, the text that matched), best first, for a normalised question.

        The text is "" where a told situation matched.
        """
        stops, means = self._known.heard(text[: wording.LONGEST])
        readings = [[(wording.without(text, stops), 1.0)]]
        if means:
            readings.append(wording.translated(text, stops, means))
        total = self._searcher.num_docs
        asked = [wording.asked(wording.read(parts), self._documents, total) for parts in readings]
        found = []
        for code, entry in self._candidates(asked, max(CANDIDATES, atmost)):
            first, *rest = (wording.likeness(reading, entry) for reading in asked)
            score, said = wording.merged(first, rest[0]) if rest else first
            if score:
                found.append((score, code, said))
        return sorted(found, key=lambda one: (-one[0], one[1]))[:atmost]

    def _candidates(
        self, asked: Sequence[wording.Asked], atmost: int
    ) -> Iterable[tuple[str, wording.Entry]]:
        weights: dict[str, float] = {}
        for group in (group for reading in asked for group in reading.groups):
            for token, worth in group.answers:
                weights[token] = max(weights.get(token, 0.0), group.weight * worth)
        chosen = sorted(weights, key=lambda token: (-weights[token], token))[:ASKED_AT_MOST]
        total = self._searcher.num_docs
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(
                        tantivy.Query.term_query(self._schema, "tokens", token, "freq"),
                        # BM25 weighs by rarity too: what is left is what we think besides
                        weights[token] / wording.rarity(self._documents(token), total),
                    ),
                )
                for token in chosen
            ]
        )
        for _score, address in self._searcher.search(query, atmost, count=False).hits:
            yield self._entry(address.segment_ord, address.doc)

    def _parsed(self, segment: int, document: int) -> tuple[str, wording.Entry]:
        stored = self._searcher.doc(tantivy.DocAddress(segment, document))["entry"][0]
        code, surfaces, where = json.loads(stored)
        return code, wording.Entry(surfaces, where)
