"""告知承诺: the applicant's own promise instead of a certificate, and what becomes of it.

国办发〔2020〕42号: told in writing what is to be proved and what a false promise leads to; promised
by the applicant, never by who helps them; checked afterwards; a false one ends the case, or undoes
its result, and bars its signer until their credit is repaired.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order
from yichuang.cases import decision, later, licensing, papers, rules, step, terms
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Applicant, Case, Promise
from yichuang.cases.rules import CheckedMaterial
from yichuang.clock.queries import calendar
from yichuang.journal.actions import record
from yichuang.verdict import YES, Refusal, Verdict, no

BASIS = "国办发〔2020〕42号"
# The document obliges the organ to check and names no period: this one is our choice.
CHECK_DAYS = 30  # working days from the promise
FINDING_LIMIT = 500
PENDING, KEPT, FALSE, REPAIRED = "pending", "kept", "false", "repaired"
REPAIR = "promise.repaired"


class Item(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def basis(self) -> str: ...


class Material(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def promise_note(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What the applicant is told before they promise, and what they promise, in whole sentences."""

    item: str
    basis: str
    proves: str
    how: str
    liability: str
    checking: str
    promise: str

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """(heading, text), in the order they are told."""
        return (
            (_("事项名称"), self.item),
            (_("设定依据"), self.basis),
            (_("证明内容"), self.proves),
            (_("承诺方式"), self.how),
            (_("不实承诺的责任"), self.liability),
            (_("核查"), self.checking),
            (_("承诺内容"), self.promise),
        )


def told(item: Item, material: Material) -> Told:
    """The text told for one material."""
    return Told(
        item=item.name,
        basis=item.basis or _("待确认"),
        proves=_("“%(name)s”所证明的事实。%(note)s")
        % {"name": material.name, "note": material.promise_note},
        how=_(
            "书面承诺，由申请人本人签字或者本人在网上确认；别人不能代签。不愿承诺的，交证明即可。"
        ),
        liability=_(
            "承诺不实的，终止办理或者撤销已作出的决定，记入信用记录；"
            "造成损失的依法赔偿，违法的依法处罚，构成犯罪的追究刑事责任。"
        ),
        checking=_("办理机关会在承诺后%(days)s个工作日内核查，有权向有关单位和个人了解情况。")
        % {"days": CHECK_DAYS},
        promise=_(
            "我已知道上面的内容；所说的事实我都符合；我愿承担不实承诺的责任；以上是我的真实意思。"
        ),
    )


def barred(identity_index: bytes) -> Verdict:
    """Whether this person may promise: no while an earlier promise proved false is not repaired.
    One SQL statement."""
    if not Promise.objects.filter(identity_index=identity_index, state=FALSE).exists():
        return YES
    return no(
        "promise-barred",
        _("申请人以前的承诺经核查不实，信用修复之前不能再用承诺代替证明。"),
        remedy=_("请提交这项证明；已修复信用的，请先由原办理机关登记修复。"),
        basis=BASIS,
    )


def check_signer(*, on_behalf: str, how: str, by: Actor) -> Verdict:
    """Whether the one who promises is the applicant: for a child its guardian, for a unit itself;
    never somebody entrusted, a helper or the staff who take the matter in."""
    if on_behalf == rules.OTHER or by.acting_for:
        return no(
            "promise-needs-applicant",
            _("承诺必须由申请人本人作出，受托人、帮办代办人员不能代替。"),
            remedy=_("请申请人本人来签字，或者提交这项证明。"),
            basis=BASIS,
        )
    resident = by.role == roles.RESIDENT
    if how not in (rules.ON_PAPER, rules.ONLINE) or resident != (how == rules.ONLINE):
        return no(
            "promise-way",
            _("承诺的方式不对：窗口办理由申请人在纸上签字，网上办理由本人登录后确认。"),
            remedy=_("请改用相应的方式，或者提交这项证明。"),
            basis=BASIS,
        )
    if resident and by.person_id is None:
        return no(
            "promise-needs-sign-in",
            _("网上作承诺要先登录，才知道是您本人。"),
            remedy=_("请登录后再承诺，或者上传这项证明。"),
            basis=BASIS,
        )
    return YES


def check_by(day: date) -> date:
    """The last day for the check; the last day known to the calendar where it ends before."""
    return terms.term(
        start=day,
        promised_days=CHECK_DAYS,
        legal_days=None,
        extension_days=0,
        pauses=(),
        calendar=calendar(),
    ).work_by


def rows(
    case: Case,
    applicant: Applicant,
    materials: Sequence[CheckedMaterial],
    texts: dict[int, Told],
    *,
    how: str,
    signed_by: str,
    at: datetime,
) -> list[Promise]:
    """The unsaved promises of a new case, one for each material promised."""
    day = check_by(timezone.localdate(at))
    return [
        Promise(
            case=case,
            position=m.position,
            material=m.name,
            told=asdict(texts[m.position]),
            identity_index=applicant.identity_index,
            signed_by=signed_by,
            signed_how=how,
            signed_at=at,
            check_by=day,
        )
        for m in materials
        if m.state == rules.PROMISED
    ]


def check(
    *,
    case_id: uuid.UUID,
    seq: int,
    position: int,
    kept: bool,
    finding: str,
    by: Actor,
    at: datetime,
) -> step.Receipt:
    """Record what the check of one promise found. A false one is acted on by `terminate` or
    `revoke`. Raises "promise-not-pending" (409)."""
    rules.check_reason(finding, what=_("核查情况")).enforce()
    step.check_lengths("check_promise", finding, limit=FINDING_LIMIT)

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        pending = Promise.objects.filter(case=case, position=position, state=PENDING)
        state = KEPT if kept else FALSE
        if not pending.update(state=state, checked_at=at, finding=finding):
            raise Refusal(
                "promise-not-pending",
                _("这项承诺已经核查过，或者本办件没有这项承诺。"),
                remedy=_("请刷新页面，看看核查结果。"),
                status=409,
            )
        return step.Change(payload={"position": position, "kept": kept, "finding": finding})

    return step.advance(case_id=case_id, event="check_promise", seq=seq, by=by, at=at, work=work)


def terminate(
    *, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime
) -> step.Receipt:
    """End a case that is not decided yet (终止办理): a promise proved false, or what should have
    followed did not come in time. Raises "no-ground-to-terminate" (409), "grant-gone" (409)."""
    rules.check_reason(reason, what=_("终止办理")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        false = _false(case)
        overdue = later.overdue(case, timezone.localdate(at))
        if not false and not overdue:
            raise Refusal(
                "no-ground-to-terminate",
                _("没有不实的承诺，也没有逾期未补的材料，不能终止办理。"),
                remedy=_("不符合条件的，请作出不予决定并说明理由。"),
                basis=BASIS,
                status=409,
            )
        decision.still_rules(case, order, at)
        return step.Change(
            columns={"decided_at": at, "paused": False},
            payload={"reason": reason, "false": false, "overdue": overdue},
            facts={"reasons": [reason, *_grounds(false, overdue)], "law": BASIS if false else ""},
        )

    return step.advance(
        case_id=case_id, event="terminate", seq=seq, by=by, at=at, work=work, deciding=True
    )


def revoke(*, case_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> step.Receipt:
    """Take back a result given on a promise that proved false (撤销, 行政许可法 §69(2)).

    The organ that decided does it, whoever decides such matters by now. Raises "nothing-to-revoke"
    (409) without a result, "promise-not-false" (409), "same-person" (403).
    """
    rules.check_reason(reason, what=_("撤销决定")).enforce()

    def work(case: Case, row: Transition, order: Order) -> step.Change:
        if not step.done(case) & {"grant", "grant_on_spot"}:
            raise Refusal(
                "nothing-to-revoke",
                _("本办件没有准予的结果，没有什么可以撤销。"),
                remedy=_("请刷新页面，按最新情况办理。"),
                status=409,
            )
        false = _false(case)
        if not false:
            raise Refusal(
                "promise-not-false",
                _("没有经核查不实的承诺，不能据此撤销。"),
                remedy=_("请先核查承诺；因其他原因撤销的，请按法定程序另行办理。"),
                basis=BASIS,
                status=409,
            )
        rules.check_two_people(case.reviewed_by, by.person_id).enforce(status=403)
        return step.Change(
            columns={"decided_at": at},
            payload={"reason": reason, "false": false},
            also=licensing.revoke(case, reason, by=by, at=at),
            facts={
                "reasons": [reason, *_grounds(false, [])],
                "law": BASIS,
                "revoked": papers.granting(case),
                "revoked_on": timezone.localdate(case.decided_at).isoformat(),
            },
        )

    return step.advance(
        case_id=case_id, event="revoke_result", seq=seq, by=by, at=at, work=work, deciding=True
    )


def repair(*, promise_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Register that the signer's credit is repaired (信用修复): they may promise again.

    By a decider of the organ that decides the case, or the county bureau. Raises
    "promise-not-false" (409), "not-yours" (403), "promise-unknown" (404).
    """
    rules.check_reason(reason, what=_("信用修复")).enforce()
    rules.check_private(reason).enforce()
    with transaction.atomic():
        row = Promise.objects.select_for_update().select_related("case").filter(pk=promise_id)
        promise = next(iter(row), None)
        if promise is None:
            raise Refusal(
                "promise-unknown",
                _("没有找到这项承诺。"),
                remedy=_("请从办件页面重新打开。"),
                status=404,
            )
        decides = by.role == roles.DECIDER and by.organ_code == promise.case.decider_id
        if not decides and by.role != roles.BUREAU:
            raise Refusal(
                "not-yours",
                _("信用修复由原办理机关或县局登记。"),
                remedy=_("请转告相应人员。"),
                status=403,
            )
        if promise.state != FALSE:
            raise Refusal(
                "promise-not-false",
                _("这项承诺没有被认定为不实，或者已经修复。"),
                remedy=_("请刷新页面。"),
                status=409,
            )
        Promise.objects.filter(pk=promise_id).update(state=REPAIRED)
        record(
            kind=REPAIR,
            by=by,
            at=at,
            stream=promise.case.stream,
            payload={"position": promise.position, "reason": reason},
        )


def _false(case: Case) -> list[str]:
    """The materials whose promises proved false."""
    found = Promise.objects.filter(case=case, state__in=(FALSE, REPAIRED)).order_by("position")
    return list(found.values_list("material", flat=True))


def _grounds(false: Sequence[str], overdue: Sequence[str]) -> list[str]:
    """The facts behind the organ's own words, for the letter."""
    told = []
    if false:
        told.append(_("经核查，关于“%(names)s”的承诺与事实不符。") % {"names": "、".join(false)})
    if overdue:
        told.append(_("容缺后补的“%(names)s”逾期没有补交。") % {"names": "、".join(overdue)})
    return told
