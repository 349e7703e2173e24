"""`yichuang verify-ledger`: says whole, or which line."""

import json

from click.testing import CliRunner
from django.db import connection

from tests.factories import county as made
from yichuang.documents import guard
from yichuang.documents.models import SealUse
from yichuang.faces.operations.commands import cli


def run(*words):
    answer = CliRunner().invoke(cli, ["verify-ledger", *words])
    return answer.exit_code, answer.output


def test_whole_and_then_tampered_with(county, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    made.granted_and_sealed()
    code, said = run()
    assert code == 0 and "完整" in said
    guard.lower_guard(connection)
    SealUse.objects.filter(position=1).update(handler_name="别人")
    guard.raise_guard(connection)
    code, said = run("--json")
    found = json.loads(said)
    assert code == 1 and not found["ok"]
    assert [(each["kind"], each["position"]) for each in found["findings"]] == [("changed", 1)]
    assert "第1行" in run()[1]
