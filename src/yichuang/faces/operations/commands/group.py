"""The group itself, and what every command shares: language, refusals, JSON, exit codes.

Exit codes: 0 done; 1 refused, or something was found wrong; 2 the call's words are off;
3 cannot be asked now (no county loaded, database gone).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

import click
from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.translation import gettext as _

from yichuang.faces.operations.answers import answer_to, is_disk_full
from yichuang.verdict import Refusal

REFUSED, UNAVAILABLE = 1, 3
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default="zh",
    envvar="YICHUANG_LANG",
    help="语言 language of answers",
)
def cli(lang: str) -> None:
    """Yichuang 一窗：县域政务服务平台 a county's government services, brought to town and village."""
    translation.activate(LANGUAGES[lang])


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: YYYY-MM-DD", param, ctx)


DAY = Day()
as_json = click.option("--json", "as_json", is_flag=True, help="输出JSON answer as JSON")


def answers(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a Refusal into a sentence (or JSON) and an honest exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        wants_json = bool(kwargs.get("as_json"))
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            tell_refusal(refusal, wants_json)
            sys.exit(UNAVAILABLE if refusal.status == 503 else REFUSED)
        except (OperationalError, InterfaceError) as error:
            if is_disk_full(error):
                full = answer_to(error)
                refusal = Refusal(full.code, full.message, remedy=full.remedy, status=full.status)
                tell_refusal(refusal, wants_json)
                sys.exit(UNAVAILABLE)
            refusal = Refusal(
                "database-unavailable",
                _("数据库打不开，或者还没有建好：%(error)s") % {"error": error},
                remedy=_("请先运行 yichuang load 县包目录，或检查 DATABASE_URL。"),
                status=503,
            )
            tell_refusal(refusal, wants_json)
            sys.exit(UNAVAILABLE)

    return run


def tell_refusal(refusal: Refusal, wants_json: bool) -> None:
    if wants_json:
        say_json(
            {
                "allowed": False,
                "code": refusal.code,
                "reason": str(refusal.message),
                "remedy": str(refusal.remedy),
                "basis": str(refusal.basis),
                "detail": refusal.detail,
            }
        )
        return
    click.echo(f"{refusal.message}", err=True)
    if refusal.remedy:
        click.echo(f"→ {refusal.remedy}", err=True)
    if refusal.basis:
        click.echo(f"§ {refusal.basis}", err=True)


def say_json(content: Any, *, indent: int | None = 2) -> None:
    """One JSON document on standard output; dates as ISO text."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=indent, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


class Meter:
    """A progress bar on a terminal's standard error, nothing in a pipe."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.label = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if self.bar is None or self.label != what:
            self.close()
            self.label = what
            self.bar = click.progressbar(length=max(total, 1), label=what, file=sys.stderr)
        self.bar.update(max(done - self.bar.pos, 0))

    def close(self) -> None:
        if self.bar is not None:
            self.bar.update(max(self.bar.length - self.bar.pos, 0))
            self.bar.render_finish()
            self.bar = None
