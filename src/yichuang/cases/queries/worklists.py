"""Worklists: a post's cases by tab, page by page; and the lists that the worker walks."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import later, lifecycle
from yichuang.cases.models import Case, CaseMaterial, Promise, Transfer
from yichuang.cases.queries.deadlines import deadline, delivery_deadline
from yichuang.cases.rules import LATER
from yichuang.cases.sheets import CaseRow, Page
from yichuang.verdict import Refusal

PAGE = 20
AT_COLLECTOR = (*lifecycle.DECIDED_STATES, lifecycle.DELIVERED)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a worklist: whose cases (columns, each on its own), in which states.

    among: a condition that few cases meet (something follows later, a promise waits for its check,
    the case is on its way here): the ids it names are then looked up, and no index is walked.
    """

    columns: tuple[str, ...]
    states: tuple[str, ...]
    among: Callable[[], QuerySet[Any]] | None = None


def _follows() -> QuerySet[Any]:
    return CaseMaterial.objects.filter(state=LATER).values("case_id")


def _unchecked() -> QuerySet[Any]:
    return Promise.objects.filter(state="pending").values("case_id")


def _on_its_way() -> QuerySet[Any]:
    return Transfer.objects.filter(received_at__isnull=True).values("case_id")


OUTLET, ACCEPTOR, COLLECTOR = "outlet_id", "acceptor_id", "collect_at_id"
REVIEWER, DECIDER = "reviewer_id", "decider_id"
_AT_OUTLET = {
    "deliver": Tab((OUTLET, COLLECTOR), lifecycle.DECIDED_STATES),
    "later": Tab((OUTLET,), later.RUNNING, _follows),
    "running": Tab((OUTLET,), later.RUNNING),
    "finish": Tab((OUTLET, COLLECTOR), (lifecycle.DELIVERED, lifecycle.WITHDRAWN)),
    "closed": Tab((OUTLET,), (lifecycle.CLOSED, lifecycle.ARCHIVED)),
}
TABS: Mapping[str, Mapping[str, Tab]] = {
    "window": {
        "received": Tab((ACCEPTOR,), (lifecycle.RECEIVED,)),
        "correction": Tab((ACCEPTOR,), (lifecycle.CORRECTION,)),
        **_AT_OUTLET,
    },
    # a village takes in and forwards: what it took in, wherever that is now
    "village": {
        "received": Tab((OUTLET,), (lifecycle.RECEIVED,)),
        "correction": Tab((OUTLET,), (lifecycle.CORRECTION,)),
        **_AT_OUTLET,
    },
    "examiner": {
        "todo": Tab((REVIEWER,), (lifecycle.ACCEPTED,)),
        "transfer": Tab((REVIEWER,), (lifecycle.ACCEPTED,), _on_its_way),
        "special": Tab((REVIEWER,), (lifecycle.SPECIAL,)),
        "reviewed": Tab((REVIEWER,), (lifecycle.REVIEWED,)),
        "promises": Tab((REVIEWER,), lifecycle.BY_EVENT["check_promise"].sources, _unchecked),
        "decided": Tab((REVIEWER,), lifecycle.DECIDED_STATES),
    },
    "decider": {
        "todo": Tab((DECIDER,), (lifecycle.REVIEWED,)),
        "coming": Tab((DECIDER,), (lifecycle.ACCEPTED,)),
        "special": Tab((DECIDER,), (lifecycle.SPECIAL,)),
        "decided": Tab((DECIDER,), lifecycle.DECIDED_STATES),
    },
}
TAB_NAMES: Mapping[str, Any] = {
    "received": gettext_lazy("待受理"),
    "correction": gettext_lazy("待补正"),
    "deliver": gettext_lazy("待送达"),
    "later": gettext_lazy("容缺待补"),
    "running": gettext_lazy("办理中"),
    "finish": gettext_lazy("待办结"),
    "closed": gettext_lazy("已办结"),
    "todo": gettext_lazy("待我办"),
    "special": gettext_lazy("特别程序"),
    "reviewed": gettext_lazy("已审核"),
    "transfer": gettext_lazy("待接收"),
    "promises": gettext_lazy("承诺待核查"),
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
    chosen = _tab(actor, tab)
    beyond = Q()
    if after:
        work_by, last = _key(after)
        beyond = Q(work_by__gt=work_by) | Q(work_by=work_by, pk__gt=last)
        beyond = Q(beyond, work_by__gte=work_by)
    found = list(
        _rows(actor, chosen, beyond, limit + 1)
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


def _rows(actor: Actor, tab: Tab, beyond: Q, limit: int) -> QuerySet[Case]:
    """The cases of a tab, at least the first `limit` beyond a key."""
    if tab.among is not None:
        return Case.objects.filter(
            _own(actor, tab.columns[0]), beyond, state__in=tab.states, pk__in=tab.among()
        )
    firsts = [
        Case.objects.filter(_own(actor, column), beyond, state=state).order_by("work_by", "pk")[
            :limit
        ]
        for column in tab.columns
        for state in tab.states
    ]
    return Case.objects.filter(pk__in=_any_of(firsts))


def tab_counts(*, actor: Actor) -> dict[str, int]:
    """How many cases lie in each tab. One SQL statement for each column and each rare condition;
    off the hot path of a page turn."""
    tabs = TABS.get(worklist_of(actor), {})
    own: dict[str, dict[str, int]] = {}
    for column in {column for tab in tabs.values() for column in tab.columns}:
        counted = (
            Case.objects.filter(_own(actor, column))
            .exclude(state__in=(lifecycle.CLOSED, lifecycle.ARCHIVED))
            .values_list("state")
            .annotate(n=Count("pk"))
            .order_by()
        )
        own[column] = dict(counted)
    return {
        name: _rows(actor, tab, Q(), 0).count()
        if tab.among is not None
        else sum(own[column].get(state, 0) for column in tab.columns for state in tab.states)
        for name, tab in tabs.items()
        if name != "closed"
    }


_ROW_FIELDS = (
    "number",
    "applicant_mask",
    "state",
    "handling",
    "due_on",
    "deliver_by",
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


def _tab(actor: Actor, tab: str) -> Tab:
    tabs = TABS.get(worklist_of(actor), {})
    if tab not in tabs:
        raise Refusal(
            "worklist-unknown",
            _("您的岗位没有这个列表。"),
            remedy=_("请从菜单选择列表，或切换岗位。"),
            status=404,
        )
    return tabs[tab]


def _own(actor: Actor, column: str) -> Q:
    code = actor.organ_code if column in (REVIEWER, DECIDER) else actor.outlet_code
    if column == OUTLET:  # what waits to be collected elsewhere waits there
        elsewhere = Q(collect_at__isnull=False, state__in=AT_COLLECTOR)
        return Q(outlet_id=code) & ~elsewhere
    if column == COLLECTOR:
        return Q(collect_at_id=code, state__in=AT_COLLECTOR)
    return Q(**{column: code})


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
        delivery_deadline=delivery_deadline(case, today),
    )


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
    supplied = Q(supplied_at__isnull=True) | Q(supplied_at__date__lt=since)
    rows = Case.objects.filter(
        supplied, state=lifecycle.RECEIVED, filed_at__date__lt=since
    ).order_by("work_by", "pk")
    return list(rows.values_list("pk", "seq")[:limit])


def without_due_day(*, limit: int = 200) -> list[tuple[uuid.UUID, int]]:
    """Running cases whose due day no calendar reached when it was asked for: (id, seq)."""
    rows = Case.objects.filter(
        state__in=(lifecycle.ACCEPTED, lifecycle.REVIEWED), due_on__isnull=True
    ).order_by("work_by", "pk")
    return list(rows.values_list("pk", "seq")[:limit])
