"""Words and kinds of the seal pages' states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.documents import rules
from yichuang.documents.register_rules import spoken_hours
from yichuang.documents.seal_queries import EventLine

SEAL_STATE_KINDS = {
    rules.MADE: "draft",
    rules.HANDED_OUT: "done",
    rules.SUSPENDED: "attention",
    rules.RETURNED: "waiting",
    rules.DESTROYED: "neutral",
}
EVENT_BUTTONS: Mapping[str, Any] = {
    "hand_out": gettext_lazy("交付保管"),
    "suspend": gettext_lazy("停用（遗失、损坏、更名）"),
    "resume": gettext_lazy("恢复使用"),
    "return": gettext_lazy("收回"),
    "destroy": gettext_lazy("销毁"),
    "adjust": gettext_lazy("调整使用范围"),
}
EVENT_NOTES: Mapping[str, Any] = {
    "hand_out": gettext_lazy("接收的保管人登录确认后生效。"),
    "suspend": gettext_lazy(
        "提出后立即停用，不等确认；等着盖这枚章的文书会停下来，恢复后自动补盖。"
    ),
    "resume": gettext_lazy("另一人确认后恢复使用，停下的文书自动补盖。"),
    "return": gettext_lazy("另一人确认后收回，之后不能再用。"),
    "destroy": gettext_lazy("另一人确认后销毁。销毁后不能恢复，编码也不能再用。"),
    "adjust": gettext_lazy("另一人确认后生效。"),
}
EVENT_STATE_KINDS = {
    rules.PROPOSED: "waiting",
    rules.CONFIRMED: "done",
    rules.DECLINED: "refused",
    rules.WITHDRAWN: "neutral",
}


def seal_state(state: str) -> tuple[str, str]:
    return str(rules.SEAL_STATES[state]), SEAL_STATE_KINDS[state]


def event_name(event: str) -> str:
    return str(rules.SEAL_EVENTS[event])


def change(event: EventLine) -> str:
    """What an adjustment changes, in words."""
    parts = []
    said = event.change
    if "approval" in said:
        parts.append(str(rules.APPROVALS[said["approval"]]))
    if "hours" in said:
        parts.append(spoken_hours(said["hours"]) or _("不限时段"))
    if said.get("paper_kinds"):
        parts.append("、".join(rules.PAPER_KINDS[kind].name for kind in said["paper_kinds"]))
    if said.get("items"):
        parts.append("、".join(said["items"]))
    if "picture" in said:
        parts.append(_("登记印模图像"))
    return "；".join(parts)


def timeline(events: tuple[EventLine, ...]) -> list[dict[str, Any]]:
    """The register of one seal, newest first, as zw_timeline takes it."""
    return [
        {
            "title": f"{event_name(event.event)} · {rules.EVENT_STATES[event.state]}",
            "when": event.settled_at or event.asked_at,
            "by": " → ".join(filter(None, (event.asked_by, event.settled_by))),
            "text": "；".join(
                filter(None, (event.reason, event.custodian, change(event), event.settled_reason))
            ),
            "state": "current" if event.state == rules.PROPOSED else "done",
        }
        for event in events
    ]
