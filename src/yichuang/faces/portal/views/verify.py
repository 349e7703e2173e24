"""Whether a paper somebody holds is the one that was issued: by its code, or by its file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yichuang.documents import standing, verify
from yichuang.documents.queries import PublicFacts
from yichuang.faces.portal import attempts
from yichuang.faces.portal.forms import CodeForm, FileForm
from yichuang.faces.portal.page import page, private
from yichuang.licences import queries as licences
from yichuang.verdict import Refusal

LABEL = gettext_lazy("核验码")
HINT = gettext_lazy("印在文书左下角的 26 位字母和数字，大小写、横线都不要紧。")


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Where to type the code or choose the file; a right code leads on."""
    form = _codes(request.GET if "code" in request.GET else None)
    refusal = None
    if form.is_valid():
        try:
            with attempts.wrong_codes(request, "verify"):
                found = verify.verify_code(form.cleaned_data["code"])
            return HttpResponseRedirect(reverse("portal:verified", args=[found.verify_code]))
        except Refusal as problem:
            refusal = problem
    return _page(request, form, FileForm(), refusal)


@private
@require_safe
def paper(request: HttpRequest, code: str) -> HttpResponse:
    """What was issued under this code, to be compared with the paper in hand."""
    with attempts.wrong_codes(request, "verify"):
        facts = verify.verify_code(code)
    return page(request, "verified", {"facts": facts, **_standing(facts)})


@private
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """Examines an uploaded file and forgets it."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("portal:verify"))
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, _codes(None), form)
    attempts.upload(request)
    # one byte beyond the limit is enough to know that it is too large
    found = verify.verify_bytes(form.cleaned_data["file"].read(verify.MAX_BYTES + 1))
    shown = {"found": found, "facts": found.facts, **_standing(found.facts)}
    return page(request, "verified_file", shown)


def _standing(facts: PublicFacts | None) -> dict[str, Any]:
    """What the paper rested on and what became of it, as of today; of a licence, how it stands."""
    today = timezone.localdate()
    return {
        "standing": facts and standing.standing_of(facts.number, on=today),
        "licence": facts and licences.standing_by_number(facts.number, on=today),
    }


def _codes(data: object) -> CodeForm:
    return CodeForm(data, label=LABEL, hint=HINT)


def _page(
    request: HttpRequest, codes: CodeForm, files: FileForm, refusal: Refusal | None = None
) -> HttpResponse:
    wrong = next((form for form in (codes, files) if form.is_bound and not form.is_valid()), None)
    status = refusal.status if refusal else 422 if wrong else 200
    shown = {
        "codes": codes,
        "files": files,
        "wrong": wrong or (codes if refusal else None),
        "refusal": refusal,
    }
    return page(request, "verify", shown, status=status)
