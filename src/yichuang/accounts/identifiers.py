"""Numbers that people and organisations go by: read, normalised, checked.

Sources: GB 11643-1999 (公民身份号码), GB 32100-2015 (统一社会信用代码), GB 11714-1997 (the organisation
code inside it). Only the check characters are left to python-stdnum: its own validators refuse
every region code younger than the holder, and credit codes that begin with a letter.

No message repeats the number: refusals are logged and shown on shared screens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from django.utils.translation import gettext as _
from stdnum.cn import ric, uscc

from yichuang.verdict import Refusal

# The first two digits: provinces (GB/T 2260), and 81–83, the residence permits of Hong Kong,
# Macao and Taiwan residents. The region is the first registration's and may be abolished today.
PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47))
    + (*range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
CENTURIES = ("18", "19", "20")
# GB 32100 §4: the registering authority. 机构编制 1 … 市场监管 9, 军队 A, 农业农村 N, 其他 Y.
AUTHORITIES = frozenset("123456789ANY")
CREDIT_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")  # no I, O, S, V, Z
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

RESIDENT_BASIS = "GB 11643-1999《公民身份号码》"
CREDIT_BASIS = "GB 32100-2015《法人和其他组织统一社会信用代码编码规则》"
OLD_CARD_BASIS = "《中华人民共和国居民身份证法》第二十三条"

UNSEEN = ("Cf", "Mn", "Me")  # categories of signs that nobody sees between two digits

# with the invisible direction marks that telephones and spreadsheets copy along with a number
_SEPARATORS = re.compile(r"[\s\-‐-―\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class ResidentNumber:
    """A checked resident number. sex: by the 17th digit. region: six digits of the first place
    of registration. The number stays out of repr(), which ends in logs.
    """

    number: str = field(repr=False)
    birth: date = field(repr=False)
    sex: Literal["male", "female"]
    region: str


def resident_number(text: str, *, on: date | None = None) -> ResidentNumber:
    """The resident number in `text`; full-width digits, spaces and a small x are put right.

    on: the day it is given; with it, a birth after that day is refused. Raises Refusal
    "identity-number-invalid" saying which part is wrong.
    """
    number = _normalised(text)
    if not number:
        raise _bad_number(_("没有填写身份证号。"), _("请填写身份证上的18位号码。"))
    if re.fullmatch(r"[0-9]{15}", number):
        raise _bad_number(
            _("这是15位的旧身份证号，第一代身份证自2013年1月1日起已停止使用。"),
            _("请填写现在身份证上的18位号码；还没有换领的，请先到户籍所在地派出所办理。"),
            OLD_CARD_BASIS,
        )
    if len(number) != 18:
        raise _bad_number(_("身份证号应有18位，现在是%(count)d位。") % {"count": len(number)})
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise _bad_number(_("身份证号前17位应是数字，最后一位是数字或X。"))
    if int(number[:2]) not in PROVINCES:
        raise _bad_number(_("身份证号前两位不是任何省份的代码。"))
    birth = _birth(number[6:14])
    if birth is None:
        raise _bad_number(_("身份证号第7至14位不是真实存在的出生日期。"))
    if on is not None and birth > on:
        raise _bad_number(_("身份证号里的出生日期在今天之后。"))
    if ric.calc_check_digit(number) != number[-1]:
        raise _bad_number(_("身份证号的校验位对不上，多半是有一位填错，或有两位写颠倒了。"))
    return ResidentNumber(number, birth, "male" if int(number[16]) % 2 else "female", number[:6])


def credit_code(text: str) -> str:
    """The 18-character unified social credit code in `text`, normalised to upper case.

    Checks the authority, the alphabet, the check character and that of the organisation code
    inside (GB 11714). Raises Refusal "credit-code-invalid" saying which part is wrong.
    """
    code = _normalised(text)
    if not code:
        raise _bad_code(_("没有填写统一社会信用代码。"))
    if len(code) != 18:
        raise _bad_code(_("统一社会信用代码应有18位，现在是%(count)d位。") % {"count": len(code)})
    if not set(code) <= CREDIT_ALPHABET:
        raise _bad_code(
            _("统一社会信用代码里只能有数字和大写字母，而且没有I、O、S、V、Z。"),
            _("请对照证照：0和O、1和I、2和Z、5和S容易看错。"),
        )
    if code[0] not in AUTHORITIES:
        raise _bad_code(_("统一社会信用代码的第1位不是任何登记管理部门的代码。"))
    if not code[2:8].isdecimal():
        raise _bad_code(_("统一社会信用代码的第3至8位应是数字。"))
    if uscc.calc_check_digit(code) != code[-1]:
        raise _bad_code(_("统一社会信用代码的校验位对不上，多半是有一位填错，或有两位写颠倒了。"))
    if organisation_check(code[8:16]) != code[16]:
        raise _bad_code(_("统一社会信用代码第9至17位（组织机构代码）的校验位对不上。"))
    return code


def organisation_check(body: str) -> str:
    """The check character of an 8-character organisation code (GB 11714-1997)."""
    total = sum(int(sign, 36) * w for sign, w in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def phone_number(text: str) -> str:
    """The 11-digit mainland mobile number in `text`, without +86 and separators.

    Raises Refusal "phone-number-invalid".
    """
    number = re.sub(r"^(\+|00)86", "", _normalised(text))
    if re.fullmatch(r"1[3-9][0-9]{9}", number):
        return number
    if not number:
        what = _("没有填写手机号码。")
    elif not re.fullmatch(r"[0-9]+", number):
        what = _("手机号码里只能有数字。")
    elif len(number) != 11:
        what = _("手机号码应有11位，现在是%(count)d位。") % {"count": len(number)}
    else:
        what = _("手机号码应以13至19开头。")
    remedy = _("请填写能收到短信的11位手机号码。")
    raise Refusal("phone-number-invalid", what, remedy=remedy, field="phone")


# What only spaces out the digits of one number, once invisible signs are gone.
_BETWEEN = re.compile(r"(?<=[0-9])[\s\-‐-―−.·•_/,、，]+(?=[0-9X])")
_EIGHTEEN = re.compile(
    r"(?<![0-9A-Z])(?=[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4}[0-9X](?![0-9A-Z]))"
)
_WINDOW = re.compile(r"(?=([1-9][0-9]{16}[0-9X]))")


def plain_digits(text: str) -> str:
    """Every digit as 0-9 whatever script or width it has, x as X, and what only spaces out the
    digits of one number gone: blanks, hyphens, dots, strokes, invisible and combining signs."""
    folded = unicodedata.normalize("NFKC", text).upper()
    seen = [
        "" if unicodedata.category(sign) in UNSEEN else str(unicodedata.decimal(sign, sign))
        for sign in folded
    ]
    return _BETWEEN.sub("", "".join(seen))


def holds_resident_number(text: str) -> bool:
    """Whether a resident number stands in free text, however it is typed: eighteen signs that read
    like one by themselves, or a right one (birth and check digit) anywhere in a run of digits."""
    plain = plain_digits(text)
    return _EIGHTEEN.search(plain) is not None or any(
        _birth(found[1][6:14]) is not None
        and int(found[1][:2]) in PROVINCES
        and ric.calc_check_digit(found[1]) == found[1][-1]
        for found in _WINDOW.finditer(plain)
    )


def _normalised(text: str) -> str:
    """Full-width to half-width (NFKC), upper case, without spaces, hyphens and invisible marks."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _birth(digits: str) -> date | None:
    if not digits.startswith(CENTURIES):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _bad_number(what: str, remedy: str = "", basis: str = RESIDENT_BASIS) -> Refusal:
    return Refusal(
        "identity-number-invalid",
        what,
        remedy=remedy or _("请对照身份证逐位核对后重新填写。"),
        basis=basis,
        field="identity_number",
    )


def _bad_code(what: str, remedy: str = "") -> Refusal:
    return Refusal(
        "credit-code-invalid",
        what,
        remedy=remedy or _("请对照营业执照或登记证书逐位核对后重新填写。"),
        basis=CREDIT_BASIS,
        field="credit_code",
    )
