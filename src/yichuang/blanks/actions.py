"""At the counter: a number is reserved for one case and one paper, printed, and accounted for.

    taken = actions.reserve(type_code=…, case_number=…, paper=…, idempotency_key=…, by=…, at=…)
    actions.print_sent(blank_id=taken.blank_id, idempotency_key=…, by=…, at=…)       # then the printer
    actions.print_confirmed(blank_id=taken.blank_id, idempotency_key=…, by=…, at=…)  # sheet in hand

Each is one transaction of its own. Whatever dies between two of them leaves the number reserved or
printed, in sight on the counter's page and in the way of the day's close, until a person decides:
confirm, print again on the same sheet, give the number back, or spoil it (`handing.ask_spoil`).
Nothing expires by itself. Every key gives the same answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.blanks import ledger, permissions, rules
from yichuang.blanks.models import Blank, BlankType, Movement
from yichuang.journal.actions import record
from yichuang.verdict import Refusal


@dataclass(frozen=True, slots=True)
class Taken:
    """One sheet after a step: its row, the number printed on it, and its state now."""

    blank_id: int
    number: str
    state: str
    replayed: bool = False


def reserve(
    *,
    type_code: str,
    case_number: str,
    idempotency_key: str,
    by: Actor,
    at: datetime,
    paper: str = "",
) -> Taken:
    """Take the lowest free number of the actor's outlet for this case. Nine statements.

    paper: the licence or paper it will carry; at most one live or used sheet of a type for each.
    Raises Refusal "blanks-not-your-counter" (403), "blank-type-unknown" (404), "blank-day-closed",
    "blanks-none-left", "blank-for-this-paper" (409), "text-missing", "idempotency-key-reused".
    """
    permissions.may_use(by, by.outlet_code).enforce(status=403)
    ledger.check_key(idempotency_key)
    case = rules.said(case_number, what=_("办件编号"), field="case_number", least=4, limit=64)
    bound = paper and rules.said(paper, what=_("证照或文书编号"), field="paper", limit=120)
    step = rules.TABLE["reserve"]

    def same(line: Movement) -> bool:
        asked = (step.event, type_code, case, bound, by.outlet_code)
        return asked == (line.event, line.type_id, line.case_number, line.paper, line.giver_id)

    def take() -> Taken:
        with transaction.atomic():
            rooms = ledger.locked_rooms(by.outlet_code)
            ledger.check_open(rooms, at, {})
            blank = (
                Blank.objects.filter(
                    type=type_code, outlet=by.outlet_code, state=rules.HANDED_OUT, proposal=None
                )
                .order_by("serial")
                .first()
            )
            if blank is None:
                raise _none_left(type_code)
            return _moved(
                blank, step, key=idempotency_key, by=by, at=at,
                columns={
                    "holder": by.person_id, "holder_name": by.name,
                    "case_number": case, "paper": bound, "prints": 0,
                },
            )  # fmt: skip

    return _once(take, idempotency_key, same, paper=(type_code, bound))


def print_sent(*, blank_id: int, idempotency_key: str, by: Actor, at: datetime) -> Taken:
    """The number is about to go through the printer. Say so before, not after: a jam or a power cut
    then leaves "printed, not confirmed" and somebody looks at the sheet."""
    return _step(blank_id, "print", idempotency_key, by, at, {"prints": F("prints") + 1})


def print_again(
    *, blank_id: int, reason: str, idempotency_key: str, by: Actor, at: datetime
) -> Taken:
    """The printer jammed and the sheet is still clean: the same number goes through once more."""
    why = rules.said(reason, what=_("重打的原因"), field="reason")
    return _step(blank_id, "reprint", idempotency_key, by, at, {"prints": F("prints") + 1}, why)


def print_confirmed(*, blank_id: int, idempotency_key: str, by: Actor, at: datetime) -> Taken:
    """The sheet came out whole and right: the number is used."""
    return _step(blank_id, "confirm", idempotency_key, by, at, {})


def release(*, blank_id: int, reason: str, idempotency_key: str, by: Actor, at: datetime) -> Taken:
    """Nothing was printed: the number goes back and is the next to be taken."""
    why = rules.said(reason, what=_("退号的原因"), field="reason")
    free = {"holder": None, "holder_name": "", "case_number": "", "paper": "", "prints": 0}
    return _step(blank_id, "release", idempotency_key, by, at, free, why)


def _step(
    blank_id: int,
    event: str,
    key: str,
    by: Actor,
    at: datetime,
    columns: Mapping[str, Any],
    reason: str = "",
) -> Taken:
    """One step of one sheet at the actor's own counter.

    Raises Refusal "blanks-not-found" (404), "blanks-not-your-counter" (403), "blank-not-now",
    "blank-waits" (409: it lies with a second person), "blank-day-closed" (409).
    """
    ledger.check_key(key)
    step = rules.TABLE[event]
    blank = Blank.objects.filter(pk=blank_id).first()
    if blank is None:
        permissions.not_found().enforce(status=404)
    assert blank is not None
    outlet = blank.outlet_id
    # asked before the key is looked up: an old answer too is only for those who may use the sheet
    permissions.may_see(by, outlet).enforce(status=404)
    permissions.may_use(by, outlet).enforce(status=403)

    def same(line: Movement) -> bool:
        return (line.event, line.type_id, line.first) == (event, blank.type_id, blank.serial)

    def take() -> Taken:
        with transaction.atomic():
            rooms = ledger.locked_rooms(outlet)
            ledger.check_open(rooms, at, {})
            blank.refresh_from_db()
            if blank.outlet_id != outlet:
                raise ledger.moved()
            return _moved(blank, step, key=key, by=by, at=at, columns=columns, reason=reason)

    return _once(take, key, same)


def _moved(
    blank: Blank,
    step: rules.Step,
    *,
    key: str,
    by: Actor,
    at: datetime,
    columns: Mapping[str, Any],
    reason: str = "",
) -> Taken:
    """The step on a row whose stockroom is locked: guarded update, ledger, journal."""
    rules.may_happen(step, blank.state).enforce(status=409)
    free = Blank.objects.filter(pk=blank.pk, state=blank.state, proposal=None)
    if not free.update(state=step.target, since=at, **columns):
        raise Refusal(
            "blank-waits",
            _("%(number)s正等第二人确认，先不能“%(step)s”。")
            % {"number": blank.number, "step": step.name},
            remedy=_("请等确认人同意或不同意，或由提出的人撤回。"),
            status=409,
        )
    case = columns.get("case_number") or blank.case_number
    Movement.objects.create(
        at=at,
        day=ledger.day_of(at),
        event=step.event,
        type_id=blank.type_id,
        first=blank.serial,
        last=blank.serial,
        count=1,
        source=blank.state,
        target=step.target,
        giver_id=blank.outlet_id,
        taker_id=blank.outlet_id if step.target in rules.LIVE else None,
        case_number=case,
        paper=columns.get("paper") or blank.paper,
        reason=reason,
        person=by.person_id,
        person_name=by.name,
        key=key,
    )
    record(
        kind=f"blank.{step.event}",
        by=by,
        at=at,
        stream=ledger.stream(blank),
        payload={
            "number": blank.number,
            "type": blank.type_id,
            "outlet": blank.outlet_id,
            "from": blank.state,
            "to": step.target,
            "case": case,
            "paper": columns.get("paper") or blank.paper,
            "reason": reason,
        },
    )
    return Taken(blank.pk, blank.number, step.target)


def _once(
    take: Callable[[], Taken],
    key: str,
    same: Callable[[Movement], bool],
    paper: tuple[str, str] = ("", ""),
) -> Taken:
    """Do it, or give the answer that this key already had. The look-up is paid by failures only."""
    earlier = None
    try:
        return take()
    except (IntegrityError, Refusal) as error:
        earlier = Movement.objects.filter(key=key).first()
        if earlier is None:
            raise _for_this_paper(*paper) or error from None
    if not same(earlier):
        raise ledger.key_reused()
    blank = Blank.objects.get(type=earlier.type_id, serial=earlier.first)
    bound = (earlier.case_number, earlier.paper) == (blank.case_number, blank.paper)
    if earlier.event == "reserve" and not bound:
        raise ledger.key_reused()  # given back since, and perhaps another case's by now
    return Taken(blank.pk, blank.number, blank.state, replayed=True)


def _for_this_paper(type_code: str, paper: str) -> Refusal | None:
    """What to say when the paper has its sheet already."""
    there = (
        paper
        and Blank.objects.filter(type=type_code, paper=paper, state__in=rules.FOR_A_PAPER).first()
    )
    if not there:
        return None
    return Refusal(
        "blank-for-this-paper",
        _("%(paper)s已经占用了空白证照%(number)s（%(state)s）。")
        % {"paper": paper, "number": there.number, "state": rules.STATES[there.state]},
        remedy=_("请接着用这个号；打坏了的，先作废再重新占号。"),
        status=409,
        detail={"blank": there.pk, "number": there.number, "state": there.state},
    )


def _none_left(type_code: str) -> Refusal:
    name = BlankType.objects.filter(pk=type_code).values_list("name", flat=True).first()
    if name is None:
        return type_unknown()
    return Refusal(
        "blanks-none-left",
        _("本网点没有可用的空白“%(type)s”了。") % {"type": name},
        remedy=_("请向保管人申领；来人可以登记，证照备好后通知领取。"),
        status=409,
    )


def type_unknown() -> Refusal:
    return Refusal(
        "blank-type-unknown",
        _("没有这种空白证照。"),
        remedy=_("请从列出的种类里选。"),
        status=404,
    )
