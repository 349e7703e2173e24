"""Applying from home: begin, one question a page, resume by the link. Every answer is kept as it is
given; nothing of it stands in an address or in the session.

A page that was answered in two tabs is guarded by a digest of what it showed: the later one is told
and keeps what was typed, and pressing again saves it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass, replace
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from yichuang.accounts import roles, sessions, vault
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import draft_items, draft_rules, drafts
from yichuang.cases.draft_rules import Content
from yichuang.cases.drafts import Opened
from yichuang.catalogue import queries as catalogue
from yichuang.design.context import named
from yichuang.faces.portal import applying, attempts
from yichuang.faces.portal.page import page, private
from yichuang.faces.portal.views.apply_questions import ASKS, Asked
from yichuang.verdict import Refusal

either = require_http_methods(["GET", "HEAD", "POST"])
RETURN = "return"  # ?return=check: changed from the last look, go back there


# -- beginning and coming back --------------------------------------------------------------------


@private
@either
def start(request: HttpRequest, code: str) -> HttpResponse:
    """What applying takes, and the button that begins it. Answers given in the guide
    (`s.…`) are taken along."""
    at = timezone.now()
    today = timezone.localdate(at)
    item = catalogue.item_guide(code, today)
    order = authority.order()
    allowed = draft_items.may_apply(order, code, today)
    sent = request.POST if request.method == "POST" else request.GET
    given = {q.key: sent.get(f"s.{q.key}", "") for q in item.questions}
    content = draft_rules.fit(Content(situation={k: v for k, v in given.items() if v}), item)
    if request.method == "POST" and allowed:
        attempts.begun(request)
        begun = drafts.begin(item_code=code, at=at, content=content)
        return HttpResponseRedirect(reverse("portal:apply-step", args=[begun.secret, "who"]))
    shown = {
        "item": item,
        "allowed": allowed,
        "given": [(f"s.{key}", value) for key, value in content.situation.items()],
        "units": applying.UNITS in item.objects or not item.objects,
        "people": applying.PEOPLE in item.objects or not item.objects,
        "asked": len(item.questions) + len(applying.fact_pages(item.facts)) + 6,
        "materials": [m for m in item.exact(content.situation) if applying.asked_for(m)],
    }
    status = 409 if request.method == "POST" else 200
    return page(request, "apply_start", shown, status=status)


def opened_here(request: HttpRequest, code: str) -> Opened:
    """The draft behind an address; wrong ones are counted. Refusals as drafts.opened."""
    with attempts.wrong_codes(request, "apply"):
        return drafts.opened(secret=code, on=timezone.localdate(), by=resident(request))


def resident(request: HttpRequest) -> Actor | None:
    """The signed-in resident, if it is one."""
    who = sessions.actor_of(request, timezone.now())
    return who if who is not None and who.role == roles.RESIDENT else None


@private
@require_safe
def resume(request: HttpRequest, code: str) -> HttpResponse:
    """The link by itself: on to the first page with something open."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED:
        return HttpResponseRedirect(address(opened, "done"))
    if opened.changes is not None:
        return HttpResponseRedirect(reverse("portal:apply-changes", args=[opened.secret]))
    if applying.halted(opened):
        return HttpResponseRedirect(address(opened, "stop"))
    return HttpResponseRedirect(
        address(opened, applying.first_open(applying.steps(opened, authority.order())))
    )


@private
@require_safe
def link(request: HttpRequest, code: str) -> HttpResponse:
    """The link by which the application is taken up again, here or on another device."""
    opened = opened_here(request, code)
    whole = settings.PUBLIC_URL + reverse("portal:apply-resume", args=[opened.secret])
    qr = segno.make(whole, error="m").svg_data_uri(scale=4, border=2)
    return shown_page(request, "apply_link", opened, "", {"whole": whole, "qr": qr})


@private
@either
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Giving up, after asking once more."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED:  # too late: that is a case now, and is withdrawn as one
        return HttpResponseRedirect(address(opened, "done"))
    if request.method != "POST":
        return shown_page(request, "apply_drop", opened, "", {})
    drafts.drop(draft_id=opened.id, at=timezone.now())
    return page(request, "apply_dropped", {"item": opened.item})


@private
@either
def changes(request: HttpRequest, code: str) -> HttpResponse:
    """What a new version of the item changed; by POST the applicant has taken note of it."""
    opened = opened_here(request, code)
    if opened.changes is not None and request.method != "POST":
        return shown_page(request, "apply_changes", opened, "", {"changes": opened.changes})
    if opened.changes is not None:
        save(request, opened, opened.content, version_id=opened.item.version_id)
    return resume_at(opened)


def resume_at(opened: Opened) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:apply-resume", args=[opened.secret]))


# -- one question ---------------------------------------------------------------------------------


@private
@either
@sensitive_post_parameters()
def step(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """One page of the application: shown by GET, kept by POST. At most 12 SQL."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED:
        return HttpResponseRedirect(address(opened, "done"))
    posted = request.method == "POST"
    if opened.changes is not None and not posted:
        return HttpResponseRedirect(reverse("portal:apply-changes", args=[opened.secret]))
    order = authority.order()
    kind, _dash, key = slug.partition("-")
    ask = ASKS.get(kind)
    asked = ask(opened, key, request.POST if posted else None, order) if ask else None
    if asked is None:  # a question that the present answers do not lead to
        return resume_at(opened)
    if not posted:
        return _shown(request, opened, slug, asked)
    if not asked.form.is_valid():
        return _shown(request, opened, slug, asked, status=422)
    content = asked.keep(base(opened), asked.form.cleaned_data)
    nowhere = _nowhere(order, opened, content) if kind in ("town", "village") else None
    if nowhere is not None:
        return _shown(request, opened, slug, asked, refusal=nowhere, status=nowhere.status)
    try:
        guard(request, opened, asked.part, content)
        if content != base(opened):
            save(request, opened, content)
    except Refusal as refusal:
        if refusal.code != "draft-moved-on":
            raise
        return _shown(request, opened_here(request, code), slug, asked, refusal=refusal, status=409)
    if opened.changes is not None:
        return HttpResponseRedirect(reverse("portal:apply-changes", args=[opened.secret]))
    opened = replace(opened, content=content)
    after = applying.next_slug(
        applying.steps(opened, order),
        slug,
        returning=request.GET.get(RETURN) == "check",
        stop=applying.halted(opened),
    )
    return HttpResponseRedirect(address(opened, after, request.GET.get(RETURN, "")))


def _nowhere(order: Order, opened: Opened, content: Content) -> Refusal | None:
    """That no window takes this item in for the place just named; the answer is not kept."""
    today, place = timezone.localdate(), content.place or content.town
    try:
        draft_items.may_file_for(order, opened.item, place, today).enforce(status=409)
    except Refusal as refusal:
        return refusal
    return None


def base(opened: Opened) -> Content:
    """What an answer is added to. Until the applicant knows of a new version, nothing that the
    earlier one asked is thrown away: the page that tells of it counts it."""
    return opened.kept if opened.changes is not None else opened.content


def guard(
    request: HttpRequest, opened: Opened, part: Callable[[Content], object], wanted: Content
) -> None:
    """Refusal "draft-moved-on" if this page's own part was changed since the page was drawn, and to
    something else than what is wanted now (the same form sent twice does no harm)."""
    was = request.POST.get("was", "")
    unchanged = not was or was == digest(part(opened.content))
    if not unchanged and part(wanted) != part(opened.content):
        raise drafts.moved_on()


def digest(part: object) -> str:
    """Tells whether a page's part is what it was; keyed, so it gives nothing away."""
    text = json.dumps(part, default=_plain, ensure_ascii=False, sort_keys=True)
    return vault.blind_index(text, kind="draft-page").hex()[:20]


def _plain(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def save(
    request: HttpRequest, opened: Opened, content: Content, *, version_id: int | None = None
) -> int:
    """Keep the content; a signed-in resident's draft becomes theirs."""
    who = resident(request)
    return drafts.save(
        draft_id=opened.id,
        seq=opened.seq,
        content=content,
        at=timezone.now(),
        owner=who.person_id if who is not None and opened.owner is None else None,
        version_id=version_id,
    )


def _shown(
    request: HttpRequest,
    opened: Opened,
    slug: str,
    asked: Asked,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = {
        "title": asked.title,
        "form": asked.form,
        "refusal": refusal,
        "was": digest(asked.part(opened.content)),
        **asked.more,
    }
    return shown_page(request, asked.template, opened, slug, shown, status=status)


def shown_page(
    request: HttpRequest,
    name: str,
    opened: Opened,
    slug: str,
    shown: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the application with what all of them show: where one is, and what happened to the
    item meanwhile."""
    found = applying.steps(opened, authority.order())
    number, count = applying.position(found, slug)
    before = applying.previous_slug(found, slug) if slug else ""
    returning = request.GET.get(RETURN) == "check"
    frame = {
        "opened": opened,
        "item": opened.item,
        "number": number if slug else 0,
        "count": count,
        "before": address(opened, "check" if returning else before) if before or returning else "",
        "returning": returning,
    }
    return page(request, name, {**frame, **shown}, status=status)


def address(opened: Opened, slug: str, returning: str = "") -> str:
    where = reverse("portal:apply-step", args=[opened.secret, slug])
    return f"{where}?{RETURN}=check" if returning == "check" and slug != "check" else where


@private
@require_safe
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """The answers lead no further: they contradict each other, or another way is right. Nothing is
    lost; each answer can be changed."""
    opened = opened_here(request, code)
    if opened.state == drafts.FILED or not applying.halted(opened):
        return resume_at(opened)
    outcome = opened.outcome
    conflicts, verdict = outcome.of("conflict"), outcome.verdict
    other = ""
    if verdict is not None and verdict.value.startswith("other:") and not conflicts:
        other = verdict.value.partition(":")[2]
    rows = conflicts or ([verdict] if verdict else [])
    keys = {key for row in rows for key, _values in row.when}
    shown = {
        "conflict": bool(conflicts),
        "rows": [(named(row.text, row.text_en), row.basis) for row in rows],
        "other": other,
        "answers": answer_rows(opened, only=keys),
    }
    return shown_page(request, "apply_stop", opened, "", shown)


def answer_rows(opened: Opened, *, only: set[str] | None = None) -> list[dict[str, Any]]:
    """The situation as answered, each with a link that changes it and returns."""
    rows = []
    for question in opened.item.questions:
        value = opened.content.situation.get(question.key)
        if value is None or (only is not None and question.key not in only):
            continue
        labels = {o.value: named(o.label, o.label_en) for o in question.options}
        rows.append(
            row(
                opened,
                named(question.ask, question.ask_en),
                labels.get(value, value),
                f"q-{question.key}",
            )
        )
    return rows


def row(opened: Opened, key: str, value: str, slug: str) -> dict[str, Any]:
    """One line of the last look: what was asked, what was answered, and how to change it."""
    changed = {"text": _("修改"), "href": address(opened, slug, "check"), "hidden": key}
    return {"key": key, "value": value, "actions": [changed]}
