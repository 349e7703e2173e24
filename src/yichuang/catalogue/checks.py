"""Whether a catalogue holds together, pure: a whole pack's, or one item's before it is published.

Everything wrong is named at once, each with its place. What blocks publishing by law names its
article; the rest is what the platform itself needs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yichuang.catalogue import situations
from yichuang.catalogue.drafts import (
    ChainDraft,
    ChainStepDraft,
    Fact,
    ItemDraft,
    MaterialDraft,
    OutletItemDraft,
    SayingDraft,
    SynonymDraft,
)
from yichuang.catalogue.promise_bars import bar_of
from yichuang.catalogue.rules import (
    FACT_KINDS,
    INSTANT_DAYS,
    LONGEST_SAID,
    LONGEST_TOLD,
    MATERIAL_FORMS,
    MATERIAL_KINDS,
    MODES,
    OBJECTS,
    OPENS_ON,
    OWN_LIST_KINDS,
    PROMISES,
    STATES,
    STATION,
    STATION_MODES,
    handling_code,
    item_type_code,
)
from yichuang.verdict import Fault

_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{0,59}$")
_KEY = re.compile(r"^[a-z][a-z0-9_]*$", re.ASCII)
_HELD_FROM = re.compile(r"^(id_reader|(paper|shared):[a-z_]+|case:[A-Za-z0-9-]+)$", re.ASCII)
_WITHOUT = re.compile(r"(没有|未办理?|未领取?|无)$")
# 优化营商环境条例 §44; 山东省优化营商环境条例 §39
CERTIFICATE = "certificate"
# what decides who asks and for what neither follows later nor is replaced by a promise
MUST_BE_THERE = frozenset({"form", "identity"})
SHORTEST_NAMED = 4  # characters of a material's name that are looked for in a condition's words
MOST_VISITS = 9


@dataclass(frozen=True, slots=True)
class Around:
    """What an item's draft may name beside itself. chains: codes."""

    items: Collection[str]
    chains: Collection[str]
    materials: Named


class Named:
    """The names of all materials, found quickly where they stand in a sentence.

    What somebody must be without (还没有社会保障卡) is no material to bring.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._starting: dict[str, set[str]] = defaultdict(set)
        for name in names:
            if len(name) >= SHORTEST_NAMED:
                self._starting[name[:SHORTEST_NAMED]].add(name)

    def within(self, text: str) -> set[str]:
        """The names that stand in the text; of those that overlap only the longest."""
        found, at = set(), 0
        while at < len(text):
            here = [
                name
                for name in self._starting.get(text[at : at + SHORTEST_NAMED], ())
                if text.startswith(name, at)
            ]
            longest = max(here, key=len, default="")
            if longest and not _WITHOUT.search(text[:at]):
                found.add(longest)
            at += len(longest) or 1
        return found


def check(
    items: Sequence[ItemDraft],
    chains: Sequence[ChainDraft] = (),
    outlet_items: Sequence[OutletItemDraft] = (),
    synonyms: Sequence[SynonymDraft] = (),
    sayings: Sequence[SayingDraft] = (),
    *,
    outlets: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Everything wrong with a pack's catalogue, at once, ordered by file and row.

    outlets: code → kind of the pack's outlets; None leaves the outlets of outlet_items unchecked.
    """
    codes = {draft.code for draft in items}
    around = Around(
        codes,
        {chain.code for chain in chains},
        Named(material.name for draft in items for material in draft.materials),
    )
    faults = [
        *_check_codes(items),
        *(fault for draft in items for fault in check_item(draft, around)),
        *_check_chain_names(items, chains),
        *_check_chains(chains, codes),
        *_check_outlet_items(outlet_items, codes, outlets),
        *_check_synonyms(synonyms),
        *_check_sayings(sayings, codes),
    ]
    # items that share a material share its fault
    once = {(fault.file, fault.row, fault.column, str(fault.reason)): fault for fault in faults}
    return sorted(once.values(), key=lambda fault: (fault.file, fault.row, fault.column))


def check_item(draft: ItemDraft, around: Around) -> Iterator[Fault]:
    """Everything wrong with one item, whatever else there is. This is what blocks publishing."""
    yield from _check_row(draft)
    yield from _check_materials(draft, around)
    yield from _check_situations(draft, around)
    yield from _check_guide(draft, around)
    yield from _check_facts(draft)


def _check_codes(drafts: Sequence[ItemDraft]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for draft in drafts:
        if not _CODE.match(draft.code):
            reason = _("事项代码应由字母、数字和连字符组成，不超过60个字符。")
            yield draft.fault("code", reason)
        elif draft.code in seen:
            reason = _("代码%(code)s与第%(row)s行重复。")
            yield draft.fault("code", reason % {"code": draft.code, "row": seen[draft.code]})
        seen.setdefault(draft.code, draft.row)


def _check_row(draft: ItemDraft) -> Iterator[Fault]:
    for column in ("name", "domain", "basis"):
        if not getattr(draft, column).strip():
            yield draft.fault(column, _("不能为空。"))
    if not item_type_code(draft.item_type):
        yield draft.fault("item_type", _("事项类型不在国家标准的类型表中。"))
    if not draft.objects or set(draft.objects) - set(OBJECTS):
        yield draft.fault("objects", _("服务对象应为自然人或法人。"))
    if draft.state not in STATES:
        yield draft.fault("state", _("事项状态应为active、suspended或cancelled。"))
    handling = handling_code(draft.handling)
    if not handling:
        yield draft.fault("handling", _("办件类型应为即办或承诺。"))
    if draft.promised_days < 0:
        yield draft.fault("promised_days", _("承诺办结时限不能为负。"))
    elif handling == "instant" and draft.promised_days > INSTANT_DAYS:
        yield draft.fault("promised_days", _("即办件的承诺办结时限不超过1个工作日。"))
    elif handling == "promise" and draft.promised_days == 0:
        yield draft.fault("promised_days", _("承诺件须写明承诺办结时限。"))
    if draft.legal_days is not None and draft.legal_days <= 0:
        yield draft.fault("legal_days", _("法定办结时限应为正数；没有法定时限的留空。"))
    elif (
        draft.legal_days is not None
        and not draft.legal_days_note.strip()
        and draft.promised_days > draft.legal_days
    ):
        reason = _("承诺办结时限%(promised)s个工作日超过法定时限%(legal)s个工作日。")
        days = {"promised": draft.promised_days, "legal": draft.legal_days}
        yield draft.fault("promised_days", reason % days)
    if draft.street and not draft.town:
        yield draft.fault("street", _("街道目录内的事项须同时在镇目录内。"))


def _check_materials(draft: ItemDraft, around: Around) -> Iterator[Fault]:
    names = Counter(material.name for material in draft.materials)
    if any(not name.strip() for name in names):
        yield draft.fault("materials", _("材料名称不能为空。"))
    for name in sorted(name for name, count in names.items() if count > 1):
        yield draft.fault("materials", _("材料“%(name)s”重复。") % {"name": name})
    bar = bar_of(item_type_code(draft.item_type), draft.domain, draft.name)
    for index, material in enumerate(draft.materials):
        for column, reason in _wrong_material(material):
            yield draft.fault_in("materials", index, column, reason)
        for source in material.held_from:
            kind, _sign, code = source.partition(":")
            if kind == "case" and code not in around.items:
                reason = _("事项%(code)s不在本包中。") % {"code": code}
                yield draft.fault_in("materials", index, "held_from", reason)
        if bar and material.promise == "allowed":
            reason = _("“%(item)s”属于%(bar)s，不适用告知承诺（%(basis)s）。")
            about = {"item": draft.name, "bar": bar.about, "basis": bar.basis}
            yield draft.fault_in("materials", index, "promise", reason % about)


def _wrong_material(material: MaterialDraft) -> Iterator[tuple[str, str]]:
    for column, known in (("kind", MATERIAL_KINDS), ("form", MATERIAL_FORMS)):
        if getattr(material, column) not in known:
            yield column, _("应为%(words)s之一。") % {"words": "、".join(known)}
    if material.promise not in ("", *PROMISES):
        yield "promise", _("应为空、allowed或barred。")
    if material.kind == CERTIFICATE and not material.basis.strip():
        yield (
            "basis",
            _(
                "要求提供证明必须有法律、法规依据（优化营商环境条例第44条、山东省优化营商环境条例第39条）。"
            ),
        )
    if material.kind in MUST_BE_THERE:
        if material.later_days is not None:
            yield "later_days", _("申请表和身份证件不能容缺后补。")
        if material.promise == "allowed":
            yield "promise", _("申请表和身份证件不能用承诺代替。")
    if material.later_days is not None and material.later_days < 1:
        yield "later_days", _("容缺后补的期限至少1个工作日。")
    for source in material.held_from:
        if not _HELD_FROM.match(source):
            yield "held_from", _("没有“%(value)s”这个写法。") % {"value": source}


def _check_situations(draft: ItemDraft, around: Around) -> Iterator[Fault]:
    known = situations.Known(
        base={material.name for material in draft.materials if material.always},
        materials={material.name for material in draft.materials},
        items=around.items,
        chains=around.chains,
    )
    for flaw in situations.faults(draft.questions, draft.situations, known):
        yield draft.fault_in(flaw.part, flaw.index, flaw.column, flaw.reason)


def _check_guide(draft: ItemDraft, around: Around) -> Iterator[Fault]:
    guide = draft.guide

    def fault(column: str, reason: str) -> Fault:
        return draft.fault_in("guide", 0, column, reason)

    days = sum(stage.days for stage in guide.stages)
    if any(not stage.name.strip() or stage.days < 0 for stage in guide.stages):
        yield fault("steps", _("每个环节都要有名称和不为负的工作日。"))
    elif days > draft.promised_days and not _lacks_promise(draft):
        reason = _("各环节合计%(days)d个工作日，超过承诺的%(promised)d个工作日。")
        yield fault("steps", reason % {"days": days, "promised": draft.promised_days})
    if guide.conditions_en and len(guide.conditions_en) != len(guide.conditions):
        yield fault("conditions_en", _("应与申请条件一一对应。"))
    if guide.visits is not None and not 0 <= guide.visits <= MOST_VISITS:
        yield fault("visits", _("到现场次数应在0和%(most)d之间。") % {"most": MOST_VISITS})
    listed = [material.name for material in draft.materials]
    for condition in guide.conditions:
        for name in sorted(around.materials.within(condition)):
            if not any(name in other or other in name for other in listed):
                reason = _("申请条件提到“%(name)s”，材料清单里却没有。")
                yield fault("conditions", reason % {"name": name})


def _lacks_promise(draft: ItemDraft) -> bool:
    """Whether the promised days are at fault themselves."""
    return draft.promised_days < 0 or (
        draft.promised_days == 0 and handling_code(draft.handling) == "promise"
    )


def _check_facts(draft: ItemDraft) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, fact in enumerate(draft.facts):
        if fact.key in seen:
            reason = _("“%(key)s”在本事项中重复。") % {"key": fact.key}
            yield draft.fault_in("facts", index, "fact_key", reason)
        seen.add(fact.key)
        for column, reason in _wrong_fact(fact):
            yield draft.fault_in("fact_words", index, column, reason)


def _wrong_fact(fact: Fact) -> Iterator[tuple[str, str]]:
    if not _KEY.match(fact.key):
        yield "key", _("键“%(key)s”只能用小写字母、数字和下划线。") % {"key": fact.key}
    if not fact.label.strip():
        yield "label", _("不能为空。")
    if fact.kind not in FACT_KINDS:
        yield "kind", _("应为%(words)s之一。") % {"words": "、".join(FACT_KINDS)}
    values = {option.value for option in fact.options}
    if fact.kind == "choice" and len(values) < 2:
        yield "options", _("选择题至少要有两个答案。")
    if len(values) < len(fact.options):
        yield "options", _("有两个答案写法相同。")
    if fact.kind != "choice" and fact.options:
        yield "options", _("只有选择题才有答案可选。")


def _check_chain_names(
    drafts: Sequence[ItemDraft], chains: Sequence[ChainDraft]
) -> Iterator[Fault]:
    chain_of = {name: chain for chain in chains for name in (chain.code, chain.name)}
    for draft in drafts:
        for name in draft.chains:
            chain = chain_of.get(name)
            if chain is None:
                yield draft.fault("chains", _("一件事“%(name)s”不在本包中。") % {"name": name})
            elif draft.code not in {step.item_code for step in chain.steps}:
                reason = _("一件事“%(name)s”没有本事项这一环节。") % {"name": name}
                yield draft.fault("chains", reason)


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
        alternatives = Counter(step.alternative for step in chain.steps)
        if not chain.steps:
            yield Fault(chain.file, chain.row, "seq", _("一件事没有任何环节。"))
        looped = looping(chain.steps)
        for step in chain.steps:
            if numbers[step.seq] > 1:
                yield Fault(step.file, step.row, "seq", _("环节序号重复。"))
            if step.opens_on not in OPENS_ON:
                reason = _("应为%(words)s之一。") % {"words": "、".join(OPENS_ON)}
                yield Fault(step.file, step.row, "opens_on", reason)
            if step.alternative and alternatives[step.alternative] < 2:
                reason = _("互斥组“%(name)s”只有一个环节。") % {"name": step.alternative}
                yield Fault(step.file, step.row, "alternative", reason)
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
            yield Fault(draft.file, draft.row, "mode", _("方式应为query、take_in、print或drop。"))
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
        elif kind == STATION:
            if draft.mode not in STATION_MODES:
                yield Fault(
                    draft.file, draft.row, "mode", _("村站只能增办（take_in）或不办（drop）。")
                )
            if not draft.reason.strip():
                yield Fault(draft.file, draft.row, "reason", _("村站与县清单不同的，须写明原因。"))
        elif kind not in OWN_LIST_KINDS:
            yield Fault(
                draft.file,
                draft.row,
                "outlet_code",
                _("只有合作网点、自助服务区和村站有自己的事项清单。"),
            )
        elif draft.mode == "drop":
            yield Fault(draft.file, draft.row, "mode", _("只有村站可以写不办（drop）。"))


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


def _check_sayings(drafts: Sequence[SayingDraft], codes: Collection[str]) -> Iterable[Fault]:
    counts = Counter(draft.said for draft in drafts)
    for draft in drafts:
        if draft.item_code not in codes:
            yield Fault(
                draft.file,
                draft.row,
                "item_code",
                _("事项%(code)s不在本包中。") % {"code": draft.item_code},
            )
        if not draft.said.strip():
            yield Fault(draft.file, draft.row, "said", _("不能为空。"))
        elif len(draft.said) > LONGEST_TOLD:
            yield Fault(
                draft.file,
                draft.row,
                "said",
                _("群众问法不超过%(count)s个字。") % {"count": LONGEST_TOLD},
            )
        elif counts[draft.said] > 1:
            yield Fault(draft.file, draft.row, "said", _("同一问法写了不止一次。"))
