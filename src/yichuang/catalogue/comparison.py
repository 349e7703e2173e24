"""Two versions of an item side by side, pure: fields, materials, questions, rows, facts, guide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext_lazy

from yichuang.catalogue import rules
from yichuang.catalogue.drafts import ItemDraft, Stage
from yichuang.catalogue.situations import Option, Row, condition_text

PARTS: Mapping[str, str] = {
    "item": gettext_lazy("基本信息"),
    "materials": gettext_lazy("材料"),
    "questions": gettext_lazy("情形提问"),
    "situations": gettext_lazy("情形对照"),
    "facts": gettext_lazy("申请表内容"),
    "guide": gettext_lazy("指南要素"),
}
# what each field is called by those who keep the catalogue
FIELDS: Mapping[str, Any] = {
    "name": gettext_lazy("名称"),
    "name_en": gettext_lazy("英文名称"),
    "domain": gettext_lazy("领域"),
    "item_type": gettext_lazy("事项类型"),
    "objects": gettext_lazy("服务对象"),
    "handling": gettext_lazy("办件类型"),
    "legal_days": gettext_lazy("法定工作日"),
    "legal_days_note": gettext_lazy("法定时限说明"),
    "promised_days": gettext_lazy("承诺工作日"),
    "town": gettext_lazy("镇目录"),
    "street": gettext_lazy("街道目录"),
    "village": gettext_lazy("村居可办"),
    "high_frequency": gettext_lazy("高频事项"),
    "chains": gettext_lazy("所属一件事"),
    "aliases": gettext_lazy("群众说法"),
    "basis": gettext_lazy("依据"),
    "basis_confirmed": gettext_lazy("依据已核对"),
    "state": gettext_lazy("事项状态"),
    "membership_draft": gettext_lazy("目录归属待确认"),
    "days_draft": gettext_lazy("时限待确认"),
    "materials_draft": gettext_lazy("材料待确认"),
    "note": gettext_lazy("附注"),
    "held": gettext_lazy("免提交"),
    "always": gettext_lazy("都要交"),
    "kind": gettext_lazy("种类"),
    "form": gettext_lazy("形式"),
    "reason": gettext_lazy("为什么要"),
    "reason_en": gettext_lazy("为什么要（英文）"),
    "sample": gettext_lazy("样例"),
    "held_from": gettext_lazy("已有来源"),
    "later_days": gettext_lazy("容缺后补工作日"),
    "promise": gettext_lazy("告知承诺"),
    "promise_note": gettext_lazy("承诺说明"),
    "seq": gettext_lazy("次序"),
    "ask": gettext_lazy("问题"),
    "ask_en": gettext_lazy("问题（英文）"),
    "options": gettext_lazy("答案"),
    "help": gettext_lazy("提示"),
    "help_en": gettext_lazy("提示（英文）"),
    "when": gettext_lazy("什么情况下"),
    "draft": gettext_lazy("待确认"),
    "text": gettext_lazy("说明"),
    "text_en": gettext_lazy("说明（英文）"),
    "effect": gettext_lazy("结果"),
    "value": gettext_lazy("内容"),
    "conditions": gettext_lazy("申请条件"),
    "conditions_en": gettext_lazy("申请条件（英文）"),
    "standard": gettext_lazy("审查标准"),
    "stages": gettext_lazy("办理环节"),
    "steps": gettext_lazy("办理环节"),
    "result_name": gettext_lazy("办理结果"),
    "result_name_en": gettext_lazy("办理结果（英文）"),
    "fee": gettext_lazy("收费"),
    "limit": gettext_lazy("数量限制"),
    "visits": gettext_lazy("到现场次数"),
    "mistakes": gettext_lazy("常见错误"),
    "label": gettext_lazy("名称"),
    "required": gettext_lazy("必填"),
    "key": gettext_lazy("代号"),
}
YES_NO = frozenset(
    {
        *("town", "street", "village", "high_frequency", "basis_confirmed", "membership_draft"),
        *("days_draft", "materials_draft", "held", "always", "draft", "required", "personal"),
    }
)
CODES: Mapping[str, Mapping[str, Any]] = {
    "handling": rules.HANDLINGS,
    "state": rules.STATES,
    "item_type": rules.ITEM_TYPES,
    "kind": rules.MATERIAL_KINDS,
    "form": rules.MATERIAL_FORMS,
    "promise": rules.PROMISES,
}
_KEYS = {"materials": "name", "questions": "key", "facts": "key"}
_NOT_COMPARED = frozenset({"code", "row", "file", "lines", *PARTS})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said otherwise. part: see PARTS. name: of the material, question or row; "" for the
    item itself. field: which of its fields; "" when the whole of it came or went, and then the
    side on which it is missing is "". Values are shown as text; conditions as in a pack."""

    part: str
    name: str
    field: str
    before: str
    after: str


def differences(before: ItemDraft, after: ItemDraft) -> list[Difference]:
    """Everything that two drafts of an item say otherwise, in the order of PARTS."""
    found = list(_fields("item", "", before, after, _NOT_COMPARED))
    for part, key in _KEYS.items():
        old = {getattr(each, key): each for each in getattr(before, part)}
        new = {getattr(each, key): each for each in getattr(after, part)}
        found += _keyed(part, old, new)
    found += _keyed("situations", _rows(before.situations), _rows(after.situations))
    found += _fields("guide", "", before.guide, after.guide)
    order = list(PARTS)
    return sorted(found, key=lambda difference: order.index(difference.part))


def _keyed(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name, each in old.items():
        if name in new:
            yield from _fields(part, name, each, new[name])
        else:
            yield Difference(part, name, "", name, "")
    for name in new:
        if name not in old:
            yield Difference(part, name, "", "", name)
    both_old, both_new = [n for n in old if n in new], [n for n in new if n in old]
    if both_old != both_new:
        yield Difference(part, "", "seq", "；".join(both_old), "；".join(both_new))


def _fields(
    part: str, name: str, before: Any, after: Any, without: frozenset[str] = frozenset()
) -> Iterator[Difference]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in without and old != new:
            yield Difference(part, name, field.name, _shown(old), _shown(new))


def _rows(rows: tuple[Row, ...]) -> dict[str, Row]:
    """Rows under what makes each the one it is; of two the same the second is numbered."""
    named: dict[str, Row] = {}
    for row in rows:
        name = " ".join(filter(None, (condition_text(row.when), row.effect, row.value)))
        if not row.value:
            name = f"{name} {row.text}"
        number, free = 1, name
        while free in named:
            number, free = number + 1, f"{name} ({number + 1})"
        named[free] = row
    return named


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Option):
        return f"{value.value}:{value.label}"
    if isinstance(value, Stage):
        return f"{value.name}:{value.days}"
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return condition_text(value)
        return "；".join(_shown(each) for each in value)
    return str(value)
