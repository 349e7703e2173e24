"""Giving papers: first the number and the frozen facts, then, outside any transaction, the file.

`intend` belongs to the act that gives the paper (a case step) and costs two statements. `complete`
is the background half: render, sign, then one short transaction that stores the file, writes the
seal ledger and turns intended into sealed. Dying anywhere leaves either an intended paper, which
the sweep finds, or a sealed one.
"""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor, system
from yichuang.authority.rules import Ruling
from yichuang.documents import rendering, rules, signing
from yichuang.documents.models import Paper, Seal, SealUse
from yichuang.documents.numbering import next_number
from yichuang.files.actions import store
from yichuang.journal.actions import record
from yichuang.journal.outbox import Task
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

COMPLETE = "documents.complete"
_LEDGER = "用印"
_MACHINE = system("文书签发")


def publish_seals(drafts: Sequence[rules.SealDraft], *, by: Actor, at: datetime) -> int:
    """Make the register hold these seals; how many were new or changed (0 on a second run).

    Raises Refusal "seals-invalid" with the faults in `detail`. A seal not named is left alone.
    """
    codes = {draft.organ_code for draft in drafts}
    with transaction.atomic():
        known = set(Organ.objects.filter(pk__in=codes).values_list("pk", flat=True))
        faults = rules.check_seals(drafts, known)
        if faults:
            raise Refusal(
                "seals-invalid",
                _("印章表有 %(count)s 处错误，没有导入任何印章。") % {"count": len(faults)},
                remedy=_("请按提示改正后重新导入。"),
                detail={"faults": [str(fault) for fault in faults]},
            )
        present = Seal.objects.in_bulk([draft.code for draft in drafts])
        changed = []
        for draft in drafts:
            row = _seal_row(draft)
            old = present.get(draft.code)
            if old is None or any(
                getattr(old, field.attname) != getattr(row, field.attname)
                for field in Seal._meta.concrete_fields
            ):
                row.save(force_insert=old is None, force_update=old is not None)
                changed.append(draft.code)
        if changed:
            record(kind="seals.published", by=by, at=at, payload={"seals": changed})
    return len(changed)


def intend(
    *,
    kind: str,
    stream: str,
    content: Mapping[str, Any],
    organ: Organ,
    seal: Seal | None,
    ruling: Ruling,
    by: Actor,
    at: datetime,
    prefix: str = "",
) -> Paper:
    """Number a paper and freeze its facts, inside the caller's transaction. Two statements.

    stream: "case:<uuid>". content: the facts to print (README lists the keys), JSON values; among
    them `is_permit`, `item_code` and, for the ledger, `approver` (else the actor's name).
    organ: in whose name the paper speaks. ruling: the case's ruling, re-derived by the caller in
    this transaction. prefix: the organ's part of the 代字, by default derived from its name.
    The caller passes `completion(paper)` to its journal entry's tasks.
    Raises Refusal "paper-incomplete", "paper-kind-wrong", "paper-identity-exposed", "seal-wrong".
    """
    today = localdate(at)
    is_permit = bool(content.get("is_permit"))
    demonstration = seal.demonstration if seal else not settings.PRODUCTION
    facts = {"date": today.isoformat(), "approver": by.name, **content}
    facts["demonstration"] = demonstration
    rules.check_content(kind, facts, is_permit=is_permit).enforce()
    ruling.verdict.enforce(status=403)
    in_name_of = ruling.codes.get("in_name_of", "")
    if seal is None:
        rules.may_go_unsealed(kind, is_permit=is_permit).enforce()
    else:
        rules.may_seal(
            kind,
            is_permit,
            seal.kind,
            seal.organ_id,
            in_name_of,
            today,
            valid_from=seal.valid_from,
            valid_to=seal.valid_to,
        ).enforce(status=403)
    series = rules.series(prefix or rules.short_name(organ.name), kind, is_permit=is_permit)
    serial = next_number(series=series, year=today.year)
    return Paper.objects.create(
        kind=kind,
        stream=stream,
        number=rules.paper_number(series, today.year, serial),
        series=series,
        year=today.year,
        serial=serial,
        content=facts,
        organ_name=organ.name,
        seal=seal,
        seal_basis=ruling.basis if seal else "",
        verify_code=rules.verify_code(secrets.token_bytes(rules.CODE_BYTES)),
        template_version=rendering.TEMPLATE_VERSION,
        created_at=at,
    )


def completion(paper: Paper) -> Task:
    """The background work that turns this intended paper into a sealed file."""
    return Task(COMPLETE, {"paper_id": str(paper.pk)})


def complete(*, paper_id: uuid.UUID | str, at: datetime) -> str:
    """Render, sign and store one paper; its state afterwards. May be repeated and raced.

    Never inside a transaction (RuntimeError): typesetting and signing would hold up every writer.
    A paper that cannot be set, or whose seal has since gone out of use, becomes failed with its
    reason; anything else that goes wrong is raised and leaves it intended, for the next attempt.
    """
    with transaction.atomic(durable=True):  # durable: refuses to run inside another transaction
        mine = Paper.objects.filter(pk=paper_id, state=rules.INTENDED)
        begun = mine.update(attempts=F("attempts") + 1)
        paper = Paper.objects.select_related("seal").get(pk=paper_id)
    if not begun:
        return paper.state
    try:
        if paper.seal:
            rules.seal_in_use(paper.seal.valid_from, paper.seal.valid_to, localdate(at)).enforce()
        rendered = rendering.render(sheet_of(paper))
    except (rendering.RenderFailed, Refusal) as problem:
        return _fail(paper, str(problem), at=at)
    title = rules.PAPER_KINDS[paper.kind].title
    signed = signing.sign(rendered.pdf, reason=f"{title} {paper.number}", at=at)
    with transaction.atomic(durable=True):
        if not Paper.objects.select_for_update().filter(pk=paper.pk, state=rules.INTENDED).exists():
            return Paper.objects.values_list("state", flat=True).get(pk=paper.pk)
        name = f"{title} {paper.number}.pdf"
        file = store(stream=io.BytesIO(signed), name=name, kind="paper", by=_MACHINE, at=at)
        Paper.objects.filter(pk=paper.pk, state=rules.INTENDED).update(
            state=rules.SEALED,
            file=file,
            sha256=file.sha256,
            pages=rendered.pages,
            sealed_at=at,
            template_version=rendering.TEMPLATE_VERSION,
        )
        use = _enter_ledger(paper, at=at) if paper.seal else None
        record(
            kind="paper.sealed",
            by=_MACHINE,
            at=at,
            stream=f"paper:{paper.pk}",
            payload={
                "of": paper.stream,
                "kind": paper.kind,
                "number": paper.number,
                "sha256": file.sha256,
                "seal": paper.seal_id,
                "seal_use": use.number if use else None,
                "uncovered": [f"U+{ord(letter):04X}" for letter in rendered.uncovered],
            },
        )
    return rules.SEALED


def retry(*, paper_id: uuid.UUID | str, by: Actor, at: datetime) -> None:
    """Give a failed paper another attempt, under the number it has.

    Raises Refusal "paper-not-failed" (409).
    """
    with transaction.atomic():
        failed = Paper.objects.filter(pk=paper_id, state=rules.FAILED)
        if not failed.update(state=rules.INTENDED, reason=""):
            raise Refusal(
                "paper-not-failed",
                _("这份文书没有处于“生成失败”状态，不需要重试。"),
                remedy=_("请刷新页面查看文书的现状。"),
                status=409,
            )
        paper = Paper.objects.get(pk=paper_id)
        record(
            kind="paper.retried",
            by=by,
            at=at,
            stream=f"paper:{paper.pk}",
            payload={"of": paper.stream, "number": paper.number},
            tasks=[completion(paper)],
        )


def sheet_of(paper: Paper) -> rendering.Sheet:
    """What is printed of a paper; its seal must have been fetched with it."""
    seal = paper.seal
    return rendering.Sheet(
        kind=paper.kind,
        number=paper.number,
        content=paper.content,
        organ_name=paper.organ_name,
        verify_code=paper.verify_code,
        site=settings.PUBLIC_URL,
        created_at=paper.created_at,
        seal=rendering.SealMark(seal.name, seal.number) if seal else None,
        demonstration=bool(paper.content.get("demonstration")),
    )


def _seal_row(draft: rules.SealDraft) -> Seal:
    return Seal(
        code=draft.code,
        kind=draft.kind,
        organ_id=draft.organ_code,
        number=draft.number,
        name=draft.name,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        custodian_title=draft.custodian_title,
        demonstration=not settings.PRODUCTION,
    )


def _enter_ledger(paper: Paper, *, at: datetime) -> SealUse:
    year = localdate(at).year
    serial = next_number(series=_LEDGER, year=year)
    return SealUse.objects.create(
        year=year,
        serial=serial,
        number=rules.seal_use_number(year, serial),
        paper=paper,
        seal=paper.seal,
        organ_id=paper.seal.organ_id,
        item_code=paper.content.get("item_code", ""),
        case_number=paper.content.get("case_number", ""),
        approver_name=paper.content.get("approver", ""),
        at=at,
    )


def _fail(paper: Paper, reason: str, *, at: datetime) -> str:
    with transaction.atomic(durable=True):
        mine = Paper.objects.filter(pk=paper.pk, state=rules.INTENDED)
        if mine.update(state=rules.FAILED, reason=reason[:2000]):
            record(
                kind="paper.failed",
                by=_MACHINE,
                at=at,
                stream=f"paper:{paper.pk}",
                payload={"of": paper.stream, "number": paper.number},
            )
    return rules.FAILED
