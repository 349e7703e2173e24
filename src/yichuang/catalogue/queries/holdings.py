"""The catalogue as its keepers look through it: a page of items, and what is still open on each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from yichuang.catalogue.models import DraftVersion, Example, ItemVersion
from yichuang.catalogue.queries.items import versions_in_force

PAGE = 50
# What a list can be narrowed to. "asks": its situations are questions; "plain": it asks nothing.
STATES = ("asks", "plain", "draft", "examples", "unconfirmed", "idle")
MARKS = ("membership_draft", "days_draft", "materials_draft")


@dataclass(frozen=True, slots=True)
class HeldLine:
    """An item as its keeper sees it. asks: how many questions. draft_id None: nobody drafts.

    unconfirmed: which of MARKS stand, and "basis_confirmed" where the basis was not checked.
    """

    code: str
    name: str
    name_en: str
    domain: str
    version: int
    valid_from: date
    state: str
    asks: int
    examples: int
    draft_id: int | None
    draft_state: str
    unconfirmed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page of lines, in code order. count: of all that were found."""

    lines: tuple[HeldLine, ...]
    count: int
    number: int
    pages: int


def holdings(
    on: date, *, words: str = "", domain: str = "", state: str = "", number: int = 1
) -> HeldPage:
    """The items whose code or name holds these words, 50 a page. state: one of STATES. 2 SQL."""
    rows = versions_in_force(on)
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(item__code__icontains=words) | Q(name_en__icontains=words)
        )
    if domain:
        rows = rows.filter(domain=domain)
    rows = _in_state(rows, state)
    count = rows.count()
    pages = max(1, -(-count // PAGE))
    number = min(max(number, 1), pages)
    start = (number - 1) * PAGE
    return HeldPage(
        tuple(_line(row) for row in _annotated(rows)[start : start + PAGE]), count, number, pages
    )


def domain_names(on: date) -> list[str]:
    """Every domain that has an item on a day. 1 SQL."""
    rows = versions_in_force(on).order_by("domain").values_list("domain", flat=True)
    return list(rows.distinct())


def _in_state(rows: QuerySet[ItemVersion], state: str) -> QuerySet[ItemVersion]:
    open_drafts = DraftVersion.objects.filter(state__in=("open", "ready"))
    narrowed = {
        "asks": lambda: rows.exclude(questions=[]),
        "plain": lambda: rows.filter(questions=[]),
        "draft": lambda: rows.filter(item__in=open_drafts.values("item")),
        "examples": lambda: rows.exclude(
            item__in=Example.objects.filter(retired=False).values("item")
        ).exclude(questions=[]),
        "unconfirmed": lambda: rows.filter(
            Q(membership_draft=True)
            | Q(days_draft=True)
            | Q(materials_draft=True)
            | Q(basis_confirmed=False)
        ),
        "idle": lambda: rows.exclude(state="active"),
    }
    return narrowed[state]() if state in narrowed else rows


def _annotated(rows: QuerySet[ItemVersion]) -> QuerySet[ItemVersion]:
    drafts = DraftVersion.objects.filter(item=OuterRef("item"), state__in=("open", "ready"))
    kept = (
        Example.objects.filter(item=OuterRef("item"), retired=False)
        .order_by()
        .values("item")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return rows.defer("situations", "facts", "guide", "aliases").annotate(
        examples=Coalesce(Subquery(kept, output_field=IntegerField()), 0),
        draft_id=Subquery(drafts.values("pk")[:1]),
        draft_state=Subquery(drafts.values("state")[:1]),
    )


def _line(row: ItemVersion) -> HeldLine:
    unconfirmed = tuple(mark for mark in MARKS if getattr(row, mark))
    # ignored below: the three columns that _annotated adds, which the model does not declare
    return HeldLine(
        code=row.item_id,
        name=row.name,
        name_en=row.name_en,
        domain=row.domain,
        version=row.version,
        valid_from=row.valid_from,
        state=row.state,
        asks=len(row.questions),
        examples=row.examples,  # type: ignore[attr-defined]
        draft_id=row.draft_id,  # type: ignore[attr-defined]
        draft_state=row.draft_state or "",  # type: ignore[attr-defined]
        unconfirmed=unconfirmed + (() if row.basis_confirmed else ("basis_confirmed",)),
    )
