"""What people call things: searches that found nothing, and the sayings of each item."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.catalogue import queries, search, upkeep
from yichuang.design.context import named
from yichuang.faces.library.forms.acts import SayingForm
from yichuang.faces.library.page import actor, in_the_library, page
from yichuang.faces.library.views.items import frame
from yichuang.verdict import Refusal

CANDIDATES = 6
STATES = ("open", "answered", "dismissed")


@require_safe
@in_the_library
def misses(request: HttpRequest) -> HttpResponse:
    """Searches that found nothing, the most asked first; `?text=` opens one, `?q=` looks for the
    item it means. 1 SQL, 3 with a search."""
    return _misses(request, request.GET.get("text", ""), request.GET.get("q", ""))


def _misses(
    request: HttpRequest, text: str, q: str, *, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    tabs = {"open": _("待处理"), "answered": _("已补说法"), "dismissed": _("不处理")}
    rows = queries.misses(state)
    context: dict[str, Any] = {
        "rows": [{"miss": row, "link": "?" + urlencode({"text": row.text})} for row in rows],
        "state": state,
        "tabs": [
            {"text": name, "href": f"?state={key}", "count": None, "current": key == state}
            for key, name in tabs.items()
        ],
        "text": text[:60],
        "q": q[:60],
        "said": request.POST.get("said", text)[:60],
        "hits": _hits(q) if text and q else [],
        "tried": bool(text and q),
        "refusal": refusal,
    }
    return page(request, "misses", context, section="misses", status=status)


def _hits(q: str) -> list[dict[str, str]]:
    try:
        found = search.search(q, on=timezone.localdate(), limit=CANDIDATES)
    except Refusal:  # nothing in it to search for
        return []
    return [{"code": hit.code, "name": named(hit.name, hit.name_en)} for hit in found]


@require_POST
@in_the_library
def answer(request: HttpRequest) -> HttpResponse:
    """Give an item the saying, and see at once that it is found by it."""
    code, text = request.POST.get("item", ""), request.POST.get("text", "")
    said = request.POST.get("said", "")
    try:
        upkeep.add_alias(item_code=code, said=said, text=text, by=actor(request), at=timezone.now())
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _misses(
            request, text, request.POST.get("q", ""), refusal=refusal, status=refusal.status
        )
    _tell(request, text or said, code)
    return redirect("library:misses")


def _tell(request: HttpRequest, asked: str, code: str) -> None:
    """Search as a resident would and say whether it is found now."""
    hits = search.search(asked, on=timezone.localdate(), limit=CANDIDATES)
    place = next((n for n, hit in enumerate(hits, start=1) if hit.code == code), 0)
    told = {"asked": asked, "place": place}
    if place == 1:
        name = named(hits[0].name, hits[0].name_en)
        messages.success(
            request, _("已添加。现在搜“%(asked)s”，第一个就是“%(name)s”。") % {**told, "name": name}
        )
    elif place:
        messages.success(request, _("已添加。现在搜“%(asked)s”，它排在第%(place)d位。") % told)
    else:
        messages.warning(
            request,
            _("已添加，但搜“%(asked)s”还是找不到它：事项可能没有在用，或者问法里别的字太多。")
            % told,
        )


@require_POST
@in_the_library
def dismiss(request: HttpRequest) -> HttpResponse:
    """Say that a question needs no answer."""
    upkeep.dismiss_miss(text=request.POST.get("text", ""), by=actor(request), at=timezone.now())
    messages.success(request, _("已标为不处理。有人再这样搜，次数照样累计。"))
    return redirect("library:misses")


# -- the sayings of one item ---------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@in_the_library
def of_item(request: HttpRequest, code: str) -> HttpResponse:
    """The sayings of an item: the pack's, and those added here; a POST adds one."""
    if request.method != "POST":
        return _of_item(request, code, SayingForm())
    form = SayingForm(request.POST)
    if not form.is_valid():
        return _of_item(request, code, form, status=422)
    said = form.cleaned_data["said"]
    try:
        upkeep.add_alias(item_code=code, said=said, by=actor(request), at=timezone.now())
    except Refusal as refusal:
        if refusal.field != "said":
            raise
        form.add_error("said", str(refusal))
        return _of_item(request, code, form, status=refusal.status)
    _tell(request, said, code)
    return redirect("library:sayings", code=code)


def _of_item(
    request: HttpRequest, code: str, form: SayingForm, *, status: int = 200
) -> HttpResponse:
    context = frame(code, "sayings") | {"added": queries.aliases(code), "form": form}
    return page(request, "sayings", context, status=status)


@require_POST
@in_the_library
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a saying that was added here."""
    said = request.POST.get("said", "")
    upkeep.remove_alias(item_code=code, said=said, by=actor(request), at=timezone.now())
    messages.success(request, _("已删去说法“%(said)s”。") % {"said": said})
    return redirect(reverse("library:sayings", args=[code]))


@require_safe
@in_the_library
def table(request: HttpRequest) -> HttpResponse:
    """The added sayings as rows for the pack: what its items.csv should say under aliases. 2 SQL."""
    added: dict[str, list[str]] = {}
    for alias in queries.aliases():
        added.setdefault(alias.item_code, []).append(alias.said)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="aliases.csv"'
    answer.write("\ufeff")  # so that spreadsheets read it as UTF-8
    writer = csv.writer(answer, lineterminator="\n")
    writer.writerow(("code", "name", "aliases"))
    for row in queries.versions_in_force(timezone.localdate()).filter(item__in=list(added)):
        said = dict.fromkeys([*row.aliases, *added[row.item_id]])
        writer.writerow((row.item_id, row.name, ";".join(_cell(each) for each in said)))
    return answer


def _cell(said: str) -> str:
    """A saying as a pack's cell can hold it: no separator, nothing a spreadsheet would compute."""
    return said.replace(";", "；").lstrip("=+-@")
