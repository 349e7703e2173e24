"""The life of a seal in the register, its hours, and a pack's seals. Pure.

Source: 国发〔1999〕25号 (who has a seal made, that one no longer used is handed back to be sealed up or
destroyed). That every entry needs two people, and which, is our own choice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from yichuang.documents.rules import (
    APPROVALS,
    DESTROYED,
    HANDED_OUT,
    MADE,
    NUMBERED,
    PAPER_KINDS,
    RETURNED,
    SEAL_EVENTS,
    SEAL_KINDS,
    SEAL_STATES,
    SUSPENDED,
)
from yichuang.documents.seal_rules import SEAL_RULE
from yichuang.verdict import YES, Fault, Verdict, no

# event → (states it may happen in, the state after it; "" leaves it). Nothing leads out of destroyed.
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "make": ((MADE,), MADE),
    "hand_out": ((MADE, HANDED_OUT, RETURNED), HANDED_OUT),
    "suspend": ((HANDED_OUT,), SUSPENDED),
    "resume": ((SUSPENDED,), HANDED_OUT),
    "return": ((HANDED_OUT, SUSPENDED), RETURNED),
    "destroy": ((MADE, SUSPENDED, RETURNED), DESTROYED),
    "adjust": ((MADE, HANDED_OUT, SUSPENDED, RETURNED), ""),
}
AT_ONCE = (
    "suspend",
)  # holds as soon as it is asked for: a lost seal does not wait for a second person
REASON_LIMIT = 300


def may_happen(event: str, state: str) -> Verdict:
    """Whether a seal in this state can have this entry made; code "seal-event-not-now"."""
    if event in MOVES and state in MOVES[event][0]:
        return YES
    if state == DESTROYED:
        return no(
            "seal-event-not-now",
            _("印章已经销毁，登记到此为止。"),
            remedy=_("需要印章的，请重新制发一枚，编码不能沿用。"),
            basis=SEAL_RULE,
        )
    return no(
        "seal-event-not-now",
        _("印章现在是“%(state)s”，不能办“%(event)s”。")
        % {"state": SEAL_STATES.get(state, state), "event": SEAL_EVENTS.get(event, event)},
        remedy=_("请刷新页面，按印章现在的状态办理。"),
    )


def open_events(state: str) -> tuple[str, ...]:
    """The entries that may be asked for in this state, in the order a page offers them."""
    return tuple(
        event for event, (states, _to) in MOVES.items() if state in states and event != "make"
    )


def check_reason(reason: str) -> Verdict:
    if not reason.strip():
        return no("reason-missing", _("还没有写明事由。"), remedy=_("请写一句为什么要这样办。"))
    if len(reason) > REASON_LIMIT:
        return no(
            "reason-too-long",
            _("事由太长，最多 %(limit)d 个字。") % {"limit": REASON_LIMIT},
            remedy=_("请写短一些。"),
        )
    return YES


# -- hours -------------------------------------------------------------------------------------


def in_hours(hours: Mapping[str, Any], moment: datetime) -> Verdict:
    """Whether a seal may be used at this local moment; {} is round the clock. Code "seal-hours".

    hours: {"days": [1..7], "from": "08:30", "to": "17:30"}; Monday is 1, both ends included.
    """
    if not hours:
        return YES
    begins, ends = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    now = moment.time().replace(second=0, microsecond=0)
    if moment.isoweekday() in hours["days"] and begins <= now <= ends:
        return YES
    return no(
        "seal-hours",
        _("现在不在这枚印章登记的使用时段（%(hours)s）内。") % {"hours": spoken_hours(hours)},
        remedy=_("到了使用时段会自动补盖，不用重新办理。"),
        basis=SEAL_RULE,
    )


def spoken_hours(hours: Mapping[str, Any]) -> str:
    """The hours in words; "" when there are none."""
    if not hours:
        return ""
    names = _("一 二 三 四 五 六 日").split()
    days = "、".join(names[day - 1] for day in sorted(hours["days"]))
    return _("周%(days)s %(begins)s—%(ends)s") % {
        "days": days,
        "begins": hours["from"],
        "ends": hours["to"],
    }


def check_change(change: Mapping[str, Any], *, item_codes: Collection[str]) -> Verdict:
    """Whether the columns asked for in an "adjust" are what the register can hold."""

    def bad(reason: str) -> Verdict:
        return no("seal-change-wrong", reason, remedy=_("请改正后重新提出。"))

    if not change or set(change) - {"hours", "items", "paper_kinds", "approval", "picture"}:
        return bad(_("没有写明要调整什么。"))
    hours = change.get("hours") or {}
    if hours:
        try:
            begins, ends = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
            days = list(hours["days"])
        except (KeyError, TypeError, ValueError):
            return bad(_("使用时段写得不对，应当有星期和起止时间。"))
        if begins >= ends or not days or set(days) - set(range(1, 8)):
            return bad(_("使用时段写得不对：结束要晚于开始，至少选一天。"))
    if set(change.get("paper_kinds", ())) - set(PAPER_KINDS):
        return bad(_("适用文书里有不认识的文书种类。"))
    unknown = sorted(set(change.get("items", ())) - set(item_codes))
    if unknown:
        return bad(_("适用事项里有不认识的事项代码：%(codes)s。") % {"codes": "、".join(unknown)})
    if change.get("approval", "act") not in APPROVALS:
        return bad(_("不认识的用印审批方式。"))
    return YES


# -- a pack's seals ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SealDraft:
    """One row of a county pack's seals, as read: nothing in it is believed yet.

    file, row: where it stands, for the fault list. code: our own key. kind: a key of SEAL_KINDS.
    organ_code: the organ whose seal it is. number: the number cut into it ("" where it has none;
    an approval_numbered seal must have one). valid_to: last day, None while in use.
    custodian_title: the post that keeps it, never a person's name.
    """

    file: str
    row: int
    code: str
    kind: str
    organ_code: str
    number: str
    name: str
    valid_from: date | None
    valid_to: date | None
    custodian_title: str


def check_seals(drafts: Sequence[SealDraft], organ_codes: Collection[str]) -> tuple[Fault, ...]:
    """Everything wrong in a pack's seals, row by row; empty when they may be published."""
    faults: list[Fault] = []
    codes: dict[str, int] = {}
    numbers: dict[tuple[str, str, str], int] = {}

    def fault(draft: SealDraft, column: str, reason: str) -> None:
        faults.append(Fault(draft.file, draft.row, column, reason))

    for draft in drafts:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", draft.code):
            fault(draft, "code", _("印章编码只能用字母、数字和 . _ -，最长 64 位。"))
        elif draft.code in codes:
            fault(draft, "code", _("印章编码与第 %(row)s 行重复。") % {"row": codes[draft.code]})
        codes.setdefault(draft.code, draft.row)
        if draft.kind not in SEAL_KINDS:
            known = "、".join(SEAL_KINDS)
            fault(draft, "kind", _("不认识的印章种类，只能是：%(known)s。") % {"known": known})
        if draft.organ_code not in organ_codes:
            fault(draft, "organ_code", _("找不到这个机关，请先在机关表中登记。"))
        if not draft.name.strip():
            fault(draft, "name", _("印章名称不能为空。"))
        if draft.kind == NUMBERED and not draft.number.strip():
            fault(draft, "number", _("行政审批专用章必须编号。"))
        same = (draft.organ_code, draft.kind, draft.number)
        if draft.number and same in numbers:
            reason = _("同一机关同类印章的编号与第 %(row)s 行重复。") % {"row": numbers[same]}
            fault(draft, "number", reason)
        numbers.setdefault(same, draft.row)
        if draft.valid_from is None:
            fault(draft, "valid_from", _("启用日期不能为空。"))
        elif draft.valid_to is not None and draft.valid_to < draft.valid_from:
            fault(draft, "valid_to", _("停用日期早于启用日期。"))
        if not draft.custodian_title.strip():
            fault(draft, "custodian_title", _("必须写明由哪个岗位保管。"))
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class Registered:
    """A seal the register already knows: what a pack may not change once it has a history."""

    code: str
    kind: str
    organ_code: str
    number: str
    name: str


def check_against_register(
    drafts: Sequence[SealDraft], registered: Mapping[str, Registered]
) -> tuple[Fault, ...]:
    """What a pack may not say of seals that have a history: kind, organ and number are cut into them.

    registered: by code, only seals with an entry in the register or an impression.
    """
    faults = []
    for draft in drafts:
        old = registered.get(draft.code)
        if old is None:
            continue
        for column, new, kept in (
            ("kind", draft.kind, old.kind),
            ("organ_code", draft.organ_code, old.organ_code),
            ("number", draft.number, old.number),
        ):
            if new != kept:
                reason = _("这个编码已经登记为另一枚印章，不能改；新刻的印章请用新编码。")
                faults.append(Fault(draft.file, draft.row, column, reason))
    return tuple(faults)
