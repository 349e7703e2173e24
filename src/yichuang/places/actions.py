"""Publish a pack's places: all of them or none, changed rows only, with their history."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from yichuang.journal.actions import record
from yichuang.places import rules
from yichuang.places.models import (
    Closure,
    Division,
    DivisionAlias,
    Organ,
    Outlet,
    PlaceVersion,
)
from yichuang.verdict import Refusal

_PLUMBING = {"row", "file"}


@dataclass(frozen=True, slots=True)
class Report:
    """What a publication did: codes by kind of place ("division", "organ", "outlet").

    `absent`: published earlier, not in this pack. Nothing is ever deleted: an outlet that has gone
    is given its closed_on in the pack.
    """

    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: int = 0
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: int = 0
    closures: int = 0

    @property
    def wrote(self) -> bool:
        """Did anything change at all?"""
        parts = (*self.added.values(), *self.changed.values())
        return any(parts) or bool(self.aliases or self.closures)


@transaction.atomic
def publish_places(
    divisions: Sequence[rules.DivisionDraft],
    organs: Sequence[rules.OrganDraft],
    outlets: Sequence[rules.OutletDraft],
    aliases: Sequence[rules.AliasDraft] = (),
    closures: Sequence[rules.ClosureDraft] = (),
    *,
    effective_on: date,
    by: Any,
    at: datetime,
) -> Report:
    """Make the drafts the places in force; a second run with the same drafts writes nothing.

    effective_on is what the history says the new facts hold from. Refuses a pack with faults
    ("pack-faulty", detail["faults"]); run `rules.check` first to show them.
    """
    faults = rules.check(divisions, organs, outlets, aliases, closures)
    if faults:
        raise Refusal(
            "pack-faulty",
            _("区划与机构数据有%(count)s处错误，一条也没有写入。") % {"count": len(faults)},
            remedy=_("请按所列文件、行和列改正后重新载入。"),
            detail={"faults": [str(fault) for fault in faults]},
        )
    parents = {draft.code: draft.parent_code for draft in divisions}
    plans = [
        _Plan("division", Division, [(d, _division(d, parents)) for d in divisions]),
        _Plan("organ", Organ, [(d, _organ(d)) for d in organs]),
        _Plan("outlet", Outlet, [(d, _outlet(d)) for d in outlets]),
    ]
    latest = _latest()
    added: dict[str, tuple[str, ...]] = {}
    changed: dict[str, tuple[str, ...]] = {}
    absent: dict[str, tuple[str, ...]] = {}
    unchanged = 0
    versions: list[PlaceVersion] = []
    for plan in plans:
        known = latest.get(plan.kind, {})
        rows = []
        new, other = [], []
        for draft, row in plan.rows:
            content = _content(draft)
            digest = _digest(content)
            version, before = known.get(draft.code, (0, ""))
            if before == digest:
                unchanged += 1
                continue
            (other if version else new).append(draft.code)
            rows.append(row)
            versions.append(
                PlaceVersion(
                    kind=plan.kind,
                    code=draft.code,
                    version=version + 1,
                    valid_from=effective_on,
                    content=content,
                    content_hash=digest,
                )
            )
        _upsert(plan.model, rows)
        added[plan.kind], changed[plan.kind] = tuple(new), tuple(other)
        absent[plan.kind] = tuple(sorted(set(known) - {draft.code for draft, _row in plan.rows}))
    PlaceVersion.objects.bulk_create(versions)
    report = Report(
        added,
        changed,
        unchanged,
        absent,
        _replace_aliases(aliases),
        _replace_closures(closures),
    )
    if report.wrote:
        record(
            kind="places.published",
            by=by,
            at=at,
            payload={
                "effective_on": effective_on.isoformat(),
                "added": {kind: len(codes) for kind, codes in added.items()},
                "changed": {kind: list(codes) for kind, codes in changed.items()},
                "aliases": report.aliases,
                "closures": report.closures,
                "content": _digest([version.content_hash for version in versions]),
            },
        )
    return report


@dataclass(frozen=True, slots=True)
class _Plan:
    kind: str
    model: type[Model]
    rows: list[tuple[Any, Model]]


def _division(draft: rules.DivisionDraft, parents: Mapping[str, str]) -> Division:
    return Division(
        code=draft.code,
        level=draft.level,
        kind=draft.kind,
        name=draft.name,
        short_name=draft.short_name,
        parent_id=draft.parent_code if draft.level != "county" else None,
        path=rules.path_of(draft.code, parents),
        lng=Decimal(draft.lng) if draft.lng else None,
        lat=Decimal(draft.lat) if draft.lat else None,
        point_note=draft.point_note,
    )


def _organ(draft: rules.OrganDraft) -> Organ:
    return Organ(
        code=draft.code,
        name=draft.name,
        name_en=draft.name_en,
        kind=draft.kind,
        division_id=draft.division_code,
        parent_id=draft.parent_code or None,
        administrative=draft.administrative,
        status=draft.status,
        note=draft.note,
    )


def _outlet(draft: rules.OutletDraft) -> Outlet:
    return Outlet(
        code=draft.code,
        kind=draft.kind,
        name=draft.name,
        name_en=draft.name_en,
        division_id=draft.division_code,
        organ_id=draft.organ_code,
        address=draft.address,
        phone=draft.phone,
        hours=draft.hours,
        opened_on=draft.opened_on,
        closed_on=draft.closed_on,
        fictional=draft.fictional,
        note=draft.note,
    )


def _content(draft: Any) -> dict[str, Any]:
    """The draft as JSON, without where in the file it stood."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(draft).items()
        if name not in _PLUMBING
    }


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _latest() -> dict[str, dict[str, tuple[int, str]]]:
    """kind → code → (version, content hash) of the newest version of each place."""
    latest: dict[str, dict[str, tuple[int, str]]] = {}
    rows = PlaceVersion.objects.order_by("version").values_list(
        "kind", "code", "version", "content_hash"
    )
    for kind, code, version, digest in rows:
        latest.setdefault(kind, {})[code] = (version, digest)
    return latest


def _upsert(model: type[Model], rows: list[Any]) -> None:
    if rows:
        columns = [column.name for column in model._meta.concrete_fields if not column.primary_key]
        model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["code"], update_fields=columns
        )


def _replace_aliases(drafts: Iterable[rules.AliasDraft]) -> int:
    """Make the aliases exactly these; how many were added, changed or removed."""
    wanted = {d.name: (d.code or None, d.status, d.note) for d in drafts}
    have = {
        name: (code, status, note)
        for name, code, status, note in DivisionAlias.objects.values_list(
            "name", "division_id", "status", "note"
        )
    }
    gone = set(have) - set(wanted)
    new = {name: value for name, value in wanted.items() if have.get(name) != value}
    if gone:
        DivisionAlias.objects.filter(name__in=gone).delete()
    if new:
        DivisionAlias.objects.bulk_create(
            [
                DivisionAlias(name=name, division_id=code, status=status, note=note)
                for name, (code, status, note) in new.items()
            ],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["division", "status", "note"],
        )
    return len(gone) + len(new)


def _replace_closures(drafts: Iterable[rules.ClosureDraft]) -> int:
    """Add and correct closures; one that is no longer in the pack is withdrawn."""
    wanted = {(d.outlet_code, d.start, d.end): d.reason for d in drafts}
    have = {
        (outlet, start, end): (reason, pk)
        for pk, outlet, start, end, reason in Closure.objects.values_list(
            "pk", "outlet_id", "start", "end", "reason"
        )
    }
    gone = [pk for key, (_reason, pk) in have.items() if key not in wanted]
    new = {
        key: reason for key, reason in wanted.items() if key not in have or have[key][0] != reason
    }
    if gone:
        Closure.objects.filter(pk__in=gone).delete()
    if new:
        Closure.objects.bulk_create(
            [
                Closure(outlet_id=outlet, start=start, end=end, reason=reason)
                for (outlet, start, end), reason in new.items()
            ],
            update_conflicts=True,
            unique_fields=["outlet", "start", "end"],
            update_fields=["reason"],
        )
    return len(gone) + len(new)
