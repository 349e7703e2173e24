"""Coverage, pure: of the items an outlet must take in, which stand ready in every respect.

T2.1: everything on the list is in the centre. A listed item lacks nothing only when a resident
finds its guide and the right question, the matter finds its decider and seal, and somebody sits
at an open window for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.authority.facts import GUIDE as GUIDED
from yichuang.authority.facts import Competence
from yichuang.authority.rules import Ruling
from yichuang.verdict import Verdict

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


GUIDE_PARTS = ("conditions", "stages", "result_name")
SealKey = tuple[str, str, str]  # (organ, kind, code)


def to_take_in(competence: Competence | None) -> bool:
    """Whether an outlet can owe this item: what only another body does is not counted."""
    return competence is None or competence.role != GUIDED


def has_guide(basis: str, guide: Mapping[str, Any]) -> bool:
    """A guide that can be shown: basis, conditions, stages and the result's name."""
    return bool(basis) and all(guide.get(part) for part in GUIDE_PARTS)


def has_situations(high_frequency: bool, questions: Collection[Any]) -> bool:
    """A 高频事项 asks for its situation; of the others it is not demanded. Our choice."""
    return bool(questions) or not high_frequency


def best(rulings: Iterable[Ruling]) -> Ruling:
    """The ruling an outlet is judged by: the first that stands, else the first. ValueError: none."""
    first: Ruling | None = None
    for ruling in rulings:
        if ruling.allowed:
            return ruling
        first = first or ruling
    if first is None:
        raise ValueError("no ruling to judge by")
    return first


def sealed(ruling: Ruling, seals: Iterable[SealKey]) -> bool:
    """Whether the body that signs has a seal in force of the kind, and the one named if one is."""
    organ, kind = ruling.codes.get("in_name_of", ""), ruling.codes.get("seal_kind", "")
    code = ruling.codes.get("seal", "")
    return any(
        (organ, kind) == (owner, sort) and (not code or code == name) for owner, sort, name in seals
    )


def gaps(
    *,
    guide: bool,
    situations: bool,
    open_: Verdict,
    ruling: Ruling,
    seals: Collection[SealKey],
    staffed: bool,
) -> dict[str, str]:
    """Respect → why a listed item is not ready. A closed outlet is not also told of its ruling,
    and a matter that nobody may decide here not of its seal.

    guide: has_guide of the version in force. situations: it asks its question, or need not.
    open_: whether the outlet serves on the day. seals: in force. staffed: somebody takes in there.
    """
    found = {}
    if not guide:
        found[GUIDE] = _("指南缺依据、条件、办理环节或结果名称")
    if not situations:
        found[SITUATION] = _("高频事项还没有情形引导")
    if not open_:
        found[WINDOW] = open_.reason
    elif not ruling.allowed:
        found[ROUTE] = ruling.reason
    elif not sealed(ruling, seals):
        found[SEAL] = _("“%(organ)s”没有在用的这种印章") % {"organ": ruling.in_name_of}
    if not staffed:
        found[CLERK] = _("没有在岗的收件人员")
    return found


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
