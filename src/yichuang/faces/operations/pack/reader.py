"""A pack's folder read into drafts, with every fault of every cell noted on the way.

The layout is docs/pack-format.md; COLUMNS is its machine-readable half. Only the shape of cells is
judged here: whether the drafts hold together is asked in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from yichuang.authority.drafts import CompetenceDraft, GrantDraft
from yichuang.catalogue.drafts import (
    ChainDraft,
    ChainStepDraft,
    ItemDraft,
    OutletItemDraft,
    SayingDraft,
    SynonymDraft,
)
from yichuang.catalogue.rules import materials_of
from yichuang.clock.rules import DraftDay, YearDraft
from yichuang.documents.register_rules import SealDraft
from yichuang.faces.operations.pack.guidance import TABLES, Guidance, described, read_guidance
from yichuang.faces.operations.pack.meta import Meta, read_meta
from yichuang.faces.operations.pack.stock import BLANK_COLUMNS, BLANKS, BlankDraft, blank_type
from yichuang.faces.operations.pack.table import SEPARATOR, Line, Table, read_table, read_text
from yichuang.licences.rules import TypeDraft
from yichuang.places.rules import (
    AliasDraft,
    ClosureDraft,
    DivisionDraft,
    OrganDraft,
    OutletDraft,
)
from yichuang.verdict import Fault

PLAN_TEXT = "plan.txt"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "divisions.csv": (
        *("code", "level", "kind", "name", "short_name", "parent_code"),
        *("lng", "lat", "point_note"),
    ),
    "aliases.csv": ("name", "code", "status", "note"),
    "organs.csv": (
        *("code", "name", "name_en", "kind", "division_code", "parent_code"),
        *("administrative", "status", "note"),
    ),
    "outlets.csv": (
        *("code", "kind", "name", "name_en", "division_code", "organ_code", "address", "phone"),
        *("hours", "opened_on", "closed_on", "fictional", "note"),
    ),
    "outlet_items.csv": ("outlet_code", "item_code", "mode", "reason"),
    "closures.csv": ("outlet_code", "start", "end", "reason"),
    "items.csv": (
        *("code", "domain", "name", "name_en", "item_type", "objects", "handling"),
        *("legal_days", "legal_days_note", "promised_days", "materials"),
        *("town", "street", "village", "high_frequency", "chains", "aliases", "state"),
        *("membership_status", "days_status", "materials_status"),
    ),
    "authority.csv": (
        *("item_code", "role", "decider", "power_source", "decision_seal", "acceptance_seal"),
        *("basis", "basis_status", "draft_note"),
    ),
    "grants.csv": (
        *("number", "instrument", "from_organ", "to_organ", "items", "places", "outlets"),
        *("valid_from", "valid_to", "revoked_on", "seal_code", "signatory_title", "notice"),
        *("basis", "status", "max_amount", "text", "notice_url", "noticed_on"),
    ),
    "seals.csv": (
        *("code", "kind", "organ_code", "number", "name", "valid_from", "valid_to"),
        *("custodian_title", "status"),
    ),
    "chains.csv": (
        *("code", "name", "name_en", "seq", "item_code", "item_name", "depends_on"),
        *("alternative", "optional", "opens_on", "catalogue", "note"),
    ),
    "calendar.csv": ("year", "date", "name", "is_off", "source"),
    "synonyms.csv": ("said", "means"),
    "plan_tasks.csv": (
        *("id", "section", "section_title", "clause", "title", "text", "lead", "lead_organ"),
        *("responsible", "responsible_organs", "due", "due_text"),
    ),
}
SAYINGS = "sayings.csv"
LICENCES = "licence_types.csv"
MORE_TABLES: Mapping[str, tuple[str, ...]] = {
    **TABLES,
    SAYINGS: ("item_code", "said"),
    BLANKS: BLANK_COLUMNS,
    LICENCES: (
        *("code", "name", "name_en", "items", "holder_kind", "fields", "validity", "word"),
        *("catalogue_code", "materials", "basis", "basis_status", "status"),
    ),
}
# what packs of the first format do not have
NEWER_COLUMNS = {
    "chains.csv": ("alternative", "optional", "opens_on"),
    "outlet_items.csv": ("reason",),
    "grants.csv": ("max_amount", "text", "notice_url", "noticed_on"),
}
DRAFT_STATES = ("confirmed", "draft")
BASIS_STATES = ("confirmed", "unconfirmed")
# Stands in for a date that cannot be read.
_EARLIEST = date.min


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A row of plan_tasks.csv: one thing the county's plan orders, in its own words."""

    id: str
    section: str
    section_title: str
    clause: str
    title: str
    text: str
    lead: str
    lead_organ: str
    responsible: tuple[str, ...]
    responsible_organs: tuple[str, ...]
    due: date | None
    due_text: str
    row: int = 0
    file: str = "plan_tasks.csv"


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a folder says. `faults`: what its cells got wrong; `unreadable`: files not read."""

    path: Path
    meta: Meta
    divisions: tuple[DivisionDraft, ...]
    aliases: tuple[AliasDraft, ...]
    organs: tuple[OrganDraft, ...]
    outlets: tuple[OutletDraft, ...]
    outlet_items: tuple[OutletItemDraft, ...]
    closures: tuple[ClosureDraft, ...]
    items: tuple[ItemDraft, ...]
    competences: tuple[CompetenceDraft, ...]
    grants: tuple[GrantDraft, ...]
    seals: tuple[SealDraft, ...]
    chains: tuple[ChainDraft, ...]
    years: tuple[YearDraft, ...]
    synonyms: tuple[SynonymDraft, ...]
    sayings: tuple[SayingDraft, ...]
    licence_types: tuple[TypeDraft, ...]
    blank_types: tuple[BlankDraft, ...]
    plan_tasks: tuple[PlanTask, ...]
    plan_text: str
    guidance: Guidance
    faults: tuple[Fault, ...]
    unreadable: frozenset[str]


def read_pack(path: Path) -> Pack:
    """Read the folder. Never raises for what it holds: every fault is in `Pack.faults`."""
    faults: list[Fault] = []
    meta = read_meta(path, faults)
    tables = {
        file: read_table(path, file, columns, may_lack=NEWER_COLUMNS.get(file, ()))
        for file, columns in COLUMNS.items()
    } | {
        file: read_table(path, file, columns, may_be_absent=True)
        for file, columns in MORE_TABLES.items()
    }
    tables["plan_tasks.csv"].once("id")
    bases = _bases(tables["authority.csv"])
    guidance = read_guidance(tables)
    pack = Pack(
        path=path,
        meta=meta,
        divisions=tuple(map(_division, tables["divisions.csv"])),
        aliases=tuple(map(_alias, tables["aliases.csv"])),
        organs=tuple(map(_organ, tables["organs.csv"])),
        outlets=tuple(map(_outlet, tables["outlets.csv"])),
        outlet_items=tuple(map(_outlet_item, tables["outlet_items.csv"])),
        closures=tuple(map(_closure, tables["closures.csv"])),
        items=tuple(described(_item(line, bases), guidance) for line in tables["items.csv"]),
        competences=tuple(map(_competence, tables["authority.csv"])),
        grants=tuple(map(_grant, tables["grants.csv"])),
        seals=tuple(map(_seal, tables["seals.csv"])),
        chains=_chains(tables["chains.csv"], tables["items.csv"]),
        years=_years(tables["calendar.csv"]),
        synonyms=tuple(
            SynonymDraft(line.required("said"), line.text("means"), line.row)
            for line in tables["synonyms.csv"]
        ),
        sayings=tuple(
            SayingDraft(line.code("item_code"), line.required("said"), line.row)
            for line in tables[SAYINGS]
        ),
        licence_types=tuple(map(_licence_type, tables[LICENCES])),
        blank_types=tuple(map(blank_type, tables[BLANKS])),
        plan_tasks=tuple(map(_plan_task, tables["plan_tasks.csv"])),
        plan_text=_plan_text(path, faults),
        guidance=guidance,
        faults=(),
        unreadable=frozenset(file for file, table in tables.items() if not table.readable),
    )
    # the cells were read just now, so only now are the tables' own faults complete
    for table in tables.values():
        faults.extend(table.faults)
    return _with_faults(pack, faults)


def _with_faults(pack: Pack, faults: Sequence[Fault]) -> Pack:
    values = {name: getattr(pack, name) for name in pack.__slots__}
    return Pack(**values | {"faults": tuple(faults)})


def _plan_text(path: Path, faults: list[Fault]) -> str:
    """The plan's own words, against which its tasks are compared; a pack may leave it out."""
    file = path / PLAN_TEXT
    if not file.exists():
        return ""
    text = read_text(file, lambda row, reason: faults.append(Fault(PLAN_TEXT, row, "", reason)))
    return text or ""


# -- rows into drafts --------------------------------------------------------------------------


def _division(line: Line) -> DivisionDraft:
    county = line.text("level") == "county"
    return DivisionDraft(
        code=line.division("code"),
        level=line.required("level"),
        kind=line.required("kind"),
        name=line.text("name"),
        short_name=line.text("short_name"),
        parent_code=line.division("parent_code", optional=county),
        lng=line.text("lng"),
        lat=line.text("lat"),
        point_note=line.text("point_note"),
        row=line.row,
    )


def _alias(line: Line) -> AliasDraft:
    return AliasDraft(
        name=line.text("name"),
        code=line.division("code", optional=True),
        status=line.required("status"),
        note=line.text("note"),
        row=line.row,
    )


def _organ(line: Line) -> OrganDraft:
    return OrganDraft(
        code=line.code("code"),
        name=line.text("name"),
        name_en=line.required("name_en"),
        kind=line.required("kind"),
        division_code=line.division("division_code"),
        parent_code=line.code("parent_code", optional=True),
        administrative=line.mark("administrative"),
        status=line.required("status"),
        note=line.text("note"),
        row=line.row,
    )


def _outlet(line: Line) -> OutletDraft:
    return OutletDraft(
        code=line.code("code"),
        kind=line.required("kind"),
        name=line.text("name"),
        name_en=line.required("name_en"),
        division_code=line.division("division_code"),
        organ_code=line.code("organ_code"),
        address=line.text("address"),
        phone=line.text("phone"),
        hours=line.text("hours"),
        opened_on=line.day_or_none("opened_on"),
        closed_on=line.day_or_none("closed_on"),
        fictional=line.mark("fictional"),
        note=line.text("note"),
        row=line.row,
    )


def _outlet_item(line: Line) -> OutletItemDraft:
    return OutletItemDraft(
        outlet_code=line.code("outlet_code"),
        item_code=line.code("item_code"),
        mode=line.required("mode"),
        reason=line.text("reason"),
        row=line.row,
    )


def _closure(line: Line) -> ClosureDraft:
    return ClosureDraft(
        outlet_code=line.code("outlet_code"),
        start=line.day("start", _EARLIEST),
        end=line.day("end", date.max),
        reason=line.text("reason"),
        row=line.row,
    )


def _bases(table: Table) -> dict[str, tuple[str, bool]]:
    """item code → its legal basis and whether somebody has confirmed it."""
    return {
        line.cells["item_code"]: (line.cells["basis"], line.cells["basis_status"] == "confirmed")
        for line in table
    }


def _item(line: Line, bases: Mapping[str, tuple[str, bool]]) -> ItemDraft:
    line.words("materials")  # notes a full-width separator
    code = line.code("code")
    basis, basis_confirmed = bases.get(code, ("", False))
    return ItemDraft(
        code=code,
        domain=line.required("domain"),
        name=line.text("name"),
        name_en=line.required("name_en"),
        item_type=line.required("item_type"),
        objects=line.words("objects"),
        handling=line.required("handling"),
        legal_days=line.whole_or_none("legal_days"),
        legal_days_note=line.text("legal_days_note"),
        promised_days=line.whole("promised_days"),
        materials=materials_of(line.text("materials")),
        town=line.mark("town"),
        street=line.mark("street"),
        village=line.mark("village"),
        high_frequency=line.mark("high_frequency"),
        chains=line.words("chains"),
        aliases=line.words("aliases"),
        basis=basis,
        basis_confirmed=basis_confirmed,
        state=line.required("state"),
        membership_draft=line.choice("membership_status", DRAFT_STATES) != "confirmed",
        days_draft=line.choice("days_status", DRAFT_STATES) != "confirmed",
        materials_draft=line.choice("materials_status", DRAFT_STATES) != "confirmed",
        row=line.row,
    )


def _competence(line: Line) -> CompetenceDraft:
    return CompetenceDraft(
        file=line.file,
        row=line.row,
        item_code=line.code("item_code"),
        role=line.required("role"),
        decider=line.code("decider"),
        power_source=line.text("power_source"),
        decision_seal=line.required("decision_seal"),
        acceptance_seal=line.required("acceptance_seal"),
        basis=line.text("basis"),
        basis_confirmed=line.choice("basis_status", BASIS_STATES) == "confirmed",
        note=line.text("draft_note"),
    )


def _grant(line: Line) -> GrantDraft:
    return GrantDraft(
        file=line.file,
        row=line.row,
        number=line.required("number"),
        instrument=line.required("instrument"),
        from_organ=line.code("from_organ"),
        to_organ=line.code("to_organ"),
        items=line.codes("items"),
        places=line.codes("places", star=True),
        outlets=line.codes("outlets", star=True),
        valid_from=line.day("valid_from", _EARLIEST),
        valid_to=line.day_or_none("valid_to"),
        revoked_on=line.day_or_none("revoked_on"),
        seal=line.code("seal_code", optional=True),
        signatory_title=line.required("signatory_title"),
        notice=line.text("notice"),
        basis=line.text("basis"),
        draft=line.choice("status", DRAFT_STATES) != "confirmed",
        max_amount=line.whole_or_none("max_amount", least=1),
        text=line.text("text"),
        notice_url=line.text("notice_url"),
        noticed_on=line.day_or_none("noticed_on"),
    )


def _seal(line: Line) -> SealDraft:
    # a seal in use is registered by whoever made it, never by a table that anybody can edit
    line.choice("status", ("demonstration",))
    return SealDraft(
        file=line.file,
        row=line.row,
        code=line.code("code"),
        kind=line.required("kind"),
        organ_code=line.code("organ_code"),
        number=line.text("number"),
        name=line.text("name"),
        valid_from=line.day_or_none("valid_from"),
        valid_to=line.day_or_none("valid_to"),
        custodian_title=line.text("custodian_title"),
    )


def _licence_type(line: Line) -> TypeDraft:
    pairs = (text.partition("=") for text in line.words("fields"))
    return TypeDraft(
        file=line.file,
        row=line.row,
        code=line.code("code"),
        name=line.text("name"),
        name_en=line.required("name_en"),
        items=line.codes("items"),
        holder_kind=line.required("holder_kind"),
        fields=tuple((key.strip(), label.strip()) for key, _sign, label in pairs),
        validity=line.text("validity"),
        word=line.required("word"),
        catalogue_code=line.text("catalogue_code"),
        materials=line.words("materials"),
        basis=line.text("basis"),
        basis_confirmed=line.choice("basis_status", BASIS_STATES) == "confirmed",
        draft=line.choice("status", DRAFT_STATES) != "confirmed",
    )


def _chains(table: Table, items: Table) -> tuple[ChainDraft, ...]:
    """Rows with the same code are the steps of one chain; its first row gives it its name."""
    names = {line.cells["code"]: line.cells["name"] for line in items}
    first: dict[str, Line] = {}
    steps: dict[str, list[ChainStepDraft]] = {}
    for line in table:
        code = line.code("code")
        for column in ("name", "name_en"):
            value = line.required(column)
            if code in first and value != first[code].cells[column]:
                line.fault(
                    column, _("与第%(row)d行的同一链条写法不同。") % {"row": first[code].row}
                )
        name = names.get(line.cells["item_code"])
        if name is not None and line.cells["item_name"] != name:
            line.fault("item_name", _("items.csv里这个事项叫“%(name)s”。") % {"name": name})
        first.setdefault(code, line)
        steps.setdefault(code, []).append(
            ChainStepDraft(
                seq=line.whole("seq", least=1, otherwise=1),
                item_code=line.code("item_code"),
                depends_on=line.numbers("depends_on"),
                alternative=line.text("alternative"),
                optional=line.mark("optional") if line.text("optional") else False,
                opens_on=line.text("opens_on") or "done",
                catalogue=line.text("catalogue"),
                note=line.text("note"),
                row=line.row,
            )
        )
    return tuple(
        ChainDraft(code, line.cells["name"], line.cells["name_en"], tuple(steps[code]), line.row)
        for code, line in first.items()
    )


def _years(table: Table) -> tuple[YearDraft, ...]:
    """Rows of one year make one draft; its first row names its source."""
    first: dict[int, Line] = {}
    days: dict[int, list[DraftDay]] = {}
    for line in table:
        year = line.whole("year", least=1949, otherwise=0)
        if year in first and line.cells["source"] != first[year].cells["source"]:
            line.fault("source", _("与第%(row)d行的同一年来源不同。") % {"row": first[year].row})
        first.setdefault(year, line)
        day = line.day_or_none("date") if line.required("date") else None
        name, is_off = line.text("name"), line.mark("is_off")
        if day is not None:
            days.setdefault(year, []).append(DraftDay(day, name, is_off, line.row))
    return tuple(
        YearDraft(year, line.cells["source"].replace(SEPARATOR, "\n"), tuple(days.get(year, ())))
        for year, line in first.items()
        if year
    )


def _plan_task(line: Line) -> PlanTask:
    return PlanTask(
        id=line.code("id"),
        section=line.required("section"),
        section_title=line.required("section_title"),
        clause=line.code("clause"),
        title=line.required("title"),
        text=line.required("text"),
        lead=line.text("lead"),
        lead_organ=line.code("lead_organ", optional=True),
        responsible=line.words("responsible"),
        responsible_organs=line.codes("responsible_organs"),
        due=line.day_or_none("due"),
        due_text=line.text("due_text"),
        row=line.row,
    )
