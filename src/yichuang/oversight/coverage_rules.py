"""Coverage, pure: of the items an outlet must take in, which stand ready in every respect.

T2.1: everything on the list is in the centre. A listed item lacks nothing only when a resident
finds its guide and the right question, the matter finds its decider and seal, and somebody sits
at an open window for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

GUIDE, SITUATION, ROUTE = "guide", "situation", "route"
SEAL, WINDOW, CLERK = "seal", "window", "clerk"
RESPECTS: Mapping[str, str] = {
    GUIDE: gettext_lazy("办事指南"),
    SITUATION: gettext_lazy("情形引导"),
    ROUTE: gettext_lazy("办理权限"),
    SEAL: gettext_lazy("用章"),
    WINDOW: gettext_lazy("开放的窗口"),
    CLERK: gettext_lazy("收件人员"),
}


@dataclass(frozen=True, slots=True)
class Ready:
    """One listed item at one outlet. gaps: respect → why it is not ready, in words."""

    item_code: str
    item_name: str
    gaps: Mapping[str, str]

    @property
    def whole(self) -> bool:
        return not self.gaps


@dataclass(frozen=True, slots=True)
class Coverage:
    """An outlet's coverage: listed, ready, and how many lack each respect."""

    listed: int
    ready: int
    lacking: Mapping[str, int]


def coverage(items: Iterable[Ready]) -> Coverage:
    """Count. "135/135" is listed == ready."""
    listed = list(items)
    return Coverage(
        listed=len(listed),
        ready=sum(item.whole for item in listed),
        lacking={name: sum(name in item.gaps for item in listed) for name in RESPECTS},
    )
