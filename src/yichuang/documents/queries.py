"""Reading papers and seals: small frozen sheets, so that no template reaches the database."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.documents import rendering, rules
from yichuang.documents.models import Paper, Seal
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """A paper as its case shows it. file_id is None until it is sealed."""

    id: uuid.UUID
    kind: str
    title: str
    number: str
    organ_name: str
    state: str
    reason: str
    seal_name: str
    verify_code: str
    pages: int
    sha256: str
    file_id: Any
    created_at: datetime
    sealed_at: datetime | None
    uncovered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What a stranger who holds a paper may compare it with. The name is masked."""

    number: str
    title: str
    organ_name: str
    addressee: str
    item_name: str
    case_number: str
    date: str
    sealed_at: datetime
    seal_name: str
    pages: int
    sha256: str
    verify_code: str
    demonstration: bool


@dataclass(frozen=True, slots=True)
class SealSheet:
    code: str
    kind: str
    organ_code: str
    number: str
    name: str
    valid_from: date
    valid_to: date | None
    custodian_title: str
    demonstration: bool


def papers_of(stream: str) -> list[PaperSheet]:
    """The papers of one case ("case:<uuid>"), oldest first. One SQL."""
    rows = Paper.objects.filter(stream=stream).select_related("seal").order_by("created_at", "id")
    return [_sheet(row) for row in rows]


def papers_of_all(streams: Collection[str]) -> dict[str, list[PaperSheet]]:
    """The papers of several cases, by stream; as papers_of. One SQL."""
    found: dict[str, list[PaperSheet]] = {}
    rows = Paper.objects.filter(stream__in=list(streams)).select_related("seal")
    for row in rows.order_by("created_at", "id"):
        found.setdefault(row.stream, []).append(_sheet(row))
    return found


def paper(paper_id: uuid.UUID) -> PaperSheet | None:
    row = Paper.objects.filter(pk=paper_id).select_related("seal").first()
    return _sheet(row) if row else None


def unfinished(older_than: datetime) -> list[uuid.UUID]:
    """Papers numbered before `older_than` and still without a sealed file, oldest first."""
    rows = Paper.objects.filter(state=rules.INTENDED, created_at__lt=older_than)
    return list(rows.order_by("created_at").values_list("pk", flat=True))


def seals_in_use(*, organ_code: str, on: date, kind: str = "") -> list[SealSheet]:
    """An organ's seals that are valid on a day, by code."""
    rows = _valid(on).filter(organ_id=organ_code)
    if kind:
        rows = rows.filter(kind=kind)
    return [_seal_sheet(row) for row in rows.order_by("code")]


def seals_on(on: date) -> frozenset[tuple[str, str, str]]:
    """(organ, kind, code) of every seal that is valid on a day. One SQL."""
    return frozenset(_valid(on).values_list("organ_id", "kind", "code"))


def seal_for(
    *,
    organ_code: str,
    kinds: Sequence[str],
    on: date,
    code: str = "",
    paper_kind: str = "",
    item_code: str = "",
) -> Seal:
    """The seal to use: the one named `code`, else the organ's valid one of the first kind it has,
    among those whose registered scope holds this kind of paper and this item.

    Raises Refusal "seal-missing" when the organ has none of these kinds in use on that day. One SQL.
    """
    rows = list(_valid(on).filter(organ_id=organ_code, kind__in=kinds).order_by("code"))
    if code:
        rows = [row for row in rows if row.code == code]
    else:
        rows = [
            row
            for row in rows
            if (not paper_kind or not row.paper_kinds or paper_kind in row.paper_kinds)
            and (not item_code or not row.items or item_code in row.items)
        ]
    for kind in kinds:
        for row in rows:
            if row.kind == kind:
                return row
    names = " / ".join(str(rules.SEAL_KINDS[kind]) for kind in kinds)
    raise Refusal(
        "seal-missing",
        _("该机关在这一天没有在用的%(names)s。") % {"names": names},
        remedy=_("请先在印章登记中登记、交付或恢复使用印章，再出具文书。"),
        detail={"organ": organ_code},
    )


def facts_by_code(typed: str) -> PublicFacts | None:
    """The sealed paper with this verify code, however it was typed."""
    code = rules.normal_code(typed)
    row = _sealed().filter(verify_code=code).first() if code else None
    return _facts(row) if row else None


def facts_by_codes(codes: Collection[str]) -> PublicFacts | None:
    """The first sealed paper that bears one of these codes."""
    row = _sealed().filter(verify_code__in=codes).first() if codes else None
    return _facts(row) if row else None


def facts_by_hashes(hashes: Collection[str]) -> PublicFacts | None:
    """The sealed paper whose file has one of these SHA-256 (hex)."""
    row = _sealed().filter(sha256__in=hashes).first() if hashes else None
    return _facts(row) if row else None


def _sealed() -> QuerySet[Paper]:
    return Paper.objects.filter(state=rules.SEALED).select_related("seal")


def _valid(on: date) -> QuerySet[Seal]:
    return Seal.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on, state=rules.HANDED_OUT
    )


def _sheet(row: Paper) -> PaperSheet:
    return PaperSheet(
        id=row.pk,
        kind=row.kind,
        title=rules.PAPER_KINDS[row.kind].name,
        number=row.number,
        organ_name=row.organ_name,
        state=row.state,
        reason=row.reason,
        seal_name=row.seal.name if row.seal else "",
        verify_code=row.verify_code,
        pages=row.pages,
        sha256=row.sha256,
        file_id=row.file_id,
        created_at=row.created_at,
        sealed_at=row.sealed_at,
        uncovered=tuple(rendering.uncovered(row.content)),
    )


def _facts(row: Paper) -> PublicFacts:
    return PublicFacts(
        number=row.number,
        title=rules.PAPER_KINDS[row.kind].name,
        organ_name=row.organ_name,
        addressee=vault.mask_name(row.content.get("addressee", "")),
        item_name=row.content.get("item_name", ""),
        case_number=row.content.get("case_number", ""),
        date=row.content.get("date", ""),
        sealed_at=row.sealed_at,
        seal_name=row.seal.name if row.seal else "",
        pages=row.pages,
        sha256=row.sha256,
        verify_code=row.verify_code,
        demonstration=bool(row.content.get("demonstration")),
    )


def _seal_sheet(row: Seal) -> SealSheet:
    return SealSheet(
        row.code,
        row.kind,
        row.organ_id,
        row.number,
        row.name,
        row.valid_from,
        row.valid_to,
        row.custodian_title,
        row.demonstration,
    )
