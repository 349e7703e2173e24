"""Working days and due dates: values in, values out.

Sources: 民法典 §201 (the first day is not counted), §203 (a last day that is a rest day gives way
to the next working day), 行政许可法 §82 (periods run in working days, statutory holidays left
out), and the State Council's yearly notice of holidays and make-up working days (调休).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yichuang.verdict import Fault, Refusal

BASIS = "《中华人民共和国行政许可法》第八十二条；《中华人民共和国民法典》第二百零一条、第二百零三条"
SATURDAY = 5
DAY = timedelta(days=1)
# 元旦、劳动节、国庆节: on the same date every year (全国年节及纪念日放假办法 §2)
FIXED_HOLIDAYS = ((1, 1), (5, 1), (10, 1))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years whose notice is known, and the days on which the weekday rule does not hold.

    special: day -> True for a make-up working day, False for a day off.
    names: day -> the holiday the special day belongs to ("国庆节"); for showing only.
    """

    years: frozenset[int]
    special: Mapping[date, bool]
    names: Mapping[date, str] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day. Refusal "calendar-unknown-year" beyond the notices."""
        if isinstance(day, datetime):
            raise TypeError("A working day is asked of a date, not of a datetime.")
        if day.year not in self.years:
            raise Refusal(
                "calendar-unknown-year",
                _("%(year)d年的放假和调休安排还没有录入，算不出这个期限。") % {"year": day.year},
                remedy=_("请管理员按国务院办公厅通知发布该年日历后再试。"),
                basis=BASIS,
                detail={"year": day.year, "known": sorted(self.years)},
            )
        return self.special.get(day, day.weekday() < SATURDAY)


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which the period does not run, both ends included; `reason` is for people."""

    start: date
    end: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the arithmetic. date: its first day; count: working days counted by its end."""

    date: date
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a period, how it was reached, and the same in one sentence."""

    due: date
    steps: tuple[Step, ...]
    sentence: str


@dataclass(slots=True)
class _Run:
    """Days in a row that the arithmetic treats alike."""

    kind: str  # "pause", "count", "holiday", "weekend"
    reasons: tuple[str, ...]
    first: date
    last: date
    working: int = 0
    count: int = 0
    names: dict[str, None] = field(default_factory=dict)  # holidays met, in order
    made_up: list[date] = field(default_factory=list)


def due(start: date, days: int, calendar: Calendar, pauses: Sequence[Pause] = ()) -> Due:
    """The last day of a period of `days` working days from `start`, which is not counted itself.

    days=0 ends on `start`, or on the next working day that is not paused. Paused days do not
    count; pauses may overlap and come in any order. Raises Refusal "days-negative",
    "pause-inverted" or "calendar-unknown-year".
    """
    _refuse_impossible(days, pauses)
    ordered = sorted(pauses, key=lambda pause: (pause.start, pause.end, pause.reason))
    calendar.is_working(start)  # the start's year must be known too
    runs: list[_Run] = []
    day, count, ended = (start + DAY if days else start), 0, False
    while not ended:
        working = calendar.is_working(day)
        covering = [pause for pause in ordered if pause.start <= day <= pause.end]
        if covering:
            kind = "pause"
        elif working:
            kind = "count"
            count += 1
            ended = count >= days
        else:
            kind = "holiday" if day in calendar.special else "weekend"
        reasons = tuple(dict.fromkeys(pause.reason for pause in covering if pause.reason))
        if kind != "weekend" or not days:  # a weekend is worth a line only where it rolls the end
            _extend(runs, kind, reasons, day, working, count, calendar)
        day += DAY
    last = runs[-1].last
    return Due(last, _steps(start, days, runs), _sentence(start, last, runs))


def _refuse_impossible(days: int, pauses: Iterable[Pause]) -> None:
    if days < 0:
        raise Refusal(
            "days-negative",
            _("期限不能是负数（%(days)d个工作日）。") % {"days": days},
            remedy=_("请填写0或更大的天数；0表示当日办结。"),
            field="days",
        )
    for pause in pauses:
        if pause.end < pause.start:
            raise Refusal(
                "pause-inverted",
                _("暂停的结束日（%(end)s）早于开始日（%(start)s）。")
                % {"start": pause.start.isoformat(), "end": pause.end.isoformat()},
                remedy=_("请核对暂停的起止日期。"),
                field="pauses",
            )


def _extend(
    runs: list[_Run],
    kind: str,
    reasons: tuple[str, ...],
    day: date,
    working: bool,
    count: int,
    calendar: Calendar,
) -> None:
    if not runs or (runs[-1].kind, runs[-1].reasons) != (kind, reasons):
        runs.append(_Run(kind, reasons, day, day))
    run = runs[-1]
    run.last, run.count = day, count
    run.working += working
    if kind == "holiday" and calendar.names.get(day):
        run.names.update(dict.fromkeys(calendar.names[day].split("、")))
    if kind == "count" and day.weekday() >= SATURDAY:
        run.made_up.append(day)


def _steps(start: date, days: int, runs: Sequence[_Run]) -> tuple[Step, ...]:
    def said(day: date) -> str:
        return _said(day, start)

    if days:
        opening = ngettext(
            "%(date)s开始，当日不计，期限%(days)d个工作日",
            "%(date)s开始，当日不计，期限%(days)d个工作日",
            days,
        )
    else:
        opening = _("%(date)s开始，应当日办结")
    steps = [Step(start, opening % {"date": said(start), "days": days}, 0)]
    for run in runs:
        span = said(run.first)
        if run.last > run.first:
            span = _("%(first)s至%(last)s") % {"first": said(run.first), "last": said(run.last)}
        if run.kind != "count":
            steps.append(Step(run.first, _skipped(run, span), run.count))
        elif days:
            steps.append(Step(run.first, _counted(run, span, said), run.count))
    last = runs[-1].last
    if days:
        ending = _("%(date)s到期（第%(count)d个工作日）")
    elif last > start:
        ending = _("顺延至%(date)s到期")
    else:
        ending = _("%(date)s到期")
    count = days and runs[-1].count
    steps.append(Step(last, ending % {"date": said(last), "count": count}, count))
    return tuple(steps)


def _counted(run: _Run, span: str, said: Callable[[date], str]) -> str:
    text: str
    if run.working == 1:
        text = _("%(span)s：第%(to)d个工作日")
    else:
        text = _("%(span)s：第%(from)d至第%(to)d个工作日")
    text %= {"span": span, "from": run.count - run.working + 1, "to": run.count}
    if run.made_up:
        days = _listed([said(day) for day in run.made_up])
        text += _("（%(days)s调休上班，计入）") % {"days": days}
    return text


def _skipped(run: _Run, span: str) -> str:
    if run.kind == "pause":
        return _paused(run.working, run.reasons, span)
    text: str
    if run.kind == "weekend":
        text = _("%(span)s：休息日，顺延")
    elif run.names:
        text = _("%(span)s：法定节假日（%(names)s），不计")
    else:
        text = _("%(span)s：法定节假日，不计")
    return text % {"span": span, "names": _listed(run.names)}


def _paused(working: int, reasons: Sequence[str], span: str) -> str:
    facts = {"span": span, "days": working, "reason": _listed(reasons)}
    text: str
    if reasons:
        text = ngettext(
            "%(span)s：%(reason)s，暂停%(days)d个工作日",
            "%(span)s：%(reason)s，暂停%(days)d个工作日",
            working,
        )
    else:
        text = ngettext("%(span)s：暂停%(days)d个工作日", "%(span)s：暂停%(days)d个工作日", working)
    return text % facts


def _sentence(start: date, last: date, runs: Sequence[_Run]) -> str:
    """Start, what was paused (summed by reason), end: "9月9日开始；补正暂停3个工作日；…到期"."""
    paused: dict[tuple[str, ...], int] = {}
    for run in runs:
        if run.kind == "pause" and run.working:
            paused[run.reasons] = paused.get(run.reasons, 0) + run.working
    parts = [_("%(date)s开始") % {"date": _said(start, start)}]
    for reasons, days in paused.items():
        facts = {"reason": _listed(reasons) or _("中途"), "days": days}
        parts.append(
            ngettext("%(reason)s暂停%(days)d个工作日", "%(reason)s暂停%(days)d个工作日", days)
            % facts
        )
    parts.append(_("%(date)s到期") % {"date": _said(last, start)})
    return str(_("；")).join(parts)


def _listed(words: Iterable[str]) -> str:
    """Names of holidays, reasons or days in a row, each in the reader's language where known."""
    return str(_("、")).join(str(_(word)) for word in words)


def _said(day: date, start: date) -> str:
    """A day as people say it, with its year where that is not the start's."""
    return str(format_date(day, _("n月j日") if day.year == start.year else _("Y年n月j日")))


def working_days_between(a: date, b: date, calendar: Calendar) -> int:
    """Working days after `a` up to and including `b`; negative when `b` is before `a`."""
    if b < a:
        return -working_days_between(b, a, calendar)
    return sum(calendar.is_working(a + DAY * n) for n in range(1, (b - a).days + 1))


def remaining(on: date, due: date, calendar: Calendar) -> int:
    """Working days left after `on`: 0 on the due day, negative from the day after it.

    A due day that has passed reads at least -1, even on the rest days right behind it.
    """
    if on > due:
        return -max(1, working_days_between(due, on, calendar))
    return working_days_between(on, due, calendar)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Working days left at which a case turns yellow and red.

    Our choice (a county may set its own): no published standard gives these figures.
    """

    yellow: int = 2
    red: int = -1


def warning(left: int, thresholds: Thresholds = Thresholds()) -> str:
    """The warning colour (预警) for `left` working days: "green", "yellow" or "red"."""
    if left <= thresholds.red:
        return "red"
    return "yellow" if left <= thresholds.yellow else "green"


class DraftDay(NamedTuple):
    """A special day as a pack or a form gives it; `row` is where it stands in the file."""

    date: date
    name: str
    is_off: bool
    row: int


@dataclass(frozen=True, slots=True)
class YearDraft:
    """A whole calendar year to be published. source: the notice it rests on, never empty.

    A year's notice may also rule days of the December before it (元旦 does); they belong here.
    """

    year: int
    source: str
    days: tuple[DraftDay, ...]


def check(drafts: Iterable[YearDraft], *, file: str = "calendar.csv") -> list[Fault]:
    """Everything wrong with the drafts, all at once; an empty list when they may be published.

    A year must name its source and hold its three fixed-date holidays, so that an empty or cut
    table can never pass for a year without holidays.
    """
    faults: list[Fault] = []
    seen_years: set[int] = set()
    for draft in drafts:
        row = draft.days[0][3] if draft.days else 0
        if draft.year in seen_years:
            reason = _("%(year)d年出现了两次") % {"year": draft.year}
            faults.append(Fault(file, row, "year", reason))
        seen_years.add(draft.year)
        if not draft.source.strip():
            reason = _("%(year)d年没有写明来源（国务院办公厅通知）") % {"year": draft.year}
            faults.append(Fault(file, row, "source", reason))
        faults += _check_days(draft, file)
        off = {day for day, _name, is_off, _row in draft.days if is_off}
        for month, day in FIXED_HOLIDAYS:
            missing = date(draft.year, month, day)
            if missing not in off:
                reason = _("缺少法定节假日%(date)s，这一年的表可能不完整") % {
                    "date": missing.isoformat()
                }
                faults.append(Fault(file, row, "date", reason))
    return faults


def _check_days(draft: YearDraft, file: str) -> list[Fault]:
    faults = []
    seen: dict[date, int] = {}
    for day, name, _is_off, row in draft.days:
        facts = {"date": day.isoformat(), "year": draft.year, "row": seen.get(day)}
        if day.year != draft.year and (day.year, day.month) != (draft.year - 1, 12):
            reason = _("%(date)s不在%(year)d年，也不在上年12月") % facts
            faults.append(Fault(file, row, "date", reason))
        if day in seen:
            reason = _("%(date)s与第%(row)d行重复") % facts
            faults.append(Fault(file, row, "date", reason))
        seen.setdefault(day, row)
        if not name.strip():
            faults.append(Fault(file, row, "name", _("%(date)s没有写节日名称") % facts))
    return faults
