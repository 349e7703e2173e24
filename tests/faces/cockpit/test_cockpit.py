"""The county's figures: each number opens what is behind it, and a manager counts only their own."""

import csv

import pytest

from tests.faces.cockpit.conftest import BUREAU
from tests.factories import county as made
from tests.support.reading import read, words
from yichuang.cases import delivery
from yichuang.oversight import measure


def ended(*, item=made.HOUSE, by=made.CLERK, days=3, **changes):
    """A case delivered at the counter some days after it was taken in."""
    receipt = made.granted_and_sealed(item, by=by, **changes)
    delivery.deliver(
        case_id=receipt.case_id, seq=receipt.seq, received_by=made.NAME, by=by, at=made.after(days)
    )
    return receipt


@pytest.fixture
def bureau(sit_down):
    return sit_down(BUREAU)


def test_coverage_names_outlets_and_what_lacks(bureau):
    page = read(bureau.get("/cockpit/coverage"))
    rows = {words(row.th): row for row in page.select("tbody tr")}
    centre = rows["青溪镇便民服务中心"]
    assert "有缺项" in words(centre)  # nobody has a window post there in this test
    inner = read(bureau.get(centre.a["href"]))
    assert "没有在岗的收件人员" in words(inner.main)
    lacking = read(bureau.get(centre.a["href"] + "?lack=clerk"))
    assert len(lacking.select("tbody tr")) == len(inner.select("tbody tr"))


def test_somebody_at_the_window_fills_that_gap(bureau):
    made.posted(made.CLERK)
    page = read(bureau.get(f"/cockpit/coverage/{made.CENTRE}?lack=clerk"))
    assert "没有这样的缺项" in words(page.main)


def test_gaps_as_a_table(bureau):
    answer = bureau.get("/cockpit/coverage.csv")
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert rows[0][0] == "服务点" and any("收件人员" in row for row in rows)


def test_what_took_one_visit_and_what_took_two(bureau):
    ended(days=3)
    ended(days=0, applicant=made.applicant(identity=made.identity(2)))
    measure.count()
    page = read(bureau.get("/cockpit/once"))
    figures = [words(dd) for dd in page.select(".cockpit-figures dd")]
    assert figures[:3] == ["2", "1", "1"]
    row = page.select_one("tbody tr")
    behind = read(bureau.get(row.select("a")[0]["href"]))
    assert len(behind.select("tbody tr")) == 2
    once = read(bureau.get(row.select("a")[1]["href"]))
    assert len(once.select("tbody tr")) == 1


def test_figures_by_outlet_and_as_a_table(bureau):
    ended()
    measure.count()
    page = read(bureau.get("/cockpit/once?by=outlet"))
    assert "青溪镇便民服务中心" in words(page.select_one("tbody th"))
    table = bureau.get("/cockpit/once.csv?by=outlet").content.decode("utf-8-sig").splitlines()
    assert table[1].startswith(made.CENTRE)


def test_a_manager_counts_their_own_outlet_only(sit_down):
    ended()
    measure.count()
    own = read(sit_down(made.MANAGER).get("/cockpit/once?by=outlet"))
    assert [words(th) for th in own.select("tbody th")] == ["青溪镇便民服务中心"]
    other = sit_down(made.Actor(130, "街道主任试样", "manager", 30, "", made.STREET_CENTRE, ""))
    assert "没有办结的件" in words(read(other.get("/cockpit/once?by=outlet")).main)
    asked = read(other.get(f"/cockpit/once/cases?outlet={made.CENTRE}"))
    assert "没有办件" in words(asked.main)


def test_nothing_yet_says_so_and_bad_days_are_ignored(bureau):
    page = read(bureau.get("/cockpit/once?since=昨天&until=2026-13-40"))
    assert "这段时间没有办结的件" in words(page.main)


def test_clerks_do_not_come_in(sit_down):
    assert sit_down(made.CLERK).get("/cockpit/coverage").status_code == 403


PAGES = {  # three of each are for who asks
    "/cockpit/coverage": 11,
    "/cockpit/coverage.csv": 10,
    f"/cockpit/coverage/{made.CENTRE}": 11,
    "/cockpit/once": 5,
}


@pytest.mark.parametrize(("address", "most"), PAGES.items())
def test_statements(bureau, django_assert_max_num_queries, address, most):
    """Seen to fail with the items read again for every outlet."""
    bureau.get(address)
    with django_assert_max_num_queries(most):
        bureau.get(address)
