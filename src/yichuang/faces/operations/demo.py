"""A pack's fictional people and cases, dated from today, through the same actions as real ones.

`demo.toml` in the pack says who and what; nothing here knows a county. The steps of all cases are
done in the order of their dates, so that the journal reads as if it had grown.
"""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import ric

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor, system
from yichuang.accounts.demo import DemoPost, make_demo_accounts
from yichuang.accounts.models import Post
from yichuang.accounts.queries import actor_in
from yichuang.authority import actions as grants
from yichuang.authority import queries as authority
from yichuang.authority.drafts import GrantDraft
from yichuang.authority.queries import ItemFacts
from yichuang.cases import decision, delivery, examination, intake, notices, tracking
from yichuang.cases.models import Case
from yichuang.cases.rules import (
    EVENT_OF_OUTCOME,
    MISSING,
    ApplicantFacts,
    MaterialEntry,
    Submission,
)
from yichuang.catalogue import situations
from yichuang.documents import actions as documents
from yichuang.documents.models import Paper
from yichuang.faces.operations import demo_seals, demo_stock
from yichuang.messages import actions as messages
from yichuang.oversight import actions as oversight
from yichuang.oversight.rules import OPTIONS, RatingDraft
from yichuang.verdict import Refusal

Progress = Callable[[str, int, int], None]
OUTCOMES = {event: outcome for outcome, event in EVENT_OF_OUTCOME.items()}
OPENS_AT = time(8, 45)


@dataclass(frozen=True, slots=True)
class Made:
    """How much was made; zero cases when the demo was there already."""

    people: int
    cases: int


@dataclass(slots=True)
class _Matter:
    facts: Mapping[str, Any]
    number: int
    case_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    order: int
    matter: _Matter
    event: str


def make(pack: Path, *, now: datetime, progress: Progress) -> Made:
    """Make the demo of `pack` once. Refusal "demo-only" in production, or what an action refuses."""
    path = pack / "demo.toml"
    if not path.exists() or Case.objects.exists():
        return Made(0, 0)
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))
    order = authority.order()
    people = make_demo_accounts(
        [_post(row, order) for row in wanted["posts"]],
        starts_on=timezone.localdate(now) - timedelta(days=400),
        by=system("演示"),
        at=now,
    )
    steps = sorted(_steps(wanted["cases"], now), key=lambda step: (step.at, step.order))
    begins = (steps[0].at if steps else now) - timedelta(hours=1)
    demo_seals.make(wanted.get("seals", ()), at=begins, in_post=_in_post)
    for done, step in enumerate(steps):
        _do(step, order, now)
        progress(_("生成演示办件"), done + 1, len(steps))
    for row in wanted.get("grants", ()):
        _draft_grant(row, now)
    demo_stock.make(wanted.get("blanks", ()), now=now, in_post=_in_post)
    _tell_nobody(now)
    return Made(len(people), len(wanted["cases"]))


def _tell_nobody(now: datetime) -> None:
    """The messages of past steps exist, as sent: nobody invented gets a message today."""
    while notices.make(at=now):
        pass
    messages.told_already(at=now)


def _draft_grant(row: Mapping[str, Any], now: datetime) -> None:
    """An instrument that waits for a second county person, its term counted from today."""
    first = timezone.localdate(now) + timedelta(days=row["starts_in"])
    seal, giver = row.get("seal", ""), row["from_organ"]
    draft = GrantDraft(
        file="demo.toml",
        row=0,
        number=row["number"].format(year=first.year),
        instrument=row["instrument"],
        from_organ=giver,
        to_organ=row["to_organ"],
        items=tuple(row["items"]),
        places=tuple(row["places"]),
        outlets=tuple(row["outlets"]),
        valid_from=first,
        valid_to=first + timedelta(days=row["days"] - 1),
        revoked_on=None,
        seal=seal,
        signatory_title=row["signatory_title"],
        notice=row["notice"],
        basis=row["basis"],
        draft=True,
        text=row["text"],
    )
    by = _in_post(role=roles.BUREAU, user__login=row["drafted_by"])
    grants.draft_grant(draft=draft, seals={seal: giver} if seal else {}, by=by, at=now)


def _post(row: Mapping[str, str], order: authority.Order) -> DemoPost:
    outlet = row.get("outlet", "")
    organ = row.get("organ", "") or (order.outlet(outlet).organ_code if outlet else "")
    place = order.outlet(outlet).division_code if outlet else organ[:12]
    return DemoPost(row["login"], row["name"], row["role"], row["title"], organ, outlet, place)


def _steps(cases: list[Mapping[str, Any]], now: datetime) -> list[_Step]:
    steps = []
    today = timezone.localdate(now)
    for number, facts in enumerate(cases):
        matter = _Matter(facts, number)
        events = [part.split("@") for part in facts["path"].split()]
        if "rating" in facts:
            events.append(["rate", events[-1][1]])
        for place, (event, days) in enumerate(events):
            opened = datetime.combine(today - timedelta(days=int(days)), OPENS_AT)
            at = timezone.make_aware(opened) + timedelta(minutes=number * 7 + place * 11)
            steps.append(_Step(min(at, now), number * 100 + place, matter, event))
    return steps


def _do(step: _Step, order: authority.Order, now: datetime) -> None:
    matter, at = step.matter, step.at
    if matter.case_id is None:
        receipt = intake.take_in(
            submission=_submission(matter, OUTCOMES[step.event], order, at),
            by=_clerk(matter.facts["outlet"]),
            at=at,
        )
        matter.case_id = receipt.case_id
    elif step.event == "rate":
        grade = matter.facts["rating"]
        draft = RatingDraft(grade, tuple(list(OPTIONS[grade])[:2]))
        oversight.rate(
            code=tracking.code(matter.case_id),
            draft=draft,
            channel="code",
            by=Actor(None, "申请人", roles.RESIDENT),
            at=at,
        )
    else:
        case = Case.objects.get(pk=matter.case_id)
        action, arguments, by = _action(step.event, case, matter)
        action(case_id=case.pk, seq=case.seq, by=by, at=at, **arguments)
    # a paper is sealed before the next step needs it; the worker would take a moment
    for paper in Paper.objects.filter(stream=f"case:{matter.case_id}", state="intended"):
        documents.complete(paper_id=paper.pk, at=at)


def _submission(matter: _Matter, outcome: str, order: authority.Order, at: datetime) -> Submission:
    facts = matter.facts
    item = order.item(facts["item"], timezone.localdate(at))
    absent = set(facts.get("missing", ()))
    situation = _first_way(item)
    result = situations.outcome(item.situations, situation)
    materials = tuple(
        MaterialEntry(row.position, MISSING)
        if row.position in absent
        else MaterialEntry(row.position)
        for row in item.materials
        if result.on_list(row.name, always=row.always)
    )
    place = order.place(facts["place"])
    return Submission(
        item_code=facts["item"],
        place_code=facts["place"],
        outlet_code=facts["outlet"],
        applicant=ApplicantFacts(
            "person",
            facts["applicant"],
            fictional_number(facts["place"][:6], matter.number),
            f"1380000{matter.number:04d}",
            f"{place.name}演示路{matter.number + 1}号（虚构）",
        ),
        idempotency_key=f"demo:{matter.number:04d}",
        materials=materials,
        situation=situation,
        answers=facts.get("answers", {}),
        outcome=outcome,
        delivery=facts.get("delivery", "collect"),
        channel="station" if facts["outlet"].endswith("station") else "window",
    )


def _first_way(item: ItemFacts) -> Mapping[str, str]:
    """The first answers by which the item is applied for, and here."""
    ways = situations.paths(item.questions)
    return next(
        way for way in ways if situations.check_outcome(situations.outcome(item.situations, way))
    )


def fictional_number(region: str, seed: int) -> str:
    """A well-formed resident number of nobody alive: born between 1880 and 1899."""
    dice = random.Random(seed)  # noqa: S311 - the same demo each time, nothing secret
    day = datetime(dice.randint(1880, 1899), dice.randint(1, 12), dice.randint(1, 28))  # noqa: DTZ001
    body = f"{region}{day:%Y%m%d}{dice.randint(1, 999):03d}"
    return body + ric.calc_check_digit(body + "0")


def _clerk(outlet: str) -> Actor:
    return _in_post(role__in=(roles.CLERK, roles.VILLAGE), outlet_code=outlet)


def _in_post(**where: Any) -> Actor:
    post = Post.objects.select_related("user").filter(user__demo=True, **where).first()
    if post is None:
        raise Refusal(
            "demo-post-missing",
            _("demo.toml里没有能办这一步的岗位：%(where)s。") % {"where": where},
            remedy=_("请在demo.toml里补上岗位。"),
        )
    return actor_in(post, channel="demo")


def _action(
    event: str, case: Case, matter: _Matter
) -> tuple[Callable[..., Any], dict[str, Any], Actor]:
    """The action of an event, what it takes, and who does it."""
    window = lambda: _clerk(case.outlet_id)  # noqa: E731
    acceptor = lambda: _clerk(case.acceptor_id)  # noqa: E731
    examiner = lambda: _in_post(role=roles.EXAMINER, organ_code=case.reviewer_id)  # noqa: E731
    decider = lambda: _in_post(role=roles.DECIDER, organ_code=case.decider_id)  # noqa: E731
    absent = matter.facts.get("missing", ())
    parcel = {"courier": "演示快递", "tracking_number": f"DEMO{matter.number:08d}"}
    table: dict[str, tuple[Callable[..., Any], dict[str, Any], Callable[[], Actor]]] = {
        "accept": (intake.accept, {}, acceptor),
        "correct": (intake.correct, {"supplied": absent}, acceptor),
        "decline": (
            intake.decline,
            {
                "reason": "所述用途不属于设施农业用地范围（演示）",
                "where_to_go": "县自然资源主管部门（演示）",
            },
            acceptor,
        ),
        "withdraw": (intake.withdraw, {"reason": "申请人改变计划（演示）"}, window),
        "review": (
            examination.review,
            {"opinion": "材料齐全，现场踏勘与申请一致，建议准予（演示）", "agrees": True},
            examiner,
        ),
        "begin_special": (examination.begin_special, {"reason": "组织现场勘验（演示）"}, examiner),
        "end_special": (examination.end_special, {"result": "勘验完成（演示）"}, examiner),
        "extend": (
            decision.extend,
            {"reason": "案情复杂，需要补充踏勘（演示）", "approved_by": "机关负责人（演示）"},
            decider,
        ),
        "grant": (decision.grant, {"decision": "准予所申请事项（演示）"}, decider),
        "grant_on_spot": (decision.grant_on_spot, {"decision": "准予所申请事项（演示）"}, decider),
        "refuse": (decision.refuse, {"reason": "拟建位置在规划道路红线内（演示）"}, decider),
        "dispatch": (delivery.dispatch, parcel, window),
        "deliver": (delivery.deliver, {"received_by": matter.facts["applicant"]}, window),
        "close": (delivery.close, {}, window),
        "archive": (delivery.archive, {}, window),
    }
    action, arguments, who = table[event]
    return action, arguments, who()
