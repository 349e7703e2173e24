"""What an application form asks, fact by fact: read from what was typed, normalised, masked. Pure.

The facts of a case are sealed as one text: which of them tell of a person is not for a column to say.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.identifiers import phone_number, resident_number
from yichuang.cases.rules import TEXT_LIMIT, check_length
from yichuang.catalogue.drafts import Fact
from yichuang.verdict import Refusal

LINE_LIMIT = 300  # characters of a one-line fact; a long one has rules.TEXT_LIMIT
# who acts for a child, for somebody else or for a unit: may be given with any item
AGENT = Fact("agent", "办理人", "Person acting", "text", required=False)


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as a page shows it. masked: its value is hidden until somebody says what for."""

    key: str
    label: str
    shown: str
    masked: bool


def checked(facts: Sequence[Fact], given: Mapping[str, str], *, whole: bool) -> dict[str, str]:
    """The facts as they are kept, in the form's order; what was left open is left out.

    whole: everything required must be there. Without it nothing at all may be given (a paper form
    was handed in), but a form filled in half is refused. Raises a Refusal whose field is the key:
    "fact-unknown", "fact-missing", "fact-not-a-date", "fact-not-a-number", "fact-unknown-choice",
    "text-too-long", or what the identifiers say.
    """
    asked = {fact.key: fact for fact in (*facts, AGENT)}
    for key in given:
        if key not in asked:
            raise Refusal(
                "fact-unknown",
                _("申请表里没有“%(key)s”这一栏。") % {"key": key[:40]},
                remedy=_("事项可能刚换了新版本；请重新打开表单，已填的内容会带过来。"),
                field=key,
            )
    filled = any(text.strip() for key, text in given.items() if key != AGENT.key)
    found = {}
    for key, fact in asked.items():
        text = given.get(key, "").strip()
        if text:
            found[key] = value(fact, text)
        elif fact.required and (whole or filled):
            raise Refusal(
                "fact-missing",
                _("没有填写“%(label)s”。") % {"label": fact.label},
                remedy=_("请填写后再提交。"),
                field=key,
            )
    return found


def value(fact: Fact, typed: str) -> str:
    """One fact as it is kept: dates as YYYY-MM-DD, numbers plain, full-width digits put right."""
    if fact.kind in ("text", "long"):
        limit = TEXT_LIMIT if fact.kind == "long" else LINE_LIMIT
        fits = check_length(typed, what=fact.label, limit=limit)
        if not fits:
            raise Refusal(fits.code, fits.reason, remedy=fits.remedy, field=fact.key)
        return typed
    if fact.kind == "identity":
        return _named(fact, lambda: resident_number(typed).number)
    if fact.kind == "phone":
        return _named(fact, lambda: phone_number(typed))
    if fact.kind == "choice":
        if typed not in {option.value for option in fact.options}:
            raise _wrong(fact, "fact-unknown-choice", _("请从列出的答案里选一个。"))
        return typed
    plain = "".join(unicodedata.normalize("NFKC", typed).split())
    return _day(fact, plain) if fact.kind == "date" else _number(fact, plain)


def _day(fact: Fact, plain: str) -> str:
    parts = re.fullmatch(
        r"([0-9]{4})([-/.年]?)([0-9]{1,2})([-/.月]?)([0-9]{1,2})日?", plain, re.ASCII
    )
    separated = parts is not None and bool(parts[2]) == bool(parts[4])
    if parts is None or not separated or (not parts[2] and len(plain) != 8):
        raise _wrong(fact, "fact-not-a-date", _("请写成年、月、日，例如2026-03-09。"))
    try:
        return date(int(parts[1]), int(parts[3]), int(parts[5])).isoformat()
    except ValueError:
        raise _wrong(fact, "fact-not-a-date", _("没有这一天，请核对年、月、日。")) from None


def _number(fact: Fact, plain: str) -> str:
    bare = re.sub(r"[,，]", "", plain).removeprefix("¥").removesuffix("元")
    decimals = 2 if fact.kind == "money" else 4
    if not re.fullmatch(rf"[0-9]{{1,12}}(\.[0-9]{{1,{decimals}}})?", bare, re.ASCII):
        raise _wrong(fact, "fact-not-a-number", _("请只填数字，例如1200。"))
    return bare


def _wrong(fact: Fact, code: str, remedy: str) -> Refusal:
    what = _("“%(label)s”填得不对。") % {"label": fact.label}
    return Refusal(code, what, remedy=remedy, field=fact.key)


def _named(fact: Fact, read: Callable[[], str]) -> str:
    """What an identifier's rule says, about this field and not the applicant's own."""
    try:
        return read()
    except Refusal as refusal:
        raise Refusal(
            refusal.code,
            _("“%(label)s”：%(what)s") % {"label": fact.label, "what": refusal.message},
            remedy=refusal.remedy,
            basis=refusal.basis,
            field=fact.key,
        ) from refusal


def lines(facts: Sequence[Fact], kept: Mapping[str, str], *, whole: bool) -> tuple[FactLine, ...]:
    """The kept facts in the form's order; whole: in plain, else what is personal masked."""
    return tuple(
        FactLine(
            fact.key,
            fact.label,
            _shown(fact, kept[fact.key]) if whole or not fact.personal else _mask(fact, kept),
            masked=fact.personal and not whole,
        )
        for fact in (*facts, AGENT)
        if fact.key in kept
    )


def _shown(fact: Fact, text: str) -> str:
    labels = {option.value: option.label for option in fact.options}
    return labels.get(text, text)


def _mask(fact: Fact, kept: Mapping[str, str]) -> str:
    text = kept[fact.key]
    if fact.kind == "identity":
        return vault.mask_identity(text)
    if fact.kind == "phone":
        return vault.mask_phone(text)
    return "***"  # not even its length


def sealed(kept: Mapping[str, str], *, row: str) -> bytes:
    """The facts of the case `row`, sealed whole; b"" for none."""
    if not kept:
        return b""
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    return vault.seal(text, table=TABLE, row=row, column=COLUMN)


def opened(token: bytes | memoryview, *, row: str) -> dict[str, str]:
    """The inverse of `sealed`."""
    if not token:
        return {}
    found: dict[str, str] = json.loads(vault.open_(token, table=TABLE, row=row, column=COLUMN))
    return found


TABLE, COLUMN = "cases_case", "facts"
