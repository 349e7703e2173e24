"""verify-paper, verify-journal: what anybody may check."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.documents.verify import verify_bytes
from yichuang.faces.operations.commands.group import Meter, answers, as_json, say_json
from yichuang.journal import heads
from yichuang.journal.verify import verify


@click.command("verify-paper")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@answers
def verify_paper(file: Path, as_json: bool) -> None:
    """核验文书 whether FILE is a paper as this platform issued it; exit 0 only if it is."""
    found = verify_bytes(file.read_bytes())
    if as_json:
        facts = None
        if found.facts:
            facts = {
                "number": found.facts.number,
                "title": found.facts.title,
                "organ": found.facts.organ_name,
                "item": found.facts.item_name,
                "date": found.facts.date,
                "seal": found.facts.seal_name,
                "demonstration": found.facts.demonstration,
            }
        say_json({"state": found.state, "sentence": found.sentence, "facts": facts})
    else:
        click.echo(found.sentence)
        if found.facts:
            click.echo(f"{found.facts.title} {found.facts.number} {found.facts.organ_name}")
    sys.exit(0 if found.state == "valid" else 1)


@click.command("verify-journal")
@click.option("--export-head", is_flag=True, help="同时导出签名的树根 also export the signed head")
@as_json
@answers
def verify_journal(export_head: bool, as_json: bool) -> None:
    """核验日志 finds an edited, removed, reordered or truncated entry; exit 0 only if there is none."""
    meter = Meter()
    exported = heads.exported_heads() if settings.HEADS_ROOT.exists() else []
    report = verify(
        exported,
        progress=lambda done, total: meter(_("核验日志"), done, total),
    )
    meter.close()
    if report.ok and export_head:
        heads.export_head(timezone.now())
    if as_json:
        say_json(
            {
                "ok": report.ok,
                "size": report.size,
                "root": report.root.hex(),
                "findings": [
                    {"index": f.index, "kind": f.kind, "sentence": f.sentence}
                    for f in report.findings
                ],
            }
        )
    else:
        for finding in report.findings:
            click.echo(finding.sentence)
        click.echo(
            _("日志%(size)d条，%(verdict)s。根：%(root)s")
            % {
                "size": report.size,
                "verdict": _("完整") if report.ok else _("有问题"),
                "root": report.root.hex(),
            }
        )
        if not exported:
            click.echo(_("还没有导出过树根：截断到一个自洽的旧状态暂时看不出来。"), err=True)
    sys.exit(0 if report.ok else 1)


COMMANDS = (verify_paper, verify_journal)
