"""Taking in: find the item, then one page for applicant, matter and materials, then the outcome."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import resident_number
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order, OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.cases import intake as taking
from yichuang.cases import lifecycle, queries, rules
from yichuang.cases.rules import ApplicantFacts, Submission
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import search as catalogue_search
from yichuang.catalogue.queries import ItemGuide
from yichuang.faces.window import words
from yichuang.faces.window.forms import CONTENT, IntakeForm, Row, checked_identity, checklist
from yichuang.faces.window.page import actor, at_the_window, named, page
from yichuang.files import actions as files
from yichuang.places.queries import outlet_sheet
from yichuang.verdict import Refusal

CHECK = "check"  # the button that only looks: also what Enter presses where scripts do not run
KEPT_FOR = 24 * 3600  # seconds that an upload waits for its case


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
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
    context = {"q": typed, "hits": [_hit(order, code, today) for code in codes]}
    if request.headers.get("HX-Request") == "true":
        return render(request, "window/hits.html", context)
    return page(request, "search", context, order=order)


def _hit(order: Order, code: str, today: date) -> dict[str, Any]:
    facts = order.item(code, today)
    return {
        "code": facts.code,
        "name": named(facts.name, facts.name_en),
        "handling": words.HANDLINGS[facts.handling],
        "days": facts.promised_days,
        "materials": len(facts.materials),
    }


# --- step 2: the page ----------------------------------------------------------------------------


def _opened(request: HttpRequest, code: str) -> HttpResponse:
    by, today = actor(request), timezone.localdate()
    order = authority.order()
    guide = catalogue.item_in_force(code, today)
    counter = order.outlet(by.outlet_code)
    only_units = guide.objects == ("法人",)
    town = counter.outlet.town_code
    village = counter.division_code if counter.division_code != town else ""
    form = _form(
        order,
        counter,
        town,
        initial={
            "item": guide.code,
            "key": str(uuid.uuid4()),
            "kind": "enterprise" if only_units else "person",
            "town": town,
            "village": village,
            "delivery": "collect",
        },
    )
    return _sheet(request, order, guide, form, checklist(guide.materials), town, village)


def _form(
    order: Order, counter: OutletFacts, town: str, data: Any = None, **more: Any
) -> IntakeForm:
    towns, villages = places_to_choose(order, counter, town)
    return IntakeForm(data, towns=towns, villages=villages, **more)


def places_to_choose(
    order: Order, counter: OutletFacts, town: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(code, name) of the county's towns, and of one town's villages; from memory."""
    county = counter.division_code[:6]
    towns, villages = [], []
    for code, place in sorted(order.places.items()):
        if not code.startswith(county) or not place.town_code:
            continue
        if code == place.town_code:
            towns.append((code, place.name))
        elif place.town_code == town:
            villages.append((code, place.name.removeprefix(place.town_name)))
    return towns, villages


def _sheet(
    request: HttpRequest,
    order: Order,
    guide: ItemGuide,
    form: IntakeForm,
    rows: Sequence[Row],
    town: str,
    village: str,
    *,
    identity: dict[str, Any] | None = None,
    errors: Sequence[dict[str, str]] = (),
    earlier: str = "",
    status: int = 200,
) -> HttpResponse:
    by = actor(request)
    context = {
        "guide": guide,
        "item_name": named(guide.name, guide.name_en),
        "handling": words.HANDLINGS[guide.handling],
        "form": form,
        "rows": rows,
        "missing": sum(row.state == rules.MISSING for row in rows),
        "ruling": ruling_at(order, guide.code, village or town, by, timezone.localdate()),
        "identity": identity,
        "errors": [
            *({"text": row.error, "href": f"#state-{row.position}"} for row in rows if row.error),
            *errors,
        ],
        "earlier": earlier,
        "forwards_only": by.role == roles.VILLAGE,
        "keys": keys(by),
    }
    return page(request, "intake", context, order=order, status=status)


def keys(by: Actor) -> list[tuple[str, str]]:
    """The keys of the page, for its foot."""
    if by.role == roles.VILLAGE:
        outcomes = [("F9", _("收下待查"))]
    else:
        outcomes = [("F9", _("受理")), ("Shift+F9", _("一次性补正")), ("F10", _("收下待查"))]
    return [
        ("F4", _("读身份证")),
        ("Enter", _("下一项")),
        ("F7", _("全部已交")),
        *outcomes,
        ("?", _("快捷键")),
    ]


def ruling_at(order: Order, item: str, place: str, by: Actor, today: date) -> Ruling | None:
    """The ruling for the place chosen so far; None while none is."""
    if not place:
        return None
    try:
        return order.ruling(item, place, by.outlet_code, today)
    except Refusal as refusal:
        return Ruling(
            allowed=False,
            reason=str(refusal.message),
            remedy=str(refusal.remedy),
            basis=str(refusal.basis),
        )


@require_GET
@at_the_window
def place(request: HttpRequest) -> HttpResponse:
    """A fragment: the villages of the town just chosen, and the ruling for the place."""
    by, today = actor(request), timezone.localdate()
    order = authority.order()
    counter = order.outlet(by.outlet_code)
    town = request.GET.get("town", "")
    form = _form(order, counter, town, {"town": town, "village": request.GET.get("village", "")})
    known = {code for code, _name in form.fields["village"].choices}
    village = form.data["village"] if form.data["village"] in known else ""
    fresh = _form(order, counter, town, initial={"town": town, "village": village})
    ruling = ruling_at(order, request.GET.get("item", ""), village or town, by, today)
    return render(request, "window/place.html", {"form": fresh, "ruling": ruling})


@require_POST
@at_the_window
def check(request: HttpRequest) -> HttpResponse:
    """A fragment: what is right or wrong with the number just typed, and the person's own cases.

    By POST, so that the number stands in no address and no log.
    """
    facts = looked_at(
        request.POST.get("kind", "person"), request.POST.get("identity", ""), actor(request)
    )
    return render(request, "window/identity.html", {"identity": facts})


def looked_at(kind: str, typed: str, by: Actor) -> dict[str, Any] | None:
    """Of a typed number: the refusal, or what it says of its holder and their cases here."""
    if not typed.strip():
        return None
    try:
        number = checked_identity(kind, typed)
    except Refusal as refusal:
        return {"refusal": refusal}
    person = resident_number(number) if kind == "person" else None
    index = vault.blind_index(number, kind="identity" if person else "credit-code")
    return {
        "birth": person.birth if person else None,
        "sex": {"male": _("男"), "female": _("女")}[person.sex] if person else "",
        "cases": [
            {"number": number, "item": item, "state": words.state(state), "id": case_id}
            for case_id, number, item, state in queries.similar(identity_index=index, actor=by)
        ],
    }


# --- step 3: the outcome -------------------------------------------------------------------------


def _posted(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), timezone.now()
    today = timezone.localdate(at)
    order = authority.order()
    guide = catalogue.item_in_force(request.POST.get("item", ""), today)
    counter = order.outlet(by.outlet_code)
    town = request.POST.get("town", "")
    form = _form(order, counter, town, request.POST)
    village = request.POST.get("village", "")
    if village not in {code for code, _name in form.fields["village"].choices}:
        # the town was changed where scripts do not run: its villages are offered now
        form = _form(order, counter, town, {**request.POST.dict(), "village": ""})
        village = ""
    rows = checklist(guide.materials, request)
    refused = _keep_files(request, rows, by)
    identity = looked_at(request.POST.get("kind", ""), request.POST.get("identity", ""), by)
    look = {"identity": identity}
    outcome = request.POST.get("outcome", CHECK)
    if outcome == CHECK:
        form = _form(order, counter, town, initial={**request.POST.dict(), "village": village})
        return _sheet(request, order, guide, form, rows, town, village, **look)
    if identity and "refusal" in identity:
        look = {}  # said at the field already
    if not form.is_valid() or any(row.error for row in rows):
        status = refused.status if refused else 422
        return _sheet(request, order, guide, form, rows, town, village, status=status, **look)
    try:
        receipt = taking.take_in(submission=_submission(form, rows, counter, outcome), by=by, at=at)
    except Refusal as refusal:
        told = _told(form, rows, refusal)
        reused = form.data["key"] if refusal.code == "idempotency-key-reused" else ""
        return _sheet(
            request,
            order,
            guide,
            form,
            rows,
            town,
            village,
            errors=told,
            earlier=reused,
            status=refusal.status,
            **look,
        )
    said = {
        lifecycle.ACCEPTED: _("已受理。"),
        lifecycle.RECEIVED: _("已收下，待审查材料。"),
        lifecycle.CORRECTION: _("已收下，并一次性告知补正。"),
    }[receipt.state]
    messages.success(request, said)
    return redirect("window:receipt", case_id=receipt.case_id)


def _submission(
    form: IntakeForm, rows: Sequence[Row], counter: OutletFacts, outcome: str
) -> Submission:
    said = form.cleaned_data
    return Submission(
        item_code=said["item"],
        place_code=said["village"] or said["town"],
        outlet_code=counter.outlet.code,
        applicant=ApplicantFacts(
            said["kind"], said["name"], said["identity"], said["phone"], said["address"]
        ),
        idempotency_key=f"window:{said['key']}",
        materials=tuple(row.entry() for row in rows),
        answers={CONTENT: said["content"]},
        outcome=outcome,
        delivery=said["delivery"],
        channel="station" if counter.outlet.kind == "station" else "window",
    )


def _told(form: IntakeForm, rows: Sequence[Row], refusal: Refusal) -> list[dict[str, str]]:
    """The refusal at its field; else as a line of the summary, with its basis."""
    if form.blame(refusal):
        return []
    text = str(refusal)
    if refusal.basis:
        text = _("%(text)s（依据：%(basis)s）") % {"text": text, "basis": refusal.basis}
    gaps = [row for row in rows if row.state == rules.MISSING]
    about_materials = refusal.field == "materials" or refusal.code in (
        "materials-missing",
        "nothing-to-correct",
    )
    position = gaps[0].position if gaps else 1
    href = f"#state-{position}" if about_materials and rows else ""
    return [{"text": text, "href": href}]


def _keep_files(request: HttpRequest, rows: Sequence[Row], by: Actor) -> Refusal | None:
    """Store what was attached, row by row; a refused file is said at its row and hinders no other.

    What is stored comes back with the form as a token signed for this person, so that nothing has
    to be chosen twice and nobody can attach what they did not upload.
    """
    last = None
    salt = f"window.material:{by.person_id}"
    for row in rows:
        if row.kept:
            try:
                row.file_id, row.file_name = signing.loads(row.kept, salt=salt, max_age=KEPT_FOR)
            except signing.BadSignature:
                row.kept = ""
                row.error = _("先前上传的文件已过期，请重新选择。")
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
        row.kept = signing.dumps([row.file_id, row.file_name], salt=salt)
        if row.state == rules.MISSING:
            row.state = rules.SUBMITTED
    return last
