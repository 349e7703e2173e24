"""The items, one item as it holds, every way through its questions, and its versions."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.catalogue import queries, rules
from yichuang.catalogue import versions as stored
from yichuang.catalogue.queries import ItemGuide, VersionLine, holdings, upkeep
from yichuang.design.context import named
from yichuang.faces.library import outcome, words
from yichuang.faces.library.page import in_the_library, page
from yichuang.verdict import Refusal


def chain_names() -> dict[str, str]:
    """Code → name of every chain in force. 3 SQL."""
    return {
        chain.code: named(chain.name, chain.name_en)
        for chain in queries.chains(timezone.localdate())
    }


# -- the list ------------------------------------------------------------------------------------


@require_safe
@in_the_library
def items(request: HttpRequest) -> HttpResponse:
    """Items to look through and narrow down. 3 SQL."""
    today = timezone.localdate()
    asked = {key: request.GET.get(key, "").strip()[:60] for key in ("q", "domain", "state")}
    number = request.GET.get("page", "")
    found = holdings.holdings(
        today,
        words=asked["q"],
        domain=asked["domain"],
        state=asked["state"],
        number=int(number) if number.isdecimal() and len(number) < 6 else 1,
    )
    given = {key: value for key, value in asked.items() if value}

    def link(number: int) -> str:
        return "?" + urlencode({**given, "page": number})

    states = {
        "asks": _("有情形提问"),
        "plain": _("没有情形提问"),
        "examples": _("有提问、没有样例"),
        "draft": _("有草稿"),
        "unconfirmed": _("有待确认的"),
        "idle": _("暂停或取消"),
    }
    context = {
        "asked": asked,
        "domains": holdings.domain_names(today),
        "states": list(states.items()),
        "found": found,
        "rows": [_line(line) for line in found.lines],
        "previous": link(found.number - 1) if found.number > 1 else "",
        "next": link(found.number + 1) if found.number < found.pages else "",
    }
    return page(request, "items", context)


def _line(line: holdings.HeldLine) -> dict[str, Any]:
    draft = words.DRAFT_STATES.get(line.draft_state)
    return {
        "line": line,
        "name": named(line.name, line.name_en),
        "state": None if line.state == "active" else rules.STATES[line.state],
        "state_kind": words.STATE_KINDS[line.state],
        "draft_text": draft[0] if draft else "",
        "draft_kind": draft[1] if draft else "",
        "marks": [words.MARKS[mark] for mark in line.unconfirmed],
    }


# -- one item ------------------------------------------------------------------------------------


def frame(code: str, tab: str, *, version: str = "") -> dict[str, Any]:
    """What every page of one item shows around it: the version looked at, tabs, the open draft.

    version: its number; otherwise the one in force, or the newest before any is. 4 SQL.
    Refusals "item-unknown", "version-unknown".
    """
    today = timezone.localdate()
    lines = queries.versions(code)
    if not lines:
        upkeep.newest_version(code)  # refuses
    shown = _chosen(lines, version, code)
    guide = queries.version_guide(shown.version_id)
    draft = next((line for line in queries.open_drafts() if line.item_code == code), None)
    in_force = next((line for line in lines if line.valid_from <= today), None)
    return {
        "code": code,
        "guide": guide,
        "name": named(guide.name, guide.name_en),
        "versions": lines,
        "shown": shown,
        "standing": _standing(shown, in_force),
        "newest": lines[0],
        "in_force": in_force,
        "draft": draft,
        "draft_state": words.DRAFT_STATES[draft.state] if draft else None,
        "tabs": [
            {
                "text": text,
                "href": reverse(f"library:{key}", args=[code]),
                "count": None,
                "current": key == tab,
            }
            for key, text in (
                ("item", _("内容")),
                ("paths", _("各种情形")),
                ("try", _("试一试")),
                ("examples", _("样例")),
                ("versions", _("版本")),
                ("sayings", _("群众说法")),
            )
        ],
    }


def _chosen(lines: list[VersionLine], version: str, code: str) -> VersionLine:
    today = timezone.localdate()
    if version:
        found = next((line for line in lines if str(line.version) == version), None)
        if found is None:
            raise Refusal(
                "version-unknown",
                _("事项%(code)s没有第%(version)s版。") % {"code": code, "version": version[:9]},
                remedy=_("请从版本列表中选择。"),
                status=404,
            )
        return found
    return next((line for line in lines if line.valid_from <= today), lines[-1])


def _standing(shown: VersionLine, in_force: VersionLine | None) -> tuple[str, str]:
    if in_force is None or shown.version > in_force.version:
        return _("尚未施行"), "waiting"
    if shown.version == in_force.version:
        return _("现行"), "done"
    return _("已被新版代替"), "neutral"


@require_safe
@in_the_library
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item as it holds: questions, table in words, materials, and what is wrong. 12 SQL."""
    context = frame(code, "item", version=request.GET.get("version", ""))
    guide: ItemGuide = context["guide"]
    chains = chain_names()
    faults = []
    if context["shown"] == context["newest"]:
        faults = upkeep.faults_of(stored.draft_of(upkeep.newest_version(code)))
    context |= {
        "head": _head(guide),
        "questions": [
            {
                "ask": named(question.ask, question.ask_en),
                "help": named(question.help, question.help_en),
                "options": [named(o.label, o.label_en) for o in question.options],
                "when": words.condition(question.when, guide.questions) if question.when else "",
                "basis": question.basis,
                "draft": question.draft,
            }
            for question in guide.questions
        ],
        "table": outcome.table(guide.questions, guide.situations, chains),
        "materials": [
            {
                "row": material,
                "name": named(material.name, material.name_en),
                "kind": rules.MATERIAL_KINDS[material.kind],
                "form": rules.MATERIAL_FORMS[material.form],
                "reason": named(material.reason, material.reason_en),
                "promise": rules.PROMISES.get(material.promise, ""),
            }
            for material in guide.materials
        ],
        "faults": [str(fault.reason) for fault in faults],
    }
    return page(request, "item", context)


def _head(guide: ItemGuide) -> list[dict[str, Any]]:
    days = _("承诺%(days)s个工作日") % {"days": guide.promised_days}
    legal = guide.legal_days_note or (
        _("法定%(days)s个工作日") % {"days": guide.legal_days}
        if guide.legal_days
        else _("没有法定时限")
    )
    stages = _("；").join(
        _("%(name)s%(days)s个工作日") % {"name": stage.name, "days": stage.days}
        for stage in guide.elements.stages
    )
    conditions = [
        named(chinese, english)
        for chinese, english in zip_longest(
            guide.elements.conditions, guide.elements.conditions_en, fillvalue=""
        )
    ]
    return [
        {"key": _("办件类型"), "value": f"{rules.HANDLINGS[guide.handling]}{_('，')}{days}"},
        {"key": _("法定时限"), "value": legal},
        {"key": _("办理环节"), "value": stages},
        {"key": _("申请条件"), "value": _("；").join(conditions)},
        {"key": _("审查标准"), "value": guide.elements.standard},
        {
            "key": _("办理结果"),
            "value": named(guide.elements.result_name, guide.elements.result_name_en),
        },
        {"key": _("设定依据"), "value": guide.basis},
    ]


@require_safe
@in_the_library
def paths(request: HttpRequest, code: str) -> HttpResponse:
    """Every way to answer, with its exact list. 8 SQL."""
    context = frame(code, "paths", version=request.GET.get("version", ""))
    number = request.GET.get("page", "")
    rows, count, number_shown = outcome.paths(
        context["guide"],
        int(number) if number.isdecimal() and len(number) < 6 else 1,
        chain_names(),
    )
    version = context["shown"].version
    pages = max(1, -(-count // outcome.PATHS_A_PAGE))
    context |= {
        "rows": rows,
        "count": count,
        "first": (number_shown - 1) * outcome.PATHS_A_PAGE + 1,
        "previous": f"?version={version}&page={number_shown - 1}" if number_shown > 1 else "",
        "next": f"?version={version}&page={number_shown + 1}" if number_shown < pages else "",
        "number": number_shown,
        "pages": pages,
    }
    return page(request, "paths", context)


# -- versions ------------------------------------------------------------------------------------


@require_safe
@in_the_library
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """The versions; with `?a=` and `?b=` what the two say otherwise. 5 SQL, 11 when compared."""
    context = frame(code, "versions")
    lines: list[VersionLine] = context["versions"]
    a, b = request.GET.get("a", ""), request.GET.get("b", "")
    chosen = [_chosen(lines, given, code) for given in (a, b)] if a and b else []
    if len(chosen) == 2:
        chosen.sort(key=lambda line: line.version)
        before, after = (queries.version_guide(line.version_id) for line in chosen)
        found = queries.compare(code, before.version, after.version)
        context |= {
            "compared": chosen,
            "differences": [
                words.difference(each, before.questions, after.questions) for each in found
            ],
        }
    else:
        chosen = [lines[1], lines[0]] if len(lines) > 1 else []
    context["rows"] = [
        {
            "line": line,
            "standing": _standing(line, context["in_force"]),
            "a": bool(chosen) and line == chosen[0],
            "b": bool(chosen) and line == chosen[-1],
        }
        for line in lines
    ]
    return page(request, "versions", context)
