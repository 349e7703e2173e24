"""What a county pack says of items and chains, as its reader hands it over; and the parts that an
item version keeps as they are (Fact, GuideElements)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yichuang.catalogue.situations import Option, Question, Row
from yichuang.verdict import Fault


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an application form asks, beyond who applies and where.

    kind: text | long | date | number | choice | identity | phone | money. personal: kept sealed.
    The same key in two items means the same fact: a chain asks it once.
    """

    key: str
    label: str
    label_en: str
    kind: str
    options: tuple[Option, ...] = ()
    personal: bool = True
    help: str = ""
    help_en: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of handling, and its working days."""

    name: str
    days: int


@dataclass(frozen=True, slots=True)
class GuideElements:
    """What a guide says beyond the item's row (GB/T 36114-2018; 山东省优化营商环境条例 §28).

    fee "": free of charge. limit "": no limit of number. visits None: not said. draft: the county
    has not confirmed it.
    """

    conditions: tuple[str, ...] = ()
    conditions_en: tuple[str, ...] = ()
    standard: str = ""
    stages: tuple[Stage, ...] = ()
    result_name: str = ""
    result_name_en: str = ""
    fee: str = ""
    limit: str = ""
    visits: int | None = None
    mistakes: tuple[str, ...] = ()
    draft: bool = True


def facts_of(content: Iterable[Mapping[str, Any]]) -> tuple[Fact, ...]:
    """Facts from the JSON that `asdict` made of them."""
    return tuple(
        Fact(**{**row, "options": tuple(Option(**o) for o in row["options"])}) for row in content
    )


def guide_of(content: Mapping[str, Any]) -> GuideElements:
    """Guide elements from the JSON that `asdict` made of them; {} gives empty ones."""
    lists = ("conditions", "conditions_en", "mistakes")
    given: dict[str, Any] = {
        key: tuple(value) if key in lists else value for key, value in content.items()
    }
    if "stages" in given:
        given["stages"] = tuple(Stage(**stage) for stage in given["stages"])
    return GuideElements(**given)


@dataclass(frozen=True, slots=True)
class MaterialDraft:
    """One thing to bring, as an item's row and materials.csv describe it together.

    held: the government holds it already, so nobody need bring it. always: on the list whatever
    the answers. later_days: working days within which it may follow (容缺后补), None where it may
    not. promise: "" | allowed | barred (告知承诺, 国办发〔2020〕42号). held_from: where the office may
    have it already ("id_reader", "case:<item code>", "paper:<kind>", "shared:<register>").
    """

    name: str
    note: str = ""
    held: bool = False
    name_en: str = ""
    always: bool = True
    kind: str = "document"
    form: str = "copy"
    reason: str = ""
    reason_en: str = ""
    basis: str = ""
    basis_confirmed: bool = False
    sample: str = ""
    held_from: tuple[str, ...] = ()
    later_days: int | None = None
    promise: str = ""
    promise_note: str = ""


# the parts of an item that stand in files of their own
FILES: Mapping[str, str] = {
    "materials": "materials.csv",
    "questions": "questions.csv",
    "situations": "situations.csv",
    "guide": "guides.csv",
    "facts": "item_facts.csv",
    "fact_words": "facts.csv",
}


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """A row of items.csv (with name_en, basis and basis_confirmed from its neighbours).

    legal_days and promised_days are 工作日, except where legal_days_note says otherwise
    (then they are not compared). legal_days None: no statutory limit known.
    """

    code: str
    domain: str
    name: str
    name_en: str
    item_type: str  # "01" or 行政许可: see ITEM_TYPES
    objects: tuple[str, ...]  # 自然人, 法人
    handling: str  # instant | promise, or 即办 | 承诺
    legal_days: int | None
    legal_days_note: str
    promised_days: int
    materials: tuple[MaterialDraft, ...]
    town: bool
    street: bool
    village: bool
    high_frequency: bool
    chains: tuple[str, ...]  # names (or codes) of the chains it is a step of
    aliases: tuple[str, ...]
    basis: str
    basis_confirmed: bool
    state: str = "active"  # active | suspended | cancelled
    membership_draft: bool = True  # the county has not confirmed town/street/village marks
    days_draft: bool = True
    materials_draft: bool = True
    questions: tuple[Question, ...] = ()
    situations: tuple[Row, ...] = ()
    facts: tuple[Fact, ...] = ()
    guide: GuideElements = GuideElements()
    row: int = 0
    file: str = "items.csv"
    # part (FILES) → the line of each of its elements; empty for what stands in no file
    lines: Mapping[str, Sequence[int]] = field(default_factory=dict, compare=False)

    def fault(self, column: str, reason: str) -> Fault:
        """Something wrong with the item's own row."""
        return Fault(self.file, self.row, column, reason)

    def fault_in(self, part: str, index: int, column: str, reason: str) -> Fault:
        """Something wrong with one element (from 0) of a part. A material that no table describes
        is at fault where it is named."""
        rows = self.lines.get(part)
        if rows is None:
            return Fault(FILES[part], index + 1, column, reason)
        if not rows[index]:
            return self.fault(part, reason)
        return Fault(FILES[part], rows[index], column, reason)


@dataclass(frozen=True, slots=True)
class ChainStepDraft:
    """A row of chains.csv. `depends_on`: seq numbers within the chain that come first."""

    seq: int
    item_code: str
    depends_on: tuple[int, ...] = ()
    alternative: str = ""  # steps of one group exclude each other
    optional: bool = False  # done only by whom it concerns
    opens_on: str = "done"  # done | failed | ended: what must have become of the steps before
    catalogue: str = ""  # 镇街目录 | 仅镇目录 | 目录外（引导代办）
    note: str = ""
    row: int = 0
    file: str = "chains.csv"


@dataclass(frozen=True, slots=True)
class ChainDraft:
    """A 一件事: one matter of life, its steps in the order they may be done."""

    code: str
    name: str
    name_en: str
    steps: tuple[ChainStepDraft, ...]
    row: int = 0
    file: str = "chains.csv"


@dataclass(frozen=True, slots=True)
class OutletItemDraft:
    """What a partner outlet or a self-service area does: query, take_in or print one item."""

    outlet_code: str
    item_code: str
    mode: str  # query | take_in | print; for a station take_in or drop
    reason: str = ""  # why a station differs from the county's list
    row: int = 0
    file: str = "outlet_items.csv"


@dataclass(frozen=True, slots=True)
class SynonymDraft:
    """What people say, and what the catalogue calls it. An empty `means`: the words mean nothing
    for the search (怎么办, 我想)."""

    said: str
    means: str = ""
    row: int = 0
    file: str = "synonyms.csv"


@dataclass(frozen=True, slots=True)
class SayingDraft:
    """How somebody may tell the situation an item is for, in a sentence."""

    item_code: str
    said: str
    row: int = 0
    file: str = "sayings.csv"
