"""A matter handed to a company (转办) in the words of the person it belongs to. No SQL, no clock."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from yichuang.cases.handing_rules import COMPANY, OPEN_REFERRALS, REFERRAL
from yichuang.cases.referral_queries import STATES, ReferralSheet

KINDS = {
    "handed": "new",
    "received": "progress",
    "need_more": "attention",
    "done": "done",
    "refused": "refused",
    "withdrawn": "neutral",
}


def shown(sheet: ReferralSheet) -> dict[str, Any]:
    """What the page needs: whose turn it is and what that means; the story without names."""
    who, text = _turn(sheet)
    return {
        "referral": sheet,
        "state": str(STATES[sheet.state]),
        "kind": KINDS[sheet.state],
        "who": who,
        "yours": sheet.state == "need_more",
        "text": text,
        "answer": sheet.answer if sheet.state != "withdrawn" else "",
        "late": sheet.deadline.left is not None and sheet.deadline.left < 0,
        "timeline": _story(sheet),
    }


def _turn(sheet: ReferralSheet) -> tuple[str, str]:
    return {
        "handed": (sheet.organ, _("窗口已经把您的事转过去，等对方接收，您不用做什么。")),
        "received": (sheet.organ, _("对方已经接收，正在办理，您不用做什么。")),
        "need_more": (
            _("您"),
            _("请把下面写的补齐，交到%(outlet)s。等您补充的日子不计时限。")
            % {"outlet": sheet.outlet},
        ),
        "done": ("", _("对方答复已经办好。")),
        "refused": (
            "",
            _("对方没有办成，原因写在下面。有疑问可以问%(outlet)s。") % {"outlet": sheet.outlet},
        ),
        "withdrawn": ("", _("您已经撤回，不再办理。需要时可以重新提出。")),
    }[sheet.state]


def _story(sheet: ReferralSheet) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {
            "title": line.name,
            "when": line.at,
            "by": sheet.organ if REFERRAL[line.event].owner == COMPANY else sheet.outlet,
            "text": "",
        }
        for line in sheet.timeline
    ]
    if sheet.state in OPEN_REFERRALS:
        who, _text = _turn(sheet)
        yours = sheet.state == "need_more"
        said = _("轮到您了") if yours else _("轮到%(who)s") % {"who": who}
        lines.append({"title": said, "state": "current"})
        lines.append({"title": _("对方答复，窗口告诉您"), "state": "next"})
    return lines
