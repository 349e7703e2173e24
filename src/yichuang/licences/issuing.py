"""Issuing a licence in the transaction of the grant, and taking it back in that of a revocation.

The certificate is a paper like any other: numbered with frozen facts here, sealed by the worker.
Nobody sees the licence before its paper is sealed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.authority.rules import Ruling
from yichuang.documents import actions as documents
from yichuang.documents import queries as seals
from yichuang.documents import rules as paper_rules
from yichuang.documents.models import Paper
from yichuang.journal.actions import Wanted
from yichuang.licences import rules
from yichuang.licences.models import Licence, LicenceType
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

KIND = "licence"
TABLE = "licences_licence"
CHINESE = "zh-hans"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose licence it is. kind: person or enterprise. owner_user: the account it was applied for
    with, None where it was at a counter or by somebody entrusted; phone_index: b"" likewise."""

    kind: str
    name: str
    identity: str
    identity_index: bytes
    phone_index: bytes = b""
    owner_user: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The case that was granted, as far as its licence needs it. facts: key → text as shown."""

    stream: str
    number: str
    item_code: str
    item_name: str
    permit: bool
    facts: Mapping[str, str]
    ruling: Ruling
    content: Mapping[str, Any]  # what every paper of the case says besides


def issue(
    kind: LicenceType, granted: Granted, holder: Holder, *, by: Actor, at: datetime
) -> tuple[Licence, Wanted]:
    """Number and freeze the licence that this grant gives; it, and its journal entry to be written
    with the grant's. 5 SQL. Raises Refusal "seal-missing" when the organ has no main seal,
    "licence-term-over" (409) when the day on which it would end has passed.
    """
    since = timezone.localdate(at)
    until = rules.valid_until(kind.validity, since, granted.facts)
    if until is not None and until < since:
        raise Refusal(
            "licence-term-over",
            _("按这个办件，“%(name)s”到%(day)s就已经到期，不能颁发。")
            % {"name": kind.name, "day": until.isoformat()},
            remedy=_("请核对申请表里的日期；日期没有错的，请报县局核对证照类型的有效期。"),
            status=409,
        )
    facts = [
        {"label": label, "value": granted.facts[key]}
        for key, label in kind.fields
        if granted.facts.get(key)
    ]
    licence = Licence(
        id=uuid.uuid4(),
        type=kind,
        stream_of_case=granted.stream,
        case_number=granted.number,
        item_code=granted.item_code,
        decider_code=granted.ruling.codes["decider"],
        organ_id=granted.ruling.codes["in_name_of"],
        holder_kind=holder.kind,
        name_mask=vault.mask_name(holder.name),
        identity_index=holder.identity_index,
        identity_mask=vault.mask_identity(holder.identity),
        phone_index=holder.phone_index,
        owner_user=holder.owner_user,
        valid_from=since,
        valid_to=until,
        issued_at=at,
        changed_at=at,
    )
    for column, text in (("name", holder.name), ("identity", holder.identity)):
        sealed = vault.seal(text, table=TABLE, row=str(licence.pk), column=column)
        setattr(licence, f"{column}_sealed", sealed)
    content = {
        **granted.content,
        "addressee": holder.name,
        "item_name": granted.item_name,
        "item_code": granted.item_code,
        "case_number": granted.number,
        "is_permit": granted.permit,
    }
    _give(licence, kind, facts, content, granted.ruling, by=by, at=at)
    licence.save(force_insert=True)
    return licence, _issued(licence)


def reissue(
    old: Licence, corrections: Mapping[str, str], *, ruling: Ruling, by: Actor, at: datetime
) -> tuple[Licence, Wanted]:
    """A new licence with the old one's facts, corrected by label, and its term. The old one must
    have been marked as replaced already."""
    paper = old.paper
    facts = [
        {"label": one["label"], "value": corrections.get(one["label"], one["value"])}
        for one in paper.content[KIND]["facts"]
    ]
    new = Licence.objects.get(pk=old.pk)
    new.pk, new.replaces, new.state, new.reason, new.seq = uuid.uuid4(), old, rules.ACTIVE, "", 1
    new.issued_at = new.changed_at = at
    for column in ("name", "identity"):
        sealed, place = getattr(old, f"{column}_sealed"), {"table": TABLE, "column": column}
        text = vault.open_(sealed, row=str(old.pk), **place)
        setattr(new, f"{column}_sealed", vault.seal(text, row=str(new.pk), **place))
    dated = ("date", KIND, "demonstration", "approver", "handler", "handler_id")
    content = {key: value for key, value in paper.content.items() if key not in dated}
    _give(new, old.type, facts, content, ruling, by=by, at=at, replaces=paper)
    new.save(force_insert=True)
    return new, _issued(new)


def _give(
    licence: Licence,
    kind: LicenceType,
    facts: Sequence[Mapping[str, str]],
    content: Mapping[str, Any],
    ruling: Ruling,
    *,
    by: Actor,
    at: datetime,
    replaces: Paper | None = None,
) -> None:
    """The licence's own paper: the organ's main seal stands on certificates (practice; 司法部)."""
    organ = Organ.objects.get(pk=licence.organ_id)
    seal = seals.seal_for(
        organ_code=licence.organ_id,
        kinds=(paper_rules.MAIN,),
        on=timezone.localdate(at),
        paper_kind=KIND,
        item_code=licence.item_code,
    )
    about = {
        "name": kind.name,
        "identifier": rules.identifier(licence.pk),
        "identity_mask": licence.identity_mask,
        "holder_kind": licence.holder_kind,
        "facts": [dict(one) for one in facts],
        "valid_from": licence.valid_from.isoformat(),
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else "",
        "basis": kind.basis if kind.basis_confirmed else "",
        "draft": kind.draft,
    }
    with override(CHINESE):
        paper = documents.intend(
            kind=KIND,
            stream=licence.stream_of_case,
            content={**content, KIND: about},
            organ=organ,
            seal=seal,
            ruling=ruling,
            prefix=paper_rules.short_name(organ.name) + kind.word,
            replaces=replaces,
            by=by,
            at=at,
        )
    licence.paper, licence.number = paper, paper.number


def _issued(licence: Licence) -> Wanted:
    return Wanted(
        kind="licence.issued",
        stream=licence.stream,
        seq=1,
        payload={
            "number": licence.number,
            "type": licence.type_id,
            "case": licence.case_number,
            "organ": licence.organ_id,
            "valid_from": licence.valid_from.isoformat(),
            "valid_to": licence.valid_to.isoformat() if licence.valid_to else None,
        },
        tasks=[documents.completion(licence.paper)],
    )


def revoke_with(*, stream: str, reason: str, by: Actor, at: datetime) -> list[Wanted]:
    """Take back the licence that a case gave, in the transaction that takes back its result; the
    journal entries to be written with it, none where there is no licence. 2 SQL at most."""
    rows = Licence.objects.select_for_update().filter(
        stream_of_case=stream, state__in=rules.MOVES["revoke"][0]
    )
    entries = []
    for licence in rows:
        Licence.objects.filter(pk=licence.pk, seq=licence.seq).update(
            state=rules.REVOKED,
            reason=reason[: rules.REASON_LIMIT],
            seq=licence.seq + 1,
            changed_at=at,
        )
        entries.append(
            Wanted(
                kind="licence.revoked",
                stream=licence.stream,
                seq=licence.seq + 1,
                payload={"number": licence.number, "case": licence.case_number},
            )
        )
    return entries
