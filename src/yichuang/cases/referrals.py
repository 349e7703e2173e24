"""转办: a matter that no office here decides (水电气暖信 and the like) is taken in, handed to the company
or bureau that does, and followed to its answer.

Whether a company is connected is read from posts: somebody holds a counter-party post in the organ
that the standing order names for the item, or in a body under it (供气企业 → the gas company of a part
of the county). Nothing here is an administrative act: no ruling, no seal, no paper.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.authority import queries as authority
from yichuang.authority.queries import ItemFacts
from yichuang.cases import fact_rules, terms, tracking
from yichuang.cases import handing_permissions as permissions
from yichuang.cases import handing_rules as rules
from yichuang.cases import referral_queries as queries
from yichuang.cases.guarded import locked, step_on
from yichuang.cases.models import Referral
from yichuang.cases.opening import identity_index
from yichuang.cases.referral_messages import TABLE, message_task
from yichuang.cases.rules import (
    NAME_LIMIT,
    ApplicantFacts,
    case_number,
    case_series,
    check_length,
    is_blank,
    visible,
)
from yichuang.catalogue import situations
from yichuang.clock.queries import calendar
from yichuang.clock.rules import Pause
from yichuang.documents.numbering import next_number
from yichuang.journal.actions import record
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

PREFIX = "ZB"  # 转办, before a number formed as a case's is


@dataclass(frozen=True, slots=True)
class ReferralRequest:
    """One matter as the window takes it. facts: fact key → text, and "content" in free words.

    situation: question key → option value. materials: positions on the exact list that go along.
    organ_code: which connected body; "" when there is only one.
    """

    item_code: str
    place_code: str
    applicant: ApplicantFacts
    idempotency_key: str
    organ_code: str = ""
    situation: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    materials: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """What a face shows after a referral was made or moved."""

    referral_id: uuid.UUID
    number: str
    seq: int
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """Who the applicant is and what they want, in full, for whoever does the work."""

    name: str
    phone: str
    address: str
    facts: tuple[tuple[str, str], ...]


def hand(*, request: ReferralRequest, by: Actor, at: datetime) -> Handed:
    """Take the matter in and hand it to the connected company, in one transaction. The due day counts
    the item's promised working days from today. The same key gives the same receipt.

    Raises Refusal: "not-a-window-post" (403), "not-a-referral" (409: the item is ours to take in),
    "not-connected" (409: show the way, and log a contact), "organ-not-connected", "name-missing",
    the identifiers' own, the situation's, "material-unknown", "fact-missing", "text-too-long",
    "idempotency-key-reused" (409).
    """
    permissions.may_open(by).enforce(status=403)
    _check_key(request.idempotency_key)
    applicant = _applicant(request.applicant)
    try:
        with transaction.atomic():
            return _hand(request, applicant, by=by, at=at)
    except (IntegrityError, Refusal) as error:
        earlier = _replayed(request, applicant, by)
        if earlier is None:
            raise error
        return earlier


def _hand(
    request: ReferralRequest, applicant: ApplicantFacts, *, by: Actor, at: datetime
) -> Handed:
    today = timezone.localdate(at)
    order = authority.order()
    item = order.item(request.item_code, today)
    order.place(request.place_code)
    counter = order.outlet(by.outlet_code)
    organ = _organ(request, today)
    situation = situations.settled(item.questions, request.situation)
    situations.check_answers(item.questions, situation).enforce()
    meaning = situations.outcome(item.situations, situation)
    situations.check_outcome(meaning).enforce()
    materials = _materials(item, meaning, request.materials)
    facts = _facts(item, request.facts)
    due = terms.computed(today, item.promised_days, calendar(), ())
    key = uuid.uuid4()

    def sealed(column: str, text: str) -> bytes:
        return vault.seal(text, table=TABLE, row=str(key), column=column)

    series = case_series(counter.division_code, counter.outlet.kind)
    serial = next_number(series=series.replace("case:", "referral:"), year=today.year)
    kind, division = counter.outlet.kind, counter.division_code
    referral = Referral(
        id=key,
        number=PREFIX + case_number(division, kind, today.year, serial),
        kind=applicant.kind,
        name_sealed=sealed("name", applicant.name),
        name_mask=vault.mask_name(applicant.name),
        identity_sealed=sealed("identity", applicant.identity),
        identity_index=identity_index(applicant),
        identity_mask=vault.mask_identity(applicant.identity),
        phone_sealed=sealed("phone", applicant.phone),
        phone_index=vault.blind_index(applicant.phone, kind="phone"),
        phone_mask=vault.mask_phone(applicant.phone),
        address_sealed=sealed("address", applicant.address) if applicant.address else b"",
        item_id=item.code,
        item_version_id=item.version_id,
        place_id=request.place_code,
        outlet_id=by.outlet_code,
        organ_id=organ,
        situation=situation,
        facts_sealed=sealed("facts", json.dumps(facts, ensure_ascii=False)) if facts else b"",
        materials=materials,
        handed_at=at,
        due_on=due.due if due else None,
        tracking_index=tracking.index(tracking.code(key)),
        idempotency_key=request.idempotency_key,
    )
    referral.save(force_insert=True)
    record(
        kind="referral.hand",
        by=by,
        at=at,
        stream=referral.stream,
        seq=1,
        payload={
            "number": referral.number,
            "to": referral.state,
            "item": item.code,
            "item_version": item.version,
            "place": request.place_code,
            "outlet": by.outlet_code,
            "organ": organ,
            "due_on": referral.due_on.isoformat() if referral.due_on else None,
            "materials": [row["name"] for row in materials if row["state"] == "submitted"],
        },
        tasks=[message_task(key, 1)],
    )
    return Handed(key, referral.number, 1)


def receive(*, referral_id: uuid.UUID, seq: int, by: Actor, at: datetime) -> Handed:
    """The company has it."""
    with transaction.atomic():
        return _step(_locked(referral_id, by), "receive", seq=seq, by=by, at=at,
                     columns={"received_at": at})  # fmt: skip


def ask_more(*, referral_id: uuid.UUID, seq: int, what: str, by: Actor, at: datetime) -> Handed:
    """Everything still missing, said once (一次性告知); the term stands still until it is supplied.

    Raises Refusal "asked-before" (409) for a second time, and what guarded.step_on refuses.
    """
    said = _said(what, _("要补充什么"), "what")
    with transaction.atomic():
        referral = _locked(referral_id, by)
        if _asked_at(referral) is not None:
            raise Refusal(
                "asked-before",
                _("已经要求补充过一次，不能再次要求。"),
                remedy=_("请按现有材料办理；确实办不了的，答复未能办理并写明原因。"),
                basis=_("一次性告知"),
                status=409,
            )
        columns = {"answer": said, "told_at": None}
        return _step(referral, "ask_more", seq=seq, by=by, at=at, columns=columns,
                     payload={"what": said}, tells=True)  # fmt: skip


def supply(*, referral_id: uuid.UUID, seq: int, what: str, by: Actor, at: datetime) -> Handed:
    """The window passes on what was asked for; the term goes on, the days of waiting left out."""
    said = _said(what, _("补充了什么"), "what")
    with transaction.atomic():
        referral = _locked(referral_id, by)
        order = authority.order()
        item = order.version(referral.item_id, referral.item_version_id)
        columns: dict[str, Any] = {"answer": "", "told_at": None}
        asked = _asked_at(referral)
        today = timezone.localdate(at)
        if asked is not None and timezone.localdate(asked) < today:
            waited = Pause(timezone.localdate(asked), today - queries.DAY, _("等待补充"))
            handed = timezone.localdate(referral.handed_at)
            due = terms.computed(handed, item.promised_days, calendar(), (waited,))
            columns["due_on"] = due.due if due else None
        return _step(referral, "supply", seq=seq, by=by, at=at, columns=columns,
                     payload={"what": said})  # fmt: skip


def answer(
    *, referral_id: uuid.UUID, seq: int, done: bool, text: str, by: Actor, at: datetime
) -> Handed:
    """The company's answer: done, or not and why. The applicant gets a message; the window tells too."""
    said = _said(text, _("办理结果") if done else _("未能办理的原因"), "text")
    columns = {"answer": said, "answered_at": at, "told_at": None}
    with transaction.atomic():
        return _step(_locked(referral_id, by), "done" if done else "refuse", seq=seq, by=by, at=at,
                     columns=columns, payload={"answer": said}, tells=True)  # fmt: skip


def tell(*, referral_id: uuid.UUID, seq: int, how: str, by: Actor, at: datetime) -> Handed:
    """The window has told the applicant what the company wants or answered. how: a key of TOLD_HOW."""
    if how not in queries.TOLD_HOW:
        raise Refusal(
            "how-unknown",
            _("没有选择怎样告知的。"),
            remedy=_("请选择当面、电话或上门。"),
            field="how",
        )
    with transaction.atomic():
        referral = _locked(referral_id, by)
        if referral.told_at is not None and referral.seq == seq:
            raise Refusal(
                "told-before",
                _("已经登记过告知申请人了。"),
                remedy=_("不用再登记；请刷新页面看最新情况。"),
                status=409,
            )
        return _step(referral, "tell", seq=seq, by=by, at=at,
                     columns={"told_at": at}, payload={"how": how})  # fmt: skip


def withdraw(*, referral_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> Handed:
    """The applicant takes it back; the window records it."""
    said = _said(reason, _("撤回的原因"), "reason")
    with transaction.atomic():
        return _step(_locked(referral_id, by), "withdraw", seq=seq, by=by, at=at,
                     columns={"answer": said}, payload={"reason": said})  # fmt: skip


def look(*, referral_id: uuid.UUID, by: Actor, at: datetime) -> Looked:
    """Name, phone, address and facts in full, for the company that does the work. Every look is an
    entry; when it cannot be written, nothing is shown. The identity number is never part of it.

    Raises Refusal "referral-not-found" (404), "referral-over" or "not-yours-to-see" (403).
    """
    with transaction.atomic():
        referral = _locked(referral_id, by)
        permissions.may_look(by, referral).enforce(status=403)
        shown = Looked(
            name=_opened(referral, "name"),
            phone=_opened(referral, "phone"),
            address=_opened(referral, "address"),
            facts=queries.facts_shown(referral, _opened(referral, "facts")),
        )
        columns = [
            c for c in ("name", "phone", "address", "facts") if getattr(referral, f"{c}_sealed")
        ]
        with override("zh-hans"):
            purpose = _("办理转办事项，联系申请人")
        record(
            kind="personal-data.revealed",
            by=by,
            at=at,
            stream=referral.stream,
            payload={
                "table": TABLE,
                "row": str(referral.pk),
                "column": "、".join(columns),
                "purpose": purpose,
            },
        )
    return shown


# --- what a request must hold ---


def _check_key(key: str) -> None:
    if not 8 <= len(key) <= 120:
        raise Refusal(
            "idempotency-key",
            _("缺少防重复提交的标识。"),
            remedy=_("请重新打开表单再提交。"),
        )


def _applicant(facts: ApplicantFacts) -> ApplicantFacts:
    name = visible(facts.name)
    if is_blank(name):
        raise Refusal(
            "name-missing",
            _("没有填写申请人姓名或名称。"),
            remedy=_("请填写后再提交。"),
            field="name",
        )
    check_length(name, what=_("姓名或名称"), limit=NAME_LIMIT).enforce()
    address = visible(facts.address)
    check_length(address, what=_("地址"), limit=rules.MATTER_LIMIT).enforce()
    person = facts.kind == "person"
    identity = resident_number(facts.identity).number if person else credit_code(facts.identity)
    phone = phone_number(facts.phone)
    return ApplicantFacts(facts.kind, name.strip(), identity, phone, address.strip())


def _organ(request: ReferralRequest, today: Any) -> str:
    """The connected body it goes to. Refusal when there is none, or when one must be chosen."""
    where = queries.destination(request.item_code, today)
    if not where.guided:
        raise Refusal(
            "not-a-referral",
            _("“%(item)s”由窗口直接收件，不用转办。") % {"item": where.item_name},
            remedy=_("请从“收件”办理。"),
            status=409,
        )
    codes = [one.code for one in where.connected]
    if not codes:
        raise Refusal(
            "not-connected",
            _("%(organ)s还没有接入平台，不能直接转交。") % {"organ": where.organ_name},
            remedy=_("请告诉来人去哪里办，并做首问登记，跟到有人接下为止。"),
            status=409,
        )
    chosen = request.organ_code or (codes[0] if len(codes) == 1 else "")
    if chosen not in codes:
        raise Refusal(
            "organ-not-connected",
            _("没有选择转交给哪一家。"),
            remedy=_("请按事项所在地选择承办单位。"),
            field="organ",
        )
    return chosen


def _materials(
    item: ItemFacts, meaning: situations.Outcome, brought: Sequence[int]
) -> list[dict[str, Any]]:
    """The exact list with what goes along; Refusal "material-unknown" for anything beside it."""
    listed = [row for row in item.materials if meaning.on_list(row.name, always=row.always)]
    if not set(brought) <= {row.position for row in listed}:
        raise Refusal(
            "material-unknown",
            _("有的材料不在本事项的材料清单里。"),
            remedy=_("请刷新页面，按最新清单勾选。"),
            field="materials",
        )
    return [
        {
            "position": row.position,
            "name": row.name,
            "state": "submitted" if row.position in brought else "missing",
        }
        for row in listed
    ]


def _facts(item: ItemFacts, given: Mapping[str, str]) -> dict[str, str]:
    """What the form asks, checked, and the request in free words ("content")."""
    said = {key: visible(str(text)) for key, text in given.items()}
    content = said.pop("content", "").strip()
    facts = fact_rules.checked(item.facts, said, whole=True)
    if content:
        facts["content"] = content
    whole = "".join(facts.values())
    check_length(whole, what=_("申请内容"), limit=rules.FACTS_LIMIT).enforce()
    return facts


def _replayed(request: ReferralRequest, applicant: ApplicantFacts, by: Actor) -> Handed | None:
    """The referral that this key already made; Refusal when the key came with another matter."""
    earlier = Referral.objects.filter(idempotency_key=request.idempotency_key).first()
    if earlier is None:
        return None
    same = (
        earlier.item_id == request.item_code
        and earlier.place_id == request.place_code
        and earlier.outlet_id == by.outlet_code
        and bytes(earlier.identity_index) == identity_index(applicant)
    )
    if not same:
        raise Refusal(
            "idempotency-key-reused",
            _("这个提交标识已经用于另一件转办。"),
            remedy=_("请重新打开表单再提交。"),
            status=409,
        )
    return Handed(earlier.pk, earlier.number, earlier.seq, replayed=True)


# --- taking steps ---


def _said(text: str, what: str, field: str) -> str:
    return rules.check_text(
        visible(text), what=what, limit=rules.ANSWER_LIMIT, field=field, least=rules.SHORTEST
    )


def _asked_at(referral: Referral) -> datetime | None:
    """When the company asked for more; None when it never did."""
    return (
        Entry.objects.filter(stream=referral.stream, kind="referral.ask_more")
        .values_list("at", flat=True)
        .first()
    )


def _opened(referral: Referral, column: str) -> str:
    sealed = getattr(referral, f"{column}_sealed")
    if not sealed:
        return ""
    return vault.open_(sealed, table=TABLE, row=str(referral.pk), column=column)


def _locked(referral_id: uuid.UUID, by: Actor) -> Referral:
    return locked(
        Referral.objects.all(),
        referral_id,
        may_see=lambda row: permissions.may_see_referral(by, row),
        unknown=permissions.no_such_referral,
    )


def _step(
    referral: Referral,
    event: str,
    *,
    seq: int,
    by: Actor,
    at: datetime,
    columns: Mapping[str, Any],
    payload: Mapping[str, Any] | None = None,
    tells: bool = False,
) -> Handed:
    row = rules.REFERRAL[event]
    new = step_on(
        referral,
        row,
        seq=seq,
        may=lambda one: permissions.may_on_referral(by, row, one),
        by=by,
        at=at,
        columns=columns,
        payload=payload,
        tasks=(message_task(referral.pk, seq + 1),) if tells else (),
    )
    return Handed(referral.pk, referral.number, new)
