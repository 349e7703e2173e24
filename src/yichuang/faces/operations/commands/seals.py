"""verify-ledger: whether every impression of every seal stands as it was written."""

from __future__ import annotations

import sys

import click
from django.utils.translation import gettext as _

from yichuang.documents import ledger
from yichuang.faces.operations.commands.group import Meter, answers, as_json, say_json


@click.command("verify-ledger")
@as_json
@answers
def verify_ledger(as_json: bool) -> None:
    """核验用印台账 the seal ledger against itself, papers, files and journal; exit 0 only if all agree."""
    meter = Meter()
    report = ledger.verify(progress=lambda done, total: meter(_("核验用印台账"), done, total))
    meter.close()
    if as_json:
        say_json(
            {
                "ok": report.ok,
                "rows": report.rows,
                "last_hash": report.last_hash,
                "findings": [
                    {
                        "position": found.position,
                        "number": found.number,
                        "kind": found.kind,
                        "sentence": found.sentence,
                    }
                    for found in report.findings
                ],
            }
        )
    else:
        for found in report.findings:
            click.echo(found.sentence)
        click.echo(
            _("用印台账%(rows)d行，%(verdict)s。末行摘要：%(last)s")
            % {
                "rows": report.rows,
                "verdict": _("完整") if report.ok else _("有问题"),
                "last": report.last_hash or "–",
            }
        )
    sys.exit(0 if report.ok else 1)


COMMANDS = (verify_ledger,)
