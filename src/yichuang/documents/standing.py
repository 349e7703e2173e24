"""What became of a paper after it was issued, and what it rested on when it was.

For whoever holds a paper: the seal and its line in the ledger, the grant in force on the day of
sealing, and every later change the platform knows of. What other floors know (a licence suspended)
they add themselves. Nothing here says that a paper is valid: only what is on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from yichuang.authority.models import Grant
from yichuang.documents import rules
from yichuang.documents.models import Paper, SealUse

REVOKED, REPLACED = "revoked", "replaced"


@dataclass(frozen=True, slots=True)
class GrantOn:
    """The grant a paper rested on. `now`: what has become of it since ("" while it is in force).

    days inclusive, except revoked_on: the first day on which it gives no power.
    """

    number: str
    instrument: str
    from_organ: str
    to_organ: str
    valid_from: date
    valid_to: date | None
    revoked_on: date | None
    notice: str
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """One later change. kind: revoked or replaced; number: of the paper that made it.

    Without its reasons: they may tell a stranger what concerns the holder alone.
    """

    kind: str
    number: str
    on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """seal_use: number of the ledger's line, "" for a paper without a seal."""

    seal_use: str
    seal_number: str
    seal_organ: str
    seal_state: str
    sealed_at: datetime | None
    grant: GrantOn | None
    changes: tuple[Change, ...]
    replaces: str

    @property
    def untouched(self) -> bool:
        return not self.changes


def standing_of(number: str, *, on: date) -> Standing:
    """The standing of the sealed paper with this number, seen from the day `on`. At most 5 SQL.

    KeyError when there is no such sealed paper.
    """
    row = (
        Paper.objects.filter(number=number, state=rules.SEALED)
        .select_related("seal__organ", "replaces", "replaced_by")
        .first()
    )
    if row is None:
        raise KeyError(number)
    use = SealUse.objects.filter(paper=row).values("number", "grant_number").first() or {}
    changes = _revocations(row)
    later = getattr(row, "replaced_by", None)
    if later is not None and later.state == rules.SEALED:
        changes.append(Change(REPLACED, later.number, timezone.localdate(later.sealed_at)))
    return Standing(
        seal_use=use.get("number", ""),
        seal_number=row.seal.number if row.seal else "",
        seal_organ=row.seal.organ.name if row.seal else "",
        seal_state=row.seal.state if row.seal else "",
        sealed_at=row.sealed_at,
        grant=_grant(use.get("grant_number", ""), on),
        changes=tuple(sorted(changes, key=lambda change: change.on)),
        replaces=row.replaces.number if row.replaces else "",
    )


def _revocations(paper: Paper) -> list[Change]:
    """The decisions that took this paper back (撤销决定书), in the same case."""
    rows = Paper.objects.filter(
        stream=paper.stream, kind="revocation_decision", state=rules.SEALED
    ).values_list("number", "content")
    return [
        Change(REVOKED, number, date.fromisoformat(content["date"]))
        for number, content in rows
        if content.get("revoked") == paper.number
    ]


def _grant(number: str, on: date) -> GrantOn | None:
    found = Grant.objects.filter(number=number).select_related("from_organ", "to_organ").first()
    if not number or found is None:
        return None
    ended = found.revoked_on is not None and found.revoked_on <= on
    expired = found.valid_to is not None and found.valid_to < on
    return GrantOn(
        number=found.number,
        instrument=found.instrument,
        from_organ=found.from_organ.name,
        to_organ=found.to_organ.name,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        revoked_on=found.revoked_on,
        notice=found.notice,
        now="revoked"
        if ended
        else "expired"
        if expired
        else "suspended"
        if _suspended(found, on)
        else "",
    )


def _suspended(grant: Grant, on: date) -> bool:
    rows = grant.suspensions.filter(starts_on__lte=on)
    return rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).exists()
