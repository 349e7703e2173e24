"""A ruling explained: each question it asks, the answer, the article; and every grant it looked at,
with why it applies or does not. Pure, and beside `rules`, which alone decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yichuang.authority import rules
from yichuang.authority.facts import (
    AUTHORISE,
    COUNTY,
    DECIDE,
    DEVOLVE,
    ENTRUST,
    ENTRUSTED,
    GUIDE,
    HANDLE,
    REVIEW_FORWARD,
    TAKE_FORWARD,
    TOWN_CENTRE,
    TOWN_GOVERNMENT,
    Bodies,
    Competence,
    Grant,
    Matter,
    Outlet,
    Place,
)
from yichuang.authority.rules import Ruling
from yichuang.verdict import YES, Verdict

# What the ruling rests on beyond an item's own basis; read in the statute, not from memory.
NO_PASSING_ON = "行政许可法第24条"
BY_LAW = "行政许可法第23条"
ORGANS_ONLY = "行政许可法第22条至第24条"
OWN_SEAL = "行政许可法第32条"
NAME = {ENTRUST: "行政许可法第24条", AUTHORISE: BY_LAW, DEVOLVE: ""}


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a ruling. stops: the ruling ends here with a no. basis "": none is known."""

    question: str
    answer: str
    basis: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """One grant that names the item, whether it rules here, and why or why not. state: on the day."""

    grant: Grant
    applies: bool
    why: str
    state: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The ruling and the way to it. grants: those that name the item, the one that rules first."""

    ruling: Ruling
    steps: tuple[Step, ...]
    grants: tuple[Considered, ...]


def explain(
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
) -> Explanation:
    """The ruling for the same facts as rules.rule takes, in words."""
    ruling = rules.rule(
        matter=matter,
        place=place,
        outlet=outlet,
        on=on,
        competence=competence,
        bodies=bodies,
        grants=grants,
        listed=listed,
        open_=open_,
        amount=amount,
    )
    if competence is None:
        return Explanation(ruling, (_stop(_("这是谁的权限？"), ruling),), ())
    owner = rules.resolve(competence.decider, bodies)
    steps = [_whose(competence, owner.name if owner else "")]
    if competence.role == GUIDE:
        return Explanation(ruling, (*steps, _stop(_("窗口收不收件？"), ruling)), ())
    asked = (
        (_("这个服务点这一天开着吗？"), open_, _("开着。")),
        (_("这个服务点收这个事项吗？"), listed, _("收。")),
        (
            _("事项所在地办这个事项吗？"),
            rules.place_verdict(matter, competence, place),
            _("办，所在地是%(place)s。") % {"place": place.name},
        ),
    )
    for question, verdict, yes in asked:
        if not verdict:
            return Explanation(ruling, (*steps, _stop(question, ruling)), ())
        steps.append(Step(question, yes))
    considered: tuple[Considered, ...] = ()
    if owner is not None and competence.role != DECIDE:
        considered = _grants(grants, owner.code, matter, place, outlet, on, amount)
    if not ruling.allowed:
        return Explanation(ruling, (*steps, _stop(_("能由谁决定？"), ruling)), considered)
    steps.append(_passed_down(competence, considered, ruling))
    steps.append(_who(ruling, considered))
    steps.extend(_seals(matter, ruling, considered))
    return Explanation(ruling, tuple(steps), considered)


def _stop(question: str, ruling: Ruling) -> Step:
    return Step(question, ruling.reason, ruling.basis, stops=True)


def _whose(competence: Competence, owner: str) -> Step:
    """Whose power the item is by the register."""
    whom = owner or {
        TOWN_GOVERNMENT: _("所在地的镇人民政府或街道办事处"),
        TOWN_CENTRE: _("所在地的便民服务中心"),
        COUNTY: _("县人民政府"),
    }.get(competence.decider, competence.decider)
    how = {
        DECIDE: _("%(owner)s自己的权限"),
        ENTRUSTED: _("%(owner)s的权限，可以交镇（街道）行使"),
        REVIEW_FORWARD: _("%(owner)s的权限，镇（街道）先审核"),
        TAKE_FORWARD: _("%(owner)s的权限，窗口收件后转去"),
        HANDLE: _("公共服务，由%(owner)s直接办理"),
        GUIDE: _("%(owner)s的业务，窗口只指引"),
    }[competence.role] % {"owner": whom}
    sure = "" if competence.basis_confirmed else _("（依据为一般知识，待确认）")
    return Step(_("这是谁的权限？"), _("%(text)s。") % {"text": how + sure}, competence.basis)


def _passed_down(competence: Competence, considered: Sequence[Considered], ruling: Ruling) -> Step:
    question = _("权限交下来了吗？")
    if competence.role == DECIDE:
        return Step(question, _("不用交：法律直接规定由它决定。"), competence.basis)
    if ruling.grant:
        one = next(each for each in considered if each.applies)
        return Step(
            question,
            _("交下来了，凭%(number)s。") % {"number": ruling.grant},
            one.grant.basis or NAME[one.grant.instrument],
        )
    if not considered:
        return Step(question, _("没有：没有一份文书写到这个事项。"))
    return Step(
        question,
        _("没有：写到这个事项的%(count)d份文书这里都不适用，原因见下。")
        % {"count": len(considered)},
    )


def _who(ruling: Ruling, considered: Sequence[Considered]) -> Step:
    rests = next((NAME[each.grant.instrument] for each in considered if each.applies), "")
    if ruling.reviewer == ruling.decider:
        said = _("%(decider)s审核并决定，以%(name)s的名义。")
    else:
        said = _("%(reviewer)s审核，%(decider)s决定，以%(name)s的名义。")
    return Step(
        _("谁决定，以谁的名义？"),
        said % {"reviewer": ruling.reviewer, "decider": ruling.decider, "name": ruling.in_name_of},
        rests,
    )


def _seals(matter: Matter, ruling: Ruling, considered: Sequence[Considered]) -> list[Step]:
    under = next((each.grant for each in considered if each.applies), None)
    entrusted = under is not None and under.instrument == ENTRUST
    found = [
        Step(
            _("决定上盖哪枚章？"),
            _("%(text)s。") % {"text": ruling.seal},
            NO_PASSING_ON if entrusted else "",
        )
    ]
    if matter.permit:
        found.append(
            Step(
                _("受理通知书上盖哪枚章？"),
                _("%(organ)s的行政许可受理专用章，不能用中心的章。") % {"organ": ruling.in_name_of},
                OWN_SEAL,
            )
        )
    return found


def _grants(
    grants: Sequence[Grant],
    owner: str,
    matter: Matter,
    place: Place,
    outlet: Outlet,
    on: date,
    amount: int | None,
) -> tuple[Considered, ...]:
    chosen = rules.live_grant(grants, owner, matter, place, outlet, on, amount)
    found = []
    for grant in grants:
        if matter.code not in grant.items:
            continue
        why, basis = _why(grant, chosen, owner, place, outlet, on, amount)
        found.append(Considered(grant, grant is chosen, why, grant.state(on), basis))
    return tuple(sorted(found, key=lambda one: (not one.applies, one.grant.number)))


def _why(
    grant: Grant,
    chosen: Grant | None,
    owner: str,
    place: Place,
    outlet: Outlet,
    on: date,
    amount: int | None,
) -> tuple[str, str]:
    """Why a grant rules here, or the first reason why not; and the article, where one says so."""
    day = {"day": on.isoformat()}
    if grant is chosen:
        return _("适用：事项、地点、网点、日期都在它的范围里。"), ""
    if grant.from_organ != owner:
        return _("不适用：发文的不是这个事项的决定机关，受托的机关不能再转托。"), NO_PASSING_ON
    if not grant.holds_place(place):
        return _("不适用：它不管%(place)s。") % {"place": place.name}, ""
    if not grant.holds_outlet(outlet):
        return _("不适用：它不管在%(outlet)s收的件。") % {"outlet": outlet.name}, ""
    state = grant.state(on)
    if state != "live":
        return {
            "future": _("不适用：%(day)s还没有生效。"),
            "expired": _("不适用：%(day)s已经到期。"),
            "revoked": _("不适用：%(day)s已经撤销。"),
            "suspended": _("不适用：%(day)s正在暂停。"),
        }[state] % day, ""
    if amount is None and not grant.holds_amount(amount):
        return _("不适用：它只管限额以内的，而这件事的金额没有登记。"), ""
    if not grant.holds_amount(amount):
        return _("不适用：金额超过它的限额。"), ""
    return _("不适用：另一份文书范围更小或者更新，以那份为准。"), ""
