"""The county's figures: what stands ready where, and how many matters took one visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.design.context import named
from yichuang.design.tables import csv_file
from yichuang.faces.cockpit.page import actor, at_the_cockpit, own_outlets, page
from yichuang.oversight import coverage as covering
from yichuang.oversight import measure
from yichuang.oversight.coverage_rules import RESPECTS, Ready
from yichuang.oversight.coverage_rules import coverage as counted
from yichuang.oversight.visit_rules import Total, whole

QUARTER = timedelta(days=90)  # what the page shows unless asked otherwise: our choice


# -- coverage --------------------------------------------------------------------------------------


@require_safe
@at_the_cockpit
def coverage(request: HttpRequest) -> HttpResponse:
    """Hall, centres and bureaus: how many listed items stand ready, and what is lacking. 11 SQL."""
    lines = covering.county(timezone.localdate())
    context = {"lines": [_line(line) for line in lines], "respects": list(RESPECTS.values())}
    return page(request, "coverage", context)


def _line(line: covering.Line) -> dict[str, Any]:
    found = line.coverage
    return {
        "name": named(line.outlet.name, line.outlet.name_en),
        "href": reverse("cockpit:outlet", args=[line.outlet.code]),
        "listed": found.listed,
        "ready": found.ready,
        "whole": found.ready == found.listed,
        "lacking": [found.lacking[respect] for respect in RESPECTS],
    }


@require_safe
@at_the_cockpit
def coverage_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table: one row a gap. 10 SQL."""
    rows = [
        (line.outlet.name, item.item_code, item.item_name, RESPECTS[respect], why)
        for line in covering.county(timezone.localdate())
        for item in line.items
        for respect, why in item.gaps.items()
    ]
    return csv_file("coverage.csv", (_("服务点"), _("事项代码"), _("事项"), _("缺什么"), _("原因")), rows)


@require_safe
@at_the_cockpit
def outlet(request: HttpRequest, code: str) -> HttpResponse:
    """One outlet, item by item; `?lack=` shows only what lacks one respect. 11 SQL,
    12 for an outlet that may have a list of its own."""
    sheet, items = covering.of_outlet(code, timezone.localdate())
    lack = request.GET.get("lack", "")
    shown = [item for item in items if not lack or lack in item.gaps or lack == "any" and item.gaps]
    total = counted(items)
    tabs = [
        ("", _("全部"), total.listed),
        ("any", _("有缺项"), total.listed - total.ready),
        *((respect, str(name), total.lacking[respect]) for respect, name in RESPECTS.items()),
    ]
    context = {
        "outlet_name": named(sheet.name, sheet.name_en),
        "total": total,
        "tabs": [
            {"text": text, "href": f"?lack={key}", "count": count, "current": lack == key}
            for key, text, count in tabs
        ],
        "rows": [_row(item) for item in shown],
        "lack": lack,
    }
    return page(request, "outlet", context)


def _row(item: Ready) -> dict[str, Any]:
    return {
        "code": item.item_code,
        "name": item.item_name,
        "gaps": [{"name": RESPECTS[respect], "why": why} for respect, why in item.gaps.items()],
    }


# -- one visit -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the one-visit page was asked for; days are inclusive."""

    since: date
    until: date
    by: str
    item: str
    outlet: str

    @classmethod
    def of(cls, request: HttpRequest, today: date) -> Asked:
        given = request.GET
        until = _day(given.get("until", "")) or today
        since = _day(given.get("since", "")) or until - QUARTER
        by = "outlet" if given.get("by") == "outlet" else "item"
        return cls(min(since, until), until, by, given.get("item", ""), given.get("outlet", ""))

    def query(self, **changes: str) -> str:
        parts = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "by": self.by,
            "item": self.item,
            "outlet": self.outlet,
        }
        return "?" + urlencode({key: v for key, v in (parts | changes).items() if v})


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_safe
@at_the_cockpit
def once(request: HttpRequest) -> HttpResponse:
    """一次办好 by item or outlet; every number opens the cases behind it. 4 SQL."""
    asked = Asked.of(request, timezone.localdate())
    order = authority.order()
    groups = _totals(request, asked)
    context = {
        "asked": asked,
        "rows": [_group(group, asked, order) for group in groups],
        "whole": whole(groups),
        "tabs": [
            {"text": text, "href": asked.query(by=by), "count": None, "current": asked.by == by}
            for by, text in (("item", _("按事项")), ("outlet", _("按收件网点")))
        ],
        "csv": reverse("cockpit:once-csv") + asked.query(),
    }
    return page(request, "once", context, order=order)


def _totals(request: HttpRequest, asked: Asked) -> list[Total]:
    return measure.totals(
        asked.by,
        since=asked.since,
        until=asked.until,
        item=asked.item,
        outlet=asked.outlet,
        outlets=own_outlets(actor(request)),
    )


def _group(group: Total, asked: Asked, order: Order) -> dict[str, Any]:
    behind = reverse("cockpit:behind")
    return {
        "name": _name(group.key, asked.by, order),
        "total": group,
        "percent": percent(group),
        "cases": behind + asked.query(**{asked.by: group.key}),
        "once": behind + asked.query(**{asked.by: group.key}) + "&once=1",
    }


def percent(group: Total) -> str:
    """The share as people read it; a small number of cases says so little that it is not given."""
    return "" if group.share is None else f"{group.share:.0%}"


def _name(key: str, by: str, order: Order) -> str:
    if by == "outlet":
        found = order.outlets.get(key)
        return found.name if found else key
    versions = order.items.get(key)
    return named(versions[-1].name, versions[-1].name_en) if versions else key


@require_safe
@at_the_cockpit
def once_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table."""
    asked = Asked.of(request, timezone.localdate())
    order = authority.order()
    head = (
        *(_("代码"), _("名称"), _("办结件数"), _("一次办好件数")),
        *(_("到场次数"), _("少跑次数"), _("免交材料份数"), _("提前工作日")),
    )
    rows = [
        (
            *(g.key, _name(g.key, asked.by, order), g.ended, g.one_visit),
            *(g.visits, g.visits_spared, g.papers_spared, g.days_spared),
        )
        for g in _totals(request, asked)
    ]
    return csv_file("one-visit.csv", head, rows)


@require_safe
@at_the_cockpit
def behind(request: HttpRequest) -> HttpResponse:
    """The cases behind a number, by number only: whoever may open one finds it by that. 3 SQL."""
    asked = Asked.of(request, timezone.localdate())
    order = authority.order()
    once_only = {"1": True, "0": False}.get(request.GET.get("once", ""))
    rows = measure.cases_behind(
        since=asked.since,
        until=asked.until,
        item=asked.item,
        outlet=asked.outlet,
        outlets=own_outlets(actor(request)),
        once=once_only,
    )
    context = {
        "asked": asked,
        "back": reverse("cockpit:once") + asked.query(item="", outlet=""),
        "rows": [
            {
                "case": row,
                "item": _name(row.item, "item", order),
                "outlet": _name(row.outlet, "outlet", order),
            }
            for row in rows
        ],
    }
    return page(request, "behind", context, order=order)
