"""One 一件事 as it stands on the page before it is taken in: which steps, their questions, one form,
one list. Reads only. Rows are kept by their material's name: a row's number changes with the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import Order, OutletFacts
from yichuang.cases import bundle_queries, chain_rules, held, promises, rules
from yichuang.cases.bundle_opening import counter_for
from yichuang.cases.bundle_queries import JointRow, Portion
from yichuang.cases.held import Held
from yichuang.cases.joint import BundleRequest, JointMaterial
from yichuang.cases.rules import ApplicantFacts
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import situations
from yichuang.catalogue.queries import ChainSheet, ItemGuide, StepSheet
from yichuang.design.context import named
from yichuang.faces.window import bench as benches
from yichuang.faces.window.bench import ANSWER, Who
from yichuang.faces.window.intake_forms import IntakeForm, Row, checklist
from yichuang.verdict import Refusal, Verdict

STEP, HAVE, ONE_OF = "step-", "have-", "one-of-"  # names of the choices at a step
NONE = "0"  # of alternatives: none


@dataclass(slots=True)
class JointBench:
    """What the page shows. chosen, have, guided: numbers of steps; guided: no window takes it in."""

    order: Order
    counter: OutletFacts
    chain: ChainSheet
    guides: Mapping[str, ItemGuide]
    chosen: tuple[int, ...]
    have: tuple[int, ...]
    guided: frozenset[int]
    stopped: Mapping[int, Refusal]
    portions: list[Portion]
    joint: list[JointRow]
    form: IntakeForm
    rows: list[Row]
    who: Who
    versions: Mapping[str, int]
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def choice(self) -> Verdict:
        """Whether these steps may be applied for together."""
        return chain_rules.check_choice(self.chain.steps, self.chosen)


def opened(
    order: Order,
    chain: ChainSheet,
    by: Actor,
    today: date,
    *,
    key: str,
    data: QueryDict | None = None,
    judged: bool = False,
) -> JointBench:
    """The page of one chain at the actor's counter: new, or as `data` posts it."""
    counter = order.outlet(by.outlet_code)
    codes = {step.item_code for step in chain.steps}
    guides = {guide.code: guide for guide in catalogue.guides_in_force(today, codes)}
    town = data.get("town", "") if data else counter.outlet.town_code
    village = counter.division_code if counter.division_code != town else ""
    if data is not None:
        village = data.get("village", "")
    guided, stopped = _elsewhere(order, chain, by, village or town or counter.division_code, today)
    chosen = _chosen(chain, data) if data is not None else _usual(chain)
    have = _numbered(HAVE, chain, data) if data is not None else ()
    have = tuple(seq for seq in have if seq in chosen)
    portions = [
        bundle_queries.portion(step.seq, guides[step.item_code], _answers(step, guides, data))
        for step in chain.steps
        if step.seq in chosen
        and step.seq not in have
        and step.seq not in guided
        and step.item_code in guides
    ]
    facts = bundle_queries.joint_facts(portions)
    form = _form(order, counter, facts, town, village, data, key=key, chain=chain, judged=judged)
    who = benches.NOBODY
    if data is not None:
        who = benches.looked_at(data.get("kind", "person"), data.get("identity", ""), None, by)
    joint = bundle_queries.joint_list(portions)
    rows = _rows(joint, portions, order, who, data, by, today)
    versions = {one.guide.code: one.guide.version for one in portions}
    return JointBench(
        order, counter, chain, guides, chosen, have, guided, stopped, portions, joint, form, rows,
        who, versions,
    )  # fmt: skip


def _elsewhere(
    order: Order, chain: ChainSheet, by: Actor, place: str, today: date
) -> tuple[frozenset[int], dict[int, Refusal]]:
    """The steps that no window takes in here, and those that are stopped for now, with why."""
    guided, stopped = set(), {}
    for step in chain.steps:
        try:
            found = counter_for(
                order, step.item_code, place_code=place, outlet_code=by.outlet_code, on=today
            )
        except Refusal as refusal:
            stopped[step.seq] = refusal
        else:
            if not found:
                guided.add(step.seq)
    return frozenset(guided), stopped


def _usual(chain: ChainSheet) -> tuple[int, ...]:
    """What is ticked on a new page: what everybody does. Of alternatives nothing: they are asked."""
    return tuple(
        step.seq
        for step in chain.steps
        if not (step.optional or step.alternative or step.opens_on == "failed")
    )


def _numbered(prefix: str, chain: ChainSheet, data: QueryDict) -> tuple[int, ...]:
    return tuple(step.seq for step in chain.steps if data.get(f"{prefix}{step.seq}") == "1")


def _chosen(chain: ChainSheet, data: QueryDict) -> tuple[int, ...]:
    ticked = set(_numbered(STEP, chain, data))
    for step in chain.steps:
        if step.alternative and data.get(f"{ONE_OF}{step.alternative}") == str(step.seq):
            ticked.add(step.seq)
    return tuple(sorted(ticked))


def _answers(
    step: StepSheet, guides: Mapping[str, ItemGuide], data: QueryDict | None
) -> dict[str, str]:
    if data is None:
        return {}
    return {
        q.key: data[f"{ANSWER}{step.item_code}-{q.key}"]
        for q in guides[step.item_code].questions
        if f"{ANSWER}{step.item_code}-{q.key}" in data
    }


def _form(
    order: Order,
    counter: OutletFacts,
    facts: Sequence[Any],
    town: str,
    village: str,
    data: QueryDict | None,
    *,
    key: str,
    chain: ChainSheet,
    judged: bool,
) -> IntakeForm:
    if data is None:
        initial = {
            "item": chain.code,
            "key": key,
            "kind": "person",
            "on_behalf": "self",
            "town": town,
            "village": village,
            "delivery": "collect",
        }
        return benches.form_for(order, counter, facts, town, initial=initial)
    _towns, villages = benches.places_to_choose(order, counter, town)
    known = {code for code, _name in villages}
    sent = data.dict() | {"village": village if village in known else "", "item": chain.code}
    if judged:
        return benches.form_for(order, counter, facts, town, sent)
    return benches.form_for(order, counter, facts, town, initial=sent)


def _rows(
    joint: Sequence[JointRow],
    portions: Sequence[Portion],
    order: Order,
    who: Who,
    data: QueryDict | None,
    by: Actor,
    today: date,
) -> list[Row]:
    """The joint list as rows of the page. What is held was found under the number typed."""
    found: Mapping[str, Mapping[int, Held]] = {}
    if who.index:
        items = [
            order.item(one.guide.code, today) for one in portions if one.guide.state == "active"
        ]
        found = held.held_by_item(order, items, identity_index=who.index, on=today, actor=by)
    sheets, have = [], {}
    for number, asked in enumerate(joint, start=1):
        code, position = asked.where
        days = asked.later_days if not asked.held else None
        promise = asked.sheet.promise if asked.promise or asked.sheet.promise == "barred" else ""
        name_en = _("一件事联合申请表") if asked.is_form else asked.sheet.name_en
        reason = _("代替各事项的申请表，只填一次。") if asked.is_form else asked.sheet.reason
        sheets.append(
            replace(
                asked.sheet,
                seq=number,
                name=asked.name,
                name_en=name_en,
                reason=reason,
                reason_en="" if asked.is_form else asked.sheet.reason_en,
                sample="" if asked.is_form else asked.sheet.sample,
                held=asked.held,
                later_days=days,
                promise=promise,
            )
        )
        if not asked.is_form and position in found.get(code, {}):
            have[number] = found[code][position]
    moved = None
    if data is not None:
        stood = {data[name]: int(name.removeprefix("name-")) for name in data if _is_name(name)}
        moved = {sheet.seq: stood[sheet.name] for sheet in sheets if sheet.name in stood}
    rows = checklist(sheets, data, held=have, moved=moved)
    ticked = any(row.state == rules.PROMISED for row in rows)
    barred = promises.barred(who.index) if who.index and ticked else Verdict(True)
    for row, one in zip(rows, joint, strict=True):
        row.of = one.where
        if row.material.later_days is not None:
            row.later_by = benches.day_after(today, row.material.later_days)
        if row.material.promise == "allowed":
            item = order.item(one.where[0], today)
            row.told = promises.told(item, row.material).lines
            row.barred = "" if barred else f"{barred.reason}{barred.remedy}"
        elif row.material.promise == "barred":
            row.barred = row.material.promise_note
    return rows


def _is_name(name: str) -> bool:
    return name.startswith("name-") and name.removeprefix("name-").isdecimal()


# --- what is handed in ----------------------------------------------------------------------------


def request_of(bench: JointBench, data: QueryDict) -> BundleRequest:
    """The whole matter, of a page whose form is right."""
    said = bench.form.cleaned_data
    kind = bench.counter.outlet.kind
    return BundleRequest(
        chain_code=bench.chain.code,
        chosen=bench.chosen,
        have=bench.have,
        place_code=said["village"] or said["town"],
        outlet_code=bench.counter.outlet.code,
        applicant=ApplicantFacts(
            said["kind"], said["name"], said["identity"], said["phone"], said["address"]
        ),
        idempotency_key=f"window:{said['key']}",
        situation={one.guide.code: dict(one.answers) for one in bench.portions},
        facts=bench.form.facts(),
        materials=tuple(_material(row) for row in bench.rows),
        delivery=said["delivery"],
        collect_at=said["collect_at"] if said["delivery"] == "collect" else "",
        channel="station" if kind == "station" else "window",
        on_behalf="enterprise" if said["kind"] == "enterprise" else said["on_behalf"] or "self",
        versions={code: _version(data, code) for code in bench.versions},
    )


def _version(data: QueryDict, code: str) -> int:
    sent = data.get(f"version-{code}", "")
    return int(sent) if sent.isdecimal() and len(sent) < 9 else 0


def _material(row: Row) -> JointMaterial:
    entry = row.entry()
    return JointMaterial(
        row.material.name, entry.state, entry.copies, entry.file_id, held_ref=entry.held_ref
    )


# --- as the page's templates read it --------------------------------------------------------------


def shown(bench: JointBench, by: Actor) -> dict[str, Any]:
    """The context of the page."""
    needs = chain_rules.needs(bench.chain.steps, bench.chosen, bench.have) if bench.choice else {}
    return {
        "chain": bench.chain,
        "chain_name": named(bench.chain.name, bench.chain.name_en),
        "steps": steps(bench),
        "groups": [_questions(one) for one in bench.portions if one.guide.questions],
        "form": bench.form,
        "facts": bench.form.fact_fields(),
        "rows": [
            {
                "row": row,
                "items": [named(*pair) for pair in joint.items],
                "several": len(joint.items) > 1,
            }
            for row, joint in zip(bench.rows, bench.joint, strict=True)
        ],
        "found": bench.who,
        "spared": bundle_queries.spared(bench.portions, needs),
        "versions": bench.versions.items(),
        "choice": bench.choice,
        "taken": len(bench.portions),
        "forwards_only": by.role == roles.VILLAGE,
        "errors": [
            *(
                {"text": row.error, "href": f"#state-{row.position}"}
                for row in bench.rows
                if row.error
            ),
            *bench.errors,
        ],
    }


def steps(bench: JointBench) -> list[dict[str, Any]]:
    """Each step with what may be chosen there; alternatives stand under one name."""
    lines = []
    names = {step.seq: named(step.item_name, step.item_name_en) for step in bench.chain.steps}
    for step in bench.chain.steps:
        stopped = bench.stopped.get(step.seq)
        lines.append(
            {
                "seq": step.seq,
                "code": step.item_code,
                "name": names[step.seq],
                "group": f"{ONE_OF}{step.alternative}" if step.alternative else "",
                "step_name": f"{STEP}{step.seq}",
                "have_name": f"{HAVE}{step.seq}",
                "chosen": step.seq in bench.chosen,
                "have": step.seq in bench.have,
                "guided": step.seq in bench.guided,
                "stopped": str(stopped) if stopped else "",
                "optional": step.optional,
                "note": step.note,
                "after": _after(step, names),
                "last_of_group": _last(step, bench.chain),
            }
        )
    return lines


def _after(step: StepSheet, names: Mapping[int, str]) -> str:
    before = _("、").join(names[seq] for seq in step.depends_on if seq in names)
    if not before:
        return ""
    said = {
        "done": _("等“%(before)s”办成后开始"),
        "failed": _("“%(before)s”未办成时才办"),
        "ended": _("等“%(before)s”有结果后开始"),
    }[step.opens_on]
    return said % {"before": before}


def _last(step: StepSheet, chain: ChainSheet) -> bool:
    """Whether it is the last of its alternatives, under which “none of them” stands."""
    same = [
        one.seq for one in chain.steps if step.alternative and one.alternative == step.alternative
    ]
    return bool(same) and step.seq == max(same)


def _questions(one: Portion) -> dict[str, Any]:
    asked = []
    for question in situations.relevant(one.guide.questions, one.answers):
        asked.append(
            {
                "name": f"{ANSWER}{one.guide.code}-{question.key}",
                "ask": named(question.ask, question.ask_en),
                "help": named(question.help, question.help_en),
                "open": question.key not in one.answers,
                "options": [
                    {
                        "value": option.value,
                        "label": named(option.label, option.label_en),
                        "chosen": one.answers.get(question.key) == option.value,
                    }
                    for option in question.options
                ],
            }
        )
        if question.key not in one.answers:
            break
    outcome = one.outcome
    stops = [*outcome.of(situations.CONFLICT), *outcome.of(situations.VERDICT)]
    return {
        "item": named(one.guide.name, one.guide.name_en),
        "questions": asked,
        "stops": [{"text": named(row.text, row.text_en), "basis": row.basis} for row in stops],
    }
