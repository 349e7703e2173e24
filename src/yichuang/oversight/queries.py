"""Reading ratings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from yichuang.oversight.models import Rating
from yichuang.oversight.rules import OPTIONS


@dataclass(frozen=True, slots=True)
class RatingSheet:
    """A rating as a page shows it."""

    grade: str
    grade_name: str
    options: tuple[str, ...]
    text: str
    rated_at: datetime
    bad: bool


def rating_of(case_id: uuid.UUID) -> RatingSheet | None:
    """The case's rating, if one was given."""
    row = Rating.objects.filter(case_id=case_id).first()
    if row is None:
        return None
    return RatingSheet(
        grade=row.grade,
        grade_name=row.get_grade_display(),
        options=tuple(str(OPTIONS[row.grade].get(code, code)) for code in row.options),
        text=row.text,
        rated_at=row.rated_at,
        bad=row.bad,
    )
