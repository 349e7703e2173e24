"""Publish a pack's catalogue: new versions for what changed, nothing for what did not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.catalogue import rules, search, wording
from yichuang.catalogue.models import (
    Chain,
    ChainStep,
    ChainVersion,
    Item,
    ItemVersion,
    Material,
    OutletItem,
    Synonym,
)
from yichuang.journal.actions import record
from yichuang.verdict import Refusal

BATCH = 2000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a publication did. added, changed: item and chain codes; unchanged: how many.

    deferred: changed codes whose new version takes effect later than asked, because a version
    already took effect that day or after (code → day). absent: published earlier and not in this
    pack; still in use, until the pack lists them with state "cancelled".
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    deferred: tuple[tuple[str, date], ...] = ()
    absent: tuple[str, ...] = ()
    outlet_items: int = 0
    synonyms: int = 0

    @property
    def wrote(self) -> bool:
        """Did anything change at all?"""
        return bool(self.added or self.changed or self.outlet_items or self.synonyms)


def publish_catalogue(
    items: Sequence[rules.ItemDraft],
    chains: Sequence[rules.ChainDraft] = (),
    outlet_items: Sequence[rules.OutletItemDraft] = (),
    synonyms: Sequence[rules.SynonymDraft] = (),
    *,
    effective_on: date,
    by: Any,
    at: datetime,
    progress: Progress | None = None,
) -> Report:
    """Make the drafts the catalogue from a day on; a second run with the same writes nothing.

    All or nothing. One version a day: a change to what already took effect on effective_on (or
    later) takes effect the day after it. progress(done, total) is told as items are written.
    Refuses a pack with faults ("pack-faulty", detail["faults"]); `rules.check` shows them first.
    Outlets of outlet_items must be published already (places).
    """
    faults = rules.check(items, chains, outlet_items, synonyms)
    if faults:
        raise Refusal(
            "pack-faulty",
            _("事项目录数据有%(count)s处错误，一条也没有写入。") % {"count": len(faults)},
            remedy=_("请按所列文件、行和列改正后重新载入。"),
            detail={"faults": [str(fault) for fault in faults]},
        )
    with transaction.atomic():
        index = search.locked()
        item_plan = _plan(
            [(draft.code, _content(rules.normalised(draft)), draft) for draft in items],
            _latest(ItemVersion, "item_id"),
            effective_on,
        )
        chain_plan = _plan(
            [(draft.code, _content(draft), draft) for draft in chains],
            _latest(ChainVersion, "chain_id"),
            effective_on,
        )
        _write_items(item_plan.rows, progress)
        _write_chains(chain_plan.rows)
        report = Report(
            added=item_plan.added + chain_plan.added,
            changed=item_plan.changed + chain_plan.changed,
            unchanged=item_plan.unchanged + chain_plan.unchanged,
            deferred=item_plan.deferred + chain_plan.deferred,
            absent=item_plan.absent + chain_plan.absent,
            outlet_items=_replace_outlet_items(outlet_items),
            synonyms=_replace_synonyms(synonyms),
        )
        if item_plan.rows or report.synonyms:
            search.rebuild(index)
        if report.wrote:
            record(
                kind="catalogue.published",
                by=by,
                at=at,
                payload={
                    "effective_on": effective_on.isoformat(),
                    "added": len(report.added),
                    "changed": list(report.changed),
                    "outlet_items": report.outlet_items,
                    "synonyms": report.synonyms,
                    "content": _digest([row.digest for row in (*item_plan.rows, *chain_plan.rows)]),
                },
            )
    return report


@dataclass(frozen=True, slots=True)
class _Row:
    draft: Any
    version: int
    valid_from: date
    digest: str


@dataclass(frozen=True, slots=True)
class _Plan:
    rows: tuple[_Row, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    deferred: tuple[tuple[str, date], ...]
    absent: tuple[str, ...]


def _plan(
    drafts: Iterable[tuple[str, Mapping[str, Any], Any]],
    latest: Mapping[str, tuple[int, date, str]],
    effective_on: date,
) -> _Plan:
    rows, added, changed, deferred, seen = [], [], [], [], set()
    for code, content, draft in drafts:
        seen.add(code)
        digest = _digest(content)
        version, since, before = latest.get(code, (0, date.min, ""))
        if digest == before:
            continue
        valid_from = effective_on if not version else max(effective_on, since + timedelta(days=1))
        if valid_from != effective_on:
            deferred.append((code, valid_from))
        (changed if version else added).append(code)
        rows.append(_Row(draft, version + 1, valid_from, digest))
    return _Plan(
        tuple(rows),
        tuple(added),
        tuple(changed),
        len(seen) - len(rows),
        tuple(deferred),
        tuple(sorted(set(latest) - seen)),
    )


def _latest(
    model: type[ItemVersion] | type[ChainVersion], key: str
) -> dict[str, tuple[int, date, str]]:
    """code → (version, valid_from, content hash) of the newest version."""
    rows = model.objects.order_by("version").values_list(
        key, "version", "valid_from", "content_hash"
    )
    return {code: (version, since, digest) for code, version, since, digest in rows}


def _write_items(rows: Sequence[_Row], progress: Progress | None) -> None:
    Item.objects.bulk_create(
        [Item(code=row.draft.code) for row in rows if row.version == 1], batch_size=BATCH
    )
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        versions = ItemVersion.objects.bulk_create(
            [_item_version(row) for row in part], batch_size=BATCH
        )
        Material.objects.bulk_create(
            [
                Material(
                    version=version,
                    seq=seq,
                    name=material.name,
                    note=material.note,
                    held=material.held,
                )
                for version, row in zip(versions, part, strict=True)
                for seq, material in enumerate(row.draft.materials, start=1)
            ],
            batch_size=BATCH,
        )
        if progress:
            progress(start + len(part), len(rows))


def _item_version(row: _Row) -> ItemVersion:
    draft = rules.normalised(row.draft)
    return ItemVersion(
        item_id=draft.code,
        version=row.version,
        valid_from=row.valid_from,
        domain=draft.domain,
        name=draft.name,
        name_en=draft.name_en,
        item_type=draft.item_type,
        objects_served=list(draft.objects),
        handling=draft.handling,
        legal_days=draft.legal_days,
        legal_days_note=draft.legal_days_note,
        promised_days=draft.promised_days,
        town=draft.town,
        street=draft.street,
        village=draft.village,
        high_frequency=draft.high_frequency,
        chain_names=list(draft.chains),
        aliases=list(draft.aliases),
        basis=draft.basis,
        basis_confirmed=draft.basis_confirmed,
        state=draft.state,
        membership_draft=draft.membership_draft,
        days_draft=draft.days_draft,
        materials_draft=draft.materials_draft,
        content_hash=row.digest,
    )


def _write_chains(rows: Sequence[_Row]) -> None:
    Chain.objects.bulk_create([Chain(code=row.draft.code) for row in rows if row.version == 1])
    versions = ChainVersion.objects.bulk_create(
        [
            ChainVersion(
                chain_id=row.draft.code,
                version=row.version,
                valid_from=row.valid_from,
                name=row.draft.name,
                name_en=row.draft.name_en,
                content_hash=row.digest,
            )
            for row in rows
        ]
    )
    ChainStep.objects.bulk_create(
        [
            ChainStep(
                version=version,
                seq=step.seq,
                item_id=step.item_code,
                depends_on=list(step.depends_on),
                catalogue=step.catalogue,
                note=step.note,
            )
            for version, row in zip(versions, rows, strict=True)
            for step in row.draft.steps
        ]
    )


def _replace_outlet_items(drafts: Iterable[rules.OutletItemDraft]) -> int:
    """Make the outlets' own lists exactly these; how many lines were added or removed."""
    wanted = {(draft.outlet_code, draft.item_code, draft.mode) for draft in drafts}
    have = {
        (outlet, item, mode): pk
        for pk, outlet, item, mode in OutletItem.objects.values_list(
            "pk", "outlet_id", "item_id", "mode"
        )
    }
    gone = [pk for key, pk in have.items() if key not in wanted]
    new = sorted(wanted - set(have))
    if gone:
        OutletItem.objects.filter(pk__in=gone).delete()
    OutletItem.objects.bulk_create(
        [OutletItem(outlet_id=outlet, item_id=item, mode=mode) for outlet, item, mode in new]
    )
    return len(gone) + len(new)


def _replace_synonyms(drafts: Iterable[rules.SynonymDraft]) -> int:
    """Make the sayings exactly these and the common words; how many were added or removed."""
    wanted = {
        (said, draft.means)
        for draft in (*search.common_words(), *drafts)
        if (said := wording.normalise(draft.said))
    }
    have = {(said, means): pk for pk, said, means in Synonym.objects.values_list()}
    gone = [pk for key, pk in have.items() if key not in wanted]
    new = sorted(wanted - set(have))
    if gone:
        Synonym.objects.filter(pk__in=gone).delete()
    Synonym.objects.bulk_create([Synonym(said=said, means=means) for said, means in new])
    return len(gone) + len(new)


def _content(draft: Any) -> dict[str, Any]:
    """A draft as JSON, without where in the file it or its steps stood."""
    content = asdict(draft)
    for part in (content, *content.get("steps", ())):
        part.pop("row", None)
        part.pop("file", None)
    return content


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
