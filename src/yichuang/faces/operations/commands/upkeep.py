"""doctor, backup, restore, reindex: for the operator at three in the morning."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.catalogue import search as catalogue
from yichuang.faces.operations import backups, health_checks
from yichuang.faces.operations.commands.group import Meter, answers, as_json, say_json


@click.command()
@as_json
@answers
def doctor(as_json: bool) -> None:
    """体检 what is wrong with this installation, and what to do; exit 0 only if nothing is."""
    found = health_checks.examine(timezone.now())
    if as_json:
        say_json(
            [{"check": c.name, "ok": c.ok, "found": c.found, "remedy": c.remedy} for c in found]
        )
    else:
        for check in found:
            mark = "✗" if not check.ok else "!" if check.soon else "✓"
            click.echo(f"{mark} {check.name}：{check.found}")
            if (check.soon or not check.ok) and check.remedy:
                click.echo(f"  → {check.remedy}")
    sys.exit(0 if all(check.ok for check in found) else 1)


def _in_a_folder(_context: click.Context, _parameter: click.Parameter, target: Path) -> Path:
    folder = target.resolve().parent
    if not folder.is_dir():
        raise click.BadParameter(f"Directory '{folder}' does not exist.")
    return target


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), callback=_in_a_folder)
@click.option(
    "--without-secrets", is_flag=True, help="不含密钥 leave the keys out; keep them apart"
)
@answers
def backup(target: Path, without_secrets: bool) -> None:
    """备份 database, files, journal heads and keys into one archive; safe while running."""
    meter = Meter()
    made = backups.backup(target, at=timezone.now(), secrets=not without_secrets, progress=meter)
    meter.close()
    click.echo(
        _("已备份到%(path)s：%(files)d个文件，日志%(size)d条，%(bytes)d字节。")
        % {"path": target, "files": made.files, "size": made.journal_size, "bytes": made.bytes}
    )
    if without_secrets:
        click.echo(_("备份不含密钥：没有密钥，加密的号码恢复后打不开。"), err=True)


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answers
def restore(source: Path) -> None:
    """恢复 an archive into an empty $YICHUANG_HOME, then check journal, files and papers."""
    meter = Meter()
    made = backups.restore(source, home=settings.HOME, progress=meter)
    meter.close()
    click.echo(
        _("已恢复：%(files)d个文件，日志%(size)d条，核验通过。")
        % {"files": made.files, "size": made.journal_size}
    )


@click.command()
@answers
def reindex() -> None:
    """重建搜索索引 make the search index anew from the catalogue; answers go on meanwhile."""
    made = catalogue.rebuild_index()
    click.echo(_("搜索索引已重建：%(count)d个事项。") % {"count": made})


COMMANDS = (doctor, backup, restore, reindex)
