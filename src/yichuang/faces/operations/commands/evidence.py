"""verify-paper, verify-journal, export-journal, journal-proof, witness: what anybody may check."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.documents.verify import verify_bytes
from yichuang.faces.operations.commands.group import Meter, answers, as_json, say_json
from yichuang.journal import export, heads, witness
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
    exported, not_genuine = witness.vouched()
    report = verify(
        exported,
        progress=lambda done, total: meter(_("核验日志"), done, total),
        not_genuine=not_genuine,
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


@click.command("export-journal")
@click.argument("folder", type=click.Path(path_type=Path))
@as_json
@answers
def export_journal(folder: Path, as_json: bool) -> None:
    """导出日志 the whole journal into a new FOLDER, for a verifier that is not ours; safe while running."""
    if not folder.resolve().parent.is_dir():
        raise click.BadParameter(f"Directory '{folder.resolve().parent}' does not exist.")
    meter = Meter()
    written = export.export_journal(
        folder, progress=lambda done, total: meter(_("导出日志"), done, total)
    )
    meter.close()
    if as_json:
        say_json({"folder": folder, "entries": written})
    else:
        click.echo(_("已导出日志%(count)d条到%(path)s。") % {"count": written, "path": folder})


@click.command("journal-proof")
@click.option("--entry", type=click.IntRange(0), help="第几条（从0起） the entry, counted from 0")
@click.option("--from", "first", type=click.IntRange(1), help="较早的条数 the earlier size")
@click.option("--to", "second", type=click.IntRange(1), help="较晚的条数 the later size")
@answers
def journal_proof(entry: int | None, first: int | None, second: int | None) -> None:
    """日志证明 that an entry is in the journal, or that one head continues another; JSON."""
    if entry is not None and first is None and second is None:
        say_json(export.proof_of_entry(entry))
    elif entry is None and first is not None and second is not None:
        say_json(export.proof_between(first, second))
    else:
        raise click.UsageError("--entry, or --from and --to")


@click.command("witness")
@as_json
@answers
def offer_to_witnesses(as_json: bool) -> None:
    """见证 export the head and offer it to every witness now; exit 0 only if all co-signed."""
    at = timezone.now()
    heads.export_head(at)
    told = [witness.offer(name, at=at) for name in sorted(settings.WITNESSES)]
    if as_json:
        say_json(
            [
                {
                    "witness": each.name,
                    "size": each.latest.size if each.latest else None,
                    "witnessed": each.latest.witnessed if each.latest else None,
                    "failure": each.failure,
                }
                for each in told
            ]
        )
    else:
        for each in told:
            size = each.latest.size if each.latest else 0
            said = each.failure or _("已副署第%(size)d条") % {"size": size}
            click.echo(f"{each.name}：{said}")
        if not told:
            click.echo(_("没有配置见证方"), err=True)
    sys.exit(1 if witness.alarms() or any(each.failure for each in told) else 0)


COMMANDS = (verify_paper, verify_journal, export_journal, journal_proof, offer_to_witnesses)
