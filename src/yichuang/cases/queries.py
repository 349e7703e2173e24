"""Reading cases: frozen sheets, so that a template never reaches the database."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.cases import lifecycle, permissions, step, terms, tracking
from yichuang.cases.lifecycle import Transition
from yichuang.cases.models import Case, CaseMaterial, Pause
from yichuang.cases.sheets import CaseRow, CaseSheet, Deadline, Event, MaterialRow, Page
from yichuang.clock.queries import calendar
from yichuang.clock.rules import Due, remaining, warning
from yichuang.documents import queries as documents
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

PAGE = 20


# Worklists by tab: the column that must be the actor's own, and the states.
OUTLET, ORGAN = "outlet", "organ"
TABS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "window": {
        "received": ("acceptor_id", (lifecycle.RECEIVED,)),
        "correction": ("acceptor_id", (lifecycle.CORRECTION,)),
        "deliver": ("outlet_id", lifecycle.DECIDED_STATES),
        "running": ("outlet_id", (lifecycle.ACCEPTED, lifecycle.REVIEWED, lifecycle.SPECIAL)),
        "finish": ("outlet_id", (lifecycle.DELIVERED, lifecycle.WITHDRAWN)),
        "closed": ("outlet_id", (lifecycle.CLOSED, lifecycle.ARCHIVED)),
    },
    # a village takes in and forwards: what it took in, wherever that is now
    "village": {
        "received": ("outlet_id", (lifecycle.RECEIVED,)),
        "correction": ("outlet_id", (lifecycle.CORRECTION,)),
        "deliver": ("outlet_id", lifecycle.DECIDED_STATES),
        "running": ("outlet_id", (lifecycle.ACCEPTED, lifecycle.REVIEWED, lifecycle.SPECIAL)),
        "finish": ("outlet_id", (lifecycle.DELIVERED, lifecycle.WITHDRAWN)),
        "closed": ("outlet_id", (lifecycle.CLOSED, lifecycle.ARCHIVED)),
    },
    "examiner": {
        "todo": ("reviewer_id", (lifecycle.ACCEPTED,)),
        "special": ("reviewer_id", (lifecycle.SPECIAL,)),
        "reviewed": ("reviewer_id", (lifecycle.REVIEWED,)),
        "decided": ("reviewer_id", (lifecycle.GRANTED, lifecycle.REFUSED)),
    },
    "decider": {
        "todo": ("decider_id", (lifecycle.REVIEWED,)),
        "coming": ("decider_id", (lifecycle.ACCEPTED,)),
        "special": ("decider_id", (lifecycle.SPECIAL,)),
        "decided": ("decider_id", (lifecycle.GRANTED, lifecycle.REFUSED)),
    },
}
TAB_NAMES: Mapping[str, Any] = {
    "received": gettext_lazy("待受理"),
    "correction": gettext_lazy("待补正"),
    "deliver": gettext_lazy("待送达"),
    "running": gettext_lazy("办理中"),
    "finish": gettext_lazy("待办结"),
    "closed": gettext_lazy("已办结"),
    "todo": gettext_lazy("待我办"),
    "special": gettext_lazy("特别程序"),
    "reviewed": gettext_lazy("已审核"),
    "decided": gettext_lazy("已决定"),
    "coming": gettext_lazy("审核中"),
}


def worklist_of(actor: Actor) -> str:
    """Which set of tabs a post works from; "" for a post without worklists."""
    if actor.role in (roles.CLERK, roles.MANAGER):
        return "window"
    own = (roles.VILLAGE, roles.EXAMINER, roles.DECIDER)
    return actor.role if actor.role in own else ""


def worklist(*, actor: Actor, tab: str, today: date, after: str = "", limit: int = PAGE) -> Page:
    """One page of the actor's cases, nearest deadline first. One SQL statement at any size."""
    column, states = _tab(actor, tab)
    own = Q(**{column: _own(actor, column)})
    if after:
        work_by, last = _key(after)
        beyond = Q(work_by__gt=work_by) | Q(work_by=work_by, pk__gt=last)
        own &= Q(beyond, work_by__gte=work_by)
    firsts = [
        Case.objects.filter(own, state=state).order_by("work_by", "pk")[: limit + 1]
        for state in states
    ]
    found = list(
        Case.objects.filter(pk__in=_any_of(firsts))
        .select_related("item_version", "place", "place__parent", "outlet")
        .only(*_ROW_FIELDS)
        .order_by("work_by", "pk")[: limit + 1]
    )
    more = len(found) > limit
    page = found[:limit]
    return Page(
        tuple(_row(case, today) for case in page),
        _cursor(page[-1].work_by, page[-1].pk) if more else "",
    )


def tab_counts(*, actor: Actor) -> dict[str, int]:
    """How many cases lie in each tab. One SQL statement; off the hot path of a page turn."""
    tabs = TABS.get(worklist_of(actor), {})
    own: dict[str, dict[str, int]] = {}
    for column in {column for column, _states in tabs.values()}:
        counted = (
            Case.objects.filter(**{column: _own(actor, column)})
            .exclude(state__in=(lifecycle.CLOSED, lifecycle.ARCHIVED))
            .values_list("state")
            .annotate(n=Count("pk"))
            .order_by()
        )
        own[column] = dict(counted)
    return {
        tab: sum(own[column].get(state, 0) for state in states)
        for tab, (column, states) in tabs.items()
        if tab != "closed"
    }


_ROW_FIELDS = (
    "number",
    "applicant_mask",
    "state",
    "handling",
    "due_on",
    "work_by",
    "paused",
    "item_version__name",
    "item_version__name_en",
    "place__short_name",
    "place__level",
    "place__parent__short_name",
    "outlet__name",
)


def _any_of(firsts: Sequence[QuerySet[Case]]) -> RawSQL:
    """The keys of all these rows, each query walking the index on its own.

    Asked for several states at once, a database sorts every case in them to find the first few: a
    quarter of a second in a million. Django's own union takes no ordered parts on SQLite.
    """
    parts = [rows.values("pk").query.sql_with_params() for rows in firsts]
    sql = " UNION ALL ".join(
        f"SELECT * FROM ({part}) AS first_{place}"  # noqa: S608 - Django's own SQL, nothing typed
        for place, (part, _values) in enumerate(parts)
    )
    return RawSQL(sql, [value for _part, values in parts for value in values])  # noqa: S611


def _tab(actor: Actor, tab: str) -> tuple[str, tuple[str, ...]]:
    """The column that must be the actor's own, and the states of the tab."""
    tabs = TABS.get(worklist_of(actor), {})
    if tab not in tabs:
        raise Refusal(
            "worklist-unknown",
            _("您的岗位没有这个列表。"),
            remedy=_("请从菜单选择列表，或切换岗位。"),
            status=404,
        )
    return tabs[tab]


def _own(actor: Actor, column: str) -> str:
    return actor.outlet_code if column in ("acceptor_id", "outlet_id") else actor.organ_code


def _cursor(work_by: date, pk: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{work_by.isoformat()} {pk}".encode()).decode()


def _key(cursor: str) -> tuple[date, uuid.UUID]:
    try:
        day, pk = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return date.fromisoformat(day), uuid.UUID(pk)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise Refusal(
            "page-unknown",
            _("翻页的位置不对。"),
            remedy=_("请回到列表第一页。"),
            status=404,
        ) from None


def _row(case: Case, today: date) -> CaseRow:
    place = case.place
    town = place.parent.short_name if place.level == "village" and place.parent else ""
    return CaseRow(
        id=case.pk,
        number=case.number,
        item_name=case.item_version.name,
        item_name_en=case.item_version.name_en,
        applicant=case.applicant_mask,
        place=f"{town}{place.short_name}",
        outlet=case.outlet.name,
        state=case.state,
        handling=case.handling,
        deadline=deadline(case, today),
    )


def deadline(case: Case, today: date) -> Deadline:
    """How a case stands against its due day."""
    if case.state not in lifecycle.OPEN_STATES:
        return Deadline(case.due_on, None, "done")
    if case.paused:
        return Deadline(case.due_on, None, "paused")
    if case.due_on is None:
        return Deadline(None, None, "unknown")
    try:
        left = remaining(today, case.due_on, calendar())
    except Refusal:
        return Deadline(case.due_on, None, "unknown")
    return Deadline(case.due_on, left, warning(left))


def case_sheet(*, case_id: uuid.UUID, actor: Actor, today: date) -> CaseSheet:
    """One case for a person who may see it. Six SQL statements.

    Raises Refusal "case-not-found" (404) both where there is none and where it is not theirs.
    """
    case = _whole(Q(pk=case_id))
    permissions.may_see(actor, case).enforce(status=404)
    return _sheet(case, today, actor)


def case_by_number(*, number: str, actor: Actor, today: date) -> CaseSheet:
    """As case_sheet, by 办件编号."""
    case = _whole(Q(number=number.strip()))
    permissions.may_see(actor, case).enforce(status=404)
    return _sheet(case, today, actor)


def tracked(*, code: str, today: date) -> CaseSheet:
    """The case behind an applicant's code. One refusal for every code that leads nowhere."""
    case = _found(Q(tracking_index=tracking.index(code)))
    if case is None:
        raise tracking.unknown()
    return _sheet(case, today, None)


def mine(*, owner: int, today: date, limit: int = 50) -> tuple[CaseRow, ...]:
    """A resident's own cases, newest first."""
    rows = (
        Case.objects.filter(owner_user=owner)
        .select_related("item_version", "place", "place__parent", "outlet")
        .order_by("-filed_at")[:limit]
    )
    return tuple(_row(case, today) for case in rows)


def overdue_for_acceptance(*, today: date, limit: int = 200) -> list[tuple[uuid.UUID, int]]:
    """Cases received so long ago that the 5 days of checking may be over: (id, seq), oldest first.
    The deeming itself counts the working days."""
    since = today - timedelta(days=lifecycle.CHECK_DAYS)
    rows = Case.objects.filter(state=lifecycle.RECEIVED, filed_at__date__lt=since).order_by(
        "work_by", "pk"
    )
    return list(rows.values_list("pk", "seq")[:limit])


def without_due_day(*, limit: int = 200) -> list[tuple[uuid.UUID, int]]:
    """Running cases whose due day no calendar reached when it was asked for: (id, seq)."""
    rows = Case.objects.filter(
        state__in=(lifecycle.ACCEPTED, lifecycle.REVIEWED), due_on__isnull=True
    ).order_by("work_by", "pk")
    return list(rows.values_list("pk", "seq")[:limit])


def _found(condition: Q) -> Case | None:
    # names of items, places and organs come from the standing order: a join of ten tables takes
    # PostgreSQL four times as long to plan as everything else a sheet asks
    return Case.objects.select_related("applicant", "delivery").filter(condition).first()


def _whole(condition: Q) -> Case:
    case = _found(condition)
    if case is None:
        raise Refusal(
            "case-not-found",
            _("没有找到这个办件。"),
            remedy=_("请核对办件编号；如需协助请联系本单位负责人。"),
            status=404,
        )
    return case


def _sheet(case: Case, today: date, actor: Actor | None) -> CaseSheet:
    order = authority.order()
    version, who = order.version(case.item_id, case.item_version_id), case.applicant
    delivery = case.delivery if hasattr(case, "delivery") else None
    timeline = _timeline(case)
    return CaseSheet(
        id=case.pk,
        number=case.number,
        seq=case.seq,
        state=case.state,
        state_name=str(lifecycle.STATES[case.state]),
        permit=case.permit,
        handling=case.handling,
        item_code=case.item_id,
        item_name=version.name,
        item_name_en=version.name_en,
        item_version=version.version,
        basis=version.basis,
        place_code=case.place_id,
        place=order.place(case.place_id).name,
        outlet=order.outlet(case.outlet_id).name,
        acceptor=order.outlet(case.acceptor_id).name,
        reviewer=order.organs[case.reviewer_id].name,
        decider=order.organs[case.decider_id].name,
        in_name_of=order.organs[case.in_name_of_id].name,
        ruling=case.ruling,
        grant_number=case.grant_number,
        channel=case.channel,
        applicant_kind=who.kind,
        applicant_id=who.pk,
        applicant=who.name_mask,
        identity=who.identity_mask,
        phone=who.phone_mask,
        has_address=bool(who.address_sealed),
        answers=case.answers,
        delivery_method=case.delivery_method,
        filed_at=case.filed_at,
        accepted_on=case.accepted_on,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=case.extension_days,
        deadline=deadline(case, today),
        legal_due_on=case.legal_due_on,
        arithmetic=arithmetic(case),
        decided_at=case.decided_at,
        delivered_at=case.delivered_at,
        courier=delivery.courier if delivery else "",
        courier_number=delivery.tracking_number if delivery else "",
        materials=tuple(
            MaterialRow(m.position, m.name, m.state, m.copies, m.note, m.file_id)
            for m in CaseMaterial.objects.filter(case=case)
        ),
        papers=tuple(documents.papers_of(case.stream)),
        timeline=timeline,
        may=_may(case, actor, timeline) if actor else (),
        tracking_code=tracking.code(case.pk),
    )


def arithmetic(case: Case) -> Due | None:
    """The running term step by step, recomputed from stored facts; None before acceptance."""
    if case.accepted_on is None:
        return None
    return terms.term(
        start=case.accepted_on,
        promised_days=case.promised_days,
        legal_days=case.legal_days,
        extension_days=case.extension_days,
        pauses=step.pauses_of(case),
        calendar=calendar(),
    ).arithmetic


def _timeline(case: Case) -> tuple[Event, ...]:
    entries = Entry.objects.filter(stream=case.stream).order_by("seq")
    return tuple(
        Event(
            index=entry.index,
            event=row.event,
            name=str(row.name),
            at=timezone.localtime(entry.at),
            author=entry.author.get("name", ""),
            role=entry.author.get("role", ""),
            owner=str(lifecycle.OWNERS[row.owner]),
            basis=row.basis_for(permit=case.permit),
            clock=row.clock,
            paper=entry.payload.get("paper") or "",
            detail=entry.payload,
        )
        for entry in entries
        if (row := lifecycle.BY_EVENT.get(entry.kind.removeprefix("case.")))
    )


def _may(case: Case, actor: Actor, timeline: tuple[Event, ...]) -> tuple[Transition, ...]:
    done = frozenset(event.event for event in timeline)
    return tuple(
        row
        for row in lifecycle.events_from(case.state, handling=case.handling)
        if lifecycle.may_happen(row.event, case.state, handling=case.handling, done=done)
        and permissions.owns(actor, row, case)
    )


def pauses(case_id: uuid.UUID) -> list[Pause]:
    """The case's pauses, oldest first."""
    return list(Pause.objects.filter(case_id=case_id).order_by("starts_on", "pk"))


def similar(
    *, identity_index: bytes, actor: Actor, limit: int = 5
) -> list[tuple[uuid.UUID, str, str, str]]:
    """An applicant's latest cases by exact number: (id, case number, item, state), newest first.

    Only those the actor may see: a number typed at one counter must not tell what its holder
    applied for at another.
    """
    rows = (
        Case.objects.filter(permissions.visible_to(actor), applicant__identity_index=identity_index)
        .select_related("item_version")
        .order_by("-filed_at")[:limit]
    )
    return [(row.pk, row.number, row.item_version.name, row.state) for row in rows]
