"""The county's item owners at their catalogue: one drafts, another publishes, a third only reads."""

import pytest
import time_machine

from tests.factories import county as made
from yichuang.catalogue import authoring

ITEM = "QH-05-002"  # four questions, ten rows
WHOLE = {"who": "other", "age": "adult", "income": "low", "disabled": "yes"}


def county_post(number, name, role="bureau"):
    return made.Actor(number, name, role, number, made.APPROVAL, "", made.COUNTY)


@pytest.fixture
def clock():
    """The faces' clock stands at the moment the county lives in; `move_to` moves it."""
    with time_machine.travel(made.AT, tick=False) as moved:
        yield moved


@pytest.fixture
def county(db, clock):
    """青禾县, loaded."""
    made.load()


@pytest.fixture
def sit_down(county):
    """sit_down(actor) → a browser signed in to the post that `actor` stands for."""
    return made.signed_in


@pytest.fixture
def owner(sit_down):
    return sit_down(county_post(120, "事项试样"))


@pytest.fixture
def colleague(sit_down):
    return sit_down(county_post(121, "同事试样"))


@pytest.fixture
def auditor(sit_down):
    return sit_down(county_post(122, "审计试样", "auditor"))


@pytest.fixture
def draft(owner):
    """The address of an open draft of ITEM, begun by the owner."""
    return begin(owner)


def begin(browser, item=ITEM):
    answer = browser.post(f"/library/items/{item}/draft")
    assert answer.status_code == 302
    return answer["Location"]


def example(name="替别人办", **answers):
    """An example kept by somebody else of the county; its id."""
    return authoring.record_example(
        item_code=ITEM,
        name=name,
        answers={**WHOLE, **answers},
        by=county_post(130, "样例试样"),
        at=made.AT,
    )
