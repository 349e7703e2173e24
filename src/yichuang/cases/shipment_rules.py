"""What a courier's messages mean: states of a parcel, their order, who signed, what a person must see.

Pure. A courier's clock is not ours and its messages come in any order, twice, or by the thousand:
they are ordered by the courier's own time, then by our order of receiving them. Which sign-offs
count as the applicant's own, and every figure here, is our choice; no rule for it was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from yichuang.cases import lifecycle
from yichuang.clock.rules import Calendar, due
from yichuang.verdict import Refusal

ORDERING, ORDERED, LABELLED = "ordering", "ordered", "labelled"
PICKED_UP, IN_TRANSIT = "picked_up", "in_transit"
SIGNED, RETURNED, LOST, CANCELLED, UNKNOWN = "signed", "returned", "lost", "cancelled", "unknown"
STATES: Mapping[str, Promise] = {
    ORDERING: gettext_lazy("正在下单"),
    ORDERED: gettext_lazy("已下单"),
    LABELLED: gettext_lazy("面单已出"),
    PICKED_UP: gettext_lazy("已揽收"),
    IN_TRANSIT: gettext_lazy("运送中"),
    SIGNED: gettext_lazy("已签收"),
    RETURNED: gettext_lazy("已退回"),
    LOST: gettext_lazy("已丢失"),
    CANCELLED: gettext_lazy("已取消"),
    UNKNOWN: gettext_lazy("下单结果不明"),
}
ENDS = (SIGNED, RETURNED, LOST, CANCELLED)
MOVES = (PICKED_UP, IN_TRANSIT)
WAITING = (ORDERED, LABELLED)  # has a waybill, is not on its way yet
GONE = (RETURNED, LOST, CANCELLED)  # another parcel may be sent
# what the courier is asked about; an end is asked about for a while, it may contradict itself
FOLLOWED = (*WAITING, *MOVES)

# what a courier may say, in the words of the HTTP adapter, and the state it means
EVENTS: Mapping[str, str] = {
    "picked_up": PICKED_UP,
    "in_transit": IN_TRANSIT,
    "delivering": IN_TRANSIT,
    "problem": IN_TRANSIT,
    "signed": SIGNED,
    "returned": RETURNED,
    "lost": LOST,
    "cancelled": CANCELLED,
}
EVENT_NAMES: Mapping[str, Promise] = {
    "picked_up": gettext_lazy("快递员已取件"),
    "in_transit": gettext_lazy("在路上"),
    "delivering": gettext_lazy("正在派送"),
    "problem": gettext_lazy("派送遇到问题"),
    "signed": gettext_lazy("已签收"),
    "returned": gettext_lazy("已退回寄件人"),
    "lost": gettext_lazy("承运人报告丢失"),
    "cancelled": gettext_lazy("寄递已取消"),
}
SELF, OTHER, UNSAID = "self", "other", ""
RELATIONS: Mapping[str, Promise] = {
    SELF: gettext_lazy("本人签收"),
    OTHER: gettext_lazy("他人代收"),
    UNSAID: gettext_lazy("没有说明"),
}
MOST_EVENTS = 500  # of one parcel; beyond that only ends that say something new are kept


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a courier. at: its clock; order: the order we received it in (any integer).

    signer: who signed as the courier wrote it, kept only masked; relation: self, other or "".
    """

    id: str
    kind: str
    at: datetime
    order: int = 0
    signer: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a parcel stands. end: the last message of an end. contradictory: ends that disagree."""

    state: str
    end: Told | None
    contradictory: bool


def ordered(events: Iterable[Told]) -> list[Told]:
    """Each message once, by the courier's time, then by our order of receiving them."""
    first: dict[str, Told] = {}
    for event in sorted(events, key=lambda each: each.order):
        first.setdefault(event.id, event)
    return sorted(first.values(), key=lambda each: (each.at, each.order, each.id))


def outcome(state: str, events: Iterable[Told]) -> Outcome:
    """Where the parcel stands after these messages. state: where it stood before any of them.

    An end stands, whatever movement is told after it (clocks differ); of two the later one does,
    and a person is asked. Unknown kinds change nothing.
    """
    known = [event for event in ordered(events) if event.kind in EVENTS]
    ends = [event for event in known if EVENTS[event.kind] in ENDS]
    if ends:
        said = {(event.kind, *_signature(event)) for event in ends}
        return Outcome(EVENTS[ends[-1].kind], ends[-1], len(said) > 1)
    return Outcome(EVENTS[known[-1].kind] if known else state, None, contradictory=False)


def _signature(event: Told) -> tuple[str, str]:
    return (event.signer, event.relation) if event.kind == SIGNED else ("", "")


def by_applicant(applicant: str, signer: str, relation: str) -> bool:
    """Whether the sign-off counts as the applicant's own. Only then nobody need look at it.

    The courier must say so (relation self) or give the applicant's name whole; a name it gives must
    agree with the applicant's, where stars stand for any sign. Somebody else's never counts.
    """
    if relation == OTHER:
        return False
    given, name = _plain(signer), _plain(applicant)
    if not given or given == "本人":
        return relation == SELF
    if given == name:
        return True
    pattern = "".join("." if sign in "*＊" else re.escape(sign) for sign in given)
    return relation == SELF and "*" in given and re.fullmatch(pattern, name) is not None


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def signed_on(told: datetime, *, sent: datetime | None, at: datetime) -> datetime:
    """When a parcel was signed for: the courier's time where it can be true, else ours. A clock that
    runs ahead, or behind the dispatch, is not believed."""
    return told if told <= at and (sent is None or told >= sent) else at


def mask_address(text: str) -> str:
    """The first six signs and four stars: enough to know one's own address again."""
    plain = "".join(text.split())
    return plain[: min(6, len(plain) // 2)] + "****" if plain else ""


def mask_signer(name: str) -> str:
    """田**; the word 本人 is no name."""
    plain = _plain(name)
    return plain if plain in ("", "本人") else plain[:1] + "*" * (len(plain) - 1)


# -- whether it arrives ----------------------------------------------------------------------------

DELIVERY_DAYS = lifecycle.DELIVERY_DAYS
# reasons why a person is asked, in words for the clerk
REASONS: Mapping[str, Promise] = {
    "waiting": gettext_lazy("好几个工作日没有送到"),
    "not_opened": gettext_lazy("电子文书一直没有打开"),
    "returned": gettext_lazy("快递退回"),
    "lost": gettext_lazy("快递丢失"),
    "cancelled": gettext_lazy("承运人取消了寄递"),
    "other_signed": gettext_lazy("别人代收，要核实"),
    "contradictory": gettext_lazy("承运人前后说法不一"),
    "unknown": gettext_lazy("下单结果不明"),
    "rejected": gettext_lazy("承运人不接这一单"),
    "waybill_taken": gettext_lazy("运单号已用于另一办件"),
    "label": gettext_lazy("面单打不出来"),
    "not_cancelled": gettext_lazy("取消不了，可能寄出两件"),
    "storm": gettext_lazy("承运人消息多得不正常"),
    "address": gettext_lazy("收件地址打不开"),
}
# what is settled by itself once the result has been delivered; the others a person still looks at
STAYS = ("contradictory", "storm", "not_cancelled")
ENDED_BY_DELIVERY = tuple(reason for reason in REASONS if reason not in STAYS)
WAYS: Mapping[str, Promise] = {
    "contacted": gettext_lazy("已联系申请人，继续等"),
    "resend": gettext_lazy("重新寄送"),
    "collect": gettext_lazy("改为到窗口领取"),
    "checked": gettext_lazy("已核实，没有问题"),
}


def deliver_by(decided_on: date, calendar: Calendar) -> date | None:
    """The last day to hand the result over: ten working days after the decision (行政许可法 §44;
    for what is no permit the same length by our own rule). None while no calendar reaches it."""
    return working_day(decided_on, DELIVERY_DAYS, calendar)


def working_day(start: date, days: int, calendar: Calendar) -> date | None:
    """The last of so many working days after `start`; None while no calendar reaches it."""
    try:
        return due(start, days, calendar).due
    except Refusal as refusal:
        if refusal.code == "calendar-unknown-year":
            return None
        raise


def too_long(since: Sequence[date], *, days: int, today: date, calendar: Calendar) -> bool:
    """Whether more than `days` working days have passed since the last of these days. Where no
    calendar tells, calendar days are counted: rather asked too early than never."""
    start = max(since)
    last = working_day(start, days, calendar)
    return today > (last if last is not None else start + timedelta(days=days))
