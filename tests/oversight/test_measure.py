"""一次办好 from the journal: kept row by row, and the same again when read from the first entry."""

from tests.factories import county as made
from yichuang.cases import delivery
from yichuang.oversight import measure
from yichuang.oversight.models import CaseCost

YEAR = {"since": made.AT.date(), "until": made.after(365).date()}


def end(receipt, days):
    delivery.deliver(
        case_id=receipt.case_id,
        seq=receipt.seq,
        received_by=made.NAME,
        by=made.CLERK,
        at=made.after(days),
    )


def test_counted_as_it_happens_and_again_from_the_start(county):
    first, second = (
        made.granted_and_sealed(),
        made.granted_and_sealed(applicant=made.applicant(identity=made.identity(2))),
    )
    end(first, 0)
    measure.count()
    end(second, 5)
    measure.count()
    kept = list(CaseCost.objects.order_by("case_id").values())
    (total,) = measure.totals("item", **YEAR)
    assert (total.key, total.ended, total.one_visit, total.visits) == (made.HOUSE, 2, 1, 3)
    measure.recount()
    again = list(CaseCost.objects.order_by("case_id").values())
    for row in (*kept, *again):
        del row["id"]
    assert again == kept


def test_what_is_under_way_is_kept_but_not_counted(county):
    made.accepted()
    measure.count()
    assert CaseCost.objects.get().ended_on is None
    assert measure.totals("item", **YEAR) == []
    assert measure.cases_behind(**YEAR) == []


def test_the_cases_behind_a_number_by_outlet_and_by_one_visit(county):
    end(made.granted_and_sealed(), 5)
    measure.count()
    (row,) = measure.cases_behind(outlet=made.CENTRE, **YEAR)
    assert (row.visits, row.one_visit, row.item) == (2, False, made.HOUSE)
    assert measure.cases_behind(once=True, **YEAR) == []
    assert measure.cases_behind(outlets=(made.STREET_CENTRE,), **YEAR) == []
