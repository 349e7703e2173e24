"""The materials of an application from home: the list, one material, its upload, its promise.

An upload comes in pieces where scripts run (it goes on after a cut or a reload), and whole with the
form where they do not. Both end in the same file.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from yichuang.authority import queries as authority
from yichuang.cases import draft_rules, drafts, promises, rules
from yichuang.cases.draft_rules import Content, Handed
from yichuang.cases.drafts import Opened
from yichuang.catalogue.queries import MaterialSheet
from yichuang.design.context import named
from yichuang.faces.portal import applying, attempts
from yichuang.faces.portal.apply_forms import ChoiceForm, MaterialForm, PromiseForm
from yichuang.faces.portal.page import private
from yichuang.faces.portal.views.apply import (
    address,
    base,
    either,
    opened_here,
    resume_at,
    save,
    shown_page,
)
from yichuang.files import actions as files
from yichuang.files import queries as stored
from yichuang.files.queries import FileSheet
from yichuang.verdict import Refusal

TRIES = 3  # another tab may save between reading and writing
FORMS = {
    "original": gettext_lazy("窗口要看原件，领取时请带上"),
    "copy": gettext_lazy("复印件就可以"),
    "both": gettext_lazy("窗口要看原件，再留一份复印件"),
    "electronic": gettext_lazy("电子件就可以"),
    "fill": gettext_lazy("要填写的表格"),
}


@private
@require_safe
def materials(request: HttpRequest, code: str) -> HttpResponse:
    """The exact list for the answers given, each with how it stands."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED or opened.changes is not None or applying.halted(opened):
        return resume_at(opened)
    found = applying.steps(opened, authority.order())
    shown = {
        "tasks": [_task(opened, material) for material in opened.materials],
        "left": len(applying.open_materials(opened)),
        "next": address(
            opened,
            applying.next_slug(
                found, "materials", returning=request.GET.get("return") == "check", stop=False
            ),
        ),
        "draft": opened.item.materials_draft,
    }
    return shown_page(request, "apply_materials", opened, "materials", shown)


def _task(opened: Opened, material: MaterialSheet) -> dict[str, Any]:
    title = named(material.name, material.name_en)
    hint = named(material.reason, material.reason_en)
    if material.held:
        return {"title": title, "hint": hint, "status": _("不用交，机关能查到"), "kind": "done"}
    if drafts.filled_in(material):
        return {"title": title, "hint": hint, "status": _("不用交，就是您填的内容"), "kind": "done"}
    status, kind = standing(opened, material)
    href = reverse("portal:apply-material", args=[opened.secret, material.seq])
    return {"title": title, "href": href, "hint": hint, "status": status, "kind": kind}


def standing(opened: Opened, material: MaterialSheet) -> tuple[str, str]:
    """How a material stands, in words, and the kind of its status."""
    handed = opened.content.materials.get(material.name)
    if handed is None and applying.spared(opened, material):
        return _("不用交：%(where)s") % {"where": opened.held[material.seq].label}, "done"
    own = applying.own_licence(opened, material)
    if handed is not None and handed.how == draft_rules.WALLET and own is not None:
        return _("同意使用%(licence)s") % {"licence": own.label}, "done"
    gone = handed is not None and handed.how == draft_rules.WALLET
    if handed is None or gone or (handed.how == draft_rules.UPLOAD and not handed.files):
        return _("还没有准备"), "attention"
    if handed.how == draft_rules.UPLOAD:
        count = len(handed.files)
        said = ngettext("已上传 %(n)s 个文件", "已上传 %(n)s 个文件", count) % {"n": count}
        return said, "done"
    if handed.how == draft_rules.LATER:
        return _("%(n)s 个工作日内补交") % {"n": material.later_days}, "waiting"
    if handed.how == draft_rules.PROMISE:
        return _("本人承诺代替"), "done"
    return _("带到窗口交"), "waiting"


def _material(opened: Opened, seq: int) -> MaterialSheet:
    found = next((m for m in opened.materials if m.seq == seq and applying.asked_for(m)), None)
    if found is None:
        raise Refusal(
            "material-unknown",
            _("这份材料不在您的清单里，可能是刚才的回答改变了清单。"),
            remedy=_("请返回材料清单，按最新的清单准备。"),
            status=404,
        )
    return found


def ways(opened: Opened, material: MaterialSheet) -> list[tuple[str, str]]:
    """How else it may come than uploaded now."""
    found = []
    own = applying.own_licence(opened, material)
    if own is not None:
        text = _("同意使用%(licence)s，只用于这次申请") % {"licence": own.label}
        found.append((draft_rules.WALLET, text))
    if material.later_days:
        text = _("先办，受理后 %(n)s 个工作日内补交（容缺）") % {"n": material.later_days}
        found.append((draft_rules.LATER, text))
    if may_promise(opened, material):
        found.append((draft_rules.PROMISE, _("不交这份证明，由本人书面承诺（告知承诺）")))
    found.append((draft_rules.BRING, _("带到窗口交（窗口收到后才算材料齐全）")))
    return found


def may_promise(opened: Opened, material: MaterialSheet) -> bool:
    """Only who applies may promise, nobody on their behalf (国办发〔2020〕42号)."""
    return material.promise == "allowed" and opened.content.on_behalf != rules.OTHER


@private
@either
def material(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """One material: why, what a good one looks like, and the ways to hand it in."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED or opened.changes is not None:
        return resume_at(opened)
    asked = _material(opened, seq)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "remove":
        return _removed(request, opened, asked)
    if act == "upload":
        return _uploaded(request, opened, asked)
    if act == "way":
        form = ChoiceForm(request.POST, label="", choices=ways(opened, asked))
        if not form.is_valid():
            return _shown(request, opened, asked, way=form, status=422)
        way = form.cleaned_data["answer"]
        if way == draft_rules.PROMISE:
            return HttpResponseRedirect(
                reverse("portal:apply-promise", args=[opened.secret, asked.seq])
            )
        change(request, opened, lambda content: _told(content, asked, way))
        return _onward(request, opened)
    return _shown(request, opened, asked)


def _told(content: Content, asked: MaterialSheet, way: str) -> Content:
    """Photos that are there stay until they are taken away: nobody uploads twice by mistake."""
    had = content.materials.get(asked.name)
    return content.with_material(asked.name, Handed(way, had.files if had else ()))


def _onward(request: HttpRequest, opened: Opened) -> HttpResponse:
    """To the next material that is open, else back to the list."""
    now = opened_here(request, opened.secret)
    left = applying.open_materials(now)
    if left:
        return HttpResponseRedirect(
            reverse("portal:apply-material", args=[now.secret, left[0].seq])
        )
    return HttpResponseRedirect(address(now, "materials"))


def _uploaded(request: HttpRequest, opened: Opened, asked: MaterialSheet) -> HttpResponse:
    """A file that came whole with the form."""
    form = MaterialForm(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(request, opened, asked, form=form, status=422)
    chosen = form.cleaned_data["file"] or form.cleaned_data["photo"]
    if chosen is None:
        form.add_error("file", _("请先选择或拍摄要上传的文件。"))
        return _shown(request, opened, asked, form=form, status=422)
    attempts.piece(request)
    try:
        _check_room(opened, asked)
        row = files.store(
            stream=chosen,
            name=chosen.name or "",
            kind="material",
            by=drafts.actor(opened.id, request_id=str(getattr(request, "reference", ""))),
            at=timezone.now(),
        )
        _check_together(opened, asked, row.pk)
    except Refusal as refusal:
        return _shown(request, opened, asked, form=form, refusal=refusal, status=refusal.status)
    change(request, opened, lambda content: _with_file(content, asked, row.pk))
    return _again(opened, asked)


def _again(opened: Opened, asked: MaterialSheet) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:apply-material", args=[opened.secret, asked.seq]))


def _check_room(opened: Opened, asked: MaterialSheet) -> None:
    had = opened.content.materials.get(asked.name)
    if had and len(had.files) >= draft_rules.MOST_FILES:
        raise Refusal(
            "files-too-many",
            _("一份材料最多 %(n)s 个文件。") % {"n": draft_rules.MOST_FILES},
            remedy=_("请先移除不要的，或合成一个 PDF。"),
            field="file",
        )


def _check_together(opened: Opened, asked: MaterialSheet, file_id: uuid.UUID) -> None:
    """Several files of one material are handed in as one PDF, which only photos can become: said
    at once, and the new file goes again. Uploads under way side by side are counted here too."""
    had = opened.content.materials.get(asked.name)
    there = had.files if had else ()
    if not there or str(file_id) in there:
        return
    known = stored.files_of([*there, str(file_id)])
    try:
        _check_room(opened, asked)
        if any(not one.content_type.startswith("image/") for one in known.values()):
            raise Refusal(
                "files-not-together",
                _("一份材料可以是几张照片，也可以是一个 PDF，但不能放在一起。"),
                remedy=_("请先移除已经上传的，再传这一个；或者都拍成照片。"),
                field="file",
            )
    except Refusal:
        files.discard(file_ids=[file_id], at=timezone.now())
        raise


def _with_file(content: Content, asked: MaterialSheet, file_id: uuid.UUID) -> Content:
    had = content.materials.get(asked.name)
    kept = had.files if had else ()
    if str(file_id) in kept:
        return content
    return content.with_material(asked.name, Handed(draft_rules.UPLOAD, (*kept, str(file_id))))


def _removed(request: HttpRequest, opened: Opened, asked: MaterialSheet) -> HttpResponse:
    wanted = request.POST.get("file", "")
    had = opened.content.materials.get(asked.name)
    if had and wanted in had.files:
        change(request, opened, lambda content: _without_file(content, asked, wanted))
        files.discard(file_ids=[uuid.UUID(wanted)], at=timezone.now())
    return _again(opened, asked)


def _without_file(content: Content, asked: MaterialSheet, wanted: str) -> Content:
    had = content.materials[asked.name]
    left = tuple(each for each in had.files if each != wanted)
    return content.with_material(asked.name, replace(had, files=left))


def change(request: HttpRequest, opened: Opened, keep: Callable[[Content], Content]) -> None:
    """Save a change that no other tab's answer can contradict: read anew and tried again."""
    for _turn in range(TRIES - 1):
        try:
            save(request, opened, keep(base(opened)))
            return
        except Refusal as refusal:
            if refusal.code != "draft-moved-on":
                raise
            opened = opened_here(request, opened.secret)
    save(request, opened, keep(base(opened)))


def _shown(
    request: HttpRequest,
    opened: Opened,
    asked: MaterialSheet,
    *,
    form: MaterialForm | None = None,
    way: ChoiceForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    handed = opened.content.materials.get(asked.name)
    known = stored.files_of(handed.files if handed else ())
    here: list[FileSheet] = [
        known[each] for each in (handed.files if handed else ()) if each in known
    ]
    chosen = handed.how if handed and handed.how != draft_rules.UPLOAD else ""
    pairs = [part.partition("=") for part in asked.sample.split("；")]
    as_fields = asked.kind in ("form", "statement") and all(sign for _k, sign, _v in pairs)
    left = [m for m in applying.open_materials(opened) if m.seq != asked.seq]
    shown = {
        "material": asked,
        "own": applying.own_licence(opened, asked),
        "name": named(asked.name, asked.name_en),
        "reason": named(asked.reason, asked.reason_en),
        "form_words": FORMS.get(asked.form, ""),
        "fields": [{"key": k, "value": v} for k, _sign, v in pairs] if as_fields else [],
        "basis": asked.basis or opened.item.basis,
        "confirmed": asked.basis_confirmed if asked.basis else opened.item.basis_confirmed,
        "form": form or MaterialForm(),
        "way": way
        or ChoiceForm(
            label=_("现在交不了，您打算怎么办？"),
            choices=ways(opened, asked),
            initial={"answer": chosen},
        ),
        "chosen": chosen,
        "standing": standing(opened, asked),
        "files": here,
        "refusal": refusal,
        "uploads": reverse("portal:apply-uploads", args=[opened.secret, asked.seq]),
        "next": reverse("portal:apply-material", args=[opened.secret, left[0].seq]) if left else "",
        "list": address(opened, "materials"),
    }
    return shown_page(request, "apply_material", opened, "materials", shown, status=status)


@private
@either
def promise(request: HttpRequest, code: str, seq: int) -> HttpResponse:
    """告知承诺: what is told, in full, and the applicant's own tick."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED or opened.changes is not None:
        return resume_at(opened)
    asked = _material(opened, seq)
    if not may_promise(opened, asked):
        return _again(opened, asked)
    form = PromiseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        change(request, opened, lambda content: _told(content, asked, draft_rules.PROMISE))
        return _onward(request, opened)
    shown = {
        "material": asked,
        "name": named(asked.name, asked.name_en),
        "told": promises.told(opened.item, asked).lines,
        "form": form,
        "back": reverse("portal:apply-material", args=[opened.secret, asked.seq]),
    }
    status = 422 if form.is_bound else 200
    return shown_page(request, "apply_promise", opened, "materials", shown, status=status)


@private
@require_safe
def file(request: HttpRequest, code: str, file_id: uuid.UUID) -> HttpResponseBase:
    """A file of this draft and no other, to be looked at again."""
    opened = opened_here(request, code)
    if str(file_id) not in opened.content.files:
        raise Refusal(
            "file-unknown",
            _("没有找到这个文件。"),
            remedy=_("请返回材料页面看看它是否还在。"),
            status=404,
        )
    sheet, handle = stored.open_file(file_id)
    picture = sheet.content_type.startswith("image/")
    return FileResponse(
        handle, as_attachment=not picture, filename=sheet.name, content_type=sheet.content_type
    )


# -- in pieces ------------------------------------------------------------------------------------


def _spoken(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Refusals as JSON, for the script that sends the pieces."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            said: Mapping[str, Any] = {
                "code": refusal.code,
                "message": str(refusal.message),
                "remedy": str(refusal.remedy),
            }
            return JsonResponse({**said, **refusal.detail}, status=refusal.status)

    return told


@private
@require_POST
@_spoken
def begin_upload(request: HttpRequest, code: str, seq: int) -> JsonResponse:
    """{name, size} → {id, received}."""
    attempts.piece(request)
    opened = opened_here(request, code)
    asked = _material(opened, seq)
    _check_room(opened, asked)
    name, size = _announced(request)
    upload = files.begin_upload(
        owner=drafts.device(opened.id), name=name, size=size, kind="material", at=timezone.now()
    )
    return JsonResponse({"id": str(upload.pk), "received": 0})


def _announced(request: HttpRequest) -> tuple[str, int]:
    try:
        said = json.loads(request.body)
        return str(said["name"]), int(said["size"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Refusal(
            "upload-unclear",
            _("没有说清要上传什么。"),
            remedy=_("请刷新页面后重新选择文件。"),
            status=400,
        ) from None


@private
@_spoken
def piece(request: HttpRequest, code: str, seq: int, upload_id: uuid.UUID) -> JsonResponse:
    """GET: {name, size, received}. POST with ?offset=n and the bytes: {received}."""
    opened = opened_here(request, code)
    owner = drafts.device(opened.id)
    if request.method != "POST":
        name, size, received = stored.upload(upload_id, owner)
        return JsonResponse({"name": name, "size": size, "received": received})
    attempts.piece(request)
    offset = request.GET.get("offset", "")
    received = files.append(
        upload_id=upload_id,
        owner=owner,
        offset=int(offset) if offset.isascii() and offset.isdecimal() else -1,
        stream=request,
    )
    return JsonResponse({"received": received})


@private
@require_POST
@_spoken
def finish_upload(request: HttpRequest, code: str, seq: int, upload_id: uuid.UUID) -> JsonResponse:
    """All pieces are there: the file is examined, kept, and belongs to the material. → {next}."""
    opened = opened_here(request, code)
    asked = _material(opened, seq)
    row = files.finish(
        upload_id=upload_id,
        owner=drafts.device(opened.id),
        by=drafts.actor(opened.id, request_id=str(getattr(request, "reference", ""))),
        at=timezone.now(),
    )
    _check_together(opened, asked, row.pk)
    change(request, opened, lambda content: _with_file(content, asked, row.pk))
    return JsonResponse({"next": reverse("portal:apply-material", args=[opened.secret, asked.seq])})
