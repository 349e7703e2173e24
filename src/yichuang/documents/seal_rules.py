"""Which seal may stand on which paper, by law and by the item's own policy. Pure.

Sources: 行政许可法 §§24, 32, 38, 39; 国发〔1999〕25号 (seals). The item's policy is what the county's
list of powers says of its seals (`authority.Competence.decision_seal`, `acceptance_seal`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yichuang.documents.rules import (
    ACCEPTANCE,
    CENTRE,
    DESTROYED,
    EVIDENCE,
    HANDED_OUT,
    MADE,
    MAIN,
    MAIN_SEAL_ONLY,
    NON_PERMIT_ONLY,
    NUMBERED,
    PAPER_KINDS,
    PERMIT_ONLY,
    RETURNED,
    SEAL_KINDS,
    SUSPENDED,
    TAKING_IN,
)
from yichuang.verdict import YES, Verdict, no

LAW_32 = "《中华人民共和国行政许可法》第三十二条第二款"
LAW_24 = "《中华人民共和国行政许可法》第二十四条、第三十八条、第三十九条"
SEAL_RULE = "《国务院关于国家行政机关和企业事业单位社会团体印章管理的规定》（国发〔1999〕25号）"

_PERMIT_SEALS: Mapping[str, tuple[str, ...]] = {
    "correction_notice": (ACCEPTANCE, NUMBERED, MAIN),
    "acceptance_notice": (ACCEPTANCE, NUMBERED),
    "non_acceptance": (ACCEPTANCE, NUMBERED),
    "grant_decision": (MAIN, NUMBERED),
    "refusal_decision": (MAIN, NUMBERED),
    "termination_notice": (MAIN, NUMBERED),
    "licence": (MAIN, NUMBERED),
}
# What a word of the county's list means: the kinds of seal that its decisions may bear. "opinion":
# the town only examines, and its opinion bears no seal; the decision bears the deciding organ's.
_DECISION_SEALS: Mapping[str, tuple[str, ...]] = {
    "organ_main": (MAIN,),
    "approval_numbered": (NUMBERED, MAIN),
    "centre": (CENTRE, MAIN),
    "opinion": (MAIN,),
    "permit_acceptance": (ACCEPTANCE,),
    "none": (),
}
_ACCEPTANCE_SEALS: Mapping[str, tuple[str, ...]] = {
    "permit_acceptance": (ACCEPTANCE, NUMBERED, MAIN),
    "centre": (CENTRE, MAIN, NUMBERED),
    "organ_main": (MAIN,),
    "approval_numbered": (NUMBERED, MAIN),
    "none": (),
}


@dataclass(frozen=True, slots=True)
class ItemSeals:
    """What the county's list says of one item's seals. decision, acceptance: tokens of authority's
    SEAL_TOKENS. basis: the article the power rests on."""

    decision: str
    acceptance: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class SealFacts:
    """A seal as the register has it on the day it is asked for.

    items, paper_kinds: codes it is limited to, () for no limit. hours: as `register_rules.in_hours`.
    """

    code: str
    kind: str
    organ_code: str
    state: str
    valid_from: date
    valid_to: date | None
    items: tuple[str, ...] = ()
    paper_kinds: tuple[str, ...] = ()
    hours: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One cell of the policy page: whether this kind of seal may stand on this kind of paper."""

    paper_kind: str
    seal_kind: str
    verdict: Verdict


def wrong(reason: str, remedy: str, basis: str = SEAL_RULE) -> Verdict:
    return no("seal-wrong", reason, remedy=remedy, basis=basis)


def seal_in_use(valid_from: date | None, valid_to: date | None, on: date) -> Verdict:
    """Whether a seal is within its term (both days included) on a day; code "seal-wrong"."""
    if valid_from is not None and on < valid_from:
        return wrong(
            _("印章自 %(day)s 起启用，现在还不能使用。") % {"day": valid_from},
            _("请改用当日有效的印章。"),
        )
    if valid_to is not None and on > valid_to:
        return wrong(
            _("印章已于 %(day)s 停用。") % {"day": valid_to},
            _("请改用当日有效的印章；停用的印章应当交回封存或销毁。"),
        )
    return YES


def in_custody(state: str) -> Verdict:
    """Whether a seal in this state of the register may be used at all.

    "seal-suspended" passes by itself once the seal is put back into use; "seal-wrong" does not.
    """
    if state == HANDED_OUT:
        return YES
    if state == SUSPENDED:
        return no(
            "seal-suspended",
            _("这枚印章已经停用，正在核查。"),
            remedy=_("恢复使用后会自动补盖；急需的请改用其他有权的印章。"),
            basis=SEAL_RULE,
        )
    reasons = {
        MADE: _("这枚印章还没有交付保管人，不能使用。"),
        RETURNED: _("这枚印章已经收回，不能使用。"),
        DESTROYED: _("这枚印章已经销毁，不能使用。"),
    }
    return wrong(reasons.get(state, _("印章登记里的状态不明。")), _("请改用当日有效的印章。"))


def in_scope(seal: SealFacts, *, paper_kind: str, item_code: str) -> Verdict:
    """Whether the register lets this seal be used for this kind of paper and this item."""
    if seal.paper_kinds and paper_kind not in seal.paper_kinds:
        return no(
            "seal-scope",
            _("这枚印章登记的适用文书里没有“%(kind)s”。") % {"kind": PAPER_KINDS[paper_kind].name},
            remedy=_("请改用适用的印章，或先调整印章登记的使用范围。"),
            basis=SEAL_RULE,
        )
    if seal.items and item_code not in seal.items:
        return no(
            "seal-scope",
            _("这枚印章登记的适用事项里没有这个事项。"),
            remedy=_("请改用适用的印章，或先调整印章登记的使用范围。"),
            basis=SEAL_RULE,
        )
    return YES


def may_use(
    seal: SealFacts,
    *,
    paper_kind: str,
    permit: bool,
    item_code: str,
    in_name_of: str,
    on: date,
    policy: ItemSeals | None = None,
) -> Verdict:
    """Everything but the hour: state, term, scope, law and the item's own policy.

    in_name_of: code of the organ in whose name the ruling has the matter decided. policy: None where
    the caller knows none (evidence, matters without an item).
    """
    return (
        in_custody(seal.state)
        and in_scope(seal, paper_kind=paper_kind, item_code=item_code)
        and may_seal(
            paper_kind,
            permit,
            seal.kind,
            seal.organ_code,
            in_name_of,
            on,
            valid_from=seal.valid_from,
            valid_to=seal.valid_to,
        )
        and (YES if policy is None else by_policy(policy, paper_kind, seal.kind))
    )


def by_policy(item: ItemSeals, paper_kind: str, seal_kind: str) -> Verdict:
    """Whether the county's list lets this kind of seal stand on this kind of paper of the item."""
    if paper_kind in EVIDENCE or paper_kind in MAIN_SEAL_ONLY:
        return YES  # the law alone says which
    taking_in = paper_kind in TAKING_IN
    table, token = (
        (_ACCEPTANCE_SEALS, item.acceptance) if taking_in else (_DECISION_SEALS, item.decision)
    )
    allowed = table.get(token, ())
    if seal_kind in allowed:
        return YES
    what = _("受理用章") if taking_in else _("决定用章")
    if not allowed:
        return wrong(
            _("事项权限登记里，这个事项没有%(what)s，窗口只引导，不出这种文书。") % {"what": what},
            _("请按办事指南引导到有权的单位。"),
            item.basis or SEAL_RULE,
        )
    names = " / ".join(str(SEAL_KINDS[kind]) for kind in allowed)
    return wrong(
        _("事项权限登记的%(what)s是%(names)s，不能用%(seal)s。")
        % {"what": what, "names": names, "seal": SEAL_KINDS.get(seal_kind, seal_kind)},
        _("请使用登记的印章；登记有误的，先更正事项权限。"),
        item.basis or SEAL_RULE,
    )


def standings(*, permit: bool, item: ItemSeals, on: date) -> tuple[Standing, ...]:
    """For every kind of paper an item can have and every kind of seal: may it stand there, and why not.

    Asked of seals of the organ that decides (of another organ's none may); the centre's where the
    matter is the centre's own.
    """
    kinds = [
        kind for kind in PAPER_KINDS if kind not in (NON_PERMIT_ONLY if permit else PERMIT_ONLY)
    ]
    return tuple(
        Standing(
            paper,
            seal,
            may_seal(paper, permit, seal, "organ", "organ", on) and by_policy(item, paper, seal),
        )
        for paper in kinds
        for seal in SEAL_KINDS
    )


def may_go_unsealed(paper_kind: str, *, is_permit: bool) -> Verdict:
    """Whether a paper may be given without any seal: code "seal-wrong" where the law wants one."""
    if paper_kind in EVIDENCE or not is_permit:
        return YES
    reserved = paper_kind in ("acceptance_notice", "non_acceptance")
    return no(
        "seal-wrong",
        _("许可文书必须加盖行政许可机关的印章。"),
        remedy=_("请先登记并选择该机关的印章，再出具文书。"),
        basis=LAW_32 if reserved else LAW_24,
    )


def may_seal(
    paper_kind: str,
    is_permit: bool,
    seal_kind: str,
    seal_organ: str,
    ruling_organ: str,
    on: date,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Verdict:
    """Whether a seal may stand on a paper of this kind on this day.

    ruling_organ: code of the organ in whose name the ruling has the matter decided. Of another
    organ's matter a centre may seal 收件凭证 and 送达回证, and of a non-permit also the 受理, 不予
    受理 and 补正 letters; nothing else.
    Every no has code "seal-wrong", cites its rule, and says which seal would do.
    """

    kind_name = SEAL_KINDS.get(seal_kind)
    if kind_name is None:
        return wrong(_("不认识的印章种类。"), _("请核对印章登记。"), SEAL_RULE)
    in_use = seal_in_use(valid_from, valid_to, on)
    if not in_use:
        return in_use
    if paper_kind in MAIN_SEAL_ONLY and seal_kind != MAIN:
        return wrong(
            _("撤销、注销决定只能加盖机关公章，不能用%(seal)s。") % {"seal": kind_name},
            _("请送作出决定的机关加盖公章。"),
            SEAL_RULE,
        )
    if paper_kind in EVIDENCE:
        if seal_kind != CENTRE and seal_organ != ruling_organ:
            return _other_organ()
        return YES
    if is_permit:
        allowed = _PERMIT_SEALS.get(paper_kind, (MAIN,))
        reserved = paper_kind in ("acceptance_notice", "non_acceptance", "correction_notice")
        basis = LAW_32 if reserved else LAW_24
        names = " / ".join(str(SEAL_KINDS[kind]) for kind in allowed)
        if seal_kind == CENTRE:
            return wrong(
                _("便民服务中心印章不能代替行政许可机关的印章。"),
                _("请使用作出许可的机关的%(seals)s。") % {"seals": names},
                basis,
            )
        if seal_kind not in allowed:
            return wrong(
                _("%(seal)s不能用于这种许可文书。") % {"seal": kind_name},
                _("请使用作出许可的机关的%(seals)s。") % {"seals": names},
                basis,
            )
    elif seal_kind == ACCEPTANCE:
        return wrong(
            _("行政许可受理专用章不能用于许可以外的事项。"),
            _("请使用机关公章或便民服务中心印章。"),
            SEAL_RULE,
        )
    elif seal_kind == CENTRE and paper_kind in TAKING_IN:
        return YES
    if seal_organ != ruling_organ:
        return _other_organ()
    return YES


def _other_organ() -> Verdict:
    return wrong(
        _("这枚印章不属于有权以其名义办理本事项的机关。"),
        _("请使用裁定所指机关的印章；跨镇收件的，印章仍归决定机关。"),
        LAW_24,
    )
