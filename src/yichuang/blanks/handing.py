"""What only two people can do: take sheets in, hand them out and back, return, spoil, report lost.

One asks, naming numbers; they point at the proposal and take no other step until another person
makes it true, refuses it, or the first withdraws. Until then the sheets stay on the giver's books.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import ledger, permissions, rules
from yichuang.blanks.actions import type_unknown
from yichuang.blanks.models import Blank, BlankType, Proposal
from yichuang.files.models import StoredFile
from yichuang.journal.actions import record
from yichuang.places.models import Outlet
from yichuang.verdict import Refusal

BATCH = 2_000  # rows of one INSERT


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a face shows after a proposal was made or settled."""

    proposal_id: uuid.UUID
    kind: str
    state: str
    count: int
    first: str
    last: str
    replayed: bool = False


def ask_receive(
    *, type_code: str, first: str, last: str, source: str, key: str, by: Actor, at: datetime
) -> Proposed:
    """Sheets first..last have come from the issuing organ (`source`: from whom, by which note).

    They exist for nobody until a second person has counted them too.
    Raises Refusal "blanks-not-yours" (403), "blank-type-unknown", "blank-number-invalid",
    "blank-range-reversed", "blank-count-wrong", "blank-range-taken" (409), "text-missing".
    """
    permissions.may_ask(by, rules.RECEIVE, giver="", taker=by.outlet_code).enforce(status=403)
    kind = _type(type_code)
    one, other = kind.pattern.serial(first), kind.pattern.serial(last or first)
    rules.check_range(kind.pattern, one, other).enforce()
    said = rules.said(source, what=_("从何处领来、凭证号"), field="source")
    wanted = Proposal(
        kind=rules.RECEIVE, type=kind, first=one, last=other, count=other - one + 1,
        taker_id=by.outlet_code, reason=said,
    )  # fmt: skip

    def ask() -> Proposed:
        with transaction.atomic():
            ledger.locked_rooms(by.outlet_code)
            _check_new(kind, one, other)
            return _asked(wanted, (), key=key, by=by, at=at)

    return _once(ask, wanted, key, by)


def ask_hand_out(
    *, type_code: str, count: int, outlet: str, key: str, by: Actor, at: datetime
) -> Proposed:
    """Give `count` sheets, lowest numbers first, to an outlet's counter; somebody there confirms.

    Raises Refusal "blanks-not-yours" (403), "outlet-unknown" (404), "blanks-too-few" (409) and
    those of the count.
    """
    return _ask_some(
        rules.HAND_OUT, type_code, count, giver=by.outlet_code, taker=outlet, key=key, by=by, at=at
    )


def ask_hand_back(
    *, type_code: str, count: int, store: str, key: str, by: Actor, at: datetime
) -> Proposed:
    """Give `count` free sheets back to a store, highest numbers first, so that the counter goes on
    in order. Refusals as `ask_hand_out`."""
    return _ask_some(
        rules.HAND_BACK, type_code, count, giver=by.outlet_code, taker=store, key=key, by=by, at=at
    )


def ask_give_up(
    *, type_code: str, first: str, last: str, reason: str, key: str, by: Actor, at: datetime
) -> Proposed:
    """Return stored sheets first..last to the issuing organ. Refusals as `ask_spoil`."""
    return _ask_range(
        rules.GIVE_UP, type_code, first, last, reason, outlet=by.outlet_code, key=key, by=by, at=at
    )


def ask_spoil(
    *,
    type_code: str,
    first: str,
    last: str,
    reason: str,
    key: str,
    by: Actor,
    at: datetime,
    photo: uuid.UUID | None = None,
    outlet: str = "",
) -> Proposed:
    """Sheets first..last are spoiled (jam, misprint, wet); a second person looks and confirms.

    photo: a stored file of kind "blank". outlet: the actor's own unless named.
    Raises Refusal "blanks-not-yours" (403), "blanks-not-there" (409, naming the first number that
    is not there or not free), "photo-missing", "text-missing" and those of the numbers.
    """
    return _ask_range(
        rules.SPOIL, type_code, first, last, reason,
        outlet=outlet or by.outlet_code, key=key, by=by, at=at, photo=photo,
    )  # fmt: skip


def ask_lost(
    *,
    type_code: str,
    first: str,
    last: str,
    reason: str,
    key: str,
    by: Actor,
    at: datetime,
    outlet: str = "",
) -> Proposed:
    """Sheets first..last cannot be found; the manager settles it with the number of the report.
    A sheet found later is not used again. Refusals as `ask_spoil`."""
    return _ask_range(
        rules.LOSE, type_code, first, last, reason,
        outlet=outlet or by.outlet_code, key=key, by=by, at=at,
    )  # fmt: skip


def settle(
    *, proposal_id: uuid.UUID, agree: bool, by: Actor, at: datetime, answer: str = ""
) -> Proposed:
    """The second person makes it true, or refuses with a reason. Asked again, the same answer.

    answer: required to refuse; for 遗失 to agree, the number of the report (报失编号).
    Raises Refusal "blanks-no-proposal" (404), "blanks-not-yours", "blank-same-person" (403),
    "blank-day-closed", "blank-range-taken", "blanks-moved", "blanks-settled" (409), "text-missing".
    """
    with transaction.atomic():
        wanted = _seen(proposal_id, by)
        rooms = ledger.locked_rooms(wanted.giver_id or "", wanted.taker_id or "")
        proposal = Proposal.objects.select_related("type").get(pk=wanted.pk)
        target = rules.DONE if agree else rules.REFUSED
        if proposal.state == target and proposal.settled_person == by.person_id:
            return _told(proposal, replayed=True)
        permissions.may_settle(
            by, proposal.kind, giver=proposal.giver_id or "", taker=proposal.taker_id or ""
        ).enforce(status=403)
        rules.check_two_people(proposal.asked_person, by.person_id).enforce(status=403)
        said = answer
        if not agree:
            said = rules.said(answer, what=_("不同意的理由"), field="answer")
        elif proposal.kind == rules.LOSE:
            said = rules.said(answer, what=_("报失编号"), field="answer", least=4)
        elif answer:
            said = rules.said(answer, what=_("确认说明"), field="answer")
        if agree:
            ledger.check_open(rooms, at, _names(proposal))
        _settled(proposal, target, said, by=by, at=at)
        if agree:
            _make_true(proposal, by=by, at=at)
        else:
            proposal.blanks.update(proposal=None)
        _journal(proposal, "settled" if agree else "refused", by=by, at=at)
        return _told(proposal)


def withdraw(*, proposal_id: uuid.UUID, by: Actor, at: datetime) -> Proposed:
    """The one who asked takes it back. Refusals "blanks-no-proposal", "blanks-not-yours" (403),
    "blanks-settled" (409)."""
    with transaction.atomic():
        wanted = _seen(proposal_id, by)
        ledger.locked_rooms(wanted.giver_id or "", wanted.taker_id or "")
        proposal = Proposal.objects.select_related("type").get(pk=wanted.pk)
        if proposal.asked_person != by.person_id:
            raise Refusal(
                "blanks-not-yours",
                _("只有提出的人才能撤回。"),
                remedy=_("不同意的，请点“不同意”并写明理由。"),
                status=403,
            )
        if proposal.state == rules.WITHDRAWN:
            return _told(proposal, replayed=True)
        _settled(proposal, rules.WITHDRAWN, "", by=by, at=at)
        proposal.blanks.update(proposal=None)
        _journal(proposal, "withdrawn", by=by, at=at)
        return _told(proposal)


# --- asking ---


def _type(code: str) -> BlankType:
    found = BlankType.objects.filter(pk=code).first()
    if found is None:
        raise type_unknown()
    return found


def _check_new(kind: BlankType, first: int, last: int) -> None:
    """Nobody has, or is about to have, one of these numbers. Names the first that is taken."""
    mine = {"type": kind, "serial__range": (first, last)}
    taken = Blank.objects.filter(**mine).order_by("serial").values_list("number", flat=True).first()
    waiting = Proposal.objects.filter(
        kind=rules.RECEIVE, state=rules.ASKED, type=kind, first__lte=last, last__gte=first
    ).first()
    if taken is None and waiting is None:
        return
    raise _taken(taken or kind.pattern.number(max(first, waiting.first if waiting else first)))


def _taken(number: str) -> Refusal:
    return Refusal(
        "blank-range-taken",
        _("号段里的%(number)s已经登记过，同一个号不能入库两次。") % {"number": number},
        remedy=_("请核对包装上的起止号；确有重号的，请与发证机关联系。"),
        status=409,
        field="first",
    )


def _ask_some(
    event: str,
    type_code: str,
    count: int,
    *,
    giver: str,
    taker: str,
    key: str,
    by: Actor,
    at: datetime,
) -> Proposed:
    """So many free sheets of the giver, whichever are next."""
    permissions.may_ask(by, event, giver=giver, taker=taker).enforce(status=403)
    kind, step = _type(type_code), rules.TABLE[event]
    rules.check_count(count).enforce()
    if not Outlet.objects.filter(pk=taker, closed_on=None).exists():
        raise Refusal(
            "outlet-unknown",
            _("没有这个网点，或它已停止服务。"),
            remedy=_("请从列出的网点里选。"),
            status=404,
            field="outlet",
        )
    wanted = Proposal(kind=event, type=kind, count=count, giver_id=giver, taker_id=taker)

    def ask() -> Proposed:
        with transaction.atomic():
            ledger.locked_rooms(giver)
            rows = Blank.objects.filter(
                type=kind, outlet=giver, state__in=step.sources, proposal=None
            )
            order = "serial" if event == rules.HAND_OUT else "-serial"
            serials = sorted(rows.order_by(order).values_list("serial", flat=True)[:count])
            if len(serials) < count:
                raise Refusal(
                    "blanks-too-few",
                    _("可以%(step)s的“%(type)s”只有%(there)s张，不够%(count)s张。")
                    % {
                        "step": step.name,
                        "type": kind.name,
                        "there": len(serials),
                        "count": count,
                    },
                    remedy=_("请改少张数。"),
                    status=409,
                    field="count",
                )
            wanted.first, wanted.last = serials[0], serials[-1]
            chosen = rows.filter(serial__range=(wanted.first, wanted.last))
            return _asked(wanted, chosen, key=key, by=by, at=at)

    return _once(ask, wanted, key, by)


def _ask_range(
    event: str,
    type_code: str,
    first: str,
    last: str,
    reason: str,
    *,
    outlet: str,
    key: str,
    by: Actor,
    at: datetime,
    photo: uuid.UUID | None = None,
) -> Proposed:
    """Exactly these sheets, all of which must be there and free."""
    permissions.may_ask(by, event, giver=outlet, taker="").enforce(status=403)
    kind, step = _type(type_code), rules.TABLE[event]
    one, other = kind.pattern.serial(first), kind.pattern.serial(last or first)
    rules.check_range(kind.pattern, one, other).enforce()
    said = rules.said(reason, what=_("原因"), field="reason")
    if photo is not None and not StoredFile.objects.filter(pk=photo, kind="blank").exists():
        raise Refusal(
            "photo-missing",
            _("没有找到这张照片。"),
            remedy=_("请重新选择照片上传。"),
            field="photo",
        )
    wanted = Proposal(
        kind=event, type=kind, first=one, last=other, count=other - one + 1,
        giver_id=outlet, reason=said, photo_id=photo,
    )  # fmt: skip

    def ask() -> Proposed:
        with transaction.atomic():
            ledger.locked_rooms(outlet)
            rows = Blank.objects.filter(
                type=kind,
                outlet=outlet,
                state__in=step.sources,
                proposal=None,
                serial__range=(one, other),
            )
            there = set(rows.values_list("serial", flat=True))
            absent = next((s for s in range(one, other + 1) if s not in there), None)
            if absent is not None:
                raise _not_there(kind, absent, step, outlet)
            return _asked(wanted, rows, key=key, by=by, at=at)

    return _once(ask, wanted, key, by)


def _not_there(kind: BlankType, serial: int, step: rules.Step, outlet: str) -> Refusal:
    row = Blank.objects.filter(type=kind, serial=serial, outlet=outlet).first()
    if row is None:
        why = _("不在本网点账上")
    elif row.proposal_id is not None:
        why = _("正等第二人确认")
    else:
        why = str(rules.STATES[row.state])
    return Refusal(
        "blanks-not-there",
        _("%(number)s不能“%(step)s”：%(why)s。")
        % {"number": kind.pattern.number(serial), "step": step.name, "why": why},
        remedy=_("请核对号码，一张一张地看。"),
        status=409,
        field="first",
    )


def _asked(wanted: Proposal, blanks: Any, *, key: str, by: Actor, at: datetime) -> Proposed:
    """Write the proposal and make its numbers point at it."""
    wanted.key, wanted.asked_at = key, at
    wanted.asked_person, wanted.asked_name = by.person_id or 0, by.name
    wanted.save(force_insert=True)
    if wanted.kind != rules.RECEIVE:
        held = blanks.update(proposal=wanted)
        if held != wanted.count:
            raise ledger.moved()
    _journal(wanted, "asked", by=by, at=at)
    return _told(wanted)


def _once(ask: Callable[[], Proposed], wanted: Proposal, key: str, by: Actor) -> Proposed:
    """Ask, or give the answer that this key already had."""
    ledger.check_key(key)
    try:
        return ask()
    except (IntegrityError, Refusal):
        earlier = Proposal.objects.select_related("type").filter(key=key).first()
        if earlier is None:
            raise
    alike = ["kind", "type_id", "count", "giver_id", "taker_id", "reason"]
    if wanted.kind not in (rules.HAND_OUT, rules.HAND_BACK):
        alike += ["first", "last"]  # named by the one who asked, not chosen here
    if earlier.asked_person != by.person_id or any(
        getattr(earlier, name) != getattr(wanted, name) for name in alike
    ):
        raise ledger.key_reused()
    return _told(earlier, replayed=True)


# --- settling ---


def _seen(proposal_id: uuid.UUID, by: Actor) -> Proposal:
    found = Proposal.objects.filter(pk=proposal_id).first()
    ends = [end for end in (found.giver_id, found.taker_id) if end] if found else []
    if found is None or not any(permissions.may_see(by, end) for end in ends):
        raise Refusal(
            "blanks-no-proposal",
            _("没有找到这件待确认的事。"),
            remedy=_("请刷新页面；可能已经由别人办了。"),
            status=404,
        )
    return found


def _settled(proposal: Proposal, state: str, answer: str, *, by: Actor, at: datetime) -> None:
    changed = Proposal.objects.filter(pk=proposal.pk, state=rules.ASKED).update(
        state=state,
        settled_person=by.person_id,
        settled_name=by.name,
        settled_at=at,
        answer=answer,
    )
    if not changed:
        raise Refusal(
            "blanks-settled",
            _("这件事已经%(state)s（%(who)s），您的操作没有保存。")
            % {
                "state": rules.PROPOSAL_STATES[proposal.state],
                "who": proposal.settled_name,
            },
            remedy=_("请刷新页面看最新情况。"),
            status=409,
        )
    proposal.state, proposal.settled_name, proposal.answer = state, by.name, answer


def _make_true(proposal: Proposal, *, by: Actor, at: datetime) -> None:
    step = rules.TABLE[proposal.kind]
    if proposal.kind == rules.RECEIVE:
        pattern = proposal.type.pattern
        blanks = [
            Blank(
                type_id=proposal.type_id,
                serial=serial,
                number=pattern.number(serial),
                state=rules.IN_STORE,
                outlet_id=proposal.taker_id,
                received_at=at,
                since=at,
            )
            for serial in range(proposal.first, proposal.last + 1)
        ]
        try:
            with transaction.atomic():  # so that the refusal can still look at the database
                Blank.objects.bulk_create(blanks, batch_size=BATCH)
        except IntegrityError as error:
            _check_new(proposal.type, proposal.first, proposal.last)
            raise error
        ledger.write_runs(blanks, step, proposal=proposal, by=by, at=at)
        return
    rows = Blank.objects.filter(proposal=proposal, state__in=step.sources)
    ledger.write_runs(rows, step, proposal=proposal, by=by, at=at)
    moved: Mapping[str, Any] = {"state": step.target, "since": at, "proposal": None}
    taker = {"outlet": proposal.taker_id} if proposal.taker_id else {}
    if rows.update(**moved, **taker) != proposal.count:
        raise ledger.moved()


def _names(proposal: Proposal) -> dict[str, str]:
    ends = [end for end in (proposal.giver_id, proposal.taker_id) if end]
    return dict(Outlet.objects.filter(pk__in=ends).values_list("pk", "name"))


def _told(proposal: Proposal, *, replayed: bool = False) -> Proposed:
    pattern = proposal.type.pattern
    return Proposed(
        proposal.pk,
        proposal.kind,
        proposal.state,
        proposal.count,
        pattern.number(proposal.first),
        pattern.number(proposal.last),
        replayed,
    )


def _journal(proposal: Proposal, event: str, *, by: Actor, at: datetime) -> None:
    pattern = proposal.type.pattern
    record(
        kind=f"blanks.{event}",
        by=by,
        at=at,
        stream=f"blanks:{proposal.pk}",
        payload={
            "kind": proposal.kind,
            "type": proposal.type_id,
            "first": pattern.number(proposal.first),
            "last": pattern.number(proposal.last),
            "count": proposal.count,
            "giver": proposal.giver_id or "",
            "taker": proposal.taker_id or "",
            "reason": proposal.reason,
            "answer": proposal.answer,
            "asked_by": proposal.asked_name,
        },
    )
