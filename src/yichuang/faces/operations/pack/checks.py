"""Whether a pack holds together: each package's own check, and what only the whole can tell.

A package's check is left out when a file that it needs could not be read: one missing table would
otherwise make hundreds of faults that are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from yichuang.authority import drafts as authority
from yichuang.authority import facts
from yichuang.authority.models import Competence, Grant
from yichuang.blanks import rules as blanks
from yichuang.catalogue import checks as catalogue
from yichuang.catalogue.drafts import ItemDraft
from yichuang.catalogue.rules import item_type_code
from yichuang.catalogue.versions import length_faults
from yichuang.clock import rules as clock
from yichuang.documents import register_rules as register
from yichuang.documents import rules as documents
from yichuang.documents.models import Seal
from yichuang.faces.operations.pack.guidance import TABLES, strays
from yichuang.faces.operations.pack.meta import META
from yichuang.faces.operations.pack.reader import (
    BLANKS,
    LICENCES,
    PLAN_TEXT,
    SAYINGS,
    Pack,
    PlanTask,
    read_pack,
)
from yichuang.licences import rules as licences
from yichuang.places import rules as places
from yichuang.places.models import Division, DivisionAlias, Organ, Outlet
from yichuang.verdict import Fault

# Who may be responsible in a plan besides an organ of the pack, in the plan's own collective words.
COLLECTIVES = ("@all_towns", "@departments", "@concerned")
PLACES = frozenset({"divisions.csv", "aliases.csv", "organs.csv", "outlets.csv", "closures.csv"})
CATALOGUE = frozenset(
    {
        *("items.csv", "authority.csv", "chains.csv", "outlet_items.csv", "synonyms.csv"),
        *("outlets.csv", SAYINGS, *TABLES),
    }
)
SEALS = frozenset({"seals.csv", "organs.csv"})
AUTHORITY = frozenset(
    {
        *("authority.csv", "grants.csv", "items.csv", "organs.csv", "divisions.csv"),
        *("outlets.csv", "seals.csv"),
    }
)


def check_pack(path: Path) -> list[Fault]:
    """Every fault of the pack in the folder `path`, ordered by file and line; [] when it is sound."""
    return faults_of(read_pack(path))


def faults_of(pack: Pack) -> list[Fault]:
    """Every fault of a pack that was read, ordered by file and line, each cell once."""
    checks: tuple[tuple[frozenset[str], Callable[[Pack], Iterable[Fault]]], ...] = (
        (PLACES, _check_places),
        (frozenset({"calendar.csv"}), lambda pack: clock.check(pack.years)),
        (CATALOGUE, _check_catalogue),
        (frozenset({"items.csv", *TABLES}), lambda pack: strays(pack.guidance, pack.items)),
        (SEALS, lambda pack: register.check_seals(pack.seals, {o.code for o in pack.organs})),
        (AUTHORITY, _check_authority),
        (frozenset({"divisions.csv"}), _check_county),
        (frozenset({LICENCES, "items.csv", *TABLES}), _check_licences),
        (frozenset({BLANKS, "organs.csv"}), _check_blanks),
        (frozenset({"chains.csv", "items.csv"}), _check_chain_names),
        (frozenset({"synonyms.csv", "items.csv"}), _check_synonyms),
        (frozenset({"plan_tasks.csv", "organs.csv"}), _check_plan),
        (frozenset(), _check_lengths),
        (AUTHORITY, _check_bodies),
        (AUTHORITY, _check_seal_cover),
    )
    found = list(pack.faults)
    # a cell that could not be read has its fault; what a rule says of the stand-in is no second one
    spoiled = {(fault.file, fault.row, fault.column) for fault in found if fault.row}
    for needs, check in checks:
        if needs & pack.unreadable:
            continue
        found.extend(
            fault for fault in check(pack) if (fault.file, fault.row, fault.column) not in spoiled
        )
    once = {(fault.file, fault.row, fault.column, str(fault.reason)): fault for fault in found}
    return sorted(once.values(), key=lambda fault: (fault.file, fault.row, fault.column))


def _check_blanks(pack: Pack) -> list[Fault]:
    return blanks.check_types(pack.blank_types, {organ.code for organ in pack.organs})


def _check_places(pack: Pack) -> list[Fault]:
    return places.check(pack.divisions, pack.organs, pack.outlets, pack.aliases, pack.closures)


def _check_catalogue(pack: Pack) -> list[Fault]:
    return catalogue.check(
        pack.items,
        pack.chains,
        pack.outlet_items,
        pack.synonyms,
        pack.sayings,
        outlets={outlet.code: outlet.kind for outlet in pack.outlets},
    )


def _check_licences(pack: Pack) -> tuple[Fault, ...]:
    return licences.check_types(
        pack.licence_types,
        items={item.code: {fact.key: fact for fact in item.facts} for item in pack.items},
        materials=frozenset(m.name for item in pack.items for m in item.materials),
    )


def _check_authority(pack: Pack) -> list[Fault]:
    return authority.check(
        pack.competences,
        pack.grants,
        items={item.code: _permit(item) for item in pack.items},
        organs={organ.code: organ.administrative for organ in pack.organs},
        places=frozenset(division.code for division in pack.divisions),
        outlets=frozenset(outlet.code for outlet in pack.outlets),
        seals={seal.code: seal.organ_code for seal in pack.seals},
        areas={organ.code: organ.division_code for organ in pack.organs},
    )


def _permit(item: ItemDraft) -> bool:
    return item_type_code(item.item_type) == "01"


# -- what only the whole can tell ----------------------------------------------------------------


def _check_county(pack: Pack) -> Iterator[Fault]:
    """pack.toml names the county that divisions.csv describes, and every code lies in it."""
    meta = pack.meta
    for division in pack.divisions:
        if division.level == "county" and (division.code, division.name) != (
            meta.county_code,
            meta.county_name,
        ):
            yield Fault(
                META,
                0,
                "county.code",
                _("县的代码和名称应与divisions.csv第%(row)d行一致（%(code)s %(name)s）。")
                % {"row": division.row, "code": division.code, "name": division.name},
            )
        if meta.county_code and division.code[:6] != meta.county_code[:6]:
            yield Fault(
                division.file,
                division.row,
                "code",
                _("区划代码不属于本县（%(county)s）。") % {"county": meta.county_code[:6]},
            )


def _check_lengths(pack: Pack) -> Iterator[Fault]:
    """No text is longer than its column: one database cuts or refuses it, the other does not."""
    for item in pack.items:
        yield from length_faults(item)
    for model, drafts in (
        (Division, pack.divisions),
        (DivisionAlias, pack.aliases),
        (Organ, pack.organs),
        (Outlet, pack.outlets),
        (Competence, pack.competences),
        (Grant, pack.grants),
        (Seal, pack.seals),
    ):
        limits = {
            field.name: field.max_length
            for field in model._meta.concrete_fields
            if field.max_length and not field.choices
        }
        for draft in drafts:
            for name, limit in limits.items():
                value = getattr(draft, name, "")
                if isinstance(value, str) and len(value) > limit:
                    yield Fault(
                        draft.file,
                        draft.row,
                        name,
                        _("不能超过%(limit)d个字，现有%(count)d个。")
                        % {"limit": limit, "count": len(value)},
                    )


def _check_chain_names(pack: Pack) -> Iterator[Fault]:
    """A chain's items know that they are in it: a guide names its chains."""
    said = {(name, item.code) for item in pack.items for name in item.chains}
    known = {item.code for item in pack.items}
    for chain in pack.chains:
        for step in chain.steps:
            named = {(chain.name, step.item_code), (chain.code, step.item_code)}
            if step.item_code in known and not named & said:
                yield Fault(
                    step.file,
                    step.row,
                    "item_code",
                    _("items.csv里事项%(code)s的chains一列没有写“%(chain)s”。")
                    % {"code": step.item_code, "chain": chain.name},
                )


def _check_synonyms(pack: Pack) -> Iterator[Fault]:
    """What people's words mean must be a word the catalogue uses, or nothing at all."""
    words = "\n".join(word for item in pack.items for word in (item.name, *item.aliases))
    for synonym in pack.synonyms:
        if synonym.means and synonym.means not in words:
            yield Fault(
                synonym.file,
                synonym.row,
                "means",
                _("没有哪个事项的名称或别名含有“%(word)s”。") % {"word": synonym.means},
            )


def _check_plan(pack: Pack) -> Iterator[Fault]:
    organs = {organ.code for organ in pack.organs}
    plain = _plain(pack.plan_text)
    for task in pack.plan_tasks:
        yield from _check_task_organs(task, organs)
        quoted = (
            ("text", task.text),
            ("lead", task.lead),
            ("due_text", task.due_text),
            *(("responsible", name) for name in task.responsible),
        )
        for column, text in quoted:
            if plain and _plain(text) not in plain:
                yield Fault(
                    task.file,
                    task.row,
                    column,
                    _("“%(text)s”与%(plan)s的原文不一致。") % {"text": text, "plan": PLAN_TEXT},
                )
        if task.due and not task.due_text:
            yield Fault(task.file, task.row, "due_text", _("写了期限，就要引用方案里的原话。"))


def _check_task_organs(task: PlanTask, organs: set[str]) -> Iterator[Fault]:
    named = [("responsible_organs", code) for code in task.responsible_organs]
    if task.lead_organ:
        named.append(("lead_organ", task.lead_organ))
    for column, code in named:
        if code not in organs and code not in COLLECTIVES:
            yield Fault(
                task.file, task.row, column, _("机构%(code)s不在organs.csv中。") % {"code": code}
            )
    if len(task.responsible) != len(task.responsible_organs):
        yield Fault(task.file, task.row, "responsible_organs", _("应与责任单位一一对应。"))
    if bool(task.lead) != bool(task.lead_organ):
        yield Fault(task.file, task.row, "lead_organ", _("应与牵头单位一致。"))


def _plain(text: str) -> str:
    """Text without blanks: a plan's own typesetting is not part of its words."""
    return re.sub(r"\s+", "", text)


def _towns(pack: Pack) -> list[places.DivisionDraft]:
    return [division for division in pack.divisions if division.level == "town"]


def _town_organs(pack: Pack, kinds: tuple[str, ...]) -> dict[str, str]:
    """town code → code of its organ of one of these kinds."""
    return {organ.division_code: organ.code for organ in pack.organs if organ.kind in kinds}


_TOKEN_KINDS = {
    facts.TOWN_GOVERNMENT: ("town_government", "subdistrict_office"),
    facts.TOWN_CENTRE: ("centre",),
}


def _check_bodies(pack: Pack) -> Iterator[Fault]:
    """Where an item is decided by "the town's government", every town has one."""
    for token, kinds in _TOKEN_KINDS.items():
        if not any(draft.decider == token for draft in pack.competences):
            continue
        have = _town_organs(pack, kinds)
        for town in _towns(pack):
            if town.code not in have:
                yield Fault(
                    "organs.csv",
                    0,
                    "kind",
                    _("%(town)s没有登记%(kind)s，authority.csv却要由它办理。")
                    % {
                        "town": town.name,
                        "kind": "、".join(str(places.ORGAN_KINDS[kind]) for kind in kinds),
                    },
                )


def _check_seal_cover(pack: Pack) -> Iterator[Fault]:
    """Whoever decides has a seal to put on it, and an entrusted power comes with a numbered one."""
    have = {(seal.organ_code, seal.kind) for seal in pack.seals}
    kinds = {seal.code: seal.kind for seal in pack.seals}
    known = {organ.code for organ in pack.organs}
    permits = {item.code for item in pack.items if _permit(item)}
    wanted: dict[tuple[str, str], int] = {}
    for draft in pack.competences:
        if draft.role == facts.GUIDE:
            continue
        organ_kinds = _TOKEN_KINDS.get(draft.decider)
        if organ_kinds:
            deciders = sorted(_town_organs(pack, organ_kinds).values())
        else:
            deciders = [draft.decider] if draft.decider in known else []
        by_centre = draft.decider == facts.TOWN_CENTRE
        for organ in deciders:
            kind = documents.CENTRE if by_centre else documents.MAIN
            wanted.setdefault((organ, kind), draft.row)
            if draft.item_code in permits:
                wanted.setdefault((organ, documents.ACCEPTANCE), draft.row)
    for (organ, kind), row in wanted.items():
        if (organ, kind) not in have:
            yield Fault(
                "seals.csv",
                0,
                "organ_code",
                _("%(organ)s要用印（authority.csv第%(row)d行），却没有登记%(kind)s。")
                % {"organ": organ, "row": row, "kind": documents.SEAL_KINDS[kind]},
            )
    for grant in pack.grants:
        if grant.instrument == facts.ENTRUST and kinds.get(grant.seal, "") not in (
            "",
            documents.NUMBERED,
        ):
            yield Fault(
                grant.file,
                grant.row,
                "seal_code",
                _("委托所付的印章应是带编号的专用章（%(kind)s）。") % {"kind": documents.NUMBERED},
            )
