"""The worklists by deadline, finding a case by its number, and going on to the next."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.accounts import roles
from yichuang.cases import queries
from yichuang.design.context import named
from yichuang.faces.desk import words
from yichuang.faces.desk.page import actor, at_the_desk, page
from yichuang.verdict import Refusal

AHEAD = 200  # how far "next" looks: more than anybody decides in a day
FIRST_TAB = {"window": "running"}  # a manager looks at what is under way


@require_safe
@at_the_desk
def inbox(request: HttpRequest) -> HttpResponse:
    """The post's cases, nearest deadline first."""
    return _inbox(request)


def _inbox(
    request: HttpRequest, *, number: str = "", refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    work = queries.worklist_of(by)
    context: dict[str, Any] = {
        "number": number,
        "refusal": refusal,
        "has_work": bool(work),
        "is_bureau": by.role == roles.BUREAU,
    }
    if work:
        tab = request.GET.get("tab") or FIRST_TAB.get(work, "todo")
        after = request.GET.get("after", "")
        counts = queries.tab_counts(actor=by)
        found = queries.worklist(actor=by, tab=tab, today=today, after=after)
        context |= {
            "tab": tab,
            "tabs": [
                {
                    "text": str(queries.TAB_NAMES[each]),
                    "href": f"{reverse('desk:inbox')}?{urlencode({'tab': each})}",
                    "count": counts.get(each),
                    "current": each == tab,
                }
                for each in queries.TABS[work]
            ],
            "rows": [
                {
                    "case": row,
                    "item": named(row.item_name, row.item_name_en),
                    "state": words.state(row.state),
                    "badge": words.badge(row.deadline, row.state),
                }
                for row in found.rows
            ],
            "empty": None if found.rows else _empty(tab, counts, turned=bool(after)),
            "next": _address(tab, found.after) if found.after else "",
            "first": _address(tab, "") if after else "",
            "tab_name": str(queries.TAB_NAMES[tab]),
        }
    return page(request, "inbox", context, status=status)


def _address(tab: str, after: str) -> str:
    query = {"tab": tab, "after": after} if after else {"tab": tab}
    return f"{reverse('desk:inbox')}?{urlencode(query)}"


def _empty(tab: str, counts: dict[str, int], *, turned: bool) -> dict[str, str]:
    """Why the list is empty, and what to do next."""
    if turned:
        return {
            "title": _("后面没有办件了"),
            "text": _("这一类办件已经看完，列表可能在您翻页时有了变化。"),
            "href": _address(tab, ""),
            "action": _("回到第一页"),
        }
    other = next((each for each in ("todo", "coming", "special") if counts.get(each)), "")
    texts = {
        "todo": _("送到您这一步的办件都办完了；新的办件到了会排在这里，按期限先后。"),
        "coming": _("没有正在审核的办件；审核人员提出意见后，办件会到“待我办”。"),
        "special": _("没有在听证、检验、鉴定等特别程序中的办件。"),
        "reviewed": _("没有审核完、等待决定的办件。"),
        "decided": _("没有已决定、等待送达的办件；送达后由窗口办结。"),
    }
    found = {
        "title": _("“%(tab)s”里没有办件") % {"tab": queries.TAB_NAMES[tab]},
        "text": texts.get(tab, _("这个网点目前没有这一类办件。")),
        "href": "",
        "action": "",
    }
    if other and other != tab:
        found["href"] = _address(other, "")
        found["action"] = _("去看“%(tab)s”（%(count)s件）") % {
            "tab": queries.TAB_NAMES[other],
            "count": counts[other],
        }
    return found


@require_safe
@at_the_desk
def find(request: HttpRequest) -> HttpResponse:
    """A case by its number; what is not found comes back with the number still in the box."""
    number = "".join(request.GET.get("number", "").split()).upper()
    if not number:
        return redirect("desk:inbox")
    try:
        sheet = queries.case_by_number(
            number=number, actor=actor(request), today=timezone.localdate()
        )
    except Refusal as refusal:
        return _inbox(request, number=number, refusal=refusal, status=refusal.status)
    return redirect("desk:case", case_id=sheet.id)


@require_safe
@at_the_desk
def following(request: HttpRequest) -> HttpResponse:
    """The case after (or before) the one given in the list of what is to be done."""
    by = actor(request)
    if queries.worklist_of(by) not in (roles.EXAMINER, roles.DECIDER):
        return redirect("desk:inbox")
    found = queries.worklist(actor=by, tab="todo", today=timezone.localdate(), limit=AHEAD)
    ids = [row.id for row in found.rows]
    step, here = (1, "after") if "after" in request.GET else (-1, "before")
    position = _position(ids, request.GET.get(here, ""))
    target = 0 if position is None else position + step
    if 0 <= target < len(ids):
        return redirect("desk:case", case_id=ids[target])
    messages.info(
        request, _("“待我办”里没有下一件了。") if step == 1 else _("这已经是“待我办”的第一件。")
    )
    return redirect("desk:inbox")


def _position(ids: list[uuid.UUID], text: str) -> int | None:
    """Where a case stands in the list; None when it is not (or no longer) there."""
    try:
        return ids.index(uuid.UUID(text))
    except ValueError:
        return None
