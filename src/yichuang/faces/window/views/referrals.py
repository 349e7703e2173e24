"""转办 at the counter: find the matter, ask what it needs, hand it to the company, and follow it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.accounts.actions import personal
from yichuang.authority import queries as authority
from yichuang.authority.facts import GUIDE
from yichuang.authority.queries import ItemFacts, Order
from yichuang.cases import referral_queries as queries
from yichuang.cases import referrals as acting
from yichuang.cases.handing_rules import REFERRAL
from yichuang.cases.models import Referral
from yichuang.cases.referral_queries import Destination, ReferralSheet
from yichuang.cases.rules import ApplicantFacts
from yichuang.catalogue import search as catalogue_search
from yichuang.catalogue import situations
from yichuang.design import steps
from yichuang.design.context import named
from yichuang.faces.window import handing_forms as forms
from yichuang.faces.window import words
from yichuang.faces.window.bench import places_to_choose
from yichuang.faces.window.intake_forms import FACT
from yichuang.faces.window.page import actor, at_the_window, page
from yichuang.faces.window.views.contacts import story
from yichuang.verdict import Refusal

STATE_KINDS = {
    "handed": "new",
    "received": "progress",
    "need_more": "attention",
    "done": "done",
    "refused": "refused",
    "withdrawn": "neutral",
}
STEPS: Mapping[str, tuple[type[forms.StepForm], Callable[..., acting.Handed], str]] = {
    "tell": (forms.Tell, acting.tell, "primary"),
    "supply": (forms.Supply, acting.supply, "primary"),
    "withdraw": (forms.Withdraw, acting.withdraw, "warning"),
}
SITUATION = "s-"  # before a question's key, in addresses and forms
PERSONAL = ("name", "identity", "phone", "address")


@require_GET
@at_the_window
def referrals(request: HttpRequest) -> HttpResponse:
    """One tab of what this counter handed over, nearest due day first; or what is overdue."""
    by, today = actor(request), timezone.localdate()
    tabs = queries.TABS["window"]
    counts = queries.counts(actor=by, today=today)
    first = next((each for each in tabs if counts.get(each)), "tell")
    tab = request.GET.get("tab") or first
    rows = [
        {
            "row": row,
            "item": named(row.item_name, row.item_name_en),
            "state": state(row.state),
            "badge": words.badge(row.deadline, row.state),
        }
        for row in queries.referrals(actor=by, tab=tab, today=today)
    ]
    names = {each: name for each, (name, _q) in tabs.items()} | {queries.OVERDUE: _("已超期")}
    address = reverse("window:referrals")
    context = {
        "tabs": [
            {
                "text": name,
                "href": f"{address}?tab={each}",
                "count": counts.get(each),
                "current": each == tab,
            }
            for each, name in names.items()
        ],
        "tab_name": names[tab],
        "rows": rows,
        "full": len(rows) == queries.PAGE,
    }
    return page(request, "referrals", context)


def state(code: str) -> dict[str, str]:
    return {"text": str(queries.STATES[code]), "kind": STATE_KINDS[code]}


# --- taking one in --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_window
def new(request: HttpRequest) -> HttpResponse:
    """GET: search, then the questions of `?item=` one by one, then the form. POST: hand it over."""
    code = request.POST.get("item") or request.GET.get("item", "")
    if not code:
        return _search(request)
    today = timezone.localdate()
    order = authority.order()
    item = order.item(code, today)
    where = queries.destination(code, today)
    if not where.guided:  # ours to take in
        return redirect(f"{reverse('window:intake')}?{urlencode({'item': code})}")
    if not where.connected:
        return _show_the_way(request, order, item, where)
    typed = request.POST if request.method == "POST" else request.GET
    answers = {
        q.key: typed[f"{SITUATION}{q.key}"]
        for q in item.questions
        if f"{SITUATION}{q.key}" in typed
    }
    question = situations.next_question(item.questions, answers)
    if question is not None:
        return _ask(request, order, item, question, answers)
    meaning = situations.outcome(item.situations, answers)
    verdict = situations.check_outcome(meaning)
    if not verdict:
        refusal = Refusal(verdict.code, verdict.reason, remedy=verdict.remedy, basis=verdict.basis)
        return _ask(request, order, item, item.questions[0], {}, refusal=refusal)
    return _hand(request, order, item, where, answers, meaning)


def _search(request: HttpRequest) -> HttpResponse:
    """Items that no office here decides, by people's words; the commonest while nothing is typed."""
    today = timezone.localdate()
    order = authority.order()
    typed = request.GET.get("q", "").strip()[:100]
    if typed:
        codes = [hit.code for hit in catalogue_search.search(typed, on=today, limit=30)]
    else:
        codes = sorted(order.items)
    guided = [order.item(code, today) for code in codes if _is_guided(order, code, today)]
    hits = [{"code": item.code, "name": named(item.name, item.name_en)} for item in guided]
    return page(request, "referral_search", {"q": typed, "hits": hits}, order=order)


def _is_guided(order: Order, code: str, today: date) -> bool:
    competence = order.competence(code, today)
    versions = [facts for facts in order.items[code] if facts.valid_from <= today]
    in_use = bool(versions) and versions[-1].state == "active"
    return in_use and competence is not None and competence.role == GUIDE


def _show_the_way(
    request: HttpRequest, order: Order, item: ItemFacts, where: Destination
) -> HttpResponse:
    """Nobody is connected: where to go, and a contact that stays with whoever was asked."""
    name = named(item.name, item.name_en)
    form = forms.ContactForm(
        initial={"matter": item.name, "item": item.code, "to_organ": where.organ_code}
    )
    form.fields["item"].widget = form.fields["to_organ"].hidden_widget()
    context = {
        "item": item,
        "item_name": name,
        "where": where,
        "form": form,
        "materials": [row.name for row in item.materials if row.always],
    }
    return page(request, "referral_guide", context, order=order)


def _ask(
    request: HttpRequest,
    order: Order,
    item: ItemFacts,
    question: situations.Question,
    answers: Mapping[str, str],
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context = {
        "item": item,
        "item_name": named(item.name, item.name_en),
        "field": f"{SITUATION}{question.key}",
        "ask": named(question.ask, question.ask_en),
        "help": named(question.help, question.help_en),
        "options": [(o.value, named(o.label, o.label_en)) for o in question.options],
        "kept": [(f"{SITUATION}{key}", value) for key, value in answers.items()],
        "draft": question.draft,
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return page(request, "referral_question", context, order=order, status=status)


def _hand(
    request: HttpRequest,
    order: Order,
    item: ItemFacts,
    where: Destination,
    answers: Mapping[str, str],
    meaning: situations.Outcome,
) -> HttpResponse:
    by = actor(request)
    counter = order.outlet(by.outlet_code)
    posted = request.POST if request.method == "POST" else None
    town = (posted or request.GET).get("town", counter.outlet.town_code)
    towns, villages = places_to_choose(order, counter, town)
    own = counter.division_code
    form = forms.ReferralForm(
        posted,
        initial={
            "item": item.code,
            "key": str(uuid.uuid4()),
            "kind": "person",
            "town": town,
            "village": own if own != town else "",
        },
        towns=towns,
        villages=villages,
        facts=item.facts,
        materials=[m for m in item.materials if meaning.on_list(m.name, always=m.always)],
        organs=[(one.code, named(one.name, one.name_en)) for one in where.connected],
    )
    refusal, status = None, 200
    if posted:
        status = 422
        if form.is_valid():
            try:
                handed = acting.hand(request=_request(form, answers), by=by, at=timezone.now())
                return redirect("window:referral-slip", referral_id=handed.referral_id)
            except Refusal as problem:
                refusal = None if form.blame(problem) else problem
                status = problem.status
    asked = {q.key: q for q in item.questions}
    context = {
        "item": item,
        "item_name": named(item.name, item.name_en),
        "organ": named(where.connected[0].name, where.connected[0].name_en)
        if len(where.connected) == 1
        else "",
        "form": form,
        "facts": [form[f"{FACT}{fact.key}"] for fact in item.facts],
        "refusal": refusal,
        "answers": [
            (named(asked[key].ask, asked[key].ask_en), _label(asked[key], value))
            for key, value in answers.items()
        ],
        "notes": [
            named(row.text, row.text_en)
            for row in (*meaning.of(situations.NOTE), *meaning.of(situations.IN_PERSON))
        ],
        "kept": [(f"{SITUATION}{key}", value) for key, value in answers.items()],
        "again": f"{reverse('window:referral-new')}?{urlencode({'item': item.code})}",
    }
    return page(request, "referral_new", context, order=order, status=status)


def _label(question: situations.Question, value: str) -> str:
    found = next((o for o in question.options if o.value == value), None)
    return named(found.label, found.label_en) if found else value


def _request(form: forms.ReferralForm, answers: Mapping[str, str]) -> acting.ReferralRequest:
    given = form.cleaned_data
    return acting.ReferralRequest(
        item_code=given["item"],
        place_code=given["village"] or given["town"],
        applicant=ApplicantFacts(
            given["kind"], given["name"], given["identity"], given["phone"], given["address"]
        ),
        idempotency_key=given["key"],
        organ_code=given.get("organ", ""),
        situation=answers,
        facts=form.facts_given(),
        materials=given.get("materials", ()),
    )


# --- one referral ---------------------------------------------------------------------------------


@require_GET
@at_the_window
def referral(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    return _page(request, _seen(request, referral_id))


@require_GET
@at_the_window
def slip(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """The receipt to print: number, who has it, the due day, the code to follow it by."""
    sheet = _seen(request, referral_id)
    address = f"{settings.PUBLIC_URL}/track/{sheet.tracking_code}"
    context = {
        "referral": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
    }
    return page(request, "referral_slip", context)


def _seen(request: HttpRequest, referral_id: uuid.UUID) -> ReferralSheet:
    return queries.referral_sheet(
        referral_id=referral_id, actor=actor(request), today=timezone.localdate()
    )


def _page(
    request: HttpRequest,
    sheet: ReferralSheet,
    *,
    failed: str = "",
    bound: forms.StepForm | None = None,
    refusal: Refusal | None = None,
    shown: str = "",
    status: int = 200,
) -> HttpResponse:
    order = authority.order()
    context = {
        "referral": sheet,
        "item": named(sheet.item_name, sheet.item_name_en),
        "situation": [
            (named(one.ask, one.ask_en), named(one.answer, one.answer_en))
            for one in sheet.situation
        ],
        "state": state(sheet.state),
        "badge": words.badge(sheet.deadline, sheet.state),
        "timeline": story(sheet.timeline, order),
        "offers": steps.offers(
            STEPS,
            may=sheet.may,
            seq=sheet.seq,
            name=lambda event: REFERRAL[event].name,
            address=lambda event: reverse("window:referral-cause", args=[sheet.id, event]),
            failed=failed,
            bound=bound,
        ),
        "failed_form": bound if failed in sheet.may else None,
        "lost": steps.lost(bound) if bound is not None and failed not in sheet.may else "",
        "refusal": refusal,
        "shown": shown,
        "purposes": list(words.PURPOSES.items()),
    }
    return page(request, "referral", context, order=order, status=status)


@require_POST
@at_the_window
def cause(request: HttpRequest, referral_id: uuid.UUID, event: str) -> HttpResponse:
    """Take one step. A refused one comes back with everything that was typed."""
    if event not in STEPS:
        raise Refusal(
            "event-unknown",
            _("窗口没有这一步。"),
            remedy=_("请回到转办页面，按页面上的按钮办理。"),
            status=404,
        )
    sheet = _seen(request, referral_id)
    kind, action, _kind = STEPS[event]
    form = kind(request.POST, seq=sheet.seq, event=event)
    if form.has_error("seq"):
        return redirect("window:referral", referral_id=referral_id)
    if not form.is_valid():
        return _page(request, sheet, failed=event, bound=form, status=422)
    try:
        action(
            referral_id=referral_id,
            seq=form.cleaned_data["seq"],
            by=actor(request),
            at=timezone.now(),
            **form.arguments(),
        )
    except Refusal as refusal:
        now = _seen(request, referral_id)
        form = kind(steps.renewed(request.POST, now.seq), seq=now.seq, event=event)
        form.is_valid()
        said = None if form.blame(refusal) else refusal
        return _page(request, now, failed=event, bound=form, refusal=said, status=refusal.status)
    messages.success(request, _("已完成：%(event)s。") % {"event": REFERRAL[event].name})
    return redirect("window:referral", referral_id=referral_id)


@require_POST
@at_the_window
def reveal(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Show one value in full, once, for a stated purpose. The journal keeps who, what and why."""
    sheet = _seen(request, referral_id)
    column = request.POST.get("what", "")
    if column not in PERSONAL:
        raise Refusal(
            "column-unknown",
            _("没有这一项个人信息。"),
            remedy=_("请回到转办页面重新选择。"),
            status=404,
        )
    sealed = Referral.objects.values_list(f"{column}_sealed", flat=True).get(pk=sheet.id)
    if not sealed:
        return redirect("window:referral", referral_id=referral_id)
    with override("zh-hans"):  # the journal is kept in Chinese whoever looks
        purpose = str(words.PURPOSES.get(request.POST.get("purpose", ""), ""))
    value = personal.reveal(
        token=sealed,
        table=acting.TABLE,
        row=str(sheet.id),
        column=column,
        purpose=purpose,
        by=actor(request),
        at=timezone.now(),
        stream=f"referral:{sheet.id}",
    )
    return _page(request, sheet, shown=value)
