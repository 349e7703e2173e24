"""Taking in: find the item, then one page for applicant, matter and materials, then the outcome."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import intake as taking
from yichuang.cases import lifecycle, queries, rules
from yichuang.cases.rules import ApplicantFacts, Submission
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import search as catalogue_search
from yichuang.catalogue.queries import ItemGuide
from yichuang.design.context import named
from yichuang.faces.window import bench as benches
from yichuang.faces.window import words
from yichuang.faces.window.bench import Bench
from yichuang.faces.window.intake_forms import CONTENT, Row
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.faces.window.views.elsewhere import settle
from yichuang.files import actions as files
from yichuang.places.queries import outlet_sheet
from yichuang.verdict import Refusal

CHECK = "check"  # the button that only looks: also what Enter presses where scripts do not run
TURN = "turn"  # the answers lead to another item: what was typed of the applicant goes along
WHERE = "where"  # not to be taken in here: the clerk looks up where
SETTLED = ("not_needed", "not_ours")  # the answers end the matter here
CHAINS_OF = 3  # of so many best hits, and as many
KEPT_FOR = 24 * 3600  # seconds that an upload waits for its case


def asks_the_reader(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the page, and only this one, ask the card reader's service on the clerk's own machine."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reader: str = settings.ID_READER_URL
        if not reader:
            return view(request, *args, **kwargs)
        allowed = {"connect-src": ["'self'", reader]}
        return csp_update(allowed)(view)(request, *args, **kwargs)

    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
@asks_the_reader
def intake(request: HttpRequest) -> HttpResponse:
    """GET: the search, or the form of `?item=`. POST: look again, or take the matter in."""
    if request.method == "POST":
        return _posted(request)
    if request.GET.get("item"):
        return _opened(request, request.GET["item"])
    return _search(request)


# --- step 1: which item --------------------------------------------------------------------------


def _search(request: HttpRequest) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    order = authority.order()
    counter = order.outlet(by.outlet_code)
    typed = request.GET.get("q", "").strip()
    if typed:
        found = catalogue_search.search(
            typed,
            on=today,
            limit=10,
            outlet_kind=counter.outlet.kind,
            town_kind=counter.town_kind or "town",
        )
        codes = [hit.code for hit in found]
    else:
        listed = catalogue.outlet_items(outlet_sheet(by.outlet_code), today)
        codes = [line.code for line in listed if line.high_frequency]
    context = {
        "q": typed,
        "hits": [_hit(order, code, today) for code in codes],
        "chains": _chains(codes[:CHAINS_OF], today) if typed else [],
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "window/hits.html", context)
    return page(request, "search", context, order=order)


def _chains(codes: Sequence[str], today: date) -> list[dict[str, str]]:
    """The life events (一件事) that the best hits are part of. 3 SQL."""
    return [
        {"code": chain.code, "name": named(chain.name, chain.name_en)}
        for chain in catalogue.chains(today)
        if any(step.item_code in codes for step in chain.steps)
    ][:CHAINS_OF]


def _hit(order: Order, code: str, today: date) -> dict[str, Any]:
    facts = order.item(code, today)
    return {
        "code": facts.code,
        "name": named(facts.name, facts.name_en),
        "handling": words.HANDLINGS[facts.handling],
        "days": facts.promised_days,
        "materials": sum(material.always for material in facts.materials),
    }


# --- step 2: the page ----------------------------------------------------------------------------


def _opened(request: HttpRequest, code: str) -> HttpResponse:
    guide = catalogue.item_in_force(code, timezone.localdate())
    return _fresh(request, guide)


def _fresh(request: HttpRequest, guide: ItemGuide) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    bench = benches.opened(authority.order(), guide, by, today, key=str(uuid.uuid4()))
    return _sheet(request, bench)


def _sheet(
    request: HttpRequest, bench: Bench, *, earlier: str = "", status: int = 200
) -> HttpResponse:
    context = benches.shown(bench, actor(request), timezone.localdate())
    context |= {"earlier": earlier, "reader": settings.ID_READER_URL}
    return page(request, "intake", context, order=bench.order, status=status)


@require_GET
@at_the_window
def place(request: HttpRequest) -> HttpResponse:
    """A fragment: the villages of the town just chosen, and the ruling for the place."""
    by, today = actor(request), timezone.localdate()
    order = authority.order()
    counter = order.outlet(by.outlet_code)
    town, village = request.GET.get("town", ""), request.GET.get("village", "")
    form = benches.form_for(order, counter, (), town)
    if village not in {code for code, _name in form.fields["village"].choices}:
        village = ""
    initial = {"town": town, "village": village, "collect_at": request.GET.get("collect_at", "")}
    fresh = benches.form_for(order, counter, (), town, initial=initial)
    ruling = benches.ruling_at(order, request.GET.get("item", ""), village or town, by, today)
    context = {"form": fresh, "ruling": ruling, "fragment": True}
    return render(request, "window/place.html", context)


@require_POST
@at_the_window
def look(request: HttpRequest, part: str) -> HttpResponse:
    """A fragment: the exact list after an answer (`situation`) or a number (`who`).

    By POST, so that the number stands in no address and no log.
    """
    by, today = actor(request), timezone.localdate()
    guide = catalogue.item_in_force(request.POST.get("item", ""), today)
    order = authority.order()
    fresh = part == "who"
    bench = benches.posted(request, order, guide, by, today, judged=False, fresh=fresh)
    open_kept(bench.rows, by)
    context = benches.shown(bench, by, today) | {"part": part}
    return render(request, "window/look.html", context)


# --- step 3: the outcome -------------------------------------------------------------------------


def _posted(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), timezone.now()
    today = timezone.localdate(at)
    outcome = request.POST.get("outcome", CHECK)
    turning = outcome == TURN
    guide = catalogue.item_guide(request.POST.get("turn_to" if turning else "item", ""), today)
    order = authority.order()
    judged = outcome in rules.OUTCOMES
    bench = benches.posted(request, order, guide, by, today, judged=judged)
    if turning:
        bench.form.initial |= {"item": guide.code, "key": str(uuid.uuid4())}
        bench.moved = ()
    refused = keep_files(request, bench.rows, by)
    if outcome in SETTLED:
        return settle(request, bench, outcome)
    if outcome == WHERE:
        query = urlencode({"item": guide.code, "place": bench.place})
        return redirect(f"{reverse('window:where')}?{query}")
    if not judged:
        return _sheet(request, bench)
    stopped = _stopped(bench, today)
    if stopped is not None:
        bench.errors += _told(bench, stopped)
    _unsigned(bench)
    if stopped or not bench.form.is_valid() or any(row.error for row in bench.rows):
        status = next((one.status for one in (stopped, refused) if one), 422)
        return _sheet(request, bench, status=status)
    try:
        submission = _submission(bench, outcome)
        _check_twin(bench, submission, by, today)
        receipt = taking.take_in(submission=submission, by=by, at=at)
    except Refusal as refusal:
        bench.errors += _told(bench, refusal)
        reused = bench.form.data["key"] if refusal.code == "idempotency-key-reused" else ""
        return _sheet(request, bench, earlier=reused, status=refusal.status)
    said = {
        lifecycle.ACCEPTED: _("已受理。"),
        lifecycle.RECEIVED: _("已收下，待审查材料。"),
        lifecycle.CORRECTION: _("已收下，并一次性告知补正。"),
    }.get(receipt.state, _("这张表单先前已经收下。"))
    messages.success(request, said)
    return redirect("window:receipt", case_id=receipt.case_id)


def _stopped(bench: Bench, today: date) -> Refusal | None:
    """What has changed since the page was drawn, so that nothing may be taken in by it unseen."""
    if bench.guide.state != "active":
        try:
            bench.order.item(bench.guide.code, today)
        except Refusal as refusal:
            return refusal
    if bench.moved:
        return Refusal(
            "item-version-moved",
            _("这个事项刚刚换了新版本，清单有变化，还没有收下。"),
            remedy=_("变化列在下面，填写的内容都在；请核对后再按一次。"),
            status=409,
        )
    return None


def _unsigned(bench: Bench) -> None:
    """A promise is the applicant's own: nobody signs for them (国办发〔2020〕42号)."""
    for row in bench.rows:
        if row.state == rules.PROMISED and not row.signed:
            row.error = _("请申请人本人在承诺书上签字，再勾选“已签字”。")


def _check_twin(bench: Bench, submission: Submission, by: Actor, today: date) -> None:
    """Refusal "second-case" (409) for a second open case of one person on one item, with who took
    in the first and when; unless it is wanted, or the very same form was sent twice."""
    twin = bench.who.twin
    if twin is None or bench.form.cleaned_data["again"]:
        return
    if taking.replayed(submission.idempotency_key, submission.visible().digest()) is not None:
        return
    first = queries.case_sheet(case_id=twin["id"], actor=by, today=today).timeline[0]
    raise Refusal(
        "second-case",
        _("%(who)s已于%(when)s为此人收下同一事项（%(number)s），还没有办完。")
        % {
            "who": first.author,
            "when": first.at.strftime("%Y-%m-%d %H:%M"),
            "number": twin["number"],
        },
        remedy=_("请先打开那一件核对；确要再收一件，请勾选“确要再收一件”。"),
        status=409,
        field="identity_number",
    )


def _submission(bench: Bench, outcome: str) -> Submission:
    said = bench.form.cleaned_data
    counter = bench.counter.outlet
    content = said.get("content", "")
    return Submission(
        item_code=said["item"],
        place_code=said["village"] or said["town"],
        outlet_code=counter.code,
        applicant=ApplicantFacts(
            said["kind"], said["name"], said["identity"], said["phone"], said["address"]
        ),
        idempotency_key=f"window:{said['key']}",
        materials=tuple(row.entry() for row in bench.rows),
        answers={CONTENT: content} if content else {},
        situation=bench.answers,
        facts=bench.form.facts(),
        on_behalf="enterprise" if said["kind"] == "enterprise" else said["on_behalf"] or "self",
        outcome=outcome,
        delivery=said["delivery"],
        collect_at=said["collect_at"] if said["delivery"] == "collect" else "",
        channel="station" if counter.kind == "station" else "window",
        item_version=bench.guide.version,
    )


def _told(bench: Bench, refusal: Refusal) -> list[dict[str, str]]:
    """The refusal at its field; else as a line of the summary, with its basis."""
    if bench.form.is_bound and bench.form.blame(refusal):
        return []
    text = str(refusal)
    if refusal.basis:
        text = _("%(text)s（依据：%(basis)s）") % {"text": text, "basis": refusal.basis}
    if refusal.code.startswith("situation"):
        return [{"text": text, "href": "#situation" if bench.guide.questions else ""}]
    gaps = [row for row in bench.rows if row.state == rules.MISSING]
    about_materials = refusal.field == "materials" or refusal.code in (
        "materials-missing",
        "nothing-to-correct",
    )
    row = next(iter(gaps or bench.rows), None)
    return [{"text": text, "href": f"#state-{row.position}" if about_materials and row else ""}]


def open_kept(rows: Sequence[Row], by: Actor) -> None:
    """Which file stands behind each token that came back with the form."""
    for row in rows:
        if not row.kept:
            continue
        try:
            row.file_id, row.file_name = signing.loads(row.kept, salt=_salt(by), max_age=KEPT_FOR)
        except signing.BadSignature:
            row.kept = ""
            row.error = _("先前上传的文件已过期，请重新选择。")


def _salt(by: Actor) -> str:
    return f"window.material:{by.person_id}"


def keep_files(request: HttpRequest, rows: Sequence[Row], by: Actor) -> Refusal | None:
    """Store what was attached, row by row; a refused file is said at its row and hinders no other.

    What is stored comes back with the form as a token signed for this person, so that nothing has
    to be chosen twice and nobody can attach what they did not upload.
    """
    last = None
    open_kept(rows, by)
    for row in rows:
        given = request.FILES.get(f"file-{row.position}")
        if given is None:
            continue
        try:
            stored = files.store(
                stream=given.file, name=given.name or "", kind="material", by=by, at=timezone.now()
            )
        except Refusal as refusal:
            row.error, last = str(refusal), refusal
            continue
        row.file_id, row.file_name = str(stored.pk), stored.name
        row.kept = signing.dumps([row.file_id, row.file_name], salt=_salt(by))
        if row.state == rules.MISSING:
            row.state = rules.SUBMITTED
    return last
