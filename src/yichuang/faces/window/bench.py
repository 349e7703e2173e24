"""One intake as it stands on the page: the item's questions, who applies, the exact list. Reads only.

Every fragment and every answer of the intake is drawn from a `Bench`, so that what was typed and
ticked is read in one place and nothing is lost on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import resident_number
from yichuang.authority.queries import ItemFacts, Order, OutletFacts
from yichuang.authority.rules import Ruling
from yichuang.cases import held as shelves
from yichuang.cases import lifecycle, promises, queries, rules
from yichuang.cases.held import Held
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import situations
from yichuang.catalogue.comparison import PARTS, Difference
from yichuang.catalogue.drafts import Fact
from yichuang.catalogue.models import ItemVersion
from yichuang.catalogue.queries import ItemGuide
from yichuang.clock.queries import calendar
from yichuang.clock.rules import due as due_of
from yichuang.design.context import named
from yichuang.faces.window import words
from yichuang.faces.window.intake_forms import IntakeForm, Row, checked_identity, checklist
from yichuang.verdict import Refusal, Verdict

ANSWER = "answer-"  # before a question's key, in the name of its radio buttons
CONSENT = "licences"  # ticked: the applicant agrees that their electronic licences are used
COLLECTS = ("hall", "bureau", "centre")  # outlets where any paper of the county may be collected


@dataclass(frozen=True, slots=True)
class Who:
    """What a typed number says. index: its blind index, b"" when the number is wrong."""

    refusal: Refusal | None = None
    index: bytes = b""
    birth: date | None = None
    sex: str = ""
    cases: Sequence[Mapping[str, Any]] = ()

    @property
    def twin(self) -> Mapping[str, Any] | None:
        """Their open case of this very item, if there is one."""
        return next((case for case in self.cases if case["same"]), None)


NOBODY = Who()


@dataclass(slots=True)
class Bench:
    """What the intake page shows. moved: what the item's new version says otherwise."""

    order: Order
    guide: ItemGuide
    counter: OutletFacts
    form: IntakeForm
    answers: Mapping[str, str]
    rows: list[Row]
    town: str
    village: str
    who: Who = NOBODY
    moved: Sequence[Difference] = ()
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return self.village or self.town


def opened(order: Order, guide: ItemGuide, by: Actor, today: date, *, key: str) -> Bench:
    """A new page of one item at the actor's counter."""
    counter = order.outlet(by.outlet_code)
    town = counter.outlet.town_code
    village = counter.division_code if counter.division_code != town else ""
    only_units = guide.objects == ("法人",)
    initial = {
        "item": guide.code,
        "version": str(guide.version_id),
        "key": key,
        "kind": "enterprise" if only_units else "person",
        "on_behalf": "self",
        "town": town,
        "village": village,
        "delivery": "collect",
    }
    form = form_for(order, counter, guide.facts, town, initial=initial)
    rows = checklist(guide.exact({}), held={})
    _explain(rows, order.item(guide.code, today), today)
    return Bench(order, guide, counter, form, {}, rows, town, village)


def posted(
    request: HttpRequest,
    order: Order,
    guide: ItemGuide,
    by: Actor,
    today: date,
    *,
    judged: bool,
    fresh: bool = False,
) -> Bench:
    """The page as it was sent. judged: the form says what is wrong with it."""
    data: QueryDict = request.POST
    counter = order.outlet(by.outlet_code)
    town = data.get("town", "")
    form = form_for(order, counter, guide.facts, town, data)
    village = data.get("village", "")
    if village not in {code for code, _name in form.fields["village"].choices}:
        village = ""  # the town was changed where scripts do not run: its villages are offered now
    sent = data.dict() | {"village": village, "version": str(guide.version_id)}
    if judged:
        form = form_for(order, counter, guide.facts, town, sent)
    else:
        form = form_for(order, counter, guide.facts, town, initial=sent)
    answers = answers_in(guide, data)
    who = looked_at(data.get("kind", "person"), data.get("identity", ""), guide, by)
    item = order.item(guide.code, today) if guide.state == "active" else None
    ticked = {data[name] for name in data if name.startswith("state-")}
    have: Mapping[int, Held] = {}
    if who.index and item and (rules.HELD in ticked or not judged):
        # ticked: the applicant, at the counter, lets their licences be looked for; recorded
        have = (
            shelves.look_up(
                order=order,
                item_code=guide.code,
                identity_index=who.index,
                by=by,
                at=timezone.now(),
            )
            if data.get(CONSENT)
            else shelves.already_held(order, item, identity_index=who.index, on=today, actor=by)
        )
    before = data.get("version", "")
    moved: dict[int, int] | None = None
    differences: list[Difference] = []
    if before.isdecimal() and int(before) != guide.version_id:
        moved, differences = _moved(guide, int(before))
    rows = checklist(guide.exact(answers), data, held=have, moved=moved, fresh=fresh)
    _explain(rows, item, today, who if rules.PROMISED in ticked or not judged else NOBODY)
    return Bench(order, guide, counter, form, answers, rows, town, village, who, differences)


def form_for(
    order: Order,
    counter: OutletFacts,
    facts: Sequence[Fact],
    town: str,
    data: Any = None,
    **more: Any,
) -> IntakeForm:
    towns, villages = places_to_choose(order, counter, town)
    return IntakeForm(
        data,
        towns=towns,
        villages=villages,
        counters=counters_to_choose(order, counter, town),
        facts=facts,
        **more,
    )


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


def counters_to_choose(order: Order, counter: OutletFacts, town: str) -> list[tuple[str, str]]:
    """(code, name) where the result may be collected: halls and centres of the county, and the
    stations of the matter's own town."""
    county = counter.division_code[:6]
    return [
        (code, facts.name)
        for code, facts in sorted(order.outlets.items())
        if code.startswith(county)
        and code != counter.outlet.code
        and not facts.closed_on
        and (
            facts.outlet.kind in COLLECTS
            or (facts.outlet.kind == "station" and facts.outlet.town_code == town)
        )
    ]


def answers_in(guide: ItemGuide, data: Mapping[str, str]) -> dict[str, str]:
    """The answers that count, of what was sent."""
    said = {
        question.key: data[f"{ANSWER}{question.key}"]
        for question in guide.questions
        if data.get(f"{ANSWER}{question.key}") in {option.value for option in question.options}
    }
    return situations.settled(guide.questions, said)


def looked_at(kind: str, typed: str, guide: ItemGuide | None, by: Actor) -> Who:
    """Of a typed number: the refusal, or what it says of its holder and their cases here."""
    if not typed.strip():
        return NOBODY
    try:
        number = checked_identity(kind, typed)
    except Refusal as refusal:
        return Who(refusal)
    person = resident_number(number) if kind == "person" else None
    index = vault.blind_index(number, kind="identity" if person else "credit-code")
    cases = [
        {
            "number": number,
            "item": item,
            "state": words.state(state),
            "id": case_id,
            "same": guide is not None and item == guide.name and state in lifecycle.OPEN_STATES,
        }
        for case_id, number, item, state in queries.similar(identity_index=index, actor=by)
    ]
    return Who(
        index=index,
        birth=person.birth if person else None,
        sex={"male": _("男"), "female": _("女")}[person.sex] if person else "",
        cases=cases,
    )


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


def _moved(guide: ItemGuide, before: int) -> tuple[dict[int, int], list[Difference]]:
    """Where each material stood in the version the page was drawn from, and what is different."""
    try:
        old = catalogue.version_guide(before)
    except ItemVersion.DoesNotExist:
        return {}, []
    if old.code != guide.code:
        return {}, []
    stood = {material.name: material.seq for material in old.materials}
    moved = {m.seq: stood[m.name] for m in guide.materials if m.name in stood}
    return moved, catalogue.compare(guide.code, old.version, guide.version)


def _explain(rows: Sequence[Row], item: ItemFacts | None, today: date, who: Who = NOBODY) -> None:
    """Add to each row by when it may follow, and what a promise in its place would say."""
    barred = promises.barred(who.index) if who.index else Verdict(True)
    for row in rows:
        if row.material.later_days is not None:
            row.later_by = day_after(today, row.material.later_days)
        if row.material.promise == "allowed" and item is not None:
            row.told = promises.told(item, row.material).lines
            row.barred = "" if barred else f"{barred.reason}{barred.remedy}"
        elif row.material.promise == "barred":
            row.barred = named(row.material.promise_note, "")


def day_after(today: date, days: int) -> date | None:
    try:
        return due_of(today, days, calendar()).due
    except Refusal:  # no calendar reaches that far
        return None


# --- as the page's templates read it --------------------------------------------------------------


def shown(bench: Bench, by: Actor, today: date) -> dict[str, Any]:
    """The context of the page and of its fragments."""
    guide = bench.guide
    return {
        "guide": guide,
        "item_name": named(guide.name, guide.name_en),
        "handling": words.HANDLINGS[guide.handling],
        "form": bench.form,
        "facts": bench.form.fact_fields(),
        "rows": bench.rows,
        "missing": sum(row.state == rules.MISSING for row in bench.rows),
        "ruling": ruling_at(bench.order, guide.code, bench.place, by, today),
        "found": bench.who,
        "again": bench.form["again"].value(),
        "errors": [
            *(
                {"text": row.error, "href": f"#state-{row.position}"}
                for row in bench.rows
                if row.error
            ),
            *bench.errors,
        ],
        "differences": [_difference(one) for one in bench.moved],
        "forwards_only": by.role == roles.VILLAGE,
        "licences_wanted": (bench.form.data or bench.form.initial).get(CONSENT),
        "keys": keys(by, bool(guide.questions)),
        **situation(bench),
    }


def situation(bench: Bench) -> dict[str, Any]:
    """The questions asked so far, and what their answers come to."""
    guide, answers = bench.guide, bench.answers
    asked = []
    for question in situations.relevant(guide.questions, answers):
        asked.append(
            {
                "key": question.key,
                "name": f"{ANSWER}{question.key}",
                "ask": named(question.ask, question.ask_en),
                "help": named(question.help, question.help_en),
                "open": question.key not in answers,
                "options": [
                    {
                        "number": number,
                        "value": option.value,
                        "label": named(option.label, option.label_en),
                        "chosen": answers.get(question.key) == option.value,
                    }
                    for number, option in enumerate(question.options, 1)
                ],
            }
        )
        if question.key not in answers:
            break
    result = situations.outcome(guide.situations, answers)
    return {
        "questions": asked,
        "all_said": situations.next_question(guide.questions, answers) is None,
        "conflict": next(iter(_said(result.of(situations.CONFLICT))), None),
        "verdict": _verdict(bench, result),
        "says": _says(result),
    }


def _said(rows: Sequence[situations.Row]) -> list[dict[str, str]]:
    return [{"text": named(row.text, row.text_en), "basis": row.basis} for row in rows]


def _verdict(bench: Bench, result: situations.Outcome) -> dict[str, str] | None:
    row = result.verdict
    if row is None:
        return None
    kind, _sign, code = row.value.partition(":")
    other = bench.order.items.get(code, ())
    return {
        "kind": kind,
        "code": code,
        "name": named(other[-1].name, other[-1].name_en) if other else code,
        **_said([row])[0],
    }


def _says(result: situations.Outcome) -> list[dict[str, str]]:
    """What the clerk tells the applicant besides the list: where, who must come, steps, fee."""
    lines = []
    for effect in (
        situations.PLACE,
        situations.IN_PERSON,
        situations.STEP,
        situations.FEE,
        situations.CHAIN,
        situations.NOTE,
    ):
        for row in result.of(effect):
            short = str(situations.PLACES.get(row.value) or situations.PERSONS.get(row.value) or "")
            if effect == situations.STEP and row.value:
                short = _("%(days)s个工作日") % {"days": row.value}
            if effect == situations.FEE:
                short = _("%(yuan)s元") % {"yuan": row.value}
            lines.append(
                {
                    "what": str(situations.EFFECTS[effect]),
                    "short": short,
                    "text": named(row.text, row.text_en),
                    "basis": row.basis,
                }
            )
    return lines


def _difference(one: Difference) -> dict[str, str]:
    what = " · ".join(part for part in (str(PARTS[one.part]), one.name) if part)
    return {"what": what, "before": one.before, "after": one.after, "field": one.field}


def keys(by: Actor, asks: bool) -> list[tuple[str, str]]:
    """The keys of the page, for its foot."""
    if by.role == roles.VILLAGE:
        outcomes = [("F9", _("收下待查"))]
    else:
        outcomes = [("F9", _("受理")), ("Shift+F9", _("一次性补正")), ("F10", _("收下待查"))]
    return [
        *([("1–5", _("选答案、材料状态"))] if asks else [("1–5", _("材料状态"))]),
        ("F4", _("读身份证")),
        ("Enter", _("下一项")),
        ("F6", _("拍照")),
        ("F7", _("全部已交")),
        *outcomes,
    ]
