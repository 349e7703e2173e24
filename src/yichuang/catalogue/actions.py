"""Publish a pack's catalogue: new versions for what changed, nothing for what did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.catalogue import checks, drafts, search, wording
from yichuang.catalogue.models import (
    Chain,
    ChainStep,
    ChainVersion,
    Item,
    ItemVersion,
    Material,
    OutletItem,
    Saying,
    Synonym,
)
from yichuang.catalogue.versions import content, digest, rows_for
from yichuang.journal.actions import record
from yichuang.verdict import Refusal

BATCH = 2000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a publication did. added, changed: item and chain codes; unchanged: how many.

    deferred: changed codes whose new version takes effect later than asked, because a version
    already took effect that day or after (code → day). absent: published earlier and not in this
    pack; still in use, until the pack lists them with state "cancelled". replaced: items whose
    newest version was published in the browser, and which the pack has now changed over it.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    deferred: tuple[tuple[str, date], ...] = ()
    absent: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    outlet_items: int = 0
    synonyms: int = 0
    sayings: int = 0

    @property
    def wrote(self) -> bool:
        """Did anything change at all?"""
        return bool(
            self.added or self.changed or self.outlet_items or self.synonyms or self.sayings
        )


def publish_catalogue(
    items: Sequence[drafts.ItemDraft],
    chains: Sequence[drafts.ChainDraft] = (),
    outlet_items: Sequence[drafts.OutletItemDraft] = (),
    synonyms: Sequence[drafts.SynonymDraft] = (),
    sayings: Sequence[drafts.SayingDraft] = (),
    *,
    effective_on: date,
    by: Any,
    at: datetime,
    progress: Progress | None = None,
) -> Report:
    """Make the drafts the catalogue from a day on; a second run with the same writes nothing.

    Only what the drafts themselves changed since the last publication makes a version: one that
    was published in the browser meanwhile (authoring) stays where the draft is as it was.
    All or nothing. One version a day: a change to what already took effect on effective_on (or
    later) takes effect the day after it. progress(what, done, total) is told as
    items are written and then indexed.
    Refuses a pack with faults ("pack-faulty", detail["faults"]); `checks.check` shows them first.
    Outlets of outlet_items must be published already (places).
    """
    faults = checks.check(items, chains, outlet_items, synonyms, sayings)
    if faults:
        raise Refusal(
            "pack-faulty",
            _("事项目录数据有%(count)s处错误，一条也没有写入。") % {"count": len(faults)},
            remedy=_("请按所列文件、行和列改正后重新载入。"),
            detail={"faults": [str(fault) for fault in faults]},
        )
    with transaction.atomic():
        index = search.locked()
        item_plan = _plan([(content(draft), draft) for draft in items], _items(), effective_on)
        chain_plan = _plan(
            [(_chain_content(draft), draft) for draft in chains], _chains(), effective_on
        )
        _write_items(item_plan, progress)
        _write_chains(chain_plan.rows)
        report = Report(
            added=item_plan.added + chain_plan.added,
            changed=item_plan.changed + chain_plan.changed,
            unchanged=item_plan.unchanged + chain_plan.unchanged,
            deferred=item_plan.deferred + chain_plan.deferred,
            absent=item_plan.absent + chain_plan.absent,
            replaced=item_plan.replaced,
            outlet_items=_replace_outlet_items(outlet_items),
            synonyms=_replace_synonyms(synonyms),
            sayings=_replace_sayings(sayings),
        )
        if item_plan.rows or report.synonyms or report.sayings:
            if progress:
                progress(_("建立检索索引"), len(item_plan.rows), len(item_plan.rows))
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
                    "replaced": list(report.replaced),
                    "outlet_items": report.outlet_items,
                    "synonyms": report.synonyms,
                    "sayings": report.sayings,
                    "content": digest([row.digest for row in (*item_plan.rows, *chain_plan.rows)]),
                },
            )
    return report


@dataclass(frozen=True, slots=True)
class _Row:
    draft: Any
    said: Mapping[str, Any]
    version: int
    valid_from: date
    digest: str


class _Known(NamedTuple):
    """The newest version of a code. pack: digest of what the pack said when last published."""

    version: int
    valid_from: date
    digest: str
    pack: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """rows: versions to write. noted: code → digest, for codes that the pack says otherwise now."""

    rows: tuple[_Row, ...]
    noted: Mapping[str, str]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    deferred: tuple[tuple[str, date], ...]
    absent: tuple[str, ...]
    replaced: tuple[str, ...]


def _plan(
    drafts: Iterable[tuple[Mapping[str, Any], Any]],
    latest: Mapping[str, _Known],
    effective_on: date,
) -> _Plan:
    rows, added, changed, deferred, replaced, seen = [], [], [], [], [], set()
    noted = {}
    for said, draft in drafts:
        code, now = draft.code, digest(said)
        seen.add(code)
        known = latest.get(code, _Known(0, date.min, "", ""))
        if now != known.pack:
            noted[code] = now
        if now in (known.pack, known.digest):
            continue
        valid_from = effective_on
        if known.version:
            valid_from = max(effective_on, known.valid_from + timedelta(days=1))
            if known.digest != known.pack:
                replaced.append(code)
        if valid_from != effective_on:
            deferred.append((code, valid_from))
        (changed if known.version else added).append(code)
        rows.append(_Row(draft, said, known.version + 1, valid_from, now))
    return _Plan(
        tuple(rows),
        noted,
        tuple(added),
        tuple(changed),
        len(seen) - len(rows),
        tuple(deferred),
        tuple(sorted(set(latest) - seen)),
        tuple(replaced),
    )


def _items() -> dict[str, _Known]:
    rows = ItemVersion.objects.order_by("version").values_list(
        "item_id", "version", "valid_from", "content_hash", "item__pack_hash"
    )
    # a pack_hash is missing where the item was published before there was one
    return {
        code: _Known(version, since, now, pack or now) for code, version, since, now, pack in rows
    }


def _chains() -> dict[str, _Known]:
    rows = ChainVersion.objects.order_by("version").values_list(
        "chain_id", "version", "valid_from", "content_hash"
    )
    return {code: _Known(version, since, now, now) for code, version, since, now in rows}


def _write_items(plan: _Plan, progress: Progress | None) -> None:
    rows = plan.rows
    Item.objects.bulk_create(
        [Item(code=row.draft.code, pack_hash=row.digest) for row in rows if row.version == 1],
        batch_size=BATCH,
    )
    new = {row.draft.code for row in rows if row.version == 1}
    Item.objects.bulk_update(
        [Item(code=code, pack_hash=now) for code, now in plan.noted.items() if code not in new],
        ["pack_hash"],
        batch_size=BATCH,
    )
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        made = [
            rows_for(
                row.said,
                version=row.version,
                valid_from=row.valid_from,
                content_hash=row.digest,
            )
            for row in part
        ]
        ItemVersion.objects.bulk_create([version for version, _listed in made], batch_size=BATCH)
        Material.objects.bulk_create(
            [material for _version, listed in made for material in listed], batch_size=BATCH
        )
        if progress:
            progress(_("发布事项和一件事"), start + len(part), len(rows))


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
                alternative=step.alternative,
                optional=step.optional,
                opens_on=step.opens_on,
                catalogue=step.catalogue,
                note=step.note,
            )
            for version, row in zip(versions, rows, strict=True)
            for step in row.draft.steps
        ]
    )


def _replace_outlet_items(drafts: Iterable[drafts.OutletItemDraft]) -> int:
    """Make the outlets' own lists exactly these; how many lines were added or removed."""
    wanted = {(draft.outlet_code, draft.item_code, draft.mode, draft.reason) for draft in drafts}
    rows = OutletItem.objects.values_list("outlet_id", "item_id", "mode", "reason", "pk")
    have = {row[:4]: row[4] for row in rows}
    gone = [pk for key, pk in have.items() if key not in wanted]
    new = sorted(wanted - set(have))
    if gone:
        OutletItem.objects.filter(pk__in=gone).delete()
    OutletItem.objects.bulk_create(
        [
            OutletItem(outlet_id=outlet, item_id=item, mode=mode, reason=reason)
            for outlet, item, mode, reason in new
        ]
    )
    return len(gone) + len(new)


def _replace_synonyms(drafts: Iterable[drafts.SynonymDraft]) -> int:
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


def _replace_sayings(drafts: Iterable[drafts.SayingDraft]) -> int:
    """Make the told situations exactly these; how many were added or removed."""
    wanted = {(draft.item_code, draft.said) for draft in drafts}
    have = {(item, said): pk for pk, item, said in Saying.objects.values_list("pk", "item", "said")}
    gone = [pk for key, pk in have.items() if key not in wanted]
    new = sorted(wanted - set(have))
    if gone:
        Saying.objects.filter(pk__in=gone).delete()
    Saying.objects.bulk_create([Saying(item_id=item, said=said) for item, said in new])
    return len(gone) + len(new)


def _chain_content(draft: drafts.ChainDraft) -> dict[str, Any]:
    """A chain's draft as JSON, without where in the file it or its steps stood."""
    said = asdict(draft)
    for part in (said, *said["steps"]):
        del part["row"], part["file"]
    return said
