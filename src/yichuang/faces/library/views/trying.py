"""Walk an item's questions as a resident would, and keep the answers as an example."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yichuang.cases import queries as cases
from yichuang.catalogue import authoring, queries, replay
from yichuang.faces.library import outcome, words
from yichuang.faces.library.forms.acts import ExampleForm
from yichuang.faces.library.page import actor, in_the_library, page
from yichuang.faces.library.views import drafts
from yichuang.faces.library.views.items import chain_names, frame
from yichuang.verdict import Refusal


@require_safe
@in_the_library
def item(request: HttpRequest, code: str) -> HttpResponse:
    """The questions of a version, and what the answers given so far come to. 8 SQL."""
    return _item(request, code, outcome.given(request.GET))


def _item(
    request: HttpRequest,
    code: str,
    given: Mapping[str, str],
    *,
    form: ExampleForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(code, "try", version=request.GET.get("version", ""))
    context |= {
        "walk": outcome.walk(context["guide"], given, chain_names()),
        "here": reverse("library:try", args=[code]),
        "version": request.GET.get("version", ""),
        "form": form or ExampleForm(),
        "refusal": refusal,
        "from_case": request.GET.get("from", "")[:50],
        # an example is recorded as it is in the newest version
        "recordable": context["shown"] == context["newest"],
    }
    return page(request, "try", context, status=status)


@require_safe
@in_the_library
def from_case(request: HttpRequest, code: str) -> HttpResponse:
    """The answers of a real case, and nothing else of it, put to the questions."""
    number = request.GET.get("number", "").strip()[:50]
    try:
        case = cases.case_by_number(number=number, actor=actor(request), today=timezone.localdate())
    except Refusal as refusal:
        return _item(request, code, {}, refusal=refusal, status=refusal.status)
    if case.item_code != code or not case.situation:
        refusal = Refusal(
            "case-without-situation",
            _("这个办件没有可用的情形答案：它是别的事项的，或者收件时没有提问。"),
            remedy=_("请换一个本事项的办件编号，或直接回答问题。"),
        )
        return _item(request, code, {}, refusal=refusal, status=refusal.status)
    query = outcome.query({line.key: line.value for line in case.situation})
    return redirect(f"{reverse('library:try', args=[code])}?{query}&{urlencode({'from': number})}")


@require_safe
@in_the_library
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """The same for a draft. 11 SQL."""
    sheet = queries.draft_sheet(draft_id)
    context = drafts.frame(sheet, "draft-try", by=actor(request)) | {
        "walk": outcome.walk(sheet.after, outcome.given(request.GET), chain_names()),
        "here": reverse("library:draft-try", args=[draft_id]),
    }
    return page(request, "draft_try", context, section="drafts")


# -- examples ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@in_the_library
def examples(request: HttpRequest, code: str) -> HttpResponse:
    """The examples of an item; a POST keeps the answers it carries as one more."""
    if request.method == "POST":
        return _record(request, code)
    context = frame(code, "examples")
    newest = queries.version_guide(context["newest"].version_id)
    chains = chain_names()
    kept = queries.examples(code)
    played = replay.replay(kept, newest.questions, newest.situations, newest.materials)
    context["rows"] = [
        {
            "id": example.id,
            "name": example.name,
            "answers": words.answers(newest.questions, example.answers),
            "expected": words.expected(example.expected, chains),
            "link": outcome.query(example.answers),
            "holds": not now.changed,
            "reason": now.reason,
        }
        for example, now in zip(kept, played, strict=True)
    ]
    return page(request, "examples", context)


def _record(request: HttpRequest, code: str) -> HttpResponse:
    form = ExampleForm(request.POST)
    given = outcome.given(request.POST)
    if not form.is_valid():
        return _item(request, code, given, form=form, status=422)
    try:
        authoring.record_example(
            item_code=code,
            name=form.cleaned_data["name"],
            answers=given,
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        if refusal.field:
            form.add_error("name", str(refusal))
        return _item(
            request,
            code,
            given,
            form=form,
            refusal=None if refusal.field else refusal,
            status=refusal.status,
        )
    messages.success(request, _("已记录为样例。以后每次发布新版都会拿它核对。"))
    return redirect("library:examples", code=code)


@require_POST
@in_the_library
def retire(request: HttpRequest, code: str, example_id: int) -> HttpResponse:
    """Stop holding versions to an example."""
    authoring.retire_example(example_id=example_id, by=actor(request), at=timezone.now())
    messages.success(request, _("样例已停用，发布时不再核对。"))
    return redirect("library:examples", code=code)
