"""The hourly export and what operators see of the witnesses: doctor, health, figures, commands."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from tests.journal.second import as_program, fill, rewrite_everything
from tests.verifier import servers
from yichuang.faces.operations import health_checks, metrics, timetable
from yichuang.faces.operations.commands import cli
from yichuang.journal import guard, heads, outbox, witness
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
NAME = "office-example"


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.HOME, settings.HEADS_ROOT = tmp_path, tmp_path / "heads"
    settings.WITNESS_KEYS = tmp_path / "witnesses"
    settings.WITNESS_KEYS.mkdir()
    settings.WITNESSES, settings.WITNESS_REQUIRED_HOURS = {}, 0


@pytest.fixture
def office(settings, tmp_path):
    with servers.witness(tmp_path / "office", heads.public_key()) as (_process, url):
        settings.WITNESSES = {NAME: url}
        key = (tmp_path / "office" / "witness_public_key.pem").read_bytes()
        (settings.WITNESS_KEYS / f"{NAME}.pem").write_bytes(key)
        yield url


def check(at=None):
    return health_checks._witnesses(at or timezone.now())


def evidence():
    response = Client().get("/healthz/evidence")
    return response.status_code, response.json()


def command(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_without_a_witness_doctor_reminds_and_nothing_fails():
    found = check()
    assert found.ok and found.soon
    assert evidence() == (200, {"uncontradicted": True, "witnessed": True})


def test_every_hour_the_head_goes_out_and_each_witness_is_a_task(office, settings):
    fill(3, timezone.now())
    assert timetable.export_head() == "3.json"
    assert [task.task["args"] for task in OrmQ.objects.all()] == [
        (timetable.OFFER_HEAD, {"name": NAME})
    ]
    assert outbox.perform(timetable.OFFER_HEAD, {"name": NAME}) == ""
    assert check().ok and NAME in check().found
    assert evidence()[0] == 200


def test_a_witness_struck_off_meanwhile_is_let_be():
    assert timetable.offer_head("gone") == ""


@pytest.mark.fault
def test_silence_is_seen_after_three_hours_and_stops_no_work(office, settings):
    fill(3, timezone.now())
    timetable.export_head()
    timetable.offer_head(NAME)
    settings.WITNESSES = {NAME: "http://127.0.0.1:9"}
    assert timetable.offer_head(NAME) == "连不上见证方。"
    assert check().ok
    later = timezone.now() + timedelta(hours=3, minutes=1)
    found = check(later)
    assert not found.ok and "没有副署：连不上见证方。" in found.found
    fill(1, timezone.now())
    assert timetable.export_head() == "4.json"
    sample = metrics.registry.get_sample_value(
        "yichuang_witnessed_timestamp_seconds", {"witness": NAME}
    )
    assert abs(sample - timezone.now().timestamp()) < 60


@pytest.mark.fault
def test_a_contradiction_is_loud_everywhere(office, settings):
    """Seen to fail with `alarms` left out of the probe."""
    fill(3, timezone.now())
    timetable.export_head()
    timetable.offer_head(NAME)
    guard.lower_guard(connection)
    Entry.objects.filter(pk=1).update(kind="x")
    rewrite_everything(3)
    with pytest.raises(Refusal):
        timetable.export_head()
    for path in settings.HEADS_ROOT.glob("3.*json"):
        path.unlink()
    timetable.export_head()
    timetable.offer_head(NAME)
    assert {each.name for each in witness.alarms()} == {witness.OWN, NAME}
    assert not check().ok and NAME in check().found
    assert evidence()[0] == 503 and evidence()[1]["uncontradicted"] is False
    assert metrics.registry.get_sample_value("yichuang_journal_alarms") == 2
    assert Client().get("/healthz/live").status_code == 200


def test_the_heads_check_passes_over_cosignatures(office):
    """The name of a co-signature begins with a number and is none."""
    fill(3, timezone.now())
    timetable.export_head()
    timetable.offer_head(NAME)
    assert health_checks._journal(timezone.now()).ok


def test_commands(office, settings, tmp_path):
    fill(5, timezone.now())
    assert command("witness") == (0, f"{NAME}：已副署第5条\n")
    code, out = command("witness", "--json")
    assert (code, json.loads(out)[0]["size"]) == (0, 5)
    code, out = command("export-journal", tmp_path / "out", "--json")
    assert (code, json.loads(out)["entries"]) == (0, 5)
    assert as_program("journal", tmp_path / "out") == (0, "5 entries, sound\n")
    assert command("export-journal", tmp_path / "out")[0] == 1
    assert command("export-journal", tmp_path / "no" / "out")[0] == 2
    for words, kind in ((["--entry", 2], "inclusion"), (["--from", 2, "--to", 5], "consistency")):
        code, out = command("journal-proof", *words)
        (tmp_path / "proof.json").write_text(out)
        assert code == 0
        assert as_program(kind, tmp_path / "proof.json") == (0, "holds\n")
    assert command("journal-proof", "--entry", 5)[0] == 1
    assert command("journal-proof", "--from", 4, "--to", 6)[0] == 1
    assert command("journal-proof", "--from", 4)[0] == 2
    settings.WITNESSES = {NAME: "http://127.0.0.1:9"}
    assert command("witness")[0] == 1


@pytest.mark.fault
def test_verify_journal_goes_on_past_a_head_that_does_not_hold(office, settings):
    fill(5, timezone.now())
    command("witness")
    (settings.HEADS_ROOT / "5.json").write_text("{}")
    code, out = command("verify-journal", "--json")
    assert code == 1
    assert [(each["kind"], each["index"]) for each in json.loads(out)["findings"]] == [
        ("not-genuine", 5)
    ]
