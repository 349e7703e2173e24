"""The JSON face: the same actions as the window and the desk, a token for each post.

Refusals leave as problem details; the middleware above turns them into those, so nothing here
catches them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Header, NinjaAPI, Query, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.files import UploadedFile
from ninja.security import HttpBearer

from yichuang.accounts.actions.tokens import actor_for_token
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import (
    bundles,
    decision,
    delivery,
    examination,
    intake,
    later,
    promises,
    queries,
    step,
)
from yichuang.cases.joint import BundleRequest, JointMaterial
from yichuang.cases.rules import ApplicantFacts, MaterialEntry, Submission
from yichuang.catalogue import search as catalogue_search
from yichuang.catalogue import situations
from yichuang.catalogue.queries import MaterialSheet, item_guide
from yichuang.clock.queries import calendar
from yichuang.clock.rules import due as due_of
from yichuang.documents import verify
from yichuang.faces.api import couriers, licences
from yichuang.faces.api import schemas as s
from yichuang.faces.api.caller import caller
from yichuang.files import actions as files
from yichuang.files import queries as stored
from yichuang.journal.queries import entry_proof
from yichuang.oversight import actions as oversight
from yichuang.oversight import rules as rating_rules
from yichuang.oversight.rules import RatingDraft
from yichuang.verdict import Refusal

PUBLIC = Actor(None, "公众", "resident", channel="api")


class PostToken(HttpBearer):
    """A token stands for one post of one person; it is issued and revoked by `yichuang user`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        reference = getattr(request, "reference", "")
        return actor_for_token(token, timezone.now(), request_id=reference)


api = NinjaAPI(
    title="一窗 Yichuang",
    version="1",
    description="County services, from intake to delivery. Chinese is the main language of texts.",
    openapi_url="/openapi.json",
    docs_url=None,
    auth=PostToken(),
    urls_namespace="api",
)
api.add_router("/licences", licences.router)
api.add_router("/couriers", couriers.router)
PROBLEMS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429, 503, 507), s.Problem)


@api.exception_handler(AuthenticationError)
def no_token(request: HttpRequest, error: AuthenticationError) -> Any:
    raise Refusal(
        "token-missing",
        _("请求没有带岗位令牌。"),
        remedy=_("请在 Authorization 头里带上 Bearer 令牌。"),
        status=401,
    ) from error


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> Any:
    raise Refusal(
        "request-unreadable",
        _("请求的内容读不出来，不是有效的 JSON。"),
        remedy=_("请检查请求体的格式和编码（UTF-8）后再发送。"),
        status=error.status_code,
    ) from error


@api.exception_handler(ValidationError)
def bad_shape(request: HttpRequest, error: ValidationError) -> Any:
    places = [".".join(str(part) for part in fault["loc"][1:]) for fault in error.errors]
    raise Refusal(
        "request-shape",
        _("请求的格式不对：%(places)s。") % {"places": "、".join(places)},
        remedy=_("请对照 /api/v1/openapi.json 检查字段和类型。"),
        status=422,
        detail={
            "faults": [
                {"at": p, "why": f["msg"]} for p, f in zip(places, error.errors, strict=True)
            ]
        },
    ) from error


# --- what anybody may ask ------------------------------------------------------------------------


@api.get("/items", auth=None, response={200: s.HitsOut, **PROBLEMS}, tags=["catalogue"])
def search_items(request: HttpRequest, q: str, top: int = Query(10, ge=1, le=50)) -> Any:
    """Items that answer a question in everyday words, best first."""
    hits = catalogue_search.search(q, on=timezone.localdate(), limit=top)
    return {"hits": [{"code": h.code, "name": h.name, "name_en": h.name_en} for h in hits]}


@api.get("/items/{code}", auth=None, response={200: s.ItemOut, **PROBLEMS}, tags=["catalogue"])
def item(request: HttpRequest, code: str) -> Any:
    """The guide of an item as it stands today."""
    guide = item_guide(code, timezone.localdate())
    drafts = {
        "membership": guide.membership_draft,
        "days": guide.days_draft,
        "materials": guide.materials_draft,
    }
    return {
        **{name: getattr(guide, name) for name in _ITEM_FIELDS},
        "draft": [name for name, is_draft in drafts.items() if is_draft],
        "materials": [_material(m) for m in guide.materials],
        "questions": situations.as_json(guide.questions),
        "situations": situations.as_json(guide.situations),
        "facts": [asdict(fact) for fact in guide.facts],
    }


@api.post(
    "/items/{code}/situation",
    auth=None,
    response={200: s.SituationOut, **PROBLEMS},
    tags=["catalogue"],
)
def situation(request: HttpRequest, code: str, body: s.SituationIn) -> Any:
    """What the answers given so far come to: the next question, and the exact list. Keeps nothing."""
    guide = item_guide(code, timezone.localdate())
    settled = situations.settled(guide.questions, body.answers)
    result = situations.outcome(guide.situations, settled)
    fits = situations.check_answers(guide.questions, settled)
    goes_on = situations.check_outcome(result)
    following = situations.next_question(guide.questions, settled)
    if fits.code == "situation-unknown-answer":
        fits.enforce()
    return {
        "version": guide.version,
        "settled": settled,
        "next": situations.as_json([following])[0] if following else None,
        "may_apply": bool(fits and goes_on),
        "refusal": "" if goes_on else f"{goes_on.reason}{goes_on.remedy}",
        "materials": [_material(m) for m in guide.exact(settled)],
        "rows": situations.as_json(result.rows),
    }


def _material(material: MaterialSheet) -> dict[str, Any]:
    return {"position": material.seq, **{name: getattr(material, name) for name in _MATERIAL}}


_MATERIAL = tuple(name for name in s.MaterialOut.model_fields if name != "position")


_ITEM_FIELDS = (
    "code",
    "version",
    "valid_from",
    "name",
    "name_en",
    "item_type",
    "handling",
    "legal_days",
    "promised_days",
    "basis",
    "basis_confirmed",
)


@api.get("/ruling", auth=None, response={200: s.RulingOut, **PROBLEMS}, tags=["authority"])
def ruling(request: HttpRequest, item: str, place: str, outlet: str, on: date | None = None) -> Any:
    """Who takes in, reviews and decides, in whose name and with which seal, and why."""
    found = authority.order().ruling(item, place, outlet, on or timezone.localdate())
    found.verdict.enforce()
    return found.as_dict()


@api.get("/due", auth=None, response={200: s.DueOut, **PROBLEMS}, tags=["clock"])
def due(request: HttpRequest, start: date, days: int = Query(ge=0, le=1000)) -> Any:
    """The last day of a period of working days, step by step."""
    found = due_of(start, days, calendar())
    return {
        "due": found.due,
        "sentence": found.sentence,
        "steps": [{"date": x.date, "what": x.what, "count": x.count} for x in found.steps],
    }


@api.get("/track/{code}", auth=None, response={200: s.TrackedOut, **PROBLEMS}, tags=["tracking"])
def track(request: HttpRequest, code: str) -> Any:
    """A case by its applicant's code."""
    return queries.tracked(code=code, today=timezone.localdate())


@api.post(
    "/track/{code}/rating",
    auth=None,
    response={201: s.RatingOut, **PROBLEMS},
    tags=["tracking"],
)
def rate(request: HttpRequest, code: str, body: s.RatingIn) -> Any:
    """Rate a case (好差评): once, by whoever holds its code."""
    draft = RatingDraft(body.grade, tuple(body.options), body.text)
    oversight.rate(code=code, draft=draft, channel="api", by=PUBLIC, at=timezone.now())
    answer = {
        "grade": body.grade,
        "gbt_39046": rating_rules.GBT_39046[body.grade],
        "national": rating_rules.NATIONAL[body.grade],
    }
    return Status(201, answer)


@api.get(
    "/papers/{code}", auth=None, response={200: s.PaperFactsOut, **PROBLEMS}, tags=["verification"]
)
def paper_facts(request: HttpRequest, code: str) -> Any:
    """The issued paper that a verify code belongs to, to be compared with the one in hand."""
    return verify.verify_code(code)


# --- what a post may do ---------------------------------------------------------------------------


@api.post("/files", response={201: s.FileOut, **PROBLEMS}, tags=["cases"])
def upload(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """Store one material (PDF, JPEG or PNG) before the case that names it."""
    kept = files.store(
        stream=file.file, name=file.name or "", kind="material", by=caller(request), at=timezone.now()
    )
    answer = {
        "id": kept.pk,
        "sha256": kept.sha256,
        "size": kept.size,
        "content_type": kept.content_type,
    }
    return Status(201, answer)


@api.post("/cases", response={200: s.ReceiptOut, 201: s.ReceiptOut, **PROBLEMS}, tags=["cases"])
def take_in(
    request: HttpRequest,
    body: s.CaseIn,
    idempotency_key: str = Header(..., alias="Idempotency-Key", min_length=8, max_length=100),
) -> Any:
    """Take one matter in, whole, in one request. The same key gives the same receipt (200)."""
    by = caller(request)
    receipt = intake.take_in(
        submission=Submission(
            item_code=body.item,
            place_code=body.place,
            outlet_code=body.outlet,
            applicant=ApplicantFacts(**body.applicant.dict()),
            # one integrator's keys never meet another's; with the post's number they fit in 120
            idempotency_key=f"{by.post_id}:{idempotency_key}",
            materials=_entries(body.materials),
            answers=body.answers,
            outcome=body.outcome,
            delivery=body.delivery,
            channel="api",
            situation=body.situation,
            facts=body.facts,
            on_behalf=body.on_behalf,
            collect_at=body.collect_at,
            promised_how=body.promised_how,
            item_version=body.item_version,
        ),
        by=by,
        at=timezone.now(),
    )
    return Status(200 if receipt.replayed else 201, _receipt(receipt))


@api.post(
    "/bundles",
    response={200: s.BundleReceiptOut, 201: s.BundleReceiptOut, **PROBLEMS},
    tags=["cases"],
)
def take_in_bundle(
    request: HttpRequest,
    body: s.BundleIn,
    idempotency_key: str = Header(..., alias="Idempotency-Key", min_length=8, max_length=100),
) -> Any:
    """Take several items of a chain in with one application. The same key gives the same receipt."""
    by = caller(request)
    receipt = bundles.take_in(
        request=BundleRequest(
            chain_code=body.chain,
            chosen=tuple(body.chosen),
            have=tuple(body.have),
            place_code=body.place,
            outlet_code=body.outlet,
            applicant=ApplicantFacts(**body.applicant.dict()),
            idempotency_key=f"{by.post_id}:{idempotency_key}",
            situation=body.situation,
            facts=body.facts,
            materials=tuple(
                JointMaterial(
                    **{**m.dict(), "file_id": str(m.file_id) if m.file_id else ""},
                )
                for m in body.materials
            ),
            delivery=body.delivery,
            collect_at=body.collect_at,
            channel="api",
            on_behalf=body.on_behalf,
            promised_how=body.promised_how,
        ),
        by=by,
        at=timezone.now(),
    )
    answer = {**asdict(receipt), "bundle": receipt.bundle_id}
    return Status(200 if receipt.replayed else 201, answer)


def _entries(materials: list[s.MaterialIn]) -> tuple[MaterialEntry, ...]:
    return tuple(
        MaterialEntry(
            m.position,
            m.state,
            m.copies,
            str(m.file_id) if m.file_id else "",
            m.note,
            m.held_ref,
            m.consent,
        )
        for m in materials
    )


def _receipt(receipt: step.Receipt) -> dict[str, Any]:
    return {
        "case": receipt.case_id,
        "number": receipt.number,
        "state": receipt.state,
        "seq": receipt.seq,
        "due_on": receipt.due_on,
        "paper": receipt.paper_id,
        "journal_index": receipt.entry_index,
        "replayed": receipt.replayed,
    }


@api.get("/cases", response={200: s.PageOut, **PROBLEMS}, tags=["cases"])
def worklist(
    request: HttpRequest, tab: str, after: str = "", limit: int = Query(20, ge=1, le=100)
) -> Any:
    """One page of the post's own worklist, nearest deadline first."""
    return queries.worklist(
        actor=caller(request), tab=tab, today=timezone.localdate(), after=after, limit=limit
    )


@api.get("/cases/{case_id}", response={200: s.CaseOut, **PROBLEMS}, tags=["cases"])
def case(request: HttpRequest, case_id: uuid.UUID) -> Any:
    """One case, for a post that may see it."""
    sheet = queries.case_sheet(case_id=case_id, actor=caller(request), today=timezone.localdate())
    shown = {name: getattr(sheet, name) for name in s.CaseOut.model_fields if hasattr(sheet, name)}
    return {**shown, "may": [row.event for row in sheet.may]}


def _supply_later(*, materials: list[s.MaterialIn], **step_facts: Any) -> step.Receipt:
    return later.supply_later(supplied=_entries(materials), **step_facts)


def _check_promise(*, positions: list[int], **step_facts: Any) -> step.Receipt:
    """One promise at a time: its finding is its own."""
    if len(positions) != 1:
        raise Refusal(
            "position-missing",
            _("请给出一项承诺的材料序号。"),
            remedy=_("在 positions 里写一个序号。"),
            field="positions",
        )
    return promises.check(position=positions[0], **step_facts)


# Which action an event calls, and which fields of the body it takes under which name.
EVENTS: dict[str, tuple[Callable[..., step.Receipt], dict[str, str]]] = {
    "accept": (intake.accept, {}),
    "correct": (intake.correct, {"supplied": "positions"}),
    "ask_correction": (intake.ask_correction, {"missing": "positions", "problem": "text"}),
    "decline": (intake.decline, {"reason": "text", "where_to_go": "where_to_go"}),
    "withdraw": (intake.withdraw, {"reason": "text"}),
    "supply_later": (_supply_later, {"materials": "materials"}),
    "receive_transfer": (examination.receive_transfer, {}),
    "check_promise": (
        _check_promise,
        {"positions": "positions", "kept": "agrees", "finding": "text"},
    ),
    "terminate": (promises.terminate, {"reason": "text"}),
    "revoke_result": (promises.revoke, {"reason": "text"}),
    "review": (examination.review, {"opinion": "text", "agrees": "agrees"}),
    "send_back": (examination.send_back, {"reason": "text"}),
    "begin_special": (examination.begin_special, {"reason": "text"}),
    "end_special": (examination.end_special, {"result": "text"}),
    "extend": (decision.extend, {"reason": "text", "approved_by": "approved_by"}),
    "grant": (decision.grant, {"decision": "text", "conditions": "conditions"}),
    "grant_on_spot": (decision.grant_on_spot, {"decision": "text", "conditions": "conditions"}),
    "refuse": (decision.refuse, {"reason": "text"}),
    "hand_back": (decision.hand_back, {}),
    "dispatch": (delivery.dispatch, {"courier": "courier", "tracking_number": "tracking_number"}),
    "deliver": (delivery.deliver, {"received_by": "received_by"}),
    "close": (delivery.close, {}),
    "archive": (delivery.archive, {}),
}


@api.post("/cases/{case_id}/{event}", response={200: s.ReceiptOut, **PROBLEMS}, tags=["cases"])
def cause(request: HttpRequest, case_id: uuid.UUID, event: str, body: s.StepIn) -> Any:
    """One step of a case: accept, review, grant, dispatch, deliver, close and the others."""
    if event not in EVENTS:
        raise Refusal(
            "event-unknown",
            _("没有“%(event)s”这个步骤。") % {"event": event},
            remedy=_("可用的步骤见办件的 may 字段。"),
            status=404,
        )
    action, fields = EVENTS[event]
    arguments = {name: getattr(body, source) for name, source in fields.items()}
    receipt = action(case_id=case_id, seq=body.seq, by=caller(request), at=timezone.now(), **arguments)
    return _receipt(receipt)


@api.get("/cases/{case_id}/papers/{paper_id}", tags=["cases"])
def paper_file(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> Any:
    """The sealed PDF of one of the case's papers."""
    sheet = queries.case_sheet(case_id=case_id, actor=caller(request), today=timezone.localdate())
    found = [paper for paper in sheet.papers if paper.id == paper_id and paper.file_id]
    if not found:
        raise Refusal(
            "paper-unknown",
            _("办件里没有这份文书，或者它还没有签章。"),
            remedy=_("请稍候片刻再取。"),
            status=404,
        )
    _sheet, handle = stored.open_file(found[0].file_id)
    return FileResponse(
        handle,
        as_attachment=True,
        filename=f"{found[0].number}.pdf",
        content_type="application/pdf",
    )


@api.get(
    "/journal/{index}/proof", auth=None, response={200: s.ProofOut, **PROBLEMS}, tags=["journal"]
)
def proof(request: HttpRequest, index: int) -> Any:
    """That an entry stands under the journal's present head (RFC 6962): hashes only."""
    found = entry_proof(index)
    return {
        "index": found.index,
        "leaf": found.leaf.hex(),
        "size": found.size,
        "root": found.root.hex(),
        "path": [node.hex() for node in found.path],
    }
