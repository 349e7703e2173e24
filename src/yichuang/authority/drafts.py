"""What a county pack brings of authority, and every fault in it at once. Pure.

The checks are the law's limits on passing power down: 行政许可法 §22–§24 (who may decide a permit,
entrusting only to an administrative organ and by public notice, no re-delegation) and §32 (the
receipt of a permit carries the organ's own seal, so never the centre's).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yichuang.accounts.identifiers import holds_resident_number
from yichuang.authority.facts import (
    AUTHORISE,
    CENTRE_SEAL,
    DECIDER_TOKENS,
    ENTRUST,
    EVERYWHERE,
    GUIDE,
    INSTRUMENTS,
    ROLES,
    SEAL_TOKENS,
    TOWN_CENTRE,
    Place,
)
from yichuang.verdict import Fault

# a number is part of addresses and of the name of the grant's journal stream
NUMBER = re.compile(r"(?!\.+$)[^\s/\\?#]{1,70}")  # browsers take “..” out of an address
WEB_ADDRESS = re.compile(r"https?://[^\s/]\S*")
PUBLIC_TEXTS = ("number", "signatory_title", "basis", "notice", "text")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CompetenceDraft:
    """One row of authority.csv."""

    file: str
    row: int
    item_code: str
    role: str
    decider: str
    power_source: str
    decision_seal: str
    acceptance_seal: str
    basis: str
    basis_confirmed: bool
    note: str


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """One row of grants.csv; places and outlets hold codes or "*"."""

    file: str
    row: int
    number: str
    instrument: str
    from_organ: str
    to_organ: str
    items: tuple[str, ...]
    places: tuple[str, ...]
    outlets: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    revoked_on: date | None
    seal: str
    signatory_title: str
    notice: str
    basis: str
    draft: bool
    max_amount: int | None = None  # 分
    text: str = ""
    notice_url: str = ""
    noticed_on: date | None = None

    def content(self) -> dict[str, Any]:
        """What the instrument says, which approval and publication stand for. The fields younger
        than the first packs are left out where empty, so that a pack's digest stays what it was."""
        said = asdict(self)
        for name in ("file", "row", "number", "revoked_on"):
            del said[name]
        said["from"], said["to"] = said.pop("from_organ"), said.pop("to_organ")
        for name in ("max_amount", "text", "notice_url", "noticed_on"):
            if not said[name]:
                del said[name]
        return said


@dataclass(frozen=True, slots=True)
class Known:
    """What grants are measured by.

    items: code → is a permit. owners: item code → the organ (or token) that decides it.
    organs: code → is administrative. areas: organ code → its division, where that is known.
    seals: code of a seal that can be entrusted → organ code.
    """

    items: Mapping[str, bool]
    owners: Mapping[str, str]
    organs: Mapping[str, bool]
    areas: Mapping[str, str]
    places: frozenset[str]
    outlets: frozenset[str]
    seals: Mapping[str, str]


def check(
    competences: Sequence[CompetenceDraft],
    grants: Sequence[GrantDraft],
    *,
    items: Mapping[str, bool],
    organs: Mapping[str, bool],
    places: frozenset[str],
    outlets: frozenset[str],
    seals: Mapping[str, str],
    areas: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Every fault of a pack's authority, at once; the mappings are those of `Known`."""
    faults: list[Fault] = []

    def fault(draft: CompetenceDraft | GrantDraft, column: str, reason: str) -> None:
        faults.append(Fault(draft.file, draft.row, column, reason))

    seen: dict[str, int] = {}
    owners: dict[str, str] = {}
    for draft in competences:
        if draft.item_code not in items:
            fault(draft, "item_code", _("事项%(code)s不在items.csv中") % {"code": draft.item_code})
        if draft.item_code in seen:
            fault(
                draft,
                "item_code",
                _("事项%(code)s已在第%(row)s行登记")
                % {"code": draft.item_code, "row": seen[draft.item_code]},
            )
        seen.setdefault(draft.item_code, draft.row)
        owners[draft.item_code] = draft.decider
        if draft.role not in ROLES:
            fault(draft, "role", _("“%(value)s”不是可用的取值") % {"value": draft.role})
        if draft.decider not in DECIDER_TOKENS and draft.decider not in organs:
            fault(draft, "decider", _("机构%(code)s不在organs.csv中") % {"code": draft.decider})
        for column in ("decision_seal", "acceptance_seal"):
            if getattr(draft, column) not in SEAL_TOKENS:
                fault(
                    draft,
                    column,
                    _("“%(value)s”不是可用的取值") % {"value": getattr(draft, column)},
                )
        if items.get(draft.item_code) and draft.role != GUIDE:
            if draft.decider == TOWN_CENTRE or organs.get(draft.decider) is False:
                fault(draft, "decider", _("行政许可只能由行政机关决定（行政许可法第22条至第24条）"))
            if CENTRE_SEAL in (draft.decision_seal, draft.acceptance_seal):
                fault(draft, "decision_seal", _("行政许可不得加盖中心印章（行政许可法第32条）"))
        if not draft.basis:
            fault(draft, "basis", _("缺少依据"))
    for code in items:
        if code not in seen:
            faults.append(
                Fault(
                    "authority.csv", 0, "item_code", _("事项%(code)s没有登记权限") % {"code": code}
                )
            )

    known = Known(items, owners, organs, areas or {}, places, outlets, seals)
    numbers: dict[str, int] = {}
    for grant in grants:
        if grant.number in numbers:
            fault(grant, "number", _("文号与第%(row)s行重复") % {"row": numbers[grant.number]})
        numbers.setdefault(grant.number, grant.row)
        faults.extend(grant_faults(grant, known))
    for index, grant in enumerate(grants):
        faults.extend(overlaps(grant, grants[:index]))
    return faults


def grant_faults(grant: GrantDraft, known: Known) -> list[Fault]:
    """Everything wrong with one grant by itself: its form, its reach, and what the law forbids."""
    faults: list[Fault] = []

    def fault(column: str, reason: str) -> None:
        faults.append(Fault(grant.file, grant.row, column, reason))

    permit = any(known.items.get(code) for code in grant.items)
    if not NUMBER.fullmatch(grant.number) or any(map(_unseen, grant.number)):
        fault("number", _("文号须是1至70个字，不含空格和斜杠，如“青审批委〔2026〕1号”"))
    for column in PUBLIC_TEXTS:
        if holds_resident_number(getattr(grant, column)):
            fault(column, _("写了身份证号码：文书是公开的（个人信息保护法第6条）"))
    if grant.notice_url and not WEB_ADDRESS.fullmatch(grant.notice_url):
        fault("notice_url", _("公告网址须以https://或http://开头"))
    if grant.instrument not in INSTRUMENTS:
        fault("instrument", _("“%(value)s”不是可用的取值") % {"value": grant.instrument})
    for column in ("from_organ", "to_organ"):
        if getattr(grant, column) not in known.organs:
            fault(column, _("机构%(code)s没有登记") % {"code": getattr(grant, column)})
    if grant.from_organ == grant.to_organ:
        fault("to_organ", _("不能把权限交给自己"))
    if known.organs.get(grant.to_organ) is False and (grant.instrument == ENTRUST or permit):
        fault("to_organ", _("委托只能给行政机关，不能给中心或村（行政许可法第24条）"))
    if grant.instrument == AUTHORISE and not any(word in grant.basis for word in ("法", "条例")):
        fault("basis", _("授权须有法律、法规依据（行政许可法第23条）"))
    if not grant.items:
        fault("items", _("没有选事项"))
    for code in grant.items:
        if code not in known.items:
            fault("items", _("事项%(code)s没有登记") % {"code": code})
        elif known.owners.get(code) != grant.from_organ:
            fault(
                "items",
                _("%(organ)s不是事项%(code)s的决定机关，不能下放或转委托（行政许可法第24条）")
                % {"organ": grant.from_organ, "code": code},
            )
    if grant.instrument == ENTRUST and not grant.notice and permit:
        fault("notice", _("委托实施行政许可须公告（行政许可法第24条）"))
    faults.extend(_reach_faults(grant, known))
    if grant.valid_to is not None and grant.valid_to < grant.valid_from:
        fault("valid_to", _("终止日早于起始日"))
    if grant.noticed_on is not None and permit and grant.noticed_on > grant.valid_from:
        fault("noticed_on", _("公告晚于起始日：公告以前不能据以实施行政许可（行政许可法第24条）"))
    if grant.max_amount is not None and grant.max_amount <= 0:
        fault("max_amount", _("金额上限须大于0"))
    if grant.instrument == ENTRUST:
        if grant.seal not in known.seals:
            fault("seal_code", _("印章%(code)s没有登记") % {"code": grant.seal or _("（未填）")})
        elif known.seals[grant.seal] != grant.from_organ:
            fault("seal_code", _("印章%(code)s不是委托机关的印章") % {"code": grant.seal})
    elif grant.seal:
        fault("seal_code", _("授权和下放由受权机关用自己的章，不另付印章"))
    return faults


def _unseen(sign: str) -> bool:
    """Whether nobody sees this sign: with it, two numbers would look the same."""
    return unicodedata.category(sign).startswith("C")


def _reach_faults(grant: GrantDraft, known: Known) -> list[Fault]:
    """Places and outlets: known ones, and none beyond the area of the organ that is to decide."""
    found = []
    # what is no administrative organ has no area either, and is at fault for that already
    area = known.areas.get(grant.to_organ, "") if known.organs.get(grant.to_organ) else ""
    for code in grant.places:
        if code == EVERYWHERE:
            if len(area.rstrip("0")) <= 6:  # a county's own organ, or none that is known
                continue
            reason = _("受权机关只管本辖区，适用区划不能是全县")
        elif code not in known.places:
            reason = _("区划%(code)s没有登记") % {"code": code}
        elif area and not Place(code, "").lies_in(area):
            reason = _("区划%(code)s不在受权机关的辖区内") % {"code": code}
        else:
            continue
        found.append(Fault(grant.file, grant.row, "places", reason))
    if not grant.places:
        found.append(Fault(grant.file, grant.row, "places", _("没有选适用区划")))
    for code in grant.outlets:
        if code != EVERYWHERE and code not in known.outlets:
            reason = _("网点%(code)s没有登记") % {"code": code}
            found.append(Fault(grant.file, grant.row, "outlets", reason))
    if not grant.outlets:
        found.append(Fault(grant.file, grant.row, "outlets", _("没有选适用网点")))
    return found


def overlaps(one: GrantDraft, others: Iterable[GrantDraft]) -> list[Fault]:
    """Grants of one item, to different organs, of the same width, at the same time and place."""
    return [
        Fault(
            one.file,
            one.row,
            "places",
            _("与%(number)s的授权范围和期间重叠") % {"number": other.number},
        )
        for other in others
        if one.to_organ != other.to_organ
        and set(one.items) & set(other.items)
        and _scope_meets(one, other)
        and _time_meets(one, other)
    ]


def _scope_meets(one: GrantDraft, other: GrantDraft) -> bool:
    def wide(codes: tuple[str, ...]) -> bool:
        return EVERYWHERE in codes

    if wide(one.places) != wide(other.places) or wide(one.outlets) != wide(other.outlets):
        return False  # the narrower one prevails, by `live_grant`
    places = wide(one.places) or any(
        Place(a, "").lies_in(b) or Place(b, "").lies_in(a) for a in one.places for b in other.places
    )
    return places and (wide(one.outlets) or bool(set(one.outlets) & set(other.outlets)))


def _time_meets(one: GrantDraft, other: GrantDraft) -> bool:
    def last(grant: GrantDraft) -> date:
        ends = [grant.valid_to] if grant.valid_to else []
        if grant.revoked_on:  # from that day on it no longer holds
            ends.append(max(grant.revoked_on, date.min + DAY) - DAY)
        return min(ends, default=date.max)

    return one.valid_from <= last(other) and other.valid_from <= last(one)
