"""What may be said to whom, when it may go out, when to try again, and whether the books agree.

Pure. The figures (times between tries, quiet hours, what counts as a long number) are our choice;
no rule for county services was found. Texts are Chinese: providers in China approve each template
word by word, so a message is never translated on its way out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.cn import ric

from yichuang.accounts.identifiers import plain_digits
from yichuang.verdict import YES, Refusal, Verdict, no

SMS, EMAIL = "sms", "email"
CHANNELS: dict[str, Promise] = {SMS: gettext_lazy("短信"), EMAIL: gettext_lazy("电子邮件")}

PENDING, SENDING, HANDED, DELIVERED = "pending", "sending", "handed_over", "delivered"
DEAD, FAILED = "dead", "failed"
STATES: dict[str, Promise] = {
    PENDING: gettext_lazy("待发"),
    SENDING: gettext_lazy("正在发"),
    HANDED: gettext_lazy("已交通道"),
    DELIVERED: gettext_lazy("已送达"),
    DEAD: gettext_lazy("发不出去，待人处理"),
    FAILED: gettext_lazy("已停发"),
}
WAITING = (PENDING, SENDING)

BODY_LIMIT = 500
ERROR_LIMIT = 200

# -- templates -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of message.

    text: with %(names)s; "" where the caller brings the text.   urgent: goes out at any hour, and
    before others.   secret: the text is never stored, so it is never sent a second time.
    own: parameters the platform forms itself (addresses, codes): only an identity number is looked
    for in them.
    """

    code: str
    name: Promise
    text: str
    urgent: bool = False
    secret: bool = False
    own: frozenset[str] = frozenset()


CODE = "sign-in-code"
TEMPLATES: dict[str, Template] = {
    template.code: template
    for template in (
        Template(CODE, gettext_lazy("登录验证码"), "", urgent=True, secret=True),
        Template(
            "case-step",
            gettext_lazy("办件进展"),
            "【一窗】您申请的“%(item)s”（%(number)s）：%(event)s。查询：%(url)s",
            own=frozenset(("url",)),
        ),
        Template(
            "referral-step",
            gettext_lazy("托办进展"),
            "【一窗】您托办的“%(item)s”（%(number)s）：%(event)s。查询：%(url)s",
            own=frozenset(("url",)),
        ),
    )
}
SECRET = tuple(code for code, template in TEMPLATES.items() if template.secret)


def template_of(code: str) -> Template:
    """Refusal "template-unknown" for a kind of message nobody wrote down."""
    if code not in TEMPLATES:
        raise Refusal(
            "template-unknown",
            _("没有叫“%(code)s”的消息模板，没有发送。") % {"code": code[:40]},
            remedy=_("请使用已登记的模板。"),
        )
    return TEMPLATES[code]


def render(code: str, params: Mapping[str, str]) -> str:
    """The text of a message; refuses what `check_text` refuses and "message-too-long"."""
    template = template_of(code)
    for name, value in params.items():
        (check_own(value) if name in template.own else check_text(value)).enforce()
    body = template.text % params
    if len(body) > BODY_LIMIT:
        raise Refusal(
            "message-too-long",
            _("这条消息超过%(limit)s个字，没有发送。") % {"limit": BODY_LIMIT},
            remedy=_("请缩短内容，细节放到查询页面。"),
        )
    return body


# -- what a text must not hold ---------------------------------------------------------------------

LONG_RUN = 13  # bank cards have 13 to 19 digits, phones 11, divisions 12: our choice
_IDENTITY = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4}[0-9X]")
_OLD = re.compile(r"(?<![0-9])[1-9][0-9]{7}(?:0[1-9]|1[0-2])[0-3][0-9]{4}(?![0-9])")
_RUN = re.compile(rf"[0-9]{{{LONG_RUN},}}")


def check_text(text: str) -> Verdict:
    """Whether a text is without identity numbers (18 or 15 digits) and card-like long numbers."""
    plain = plain_digits(text)
    if _IDENTITY.search(plain) or _OLD.search(plain):
        return _no_identity()
    if _RUN.search(plain):
        return no(
            "message-long-number",
            _("消息里有一长串数字，像银行卡号，没有发送。"),
            remedy=_("请去掉这串数字；需要核对的号码请当面或在查询页面核对。"),
            basis="个人信息保护法第6条",
        )
    return YES


def check_own(text: str) -> Verdict:
    """As `check_text` for what the platform formed itself: a code may happen to look like a
    number, so only an identity number with its right check digit is refused."""
    found = _IDENTITY.findall(plain_digits(text))
    return _no_identity() if any(ric.calc_check_digit(each) == each[-1] for each in found) else YES


def _no_identity() -> Verdict:
    return no(
        "identity-in-message",
        _("消息里有身份证号码，没有发送。"),
        remedy=_("请去掉号码：消息只写办件编号和查询网址。"),
        basis="个人信息保护法第6条",
    )


def segments(text: str) -> int:
    """How many text messages a provider charges: 70 UTF-16 units alone, 67 each when joined
    (3GPP TS 23.040: six bytes of 140 go to the header that joins them)."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)


# -- when ------------------------------------------------------------------------------------------

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
TRIES = len(RETRY_AFTER) + 1
LEASE = timedelta(minutes=2)  # longer than a task may run (60 s), so its holder is gone by then
RECEIPTS_WITHIN = timedelta(hours=48)
FIRST_RECEIPT = timedelta(minutes=5)

Hours = tuple[time, time]


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after `attempts` tries; None when it is a person's turn."""
    return at + RETRY_AFTER[attempts - 1] if attempts < TRIES else None


def next_receipt(handed_at: datetime, at: datetime) -> datetime | None:
    """When to ask for the receipt again: after as long again as has passed; None after 48 hours."""
    passed = at - handed_at
    return None if passed >= RECEIPTS_WITHIN else at + max(passed, FIRST_RECEIPT)


def not_before(at: datetime, *, channel: str, urgent: bool, quiet: Hours | None) -> datetime:
    """`at` (local time), or the end of the quiet hours it falls in. Only text messages that are
    not urgent wait: a letter wakes nobody, and a code is wanted now."""
    if urgent or channel != SMS or quiet is None or quiet[0] == quiet[1]:
        return at
    since, until = quiet
    now = at.timetz().replace(tzinfo=None)
    inside = since <= now < until if since < until else now >= since or now < until
    if not inside:
        return at
    end = at.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0)
    return end if end > at else end + timedelta(days=1)


# -- the daily count -------------------------------------------------------------------------------

MISSING_THERE, MISSING_HERE, TWICE, SEGMENTS = "missing_there", "missing_here", "twice", "segments"
DIFFERENCES: dict[str, Promise] = {
    MISSING_THERE: gettext_lazy("我方已交，对方没有"),
    MISSING_HERE: gettext_lazy("对方有，我方没有"),
    TWICE: gettext_lazy("对方发了不止一次"),
    SEGMENTS: gettext_lazy("条数（计费）不一致"),
}


DAY_STATES: dict[str, Promise] = {
    "balanced": gettext_lazy("一致"),
    "differs": gettext_lazy("有差异"),
    "no_statement": gettext_lazy("没有对方账单"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message in a day's account. key: as given to the provider; ref: the provider's own."""

    key: str
    segments: int
    ref: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One difference between our account and the provider's."""

    kind: str
    key: str
    ours: int
    theirs: int
    ref: str = ""


def differences(
    ours: Iterable[Line],
    theirs: Iterable[Line],
    *,
    next_door: frozenset[str] = frozenset(),
    known: frozenset[str] = frozenset(),
) -> list[Found]:
    """Where a day's two accounts differ, by key. ours, theirs in a Found are segments.

    next_door: keys in the provider's statements of the days before and after; known: keys we know
    from other days. Both sides' midnight is not the same moment.
    """
    mine = {line.key: line for line in ours}
    given = list(theirs)
    times = Counter(line.key for line in given)
    total: Counter[str] = Counter()
    refs: dict[str, str] = {}
    for line in given:
        total[line.key] += line.segments
        refs.setdefault(line.key, line.ref)
    found = []
    for key, line in mine.items():
        if key not in times and key not in next_door:
            found.append(Found(MISSING_THERE, key, line.segments, 0, line.ref))
    for key, count in times.items():
        here = mine[key].segments if key in mine else 0
        if count > 1:
            found.append(Found(TWICE, key, here, total[key], refs[key]))
        elif key not in mine:
            if key not in known:
                found.append(Found(MISSING_HERE, key, 0, total[key], refs[key]))
        elif here != total[key]:
            found.append(Found(SEGMENTS, key, here, total[key], refs[key]))
    return found
