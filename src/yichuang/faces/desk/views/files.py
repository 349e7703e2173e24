"""Papers and materials of a case, opened in the browser under a policy of their own.

An upload is a stranger's file: it is shown sandboxed, with a type that was judged by its content,
and may neither run nor load anything.
"""

from __future__ import annotations

import uuid
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yichuang.cases.queries import MaterialRow
from yichuang.documents import ofd
from yichuang.documents.queries import PaperSheet
from yichuang.faces.desk.page import at_the_desk, page
from yichuang.faces.desk.views.case import seen
from yichuang.files import queries as files
from yichuang.files.rules import IMAGES
from yichuang.verdict import Refusal

# The whole policy of such an answer: the site's own is for pages, and is not added to it. A viewer
# built into the browser styles itself inline.
OURS = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
STRANGE = f"{OURS}; sandbox"


@require_safe
@at_the_desk
def paper(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> HttpResponseBase:
    """A sealed paper of this case and no other."""
    file_id, _paper = _sealed(request, case_id, paper_id)
    return _shown(file_id, OURS, download="download" in request.GET)


@require_safe
@at_the_desk
def paper_as_ofd(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> HttpResponse:
    """The same paper in the layout of GB/T 33190, without its signature: an experiment."""
    file_id, found = _sealed(request, case_id, paper_id)
    _sheet, handle = files.open_file(file_id)
    with handle:
        made = ofd.ofd_of(
            handle.read(), title=found.title, document_id=paper_id.hex, at=found.created_at
        )
    response = HttpResponse(made, content_type=ofd.MEDIA_TYPE)
    name = quote(f"{found.title} {found.number}.ofd")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _sealed(
    request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID
) -> tuple[uuid.UUID, PaperSheet]:
    """The file of a sealed paper of this case; Refusal "paper-unknown", "paper-not-sealed"."""
    found = next((one for one in seen(request, case_id).papers if one.id == paper_id), None)
    if found is None:
        raise Refusal(
            "paper-unknown",
            _("这个办件没有这份文书。"),
            remedy=_("请回到办件页面，从文书列表里打开。"),
            status=404,
        )
    if found.file_id is None:
        raise Refusal(
            "paper-not-sealed",
            _("这份文书还没有签章，暂时不能打开。"),
            remedy=_("一般几秒钟就好，请回到办件页面稍后再试；一直打不开请联系运维。"),
            status=409,
        )
    return found.file_id, found


@require_safe
@at_the_desk
def material(request: HttpRequest, case_id: uuid.UUID, position: int) -> HttpResponse:
    """A page that shows one material beside its name, with the way to the ones around it."""
    sheet = seen(request, case_id)
    file_id = _file_of(sheet.materials, position)
    with_files = [one.position for one in sheet.materials if one.file_id]
    place = with_files.index(position)
    facts = files.file(file_id)
    context = {
        "case": sheet,
        "row": next(one for one in sheet.materials if one.position == position),
        "file": facts,
        "is_image": facts.content_type in IMAGES,
        "previous": with_files[place - 1] if place else None,
        "following": with_files[place + 1] if place + 1 < len(with_files) else None,
    }
    return page(request, "material", context)


@require_safe
@at_the_desk
def upload(request: HttpRequest, case_id: uuid.UUID, position: int) -> HttpResponseBase:
    """The file of one material as it was handed in."""
    file_id = _file_of(seen(request, case_id).materials, position)
    return _shown(file_id, STRANGE, download="download" in request.GET)


def _file_of(materials: tuple[MaterialRow, ...], position: int) -> uuid.UUID:
    row = next((one for one in materials if one.position == position), None)
    if row is None or row.file_id is None:
        raise Refusal(
            "file-unknown",
            _("这项材料没有电子件。"),
            remedy=_("请回到办件页面；需要电子件的，请收件窗口补扫。"),
            status=404,
        )
    return row.file_id


def _shown(file_id: uuid.UUID, policy: str, *, download: bool) -> FileResponse:
    sheet, handle = files.open_file(file_id)
    response = FileResponse(
        handle, as_attachment=download, filename=sheet.name, content_type=sheet.content_type
    )
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    return response
