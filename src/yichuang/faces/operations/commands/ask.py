"""rule, due, search: the rules, asked from a terminal or by a program."""

from __future__ import annotations

import json
import sys
from datetime import date

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.authority import queries as authority
from yichuang.catalogue import search as catalogue
from yichuang.clock.queries import calendar
from yichuang.clock.rules import Pause
from yichuang.clock.rules import due as due_of
from yichuang.faces.operations.commands.group import DAY, answers, as_json, say_json
from yichuang.verdict import Refusal

RULING_FIELDS = (
    "allowed",
    "taker",
    "reviewer",
    "decider",
    "in_name_of",
    "seal",
    "grant",
    "basis",
    "reason",
)


@click.command()
@click.option("--item", required=True, help="事项代码 item code (code_hint)")
@click.option("--place", required=True, help="区划代码 division code, 12 digits")
@click.option("--outlet", required=True, help="服务点代码 outlet code, e.g. DIVISION-centre")
@click.option("--on", type=DAY, default=None, help="日期 date; today by default")
@as_json
@answers
def rule(item: str, place: str, outlet: str, on: date | None, as_json: bool) -> None:
    """权限裁定 who takes in, reviews and decides, in whose name, with which seal, and why."""
    ruling = authority.order().ruling(item, place, outlet, on or timezone.localdate())
    if as_json:
        facts = ruling.as_dict()
        shown = {name: facts[name] for name in RULING_FIELDS}
        say_json({**shown, "code": ruling.code, "remedy": ruling.remedy, "codes": ruling.codes})
    else:
        labels = {
            "taker": _("收件"),
            "reviewer": _("审核"),
            "decider": _("决定"),
            "in_name_of": _("名义"),
            "seal": _("印章"),
            "grant": _("授权文书"),
            "basis": _("依据"),
        }
        for name, label in labels.items():
            value = getattr(ruling, name)
            if value:
                click.echo(f"{label}：{value}")
        click.echo(ruling.reason)
        if ruling.remedy:
            click.echo(f"→ {ruling.remedy}")
    sys.exit(0 if ruling.allowed else 1)


class Span(click.ParamType[Pause]):
    """FROM:TO, both days inclusive."""

    name = "from:to"

    def convert(self, value: object, param: object, ctx: object) -> Pause:
        if isinstance(value, Pause):
            return value
        try:
            start, end = str(value).split(":")
            return Pause(date.fromisoformat(start), date.fromisoformat(end))
        except ValueError:
            self.fail(f"{value!r}: YYYY-MM-DD:YYYY-MM-DD")


@click.command()
@click.option("--start", type=DAY, required=True, help="起算日 first day, not counted itself")
@click.option("--days", type=int, required=True, help="工作日数 number of working days")
@click.option(
    "--pause", "pauses", type=Span(), multiple=True, help="暂停 FROM:TO, both inclusive; repeatable"
)
@as_json
@answers
def due(start: date, days: int, pauses: tuple[Pause, ...], as_json: bool) -> None:
    """期限推算 the last day of a period of working days, step by step."""
    known = calendar()
    if not known.years:
        raise Refusal(
            "county-not-loaded",
            _("还没有装入工作日历。"),
            remedy=_("请先运行 yichuang load 县包目录。"),
            status=503,
        )
    found = due_of(start, days, known, pauses)
    if as_json:
        steps = [{"date": s.date, "what": s.what, "count": s.count} for s in found.steps]
        say_json({"due": found.due, "steps": steps, "sentence": found.sentence})
        return
    for step in found.steps:
        click.echo(f"{step.date.isoformat()}  {step.what}")
    click.echo(found.sentence)


@click.command()
@click.argument("words", nargs=-1)
@click.option("--top", type=click.IntRange(1, 50), default=10, help="最多几条 how many at most")
@click.option("--stdin", is_flag=True, help="每行一问 one question a line, one answer a line")
@as_json
@answers
def search(words: tuple[str, ...], top: int, stdin: bool, as_json: bool) -> None:
    """搜索事项 the items that answer a question in everyday words, best first."""
    if stdin:
        for line in sys.stdin:
            hits = _hits(line, top)
            if as_json:
                click.echo(json.dumps({"hits": hits}, ensure_ascii=False))
            else:
                click.echo("\t".join(f"{hit['code']} {hit['name']}" for hit in hits))
            sys.stdout.flush()
        return
    if not words:
        raise click.UsageError("WORDS / --stdin")
    hits = _hits(" ".join(words), top)
    if as_json:
        say_json({"hits": hits})
    else:
        for hit in hits:
            click.echo(f"{hit['code']}  {hit['name']}")
    if not hits:
        click.echo(_("没有找到。换一种说法，或到窗口问一问。"), err=True)
        sys.exit(1)


def _hits(words: str, top: int) -> list[dict[str, str | float]]:
    """An empty question has no hits: in a stream of questions it must not end the stream."""
    if not words.strip():
        return []
    try:
        found = catalogue.search(words.strip(), on=timezone.localdate(), limit=top)
    except Refusal as refusal:
        if refusal.code == "search-empty":
            return []
        raise
    return [
        {
            "code": h.code,
            "name": h.name,
            "name_en": h.name_en,
            "score": round(h.score, 3),
            "why": h.why,
        }
        for h in found
    ]


COMMANDS = (rule, due, search)
