"""Division codes: what the twelve digits say.

Source: 国家统计局《统计用区划代码和城乡划分代码编制规则》: province 2, city 2 and county 2 digits
(GB/T 2260), town 3 digits, village 3 digits. Digits 7–9 and 10–12 tell the kind of place.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yichuang.verdict import Refusal

BASIS = "国家统计局《统计用区划代码和城乡划分代码编制规则》"
PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47))
    + (*range(50, 55), *range(61, 66), 71, 81, 82)
)
# last number of each range, and the kind it stands for; quasi: farms, development zones and so on
TOWN_KINDS = ((99, "subdistrict"), (199, "town"), (399, "township"), (599, "quasi_town"))
VILLAGE_KINDS = (
    (199, "residents_committee"),
    (399, "village_committee"),
    (599, "quasi_village"),
)


@dataclass(frozen=True, slots=True)
class DivisionCode:
    """A well-formed code. level: province, city, county, town or village. kind: as the level for
    the first three, else what the digits say. parent: the code above it, "" for a province.
    """

    code: str
    level: str
    kind: str
    parent: str


def division_code(text: str) -> DivisionCode:
    """Read a 12-digit division code (full-width digits and spaces are put right).

    Says nothing about whether the place exists. Raises Refusal "division-code-invalid".
    """
    code = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{12}", code):
        raise _bad(_("区划代码应是12位数字。"))
    if int(code[:2]) not in PROVINCES:
        raise _bad(_("区划代码前两位不是任何省份的代码。"))
    city, county, town, village = code[2:4], code[4:6], code[6:9], code[9:]
    if int(village):
        # a few cities have towns but no counties, so county may be 00 above a town
        if not int(town) or not int(city):
            raise _bad(_("区划代码里有村级代码，却缺少它上面的乡镇或市的代码。"))
        return DivisionCode(code, "village", _kind(village, VILLAGE_KINDS), code[:9] + "000")
    if int(town):
        if not int(city):
            raise _bad(_("区划代码里有乡镇级代码，却缺少它上面的市的代码。"))
        return DivisionCode(code, "town", _kind(town, TOWN_KINDS), code[:6] + "000000")
    if int(county):
        if not int(city):
            raise _bad(_("区划代码里有县级代码，却缺少它上面的市的代码。"))
        return DivisionCode(code, "county", "county", code[:4] + "00000000")
    if int(city):
        return DivisionCode(code, "city", "city", code[:2] + "0000000000")
    return DivisionCode(code, "province", "province", "")


def _kind(digits: str, ranges: tuple[tuple[int, str], ...]) -> str:
    for last, kind in ranges:
        if int(digits) <= last:
            return kind
    raise _bad(_("区划代码中的“%(digits)s”不在编制规则的范围内。") % {"digits": digits})


def _bad(what: str) -> Refusal:
    return Refusal(
        "division-code-invalid",
        what,
        remedy=_("请对照统计用区划代码表核对。"),
        basis=BASIS,
        field="code",
    )
