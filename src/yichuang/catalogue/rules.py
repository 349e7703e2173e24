"""The catalogue, pure: what a pack says of items and chains, whether it holds, and who lists what.

Values in, verdicts and faults out; no rows, no settings, no clock. The drafts are what a pack's
reader hands over. A pack may write the standard's words (行政许可, 即办) or the codes ("01",
"instant"): `item_type_code` and `handling_code` accept both.
Sources: ZWFW C0109.2-2018 / GB/T 39554.2-2020 for the code lists; 山东省优化营商环境条例 §28.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import YES, Fault, Verdict, no


@dataclass(frozen=True, slots=True)
class MaterialDraft:
    """One thing to bring. `held`: the government holds it already, so nobody need bring it."""

    name: str
    note: str = ""
    held: bool = False


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
    row: int = 0
    file: str = "items.csv"


@dataclass(frozen=True, slots=True)
class ChainStepDraft:
    """A row of chains.csv. `depends_on`: seq numbers within the chain that come first."""

    seq: int
    item_code: str
    depends_on: tuple[int, ...] = ()
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
    mode: str  # query | take_in | print
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


# 事项类型 (ZWFW C0109.2-2018; GB/T 39046-2020).
ITEM_TYPES: Mapping[str, str] = {
    "01": gettext_lazy("行政许可"),
    "02": gettext_lazy("行政处罚"),
    "03": gettext_lazy("行政强制"),
    "04": gettext_lazy("行政征收"),
    "05": gettext_lazy("行政给付"),
    "06": gettext_lazy("行政检查"),
    "07": gettext_lazy("行政确认"),
    "08": gettext_lazy("行政奖励"),
    "09": gettext_lazy("行政裁决"),
    "10": gettext_lazy("其他行政权力"),
    "20": gettext_lazy("公共服务"),
}
_TYPE_WORDS: Mapping[str, str] = {
    "行政许可": "01",
    "行政处罚": "02",
    "行政强制": "03",
    "行政征收": "04",
    "行政给付": "05",
    "行政检查": "06",
    "行政确认": "07",
    "行政奖励": "08",
    "行政裁决": "09",
    "其他行政权力": "10",
    "公共服务": "20",
}
# 办件类型: 1 即办件, 2 承诺件.
HANDLINGS: Mapping[str, str] = {
    "instant": gettext_lazy("即办件"),
    "promise": gettext_lazy("承诺件"),
}
_HANDLING_WORDS = {"即办": "instant", "即办件": "instant", "承诺": "promise", "承诺件": "promise"}
OBJECTS: Mapping[str, str] = {
    "自然人": gettext_lazy("自然人"),
    "法人": gettext_lazy("法人"),
}
STATES: Mapping[str, str] = {
    "active": gettext_lazy("在用"),
    "suspended": gettext_lazy("暂停"),
    "cancelled": gettext_lazy("取消"),
}
MODES: Mapping[str, str] = {
    "query": gettext_lazy("查询"),
    "take_in": gettext_lazy("收件"),
    "print": gettext_lazy("打印"),
}


# Outlets that do only what their own list says.
OWN_LIST_KINDS = frozenset({"partner", "self_service"})
INSTANT_DAYS = 1  # an 即办件 is done on the spot, or within the working day
LONGEST_SAID = 12  # characters of a saying; a question is cut into pieces no longer than this
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{0,59}$")


def item_type_code(text: str) -> str:
    """The 事项类型 code of a code or a word; "" when it is neither."""
    return text if text in ITEM_TYPES else _TYPE_WORDS.get(text, "")


def handling_code(text: str) -> str:
    """instant or promise, of a code or a word; "" when it is neither."""
    return text if text in HANDLINGS else _HANDLING_WORDS.get(text, "")


_TAIL_NOTE = re.compile(r"^(?P<name>.+?)（(?P<note>[^（）]*)）$")


def materials_of(text: str) -> tuple[MaterialDraft, ...]:
    """Materials of a pack cell: ";" between them, the note in closing brackets, 无 for none.

    "居民户口簿（可共享）" is held: 可共享 and 共享核验 mean that the platform or the organ can look
    it up, and it must then not be asked for (国令716号 §7).
    """
    drafts = []
    for part in text.split(";"):
        part = part.strip()
        if not part or part == "无":
            continue
        found = _TAIL_NOTE.match(part)
        name, note = (found["name"], found["note"]) if found else (part, "")
        drafts.append(MaterialDraft(name, note, "可共享" in note or "共享核验" in note))
    return tuple(drafts)


class Listed(Protocol):
    """What the listing rule needs of an item (an ItemGuide, an ItemLine, an ItemDraft)."""

    @property
    def name(self) -> str: ...
    @property
    def town(self) -> bool: ...
    @property
    def street(self) -> bool: ...
    @property
    def village(self) -> bool: ...


def listed_at(
    outlet_kind: str, town_kind: str, item: Listed, *, modes: Collection[str] = ()
) -> Verdict:
    """May this item be taken in at an outlet of this kind, by the lists of items alone?

    outlet_kind: hall, centre, bureau, station, partner, self_service. town_kind: "town" for a 镇,
    "subdistrict" for a 街道, "" at the county. modes: what a partner or self-service area may do
    with the item (query, take_in, print), from its own list; any mode counts as listed.
    Who decides the matter is another question (authority). A village item that is not on its
    town's list is a guide or errand only: the village helps, and takes nothing in.
    """
    on_town_list = item.street if town_kind == "subdistrict" else item.town
    if outlet_kind == "hall":
        return YES
    if outlet_kind in ("centre", "bureau"):
        if on_town_list:
            return YES
        if item.town and town_kind == "subdistrict":
            return _not_listed(
                _("“%(name)s”只在镇办理，不在街道事项目录内。"),
                item,
                _("请到县政务服务大厅咨询办理。"),
            )
        return _not_listed(
            _("“%(name)s”不在本镇街的事项目录内。"), item, _("请到县政务服务大厅办理。")
        )
    if outlet_kind == "station":
        if item.village and on_town_list:
            return YES
        if item.village:
            return _not_listed(
                _("“%(name)s”在村级只提供引导和帮办代办，不在此收件。"),
                item,
                _("请由帮办代办员协助，到县政务服务大厅办理。"),
            )
        return _not_listed(
            _("“%(name)s”不在村级便民服务站的事项目录内。"),
            item,
            _("请到本镇街便民服务中心办理。") if on_town_list else _("请到县政务服务大厅办理。"),
        )
    if modes:
        return YES
    return _not_listed(
        _("“%(name)s”不在本服务点的事项清单内。"),
        item,
        _("请到本镇街便民服务中心办理。") if on_town_list else _("请到县政务服务大厅办理。"),
    )


def _not_listed(reason: str, item: Listed, remedy: str) -> Verdict:
    return no("item-not-listed", reason % {"name": item.name}, remedy=remedy)


def state_allows(name: str, state: str) -> Verdict:
    """May an item in this state be taken in?"""
    if state == "active":
        return YES
    if state == "suspended":
        return no(
            "item-suspended",
            _("“%(name)s”暂停办理。") % {"name": name},
            remedy=_("请关注恢复办理的公告，或向窗口咨询。"),
        )
    return no(
        "item-cancelled",
        _("“%(name)s”已取消，不再办理。") % {"name": name},
        remedy=_("请向窗口咨询是否有替代的事项。"),
    )


def normalised(draft: ItemDraft) -> ItemDraft:
    """The draft with the standard's words turned into codes."""
    return replace(
        draft,
        item_type=item_type_code(draft.item_type),
        handling=handling_code(draft.handling),
    )


def check(
    items: Sequence[ItemDraft],
    chains: Sequence[ChainDraft] = (),
    outlet_items: Sequence[OutletItemDraft] = (),
    synonyms: Sequence[SynonymDraft] = (),
    *,
    outlets: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Everything wrong with a pack's catalogue, at once, ordered by file and row.

    outlets: code → kind of the pack's outlets; None leaves the outlets of outlet_items unchecked.
    """
    codes = {draft.code for draft in items}
    faults = [
        *_check_items(items, chains),
        *_check_chains(chains, codes),
        *_check_outlet_items(outlet_items, codes, outlets),
        *_check_synonyms(synonyms),
    ]
    return sorted(faults, key=lambda fault: (fault.file, fault.row, fault.column))


def _check_items(drafts: Sequence[ItemDraft], chains: Sequence[ChainDraft]) -> Iterable[Fault]:
    seen: dict[str, int] = {}
    chain_of = {name: chain for chain in chains for name in (chain.code, chain.name)}

    def fault(draft: ItemDraft, column: str, reason: str) -> Fault:
        return Fault(draft.file, draft.row, column, reason)

    for draft in drafts:
        if not _CODE.match(draft.code):
            yield fault(draft, "code", _("事项代码应由字母、数字和连字符组成，不超过60个字符。"))
        elif draft.code in seen:
            yield fault(
                draft,
                "code",
                _("代码%(code)s与第%(row)s行重复。")
                % {"code": draft.code, "row": seen[draft.code]},
            )
        seen.setdefault(draft.code, draft.row)
        for column in ("name", "domain", "basis"):
            if not getattr(draft, column).strip():
                yield fault(draft, column, _("不能为空。"))
        if not item_type_code(draft.item_type):
            yield fault(draft, "item_type", _("事项类型不在国家标准的类型表中。"))
        if not draft.objects or set(draft.objects) - set(OBJECTS):
            yield fault(draft, "objects", _("服务对象应为自然人或法人。"))
        if draft.state not in STATES:
            yield fault(draft, "state", _("事项状态应为active、suspended或cancelled。"))
        handling = handling_code(draft.handling)
        if not handling:
            yield fault(draft, "handling", _("办件类型应为即办或承诺。"))
        if draft.promised_days < 0:
            yield fault(draft, "promised_days", _("承诺办结时限不能为负。"))
        elif handling == "instant" and draft.promised_days > INSTANT_DAYS:
            yield fault(draft, "promised_days", _("即办件的承诺办结时限不超过1个工作日。"))
        elif handling == "promise" and draft.promised_days == 0:
            yield fault(draft, "promised_days", _("承诺件须写明承诺办结时限。"))
        if draft.legal_days is not None and draft.legal_days <= 0:
            yield fault(draft, "legal_days", _("法定办结时限应为正数；没有法定时限的留空。"))
        elif (
            draft.legal_days is not None
            and not draft.legal_days_note.strip()
            and draft.promised_days > draft.legal_days
        ):
            yield fault(
                draft,
                "promised_days",
                _("承诺办结时限%(promised)s个工作日超过法定时限%(legal)s个工作日。")
                % {"promised": draft.promised_days, "legal": draft.legal_days},
            )
        if draft.street and not draft.town:
            yield fault(draft, "street", _("街道目录内的事项须同时在镇目录内。"))
        names = Counter(material.name for material in draft.materials)
        if any(not name.strip() for name in names):
            yield fault(draft, "materials", _("材料名称不能为空。"))
        for name in sorted(name for name, count in names.items() if count > 1):
            yield fault(draft, "materials", _("材料“%(name)s”重复。") % {"name": name})
        for name in draft.chains:
            chain = chain_of.get(name)
            if chain is None:
                yield fault(draft, "chains", _("一件事“%(name)s”不在本包中。") % {"name": name})
            elif draft.code not in {step.item_code for step in chain.steps}:
                yield fault(
                    draft, "chains", _("一件事“%(name)s”没有本事项这一环节。") % {"name": name}
                )


def _check_chains(chains: Sequence[ChainDraft], items: set[str]) -> Iterable[Fault]:
    for column in ("code", "name"):
        counts = Counter(getattr(chain, column) for chain in chains)
        for chain in chains:
            value = getattr(chain, column)
            if not value.strip():
                yield Fault(chain.file, chain.row, column, _("不能为空。"))
            elif counts[value] > 1:
                yield Fault(
                    chain.file, chain.row, column, _("一件事“%(name)s”重复。") % {"name": value}
                )
    for chain in chains:
        numbers = Counter(step.seq for step in chain.steps)
        if not chain.steps:
            yield Fault(chain.file, chain.row, "seq", _("一件事没有任何环节。"))
        looped = looping(chain.steps)
        for step in chain.steps:
            if numbers[step.seq] > 1:
                yield Fault(step.file, step.row, "seq", _("环节序号重复。"))
            if step.item_code not in items:
                yield Fault(
                    step.file,
                    step.row,
                    "item_code",
                    _("事项%(code)s不在本包中。") % {"code": step.item_code},
                )
            for needed in step.depends_on:
                if needed not in numbers:
                    yield Fault(
                        step.file,
                        step.row,
                        "depends_on",
                        _("前置环节%(seq)s不在本件事中。") % {"seq": needed},
                    )
            if step.seq in looped:
                yield Fault(
                    step.file, step.row, "depends_on", _("前置环节互为前提，永远无法开始。")
                )


def looping(steps: Sequence[ChainStepDraft]) -> set[int]:
    """The seq numbers of steps that can never start, because they wait on themselves in a ring.

    Steps that merely wait on a ring are not named: they come right when the ring does.
    """
    needs: dict[int, set[int]] = defaultdict(set)
    for step in steps:
        needs[step.seq] |= set(step.depends_on)

    def reaches_itself(start: int) -> bool:
        seen: set[int] = set()
        waiting = list(needs[start])
        while waiting:
            at = waiting.pop()
            if at == start:
                return True
            if at not in seen:
                seen.add(at)
                waiting += needs.get(at, ())
        return False

    return {seq for seq in tuple(needs) if reaches_itself(seq)}


def _check_outlet_items(
    drafts: Sequence[OutletItemDraft], items: set[str], outlets: Mapping[str, str] | None
) -> Iterable[Fault]:
    counts = Counter((draft.outlet_code, draft.item_code, draft.mode) for draft in drafts)
    for draft in drafts:
        if counts[draft.outlet_code, draft.item_code, draft.mode] > 1:
            yield Fault(draft.file, draft.row, "mode", _("同一服务点的同一事项和方式重复。"))
        if draft.item_code not in items:
            yield Fault(
                draft.file,
                draft.row,
                "item_code",
                _("事项%(code)s不在本包中。") % {"code": draft.item_code},
            )
        if draft.mode not in MODES:
            yield Fault(draft.file, draft.row, "mode", _("方式应为query、take_in或print。"))
        if outlets is None:
            continue
        kind = outlets.get(draft.outlet_code)
        if kind is None:
            yield Fault(
                draft.file,
                draft.row,
                "outlet_code",
                _("服务点%(code)s不在本包中。") % {"code": draft.outlet_code},
            )
        elif kind not in OWN_LIST_KINDS:
            yield Fault(
                draft.file,
                draft.row,
                "outlet_code",
                _("只有合作网点和自助服务区有自己的事项清单。"),
            )


def _check_synonyms(drafts: Sequence[SynonymDraft]) -> Iterable[Fault]:
    counts = Counter((draft.said, draft.means) for draft in drafts)
    for draft in drafts:
        if not draft.said.strip():
            yield Fault(draft.file, draft.row, "said", _("不能为空。"))
        elif len(draft.said) > LONGEST_SAID:
            yield Fault(
                draft.file,
                draft.row,
                "said",
                _("群众说法不超过%(count)s个字。") % {"count": LONGEST_SAID},
            )
        if counts[draft.said, draft.means] > 1:
            yield Fault(draft.file, draft.row, "said", _("同一说法与意思重复。"))
