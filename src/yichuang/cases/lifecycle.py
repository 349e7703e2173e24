"""The life of a case as one table. Guards, buttons, the diagram, constraints and timeline use it.

Pure. Each row: event, from which states, to which, who owns it, what it does to the clock, which
paper it gives, and the basis: for a 行政许可 an article of 行政许可法; for any other item its own
basis stands (`OWN_BASIS`), because those articles do not bind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import YES, Verdict, no

# --- states ---
NEW = ""  # before the first event
RECEIVED = "received"
CORRECTION = "correction"
ACCEPTED = "accepted"
REVIEWED = "reviewed"
SPECIAL = "special"
GRANTED = "granted"
REFUSED = "refused"
NOT_ACCEPTED = "not_accepted"
WITHDRAWN = "withdrawn"
TERMINATED = "terminated"  # ended without a decision: a promise proved false, or nothing followed
REVOKED = "revoked"  # a result taken back because a promise proved false
DELIVERED = "delivered"
CLOSED = "closed"
ARCHIVED = "archived"
SAME = "="  # the event leaves the state as it is
BACK = "<"  # the event returns to the state before the pause

STATES: Mapping[str, str] = {
    RECEIVED: gettext_lazy("已收件"),
    CORRECTION: gettext_lazy("待补正"),
    ACCEPTED: gettext_lazy("已受理"),
    REVIEWED: gettext_lazy("已审核"),
    SPECIAL: gettext_lazy("特别程序"),
    GRANTED: gettext_lazy("已准予"),
    REFUSED: gettext_lazy("不予办理"),
    NOT_ACCEPTED: gettext_lazy("不予受理"),
    WITHDRAWN: gettext_lazy("已撤回"),
    TERMINATED: gettext_lazy("已终止"),
    REVOKED: gettext_lazy("已撤销"),
    DELIVERED: gettext_lazy("已送达"),
    CLOSED: gettext_lazy("已办结"),
    ARCHIVED: gettext_lazy("已归档"),
}
OPEN_STATES = (RECEIVED, CORRECTION, ACCEPTED, REVIEWED, SPECIAL)
DECIDED_STATES = (GRANTED, REFUSED, NOT_ACCEPTED, TERMINATED, REVOKED)
FINAL_STATES = (ARCHIVED,)

# --- who owns an event ---
APPLICANT, TAKER, REVIEWER, DECIDER, SYSTEM = (
    "applicant",
    "taker",
    "reviewer",
    "decider",
    "system",
)
OWNERS: Mapping[str, str] = {
    APPLICANT: gettext_lazy("申请人"),
    TAKER: gettext_lazy("收件窗口"),
    REVIEWER: gettext_lazy("审核机关"),
    DECIDER: gettext_lazy("决定机关"),
    SYSTEM: gettext_lazy("系统"),
}

# --- what it does to the clock ---
NONE = "none"
CHECK = "check"  # the 5 days within which everything missing must be told (§32)
START = "start"  # the term runs from the day after acceptance
START_FROM_FILED = "start_from_filed"  # deemed accepted: from the day the materials came
PAUSE = "pause"
RESUME = "resume"
EXTEND = "extend"
SETTLE = "settle"  # the calendar was published after the case was accepted
STOP = "stop"
CLOCK_EFFECTS: Mapping[str, str] = {
    NONE: gettext_lazy("不变"),
    CHECK: gettext_lazy("开始材料审查期（5个工作日）"),
    START: gettext_lazy("开始计时"),
    START_FROM_FILED: gettext_lazy("自收到材料之日开始计时"),
    PAUSE: gettext_lazy("暂停"),
    RESUME: gettext_lazy("恢复"),
    EXTEND: gettext_lazy("延长"),
    SETTLE: gettext_lazy("按新公布的日历算出期限"),
    STOP: gettext_lazy("停止"),
}

OWN_BASIS = gettext_lazy("事项自身依据")
CHECK_DAYS = 5  # 行政许可法 §32(4)
EXTENSION_DAYS = 10  # 行政许可法 §42
DELIVERY_DAYS = 10  # 行政许可法 §44

ANY, INSTANT, PROMISE = "any", "instant", "promise"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. `handling`: any, or only instant (即办件). `once`: at most once in a case's life.

    papers: documents.rules kinds, for a permit and for any other item.
    """

    event: str
    name: str
    sources: tuple[str, ...]
    target: str
    owner: str
    clock: str = NONE
    permit_paper: str = ""
    other_paper: str = ""
    basis: str = ""
    handling: str = ANY
    once: bool = False
    notifies: bool = True

    def basis_for(self, *, permit: bool) -> str:
        return self.basis if permit and self.basis else str(OWN_BASIS)

    def paper_for(self, *, permit: bool) -> str:
        return self.permit_paper if permit else self.other_paper


TABLE: tuple[Transition, ...] = (
    Transition(
        "take_in",
        gettext_lazy("收件"),
        (NEW,),
        RECEIVED,
        TAKER,
        CHECK,
        "receipt",
        "receipt",
        "行政许可法第32条",
    ),
    Transition(
        "accept_on_spot",
        gettext_lazy("当场受理"),
        (NEW,),
        ACCEPTED,
        TAKER,
        START,
        "acceptance_notice",
        "receipt",
        "行政许可法第32条第1款第5项",
    ),
    Transition(
        "take_in_incomplete",
        gettext_lazy("收件并一次性补正告知"),
        (NEW,),
        CORRECTION,
        TAKER,
        PAUSE,
        "correction_notice",
        "correction_notice",
        "行政许可法第32条第1款第4项",
    ),
    Transition(
        "file",
        gettext_lazy("网上申请"),
        (NEW,),
        RECEIVED,
        APPLICANT,
        CHECK,
        "receipt",
        "receipt",
        "行政许可法第29条、第32条",
    ),
    Transition(
        "accept",
        gettext_lazy("受理"),
        (RECEIVED,),
        ACCEPTED,
        TAKER,
        START,
        "acceptance_notice",
        "",
        "行政许可法第32条第1款第5项",
    ),
    Transition(
        "ask_correction",
        gettext_lazy("一次性补正告知"),
        (RECEIVED,),
        CORRECTION,
        TAKER,
        PAUSE,
        "correction_notice",
        "correction_notice",
        "行政许可法第32条第1款第4项",
        once=True,
    ),
    Transition(
        "correct",
        gettext_lazy("补正受理"),
        (CORRECTION,),
        ACCEPTED,
        TAKER,
        START,
        "acceptance_notice",
        "",
        "行政许可法第32条第1款第5项",
    ),
    Transition(
        "supply",
        gettext_lazy("网上补正"),
        (CORRECTION,),
        RECEIVED,
        APPLICANT,
        CHECK,
        basis="行政许可法第32条第1款第5项",
        notifies=False,
    ),
    Transition(
        "deem_accepted",
        gettext_lazy("逾期未告知视为受理"),
        (RECEIVED,),
        ACCEPTED,
        SYSTEM,
        START_FROM_FILED,
        "acceptance_notice",
        "",
        "行政许可法第32条第1款第4项",
    ),
    Transition(
        "decline",
        gettext_lazy("不予受理"),
        (RECEIVED, CORRECTION),
        NOT_ACCEPTED,
        TAKER,
        STOP,
        "non_acceptance",
        "non_acceptance",
        "行政许可法第32条第1款第2项",
    ),
    Transition(
        "receive_transfer",
        gettext_lazy("接收转送"),
        (ACCEPTED,),
        SAME,
        REVIEWER,
        once=True,
        notifies=False,
    ),
    Transition(
        "supply_later",
        gettext_lazy("补交容缺材料"),
        (ACCEPTED, REVIEWED, SPECIAL),
        SAME,
        APPLICANT,
        notifies=False,
    ),
    Transition(
        "check_promise",
        gettext_lazy("核查承诺"),
        (ACCEPTED, REVIEWED, GRANTED, DELIVERED, CLOSED),
        SAME,
        REVIEWER,
        basis="国办发〔2020〕42号",
        notifies=False,
    ),
    Transition(
        "terminate",
        gettext_lazy("终止办理"),
        (ACCEPTED, REVIEWED),
        TERMINATED,
        DECIDER,
        STOP,
        "termination_notice",
        "termination_notice",
        "国办发〔2020〕42号",
    ),
    Transition(
        "revoke_result",
        gettext_lazy("撤销"),
        (GRANTED, DELIVERED, CLOSED),
        REVOKED,
        DECIDER,
        STOP,
        "revocation_decision",
        "revocation_decision",
        "行政许可法第69条",
    ),
    Transition(
        "review",
        gettext_lazy("审核"),
        (ACCEPTED,),
        REVIEWED,
        REVIEWER,
        basis="行政许可法第34条",
    ),
    Transition(
        "send_back",
        gettext_lazy("退回重审"),
        (REVIEWED,),
        ACCEPTED,
        DECIDER,
        basis="行政许可法第34条",
        notifies=False,
    ),
    Transition(
        "hand_back",
        gettext_lazy("交还有权机关"),
        (ACCEPTED, REVIEWED),
        ACCEPTED,
        DECIDER,
        basis="行政许可法第24条",
    ),
    Transition(
        "begin_special",
        gettext_lazy("进入特别程序"),
        (ACCEPTED, REVIEWED),
        SPECIAL,
        REVIEWER,
        PAUSE,
        basis="行政许可法第45条",
    ),
    Transition(
        "end_special",
        gettext_lazy("特别程序结束"),
        (SPECIAL,),
        BACK,
        REVIEWER,
        RESUME,
        basis="行政许可法第45条",
    ),
    Transition(
        "settle_due",
        gettext_lazy("期限确定"),
        (ACCEPTED, REVIEWED),
        SAME,
        SYSTEM,
        SETTLE,
        basis="行政许可法第82条",
    ),
    Transition(
        "extend",
        gettext_lazy("延期"),
        (ACCEPTED, REVIEWED),
        SAME,
        DECIDER,
        EXTEND,
        basis="行政许可法第42条",
        once=True,
    ),
    Transition(
        "grant_on_spot",
        gettext_lazy("当场办结（准予）"),
        (ACCEPTED,),
        GRANTED,
        DECIDER,
        STOP,
        "grant_decision",
        "result_notice",
        "行政许可法第34条第2款",
        handling=INSTANT,
    ),
    Transition(
        "grant",
        gettext_lazy("准予"),
        (REVIEWED,),
        GRANTED,
        DECIDER,
        STOP,
        "grant_decision",
        "result_notice",
        "行政许可法第38条第1款",
    ),
    Transition(
        "refuse",
        gettext_lazy("不予"),
        (ACCEPTED, REVIEWED),
        REFUSED,
        DECIDER,
        STOP,
        "refusal_decision",
        "refusal_notice",
        "行政许可法第38条第2款",
    ),
    Transition(
        "withdraw",
        gettext_lazy("撤回申请"),
        OPEN_STATES,
        WITHDRAWN,
        APPLICANT,
        STOP,
        notifies=True,
    ),
    Transition(
        "dispatch",
        gettext_lazy("寄出"),
        DECIDED_STATES,
        SAME,
        TAKER,
        basis="行政许可法第44条",
    ),
    Transition(
        "deliver",
        gettext_lazy("送达"),
        DECIDED_STATES,
        DELIVERED,
        TAKER,
        NONE,
        "delivery_receipt",
        "delivery_receipt",
        "行政许可法第44条",
    ),
    Transition("close", gettext_lazy("办结"), (DELIVERED, WITHDRAWN), CLOSED, TAKER),
    Transition("archive", gettext_lazy("归档"), (CLOSED,), ARCHIVED, SYSTEM, notifies=False),
)
BY_EVENT: Mapping[str, Transition] = {row.event: row for row in TABLE}


def events_from(state: str, *, handling: str) -> tuple[Transition, ...]:
    """The rows that may happen in this state, in table order."""
    return tuple(row for row in TABLE if state in row.sources and row.handling in (ANY, handling))


def counted(events: Iterable[str]) -> frozenset[str]:
    """The events a case has had, for `once`: a notice of all corrections given on taking in is the
    one notice there may be (行政许可法 §32(4))."""
    had = frozenset(events)
    return had | {"ask_correction"} if "take_in_incomplete" in had else had


def target_of(row: Transition, state: str, *, before_pause: str = "") -> str:
    """The state after the event. `before_pause` is needed for the rows that go back."""
    if row.target == SAME:
        return state
    if row.target == BACK:
        return before_pause or ACCEPTED
    return row.target


def may_happen(
    event: str, state: str, *, handling: str, done: frozenset[str] = frozenset()
) -> Verdict:
    """Whether the event may happen now. `done`: events the case has had already."""
    row = BY_EVENT[event]
    if state not in row.sources:
        return no(
            "event-not-now",
            _("办件目前“%(state)s”，不能“%(event)s”。")
            % {"state": STATES.get(state, _("未收件")), "event": row.name},
            remedy=_("请刷新页面，看看办件现在到了哪一步。"),
        )
    if row.handling not in (ANY, handling):
        return no(
            "event-not-for-handling",
            _("“%(event)s”只用于即办件。") % {"event": row.name},
            remedy=_("承诺件请先审核，再作决定。"),
        )
    if row.once and event in done:
        return no(
            "event-only-once",
            _("“%(event)s”只能有一次，本办件已经做过。") % {"event": row.name},
            remedy=_("如仍不符合条件，请作出决定并说明理由。"),
            basis=row.basis,
        )
    return YES
