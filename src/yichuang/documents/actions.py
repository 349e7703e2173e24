"""Giving papers: first the number and the frozen facts, then, outside any transaction, the file.

`intend` belongs to the act that gives the paper (a case step) and costs two statements; with a seal
that is approved by the act, it is also the approval, of exactly these facts. `complete` is the
background half: render, hold everything against the approval, the register and the ruling once more,
write down what is about to be signed, sign, write down what was signed, and then in one short
transaction store the file, write the ledger and journal. Dying anywhere leaves either an intended
paper, which the sweep finds and finishes (with the stored file, if there is one), or a sealed one.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor, system
from yichuang.authority import queries as authority
from yichuang.authority.rules import Ruling
from yichuang.documents import ledger, register_rules, rendering, rules, seal_rules, sheets, signing
from yichuang.documents.models import Paper, Seal
from yichuang.documents.numbering import next_number
from yichuang.documents.seal_rules import ItemSeals
from yichuang.files import storage
from yichuang.files.actions import store
from yichuang.journal.actions import record
from yichuang.journal.outbox import Task
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

COMPLETE = "documents.complete"
_MACHINE = system("文书签发")
# Reasons that pass by themselves: the paper keeps its number and waits, the sweep tries again.
WAITING = (
    "seal-key-missing",
    "hsm-unavailable",
    "timestamp-unavailable",
    "clock-skewed",
    "clock-behind",
    "seal-hours",
    "seal-suspended",
    "county-not-loaded",
    "disk-full",
)
# A machine's clock may be this far behind the one that numbered the paper.
_SKEW = timedelta(minutes=5)
# What gives a matter its outcome or refuses it at the door needs the power at the moment of sealing;
# what ends or undoes one does not: the organ that decided may always take back.
_UNDOING = ("termination_notice", "revocation_decision")


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
    policy: ItemSeals | None = None,
    replaces: Paper | None = None,
) -> Paper:
    """Number a paper and freeze its facts, inside the caller's transaction. Two statements.

    stream: "case:<uuid>". content: the facts to print (README lists the keys), JSON values; among
    them `is_permit`, `item_code`, `ruling_of` {item, place, outlet, on} (what `complete` derives the ruling from again) and,
    for the ledger, `approver` and `handler` (else the actor's name).
    organ: in whose name the paper speaks. ruling: the case's ruling, re-derived by the caller in
    this transaction. prefix: the organ's part of the 代字, by default derived from its name.
    policy: what the county's list says of the item's seals. replaces: a paper this one is given for.
    The caller passes `completion(paper)` to its journal entry's tasks.
    Raises Refusal "paper-incomplete", "paper-kind-wrong", "paper-identity-exposed", "seal-wrong",
    "seal-scope", "seal-suspended".
    """
    today = localdate(at)
    is_permit = bool(content.get("is_permit"))
    demonstration = seal.demonstration if seal else not settings.PRODUCTION
    facts = {"date": today.isoformat(), "approver": by.name, "handler": by.name, **content}
    facts["demonstration"] = demonstration
    facts["handler_id"] = by.person_id or 0
    if "ruling_of" in facts:
        named = {"in_name_of": ruling.codes.get("in_name_of", ""), "grant": ruling.grant}
        facts["ruling_of"] = {**facts["ruling_of"], **named}
    rules.check_content(kind, facts, is_permit=is_permit).enforce()
    ruling.verdict.enforce(status=403)
    if seal is None:
        seal_rules.may_go_unsealed(kind, is_permit=is_permit).enforce()
    else:
        seal_rules.may_use(
            sheets.seal_facts(seal),
            paper_kind=kind,
            permit=is_permit,
            item_code=facts.get("item_code", ""),
            in_name_of=ruling.codes.get("in_name_of", ""),
            on=today,
            policy=policy,
        ).enforce(status=403)
    series = rules.series(prefix or rules.short_name(organ.name), kind, is_permit=is_permit)
    serial = next_number(series=series, year=today.year)
    paper = Paper(
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
        replaces=replaces,
        verify_code=rules.verify_code(secrets.token_bytes(rules.CODE_BYTES)),
        template_version=rendering.TEMPLATE_VERSION,
        created_at=at,
    )
    if seal is not None and seal.approval == rules.EACH:
        paper.state = rules.AWAITING
    else:
        paper.approved_sha256 = sheets.facts_hash(paper)
        paper.approved_by = by.journal_record()
        paper.approved_person = by.person_id
        paper.approved_at = at
    paper.save(force_insert=True)
    return paper


def completion(paper: Paper) -> Task:
    """The background work that turns this intended paper into a sealed file."""
    return Task(COMPLETE, {"paper_id": str(paper.pk)})


def complete(*, paper_id: uuid.UUID | str, at: datetime) -> str:
    """Render, sign and store one paper; its state afterwards. May be repeated and raced.

    Never inside a transaction (RuntimeError): typesetting and signing would hold up every writer.
    A reason that passes by itself (WAITING) leaves the paper intended, with the reason on it, and is
    tried again; one that does not makes it failed. Both are journalled, once for each reason.
    Anything else that goes wrong is raised and leaves it intended.
    """
    paper = sheets.paper_row(paper_id)
    if paper.state != rules.INTENDED:
        return paper.state
    try:
        rendered = rendering.render(sheets.sheet_of(paper))
    except rendering.RenderFailed as problem:
        return _refuse(paper, Refusal("paper-not-set", str(problem)), at=at)
    unsigned = hashlib.sha256(rendered.pdf).hexdigest()
    try:
        if not _intent(paper, unsigned, at=at):
            return _state(paper)
        signed = _signed(paper, rendered.pdf, unsigned, at=at)
    except Refusal as refusal:
        return _refuse(paper, refusal, at=at)
    if signed is None:
        return _state(paper)
    return _file(paper, signed, rendered, at=at)


def _intent(paper: Paper, unsigned: str, *, at: datetime) -> bool:
    """Write down what is about to be signed, if it still may be. False: somebody else went on.

    The standing order is held meanwhile: no grant is revoked between the ruling and this intent.
    """
    with transaction.atomic(durable=True):  # durable: refuses to run inside another transaction
        now = sheets.paper_row(paper.pk, lock=True)
        if now.state != rules.INTENDED:
            return False
        _check(now, sheets.facts_hash(paper), unsigned, at=at)
        # what an earlier attempt signed counts only if it is of these very bytes
        before = now.signed_sha256 if now.unsigned_sha256 == unsigned else ""
        Paper.objects.filter(pk=now.pk, state=rules.INTENDED).update(
            attempts=F("attempts") + 1, unsigned_sha256=unsigned, signed_sha256=before
        )
        paper.unsigned_sha256, paper.signed_sha256 = unsigned, before
        paper.algorithm = now.algorithm
    return True


def _check(paper: Paper, printed: str, unsigned: str, *, at: datetime) -> None:
    """Everything that must hold at the moment of sealing. Raises the Refusal of what does not.

    paper: as it is now; printed: hash of the facts that were set; unsigned: of the set bytes.
    """
    if at < paper.created_at - _SKEW:
        raise Refusal(
            "clock-behind",
            _("服务器的时间早于文书编号的时间，暂不签章。"),
            remedy=_("请运维人员校准服务器时钟；校准后自动补签。"),
            status=503,
        )
    if paper.template_version != rendering.TEMPLATE_VERSION:
        raise Refusal(
            "template-moved",
            _("批准之后文书版式换了新版本，要按新版式重新批准。"),
            remedy=_("请由保管人在“待用印”里核对后重新批准。"),
            status=409,
        )
    approved = {printed, sheets.facts_hash(paper)} == {paper.approved_sha256}
    if not approved or (sheets.seen_by_custodian(paper) and paper.unsigned_sha256 != unsigned):
        raise Refusal(
            "content-changed",
            _("文书内容与批准用印时不一致，不能签章。"),
            remedy=_("请查明谁改动了内容；确需更改的，重新出具文书。"),
            basis=seal_rules.SEAL_RULE,
            status=409,
        )
    if paper.seal is None:
        return
    content = paper.content
    in_name_of, policy = still_rules(paper, at=at)
    seal_rules.may_use(
        sheets.seal_facts(paper.seal),
        paper_kind=paper.kind,
        permit=bool(content.get("is_permit")),
        item_code=content.get("item_code", ""),
        in_name_of=in_name_of,
        on=localdate(at),
        policy=policy,
    ).enforce(status=403)
    register_rules.in_hours(paper.seal.hours, localtime(at)).enforce(status=409)


def still_rules(paper: Paper, *, at: datetime) -> tuple[str, ItemSeals | None]:
    """In whose name the matter is decided by the order standing now, and the item's seal policy.

    Derived for the day of the act (an outlet may be closed since), with the grant asked for today;
    the order is held until the transaction ends. Papers without `ruling_of` rest on no item.
    Raises Refusal "ruling-moved" when the power is no longer where the paper says.
    """
    asked = paper.content.get("ruling_of")
    if not asked:
        return paper.seal.organ_id if paper.seal else "", None
    order = authority.order(lock=True)
    competence = order.competence(asked["item"], localdate(at))
    policy = sheets.policy_of(competence)
    if paper.kind in rules.EVIDENCE or paper.kind in _UNDOING:
        return asked["in_name_of"], policy
    fresh = order.ruling(
        asked["item"], asked["place"], asked["outlet"], date.fromisoformat(asked["on"])
    )
    holds = fresh.allowed and fresh.codes["in_name_of"] == asked["in_name_of"]
    if paper.kind not in rules.TAKING_IN:  # which is in the owner's name, grant or not
        holds = holds and fresh.grant == asked["grant"] and _live(order, fresh.grant, at=at)
    if not holds:
        raise Refusal(
            "ruling-moved",
            _("作出决定之后权限已经变化，不能再用这枚印章：%(reason)s")
            % {"reason": fresh.reason or _("授权已经停止")},
            remedy=_("请由现在有权的机关处理；授权恢复的，可以重试签章。"),
            basis=fresh.basis,
            status=409,
        )
    return fresh.codes["in_name_of"], policy


def _live(order: authority.Order, number: str, *, at: datetime) -> bool:
    """Whether the grant is in force today; True for a matter that rests on none."""
    if not number:
        return True
    grants = [grant for grant in order.grants if grant.number == number]
    return any(grant.state(localdate(at)) == "live" for grant in grants)


def _signed(paper: Paper, pdf: bytes, unsigned: str, *, at: datetime) -> bytes | None:
    """The signed bytes: the file an earlier attempt stored, else signed now and written down.

    None: somebody else went on meanwhile.
    """
    if paper.signed_sha256:
        kept = storage.place(Path(settings.FILES_ROOT), paper.signed_sha256)
        if kept.exists():
            found = kept.read_bytes()
            if hashlib.sha256(found).hexdigest() == paper.signed_sha256:
                return found
    title = rules.PAPER_KINDS[paper.kind].title
    made = signing.sign(
        pdf,
        seal_code=paper.seal_id or signing.PLATFORM,
        reason=f"{title} {paper.number}",
        at=at,
    )
    with transaction.atomic(durable=True):
        written = Paper.objects.filter(
            pk=paper.pk,
            state=rules.INTENDED,
            unsigned_sha256=unsigned,
            signed_sha256=paper.signed_sha256,
        ).update(signed_sha256=made.sha256, algorithm=made.algorithm)
    paper.signed_sha256, paper.algorithm = made.sha256, made.algorithm
    return made.pdf if written else None


def _file(paper: Paper, signed: bytes, rendered: rendering.Rendered, *, at: datetime) -> str:
    """Store, enter, journal: the one transaction that turns intended into sealed."""
    with transaction.atomic(durable=True):
        mine = Paper.objects.filter(
            pk=paper.pk, state=rules.INTENDED, signed_sha256=paper.signed_sha256
        )
        if not mine.select_for_update().exists():
            return _state(paper)
        name = f"{rules.PAPER_KINDS[paper.kind].title} {paper.number}.pdf"
        file = store(stream=io.BytesIO(signed), name=name, kind="paper", by=_MACHINE, at=at)
        mine.update(
            state=rules.SEALED,
            reason="",
            file=file,
            sha256=file.sha256,
            pages=rendered.pages,
            sealed_at=at,
        )
        use = ledger.enter(paper, file_sha256=file.sha256, at=at) if paper.seal else None
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
                "approved_sha256": paper.approved_sha256,
                "algorithm": paper.algorithm,
                "seal": paper.seal_id,
                "seal_use": use.number if use else None,
                "seal_use_position": use.position if use else None,
                "seal_use_hash": use.row_hash if use else None,
                "uncovered": [f"U+{ord(letter):04X}" for letter in rendered.uncovered],
            },
        )
    return rules.SEALED


def _state(paper: Paper) -> str:
    return Paper.objects.values_list("state", flat=True).get(pk=paper.pk)


def _refuse(paper: Paper, refusal: Refusal, *, at: datetime) -> str:
    """Say why it was not sealed: on the paper, and in the journal unless it says so already.

    A full disk is raised again: there is nothing to write to, and the queue tries later.
    """
    if refusal.code == "disk-full":
        raise refusal
    waits = refusal.code in WAITING
    state = rules.INTENDED if waits else rules.FAILED
    columns: dict[str, Any] = {
        "state": state,
        "reason": str(refusal)[:2000],
        "attempts": F("attempts") + 1,
    }
    if refusal.code == "template-moved":
        state = columns["state"] = rules.AWAITING
        columns |= {"approved_sha256": "", "template_version": rendering.TEMPLATE_VERSION}
    with transaction.atomic(durable=True):
        mine = Paper.objects.filter(pk=paper.pk, state=rules.INTENDED)
        if waits:
            mine = mine.exclude(reason=columns["reason"])
        if mine.update(**columns):
            record(
                kind="paper.failed" if refusal.code == "paper-not-set" else "seal.refused",
                by=_MACHINE,
                at=at,
                stream=f"paper:{paper.pk}",
                payload={
                    "of": paper.stream,
                    "number": paper.number,
                    "seal": paper.seal_id,
                    "code": refusal.code,
                    "reason": str(refusal.message)[:500],
                    "state": state,
                },
            )
    if state == rules.FAILED and paper.signed_sha256:
        _drop(paper.signed_sha256, at=at)
    return _state(paper)


def _drop(digest: str, *, at: datetime) -> None:
    """A signed file of a paper that failed after all must not lie about."""
    storage.forget(
        Path(settings.FILES_ROOT),
        digest,
        still_wanted=Paper.objects.filter(sha256=digest).exists,
        before=at.timestamp() + _SKEW.total_seconds(),
    )


def retry(*, paper_id: uuid.UUID | str, by: Actor, at: datetime) -> None:
    """Give a failed paper another attempt, under the number it has.

    One whose impression is approved paper by paper goes back to the custodian. Raises Refusal
    "paper-not-failed" (409).
    """
    with transaction.atomic():
        paper = Paper.objects.select_related("seal").filter(pk=paper_id).first()
        each = paper is not None and paper.seal is not None and paper.seal.approval == rules.EACH
        failed = Paper.objects.filter(pk=paper_id, state=rules.FAILED)
        columns: dict[str, Any] = {"state": rules.INTENDED, "reason": ""}
        if each:
            columns |= {"state": rules.AWAITING, "approved_sha256": "", "unsigned_sha256": ""}
        if paper is None or not failed.update(**columns):
            raise Refusal(
                "paper-not-failed",
                _("这份文书没有处于“生成失败”状态，不需要重试。"),
                remedy=_("请刷新页面查看文书的现状。"),
                status=409,
            )
        record(
            kind="paper.retried",
            by=by,
            at=at,
            stream=f"paper:{paper.pk}",
            payload={"of": paper.stream, "number": paper.number},
            tasks=[] if each else [completion(paper)],
        )
