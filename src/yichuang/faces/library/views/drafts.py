"""Drafts: the list, one draft with what it changes and what it would do, and its publication."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yichuang.accounts.actor import Actor
from yichuang.authority.actions import publish_item_draft
from yichuang.catalogue import authoring, queries
from yichuang.catalogue.permissions import may_edit, may_publish
from yichuang.catalogue.queries import DraftSheet
from yichuang.design.context import named
from yichuang.faces.library import faults, words
from yichuang.faces.library.forms.acts import NoteForm, PublishForm
from yichuang.faces.library.page import actor, in_the_library, page
from yichuang.faces.library.views.items import chain_names
from yichuang.journal import queries as journal
from yichuang.verdict import Refusal

STORY: Mapping[str, Any] = {
    "catalogue.draft-begun": gettext_lazy("开始起草"),
    "catalogue.draft-saved": gettext_lazy("保存修改"),
    "catalogue.draft-renewed": gettext_lazy("移到最新版"),
    "catalogue.draft-ready": gettext_lazy("提交核对"),
    "catalogue.draft-dropped": gettext_lazy("作废"),
    "catalogue.version-published": gettext_lazy("发布"),
}
CLOSED = ("published", "dropped")
VERBS: Mapping[str, tuple[Callable[..., Any], Any]] = {
    "ready": (authoring.mark_ready, gettext_lazy("已提交，请另一位同事核对后发布。")),
    "renew": (authoring.renew_draft, gettext_lazy("已移到最新版上，请再核对一遍。")),
    "drop": (authoring.drop_draft, gettext_lazy("草稿已作废。")),
}


@require_safe
@in_the_library
def drafts(request: HttpRequest) -> HttpResponse:
    """Every draft being written or waiting. 1 SQL."""
    rows = [
        {
            "line": line,
            "state": words.DRAFT_STATES[line.state],
            "authors": _("、").join(line.authors),
        }
        for line in queries.open_drafts()
    ]
    return page(request, "drafts", {"rows": rows}, section="drafts")


@require_POST
@in_the_library
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begin the next version; where one is begun already, go there."""
    try:
        draft_id = authoring.begin_draft(item_code=code, by=actor(request), at=timezone.now())
    except Refusal as refusal:
        line = next((line for line in queries.open_drafts() if line.item_code == code), None)
        if refusal.code != "draft-open" or line is None:
            raise
        messages.info(request, str(refusal))
        draft_id = line.id
    return redirect("library:draft", draft_id=draft_id)


def frame(sheet: DraftSheet, tab: str, *, by: Actor) -> dict[str, Any]:
    """What every page of one draft shows around it; whoever only reads gets no editor. 1 SQL."""
    line = sheet.line
    args = [line.id]
    tabs = [
        ("basic", reverse("library:basic", args=args), _("基本信息"), None),
        ("guide", reverse("library:guide", args=args), _("环节和指南"), None),
        *(
            (
                name,
                reverse("library:part", args=[*args, name]),
                text,
                len(getattr(sheet.after, name)),
            )
            for name, text in (
                ("materials", _("材料")),
                ("questions", _("情形提问")),
                ("situations", _("情形对照")),
            )
        ),
        ("draft-try", reverse("library:draft-try", args=args), _("试一试"), None),
        ("draft", reverse("library:draft", args=args), _("核对和发布"), len(sheet.faults)),
    ]
    closed = line.state in CLOSED
    if closed or not may_edit(by):
        tabs = tabs[-2:]
    entries = journal.timeline(f"item-draft:{line.id}")
    return {
        "sheet": sheet,
        "line": line,
        "name": named(sheet.after.name, sheet.after.name_en),
        "state": words.DRAFT_STATES[line.state],
        "closed": closed,
        "faults": faults.linked(sheet),
        "last": entries[-1] if entries else None,
        "story": [
            {
                "title": STORY.get(entry.kind, entry.kind),
                "when": entry.at,
                "by": entry.author.get("name", ""),
                "state": "current" if entry is entries[-1] else "done",
            }
            for entry in reversed(entries)
        ],
        "tabs": [
            {"text": text, "href": href, "count": count, "current": key == tab}
            for key, href, text, count in tabs
        ],
    }


@require_safe
@in_the_library
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """What the draft changes, what is wrong with it, what becomes of the examples. 11 SQL."""
    return overview(request, queries.draft_sheet(draft_id))


def overview(
    request: HttpRequest,
    sheet: DraftSheet,
    *,
    form: PublishForm | None = None,
    refusal: Refusal | None = None,
    accepted: frozenset[int] = frozenset(),
    status: int = 200,
) -> HttpResponse:
    """The page on which a draft is checked and published."""
    by = actor(request)
    chains = chain_names()
    may = may_publish(by, sheet.author_ids)
    context = frame(sheet, "draft", by=by) | {
        "note": NoteForm(initial={"note": sheet.line.note}),
        "differences": [
            words.difference(each, sheet.before.questions, sheet.after.questions)
            for each in sheet.differences
        ],
        "examples": [
            {**words.replayed(example, chains), "accepted": example.id in accepted}
            for example in sheet.replayed
        ],
        "changed_count": len(sheet.changed_examples),
        "may_publish": bool(may),
        "why_not_publish": may,
        "form": form or PublishForm(initial={"effective_on": _earliest(sheet)}),
        "refusal": refusal,
    }
    return page(request, "draft", context, section="drafts", status=status)


def _earliest(sheet: DraftSheet) -> date:
    """Tomorrow, or the day after the newest version begins: what the form proposes."""
    newest = queries.versions(sheet.line.item_code)[0].valid_from
    return max(timezone.localdate(), newest) + timedelta(days=1)


@require_POST
@in_the_library
def act(request: HttpRequest, draft_id: int, verb: str) -> HttpResponse:
    """Note, hand over, move to the newest version, give up."""
    by, at = actor(request), timezone.now()
    seq = seq_of(request)
    try:
        if verb == "note":
            _note(request, draft_id, seq, by)
        elif verb in VERBS:
            action, told = VERBS[verb]
            action(draft_id=draft_id, seq=seq, by=by, at=at)
            messages.success(request, str(told))
        else:
            raise Refusal(
                "verb-unknown",
                _("草稿没有这一步。"),
                remedy=_("请回到草稿页面，按页面上的按钮办理。"),
                status=404,
            )
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return overview(
            request, queries.draft_sheet(draft_id), refusal=refusal, status=refusal.status
        )
    if verb == "drop":
        return redirect("library:drafts")
    return redirect("library:draft", draft_id=draft_id)


def _note(request: HttpRequest, draft_id: int, seq: int, by: Actor) -> None:
    sheet = queries.draft_sheet(draft_id)
    note = request.POST.get("note", "").strip()
    authoring.save_draft(
        draft_id=draft_id, seq=seq, content=sheet.content, note=note, by=by, at=timezone.now()
    )
    messages.success(request, _("修改说明已保存。"))


@require_POST
@in_the_library
def publish(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Make it the next version: by another person than its authors."""
    by = actor(request)
    may_edit(by).enforce(status=403)
    sheet = queries.draft_sheet(draft_id)
    form = PublishForm(request.POST)
    ticked = frozenset(int(each) for each in request.POST.getlist("accept") if each.isdecimal())
    if not form.is_valid():
        return overview(request, sheet, form=form, accepted=ticked, status=422)
    try:
        version = publish_item_draft(
            draft_id=draft_id,
            seq=seq_of(request),
            effective_on=form.cleaned_data["effective_on"],
            accept_changed=ticked,
            by=by,
            at=timezone.now(),
        )
    except Refusal as refusal:
        if refusal.field == "effective_on":
            form.add_error("effective_on", str(refusal))
        return overview(
            request,
            queries.draft_sheet(draft_id),
            form=form,
            refusal=None if refusal.field == "effective_on" else refusal,
            accepted=ticked,
            status=refusal.status,
        )
    messages.success(
        request,
        _("第%(version)s版已发布，自%(day)s起施行。")
        % {"version": version, "day": form.cleaned_data["effective_on"].isoformat()},
    )
    return redirect("library:versions", code=sheet.line.item_code)


def seq_of(request: HttpRequest) -> int:
    """The state of the draft that the page showed."""
    given = request.POST.get("seq", "")
    return int(given) if given.isdecimal() and len(given) < 9 else 0
