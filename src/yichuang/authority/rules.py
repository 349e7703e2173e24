"""The one ruling: who takes a matter in, who reviews, who decides, in whose name, with which seal.

Pure: facts in, a Ruling out. Nothing else in the platform decides a route or a seal; `cases`
routes by it and `documents` has it derived afresh before every seal.

Sources: 行政许可法 §23 (authorisation only by law or regulation), §24 (entrusting a permit only to
another administrative organ, by public notice, never re-delegated, in the name of the one that
entrusts), §32 (the receipt of a permit carries the organ's own seal); 山东省乡镇人民政府工作条例
§24, §26 (a township may not hand its duties to a village); the county's plan of 2021, 二(一)3.
That a village station only takes in and forwards follows from the last two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yichuang.authority.facts import (
    APPROVAL_NUMBERED,
    AUTHORISE,
    CENTRE_SEAL,
    COUNTY,
    DECIDE,
    DEVOLVE,
    ENTRUST,
    ENTRUSTED,
    EVERYWHERE,
    GUIDE,
    HANDLE,
    ORGAN_MAIN,
    PERMIT_ACCEPTANCE,
    REVIEW_FORWARD,
    STATION,
    SUBDISTRICT,
    TAKE_FORWARD,
    TOWN_CENTRE,
    TOWN_GOVERNMENT,
    Bodies,
    Competence,
    Grant,
    Matter,
    Organ,
    Outlet,
    Place,
)
from yichuang.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Ruling:
    """The ruling. Names are for people, `codes` for programs; a refused one says why in `reason`.

    codes: taker, reviewer, decider, in_name_of (organ or outlet codes), seal (seal code or ""),
    seal_kind, seal_organ, acceptance_seal_kind, acceptance_seal_organ.
    """

    allowed: bool
    taker: str = ""
    reviewer: str = ""
    decider: str = ""
    in_name_of: str = ""
    seal: str = ""
    grant: str = ""
    basis: str = ""
    reason: str = ""
    code: str = ""
    remedy: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def verdict(self) -> Verdict:
        if self.allowed:
            return YES
        return no(self.code, self.reason, remedy=self.remedy, basis=self.basis)


def refused(verdict: Verdict, outlet: Outlet, basis: str = "") -> Ruling:
    """The ruling that says no, with the reason of `verdict`."""
    return Ruling(
        allowed=False,
        taker=outlet.name,
        reason=verdict.reason,
        remedy=verdict.remedy,
        basis=verdict.basis or basis,
        code=verdict.code,
        codes={"taker": outlet.code},
    )


def live_grant(
    grants: Sequence[Grant],
    owner: str,
    matter: Matter,
    place: Place,
    outlet: Outlet,
    on: date,
    amount: int | None = None,
) -> Grant | None:
    """The one grant in force from `owner` for this matter; the narrowest, then the latest, if several.

    Only the owner's own grants count: a grantee cannot pass a power on (行政许可法 §24).
    """
    live = [
        grant
        for grant in grants
        if grant.from_organ == owner
        and grant.state(on) == "live"
        and grant.covers(matter.code, place, outlet, amount)
    ]
    return max(live, key=precedence, default=None)


def precedence(grant: Grant) -> tuple[bool, bool, date, str]:
    """Which of several grants in force prevails: the greatest."""
    return (
        EVERYWHERE not in grant.places,
        EVERYWHERE not in grant.outlets,
        grant.valid_from,
        grant.number,
    )


def grantee_verdict(grant: Grant, grantee: Organ | None, matter: Matter) -> Verdict:
    """Whether the grantee may exercise the power at all."""
    if grantee is None:
        return no(
            "grantee-unknown",
            _("授权文书%(number)s指向的机关不存在。") % {"number": grant.number},
            remedy=_("请核对授权文书。"),
        )
    if not grantee.administrative and (matter.permit or grant.instrument == ENTRUST):
        return no(
            "grantee-not-administrative",
            _("%(name)s不是行政机关，不能受委托实施“%(item)s”。")
            % {"name": grantee.name, "item": matter.name},
            remedy=_("请改为委托镇人民政府或街道办事处。"),
            basis="行政许可法第24条",
        )
    if grant.instrument == ENTRUST and matter.permit and not grant.notice:
        return no(
            "grant-without-notice",
            _("委托文书%(number)s没有公告，尚不能据以实施行政许可。") % {"number": grant.number},
            remedy=_("请先将受委托机关和委托内容予以公告。"),
            basis="行政许可法第24条",
        )
    return YES


def place_verdict(matter: Matter, competence: Competence, place: Place) -> Verdict:
    """Whether the item exists for a matter that lies at this place."""
    if not place.town_code and competence.role in (DECIDE, ENTRUSTED, REVIEW_FORWARD, HANDLE):
        return no(
            "place-too-wide",
            _("“%(item)s”要明确到镇（街道）或村（社区）才能确定由谁办理。") % {"item": matter.name},
            remedy=_("请选择事项所在的村（社区）。"),
        )
    if place.town_kind == SUBDISTRICT and matter.town and not matter.street:
        return no(
            "item-not-in-street",
            _("“%(item)s”在镇级清单而不在街道清单，%(town)s辖区内目前没有办理机关。")
            % {"item": matter.name, "town": place.town_name},
            remedy=_("请到县政务服务大厅咨询；涉及街道辖区内村庄的，待县里确认。"),
            basis=competence.basis,
        )
    return YES


def rule(
    *,
    matter: Matter,
    place: Place,
    outlet: Outlet,
    on: date,
    competence: Competence | None,
    bodies: Bodies,
    grants: Sequence[Grant],
    listed: Verdict = YES,
    open_: Verdict = YES,
    amount: int | None = None,
) -> Ruling:
    """The ruling for one matter at one place, brought to one outlet on one day.

    amount: the sum it is about, in 分, where that is known (Grant.holds_amount).

    `listed` and `open_` are the outlet's own verdicts (its item list, its days), decided where
    those facts live. Never raises: a refusal is a Ruling with allowed=False.
    """
    if competence is None:
        return refused(
            no(
                "competence-unknown",
                _("“%(item)s”还没有登记由谁决定。") % {"item": matter.name},
                remedy=_("请联系县行政审批服务机构补登事项权限后再受理。"),
            ),
            outlet,
        )
    owner = resolve(competence.decider, bodies)
    if competence.role == GUIDE:
        return refused(
            no(
                "guide-only",
                _("“%(item)s”由%(organ)s办理，窗口不收件，只提供指引或帮办。")
                % {"item": matter.name, "organ": owner.name if owner else competence.note},
                remedy=_("请按办事指南前往办理，或请帮办代办员协助。"),
            ),
            outlet,
            competence.basis,
        )
    for verdict in (open_, listed, place_verdict(matter, competence, place)):
        if not verdict:
            return refused(verdict, outlet, competence.basis)
    if owner is None:
        return refused(
            no(
                "decider-unknown",
                _("“%(item)s”在%(place)s的决定机关没有登记。")
                % {"item": matter.name, "place": place.name},
                remedy=_("请联系县行政审批服务机构核对机构名录。"),
            ),
            outlet,
            competence.basis,
        )
    if matter.permit and not owner.administrative:
        return refused(
            no(
                "permit-needs-organ",
                _("“%(item)s”是行政许可，%(organ)s不是行政机关，不能作出决定。")
                % {"item": matter.name, "organ": owner.name},
                remedy=_("请核对事项权限登记。"),
                basis="行政许可法第22条至第24条",
            ),
            outlet,
        )
    grant = None
    if competence.role != DECIDE:
        grant = live_grant(grants, owner.code, matter, place, outlet, on, amount)
    if grant is not None:
        grantee = bodies.by_code.get(grant.to_organ)
        verdict = grantee_verdict(grant, grantee, matter)
        if not verdict:
            return refused(verdict, outlet)
        assert grantee is not None
        return under_grant(matter, place, outlet, competence, owner, grantee, grant)
    return by_owner(matter, place, outlet, on, competence, bodies, owner, grants)


def resolve(decider: str, bodies: Bodies) -> Organ | None:
    """The organ that a code or a token (@town_government, …) stands for here."""
    return {
        TOWN_GOVERNMENT: bodies.town_government,
        TOWN_CENTRE: bodies.town_centre,
        COUNTY: bodies.county_government,
    }.get(decider, bodies.by_code.get(decider))


def under_grant(
    matter: Matter,
    place: Place,
    outlet: Outlet,
    competence: Competence,
    owner: Organ,
    grantee: Organ,
    grant: Grant,
) -> Ruling:
    """The grantee decides: in the owner's name and seal when entrusted, else in its own."""
    entrusted = grant.instrument == ENTRUST
    named = owner if entrusted else grantee
    seal_kind = APPROVAL_NUMBERED if entrusted else ORGAN_MAIN
    how = {
        ENTRUST: _("%(owner)s以%(number)s委托%(grantee)s实施，决定以委托机关名义作出"),
        AUTHORISE: _("%(owner)s的权限经%(number)s授权%(grantee)s以自己名义行使"),
        DEVOLVE: _("%(owner)s的权限经%(number)s下放%(grantee)s行使"),
    }[grant.instrument] % {"owner": owner.name, "number": grant.number, "grantee": grantee.name}
    return Ruling(
        allowed=True,
        taker=outlet.name,
        reviewer=grantee.name,
        decider=grantee.name,
        in_name_of=named.name,
        seal=seal_name(seal_kind, named),
        grant=grant.number,
        basis="；".join(part for part in (competence.basis, grant.basis) if part),
        reason=sentence(matter, place, outlet, how, _draft_note(grant)),
        codes={
            "taker": outlet.code,
            "reviewer": grantee.code,
            "decider": grantee.code,
            "in_name_of": named.code,
            "seal": grant.seal if entrusted else "",
            "seal_kind": seal_kind,
            "seal_organ": named.code,
            **_acceptance(matter, competence, named, outlet),
        },
    )


def by_owner(
    matter: Matter,
    place: Place,
    outlet: Outlet,
    on: date,
    competence: Competence,
    bodies: Bodies,
    owner: Organ,
    grants: Sequence[Grant],
) -> Ruling:
    """The power stays with its owner; an entrusted one returns to it when no grant is in force."""
    town = bodies.town_government
    reviewer = town if competence.role in (REVIEW_FORWARD, ENTRUSTED) and town else owner
    if competence.role == DECIDE:
        how = _("%(owner)s依法自行决定") % {"owner": owner.name}
    elif competence.role == HANDLE:
        how = _("属公共服务，由%(owner)s直接办理") % {"owner": owner.name}
    elif competence.role == REVIEW_FORWARD:
        how = _("%(town)s审核后报%(owner)s决定") % {"town": reviewer.name, "owner": owner.name}
    elif competence.role == TAKE_FORWARD:
        how = _("窗口收件后转%(owner)s办理") % {"owner": owner.name}
    else:
        how = _("%(why)s，权限在%(owner)s，由%(town)s初审后转其决定") % {
            "why": _why_no_grant(grants, owner, matter, place, outlet, on),
            "owner": owner.name,
            "town": reviewer.name,
        }
    seal_kind = CENTRE_SEAL if competence.role == HANDLE and not matter.permit else ORGAN_MAIN
    return Ruling(
        allowed=True,
        taker=outlet.name,
        reviewer=reviewer.name,
        decider=owner.name,
        in_name_of=owner.name,
        seal=seal_name(seal_kind, owner),
        basis=competence.basis,
        reason=sentence(matter, place, outlet, how, _basis_note(competence)),
        codes={
            "taker": outlet.code,
            "reviewer": reviewer.code,
            "decider": owner.code,
            "in_name_of": owner.code,
            "seal": "",
            "seal_kind": seal_kind,
            "seal_organ": owner.code,
            **_acceptance(matter, competence, owner, outlet),
        },
    )


def _acceptance(
    matter: Matter, competence: Competence, named: Organ, outlet: Outlet
) -> dict[str, str]:
    """Which seal stands on the receipt: the permit organ's own (§32), else the centre's."""
    if matter.permit:
        return {"acceptance_seal_kind": PERMIT_ACCEPTANCE, "acceptance_seal_organ": named.code}
    return {"acceptance_seal_kind": CENTRE_SEAL, "acceptance_seal_organ": outlet.town_code}


def seal_name(kind: str, organ: Organ) -> str:
    """The seal in words; which numbered one it is, the seal register says."""
    return {
        ORGAN_MAIN: _("%(organ)s公章"),
        CENTRE_SEAL: _("%(organ)s印章"),
        APPROVAL_NUMBERED: _("%(organ)s行政审批业务专用章（编号）"),
        PERMIT_ACCEPTANCE: _("%(organ)s行政许可受理专用章"),
    }[kind] % {"organ": organ.name}


def sentence(matter: Matter, place: Place, outlet: Outlet, how: str, note: str) -> str:
    """The ruling in words a clerk can read aloud."""
    parts = [
        _("“%(item)s”（%(place)s）：%(how)s")
        % {"item": matter.name, "place": place.name, "how": how}
    ]
    if outlet.town_code and place.town_code and outlet.town_code != place.town_code:
        parts.append(_("域内通办：%(outlet)s收件，时限和印章随决定机关") % {"outlet": outlet.name})
    elif outlet.kind == STATION:
        parts.append(_("村（社区）站只收件和转报"))
    if note:
        parts.append(note)
    return "；".join(parts) + "。"


def _why_no_grant(
    grants: Sequence[Grant], owner: Organ, matter: Matter, place: Place, outlet: Outlet, on: date
) -> str:
    past = [
        grant
        for grant in grants
        if grant.from_organ == owner.code
        and matter.code in grant.items
        and grant.holds_place(place)
        and grant.holds_outlet(outlet)
    ]
    for state, words in (
        ("revoked", _("委托%(number)s已撤销")),
        ("suspended", _("委托%(number)s已暂停")),
        ("expired", _("委托%(number)s已到期")),
        ("future", _("委托%(number)s尚未生效")),
    ):
        for grant in past:
            if grant.state(on) == state:
                return words % {"number": grant.number}
    for grant in past:
        if grant.state(on) == "live":  # it would rule, were the sum known and small enough
            return _("委托%(number)s只管限额以内的") % {"number": grant.number}
    return _("没有有效的委托")


def _draft_note(grant: Grant) -> str:
    return _("委托文书为示例，待县确认") if grant.draft else ""


def _basis_note(competence: Competence) -> str:
    return "" if competence.basis_confirmed else _("依据为一般知识，待确认")
