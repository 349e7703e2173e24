"""What a county pack brings of authority, and every fault in it at once. Pure.

The checks are the law's limits on passing power down: 行政许可法 §22–§24 (who may decide a permit,
entrusting only to an administrative organ and by public notice, no re-delegation) and §32 (the
receipt of a permit carries the organ's own seal, so never the centre's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

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


def check(
    competences: Sequence[CompetenceDraft],
    grants: Sequence[GrantDraft],
    *,
    items: Mapping[str, bool],
    organs: Mapping[str, bool],
    places: frozenset[str],
    outlets: frozenset[str],
    seals: Mapping[str, str],
) -> list[Fault]:
    """Every fault of a pack's authority, at once.

    items: code → is a permit. organs: code → is administrative. seals: code → organ code.
    """
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

    numbers: dict[str, int] = {}
    for grant in grants:
        if grant.number in numbers:
            fault(grant, "number", _("文号与第%(row)s行重复") % {"row": numbers[grant.number]})
        numbers.setdefault(grant.number, grant.row)
        if grant.instrument not in INSTRUMENTS:
            fault(grant, "instrument", _("“%(value)s”不是可用的取值") % {"value": grant.instrument})
        for column in ("from_organ", "to_organ"):
            if getattr(grant, column) not in organs:
                fault(
                    grant,
                    column,
                    _("机构%(code)s不在organs.csv中") % {"code": getattr(grant, column)},
                )
        if organs.get(grant.to_organ) is False and grant.instrument == ENTRUST:
            fault(grant, "to_organ", _("委托只能给行政机关，不能给中心或村（行政许可法第24条）"))
        if grant.instrument == AUTHORISE and not any(
            word in grant.basis for word in ("法", "条例")
        ):
            fault(grant, "basis", _("授权须有法律、法规依据（行政许可法第23条）"))
        for code in grant.items:
            if code not in items:
                fault(grant, "items", _("事项%(code)s不在items.csv中") % {"code": code})
            elif owners.get(code) != grant.from_organ:
                fault(
                    grant,
                    "items",
                    _("%(organ)s不是事项%(code)s的决定机关，不能下放或转委托（行政许可法第24条）")
                    % {"organ": grant.from_organ, "code": code},
                )
        if (
            grant.instrument == ENTRUST
            and not grant.notice
            and any(items.get(code) for code in grant.items)
        ):
            fault(grant, "notice", _("委托实施行政许可须公告（行政许可法第24条）"))
        for code in grant.places:
            if code != EVERYWHERE and code not in places:
                fault(grant, "places", _("区划%(code)s不在divisions.csv中") % {"code": code})
        for code in grant.outlets:
            if code != EVERYWHERE and code not in outlets:
                fault(grant, "outlets", _("网点%(code)s不在outlets.csv中") % {"code": code})
        if grant.valid_to is not None and grant.valid_to < grant.valid_from:
            fault(grant, "valid_to", _("终止日早于起始日"))
        if grant.instrument == ENTRUST:
            if grant.seal not in seals:
                fault(grant, "seal_code", _("印章%(code)s不在seals.csv中") % {"code": grant.seal})
            elif seals[grant.seal] != grant.from_organ:
                fault(
                    grant, "seal_code", _("印章%(code)s不是委托机关的印章") % {"code": grant.seal}
                )
    faults.extend(_overlaps(grants))
    return faults


def _overlaps(grants: Sequence[GrantDraft]) -> list[Fault]:
    """Two grants of one item, to different organs, of the same width, at the same time and place."""
    faults = []
    for index, one in enumerate(grants):
        for other in grants[:index]:
            if one.to_organ == other.to_organ or not set(one.items) & set(other.items):
                continue
            if _scope_meets(one, other) and _time_meets(one, other):
                faults.append(
                    Fault(
                        one.file,
                        one.row,
                        "places",
                        _("与第%(row)s行的授权范围和期间重叠") % {"row": other.row},
                    )
                )
    return faults


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
        ends = [day for day in (grant.valid_to, grant.revoked_on) if day]
        return min(ends) if ends else date.max

    return one.valid_from <= last(other) and other.valid_from <= last(one)
