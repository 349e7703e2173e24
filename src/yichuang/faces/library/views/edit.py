"""The editor of a draft: one thing a page, each kept by a button, each guarded by the draft's seq."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yichuang.catalogue import authoring, queries, rules, situations, versions
from yichuang.catalogue.comparison import differences
from yichuang.catalogue.permissions import may_edit
from yichuang.catalogue.queries import DraftSheet
from yichuang.faces.library import editing, outcome, pasted, words
from yichuang.faces.library.forms import parts
from yichuang.faces.library.forms.acts import PasteForm
from yichuang.faces.library.forms.item import BasicForm, GuideForm, StageRows, stages_of
from yichuang.faces.library.page import actor, in_the_library, page
from yichuang.faces.library.views.drafts import CLOSED, frame, seq_of
from yichuang.faces.library.views.items import chain_names
from yichuang.verdict import Refusal

PARTS = ("materials", "questions", "situations")
SPARE_ROWS = 2
View = Callable[..., HttpResponse]


def an_editor(view: View) -> View:
    """A page of the editor: for whoever may edit, on a draft that is still open. The draft's sheet
    takes the place of its number. 6 SQL."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @in_the_library
    @wraps(view)
    def opened(request: HttpRequest, draft_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        may_edit(actor(request)).enforce(status=403)
        sheet = queries.draft_sheet(draft_id)
        if sheet.line.state in CLOSED:
            return redirect("library:draft", draft_id=draft_id)
        return view(request, sheet, *args, **kwargs)

    return opened


# -- keeping a change ----------------------------------------------------------------------------


def _kept(request: HttpRequest, sheet: DraftSheet, change: Mapping[str, Any]) -> Refusal | None:
    """Keep the change; the refusal when it was not kept."""
    try:
        authoring.save_draft(
            draft_id=sheet.line.id,
            seq=seq_of(request),
            content=editing.merged(sheet.before, sheet.content, change),
            note=sheet.line.note,
            by=actor(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return refusal
    messages.success(request, _("已保存到草稿。"))
    return None


def _draw(
    request: HttpRequest,
    sheet: DraftSheet,
    name: str,
    tab: str,
    context: Mapping[str, Any],
    *,
    refusal: Refusal | None = None,
    change: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page of the editor. change: what was not kept, for others wrote meanwhile; it is laid
    beside what the draft says now."""
    moved = []
    if change is not None and refusal is not None and refusal.code == "draft-moved-on":
        content = editing.merged(sheet.before, sheet.content, change)
        mine = versions.changed(sheet.before, content)
        moved = [
            words.difference(each, sheet.after.questions, mine.questions)
            for each in differences(sheet.after, mine)
        ]
    around = frame(sheet, tab, by=actor(request))
    here = [fault for fault in around["faults"] if fault["part"] == tab]
    own = {"refusal": refusal, "moved": moved, "here": here, "editing": True}
    return page(request, name, {**around, **own, **context}, section="drafts", status=status)


def _unjudged(form: forms.BaseForm) -> dict[str, Any]:
    """What was typed, as the beginning of a form that says nothing about it yet."""
    return {name: form[name].data for name in form.fields}


def _spared(rows: Any) -> Any:
    """A set of rows with blank ones at its end."""
    rows.extra = SPARE_ROWS
    return rows


def _with_more(kind: Any, bound: Any) -> Any:
    """The same rows as typed, with more blank ones."""
    typed = [_unjudged(row) for row in bound.forms]
    return _spared(kind(initial=typed, prefix=bound.prefix))


# -- the item itself and its guide ---------------------------------------------------------------


@an_editor
def basic(request: HttpRequest, sheet: DraftSheet) -> HttpResponse:
    """Name, objects, handling, days, state."""
    if request.method != "POST":
        form = BasicForm(initial=BasicForm.of(sheet.after))
        return _draw(request, sheet, "basic", "basic", {"form": form})
    form = BasicForm(request.POST)
    if not form.is_valid():
        return _draw(request, sheet, "basic", "basic", {"form": form}, status=422)
    change = form.said(sheet.after)
    refusal = _kept(request, sheet, change)
    if refusal is None:
        return redirect("library:basic", draft_id=sheet.line.id)
    return _draw(
        request, sheet, "basic", "basic", {"form": form},
        refusal=refusal, change=change, status=refusal.status,
    )  # fmt: skip


@an_editor
def guide(request: HttpRequest, sheet: DraftSheet) -> HttpResponse:
    """Conditions, stages with their days, result, fee and the rest of the guide."""
    held = sheet.after.guide
    if request.method != "POST":
        stages = [{"name": stage.name, "days": stage.days} for stage in held.stages]
        context = {
            "form": GuideForm(initial=GuideForm.of(held)),
            "stages": _spared(StageRows(initial=stages, prefix="stage")),
        }
        return _draw(request, sheet, "guide", "guide", context)
    form, rows = GuideForm(request.POST), StageRows(request.POST, prefix="stage")
    if "more" in request.POST:
        context = {
            "form": GuideForm(initial=_unjudged(form)),
            "stages": _with_more(StageRows, rows),
        }
        return _draw(request, sheet, "guide", "guide", context)
    context = {"form": form, "stages": rows}
    if not (form.is_valid() and rows.is_valid()):
        return _draw(request, sheet, "guide", "guide", context, status=422)
    change = form.said(held, stages_of(rows))
    refusal = _kept(request, sheet, change)
    if refusal is None:
        return redirect("library:guide", draft_id=sheet.line.id)
    return _draw(
        request, sheet, "guide", "guide", context,
        refusal=refusal, change=change, status=refusal.status,
    )  # fmt: skip


# -- lists of materials, questions and rows ------------------------------------------------------


@an_editor
def part(request: HttpRequest, sheet: DraftSheet, part: str) -> HttpResponse:
    """The elements of a part in order; a POST puts them in another."""
    _known(part)
    if request.method != "POST":
        return _draw(request, sheet, part, part, _listing(sheet, part))
    listed = editing.elements(sheet.after, part)
    numbers = {}
    for index in range(len(listed)):
        given = request.POST.get(f"order-{index}", "")
        if given.isdecimal() and len(given) < 6:
            numbers[index] = float(int(given))
    change = {part: editing.ordered(listed, numbers)}
    refusal = _kept(request, sheet, change)
    if refusal is None:
        return redirect("library:part", draft_id=sheet.line.id, part=part)
    return _draw(
        request, sheet, part, part, _listing(sheet, part),
        refusal=refusal, change=change, status=refusal.status,
    )  # fmt: skip


def _known(part: str) -> None:
    if part not in PARTS:
        raise Refusal(
            "part-unknown",
            _("草稿没有这一部分。"),
            remedy=_("请从草稿页面上方的标签进入。"),
            status=404,
        )


def _listing(sheet: DraftSheet, part: str) -> dict[str, Any]:
    held = sheet.after
    if part == "materials":
        turned_on = {row.value for row in held.situations if row.effect == situations.NEED}
        rows = [
            {
                "row": material,
                "kind": rules.MATERIAL_KINDS.get(material.kind, material.kind),
                "promise": rules.PROMISES.get(material.promise, ""),
                "unused": not material.always and material.name not in turned_on,
            }
            for material in held.materials
        ]
        return {"rows": rows}
    if part == "questions":
        rows = [
            {
                "ask": question.ask,
                "options": [option.label for option in question.options],
                "when": words.condition(question.when, held.questions) if question.when else "",
                "draft": question.draft,
            }
            for question in held.questions
        ]
        return {"rows": rows}
    return {
        "rows": outcome.table(held.questions, held.situations, chain_names()),
        "effects": list(situations.EFFECTS.items()),
    }


# -- one element ---------------------------------------------------------------------------------


@an_editor
def element(request: HttpRequest, sheet: DraftSheet, part: str, number: int) -> HttpResponse:
    """One material, question or row; number 0 is a new one. A POST keeps or removes it."""
    _known(part)
    listed = editing.elements(sheet.after, part)
    if number > len(listed) and request.method != "POST":
        raise Refusal(
            "element-unknown",
            _("草稿里没有第%(number)d行。") % {"number": number},
            remedy=_("它可能刚被删去，请回到列表查看。"),
            status=404,
        )
    field = editing.IDENTITY.get(part, "")
    if request.method == "POST":
        identity = request.POST.get("identity", "")
        at = editing.found(listed, number, request.POST.get("was", ""), identity, field)
    else:
        at = number - 1 if number else None
    old = listed[at] if at is not None else None
    seat = _Seat(part, number, at, old)
    make = {"materials": _material, "questions": _question, "situations": _row}[part]
    form, rows, change = make(request, sheet, seat, listed)
    name = {"materials": "material", "questions": "question", "situations": "row"}[part]
    context = {
        "form": form,
        "options": rows,
        "number": number,
        "place": at + 1 if at is not None else 0,
        "was": request.POST.get("was", "") or (editing.mark(old) if old else ""),
        "identity": request.POST.get("identity", "") or (str(old[field]) if old and field else ""),
        "part": part,
        "effect_name": situations.EFFECTS.get(getattr(form, "effect", ""), ""),
    }
    if request.method != "POST" or "more" in request.POST:
        return _draw(request, sheet, name, part, context)
    if request.POST.get("act") == "remove" and at is not None:
        change = {part: editing.without(listed, at)}
    if change is None:
        return _draw(request, sheet, name, part, context, status=422)
    refusal = _kept(request, sheet, change)
    if refusal is None:
        return redirect("library:part", draft_id=sheet.line.id, part=part)
    return _draw(
        request, sheet, name, part, context,
        refusal=refusal, change=change, status=refusal.status,
    )  # fmt: skip


class _Seat:
    """Where an element stands: its part, its place (None: new) and what it said."""

    def __init__(self, part: str, number: int, at: int | None, old: dict[str, Any] | None) -> None:
        self.part, self.number, self.at, self.old = part, number, at, old


# a form, its rows of answers if it has any, and the change (None: the form is not in order)
_Made = tuple[forms.Form, Any, dict[str, Any] | None]


def _material(
    request: HttpRequest, sheet: DraftSheet, seat: _Seat, listed: list[dict[str, Any]]
) -> _Made:
    kind = parts.MaterialForm
    if request.method != "POST":
        blank = {"always": "yes", "kind": "document", "form": "copy"}
        return kind(initial=kind.of(seat.old) if seat.old else blank), None, None
    form = kind(request.POST)
    if not form.is_valid():
        return form, None, None
    new = form.said()
    change = {"materials": editing.with_element(listed, seat.at, new)}
    if seat.old:
        change = editing.renamed_material(change, sheet.after, seat.old["name"], new["name"])
    return form, None, change


def _question(
    request: HttpRequest, sheet: DraftSheet, seat: _Seat, listed: list[dict[str, Any]]
) -> _Made:
    kind = parts.QuestionForm
    earlier = sheet.after.questions[: seat.at]
    when = sheet.after.questions[seat.at].when if seat.at is not None else ()
    if request.method != "POST":
        options = seat.old["options"] if seat.old else []
        form = kind(
            questions=earlier, when=when, initial=kind.of(seat.old) if seat.old else {"draft": True}
        )
        return form, _spared(parts.OptionRows(initial=options, prefix="option")), None
    form = kind(request.POST, questions=earlier, when=when)
    rows = parts.OptionRows(request.POST, prefix="option")
    if "more" in request.POST:
        typed = kind(questions=earlier, when=when, initial=_unjudged(form))
        return typed, _with_more(parts.OptionRows, rows), None
    if not (form.is_valid() and rows.is_valid()):
        return form, rows, None
    taken = {question.key for question in sheet.after.questions}
    key = seat.old["key"] if seat.old else editing.free_value(taken, "q")
    new = form.said(key, parts.options_of(rows))
    return form, rows, {"questions": editing.with_element(listed, seat.at, new)}


def _row(
    request: HttpRequest, sheet: DraftSheet, seat: _Seat, listed: list[dict[str, Any]]
) -> _Made:
    kind = parts.RowForm
    asked = request.POST.get("effect", "") or request.GET.get("effect", "")
    effect = seat.old["effect"] if seat.old else asked
    if effect not in situations.EFFECTS:
        raise Refusal(
            "effect-unknown",
            _("还没有选这一行的结果。"),
            remedy=_("请回到情形对照，先选“增加一行”的结果。"),
        )
    when = sheet.after.situations[seat.at].when if seat.at is not None else ()
    own = {"effect": effect, "draft": sheet.after, "chains": chain_names(), "when": when}
    if request.method != "POST":
        return kind(initial=kind.of(seat.old) if seat.old else {}, **own), None, None
    form = kind(request.POST, **own)
    if not form.is_valid():
        return form, None, None
    return form, None, {"situations": editing.with_element(listed, seat.at, form.said())}


# -- a part as text ------------------------------------------------------------------------------


@an_editor
def paste(request: HttpRequest, sheet: DraftSheet, part: str) -> HttpResponse:
    """Questions or rows as the lines of a pack's table, all at once."""
    if part not in pasted.COLUMNS:
        _known("")
    code = sheet.line.item_code
    if request.method != "POST":
        text = pasted.written(code, part, getattr(sheet.after, part))
        form = PasteForm(initial={"rows": text})
        return _draw(request, sheet, "paste", part, {"form": form, "part": part})
    form = PasteForm(request.POST)
    context = {"form": form, "part": part}
    change = None
    if form.is_valid():
        try:
            change = {part: pasted.read(code, part, form.cleaned_data["rows"])}
        except pasted.Unreadable as error:
            for reason in error.reasons:
                form.add_error("rows", reason)
    if change is None:
        return _draw(request, sheet, "paste", part, context, status=422)
    refusal = _kept(request, sheet, change)
    if refusal is None:
        return redirect("library:part", draft_id=sheet.line.id, part=part)
    return _draw(
        request, sheet, "paste", part, context,
        refusal=refusal, change=change, status=refusal.status,
    )  # fmt: skip
