"""What the county's own people work on: versions, drafts, examples, sayings, unanswered searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from yichuang.catalogue import checks, comparison, replay
from yichuang.catalogue import versions as stored
from yichuang.catalogue.comparison import Difference
from yichuang.catalogue.drafts import ItemDraft
from yichuang.catalogue.models import (
    Alias,
    ChainVersion,
    DraftVersion,
    Example,
    Item,
    ItemVersion,
    Material,
    SearchMiss,
)
from yichuang.catalogue.queries.items import with_materials
from yichuang.catalogue.replay import Replayed
from yichuang.verdict import Fault, Refusal

MOST_SHOWN = 500  # unanswered searches on one page


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of an item in the list of its versions."""

    version: int
    version_id: int
    valid_from: date
    name: str
    promised_days: int
    state: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in the list of drafts. authors: names of everybody who wrote on it."""

    id: int
    item_code: str
    item_name: str
    state: str
    seq: int
    note: str
    authors: tuple[str, ...]
    drafted_at: datetime
    published_version: int | None


@dataclass(frozen=True, slots=True)
class DraftSheet:
    """A draft with what it would make of the item.

    content: what was changed, as JSON (versions.EDITABLE). before, after: the newest version, and
    what the draft makes of it. outdated: another version was published since the draft began; then
    `before` is that one. faults block publishing; examples that changed have to be accepted.
    """

    line: DraftLine
    based_on: int
    newest: int
    content: Mapping[str, Any]
    author_ids: frozenset[int]
    before: ItemDraft
    after: ItemDraft
    differences: tuple[Difference, ...]
    faults: tuple[Fault, ...]
    replayed: tuple[Replayed, ...]

    @property
    def outdated(self) -> bool:
        return self.newest != self.based_on

    @property
    def changed_examples(self) -> tuple[Replayed, ...]:
        return tuple(example for example in self.replayed if example.changed)


@dataclass(frozen=True, slots=True)
class MissSheet:
    """A question that found nothing, and how often it was asked."""

    text: str
    count: int
    first_on: date
    last_on: date
    state: str


@dataclass(frozen=True, slots=True)
class AliasSheet:
    """A saying that staff gave an item."""

    item_code: str
    said: str
    added_by: str
    added_at: datetime


def versions(code: str) -> list[VersionLine]:
    """Every version of an item, the newest first. 1 SQL."""
    rows = ItemVersion.objects.filter(item=code).order_by("-version")
    return [
        VersionLine(row.version, row.pk, row.valid_from, row.name, row.promised_days, row.state)
        for row in rows.only("version", "valid_from", "name", "promised_days", "state")
    ]


def compare(code: str, before: int, after: int) -> list[Difference]:
    """What two versions of an item, by their numbers, say otherwise. 2 SQL.

    Refusal "version-unknown".
    """
    rows = {
        row.version: row
        for row in ItemVersion.objects.filter(
            item=code, version__in=(before, after)
        ).prefetch_related(with_materials())
    }
    for version in (before, after):
        if version not in rows:
            raise Refusal(
                "version-unknown",
                _("事项%(code)s没有第%(version)s版。") % {"code": code, "version": version},
                remedy=_("请从版本列表中选择。"),
                status=404,
            )
    return comparison.differences(stored.draft_of(rows[before]), stored.draft_of(rows[after]))


def open_drafts() -> list[DraftLine]:
    """Drafts being written or waiting to be published, the newest first. 1 SQL."""
    rows = _drafts().filter(state__in=("open", "ready"))
    return [_line(row) for row in rows]


def draft_sheet(draft_id: int) -> DraftSheet:
    """A draft and what it would make of its item. Refusal "draft-unknown". 6 SQL."""
    row = _drafts().filter(pk=draft_id).first()
    if row is None:
        raise draft_unknown()
    newest = newest_version(row.item_id)
    before = stored.draft_of(newest)
    after = stored.changed(before, row.content)
    return DraftSheet(
        line=_line(row),
        based_on=row.based_on,
        newest=newest.version,
        content=row.content,
        author_ids=author_ids(row.drafted_by),
        before=before,
        after=after,
        differences=tuple(comparison.differences(before, after)),
        faults=tuple(faults_of(after)),
        replayed=tuple(
            replay.replay(examples(row.item_id), after.questions, after.situations, after.materials)
        ),
    )


def examples(code: str) -> list[replay.Example]:
    """An item's examples in use. 1 SQL."""
    rows = Example.objects.filter(item=code, retired=False).order_by("pk")
    return [replay.Example(row.pk, row.name, row.answers, row.expected) for row in rows]


def misses(state: str = "open", limit: int = MOST_SHOWN) -> list[MissSheet]:
    """Questions that found nothing, the most asked first. state: open, answered, dismissed. 1 SQL."""
    rows = SearchMiss.objects.filter(state=state).order_by("-count", "text")[:limit]
    return [MissSheet(row.text, row.count, row.first_on, row.last_on, row.state) for row in rows]


def aliases(code: str = "") -> list[AliasSheet]:
    """The sayings that staff added, of one item or of all. 1 SQL."""
    rows = Alias.objects.order_by("item", "said")
    if code:
        rows = rows.filter(item=code)
    return [
        AliasSheet(row.item_id, row.said, row.added_by.get("name", ""), row.added_at)
        for row in rows
    ]


def added_aliases() -> dict[str, tuple[str, ...]]:
    """Item code → the sayings that staff added, for the search index. 1 SQL."""
    found: dict[str, tuple[str, ...]] = {}
    for code, said in Alias.objects.order_by("item", "said").values_list("item", "said"):
        found[code] = (*found.get(code, ()), said)
    return found


# -- for the package's own actions ---------------------------------------------------------------


def newest_version(code: str) -> ItemVersion:
    """The newest version, in force or not yet. Refusal "item-unknown". 2 SQL."""
    rows = ItemVersion.objects.filter(item=code).order_by("-version")
    row = rows.prefetch_related(with_materials()).first()
    if row is None:
        raise Refusal(
            "item-unknown",
            _("没有代码为“%(code)s”的事项。") % {"code": code},
            remedy=_("请核对事项代码。"),
            status=404,
        )
    return row


def faults_of(draft: ItemDraft) -> list[Fault]:
    """Everything that blocks publishing this draft. 3 SQL."""
    around = checks.Around(
        items=frozenset(Item.objects.values_list("pk", flat=True)),
        chains=frozenset(ChainVersion.objects.values_list("chain", flat=True)),
        materials=checks.Named(Material.objects.values_list("name", flat=True).distinct()),
    )
    return [*checks.check_item(draft, around), *stored.length_faults(draft)]


def author_ids(authors: list[dict[str, str]]) -> frozenset[int]:
    """The people in a draft's journal records of authors."""
    return frozenset(int(each["person"]) for each in authors if each.get("person"))


def draft_unknown() -> Refusal:
    return Refusal(
        "draft-unknown",
        _("没有找到这份草稿。"),
        remedy=_("请从草稿列表中选择。"),
        status=404,
    )


def _drafts() -> QuerySet[DraftVersion]:
    named = ItemVersion.objects.filter(item=OuterRef("item")).order_by("-version")
    return DraftVersion.objects.annotate(item_name=Subquery(named.values("name")[:1]))


def _line(row: Any) -> DraftLine:
    return DraftLine(
        id=row.pk,
        item_code=row.item_id,
        item_name=row.item_name,
        state=row.state,
        seq=row.seq,
        note=row.note,
        authors=tuple(each.get("name", "") for each in row.drafted_by),
        drafted_at=row.drafted_at,
        published_version=row.published_version,
    )
