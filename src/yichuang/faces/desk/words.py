"""How the desk says states, deadlines, rulings and journal entries, and its standard sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts import roles
from yichuang.authority.rules import Ruling
from yichuang.cases import lifecycle, rules
from yichuang.cases.queries import CaseSheet, Deadline, Event
from yichuang.documents import rules as paper_rules

STATE_KINDS: Mapping[str, str] = {
    lifecycle.RECEIVED: "attention",
    lifecycle.CORRECTION: "waiting",
    lifecycle.ACCEPTED: "new",
    lifecycle.REVIEWED: "progress",
    lifecycle.SPECIAL: "waiting",
    lifecycle.GRANTED: "done",
    lifecycle.REFUSED: "refused",
    lifecycle.NOT_ACCEPTED: "refused",
    lifecycle.WITHDRAWN: "neutral",
    lifecycle.TERMINATED: "refused",
    lifecycle.REVOKED: "refused",
    lifecycle.DELIVERED: "done",
    lifecycle.CLOSED: "done",
    lifecycle.ARCHIVED: "neutral",
}
PAPER_KINDS: Mapping[str, str] = {
    paper_rules.INTENDED: "waiting",
    paper_rules.AWAITING: "waiting",
    paper_rules.SEALED: "done",
    paper_rules.FAILED: "attention",
}
MATERIALS: Mapping[str, tuple[Any, str]] = {
    rules.SUBMITTED: (gettext_lazy("已交"), "done"),
    rules.HELD: (gettext_lazy("共享取得"), "progress"),
    rules.LATER: (gettext_lazy("容缺后补"), "waiting"),
    rules.PROMISED: (gettext_lazy("承诺代替"), "progress"),
    rules.MISSING: (gettext_lazy("待补"), "attention"),
}
PROMISES: Mapping[str, tuple[Any, str]] = {
    "pending": (gettext_lazy("待核查"), "waiting"),
    "kept": (gettext_lazy("核查属实"), "done"),
    "false": (gettext_lazy("核查不实"), "refused"),
    "repaired": (gettext_lazy("不实，信用已修复"), "neutral"),
}
DELIVERIES: Mapping[str, Any] = {
    "collect": gettext_lazy("窗口领取"),
    "mail": gettext_lazy("邮寄"),
}
HANDLINGS: Mapping[str, Any] = {
    "instant": gettext_lazy("即办件"),
    "promise": gettext_lazy("承诺件"),
}
APPLICANTS: Mapping[str, Any] = {
    "person": gettext_lazy("自然人"),
    "enterprise": gettext_lazy("法人或其他组织"),
}
# What may be shown in full: column of the applicant's row → what it is called
PERSONAL: Mapping[str, Any] = {
    "name": gettext_lazy("姓名或名称"),
    "identity": gettext_lazy("证件号码"),
    "phone": gettext_lazy("手机号码"),
    "address": gettext_lazy("邮寄地址"),
}
# Why somebody may look; the words themselves go into the journal.
PURPOSES: Mapping[str, Any] = {
    "compare": gettext_lazy("与申请材料核对"),
    "contact": gettext_lazy("联系申请人"),
    "decide": gettext_lazy("制作决定文书"),
    "supervise": gettext_lazy("监督检查"),
}
# 行政许可法第45条 names them; other matters follow the same path under their own basis.
SPECIAL_PROCEDURES: Mapping[str, Any] = {
    "听证": gettext_lazy("听证"),
    "招标": gettext_lazy("招标"),
    "拍卖": gettext_lazy("拍卖"),
    "检验": gettext_lazy("检验"),
    "检测": gettext_lazy("检测"),
    "检疫": gettext_lazy("检疫"),
    "鉴定": gettext_lazy("鉴定"),
    "专家评审": gettext_lazy("专家评审"),
}
GRANT_STATES: Mapping[str, tuple[Any, str]] = {
    "future": (gettext_lazy("未生效"), "new"),
    "live": (gettext_lazy("有效"), "done"),
    "suspended": (gettext_lazy("暂停"), "attention"),
    "expired": (gettext_lazy("已到期"), "neutral"),
    "revoked": (gettext_lazy("已撤销"), "refused"),
}
INSTRUMENTS: Mapping[str, Any] = {
    "entrust": gettext_lazy("委托"),
    "authorise": gettext_lazy("授权"),
    "devolve": gettext_lazy("下放"),
}

# Sentences below go into papers and into the record of the case: Chinese in every language.
OPINION = "材料齐全，符合法定形式和条件，所述情况属实。"
_PERMIT_SENTENCES = (
    "准予你（单位）提出的“{item}”申请，具体事项以申请材料载明的内容为准。",
    "准予你（单位）在{place}实施“{item}”所申请的事项，范围和标准以经审查的申请材料为准。",
    "准予你（单位）提出的“{item}”申请，请按本决定所附要求实施，并接受监督检查。",
)
_OTHER_SENTENCES = (
    "经审核，你（单位）符合“{item}”的办理条件，已予办理。",
    "经审核，你（单位）提交的情况属实，“{item}”予以确认。",
    "“{item}”已经办结，有关证明材料随本告知书一并交付。",
)


def sentences(sheet: CaseSheet) -> tuple[str, ...]:
    """What a decision to grant this item usually says, the commonest first."""
    forms = _PERMIT_SENTENCES if sheet.permit else _OTHER_SENTENCES
    return tuple(form.format(item=sheet.item_name, place=sheet.place) for form in forms)


def state(code: str) -> dict[str, str]:
    """A case's state as the status mark shows it."""
    return {"text": str(lifecycle.STATES[code]), "kind": STATE_KINDS[code]}


def badge(deadline: Deadline, code: str) -> dict[str, Any]:
    """What the deadline mark is fed; `text` instead where no days can be counted."""
    if code in lifecycle.DECIDED_STATES:
        return {"text": _("已决定，待送达")}
    if deadline.colour == "done":
        return {"text": _("不再计时")}
    if deadline.colour == "unknown":
        return {"text": _("日历未公布，期限待定")}
    left = deadline.left if deadline.left is not None else 0
    return {
        "days": left,
        "due": None if deadline.colour == "paused" else deadline.due_on,
        "near": -1 if deadline.colour == "green" else max(left, 0),
        "paused": deadline.colour == "paused",
    }


def ruling_rows(ruling: Ruling) -> list[dict[str, str]]:
    """A ruling as a list of facts."""
    if not ruling.allowed:
        return [
            {"key": _("收件网点"), "value": ruling.taker},
            {"key": _("为什么"), "value": ruling.reason},
            {"key": _("怎么办"), "value": ruling.remedy},
            {"key": _("法律依据"), "value": ruling.basis or _("未登记")},
        ]
    return [
        {"key": _("收件网点"), "value": ruling.taker},
        {"key": _("审核"), "value": ruling.reviewer},
        {"key": _("决定"), "value": ruling.decider},
        {"key": _("以谁的名义"), "value": ruling.in_name_of},
        {"key": _("印章"), "value": ruling.seal},
        {"key": _("授权文书"), "value": ruling.grant or _("没有，按自有权限")},
        {"key": _("法律依据"), "value": ruling.basis or _("未登记")},
        {"key": _("为什么"), "value": ruling.reason},
    ]


def timeline(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """The case's story, newest first: what, when, by whom, why, on what basis, where it is kept."""
    return [
        {
            "title": event.name,
            "when": event.at,
            "by": _("%(name)s（%(role)s）")
            % {"name": event.author, "role": roles.name_of(event.role)},
            "text": format_html(
                '{}<span class="desk-small zw-muted">{}</span>', said(event), _kept(event)
            ),
            "state": "current" if position == 0 else "done",
        }
        for position, event in enumerate(reversed(events))
    ]


def said(event: Event) -> str:
    """What whoever acted wrote, and which paper came of it."""
    detail = event.detail
    parts = []
    if event.event == "review":
        parts.append(_("建议准予") if detail.get("agrees") else _("建议不予"))
    for name in ("opinion", "decision", "reason", "result", "problem", "finding", "where_to_go"):
        if detail.get(name):
            parts.append(str(detail[name]).rstrip("。；"))
    if detail.get("missing"):
        parts.append(_("缺：%(names)s") % {"names": "、".join(detail["missing"])})
    if event.event == "extend":
        parts.append(
            _("延长%(days)s个工作日，%(by)s批准")
            % {"days": detail.get("days", ""), "by": detail.get("approved_by", "")}
        )
    if event.paper:
        parts.append(_("文书：%(number)s") % {"number": event.paper})
    return _("；").join(parts)


def _kept(event: Event) -> str:
    """What it did to the clock, on what basis, and where the journal keeps it."""
    parts = []
    if event.clock != lifecycle.NONE:
        parts.append(_("计时：%(effect)s") % {"effect": lifecycle.CLOCK_EFFECTS[event.clock]})
    parts.append(_("依据：%(basis)s") % {"basis": event.basis})
    parts.append(_("日志第%(index)s条") % {"index": event.index})
    return _("；").join(parts)
