"""The seal register: every entry asked for by one person and confirmed by another.

A suspension holds from the moment it is asked for (a lost seal does not wait); whoever declines it
puts the seal back into use. Everything else happens with its confirmation. A pack may bring seals
and their names; what the register did to them since, it does not touch.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.queries import current_posts
from yichuang.authority import queries as authority
from yichuang.documents import permissions, rules
from yichuang.documents import register_rules as register
from yichuang.documents.models import Seal, SealEvent, SealUse
from yichuang.files.actions import store
from yichuang.files.models import StoredFile
from yichuang.journal.actions import record
from yichuang.places.models import Organ
from yichuang.verdict import Fault, Refusal

_PACK_COLUMNS = ("valid_from", "valid_to", "custodian_title", "demonstration")
_CUT = ("kind", "organ_id", "number", "name")  # cut into the seal itself
PNG = "image/png"
PICTURE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """What a face shows after asking or settling. state: the seal's, as it is now."""

    seal_code: str
    event_id: int
    state: str


def ask(
    *,
    seal_code: str,
    event: str,
    reason: str,
    by: Actor,
    at: datetime,
    custodian_id: int | None = None,
    change: Mapping[str, Any] | None = None,
) -> Asked:
    """Ask for an entry; another person confirms it. A suspension holds at once.

    custodian_id: for "hand_out", who is to keep the seal (must hold a custodian's post that day).
    change: for "adjust", see register_rules.check_change.
    Raises Refusal "seal-unknown" (404), "seal-not-yours"/"not-your-post" (403),
    "seal-event-not-now" (409), "seal-event-open" (409), "custodian-unknown", "seal-change-wrong",
    "reason-missing".
    """
    register.check_reason(reason).enforce()
    with transaction.atomic():
        seal = _locked(seal_code)
        permissions.may_ask(by, seal).enforce(status=403)
        register.may_happen(event, seal.state).enforce(status=409)
        if event == "hand_out":
            _check_custodian(custodian_id, at)
        if event == "adjust":
            known = authority.order().items
            register.check_change(change or {}, item_codes=known).enforce()
        row = _propose(
            seal,
            event,
            reason.strip(),
            by=by,
            at=at,
            custodian_id=custodian_id if event == "hand_out" else None,
            change=change if event == "adjust" else None,
        )
    return Asked(seal.code, row.pk, seal.state)


def make(
    *,
    code: str,
    kind: str,
    organ_code: str,
    number: str,
    name: str,
    valid_from: Any,
    custodian_title: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> Asked:
    """Have a new seal made (制发): a row of the register that nothing can be sealed with until it was
    confirmed and handed out. Raises Refusal "seals-invalid", "seal-code-taken" (409), and as `ask`.
    """
    register.check_reason(reason).enforce()
    draft = register.SealDraft(
        "", 1, code, kind, organ_code, number, name, valid_from, None, custodian_title
    )
    with transaction.atomic():
        organ = Organ.objects.filter(pk=organ_code).first()
        faults = register.check_seals([draft], {organ.code} if organ else set())
        if faults:
            raise Refusal("seals-invalid", faults[0].reason, field=faults[0].column)
        if Seal.objects.filter(pk=code).exists():
            raise Refusal(
                "seal-code-taken",
                _("印章编码已经登记过。"),
                remedy=_("已销毁的印章编码也不能再用，请换一个编码。"),
                status=409,
                field="code",
            )
        seal = Seal(
            code=code,
            kind=kind,
            organ=organ,
            number=number,
            name=name,
            valid_from=valid_from,
            custodian_title=custodian_title,
            demonstration=not settings.PRODUCTION,
            state=rules.MADE,
        )
        permissions.may_ask(by, seal).enforce(status=403)
        try:
            with transaction.atomic():
                seal.save(force_insert=True)
        except IntegrityError as error:
            raise Refusal(
                "seal-number-taken",
                _("这个机关同类印章里已经有这个编号。"),
                remedy=_("请换一个编号。"),
                status=409,
                field="number",
            ) from error
        row = _propose(seal, "make", reason.strip(), by=by, at=at)
    return Asked(seal.code, row.pk, seal.state)


def settle(*, event_id: int, agrees: bool, by: Actor, at: datetime, reason: str = "") -> Asked:
    """Confirm or decline what another person asked for.

    Raises Refusal "seal-event-settled" (409), "same-person", "head-needed", "county-needed",
    "not-the-receiver", "seal-not-yours" (all 403), "seal-event-not-now" (409), "reason-missing" when
    declining without one.
    """
    if not agrees:
        register.check_reason(reason).enforce()
    with transaction.atomic():
        event = SealEvent.objects.filter(pk=event_id).first()
        if event is None:
            raise _unknown()
        seal = _locked(event.seal_id)
        permissions.may_settle(by, seal, event).enforce(status=403)
        if agrees and event.event not in register.AT_ONCE:
            register.may_happen(event.event, seal.state).enforce(status=409)
        if agrees and event.event == "hand_out":
            _check_custodian(event.custodian_id, at)
        _close(event, rules.CONFIRMED if agrees else rules.DECLINED, reason, by=by, at=at)
        before = seal.state
        (_carry_out if agrees else _undo)(seal, event)
        record(
            kind="seal.confirmed" if agrees else "seal.declined",
            by=by,
            at=at,
            stream=f"seal:{seal.code}",
            payload={
                "event": event.event,
                "from": before,
                "to": seal.state,
                "asked_by": event.asked_by,
                "reason": reason or event.reason,
                "custodian": event.custodian_id,
                "change": event.change,
            },
        )
    return Asked(seal.code, event.pk, seal.state)


def withdraw(*, event_id: int, by: Actor, at: datetime) -> Asked:
    """Take back what one asked for and nobody confirmed yet; only whoever asked may.

    A suspension cannot be taken back alone: another person declines it or resumes the seal.
    """
    with transaction.atomic():
        event = SealEvent.objects.filter(pk=event_id).first()
        if event is None:
            raise _unknown()
        seal = _locked(event.seal_id)
        if event.asked_person != by.person_id or event.event in register.AT_ONCE:
            raise Refusal(
                "not-yours-to-withdraw",
                _("只有提出人可以撤回；停用已经生效，不能自己撤回。"),
                remedy=_("请由另一位负责人员处理。"),
                status=403,
            )
        _close(event, rules.WITHDRAWN, "", by=by, at=at)
        _undo(seal, event)
        record(
            kind="seal.withdrawn",
            by=by,
            at=at,
            stream=f"seal:{seal.code}",
            payload={"event": event.event},
        )
    return Asked(seal.code, event.pk, seal.state)


def ask_picture(*, seal_code: str, content: bytes, reason: str, by: Actor, at: datetime) -> Asked:
    """Ask for a real seal's image to be drawn on papers from now on: production only, PNG only.

    Raises Refusal "picture-demo" (403) outside production: a demonstration never draws a real seal.
    """
    if not settings.PRODUCTION:
        raise Refusal(
            "picture-demo",
            _("演示环境不能上传真实印章的图像。"),
            remedy=_("正式环境才能登记印模，演示环境只画带“演示”字样的图样。"),
            status=403,
        )
    seal = Seal.objects.select_related("organ").filter(pk=seal_code).first()
    if seal is None:
        raise _unknown()
    permissions.may_ask(by, seal).enforce(status=403)
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or len(content) > PICTURE_BYTES:
        raise Refusal(
            "picture-wrong",
            _("印模图像要用 PNG 格式，不超过 2 MB。"),
            remedy=_("请重新扫描保存为 PNG 后上传。"),
            status=415,
            field="picture",
        )
    file = store(stream=io.BytesIO(content), name=f"{seal_code}.png", kind="seal", by=by, at=at)
    return ask(
        seal_code=seal_code,
        event="adjust",
        reason=reason,
        change={"picture": str(file.pk)},
        by=by,
        at=at,
    )


def publish_seals(drafts: Sequence[register.SealDraft], *, by: Actor, at: datetime) -> int:
    """Make the register hold these seals; how many were new or changed (0 on a second run).

    A seal not named is left alone. Of a seal with a history (an entry, an impression) a pack changes
    nothing that is cut into it: another name suspends it, for a person to look at (a renamed organ's
    seal goes out of use); another kind, organ or number is a fault.
    Raises Refusal "seals-invalid" with the faults in `detail`.
    """
    codes = [draft.code for draft in drafts]
    with transaction.atomic():
        known = set(
            Organ.objects.filter(pk__in={d.organ_code for d in drafts}).values_list("pk", flat=True)
        )
        present = Seal.objects.select_for_update().in_bulk(codes)
        with_history = _with_history(present)
        _no_faults(
            (
                *register.check_seals(drafts, known),
                *register.check_against_register(drafts, with_history),
            )
        )
        changed = [
            draft.code
            for draft in drafts
            if _publish(draft, present.get(draft.code), with_history, by=by, at=at)
        ]
        if changed:
            record(kind="seals.published", by=by, at=at, payload={"seals": changed})
    return len(changed)


def _publish(
    draft: register.SealDraft,
    old: Seal | None,
    with_history: Mapping[str, register.Registered],
    *,
    by: Actor,
    at: datetime,
) -> bool:
    """One row of a pack; whether it changed anything."""
    row = Seal(
        code=draft.code,
        kind=draft.kind,
        organ_id=draft.organ_code,
        number=draft.number,
        name=draft.name,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        custodian_title=draft.custodian_title,
        demonstration=not settings.PRODUCTION,
    )
    if old is None:
        row.save(force_insert=True)
        return True
    columns = _PACK_COLUMNS if old.code in with_history else (*_PACK_COLUMNS, *_CUT)
    moved = {
        name: getattr(row, name) for name in columns if getattr(row, name) != getattr(old, name)
    }
    renamed = old.code in with_history and row.name != old.name
    if renamed and old.state == rules.HANDED_OUT and not _open(old):
        _propose(
            old,
            "suspend",
            _("县包里的名称改为“%(name)s”，与印章上刻的不一致。") % {"name": row.name},
            by=by,
            at=at,
            journalled=False,
        )
        moved["state"] = rules.SUSPENDED
    if moved:
        Seal.objects.filter(pk=old.pk).update(**moved)
    return bool(moved)


def _with_history(present: Mapping[str, Seal]) -> dict[str, register.Registered]:
    used = set(
        SealUse.objects.filter(seal__in=present).values_list("seal_id", flat=True).distinct()
    )
    used |= set(SealEvent.objects.filter(seal__in=present).values_list("seal_id", flat=True))
    return {
        code: register.Registered(code, row.kind, row.organ_id, row.number, row.name)
        for code, row in present.items()
        if code in used
    }


def _no_faults(faults: Sequence[Fault]) -> None:
    if faults:
        raise Refusal(
            "seals-invalid",
            _("印章表有 %(count)s 处错误，没有导入任何印章。") % {"count": len(faults)},
            remedy=_("请按提示改正后重新导入。"),
            detail={"faults": [str(fault) for fault in faults]},
        )


def _locked(code: str) -> Seal:
    Seal.objects.select_for_update().filter(pk=code).first()  # alone: a join locks its rows too
    seal = Seal.objects.select_related("organ").filter(pk=code).first()
    if seal is None:
        raise _unknown()
    return seal


def _unknown() -> Refusal:
    return Refusal(
        "seal-unknown",
        _("印章登记里没有这一项。"),
        remedy=_("请回到印章登记重新选择。"),
        status=404,
    )


def _open(seal: Seal) -> bool:
    return SealEvent.objects.filter(seal=seal, state=rules.PROPOSED).exists()


def _propose(
    seal: Seal,
    event: str,
    reason: str,
    *,
    by: Actor,
    at: datetime,
    custodian_id: int | None = None,
    change: Mapping[str, Any] | None = None,
    journalled: bool = True,
) -> SealEvent:
    if _open(seal):
        raise Refusal(
            "seal-event-open",
            _("这枚印章还有一项登记等待确认，不能同时办第二项。"),
            remedy=_("请先确认、不同意或撤回那一项。"),
            status=409,
        )
    row = SealEvent.objects.create(
        seal=seal,
        event=event,
        reason=reason,
        custodian_id=custodian_id,
        change=dict(change or {}),
        asked_by=by.journal_record(),
        asked_person=by.person_id or 0,
        asked_at=at,
    )
    if event in register.AT_ONCE:
        _move(seal, register.MOVES[event][1])
    if journalled:
        record(
            kind="seal.asked",
            by=by,
            at=at,
            stream=f"seal:{seal.code}",
            payload={
                "event": event,
                "reason": reason,
                "state": seal.state,
                "custodian": custodian_id,
                "change": row.change,
            },
        )
    return row


def _close(event: SealEvent, state: str, reason: str, *, by: Actor, at: datetime) -> None:
    closed = SealEvent.objects.filter(pk=event.pk, state=rules.PROPOSED).update(
        state=state,
        settled_by=by.journal_record(),
        settled_person=by.person_id,
        settled_at=at,
        settled_reason=reason.strip(),
    )
    if not closed:
        raise Refusal(
            "seal-event-settled",
            _("这一项已经有人处理过了。"),
            remedy=_("请刷新页面看现在的状态。"),
            status=409,
        )


def _carry_out(seal: Seal, event: SealEvent) -> None:
    target = register.MOVES[event.event][1]
    columns: dict[str, Any] = {}
    if event.event == "hand_out":
        columns["custodian_id"] = event.custodian_id
    if event.event in ("return", "destroy"):
        columns["custodian_id"] = None
    if event.event == "adjust":
        columns |= {
            ("picture_id" if name == "picture" else name): value
            for name, value in event.change.items()
        }
        if "picture" in event.change:
            kept = StoredFile.objects.filter(pk=event.change["picture"], content_type=PNG)
            columns["picture_id"] = kept.values_list("pk", flat=True).get()
    _move(seal, target or seal.state, **columns)


def _undo(seal: Seal, event: SealEvent) -> None:
    """What declining or taking back an entry leaves behind."""
    if event.event == "suspend":
        _move(seal, rules.HANDED_OUT)
    if event.event == "make":  # it never came to be, and its code is spent
        _move(seal, rules.DESTROYED)


def _move(seal: Seal, state: str, **columns: Any) -> None:
    moved = Seal.objects.filter(pk=seal.pk, state=seal.state).update(state=state, **columns)
    if not moved:
        raise Refusal(
            "seal-moved-on",
            _("印章的状态刚刚被别人改过。"),
            remedy=_("请刷新页面看现在的状态。"),
            status=409,
        )
    seal.state = state


def _check_custodian(person_id: int | None, at: datetime) -> None:
    posts = current_posts(localdate(at)).filter(user_id=person_id, role=roles.CUSTODIAN)
    if person_id is None or not posts.exists():
        raise Refusal(
            "custodian-unknown",
            _("接收人现在没有“印章证照管理员”岗位。"),
            remedy=_("请选择在岗的印章证照管理员，或先给他这个岗位。"),
            field="custodian",
        )
