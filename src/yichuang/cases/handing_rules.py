"""首问 and 转办: which step may follow which, whose it is, and what its texts must hold. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.cases.rules import check_private
from yichuang.clock.rules import Calendar, working_days_between
from yichuang.verdict import YES, Refusal, Verdict, no

# --- who takes a step ---
OWNER = "owner"  # whoever answers for the contact now
RECEIVER = "receiver"  # the outlet or organ it was handed to
WINDOW = "window"  # the counter that took the matter in
COMPANY = "company"  # the company or bureau it was handed to

SAME = ""  # the state stays
MATTER_LIMIT = 300
ANSWER_LIMIT = 1000
FACTS_LIMIT = 8000  # all facts of a referral together
SHORTEST = 4  # an answer of fewer characters tells nobody anything


@dataclass(frozen=True, slots=True)
class Step:
    """One row: the event, its name, the states it may start from, where it leads, whose it is."""

    event: str
    name: str
    sources: tuple[str, ...]
    target: str
    owner: str


CONTACT: Mapping[str, Step] = {
    step.event: step
    for step in (
        Step("open", gettext_lazy("首问登记"), (), "open", OWNER),
        Step("hand_over", gettext_lazy("转交"), ("open", "handed", "received"), "handed", OWNER),
        Step("receive", gettext_lazy("接收"), ("handed",), "received", RECEIVER),
        Step("close", gettext_lazy("了结"), ("open", "handed", "received"), "closed", OWNER),
    )
}
REFERRAL: Mapping[str, Step] = {
    step.event: step
    for step in (
        Step("hand", gettext_lazy("收下并转交"), (), "handed", WINDOW),
        Step("receive", gettext_lazy("接收"), ("handed",), "received", COMPANY),
        Step("ask_more", gettext_lazy("要求补充"), ("received",), "need_more", COMPANY),
        Step("supply", gettext_lazy("补充已转交"), ("need_more",), "received", WINDOW),
        Step("done", gettext_lazy("答复：已办好"), ("received",), "done", COMPANY),
        Step("refuse", gettext_lazy("答复：未能办理"), ("received",), "refused", COMPANY),
        Step("tell", gettext_lazy("告知申请人"), ("need_more", "done", "refused"), SAME, WINDOW),
        Step(
            "withdraw",
            gettext_lazy("撤回"),
            ("handed", "received", "need_more"),
            "withdrawn",
            WINDOW,
        ),
    )
}
OPEN_REFERRALS = ("handed", "received", "need_more")
ANSWERED = ("done", "refused")


def may_happen(step: Step, state: str) -> Verdict:
    """Whether the step may be taken from this state."""
    if state in step.sources:
        return YES
    return no(
        "event-not-now",
        _("现在的状态不能“%(event)s”。") % {"event": step.name},
        remedy=_("请刷新页面，按最新情况办理。"),
    )


# --- 首问: how long somebody has waited ---

YELLOW_DAYS, RED_DAYS = 1, 3  # working days; our choice, no standard gives a figure


def waited(since: date, today: date, calendar: Calendar) -> int | None:
    """Working days since a matter was asked; None while no calendar says."""
    try:
        return working_days_between(since, today, calendar)
    except Refusal:
        return None


def colour(days: int | None) -> str:
    """green | yellow | red by the working days waited; green while nobody can count them."""
    if days is None or days < YELLOW_DAYS:
        return "green"
    return "red" if days >= RED_DAYS else "yellow"


# --- texts ---

_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_BETWEEN = re.compile(r"(?<=[0-9])[\s\-]+(?=[0-9Xx])")


def check_text(text: str, *, what: str, limit: int, field: str, least: int = 1) -> str:
    """The text trimmed, when it says something, fits, and names nobody's identity number.

    Refusal "text-missing", "text-too-long" or "identity-in-text": such a text is kept in the clear
    and read by several people (个人信息保护法第6条: no more than the purpose needs).
    """
    said = text.strip()
    if len(said) < least:
        raise Refusal(
            "text-missing",
            _("没有写清“%(what)s”。") % {"what": what},
            remedy=_("请用一两句话写明白，让下一位看得懂。"),
            field=field,
        )
    if len(said) > limit:
        raise Refusal(
            "text-too-long",
            _("“%(what)s”超过%(limit)s个字。") % {"what": what, "limit": limit},
            remedy=_("请缩短，只写要紧的。"),
            field=field,
        )
    private = check_private(said)
    if not private:
        raise Refusal(
            private.code,
            private.reason,
            remedy=private.remedy,
            basis=private.basis,
            field=field,
        )
    return said


def check_matter(text: str) -> str:
    """What somebody asked about, in staff's words: as `check_text`, and without a mobile number,
    which has a sealed field of its own. Refusal "phone-in-text"."""
    said = check_text(text, what=_("所问事项"), limit=MATTER_LIMIT, field="matter", least=2)
    if _MOBILE.search(_BETWEEN.sub("", unicodedata.normalize("NFKC", said))):
        raise Refusal(
            "phone-in-text",
            _("“所问事项”里写了手机号码。"),
            remedy=_("要回电的，请填在“回电号码”里，那里会加密保管。"),
            basis="个人信息保护法第6条",
            field="matter",
        )
    return said


# what an outcome must say, asked as a person would ask it
OUTCOME_SAYS: Mapping[str, str] = {
    "answered": gettext_lazy("答复了什么"),
    "elsewhere": gettext_lazy("请他到哪里办"),
    "not_needed": gettext_lazy("为什么不用办"),
    "handed_over": gettext_lazy("谁确认接下了，结果怎样"),
}


def check_outcome(outcome: str, *, state: str, has_case: bool) -> Verdict:
    """Whether a contact may be closed so: 已收件 names its case, 已由接收人办理 was handed over."""
    if outcome not in (*OUTCOME_SAYS, "taken_in"):
        return no("outcome-unknown", _("没有选择怎样了结。"), remedy=_("请选择一种结果。"))
    if outcome == "taken_in" and not has_case:
        return no(
            "case-missing",
            _("已收件的，要写明办件编号。"),
            remedy=_("请填写收件凭证上的办件编号。"),
        )
    if outcome == "handed_over" and state == "open":
        return no(
            "not-handed-over",
            _("还没有转交给任何网点或单位。"),
            remedy=_("请先转交，或者选别的结果。"),
        )
    return YES
