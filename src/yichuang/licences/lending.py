"""A licence as a material of an application (免提交): by its holder's consent, for that one alone.

国务院令716号 §7: what sharing can give is not asked for; §11: an electronic licence may be the basis
of an act. What stood at that moment is kept, and the decision looks again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.documents.rules import SEALED
from yichuang.journal.actions import Wanted
from yichuang.licences import rules
from yichuang.licences.models import Licence, Use
from yichuang.verdict import Refusal

PREFIX = "licence:"  # of a material's reference


@dataclass(frozen=True, slots=True)
class Lendable:
    """A licence that may stand for materials. ref: for the material's row."""

    ref: str
    name: str
    number: str
    materials: frozenset[str]
    valid_to: date | None
    label: str


@dataclass(frozen=True, slots=True)
class Lent:
    """One material of a new case that a licence stands for."""

    stream: str
    case_number: str
    item_name: str
    position: int
    ref: str
    consent_by: str
    consent_how: str


def lendable(*, identity_index: bytes, on: date, owner: int | None = None) -> list[Lendable]:
    """The holder's licences that are in force and sealed. owner: only those in this account's
    wallet. 1 SQL."""
    rows = Licence.objects.filter(
        identity_index=identity_index, state=rules.ACTIVE, paper__state=SEALED
    ).select_related("type")
    if owner is not None:
        rows = rows.filter(owner_user=owner)
    return [
        Lendable(
            f"{PREFIX}{row.pk}",
            row.type.name,
            row.number,
            frozenset(row.type.materials),
            row.valid_to,
            _("电子证照“%(name)s”（%(number)s）") % {"name": row.type.name, "number": row.number},
        )
        for row in rows.order_by("-issued_at")
        if rules.standing(row.state, row.valid_from, row.valid_to, on) == rules.ACTIVE
    ]


def lend(lent: Sequence[Lent], *, by: Actor, at: datetime, on: date) -> list[Wanted]:
    """Write down what new cases rest on, inside their transaction; the journal entries to be written
    with theirs. Raises "licence-not-in-force" (409) when one has just ceased to be. 2 SQL."""
    if not lent:
        return []
    found = _by_ref({one.ref for one in lent})
    uses, entries = [], []
    for one in lent:
        licence = found[one.ref]
        state = rules.standing(licence.state, licence.valid_from, licence.valid_to, on)
        rules.in_force(licence.type.name, state).enforce(status=409)
        uses.append(
            Use(
                licence=licence,
                stream_of_case=one.stream,
                case_number=one.case_number,
                position=one.position,
                purpose=one.item_name[:200],
                state=state,
                consent_by=one.consent_by,
                consent_how=one.consent_how,
                consent_before=by.journal_record(),
                at=at,
            )
        )
        entries.append(
            Wanted(
                kind="licence.used",
                stream=licence.stream,
                payload={
                    "number": licence.number,
                    "case": one.case_number,
                    "purpose": one.item_name,
                    "consent": one.consent_how,
                    "state": state,
                },
            )
        )
    Use.objects.bulk_create(uses)
    return entries


def check_still(stream: str, *, on: date) -> None:
    """That every licence a case rests on is still in force: the decision looks afresh. Raises
    "licence-not-in-force" (409), which names the licence and what became of it. 1 SQL."""
    # locked: a licence taken back while this is decided waits, or stops the decision
    rows = Licence.objects.select_for_update(of=("self",)).select_related("type")
    for row in rows.filter(uses__stream_of_case=stream).order_by("pk"):
        state = rules.standing(row.state, row.valid_from, row.valid_to, on)
        if state != rules.ACTIVE:
            raise Refusal(
                "licence-not-in-force",
                _("申请所依据的“%(name)s”（%(number)s）%(state)s，不能据此准予。")
                % {
                    "name": row.type.name,
                    "number": row.number,
                    "state": rules.STANDINGS[state],
                },
                remedy=_("请告知申请人补交有效的材料，或者作出不予决定并说明理由。"),
                basis=rules.BASIS,
                status=409,
            )


def _by_ref(refs: Collection[str]) -> dict[str, Licence]:
    keys = [uuid.UUID(ref.removeprefix(PREFIX)) for ref in refs]
    rows = Licence.objects.select_for_update(of=("self",)).select_related("type")
    return {f"{PREFIX}{row.pk}": row for row in rows.filter(pk__in=keys).order_by("pk")}
