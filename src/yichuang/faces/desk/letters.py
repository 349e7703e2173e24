"""What the paper of a decision will say, shown before it is made.

The letter itself is typeset by `documents` once the step is taken; this is its wording, its name,
its organ and its seal, so that nobody signs what they have not read. In Chinese like the paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from yichuang.cases import lifecycle
from yichuang.cases.queries import CaseSheet
from yichuang.documents import queries as seals
from yichuang.documents import rules as paper_rules
from yichuang.verdict import Refusal

LAW = "《中华人民共和国行政许可法》"
ARTICLES = {
    "grant": "第三十八条",
    "grant_on_spot": "第三十八条",
    "refuse": "第三十八条第二款",
    "revoke_result": "第六十九条第二款",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """The paper to come. paragraphs: its text. seal: the register's name, "" when there is none;
    then `trouble` says why."""

    title: str
    number: str
    addressee: str
    paragraphs: tuple[str, ...]
    organ: str
    on: str
    seal: str
    trouble: Refusal | None = None

    @property
    def seal_line(self) -> str:
        return f"盖章：{self.seal}"


def letter(sheet: CaseSheet, event: str, arguments: Mapping[str, Any], *, today: date) -> Letter:
    """The paper that `event` would give with these words. One SQL (the seal)."""
    kind = lifecycle.BY_EVENT[event].paper_for(permit=sheet.permit)
    codes = sheet.ruling["codes"]
    seal, trouble = "", None
    undoes = kind in paper_rules.MAIN_SEAL_ONLY
    try:
        seal = seals.seal_for(
            organ_code=codes["in_name_of"],
            kinds=(paper_rules.MAIN if undoes else codes["seal_kind"],),
            on=today,
            code="" if undoes else codes.get("seal", ""),
            paper_kind=kind,
            item_code=sheet.item_code,
        ).name
    except Refusal as refusal:
        trouble = refusal
    return Letter(
        title=paper_rules.PAPER_KINDS[kind].title,
        number="（编号在确认时产生）",
        addressee=sheet.applicant,
        paragraphs=tuple(_paragraphs(sheet, event, arguments)),
        organ=sheet.in_name_of,
        on=_said(today),
        seal=seal,
        trouble=trouble,
    )


def remedies(sheet: CaseSheet, event: str) -> str:
    """What the letter says of review and court (行政许可法 §38: 60 days, 6 months)."""
    name = "决定" if event != "refuse" and sheet.permit else "决定书" if sheet.permit else "告知书"
    name = {"terminate": "告知书", "revoke_result": "决定书"}.get(event, name)
    return (
        f"如不服本{name}，可以自收到本{name}之日起六十日内，依照《中华人民共和国行政复议法》"
        f"向有管辖权的行政复议机关申请行政复议；也可以自收到本{name}之日起六个月内，"
        "依照《中华人民共和国行政诉讼法》向有管辖权的人民法院提起行政诉讼。"
    )


def _paragraphs(sheet: CaseSheet, event: str, arguments: Mapping[str, Any]) -> list[str]:
    if event == "revoke_result":
        return _revocation(sheet, arguments)
    law = _law(sheet, event) if event != "terminate" else ""
    opening = (
        f"你（单位）于{_said(timezone.localdate(sheet.filed_at))}提出的“{sheet.item_name}”申请"
    )
    if sheet.accepted_on:
        opening += f"，本机关于{_said(sheet.accepted_on)}受理"
    if event == "terminate":
        return [
            f"{opening}。现终止办理，理由如下：",
            arguments["reason"],
            "本机关对上述申请终止办理。终止办理不影响你（单位）备齐材料后重新申请。",
            remedies(sheet, event),
        ]
    if event == "refuse":
        short = "法定条件、标准" if sheet.permit else "办理条件"
        ending = "本机关决定：不予行政许可。" if sheet.permit else "对上述申请不予办理。"
        body = [
            f"{opening}。",
            f"你（单位）的申请不符合{short}，理由如下：",
            arguments["reason"],
            f"{law}{ending}",
        ]
    elif sheet.permit:
        body = [f"{opening}。", f"{law}本机关决定：", arguments["decision"]]
        if arguments["conditions"]:
            body += ["被许可人应当遵守下列要求：", *_numbered(arguments["conditions"])]
    else:
        body = [f"{opening}，现已办结。", f"{law}办理结果如下：", arguments["decision"]]
    if sheet.deadline.due_on:
        body.append(f"办理期限届满日：{_said(sheet.deadline.due_on)}。")
    return [*body, remedies(sheet, event)]


def _revocation(sheet: CaseSheet, arguments: Mapping[str, Any]) -> list[str]:
    on = f"于{_said(timezone.localdate(sheet.decided_at))}" if sheet.decided_at else ""
    return [
        f"本机关{on}就你（单位）提出的“{sheet.item_name}”申请作出准予的决定。现查明，理由如下：",
        arguments["reason"],
        f"{_law(sheet, 'revoke_result')}本机关决定：撤销上述决定，该文书自撤销之日起不再有效。",
        remedies(sheet, "revoke_result"),
    ]


def _law(sheet: CaseSheet, event: str) -> str:
    named = [part for part in sheet.basis.replace("；", ";").split(";") if part.strip()]
    if sheet.permit and not any("行政许可法" in part for part in named):
        named.append(LAW + ARTICLES[event])
    return f"依照{'、'.join(named)}，" if named else ""


def _numbered(lines: Sequence[str]) -> list[str]:
    if len(lines) == 1:
        return list(lines)
    return [f"{number}．{line}" for number, line in enumerate(lines, 1)]


def _said(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
