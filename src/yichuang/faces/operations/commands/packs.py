"""load, check-pack, demo: a county from a folder of tables."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts.actor import system
from yichuang.faces.operations import demo as demo_matters
from yichuang.faces.operations.commands.group import Meter, answers, as_json, say_json
from yichuang.faces.operations.pack.checks import check_pack as faults_in
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.verdict import Fault, Refusal

PARTS = {
    "division": gettext_lazy("区划"),
    "organ": gettext_lazy("机构"),
    "outlet": gettext_lazy("服务点"),
    "year": gettext_lazy("工作日历"),
    "catalogue": gettext_lazy("事项和一件事"),
    "seal": gettext_lazy("印章"),
    "authority": gettext_lazy("权限和授权"),
    "plan": gettext_lazy("方案任务"),
}
PACK = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("pack", type=PACK)
@as_json
@answers
def load(pack: Path, as_json: bool) -> None:
    """装入县包 load the county pack in the folder PACK; a second load changes nothing."""
    call_command("migrate", interactive=False, verbosity=0)
    meter = Meter()
    try:
        report = load_pack(pack, by=system("装入县包"), at=timezone.now(), progress=meter)
    except Refusal as refusal:
        meter.close()
        if refusal.code == "pack-invalid" and not as_json:
            for fault in refusal.detail["faults"]:
                click.echo("{file}:{row}:{column}: {reason}".format(**fault), err=True)
        raise
    meter.close()
    if as_json:
        say_json(report.as_dict())
        return
    for part, counts in report.parts.items():
        click.echo(
            _("%(part)s：新增%(added)d，变更%(changed)d，未变%(unchanged)d")
            % {
                "part": PARTS.get(part, part),
                "added": counts.added,
                "changed": counts.changed,
                "unchanged": counts.unchanged,
            }
        )
    click.echo(
        _("已装入%(county)s。") % {"county": report.county} if report.wrote else _("没有变化。")
    )


@click.command("check-pack")
@click.argument("pack", type=PACK)
@as_json
@answers
def check_pack(pack: Path, as_json: bool) -> None:
    """检查县包 report every fault of a pack at once: file, row, column, reason; writes nothing."""
    faults = faults_in(pack)
    if as_json:
        say_json({"ok": not faults, "faults": [_fault(fault) for fault in faults]})
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo(_("共%(count)d处错误。") % {"count": len(faults)} if faults else _("没有错误。"))
    sys.exit(1 if faults else 0)


def _fault(fault: Fault) -> dict[str, str | int]:
    return {
        "file": fault.file,
        "row": fault.row,
        "column": fault.column,
        "reason": str(fault.reason),
    }


@click.command()
@click.argument("pack", type=PACK)
@answers
def demo(pack: Path) -> None:
    """生成演示数据 make the pack's fictional people and cases, dated from today; demo mode only."""
    if settings.PRODUCTION:
        raise Refusal(
            "demo-only",
            _("演示数据只能在演示模式下生成。"),
            remedy=_("正式环境请不要运行本命令。"),
        )
    meter = Meter()
    made = demo_matters.make(pack, now=timezone.now(), progress=meter)
    meter.close()
    click.echo(
        _("演示：%(people)d个账户，%(cases)d个办件。")
        % {"people": made.people, "cases": made.cases}
        if made.cases
        else _("演示数据已经有了。")
    )


COMMANDS = (load, check_pack, demo)
