"""A county's store, two people at each end, and sheets as far as a test needs."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.blanks import actions, day_queries, handing, kinds, rules
from yichuang.blanks.models import Blank, BlankType, Movement, Proposal

HALL = f"{made.COUNTY}-hall"
TYPE, OTHER_TYPE = "qh-homestead", "qh-food"
KEEPER = Actor(301, "保管试样", "custodian", 31, made.APPROVAL, HALL, made.COUNTY)
SECOND_KEEPER = Actor(302, "保管另试", "custodian", 32, made.APPROVAL, HALL, made.COUNTY)
COLLEAGUE = Actor(303, "窗口同事", "clerk", 33, f"{made.TOWN}-centre", made.CENTRE, made.TOWN)
BUREAU = Actor(304, "县局试样", "bureau", 34, made.APPROVAL, "", made.COUNTY)
AUDITOR = Actor(305, "审计试样", "auditor", 35, made.APPROVAL, "", made.COUNTY)
CLERK, MANAGER, STREET_CLERK = made.CLERK, made.MANAGER, made.STREET_CLERK
AT = made.AT
CASE = "QH20260909000001"

DRAFTS = (
    rules.TypeDraft(
        TYPE, "农村宅基地批准书（示例）", "Homestead approval (example)", made.GOVERNMENT, "QZ", 6
    ),
    rules.TypeDraft(
        OTHER_TYPE,
        "小作坊登记证（示例）",
        "Workshop registration",
        made.APPROVAL,
        "",
        5,
        "mod_11_2",
    ),
)


def key():
    return f"test-{uuid4()}"


def number(serial, type_code=TYPE):
    return BlankType.objects.get(pk=type_code).pattern.number(serial)


def publish():
    return kinds.publish_types(DRAFTS, by=made.SYSTEM, at=AT)


def ask_in(first=1, last=20, *, type_code=TYPE, by=KEEPER, at=AT, again=None):
    return handing.ask_receive(
        type_code=type_code, first=number(first, type_code), last=number(last, type_code),
        source="市局发放，凭证〔2026〕7号", key=again or key(), by=by, at=at,
    )  # fmt: skip


def agree(asked, by, *, at=AT, answer=""):
    return handing.settle(proposal_id=asked.proposal_id, agree=True, by=by, at=at, answer=answer)


def received(first=1, last=20, *, type_code=TYPE, at=AT):
    return agree(ask_in(first, last, type_code=type_code, at=at), SECOND_KEEPER, at=at)


def ask_out(count=10, *, outlet=made.CENTRE, type_code=TYPE, at=AT, again=None):
    return handing.ask_hand_out(
        type_code=type_code, count=count, outlet=outlet, key=again or key(), by=KEEPER, at=at
    )


def handed_out(count=10, *, to=CLERK, type_code=TYPE, at=AT):
    return agree(ask_out(count, outlet=to.outlet_code, type_code=type_code, at=at), to, at=at)


def stocked(count=10, *, last=20):
    """Types, sheets 1…last in the store, the first `count` of them at the town's counter."""
    publish()
    received(1, last)
    return handed_out(count)


def taken(*, by=CLERK, case=CASE, paper="", again=None, at=AT, type_code=TYPE):
    return actions.reserve(
        type_code=type_code, case_number=case, paper=paper, idempotency_key=again or key(),
        by=by, at=at,
    )  # fmt: skip


def printed(**changes):
    one = taken(**changes)
    return step(actions.print_sent, one)


def used(**changes):
    return step(actions.print_confirmed, printed(**changes))


def step(action, one, *, by=CLERK, at=AT, again=None, **more):
    return action(blank_id=one.blank_id, idempotency_key=again or key(), by=by, at=at, **more)


def spoil(one, *, by=CLERK, at=AT, again=None, reason="卡纸，字印歪了"):
    return handing.ask_spoil(
        type_code=TYPE, first=one, last=one, reason=reason, key=again or key(), by=by, at=at
    )


def states(outlet=None):
    """serial → state of every sheet of TYPE."""
    rows = Blank.objects.filter(type=TYPE)
    if outlet:
        rows = rows.filter(outlet=outlet)
    return dict(rows.order_by("serial").values_list("serial", "state"))


def sums(outlet=made.CENTRE, at=AT, since=None):
    """The equation of TYPE at an outlet up to the day of `at`."""
    found = day_queries.equations(outlet, since=since, day=at.date())
    return found.get(TYPE, rules.Equation())


def after(days):
    return AT + timedelta(days=days)


@pytest.fixture
def stock(county):
    """青禾县 with ten sheets at the town's counter."""
    stocked()


def written():
    return Blank.objects.count(), Movement.objects.count(), Proposal.objects.count()
