"""空白证照 by number: which step a blank may take, whose it is, and the equation that must hold.

Pure. A blank's life is one table (TABLE); the equation of an outlet is read from the ledger's lines
and set against what the rows say and what two people counted. Numbers are taken lowest first (our
choice, so that a gap is seen at once). Source of the equation: shared practice for 空白证照,
收进＝用出＋作废＋结存; that both sides are kept apart and compared is ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.iso7064 import mod_11_2, mod_11_10

from yichuang.verdict import YES, Fault, Refusal, Verdict, no

# --- states ---
IN_STORE, HANDED_OUT, RESERVED, PRINTED = "in_store", "handed_out", "reserved", "printed"
USED, SPOILED, LOST, RETURNED = "used", "spoiled", "lost", "returned"
STATES: Mapping[str, Promise] = {
    IN_STORE: gettext_lazy("库存"),
    HANDED_OUT: gettext_lazy("已领用"),
    RESERVED: gettext_lazy("已占号"),
    PRINTED: gettext_lazy("已打印，待确认"),
    USED: gettext_lazy("已使用"),
    SPOILED: gettext_lazy("已作废"),
    LOST: gettext_lazy("已遗失"),
    RETURNED: gettext_lazy("已退回发证机关"),
}
LIVE = (IN_STORE, HANDED_OUT, RESERVED, PRINTED)  # on somebody's shelf: the equation's "left"
FOR_A_PAPER = (RESERVED, PRINTED, USED)  # bound to one case and one paper

# --- proposals: what only a second person makes true ---
RECEIVE, HAND_OUT, HAND_BACK, GIVE_UP = "receive", "hand_out", "hand_back", "give_up"
SPOIL, LOSE = "spoil", "lose"
PROPOSALS: Mapping[str, Promise] = {
    RECEIVE: gettext_lazy("入库"),
    HAND_OUT: gettext_lazy("发放"),
    HAND_BACK: gettext_lazy("交回"),
    GIVE_UP: gettext_lazy("退回发证机关"),
    SPOIL: gettext_lazy("作废"),
    LOSE: gettext_lazy("遗失"),
}
ASKED, DONE, REFUSED, WITHDRAWN = "asked", "done", "refused", "withdrawn"
PROPOSAL_STATES: Mapping[str, Promise] = {
    ASKED: gettext_lazy("待确认"),
    DONE: gettext_lazy("已确认"),
    REFUSED: gettext_lazy("未同意"),
    WITHDRAWN: gettext_lazy("已撤回"),
}

# --- a day ---
OPEN, BALANCED, CLOSED = "open", "balanced", "closed"
DAY_STATES: Mapping[str, Promise] = {
    OPEN: gettext_lazy("未结"),
    BALANCED: gettext_lazy("已点清，待复核"),
    CLOSED: gettext_lazy("已日结"),
}

RANGE_LIMIT = 20_000  # numbers one act may move; our choice, some forty boxes
COUNT_LIMIT = 9_999_999  # sheets of one type that anybody could count
TEXT_LIMIT = 200
LARGEST_WIDTH = 12
CHECKS: Mapping[str, Promise] = {
    "none": gettext_lazy("无校验位"),
    "mod_11_2": gettext_lazy("末位校验（GB/T 17710 MOD 11-2）"),
    "mod_11_10": gettext_lazy("末位校验（GB/T 17710 MOD 11,10）"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One row: the event, its name, the states it starts from, where it leads, how many people."""

    event: str
    name: Promise
    sources: tuple[str, ...]
    target: str
    people: int = 1


TABLE: Mapping[str, Step] = {
    step.event: step
    for step in (
        Step(RECEIVE, PROPOSALS[RECEIVE], (), IN_STORE, 2),
        Step(HAND_OUT, PROPOSALS[HAND_OUT], (IN_STORE,), HANDED_OUT, 2),
        Step(HAND_BACK, PROPOSALS[HAND_BACK], (HANDED_OUT,), IN_STORE, 2),
        Step(GIVE_UP, PROPOSALS[GIVE_UP], (IN_STORE,), RETURNED, 2),
        Step("reserve", gettext_lazy("占号"), (HANDED_OUT,), RESERVED),
        Step("release", gettext_lazy("退号"), (RESERVED,), HANDED_OUT),
        Step("print", gettext_lazy("打印"), (RESERVED,), PRINTED),
        Step("reprint", gettext_lazy("同号重打"), (PRINTED,), PRINTED),
        Step("confirm", gettext_lazy("确认使用"), (PRINTED,), USED),
        Step(SPOIL, PROPOSALS[SPOIL], LIVE, SPOILED, 2),
        Step(LOSE, PROPOSALS[LOSE], LIVE, LOST, 2),
    )
}


def may_happen(step: Step, state: str) -> Verdict:
    """Whether a blank in this state may take the step."""
    if state in step.sources:
        return YES
    return no(
        "blank-not-now",
        _("这张空白证照现在是“%(state)s”，不能“%(step)s”。")
        % {"state": STATES[state], "step": step.name},
        remedy=_("请刷新页面，按最新情况办理。"),
    )


# --- numbers ---


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a type's numbers are written: prefix, serial in `width` digits, check character."""

    prefix: str
    width: int
    check: str = "none"

    def number(self, serial: int) -> str:
        """The number as it stands on the sheet."""
        body = f"{serial:0{self.width}d}"
        return f"{self.prefix}{body}{self._sign(body)}"

    def serial(self, text: str) -> int:
        """The serial behind a number as typed. Refusal "blank-number-invalid"."""
        body = _plain(text).removeprefix(_plain(self.prefix))
        digits, sign = body[: self.width], body[self.width :]
        if re.fullmatch(rf"[0-9]{{{self.width}}}", digits) and int(digits):
            if sign == self._sign(digits):
                return int(digits)
            if self.check != "none" and len(sign) == 1:
                raise _bad_number(_("这个号码的末位校验不对，可能有一位抄错。"))
        raise _bad_number(
            _("号码应写成%(example)s这样，共%(count)s位。")
            % {"example": self.number(1), "count": len(self.number(1))}
        )

    def _sign(self, body: str) -> str:
        if self.check == "mod_11_2":
            return mod_11_2.calc_check_digit(body)
        if self.check == "mod_11_10":
            return mod_11_10.calc_check_digit(body)
        return ""


def _plain(text: str) -> str:  # how a number is compared, not how it is shown
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def _bad_number(reason: str) -> Refusal:
    return Refusal(
        "blank-number-invalid",
        reason,
        remedy=_("请照证照上印的号码再核对一遍。"),
        field="first",
    )


def check_range(pattern: Pattern, first: int, last: int) -> Verdict:
    """Whether first..last is a range one act may move."""
    if not 1 <= first <= last <= 10**pattern.width - 1:
        return no(
            "blank-range-reversed",
            _("起号大于止号，或超出这种证照的号码位数。"),
            remedy=_("请核对起号和止号。"),
        )
    return check_count(last - first + 1)


def check_count(count: int) -> Verdict:
    """Whether one act may move so many numbers."""
    if 1 <= count <= RANGE_LIMIT:
        return YES
    return no(
        "blank-count-wrong",
        _("一次应是1张到%(limit)s张。") % {"limit": RANGE_LIMIT},
        remedy=_("数量更多的，请分几次办。"),
    )


def runs(serials: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending serials as (first, last) stretches without gaps."""
    found: list[list[int]] = []
    for serial in serials:
        if found and serial == found[-1][1] + 1:
            found[-1][1] = serial
        else:
            found.append([serial, serial])
    return [(first, last) for first, last in found]


# --- the equation ---


@dataclass(frozen=True, slots=True)
class Line:
    """Some lines of the ledger added up: what happened to how many, from whom to whom.

    giver, taker: outlet codes, "" for the world outside (发证机关, or used up).
    earlier: before the period that the equation is of.
    """

    event: str
    count: int
    giver: str = ""
    taker: str = ""
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """opening + received = used + spoiled + lost + passed + returned + left, of one type and outlet.

    All are sheets of paper. passed: to another outlet of ours. left: by the ledger. there: by the
    rows of single numbers, kept apart from the ledger; the two must agree.
    """

    opening: int = 0
    received: int = 0
    used: int = 0
    spoiled: int = 0
    lost: int = 0
    passed: int = 0
    returned: int = 0
    there: int = 0

    @property
    def left(self) -> int:
        out = self.used + self.spoiled + self.lost + self.passed + self.returned
        return self.opening + self.received - out

    @property
    def holds(self) -> bool:
        return self.left == self.there

    @property
    def quiet(self) -> bool:
        """Nothing was there and nothing happened."""
        return self == Equation()


_TERMS = {"confirm": "used", SPOIL: "spoiled", LOSE: "lost", GIVE_UP: "returned"}


def equation(lines: Iterable[Line], *, outlet: str, there: int) -> Equation:
    """The equation of one outlet and one type from its ledger lines. `there`: live rows counted."""
    terms = dict.fromkeys(("received", "used", "spoiled", "lost", "passed", "returned"), 0)
    opening = 0
    for line in lines:
        if line.giver == line.taker:
            continue  # from store to counter of one house, or a step that moves no sheet
        change = line.count * ((line.taker == outlet) - (line.giver == outlet))
        if line.earlier:
            opening += change
        elif line.taker == outlet:
            terms["received"] += line.count
        elif line.giver == outlet:
            terms[_TERMS.get(line.event, "passed")] += line.count
    return Equation(opening=opening, there=there, **terms)


# --- the day's close ---


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found of one type. `expected`: what was there by the rows when it was counted."""

    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that keeps a day open."""

    kind: str  # reserved | printed | proposal | ledger | uncounted | differs | stale | late
    text: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A number reserved or printed and not yet settled."""

    number: str
    state: str
    type_name: str
    holder: str
    case_number: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A proposal that waits for its second person."""

    kind: str
    type_name: str
    count: int
    first: str
    asked_by: str


def blockers(
    *,
    equations: Mapping[str, Equation],
    names: Mapping[str, str],
    counts: Mapping[str, Counted],
    unfinished: Sequence[Unfinished],
    pending: Sequence[Pending],
) -> tuple[Blocker, ...]:
    """Everything that does not balance, in words; empty when the day may be closed.

    equations, counts, names: by type code.
    """
    found = [
        Blocker(
            one.state,
            (
                _("%(type)s%(number)s已打印还没确认使用或作废（办件%(case)s，%(who)s）。")
                if one.state == PRINTED
                else _("%(type)s%(number)s占着号还没打印（办件%(case)s，%(who)s）。")
            )
            % {
                "type": one.type_name,
                "number": one.number,
                "case": one.case_number,
                "who": one.holder,
            },
        )
        for one in unfinished
    ]
    found += [
        Blocker(
            "proposal",
            _("%(type)s%(kind)s%(count)s张（自%(first)s起，%(who)s提出）还没有第二人确认。")
            % {
                "type": one.type_name,
                "kind": PROPOSALS[one.kind],
                "count": one.count,
                "first": one.first,
                "who": one.asked_by,
            },
        )
        for one in pending
    ]
    for code, sums in equations.items():
        if not sums.holds:
            found.append(
                Blocker(
                    "ledger",
                    _("%(type)s：按台账应结存%(left)s张，逐号登记是%(there)s张，两本账不一致。")
                    % {"type": names[code], "left": sums.left, "there": sums.there},
                )
            )
        if code not in counts:
            found.append(Blocker("uncounted", _("%(type)s还没有清点。") % {"type": names[code]}))
            continue
        count = counts[code]
        if count.expected != sums.there:
            found.append(
                Blocker(
                    "stale",
                    _("%(type)s清点之后又有变动（当时应有%(then)s张，现在%(now)s张），请重新清点。")
                    % {"type": names[code], "then": count.expected, "now": sums.there},
                )
            )
        elif count.found != sums.there:
            found.append(
                Blocker(
                    "differs",
                    _("%(type)s点到%(found)s张，应有%(there)s张，%(how)s%(by)s张。")
                    % {
                        "type": names[code],
                        "found": count.found,
                        "there": sums.there,
                        "how": _("少") if count.found < sums.there else _("多"),
                        "by": abs(count.found - sums.there),
                    },
                )
            )
    return tuple(found)


def check_open(closed_through: date | None, day: date, outlet: str) -> Verdict:
    """Whether anything may still move at the outlet on this day."""
    if closed_through is None or closed_through < day:
        return YES
    return no(
        "blank-day-closed",
        _("%(outlet)s的空白证照%(day)s已经日结，不能再动。")
        % {"outlet": outlet, "day": closed_through.isoformat()},
        remedy=_("确需办理的，请负责人写明原因重开当日，办完再日结。"),
    )


# --- people and texts ---


def check_two_people(first: int | None, second: int | None) -> Verdict:
    """Whether the second is somebody else than the first."""
    if first is not None and second is not None and first != second:
        return YES
    return no(
        "blank-same-person",
        _("这一步要由另一个人确认，提出的人自己不能确认。"),
        remedy=_("请叫同事或负责人用本人账户登录确认。"),
    )


_IDENTITY = re.compile(
    r"(?<![0-9])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4}[0-9Xx](?![0-9])"
)


def said(text: str, *, what: str, field: str, least: int = 2, limit: int = TEXT_LIMIT) -> str:
    """The text trimmed, when it says something, fits and holds no identity number, because it is
    kept in the clear (个人信息保护法第6条). Refusal "text-missing", "text-too-long",
    "identity-in-text"."""
    trimmed = "".join(
        sign for sign in text.strip() if unicodedata.category(sign) not in ("Cc", "Cf", "Cs")
    )
    if len(trimmed) < least:
        raise Refusal(
            "text-missing",
            _("没有写清“%(what)s”。") % {"what": what},
            remedy=_("请用一句话写明白。"),
            field=field,
        )
    if len(trimmed) > limit:
        raise Refusal(
            "text-too-long",
            _("“%(what)s”超过%(limit)s个字。") % {"what": what, "limit": limit},
            remedy=_("请缩短，只写要紧的。"),
            field=field,
        )
    if _IDENTITY.search(unicodedata.normalize("NFKC", trimmed).replace(" ", "")):
        raise Refusal(
            "identity-in-text",
            _("这段文字里写了身份证号码，没有保存。"),
            remedy=_("请删去号码；办件编号已经指明是谁的事。"),
            basis="个人信息保护法第6条",
            field=field,
        )
    return trimmed


# --- types, as a county's folder gives them ---

TYPES_FILE = "blank_types.csv"


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """A row of blank_types.csv: a certificate that comes as numbered blank sheets."""

    code: str
    name: str
    name_en: str
    organ_code: str
    prefix: str
    width: int
    check: str = "none"
    draft: bool = True
    note: str = ""
    row: int = 0


def check_types(drafts: Sequence[TypeDraft], organs: set[str]) -> list[Fault]:
    """What is wrong with the rows taken together."""
    faults: list[Fault] = []

    def fault(draft: TypeDraft, column: str, reason: str) -> None:
        faults.append(Fault(TYPES_FILE, draft.row, column, reason))

    for earlier, later in pairwise(sorted(drafts, key=lambda draft: (draft.code, draft.row))):
        if earlier.code == later.code:
            fault(later, "code", _("与第%(row)d行重复。") % {"row": earlier.row})
    for draft in drafts:
        if draft.organ_code not in organs:
            fault(draft, "organ_code", _("organs.csv里没有这个机构。"))
        if draft.check not in CHECKS:
            fault(draft, "check", _("应是以下之一：%(known)s。") % {"known": "、".join(CHECKS)})
        if not 3 <= draft.width <= LARGEST_WIDTH:
            fault(draft, "width", _("应是3到%(most)s。") % {"most": LARGEST_WIDTH})
        if not re.fullmatch(r"[\w\-]{0,12}", draft.prefix):
            fault(draft, "prefix", _("号码的前缀应是字母、汉字或数字，不超过12个。"))
    return faults
