"""Reading cases: frozen sheets, so that a template never reaches the database.

`one` is a case as a whole, `worklists` are many in lines, `deadlines` how a case stands.
"""

from yichuang.cases.queries.deadlines import deadline
from yichuang.cases.queries.one import (
    arithmetic,
    case_by_number,
    case_sheet,
    pauses,
    similar,
    tracked,
)
from yichuang.cases.queries.worklists import (
    PAGE,
    TAB_NAMES,
    TABS,
    mine,
    overdue_for_acceptance,
    tab_counts,
    without_due_day,
    worklist,
    worklist_of,
)
from yichuang.cases.sheets import CaseRow, CaseSheet, Deadline, Event, MaterialRow, Page

__all__ = [
    "PAGE",
    "TABS",
    "TAB_NAMES",
    "CaseRow",
    "CaseSheet",
    "Deadline",
    "Event",
    "MaterialRow",
    "Page",
    "arithmetic",
    "case_by_number",
    "case_sheet",
    "deadline",
    "mine",
    "overdue_for_acceptance",
    "pauses",
    "similar",
    "tab_counts",
    "tracked",
    "without_due_day",
    "worklist",
    "worklist_of",
]
