"""The catalogue, pure: its words and codes, the materials of a pack cell, and who lists what.

Values in, verdicts out; no rows, no settings, no clock. A pack may write the standard's words
(行政许可, 即办) or the codes ("01", "instant"): `item_type_code` and `handling_code` accept both.
`checks` says whether a catalogue holds together.
Sources: ZWFW C0109.2-2018 / GB/T 39554.2-2020 for the code lists; 山东省优化营商环境条例 §28.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.catalogue.drafts import ItemDraft, MaterialDraft
from yichuang.verdict import YES, Verdict, no

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
MATERIAL_KINDS: Mapping[str, str] = {
    "form": gettext_lazy("申请表"),
    "identity": gettext_lazy("身份证件"),
    "licence": gettext_lazy("证照"),
    "certificate": gettext_lazy("证明"),
    "document": gettext_lazy("其他文件"),
    "statement": gettext_lazy("本人书面说明"),
    "photo": gettext_lazy("照片"),
}
MATERIAL_FORMS: Mapping[str, str] = {
    "original": gettext_lazy("验原件"),
    "copy": gettext_lazy("复印件"),
    "both": gettext_lazy("验原件，留复印件"),
    "electronic": gettext_lazy("电子件"),
    "fill": gettext_lazy("填写"),
}
PROMISES: Mapping[str, str] = {
    "allowed": gettext_lazy("可以承诺代替"),
    "barred": gettext_lazy("不适用承诺"),
}
OPENS_ON: Mapping[str, str] = {
    "done": gettext_lazy("前面办成后"),
    "failed": gettext_lazy("前面未办成时"),
    "ended": gettext_lazy("前面有了结果后"),
}
FACT_KINDS: Mapping[str, str] = {
    "text": gettext_lazy("文字"),
    "long": gettext_lazy("长文字"),
    "date": gettext_lazy("日期"),
    "number": gettext_lazy("数字"),
    "choice": gettext_lazy("选择"),
    "identity": gettext_lazy("身份号码"),
    "phone": gettext_lazy("电话"),
    "money": gettext_lazy("金额（元）"),
}
MODES: Mapping[str, str] = {
    "query": gettext_lazy("查询"),
    "take_in": gettext_lazy("收件"),
    "print": gettext_lazy("打印"),
    "drop": gettext_lazy("本站不办"),
}


# Outlets that do only what their own list says.
OWN_LIST_KINDS = frozenset({"partner", "self_service"})
# A village station differs from the county's village list only where it says why.
STATION = "station"
STATION_MODES = ("take_in", "drop")
INSTANT_DAYS = 1  # an 即办件 is done on the spot, or within the working day
LONGEST_TOLD = 60  # characters of a situation as told (wording.LONGEST)
LONGEST_SAID = 12  # characters of a saying; a question is cut into pieces no longer than this


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
    outlet_kind: str,
    town_kind: str,
    item: Listed,
    *,
    modes: Collection[str] = (),
    reason: str = "",
) -> Verdict:
    """May this item be taken in at an outlet of this kind, by the lists of items alone?

    outlet_kind: hall, centre, bureau, station, partner, self_service. town_kind: "town" for a 镇,
    "subdistrict" for a 街道, "" at the county. modes: what a partner or self-service area may do
    with the item (query, take_in, print), from its own list; any mode counts as listed. For a
    station they are its own choice beside the county's village list: "take_in" adds an item of its
    town, "drop" leaves one out, and `reason` says why.
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
        if "drop" in modes:
            return no(
                "item-not-listed",
                _("“%(name)s”本站不办：%(reason)s") % {"name": item.name, "reason": reason},
                remedy=_("请到本镇街便民服务中心办理。"),
            )
        if on_town_list and (item.village or "take_in" in modes):
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
