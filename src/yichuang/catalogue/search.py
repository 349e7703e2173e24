"""Find an item by people's words: the catalogue on one side, the index on disk on the other.

The database holds the truth and the index's stamp, a digest of what it was made of; `shelf` holds the index.
A publication makes the index of the new content before it commits, so both move together; a stamp
whose index is not on this machine (a second server, a restored backup) has it made at the first
question. So the same catalogue gives the same answers on SQLite and PostgreSQL.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from yichuang.catalogue import drafts, rules, shelf, wording
from yichuang.catalogue.models import ItemVersion, Saying, SearchIndex, Synonym
from yichuang.catalogue.queries.upkeep import added_aliases
from yichuang.verdict import Refusal

COMMON_WORDS = Path(__file__).with_name("common_words.csv")
LIMIT_AT_MOST = 100
SPARE = 2  # candidates looked at per hit wanted: some may be out of use, or not listed
HIGH_FREQUENCY = 1.05  # between equals, the item more people come for
CONTEXT = 0.3  # domain, chain and materials say little about what an item is
# Below this likeness nothing was meant by it. A single Latin word is held to more: a few initials
# in common with some item are chance ("qqqzzz"); the lowest true one in our questions has 1.0.
FLOOR = 0.15
FLOOR_OF_INITIALS = 0.65
# Below this the best hit is doubtful: shown, said to be doubtful, and counted as a search in vain.
# One in a hundred of our questions' right answers lies below it; so do 你好, 世界杯 and 买彩票.
DOUBTFUL = 0.62
_ONE_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found. score: comparable within one search only. why: the text that
    matched; "" where a told situation did."""

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
    search for. 2 SQL.
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
    stamp = SearchIndex.objects.filter(key=1).values_list("build", flat=True).first()
    if not stamp:
        return []
    floor = FLOOR_OF_INITIALS if _ONE_WORD.fullmatch(text) else FLOOR
    ranked = [one for one in _open(stamp).likeliest(text, limit * SPARE) if one[0] >= floor]
    return _hits(ranked, on, limit, outlet_kind, town_kind)


def doubtful(hits: Sequence[Hit]) -> bool:
    """Whether nothing was found, or nothing likely."""
    return not hits or hits[0].score < DOUBTFUL


class _InUse(NamedTuple):
    """What a hit needs of the version in force."""

    name: str
    name_en: str
    state: str
    town: bool
    street: bool
    village: bool


def _hits(
    ranked: list[tuple[float, str, str]],
    on: date,
    limit: int,
    outlet_kind: str | None,
    town_kind: str,
) -> list[Hit]:
    # the newest of each item by the day asked about: later rows replace earlier ones
    versions = {
        row[0]: _InUse(*row[1:])
        for row in ItemVersion.objects.filter(
            item__in=[code for _score, code, _said in ranked], valid_from__lte=on
        )
        .order_by("valid_from")
        .values_list("item_id", "name", "name_en", "state", "town", "street", "village")
    }
    hits = []
    for score, code, said in ranked:
        version = versions.get(code)
        if version is None or version.state != "active":
            continue
        if outlet_kind and not rules.listed_at(outlet_kind, town_kind, version):
            continue
        hits.append(Hit(code, version.name, version.name_en, round(score, 4), said))
    return hits[:limit]


def common_words() -> list[drafts.SynonymDraft]:
    """The words of everyday Mandarin that mean nothing, or something, in any county."""
    with COMMON_WORDS.open(encoding="utf-8", newline="") as lines:
        return [
            drafts.SynonymDraft(row["said"], row["means"], number, COMMON_WORDS.name)
            for number, row in enumerate(csv.DictReader(lines), start=2)
        ]


_BRACKETED = re.compile(r"（[^（）]*）")


def _surfaces(
    version: ItemVersion, added: Sequence[str], materials: Iterable[str]
) -> dict[str, float]:
    """The texts an item can be found by, each once, with their worth."""
    worth = HIGH_FREQUENCY if version.high_frequency else 1.0
    named = [version.name, _BRACKETED.sub("", version.name), version.name_en]
    context = " ".join([version.domain, *version.chain_names, *materials])
    return {context: CONTEXT} | dict.fromkeys([*named, *version.aliases, *added], worth)


def locked() -> SearchIndex:
    """The index's row, held until the transaction ends: one publication at a time."""
    SearchIndex.objects.get_or_create(key=1)
    return SearchIndex.objects.select_for_update().get(key=1)


@transaction.atomic
def rebuild_index() -> int:
    """Make the index anew of the newest published version of every item; the number of items.

    A version that takes effect later is indexed at once; `search` still shows, and filters by,
    the version in force. An index of the same content is replaced, should it have been damaged.
    """
    return rebuild(locked(), anew=True)


def rebuild(index: SearchIndex, *, anew: bool = False) -> int:
    """As rebuild_index, for a caller that holds the index's row already."""
    items, said = _items(), _said()
    before, index.build = index.build, _digest(items, said)
    if anew or not shelf.place(_root(), index.build).exists():
        shelf.make(_root(), index.build, items, said, keep=[before])
        _open.cache_clear()
    index.save(update_fields=["build"])
    return len(items)


def renew(index: SearchIndex, code: str) -> None:
    """Index what an item says now, for a caller that holds the index's row; the others stay.

    Where the index in force is not on this machine, everything is indexed.
    """
    before = index.build
    if not shelf.place(_root(), before).exists():
        rebuild(index)
        return
    items = _items(code)
    index.build = _digest(items, before)
    if not shelf.place(_root(), index.build).exists():
        shelf.renew(_root(), index.build, before, items)
    index.save(update_fields=["build"])


def _digest(items: Iterable[shelf.Item], besides: object) -> str:
    told = [[item.code, list(item.texts.items()), item.told] for item in items]
    return hashlib.sha256(json.dumps([told, besides]).encode()).hexdigest()[:16]


def _items(code: str = "") -> list[shelf.Item]:
    """All that items (or one) can be found by, in one order on both databases."""
    newest = ItemVersion.objects.annotate(newest=Max("item__versions__version")).filter(
        version=F("newest")
    )
    told = Saying.objects.order_by("item", "said")
    if code:
        newest, told = newest.filter(item=code), told.filter(item=code)
    situations: dict[str, list[str]] = {}
    for item, said in told.values_list("item", "said"):
        situations.setdefault(item, []).append(said)
    added = added_aliases()
    items = [
        shelf.Item(
            version.item_id,
            _surfaces(
                version,
                added.get(version.item_id, ()),
                [material.name for material in version.materials.all()],
            ),
            sorted(situations.get(version.item_id, ())),
        )
        for version in newest.prefetch_related("materials")
    ]
    return sorted(items, key=lambda item: item.code)


def _said() -> list[tuple[str, str]]:
    return sorted(Synonym.objects.values_list("said", "means"))


def _root() -> Path:
    return Path(settings.HOME) / "search"


@lru_cache(maxsize=2)
def _open(stamp: str) -> shelf.Shelf:
    """The index with a stamp; made first where this machine has none, or only a damaged one."""
    root = _root()
    folder = shelf.place(root, stamp)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return shelf.Shelf(folder)
        except (OSError, ValueError):
            shelf.make(root, stamp, _items(), _said())
    return shelf.Shelf(folder)
