"""Rating a finished matter: a grade, then what about it. Once, by whoever holds the code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from yichuang.accounts import roles, sessions
from yichuang.accounts.actor import Actor
from yichuang.cases import queries as cases
from yichuang.faces.portal import attempts, progress
from yichuang.faces.portal.forms import GradeForm
from yichuang.faces.portal.page import page, private
from yichuang.oversight import actions
from yichuang.oversight import queries as ratings
from yichuang.oversight.rules import GRADES, OPTIONS, RatingDraft
from yichuang.verdict import Refusal


@private
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """First the five grades, then (`grade` chosen) its options and words; afterwards what was given."""
    at = timezone.now()
    with attempts.wrong_codes(request, "track"):
        case = cases.tracked(code=code, today=timezone.localdate(at))
    given = ratings.rating_of(case.id)
    posted = request.method == "POST"
    if given is not None and not posted:
        return page(request, "rated", {"case": case, "rating": given})
    if not posted:
        progress.may_rate(case, timezone.localdate(at)).enforce(status=409)
    grade = (request.POST if posted else request.GET).get("grade", "")
    if grade not in GRADES:
        return page(request, "rate", {"case": case, "grades": GRADES.items()})
    form = GradeForm(request.POST if posted else None, options=OPTIONS[grade])
    shown = {
        "case": case,
        "grade": grade,
        "grade_name": GRADES[grade],
        "form": form,
        "refusal": None,
    }
    if not form.is_valid():
        return page(request, "rate_more", shown, status=422 if form.is_bound else 200)
    who = _rater(request)
    if who is None:
        return sessions.to_sign_in(request)
    draft = RatingDraft(grade, tuple(form.cleaned_data["options"]), form.cleaned_data["text"])
    try:
        actions.rate(code=code, draft=draft, channel="code", by=who, at=at)
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return page(request, "rate_more", shown | {"refusal": refusal}, status=422)
    return HttpResponseRedirect(reverse("portal:rate", args=[case.tracking_code]))


def _rater(request: HttpRequest) -> Actor | None:
    """Whoever is signed in, else the bearer of the code; None for staff still signing in."""
    at = timezone.now()
    actor = sessions.actor_of(request, at)
    if actor is not None:
        return actor
    if sessions.user_of(request, at) is not None:
        return None
    reference = str(getattr(request, "reference", ""))
    return Actor(None, "持码人", roles.RESIDENT, channel="web", request_id=reference)
