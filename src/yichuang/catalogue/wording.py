"""How people's words meet the catalogue's, pure: terms, homophones, stop phrases, likeness.

A text is cut into units (a Chinese character, a run of digits, a Latin word) and indexed by its
single units and its pairs of neighbours; no dictionary is needed and a typing error costs only the
pairs it touches. Every pair also has its pinyin, so 宅鸡地, zhaijidi and zjd all find 宅基地.
Likeness of a query and a surface (a name, an alias) is a Tversky index over terms weighted by
rarity: the shared weight over a mix of both weights, so short aliases are not drowned.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pypinyin import Style, lazy_pinyin

SINGLE = 0.35  # what one unit weighs beside a pair
HOMOPHONE = 0.75  # what a pair that only sounds the same is worth
FUZZY = 0.5  # … that only shares its initials
ASKED = 0.6  # share of the query's own weight in the denominator; the rest is the surface's
COVERAGE = 0.35  # what it adds that an item's surfaces together cover the query
SECOND = 0.25  # what the weaker reading of the query (as said, or translated) adds
READ_AT_MOST = 6_000  # postings read for one query; the commonest terms go unread first
LONGEST = 60  # units of a query that are looked at

_UNIT = re.compile(r"[0-9]{1,20}|[a-z]{1,30}|[\u4e00-\u9fff]")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百]+")
_DIGIT = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?"
    r"(?:a|o|e|ai|ei|ao|ou|an|en|ang|eng|ong|i|ia|ie|iao|iu|ian|in|iang|ing|iong"
    r"|u|ua|uo|uai|ui|uan|un|uang|ue|v|ve|er)"
)
_ENGLISH_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    ]
)


@dataclass(frozen=True, slots=True)
class Term:
    """A unit or a pair of units, with how it sounds."""

    text: str
    pinyin: str
    initials: str
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """One thing asked for, and the indexed terms that would answer it, each with its worth."""

    weight: float
    answers: tuple[tuple[str, float], ...]


def _number(text: str) -> str:
    """十二 → 12, 八十 → 80, 四零五零 → 4050."""
    if not set(text) & set("十百"):
        return "".join(str(_DIGIT[char]) for char in text)
    total, current = 0, 0
    for char in text:
        if char in _DIGIT:
            current = _DIGIT[char]
        else:
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
    return str(total + current)


def normalise(text: str) -> str:
    """Full width to half, lower case, Chinese numerals to digits, punctuation to spaces."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = _NUMERAL.sub(lambda found: _number(found[0]), text)
    return " ".join("".join(char if _UNIT.match(char) else " " for char in text).split())


def _stem(word: str) -> str:
    """English plural away; two letters stay as they are."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def terms(text: str) -> list[Term]:
    """The terms of a text, each once, in order. Latin words count as single units of full weight."""
    found: dict[str, Term] = {}
    for run in normalise(text).split():
        units = _UNIT.findall(run)[:LONGEST]
        sounds = _sounds(units)
        for at, unit in enumerate(units):
            latin = unit.isascii() and unit.isalpha()
            if latin and unit in _ENGLISH_STOP:
                continue
            single = _stem(unit) if latin else unit
            sound = "" if unit.isascii() else sounds[at]
            found.setdefault(single, Term(single, sound, sound[:1], 1.0 if latin else SINGLE))
            if at + 1 < len(units):
                pair = unit + units[at + 1]
                found.setdefault(
                    pair,
                    Term(
                        pair,
                        sounds[at] + sounds[at + 1],
                        sounds[at][:1] + sounds[at + 1][:1],
                        1.0,
                    ),
                )
    return list(found.values())


def _sounds(units: Sequence[str]) -> list[str]:
    """The toneless syllable of each unit; what is not Chinese sounds as it is written."""
    sounds: list[str] = []
    at = 0
    while at < len(units):
        end = at
        while end < len(units) and not units[end].isascii():
            end += 1
        if end > at:  # together, so that 重 and 行 are read by their neighbours
            sounds += lazy_pinyin("".join(units[at:end]), style=Style.NORMAL)
            at = end
        else:
            sounds.append(units[at])
            at += 1
    return sounds


def syllables(word: str) -> list[str]:
    """A run of Latin letters cut into pinyin syllables, as few as can be; [] when it is none."""
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            head = best[start]
            if head is None or not _SYLLABLE.fullmatch(word, start, end):
                continue
            if best[end] is None or len(head) + 1 < len(best[end] or []):
                best[end] = [*head, word[start:end]]
    return best[-1] or []


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a query: its Chinese terms, English words, and runs of pinyin syllables."""

    terms: tuple[Term, ...]
    syllables: tuple[str, ...]  # of all Latin runs, in order
    letters: tuple[str, ...]  # Latin runs that are no syllables: initials, perhaps


def read(text: str) -> Reading:
    """Take a query apart. Latin words are kept as English and tried as pinyin besides."""
    sounds: list[str] = []
    letters: list[str] = []
    for run in re.findall(r"[a-z]+", normalise(text)):
        cut = syllables(run)
        if cut:
            sounds += cut
        elif 2 <= len(run) <= 8:
            letters.append(run)
    return Reading(tuple(terms(text)), tuple(sounds), tuple(letters))


def without(text: str, stops: Iterable[str]) -> str:
    """The text with stop phrases cut out, longest first; unchanged where nothing would be left."""
    left = text
    for stop in sorted(stops, key=len, reverse=True):
        left = left.replace(stop, " ")
    return left if left.strip() else text


def translated(text: str, synonyms: Mapping[str, Collection[str]]) -> str:
    """The text with what people say replaced by what the catalogue calls it, longest first."""
    if not synonyms:
        return text
    said = "|".join(re.escape(word) for word in sorted(synonyms, key=lambda w: (-len(w), w)))
    return re.sub(
        said,
        lambda found: " " + " ".join(synonyms[found[0]]) + " ",
        text,
    )


def rarity(documents: int, total: int) -> float:
    """Inverse document frequency, always positive (the BM25+ form)."""
    return math.log(1 + (total - documents + 0.5) / (documents + 0.5))


@dataclass(frozen=True, slots=True)
class Known:
    """An indexed term: in how many surfaces it stands, and how it sounds."""

    documents: int
    pinyin: str
    initials: str


def groups(reading: Reading, vocabulary: Mapping[str, Known], total: int) -> list[Group]:
    """What a reading asks for, weighed by rarity, with every indexed term that may answer.

    vocabulary: the indexed terms that occur in the reading or sound like something in it.
    """
    by_sound: dict[str, list[str]] = defaultdict(list)
    by_initials: dict[str, list[str]] = defaultdict(list)
    for text, known in vocabulary.items():
        if known.pinyin:
            by_sound[known.pinyin].append(text)
            by_initials[known.initials].append(text)

    def rare(answers: Iterable[str]) -> float:
        return rarity(min(vocabulary[text].documents for text in answers), total)

    asked: list[Group] = []
    for term in reading.terms:
        answers = {text: HOMOPHONE for text in by_sound[term.pinyin] if len(term.text) > 1}
        if term.text in vocabulary:
            answers[term.text] = 1.0
            weight = rarity(vocabulary[term.text].documents, total)
        elif answers:
            weight = rare(answers)
        elif term.text.isascii() and term.text.isalpha():
            continue  # a Latin word that is no English of ours: pinyin, or nothing
        else:
            weight = rarity(1, total) * 0.5  # asked for, and nowhere: it still dilutes a match
        asked.append(Group(weight * term.weight, tuple(sorted(answers.items()))))
    for pieces, worth in (
        ([first + second for first, second in pairs(reading.syllables)], 1.0),
        (reading.syllables, SINGLE),
    ):
        for piece in pieces:
            if found := [text for text in by_sound[piece] if not text.isascii()]:
                asked.append(
                    Group(rare(found) * worth, tuple((text, 1.0) for text in sorted(found)))
                )
    for run in reading.letters:
        for first, second in pairs(run):
            if found := by_initials[first + second]:
                asked.append(
                    Group(rare(found) * FUZZY, tuple((text, 1.0) for text in sorted(found)))
                )
    return asked


def pairs(sequence: Sequence[str]) -> list[tuple[str, str]]:
    """Neighbours."""
    return list(zip(sequence, sequence[1:], strict=False))


def wanted(reading: Reading) -> tuple[set[str], set[str], set[str]]:
    """(terms, pinyin, initials) to look up in the vocabulary before `groups`."""
    sounds = {term.pinyin for term in reading.terms if len(term.text) > 1 and term.pinyin}
    sounds |= set(reading.syllables) | {a + b for a, b in pairs(reading.syllables)}
    initials = {a + b for run in reading.letters for a, b in pairs(run)}
    return {term.text for term in reading.terms}, sounds, initials


@dataclass(frozen=True, slots=True)
class Surface:
    """A text by which an item can be found. worth: 1 for an alias or name, less for the rest."""

    item: int
    text: str
    worth: float


@dataclass(slots=True)
class Index:
    """The inverted index.

    postings: term → four numbers for each surface it stands in: the surface's number, its item's
    number, its norm and its worth, as 4-byte floats (whole numbers up to 2^24 are exact in one).
    """

    vocabulary: dict[str, Known]
    postings: dict[str, array[float]]
    total: int


def build(surfaces: Sequence[Surface]) -> Index:
    """Index surfaces, numbered by their place. Norm: the rarity-weighted mass of a surface."""
    found = [terms(surface.text) for surface in surfaces]
    sounds: dict[str, Term] = {}
    documents: dict[str, int] = defaultdict(int)
    for listed in found:
        for term in listed:
            sounds.setdefault(term.text, term)
            documents[term.text] += 1
    total = len(surfaces)
    postings: dict[str, array[float]] = defaultdict(lambda: array("f"))
    for number, (surface, listed) in enumerate(zip(surfaces, found, strict=True)):
        norm = sum(rarity(documents[term.text], total) * term.weight for term in listed)
        for term in listed:
            postings[term.text].extend((number, surface.item, norm, surface.worth))
    return Index(
        {text: Known(documents[text], term.pinyin, term.initials) for text, term in sounds.items()},
        dict(postings),
        total,
    )


def readable(asked: Sequence[Group], vocabulary: Mapping[str, Known]) -> set[str]:
    """The terms whose postings to read: the rarest first, until READ_AT_MOST postings."""
    listed = sorted(
        {text for group in asked for text, _worth in group.answers},
        key=lambda text: (vocabulary[text].documents, text),
    )
    budget, chosen = READ_AT_MOST, set()
    for text in listed:
        budget -= vocabulary[text].documents
        if budget < 0 and chosen:
            break
        chosen.add(text)
    return chosen


def likeness(
    asked: Sequence[Group], postings: Mapping[str, array[float]]
) -> dict[int, tuple[float, int]]:
    """Item number → (score, number of its surface that is most alike)."""
    mass = sum(group.weight for group in asked)
    shared: dict[float, float] = defaultdict(float)
    about: dict[float, tuple[float, float, float]] = {}
    covered: dict[float, float] = defaultdict(float)
    for group in asked:
        best_surface: dict[float, float] = {}
        best_item: dict[float, float] = {}
        # worst answers first, so that better ones overwrite them
        for text, worth in sorted(group.answers, key=lambda answer: answer[1]):
            packed = postings.get(text)
            if packed:
                surfaces, items = packed[0::4], packed[1::4]
                best_surface.update(dict.fromkeys(surfaces, worth))
                best_item.update(dict.fromkeys(items, worth))
                about.update(
                    zip(surfaces, zip(items, packed[2::4], packed[3::4], strict=True), strict=True)
                )
        for surface, worth in best_surface.items():
            shared[surface] += group.weight * worth
        for item, worth in best_item.items():
            covered[item] += group.weight * worth
    found: dict[float, tuple[float, float]] = {}
    for surface in sorted(shared):
        item, norm, worth = about[surface]
        alike = worth * shared[surface] / (ASKED * mass + (1 - ASKED) * norm)
        if item not in found or alike > found[item][0]:
            found[item] = (alike, surface)
    return {
        int(item): (alike + COVERAGE * covered[item] / mass, int(surface))
        for item, (alike, surface) in found.items()
    }


def merged(
    first: Mapping[int, tuple[float, int]], second: Mapping[int, tuple[float, int]]
) -> dict[int, tuple[float, int]]:
    """Two readings of one query: the better score, and a little for agreeing."""
    both = {}
    for item in first.keys() | second.keys():
        ranked = sorted((first.get(item, (0.0, -1)), second.get(item, (0.0, -1))), reverse=True)
        both[item] = (ranked[0][0] + SECOND * ranked[1][0], ranked[0][1])
    return both
