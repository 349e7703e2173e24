"""Rows of papers and seals as the rules and the typesetter take them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings

from yichuang.authority.facts import Competence
from yichuang.documents import rendering, rules
from yichuang.documents.models import Paper, Seal
from yichuang.documents.seal_face_rules import seal_face
from yichuang.documents.seal_rules import ItemSeals, SealFacts
from yichuang.files.queries import open_file


def paper_row(paper_id: uuid.UUID | str, *, lock: bool = False) -> Paper:
    """A paper with its seal and the seal's organ; `lock`: its own row is held. One SQL."""
    rows = Paper.objects.select_for_update(of=("self",)) if lock else Paper.objects
    return next(iter(rows.select_related("seal__organ").filter(pk=paper_id)), None) or _gone()


def _gone() -> Paper:
    raise Paper.DoesNotExist("no such paper")


def seal_facts(seal: Seal) -> SealFacts:
    return SealFacts(
        code=seal.code,
        kind=seal.kind,
        organ_code=seal.organ_id,
        state=seal.state,
        valid_from=seal.valid_from,
        valid_to=seal.valid_to,
        items=tuple(seal.items),
        paper_kinds=tuple(seal.paper_kinds),
        hours=seal.hours,
    )


def policy_of(competence: Competence | None) -> ItemSeals | None:
    """What the county's list says of an item's seals; None where it lists the item not at all."""
    if competence is None:
        return None
    return ItemSeals(competence.decision_seal, competence.acceptance_seal, competence.basis)


def facts_hash(paper: Paper) -> str:
    """What an approval of this paper covers; its seal must have been fetched with it."""
    seal = paper.seal
    return rules.facts_hash(
        kind=paper.kind,
        number=paper.number,
        organ_name=paper.organ_name,
        seal={"code": seal.code, "name": seal.name, "number": seal.number} if seal else {},
        content=paper.content,
        verify_code=paper.verify_code,
        template_version=paper.template_version,
    )


def seen_by_custodian(paper: Paper) -> bool:
    """Whether the approval was given on the set paper itself, and so covers its bytes as well."""
    return bool(paper.seal and paper.approved_by.get("role") == "custodian")


def sheet_of(paper: Paper) -> rendering.Sheet:
    """What is printed of a paper; its seal and the seal's organ must have been fetched with it."""
    seal = paper.seal
    return rendering.Sheet(
        kind=paper.kind,
        number=paper.number,
        content=paper.content,
        organ_name=paper.organ_name,
        verify_code=paper.verify_code,
        site=settings.PUBLIC_URL,
        created_at=paper.created_at,
        seal=mark_of(seal) if seal else None,
        demonstration=bool(paper.content.get("demonstration")),
    )


def mark_of(seal: Seal) -> rendering.SealMark:
    face = seal_face(name=seal.name, number=seal.number, kind=seal.kind, organ_kind=seal.organ.kind)
    return rendering.SealMark(face, _picture(seal))


def _picture(seal: Seal) -> bytes:
    """The real seal's image, b"" where the register has none; a demonstration never draws one."""
    if seal.picture_id is None or seal.demonstration or not settings.PRODUCTION:
        return b""
    _sheet, handle = open_file(seal.picture_id)
    with handle:
        content: Any = handle.read()
    return content
