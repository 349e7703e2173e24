"""Find an item by people's words: the stored index on one side, `wording` on the other.

The index is our own, in three plain tables: the same answers on SQLite and PostgreSQL, no
extension, no process memory to go stale. One search reads the terms of the question (by primary
key, or by an index on their pinyin) and never the whole catalogue.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from yichuang.catalogue import rules, wording
from yichuang.catalogue.models import (
    ItemVersion,
    SearchIndex,
    SearchSurface,
    SearchTerm,
    Synonym,
)
from yichuang.verdict import Refusal

COMMON_WORDS = Path(__file__).with_name("common_words.csv")
LIMIT_AT_MOST = 100
SPARE = 3  # candidates looked at per hit wanted: some may be out of use, or not listed
SOUND_ALIKE = 200  # terms with the same initials that are considered
HIGH_FREQUENCY = 1.05  # between equals, the item more people come for
CONTEXT = 0.3  # domain, chain and materials say little about what an item is
TRIES = 3
# Below this likeness nothing was meant by it. A single Latin word is held to more: a few initials
# in common with some item are chance ("qqqzzz"); the lowest true one in our questions has 1.0.
FLOOR = 0.15
FLOOR_OF_INITIALS = 0.65
_ONE_WORD = re.compile(r"[a-z]+")
BATCH = 2000  # rows per insert where the database takes that many


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found. score: comparable within one search only. why: the text that matched."""

    code: str
    name: str
    name_en: str
    score: float
    why: str


def search(
    words: str,
    *,
    on: date,
    limit: int = 10,
    outlet_kind: str | None = None,
    town_kind: str = "town",
) -> list[Hit]:
    """Items in use on a day that answer people's words, the likeliest first; [] when none does.

    outlet_kind, town_kind: leave only what the lists of such an outlet hold (rules.listed_at;
    a partner's own list is not looked at). Refusal "search-empty" when there is nothing to
    search for. At most 7 SQL.
    """
    text = wording.normalise(words[: wording.LONGEST * 4])
    if not text:
        raise Refusal(
            "search-empty",
            _("没有可以搜索的文字。"),
            remedy=_("请用平常的话说要办的事，如“盖房批地”“办残疾证”。"),
            field="words",
        )
    limit = max(1, min(limit, LIMIT_AT_MOST))
    for _attempt in range(TRIES):
        state = SearchIndex.objects.filter(key=1).values_list("build", "surfaces").first()
        if state is None or not state[1]:
            return []
        build, total = state
        scored = _scored(text, total)
        floor = FLOOR_OF_INITIALS if _ONE_WORD.fullmatch(text) else FLOOR
        likely = (one for one in scored.values() if one[0] >= floor)
        ranked = sorted(likely, key=lambda one: (-one[0], one[1]))[: limit * SPARE]
        surfaces = {
            number: (item, said)
            for number, item, said in SearchSurface.objects.filter(
                build=build, number__in=[number for _score, number in ranked]
            ).values_list("number", "item_id", "text")
        }
        if len(surfaces) == len(ranked):
            return _hits(ranked, surfaces, on, limit, outlet_kind, town_kind)
        # the index was rebuilt between two of our reads: read it again
    return []


class _InUse(NamedTuple):
    """What a hit needs of the version in force."""

    name: str
    name_en: str
    state: str
    town: bool
    street: bool
    village: bool


def _hits(
    ranked: list[tuple[float, int]],
    surfaces: dict[int, tuple[str, str]],
    on: date,
    limit: int,
    outlet_kind: str | None,
    town_kind: str,
) -> list[Hit]:
    # the newest of each item by the day asked about: later rows replace earlier ones
    versions = {
        row[0]: _InUse(*row[1:])
        for row in ItemVersion.objects.filter(
            item__in={item for item, _said in surfaces.values()}, valid_from__lte=on
        )
        .order_by("valid_from")
        .values_list("item_id", "name", "name_en", "state", "town", "street", "village")
    }
    hits = []
    for score, number in ranked:
        item, said = surfaces[number]
        version = versions.get(item)
        if version is None or version.state != "active":
            continue
        if outlet_kind and not rules.listed_at(outlet_kind, town_kind, version):
            continue
        hits.append(Hit(item, version.name, version.name_en, round(score, 4), said))
    return hits[:limit]


def _scored(text: str, total: int) -> dict[int, tuple[float, int]]:
    """Item number → (score, surface number), of the question as said and as translated."""
    stops, synonyms = _sayings(text)
    plain = wording.without(text, stops)
    readings = [wording.read(plain)]
    translated = wording.translated(plain, synonyms)
    if translated != plain:
        readings.append(wording.read(translated))
    looked_up = [wording.wanted(reading) for reading in readings]
    terms = set().union(*(part[0] for part in looked_up))
    sounds = set().union(*(part[1] for part in looked_up))
    initials = set().union(*(part[2] for part in looked_up))
    vocabulary = _vocabulary(SearchTerm.objects.filter(Q(term__in=terms) | Q(pinyin__in=sounds)))
    if initials:
        vocabulary |= _vocabulary(
            SearchTerm.objects.filter(
                term__in=SearchTerm.objects.filter(initials__in=initials)
                .order_by("-documents", "term")
                .values("term")[:SOUND_ALIKE]
            )
        )
    asked = [wording.groups(reading, vocabulary, total) for reading in readings]
    readable = wording.readable([group for groups in asked for group in groups], vocabulary)
    postings = {
        term: array("f", bytes(packed))
        for term, packed in SearchTerm.objects.filter(term__in=readable)
        .order_by()
        .values_list("term", "postings")
    }
    first, *rest = (wording.likeness(groups, postings) for groups in asked)
    return wording.merged(first, rest[0]) if rest else first


def _vocabulary(rows: QuerySet[SearchTerm]) -> dict[str, wording.Known]:
    return {
        term: wording.Known(documents, pinyin, initials)
        for term, documents, pinyin, initials in rows.order_by().values_list(
            "term", "documents", "pinyin", "initials"
        )
    }


def _sayings(text: str) -> tuple[set[str], dict[str, list[str]]]:
    """The stop phrases and synonyms that stand in a text, looked up by its pieces."""
    text = text[: wording.LONGEST]
    pieces = {
        text[start:end]
        for start in range(len(text))
        for end in range(start + 1, min(start + rules.LONGEST_SAID, len(text)) + 1)
    }
    stops: set[str] = set()
    synonyms: dict[str, list[str]] = {}
    for said, means in Synonym.objects.filter(said__in=pieces).values_list("said", "means"):
        if means:
            synonyms.setdefault(said, []).append(means)
        else:
            stops.add(said)
    return stops, synonyms


def common_words() -> list[rules.SynonymDraft]:
    """The words of everyday Mandarin that mean nothing, or something, in any county."""
    with COMMON_WORDS.open(encoding="utf-8", newline="") as lines:
        return [
            rules.SynonymDraft(row["said"], row["means"], number, COMMON_WORDS.name)
            for number, row in enumerate(csv.DictReader(lines), start=2)
        ]


_BRACKETED = re.compile(r"（[^（）]*）")


def _surfaces(version: ItemVersion, materials: Iterable[str]) -> dict[str, float]:
    """The texts an item can be found by, each once, with their worth."""
    worth = HIGH_FREQUENCY if version.high_frequency else 1.0
    texts = [version.name, _BRACKETED.sub("", version.name), *version.aliases, version.name_en]
    context = " ".join([version.domain, *version.chain_names, *materials])
    found = {context: CONTEXT} | dict.fromkeys(texts, worth)
    return {text: worth for text, worth in found.items() if wording.normalise(text)}


def locked() -> SearchIndex:
    """The index's row, held until the transaction ends: one publication at a time."""
    SearchIndex.objects.get_or_create(key=1)
    return SearchIndex.objects.select_for_update().get(key=1)


@transaction.atomic
def rebuild_index() -> int:
    """Index the newest published version of every item anew; the number of texts indexed.

    A version that takes effect later is indexed at once; `search` still shows, and filters by,
    the version in force.
    """
    return rebuild(locked())


def rebuild(index: SearchIndex) -> int:
    """As rebuild_index, for a caller that holds the index's row already."""
    stops = set(Synonym.objects.filter(means="").values_list("said", flat=True))
    newest = (
        ItemVersion.objects.annotate(newest=Max("item__versions__version"))
        .filter(version=F("newest"))
        .prefetch_related("materials")
        .order_by("item")
    )
    surfaces: list[wording.Surface] = []
    owners: list[tuple[str, str]] = []  # item code and text, by surface number
    for number, version in enumerate(newest):
        materials = [material.name for material in version.materials.all()]
        for text, worth in _surfaces(version, materials).items():
            asked = wording.without(wording.normalise(text), stops)
            surfaces.append(wording.Surface(number, asked, worth))
            owners.append((version.item_id, text))
    built = wording.build(surfaces)
    index.build += 1
    index.surfaces = built.total
    SearchTerm.objects.all().delete()
    SearchSurface.objects.all().delete()
    SearchSurface.objects.bulk_create(
        [
            SearchSurface(number=number, item_id=code, text=text[:2000], build=index.build)
            for number, (code, text) in enumerate(owners)
        ],
        batch_size=BATCH,
    )
    SearchTerm.objects.bulk_create(
        [
            SearchTerm(
                term=term,
                pinyin=known.pinyin,
                initials=known.initials,
                documents=known.documents,
                postings=built.postings[term].tobytes(),
            )
            for term, known in built.vocabulary.items()
        ],
        batch_size=BATCH,
    )
    index.save(update_fields=["build", "surfaces"])
    return built.total
