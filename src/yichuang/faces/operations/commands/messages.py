"""messages: what waits, what did not go out, whether the accounts agree."""

from __future__ import annotations

import sys
import uuid
from datetime import date, timedelta

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import system
from yichuang.faces.operations.commands.group import DAY, answers, as_json, say_json
from yichuang.messages import actions, queries, reconciling, rules
from yichuang.messages.providers.configured import provider


@click.group("messages")
def messages() -> None:
    """消息 text messages and e-mail: status, dead letters, sending again, daily comparison."""


def _by() -> object:
    return system("运维命令", channel="command")


@messages.command()
@as_json
@answers
def status(as_json: bool) -> None:
    """概况 what waits and what needs a person; exit 0 only if nothing needs one."""
    found = queries.figures(timezone.now())
    if as_json:
        say_json(
            {
                "waiting": found.waiting,
                "late": found.late,
                "dead": found.dead,
                "open_differences": found.open_differences,
                "oldest": found.oldest,
            }
        )
    else:
        click.echo(
            _(
                "待发%(waiting)d条（过点10分钟%(late)d条），发不出去%(dead)d条，未处理的对账差异%(open)d条"
            )
            % {
                "waiting": found.waiting,
                "late": found.late,
                "dead": found.dead,
                "open": found.open_differences,
            }
        )
    sys.exit(1 if found.late or found.dead or found.open_differences else 0)


@messages.command()
@as_json
@answers
def dead(as_json: bool) -> None:
    """死信 messages that did not go out and wait for a person; addresses masked."""
    found = queries.dead_letters(actor=_by())
    if as_json:
        say_json(
            [
                {
                    "id": each.uid,
                    "channel": each.channel,
                    "template": each.template,
                    "to": each.address,
                    "about": each.about,
                    "attempts": each.attempts,
                    "in_doubt": each.in_doubt,
                    "error": each.error,
                    "made_at": each.made_at,
                }
                for each in found
            ]
        )
        return
    for each in found:
        click.echo(
            f"{each.uid} {timezone.localtime(each.made_at):%Y-%m-%d %H:%M} {each.channel} "
            f"{each.template} {each.address} {each.error}"
        )
    if not found:
        click.echo(_("没有发不出去的消息。"))


@messages.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="全部死信 every dead letter")
@answers
def retry(ids: tuple[uuid.UUID, ...], everything: bool) -> None:
    """重发 send dead letters again, by id or all of them."""
    if bool(ids) == everything:
        raise click.UsageError("ids, or --all")
    at = timezone.now()
    wanted = [each.uid for each in queries.dead_letters(actor=_by())] if everything else ids
    for uid in wanted:
        actions.retry(uid=uid, by=_by(), at=at)
    click.echo(_("已安排重发%(count)d条。") % {"count": len(wanted)})


@messages.command()
@click.option("--day", type=DAY, help="日期 YYYY-MM-DD; yesterday unless given")
@as_json
@answers
def reconcile(day: date | None, as_json: bool) -> None:
    """对账 compare a day with the providers' own accounts; exit 0 only if they agree."""
    at = timezone.now()
    day = day or timezone.localdate(at) - timedelta(days=1)
    rows = [
        reconciling.reconcile(day=day, provider=found, by=_by(), at=at)
        for found in map(provider, (rules.SMS,))
    ]
    if as_json:
        say_json(
            [
                {
                    "day": row.day,
                    "provider": row.provider,
                    "ours": row.ours,
                    "theirs": row.theirs,
                    "state": row.state,
                    "error": row.error,
                }
                for row in rows
            ]
        )
    else:
        for row in rows:
            click.echo(
                _("%(day)s %(provider)s：我方%(ours)d条，对方%(theirs)d条，%(state)s %(error)s")
                % {
                    "day": row.day.isoformat(),
                    "provider": row.provider,
                    "ours": row.ours,
                    "theirs": row.theirs,
                    "state": row.get_state_display(),
                    "error": row.error,
                }
            )
    sys.exit(0 if all(row.state == "balanced" for row in rows) else 1)


COMMANDS = (messages,)
