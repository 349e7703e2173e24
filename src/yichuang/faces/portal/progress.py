"""A case in the words of the person it belongs to: whose turn it is, what comes, what is missing.

No SQL, no clock. Officials' names are left out: organs answer for what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.cases import lifecycle
from yichuang.cases.lifecycle import Transition
from yichuang.cases.queries import CaseRow, CaseSheet, MaterialRow
from yichuang.cases.rules import LATER, MISSING
from yichuang.clock.queries import calendar
from yichuang.oversight import rules as ratings
from yichuang.oversight.actions import ENDED
from yichuang.verdict import Verdict

# state → kind of zw_status
KINDS = {
    lifecycle.RECEIVED: "new",
    lifecycle.CORRECTION: "attention",
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


@dataclass(frozen=True, slots=True)
class Turn:
    """Who acts now ("" when nobody), what that means for the applicant, and what comes next."""

    kind: str
    who: str
    yours: bool
    text: str
    next: str


def status(row: CaseRow) -> tuple[str, str]:
    """The state of a case in a list: its words, and the kind of zw_status."""
    return str(lifecycle.STATES[row.state]), KINDS[row.state]


def turn(case: CaseSheet) -> Turn:
    """Whose turn it is, in words."""
    kind = KINDS[case.state]
    who, yours, text, after = _TURNS[case.state](case)
    return Turn(kind, who, yours, text, after)


def _received(case: CaseSheet) -> tuple[str, bool, str, str]:
    return (
        case.acceptor,
        False,
        _("窗口正在核对材料，您不用做什么。5 个工作日内会答复受理不受理，缺什么会一次说清。"),
        _("决定是否受理"),
    )


def _correction(case: CaseSheet) -> tuple[str, bool, str, str]:
    if case.channel == "portal":
        said = _(
            "请按《一次性补正告知书》把下面的材料补齐，可以在网上交，也可以交到%(outlet)s。"
            "补齐之前不计算办理时限。"
        )
    else:
        said = _(
            "请按《一次性补正告知书》把下面的材料补齐，交到%(outlet)s。补齐之前不计算办理时限。"
        )
    return _("您"), True, said % {"outlet": case.acceptor}, _("材料补齐的当天受理，开始计算时限")


def _accepted(case: CaseSheet) -> tuple[str, bool, str, str]:
    if case.handling == "instant":
        return case.decider, False, _("正在办理，您不用做什么。"), _("作出决定")
    said = _("正在审核，您不用做什么。需要您配合时会联系您。")
    return case.reviewer, False, said, _("%(organ)s作出决定") % {"organ": case.decider}


def _reviewed(case: CaseSheet) -> tuple[str, bool, str, str]:
    said = _("审核已经完成，等待作出决定，您不用做什么。")
    return case.decider, False, said, _("出具决定文书，送达给您")


def _special(case: CaseSheet) -> tuple[str, bool, str, str]:
    said = _("正在进行听证、勘验、专家评审等特别程序，这段时间不计入办理时限。")
    return case.reviewer, False, said, _("特别程序结束后继续办理")


def _decided(case: CaseSheet) -> tuple[str, bool, str, str]:
    done = {
        lifecycle.GRANTED: _("已经准予办理。"),
        lifecycle.REFUSED: _("没有准予办理，理由和您可以怎么申诉都写在决定文书里。"),
        lifecycle.NOT_ACCEPTED: _("没有受理，理由和您可以怎么申诉都写在决定文书里。"),
        lifecycle.TERMINATED: _("已经终止办理，理由和您可以怎么申诉都写在通知书里。"),
        lifecycle.REVOKED: _("办理结果已经撤销，理由和您可以怎么申诉都写在决定文书里。"),
    }[case.state]
    if case.online_since:
        said = _("文书盖好章以后，请在下面打开，打开就算送达。")
        return _("您"), True, _both(done, said), _("您打开后办结")
    if case.courier_number:
        said = _("文书已经寄出，请留意查收。")
        return case.courier, False, _both(done, said), _("您签收后办结")
    if case.delivery_method == "mail":
        said = _("文书会在 10 个工作日内寄给您。")
        return case.outlet, False, _both(done, said), _("寄出文书")
    said = _("请带身份证到%(outlet)s领取文书，也可以在下面下载。") % {"outlet": case.outlet}
    return _("您"), True, _both(done, said), _("您签收后办结")


def _both(done: str, then: str) -> str:
    """Two sentences one after the other, spaced as the language does."""
    return _("%(done)s%(then)s") % {"done": done, "then": then}


def _withdrawn(case: CaseSheet) -> tuple[str, bool, str, str]:
    return "", False, _("申请已经撤回，不再办理。需要时可以重新申请。"), ""


def _delivered(case: CaseSheet) -> tuple[str, bool, str, str]:
    return "", False, _("文书已经送达，您不用再做什么。"), ""


def _finished(case: CaseSheet) -> tuple[str, bool, str, str]:
    return "", False, _("已经全部办完。需要文书时可以随时在下面下载。"), ""


_TURNS = {
    lifecycle.RECEIVED: _received,
    lifecycle.CORRECTION: _correction,
    lifecycle.ACCEPTED: _accepted,
    lifecycle.REVIEWED: _reviewed,
    lifecycle.SPECIAL: _special,
    lifecycle.GRANTED: _decided,
    lifecycle.REFUSED: _decided,
    lifecycle.NOT_ACCEPTED: _decided,
    lifecycle.TERMINATED: _decided,
    lifecycle.REVOKED: _decided,
    lifecycle.WITHDRAWN: _withdrawn,
    lifecycle.DELIVERED: _delivered,
    lifecycle.CLOSED: _finished,
    lifecycle.ARCHIVED: _finished,
}


def timeline(case: CaseSheet) -> list[dict[str, object]]:
    """What happened (organs, not officials), what is going on, what comes; for zw_timeline.

    Steps the applicant is not told of by message (an inner second look) are left out here too.
    """
    lines: list[dict[str, object]] = [
        {
            "title": event.name,
            "when": event.at,
            "by": _("申请人")
            if event.detail.get("method") == "online"
            else _owner(case, lifecycle.BY_EVENT[event.event]),
            "text": _("出具文书：%(number)s") % {"number": event.paper} if event.paper else "",
        }
        for event in case.timeline
        if lifecycle.BY_EVENT[event.event].notifies
    ]
    now = turn(case)
    if now.who:
        said = _("轮到您了") if now.yours else _("轮到%(who)s") % {"who": now.who}
        lines.append({"title": said, "state": "current"})
    if now.next:
        lines.append({"title": now.next, "state": "next"})
    return lines


def _owner(case: CaseSheet, row: Transition) -> str:
    # a village's matter is checked and accepted by its town's centre, and handed over where it began
    checks = not {lifecycle.RECEIVED, lifecycle.CORRECTION}.isdisjoint(row.sources)
    return {
        lifecycle.APPLICANT: _("申请人"),
        lifecycle.TAKER: case.acceptor if checks else case.outlet,
        lifecycle.REVIEWER: case.reviewer,
        lifecycle.DECIDER: case.decider,
        lifecycle.SYSTEM: _("系统自动"),
    }[row.owner]


def missing(case: CaseSheet) -> list[MaterialRow]:
    """What is still to be handed in, while it is the applicant's turn to do so."""
    if case.state != lifecycle.CORRECTION:
        return []
    return [row for row in case.materials if row.state == MISSING]


def online(case: CaseSheet) -> frozenset[str]:
    """What who filed it from home may do there now: "supply" (补正), "later" (容缺), "withdraw"."""
    if case.channel != "portal":
        return frozenset()
    found = set()
    if missing(case):
        found.add("supply")
    running = case.state in (lifecycle.ACCEPTED, lifecycle.REVIEWED, lifecycle.SPECIAL)
    if running and any(row.state == LATER for row in case.materials):
        found.add("later")
    if case.state in lifecycle.OPEN_STATES:
        found.add("withdraw")
    return frozenset(found)


def may_rate(case: CaseSheet, today: date) -> Verdict:
    """Whether the matter may be rated now, and if not, why."""
    return ratings.may_rate(
        state=case.state,
        ended=ENDED,
        delivered_on=timezone.localdate(case.delivered_at) if case.delivered_at else None,
        today=today,
        calendar=calendar(),
    )
