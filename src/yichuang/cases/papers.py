"""Which paper a step gives, what it says, and under whose seal. The paper itself is made later.

The organ and the seal come from the case's ruling alone: a permit's letters speak in the name of
the organ that decides (行政许可法 §32, §38), a public service's in the name of the centre.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.authority.facts import CENTRE_SEAL, Organ
from yichuang.authority.queries import Order
from yichuang.authority.rules import Ruling
from yichuang.cases import lifecycle, rules, tracking
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Applicant, Case, CaseMaterial, Pause
from yichuang.cases.rules import CheckedMaterial
from yichuang.documents import actions as documents
from yichuang.documents import queries as seals
from yichuang.documents import rules as paper_rules
from yichuang.documents import seal_rules
from yichuang.documents.models import Paper, Seal
from yichuang.documents.sheets import policy_of
from yichuang.places import models as places
from yichuang.verdict import Refusal

EVIDENCE = paper_rules.EVIDENCE
RESULTS = (
    "grant_decision",
    "refusal_decision",
    "result_notice",
    "refusal_notice",
    "non_acceptance",
    "termination_notice",
    "revocation_decision",
)
REASONED = (
    "non_acceptance",
    "refusal_decision",
    "refusal_notice",
    "termination_notice",
    "revocation_decision",
)
TAKING_IN = paper_rules.TAKING_IN
# the letters that go to the applicant alone at the start; later ones are shown to others
CARRY_TRACKING = ("receipt", "correction_notice", "acceptance_notice")
CHINESE = "zh-hans"  # formal papers are in Chinese whoever made the request


@dataclass(frozen=True, slots=True)
class Given:
    """A paper intended by this step: its number now, its file after the commit."""

    paper_id: uuid.UUID
    number: str


def give(
    case: Case,
    row: Transition,
    facts: Mapping[str, Any],
    *,
    order: Order,
    by: Actor,
    at: datetime,
) -> Given | None:
    """Intend the paper that this row of the lifecycle gives; None where it gives none."""
    kind = row.paper_for(permit=case.permit)
    if not kind:
        return None
    with override(CHINESE):
        organ, seal = authority_of(case, kind, order, at)
        paper = documents.intend(
            kind=kind,
            stream=case.stream,
            content=_content(case, kind, facts, order, at)
            | {"ruling_of": ruling_of(case, kind, at)},
            organ=organ,
            seal=seal,
            ruling=Ruling(**case.ruling),
            policy=policy_of(order.competence(case.item_id, timezone.localdate(at))),
            by=by,
            at=at,
        )
    return Given(paper.pk, paper.number)


def authority_of(
    case: Case, kind: str, order: Order, at: datetime
) -> tuple[places.Organ, Seal | None]:
    """In whose name the paper speaks, and its seal (None only where the paper may go without)."""
    on = timezone.localdate(at)
    codes = case.ruling["codes"]
    if _is_decisive(case, kind):
        organ = order.organs[codes["in_name_of"]]
        code = codes.get("seal", "")
        kinds: Sequence[str] = (codes["seal_kind"],)
        if kind in TAKING_IN and case.permit:  # §32: the organ's own 专用印章
            kinds, code = (paper_rules.ACCEPTANCE, paper_rules.NUMBERED), ""
        elif kind in paper_rules.MAIN_SEAL_ONLY:
            kinds, code = (paper_rules.MAIN,), ""
        seal = seals.seal_for(
            organ_code=organ.code,
            kinds=kinds,
            on=on,
            code=code,
            paper_kind=kind,
            item_code=case.item_id,
        )
        return _row(organ), seal
    organ = _window_organ(case, order)
    try:
        seal = seals.seal_for(
            organ_code=organ.code,
            kinds=(CENTRE_SEAL,),
            on=on,
            paper_kind=kind,
            item_code=case.item_id,
        )
    except Refusal:
        if not seal_rules.may_go_unsealed(kind, is_permit=case.permit):
            raise
        seal = None
    return _row(organ), seal


def ruling_of(case: Case, kind: str, at: datetime) -> dict[str, str]:
    """What the seal's ruling is derived from again at the moment of sealing (documents.complete).

    A letter of taking in stands on the day the matter was brought, a decision on its own day.
    """
    day = case.filed_at if kind in (*TAKING_IN, *EVIDENCE) else at
    return {
        "item": case.item_id,
        "place": case.place_id,
        "outlet": case.outlet_id,
        "on": timezone.localdate(day).isoformat(),
    }


def _is_decisive(case: Case, kind: str) -> bool:
    """Whether the organ that decides speaks, and not the window."""
    return not (kind in EVIDENCE or (kind in TAKING_IN and not case.permit))


def series(case: Case, row: Transition, order: Order) -> str:
    """The series that the number of this step's paper is counted in; "" where it gives none."""
    kind = row.paper_for(permit=case.permit)
    if not kind:
        return ""
    named = order.organs[case.ruling["codes"]["in_name_of"]]
    organ = named if _is_decisive(case, kind) else _window_organ(case, order)
    return paper_rules.series(paper_rules.short_name(organ.name), kind, is_permit=case.permit)


def _window_organ(case: Case, order: Order) -> Organ:
    """The centre that answers for the window: a village's papers speak in its town centre's name."""
    return order.organs[order.outlet(case.acceptor_id).organ_code]


def _row(organ: Organ) -> places.Organ:
    return places.Organ(code=organ.code, name=organ.name)


def _content(
    case: Case, kind: str, facts: Mapping[str, Any], order: Order, at: datetime
) -> dict[str, Any]:
    """Every fact the letters may print, as JSON values; `facts` are this step's own."""
    item = order.version(case.item_id, case.item_version_id)
    content: dict[str, Any] = {
        "addressee": facts.get("addressee") or _name(case),
        "item_name": item.name,
        "item_code": case.item_id,
        "case_number": case.number,
        "is_permit": case.permit,
        "received_on": timezone.localdate(case.filed_at).isoformat(),
        "outlet": order.outlet(case.outlet_id).name,
        "basis": _basis(item.basis),
    }
    if kind in CARRY_TRACKING:
        code = tracking.code(case.pk)
        content["tracking"] = {"code": code, "url": f"{settings.PUBLIC_URL}/track/{code}"}
    if case.accepted_on and kind != "delivery_receipt":  # which speaks of no term
        content["accepted_on"] = case.accepted_on.isoformat()
        content["clock"] = _clock(case)
    if kind == "receipt":
        content["materials"] = facts.get("materials") or _materials(case)
    if kind == "correction_notice":
        content["corrections"] = facts.get("corrections") or _corrections(case)
    if kind in ("receipt", "acceptance_notice"):
        content |= facts["instead"] if "instead" in facts else _instead(case)
    if kind in ("termination_notice", "revocation_decision"):
        content["basis"] = [*filter(None, [facts.get("law")]), *content["basis"]]
        content |= {name: facts[name] for name in ("revoked_on", "revoked") if facts.get(name)}
    if kind in REASONED:
        content["reasons"] = list(facts["reasons"])
        content["remedies"] = _remedies()
        if facts.get("where_to_go"):
            content["where_to_go"] = facts["where_to_go"]
    if kind in ("grant_decision", "result_notice"):
        content["decision"] = facts["decision"]
        content["conditions"] = list(facts.get("conditions", ()))
    if kind == "delivery_receipt":
        content["documents"] = facts["documents"]
        content["delivery"] = facts["delivery"]
    return content


def intake_facts(materials: Sequence[CheckedMaterial], *, name: str) -> dict[str, Any]:
    """What a paper given at the counter says, from memory: no statement is spent on reading back
    what was only just written."""
    with override(CHINESE):
        held, absent, bring = _("共享核验"), _("未提交"), _("请补交")
        paper, file = _("纸质"), _("电子件")
    return {
        "addressee": name,
        "materials": _listed(
            [
                {
                    "name": row.name,
                    "form": held if row.state == rules.HELD else file if row.file_id else paper,
                    "copies": row.copies,
                    "note": row.note,
                }
                for row in materials
                if row.state in (rules.SUBMITTED, rules.HELD)
            ]
        ),
        "corrections": [
            {"name": row.name, "problem": absent, "how": row.note or bring}
            for row in materials
            if row.state == rules.MISSING
        ],
        "instead": _told_instead([(row.state, row.name, row.follow_by) for row in materials]),
    }


def _listed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was handed in; where the item asks for no material, the application itself."""
    if rows:
        return rows
    with override(CHINESE):
        return [{"name": _("申请"), "form": _("系统登记"), "copies": 1, "note": ""}]


def _told_instead(rows: Sequence[tuple[str, str, date | None]]) -> dict[str, Any]:
    """What follows later, by when, and what a promise stands for: for receipt and acceptance."""
    follows = [
        {"name": name, "by": by.isoformat()}
        for state, name, by in rows
        if state == rules.LATER and by
    ]
    promised = [name for state, name, _by in rows if state == rules.PROMISED]
    told: dict[str, Any] = {"later": follows} if follows else {}
    return told | ({"promised": promised} if promised else {})


def _instead(case: Case) -> dict[str, Any]:
    rows = CaseMaterial.objects.filter(case=case, state__in=(rules.LATER, rules.PROMISED))
    return _told_instead(list(rows.values_list("state", "name", "follow_by")))


def _materials(case: Case) -> list[dict[str, Any]]:
    rows = CaseMaterial.objects.filter(case=case, state__in=(rules.SUBMITTED, rules.HELD))
    return _listed(
        [
            {
                "name": row.name,
                "form": row.get_state_display(),
                "copies": row.copies,
                "note": row.note,
            }
            for row in rows
        ]
    )


def _corrections(case: Case) -> list[dict[str, str]]:
    return [
        {"name": row.name, "problem": row.note or _("未提交"), "how": _("请补交或更正")}
        for row in CaseMaterial.objects.filter(case=case, state=rules.MISSING)
    ]


def _name(case: Case) -> str:
    """The addressee's name, opened for the letter that is addressed to them."""
    pk, sealed = Applicant.objects.values_list("pk", "name_sealed").get(case=case)
    return vault.open_(sealed, table="cases_applicant", row=str(pk), column="name")


def _clock(case: Case) -> dict[str, Any]:
    pauses = [
        {
            "start": pause.starts_on.isoformat(),
            "end": (pause.ends_on - timedelta(days=1)).isoformat(),
            "reason": pause.reason,
        }
        for pause in (
            Pause.objects.filter(case=case, kind="special", ends_on__isnull=False)
            if case.seq > 1
            else ()
        )
        if pause.ends_on and pause.ends_on > pause.starts_on
    ]
    return {
        "start": case.accepted_on.isoformat() if case.accepted_on else None,
        "legal_days": case.legal_days,
        "promised_days": case.promised_days,
        "extension_days": case.extension_days or None,
        "pauses": pauses,
        "due": case.due_on.isoformat() if case.due_on else None,
    }


def _basis(text: str) -> list[str]:
    return [part for part in text.replace("；", ";").split(";") if part.strip()]


def _remedies() -> dict[str, Any]:
    """Where to complain and sue. The county's own organs are named by its pack once confirmed."""
    return {"review_organ": _("有管辖权的行政复议机关"), "court": _("有管辖权的人民法院")}


def results(case: Case) -> list[dict[str, Any]]:
    """The sealed papers that carry the outcome, as a delivery receipt lists them; of a result taken
    back, the decision that took it back."""
    kinds = ("revocation_decision",) if case.state == lifecycle.REVOKED else RESULTS
    rows = Paper.objects.filter(
        stream=case.stream, kind__in=kinds, state=paper_rules.SEALED
    ).order_by("created_at")
    return [
        {"name": paper_rules.PAPER_KINDS[kind].title, "number": number, "copies": 1}
        for kind, number in rows.values_list("kind", "number")
    ]


def granting(case: Case) -> str:
    """The number of the paper that granted the case; "" while it has none."""
    rows = Paper.objects.filter(stream=case.stream, kind__in=("grant_decision", "result_notice"))
    return rows.order_by("-created_at").values_list("number", flat=True).first() or ""


def numbered(number: str) -> Given:
    """The paper that a journal entry names."""
    return Given(Paper.objects.values_list("pk", flat=True).get(number=number), number)
