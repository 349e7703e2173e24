"""What a licence type may say, how long a licence lasts, what state it is in on a day. Pure.

国务院令716号 §§10–11: an electronic licence in standard form has the force of the paper one and may
be the basis of an act. Names of metadata elements follow our reading of GB/T 36903 (see METADATA).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts.identifiers import holds_resident_number
from yichuang.catalogue.drafts import Fact
from yichuang.verdict import YES, Fault, Verdict, no

BASIS = "国务院令第716号第10条、第11条"
ACTIVE, SUSPENDED, REVOKED, REPLACED = "active", "suspended", "revoked", "replaced"
EXPIRED, FUTURE = "expired", "future"  # follow from the day, never stored
STATES = {
    ACTIVE: gettext_lazy("有效"),
    SUSPENDED: gettext_lazy("暂停使用"),
    REVOKED: gettext_lazy("已撤销"),
    REPLACED: gettext_lazy("已换发新证"),
}
STANDINGS = {
    **STATES,
    EXPIRED: gettext_lazy("已过有效期"),
    FUTURE: gettext_lazy("还没有生效"),
}
PERSON, ENTERPRISE, ANY = "person", "enterprise", "any"
HOLDERS = {
    PERSON: gettext_lazy("自然人"),
    ENTERPRISE: gettext_lazy("法人和其他组织"),
    ANY: gettext_lazy("都可以"),
}
SHOWN_FOR = timedelta(minutes=5)  # how long a code may be scanned; our choice
PURPOSES = {
    "inspection": gettext_lazy("现场检查"),
    "service": gettext_lazy("办理业务"),
    "employment": gettext_lazy("应聘、从业"),
    "trade": gettext_lazy("交易、签约"),
    "other": gettext_lazy("其他"),
}
REASON_LIMIT, PURPOSE_LIMIT, VIEWER_LIMIT = 300, 100, 40
# A personal fact is printed nowhere but where the law asks for it: the holder's name, and the
# number's mask. (个人信息保护法 §6; our reading of how little a licence needs.)
UNPRINTED = ("identity", "phone")


# -- types -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """One row of a pack's licence types, as read: nothing in it is believed yet.

    items: codes of the items whose grant gives it. fields: (fact key, label) in printed order.
    validity: "" for no end, "36m" for months, a day, "fact:<key>" for a date the case tells. word:
    its part of the number (甲政餐登证〔2026〕1号). catalogue_code: the official 证照类型代码, "" while
    nobody has confirmed it. materials: names of the materials that it stands for.
    """

    code: str
    name: str
    name_en: str
    items: tuple[str, ...]
    holder_kind: str
    fields: tuple[tuple[str, str], ...]
    validity: str
    word: str
    catalogue_code: str
    materials: tuple[str, ...]
    basis: str
    basis_confirmed: bool
    draft: bool
    row: int = 0
    file: str = "licence_types.csv"


def check_types(
    drafts: Sequence[TypeDraft],
    *,
    items: Mapping[str, Mapping[str, Fact]],
    materials: frozenset[str],
) -> tuple[Fault, ...]:
    """Everything wrong in a pack's licence types, row by row. items: code → key → fact asked.
    materials: every name on some item's list."""
    faults: list[Fault] = []
    codes: dict[str, int] = {}
    given: dict[str, int] = {}
    words: dict[str, int] = {}

    for draft in drafts:

        def fault(column: str, reason: str, row: TypeDraft = draft) -> None:
            faults.append(Fault(row.file, row.row, column, reason))

        if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", draft.code):
            fault("code", _("类型编码只能用字母、数字和 . _ -，最长 40 位。"))
        elif draft.code in codes:
            fault("code", _("类型编码与第 %(row)s 行重复。") % {"row": codes[draft.code]})
        codes.setdefault(draft.code, draft.row)
        if not draft.name.strip() or len(draft.name) > 80:
            fault("name", _("证照名称应为 1 到 80 个字。"))
        if not re.fullmatch(r"[\u4e00-\u9fff]{1,8}", draft.word):
            fault("word", _("编号用字应为 1 到 8 个汉字，例如“餐登”。"))
        elif draft.word in words:
            fault("word", _("编号用字与第 %(row)s 行重复。") % {"row": words[draft.word]})
        words.setdefault(draft.word, draft.row)
        if draft.holder_kind not in HOLDERS:
            known = "、".join(HOLDERS)
            fault("holder_kind", _("持证人只能是：%(known)s。") % {"known": known})
        if not draft.items:
            fault("items", _("至少写一个事项：准予哪个事项时颁发这种证照。"))
        for item in draft.items:
            if item not in items:
                fault("items", _("事项%(code)s不在本包中。") % {"code": item})
            elif item in given:
                fault(
                    "items",
                    _("事项%(code)s在第 %(row)s 行已经颁发另一种证照。")
                    % {"code": item, "row": given[item]},
                )
            given.setdefault(item, draft.row)
        asked = [items[item] for item in draft.items if item in items]
        for key, label in draft.fields:
            _check_field(fault, asked, key, label)
        _check_validity(fault, asked, draft.validity)
        for name in draft.materials:
            if name not in materials:
                fault("materials", _("没有哪个事项要“%(name)s”这项材料。") % {"name": name})
        if draft.basis_confirmed and not draft.basis.strip():
            fault("basis", _("没有写依据，不能标为已确认。"))
    return tuple(faults)


Tell = Callable[[str, str], None]  # column, reason


def _check_field(fault: Tell, asked: Sequence[Mapping[str, Fact]], key: str, label: str) -> None:
    facts = [facts[key] for facts in asked if key in facts]
    if asked and len(facts) < len(asked):
        fault("fields", _("事项的申请表里没有“%(key)s”这一栏。") % {"key": key})
    if not label.strip():
        fault("fields", _("“%(key)s”没有写证面上的名称，应写成“%(key)s=名称”。") % {"key": key})
    for fact in facts:
        if fact.personal or fact.kind in UNPRINTED:
            fault("fields", _("“%(label)s”是个人信息，不印在证照上。") % {"label": fact.label})
            break


def _check_validity(fault: Tell, asked: Sequence[Mapping[str, Fact]], validity: str) -> None:
    key = validity.removeprefix("fact:")
    if key != validity:
        if any(key not in facts or facts[key].kind != "date" for facts in asked):
            fault("validity", _("“%(key)s”不是申请表里的日期栏。") % {"key": key})
    elif validity and _months(validity) is None and _day(validity) is None:
        fault("validity", _("有效期应为空（长期）、月数（如36m）、日期或 fact:日期栏。"))


def _months(validity: str) -> int | None:
    found = re.fullmatch(r"([1-9][0-9]{0,2})m", validity)
    return int(found[1]) if found else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def valid_until(validity: str, since: date, facts: Mapping[str, str]) -> date | None:
    """The last day of a licence that begins on `since`; None where it has no end. A number of months
    ends on the day before the same day of the month (有效期三年: 2026-09-09 to 2029-09-08)."""
    if validity.startswith("fact:"):
        return _day(facts.get(validity.removeprefix("fact:"), ""))
    months = _months(validity)
    if months is None:
        return _day(validity)
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    if since.day > last:
        return date(year, month + 1, last)
    return date(year, month + 1, since.day) - timedelta(days=1)


# -- standing --------------------------------------------------------------------------------


def standing(state: str, valid_from: date, valid_to: date | None, on: date) -> str:
    """A key of STANDINGS: what was done to a licence counts before what its days say."""
    if state != ACTIVE:
        return state
    if on < valid_from:
        return FUTURE
    return EXPIRED if valid_to is not None and on > valid_to else ACTIVE


def since(state: str, changed_on: date, valid_to: date | None) -> date:
    """The day on which a licence came to stand like this. One that ran out: the day after its last."""
    if state == EXPIRED and valid_to is not None:
        return valid_to + timedelta(days=1)
    return changed_on


# event → the states it starts from, and the state it leads to
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "suspend": ((ACTIVE,), SUSPENDED),
    "lift": ((SUSPENDED,), ACTIVE),
    "replace": ((ACTIVE, SUSPENDED), REPLACED),
    "revoke": ((ACTIVE, SUSPENDED), REVOKED),
}


def may_move(event: str, state: str) -> Verdict:
    """Whether a licence in this state may undergo the event."""
    if state in MOVES[event][0]:
        return YES
    return no(
        "licence-state",
        _("这张证照现在是“%(state)s”，不能这样办。") % {"state": STATES[state]},
        remedy=_("请刷新页面，按最新情况办理。"),
    )


def in_force(name: str, state: str) -> Verdict:
    """Whether a licence that stands like this (a key of STANDINGS) may be relied on."""
    if state == ACTIVE:
        return YES
    return no(
        "licence-not-in-force",
        _("“%(name)s”现在%(state)s，不能使用。") % {"name": name, "state": STANDINGS[state]},
        remedy=_("请联系颁发机关；用作申请材料的，请改用别的办法提交。"),
        basis=BASIS,
    )


def check_words(text: str, *, what: str, limit: int, least: int = 0) -> Verdict:
    """Whether free text is of a fit length and without an identity number: the journal keeps it."""
    bare = text.strip()
    if len(bare) < max(least, 1) and least:
        return no("reason-missing", _("请写明%(what)s。") % {"what": what})
    if len(bare) > limit:
        return no(
            "text-too-long",
            _("“%(label)s”超过%(limit)s个字。") % {"label": what, "limit": limit},
            remedy=_("请缩短。"),
        )
    if holds_resident_number(bare):
        return no(
            "identity-in-text",
            _("这段文字里写了身份证号码，没有保存。"),
            remedy=_("请删去号码。"),
            basis="个人信息保护法第6条",
        )
    return YES


# -- metadata --------------------------------------------------------------------------------

# Our reading of GB/T 36903-2018 (电子证照 元数据规范): the elements, not their official short names,
# which we could not check against the text. No conformity is claimed.
METADATA = {
    "identifier": "电子证照标识",
    "type_name": "证照名称",
    "type_code": "证照类型代码",
    "number": "证照编号",
    "issuer": "证照颁发机构",
    "issuer_code": "证照颁发机构代码",
    "issued_on": "证照颁发日期",
    "holder": "持证主体",
    "holder_kind": "持证主体类型",
    "holder_number": "持证主体代码",
    "holder_number_kind": "持证主体代码类型",
    "valid_from": "证照有效期起始日期",
    "valid_to": "证照有效期截止日期",
    "state": "证照状态",
    "file_digest": "电子证照文件摘要",
}


def identifier(licence_id: object) -> str:
    """The licence's own identifier. Not one of GB/T 36904: that needs the official type code, the
    issuer's code and a check sign, which a county has to be given first."""
    return f"urn:uuid:{licence_id}"
