"""How the window says states, deadlines and materials: plain data for the design language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.cases import lifecycle, rules
from yichuang.cases.queries import CaseSheet, Deadline
from yichuang.documents import rules as paper_rules

STATE_KINDS: Mapping[str, str] = {
    lifecycle.RECEIVED: "attention",
    lifecycle.CORRECTION: "waiting",
    lifecycle.ACCEPTED: "progress",
    lifecycle.REVIEWED: "progress",
    lifecycle.SPECIAL: "waiting",
    lifecycle.GRANTED: "done",
    lifecycle.REFUSED: "refused",
    lifecycle.NOT_ACCEPTED: "refused",
    lifecycle.WITHDRAWN: "neutral",
    lifecycle.TERMINATED: "refused",
    lifecycle.REVOKED: "refused",
    lifecycle.DELIVERED: "done",
    lifecycle.CLOSED: "done",
    lifecycle.ARCHIVED: "neutral",
}
PAPER_KINDS: Mapping[str, str] = {
    paper_rules.INTENDED: "waiting",
    paper_rules.AWAITING: "waiting",
    paper_rules.SEALED: "done",
    paper_rules.FAILED: "attention",
}
# in the order of the digits that choose them
MATERIALS: Mapping[str, Any] = {
    rules.SUBMITTED: gettext_lazy("已交"),
    rules.HELD: gettext_lazy("已有"),
    rules.LATER: gettext_lazy("容缺"),
    rules.PROMISED: gettext_lazy("承诺"),
    rules.MISSING: gettext_lazy("缺"),
}
MATERIAL_KINDS: Mapping[str, str] = {
    rules.SUBMITTED: "done",
    rules.HELD: "progress",
    rules.LATER: "waiting",
    rules.PROMISED: "progress",
    rules.MISSING: "attention",
}
PROMISES: Mapping[str, tuple[Any, str]] = {
    "pending": (gettext_lazy("待核查"), "waiting"),
    "kept": (gettext_lazy("核查属实"), "done"),
    "false": (gettext_lazy("核查不实"), "refused"),
    "repaired": (gettext_lazy("不实，信用已修复"), "neutral"),
}
BEHALF: Mapping[str, Any] = {
    "self": gettext_lazy("本人"),
    "child": gettext_lazy("未成年子女"),
    "other": gettext_lazy("受别人委托"),
    "enterprise": gettext_lazy("单位"),
}
DELIVERIES: Mapping[str, Any] = {
    "collect": gettext_lazy("窗口领取"),
    "mail": gettext_lazy("邮寄"),
    "online": gettext_lazy("电子送达"),
}
HANDLINGS: Mapping[str, Any] = {
    "instant": gettext_lazy("即办件"),
    "promise": gettext_lazy("承诺件"),
}
# Why somebody may look at a number in full; the words themselves go into the journal.
PURPOSES: Mapping[str, Any] = {
    "verify": gettext_lazy("与证件原件核对"),
    "contact": gettext_lazy("联系申请人"),
    "deliver": gettext_lazy("寄递或送达"),
    "complaint": gettext_lazy("处理申请人的询问或投诉"),
}


def state(code: str) -> dict[str, str]:
    """A case's state as the status mark shows it."""
    return {"text": str(lifecycle.STATES[code]), "kind": STATE_KINDS[code]}


def badge(deadline: Deadline, code: str, handing: Deadline | None = None) -> dict[str, Any]:
    """What the deadline mark is fed; `text` instead where no days can be counted. handing: against
    the day to hand it over by, which counts once it is decided."""
    if code in lifecycle.DECIDED_STATES:
        if handing is None or handing.left is None:
            return {"text": _("已决定，待送达")}
        deadline = handing
    if deadline.colour == "done":
        return {"text": ""}
    if deadline.colour == "unknown":
        return {"text": _("日历未公布，期限待定")}
    if deadline.colour == "paused":  # the day moves with every day of waiting: none is named
        return {"days": 0, "due": None, "near": 0, "paused": True}
    left = deadline.left if deadline.left is not None else 0
    near = -1 if deadline.colour == "green" else max(left, 0)
    return {"days": left, "due": deadline.due_on, "near": near, "paused": False}


def delivery_badge(handing: Deadline | None) -> dict[str, Any]:
    """As `badge`, for a case that waits to be handed over; nothing for one that was."""
    return badge(handing, lifecycle.GRANTED, handing) if handing else {"text": ""}


def delivery_way(sheet: CaseSheet) -> Any:
    """How the result reaches the applicant: as it was agreed or sent, else as it was asked for."""
    agreed = "mail" if sheet.courier else "online" if sheet.online_since else ""
    return DELIVERIES[agreed or sheet.delivery_method]


def due_label(code: str) -> str:
    """What the day under the heading 期限 is the last day of."""
    return _("材料审查到") if code == lifecycle.RECEIVED else _("应办结日期")
