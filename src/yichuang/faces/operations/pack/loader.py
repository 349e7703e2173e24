"""A checked pack becomes the county: everything in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.authority import actions as authority
from yichuang.blanks import kinds
from yichuang.catalogue.actions import publish_catalogue
from yichuang.clock.actions import publish_years
from yichuang.documents.register import publish_seals
from yichuang.faces.operations.pack.checks import faults_of
from yichuang.faces.operations.pack.reader import Pack, PlanTask, read_pack
from yichuang.journal.actions import record
from yichuang.licences.types import publish_types
from yichuang.oversight.plan import PlanTaskSheet, publish_plan
from yichuang.places.actions import publish_places
from yichuang.places.models import Division
from yichuang.verdict import Refusal

# Told what is being done, and how many of how many rows are done.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What a load did to one part of the standing order, counted in rows of the pack."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did. `parts`: by division, organ, outlet, year, catalogue, seal, authority,
    licence_type, plan.

    deferred: item and chain codes whose new version begins later than the pack asks, because one
    began that day or after.  absent: codes published earlier that the pack no longer names; they
    stay in force. replaced: items last published in the browser, which the pack changed over that.
    """

    county: str
    version: str
    effective_on: date
    parts: Mapping[str, Part]
    deferred: Mapping[str, date]
    absent: tuple[str, ...]
    replaced: tuple[str, ...]
    wrote: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {
            "effective_on": self.effective_on.isoformat(),
            "deferred": {code: day.isoformat() for code, day in self.deferred.items()},
            "absent": list(self.absent),
            "replaced": list(self.replaced),
        }


def load_pack(
    path: Path, *, by: Actor, at: datetime, progress: Progress | None = None
) -> LoadReport:
    """Load the pack in the folder `path`. A second load of the same pack writes nothing.

    Raises Refusal "pack-invalid" (detail: faults, each with file, row, column, reason) before
    anything is written, "pack-other-county" (409) when another county is loaded here already, and
    whatever a package refuses, such as a published instrument that was changed.
    """
    tell = progress or _silent
    tell(_("读取并核对县包"), 0, 1)
    pack = read_pack(path)
    faults = faults_of(pack)
    if faults:
        raise Refusal(
            "pack-invalid",
            _("县包有%(count)d处错误，一条也没有写入。") % {"count": len(faults)},
            remedy=_("请按所列文件、行和列改正后重新载入。"),
            detail={
                "faults": [
                    {
                        "file": fault.file,
                        "row": fault.row,
                        "column": fault.column,
                        "reason": str(fault.reason),
                    }
                    for fault in faults
                ]
            },
        )
    with transaction.atomic():
        _refuse_other_county(pack)
        return _publish(pack, by, at, tell)


def _silent(what: str, done: int, total: int) -> None:
    """Nobody is watching."""


def _refuse_other_county(pack: Pack) -> None:
    """One installation serves one county: its aliases, closures and lists are replaced as wholes."""
    other = Division.objects.filter(level="county").exclude(code=pack.meta.county_code).first()
    if other is not None:
        raise Refusal(
            "pack-other-county",
            _("这里已经载入了%(there)s，不能再载入%(here)s。")
            % {"there": other.name, "here": pack.meta.county_name},
            remedy=_("一套系统服务一个县；请为另一个县另设数据目录（YICHUANG_HOME）。"),
            status=409,
        )


def _publish(pack: Pack, by: Actor, at: datetime, tell: Progress) -> LoadReport:
    since = pack.meta.effective_on
    places = (len(pack.divisions), len(pack.organs), len(pack.outlets))
    counts = (sum(places), len(pack.years), len(pack.items), len(pack.seals), len(pack.grants))
    total = sum(counts)
    done = 0

    tell(_("发布区划、机构和服务点"), done, total)
    placed = publish_places(
        pack.divisions,
        pack.organs,
        pack.outlets,
        pack.aliases,
        pack.closures,
        effective_on=since,
        by=by,
        at=at,
    )
    done += counts[0]
    tell(_("发布工作日历"), done, total)
    years = publish_years(drafts=pack.years, by=by, at=at)
    done += counts[1]
    tell(_("发布事项和一件事"), done, total)
    items = publish_catalogue(
        pack.items,
        pack.chains,
        pack.outlet_items,
        pack.synonyms,
        pack.sayings,
        effective_on=since,
        by=by,
        at=at,
        progress=lambda what, some, _all: tell(what, done + some, total),
    )
    done += counts[2]
    tell(_("登记印章"), done, total)
    sealed = publish_seals(pack.seals, by=by, at=at)
    done += counts[3]
    tell(_("发布事项权限和授权文书"), done, total)
    powers = authority.publish(
        competences=pack.competences, grants=pack.grants, effective_on=since, by=by, at=at
    )
    sheets = kinds.publish_types(pack.blank_types, by=by, at=at)
    new_types, changed_types = publish_types(pack.licence_types, by=by, at=at)
    planned = publish_plan([_task(task) for task in pack.plan_tasks])
    new_years = sum(year.version == 1 for year in years)
    parts = {
        **{
            kind: _part(len(placed.added[kind]), len(placed.changed[kind]), size)
            for kind, size in zip(("division", "organ", "outlet"), places, strict=True)
        },
        "year": _part(new_years, len(years) - new_years, len(pack.years)),
        "catalogue": Part(len(items.added), len(items.changed), items.unchanged),
        "seal": _part(0, sealed, len(pack.seals)),
        "authority": Part(powers.added, powers.changed, powers.unchanged),
        "blank_type": _part(0, sheets, len(pack.blank_types)),
        "licence_type": _part(new_types, changed_types, len(pack.licence_types)),
        "plan": Part(planned.added, planned.changed, planned.unchanged),
    }
    wrote = (
        placed.wrote or items.wrote or any(part.added or part.changed for part in parts.values())
    )
    report = LoadReport(
        county=pack.meta.county_code,
        version=pack.meta.version,
        effective_on=since,
        parts=parts,
        deferred=dict(items.deferred),
        absent=tuple(
            sorted({*items.absent, *(c for codes in placed.absent.values() for c in codes)})
        ),
        replaced=items.replaced,
        wrote=wrote,
    )
    if wrote:
        # items and places belong to the standing order too, which every process keeps in memory
        authority.renew(at=at)
        record(kind="pack.loaded", by=by, at=at, payload=report.as_dict())
    tell(_("完成"), total, total)
    return report


def _task(task: PlanTask) -> PlanTaskSheet:
    return PlanTaskSheet(
        task.id,
        task.section,
        task.section_title,
        task.clause,
        task.title,
        task.text,
        task.lead,
        task.lead_organ,
        task.responsible,
        task.responsible_organs,
        task.due,
        task.due_text,
    )


def _part(added: int, changed: int, size: int) -> Part:
    return Part(added, changed, size - added - changed)
