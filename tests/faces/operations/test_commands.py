"""The `yichuang` command, as a program calls it: its own process, exit codes, JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
TINY = ROOT / "tests" / "packs" / "tiny"
VILLAGE, CENTRE = "379901100201", "379901100000-centre"


def run(home, *words, stdin=None):
    """(exit code, standard output, standard error) of one call."""
    environment = {**os.environ, "YICHUANG_HOME": str(home), "YICHUANG_MODE": "demo"}
    environment.pop("DATABASE_URL", None)
    environment.pop("YICHUANG_LANG", None)
    done = subprocess.run(
        [sys.executable, "-m", "yichuang.project.main", *words],
        env=environment,
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    code, _out, err = run(folder, "load", str(TINY))
    assert code == 0, err
    return folder


def test_a_second_load_changes_nothing(home):
    code, out, _err = run(home, "load", str(TINY), "--json")
    assert code == 0
    assert json.loads(out)["wrote"] is False


def test_without_a_county_each_question_says_what_to_do(tmp_path):
    for words in (
        ["rule", "--item", "QH-01-001", "--place", VILLAGE, "--outlet", CENTRE],
        ["due", "--start", "2026-09-09", "--days", "5"],
    ):
        code, _out, err = run(tmp_path, *words)
        assert code == 3
        assert "yichuang load" in err


def test_a_bad_pack_is_refused_whole(tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    for path in TINY.iterdir():
        (pack / path.name).write_bytes(path.read_bytes())
    items = (pack / "items.csv").read_text(encoding="utf-8").splitlines()
    (pack / "items.csv").write_text("\n".join([*items, items[1]]) + "\n", encoding="utf-8")
    code, out, _err = run(tmp_path / "home", "check-pack", str(pack), "--json")
    assert code == 1
    faults = json.loads(out)["faults"]
    assert {"file", "row", "column", "reason"} <= set(faults[0])
    assert any(fault["file"] == "items.csv" and fault["row"] == len(items) + 1 for fault in faults)
    code, _out, err = run(tmp_path / "home", "load", str(pack))
    assert code == 1
    assert "items.csv" in err


def test_rule_answers_in_json(home):
    words = ["--item", "QH-01-001", "--place", VILLAGE, "--outlet", CENTRE, "--on", "2026-09-09"]
    code, out, _err = run(home, "rule", *words, "--json")
    answer = json.loads(out)
    assert code == 0
    assert list(answer)[:9] == [
        "allowed",
        "taker",
        "reviewer",
        "decider",
        "in_name_of",
        "seal",
        "grant",
        "basis",
        "reason",
    ]
    assert answer["allowed"] is True
    assert answer["decider"] == "青禾县青溪镇人民政府"


@pytest.mark.parametrize(
    ("item", "place", "outlet"),
    [
        ("QH-20-002", VILLAGE, CENTRE),  # only guided
        ("QH-99-999", VILLAGE, CENTRE),
        ("QH-01-001", "379901999999", CENTRE),
        ("QH-01-001", VILLAGE, "nowhere-centre"),
        ("QH-01-001", "379901001001", CENTRE),  # town only, asked for a street
    ],
)
def test_a_refused_ruling_says_why(home, item, place, outlet):
    words = ["--item", item, "--place", place, "--outlet", outlet, "--on", "2026-09-09"]
    code, out, _err = run(home, "rule", *words, "--json")
    answer = json.loads(out)
    assert code == 1
    assert answer["allowed"] is False
    assert answer["reason"]


def test_due_counts_with_pauses(home):
    code, out, _err = run(
        home, "due", "--start", "2026-09-09", "--days", "20", "--pause", "2026-09-15:2026-09-17",
        "--json",
    )  # fmt: skip
    answer = json.loads(out)
    assert code == 0
    assert answer["due"] == "2026-10-16"
    assert answer["steps"]


def test_due_refuses_an_unknown_year(home):
    code, out, _err = run(home, "due", "--start", "2099-01-04", "--days", "3", "--json")
    assert code == 1
    assert "2099" in json.loads(out)["reason"]


def test_a_malformed_date_is_a_usage_error(home):
    assert run(home, "due", "--start", "2026-13-01", "--days", "3")[0] == 2
    assert run(home, "due", "--start", "2026-09-09", "--days", "3", "--pause", "soon")[0] == 2


def test_search_one_answer_a_line(home):
    code, out, _err = run(
        home, "search", "--stdin", "--json", "--top", "2", stdin="盖房\n\n！！！\n盖房\n"
    )
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert len(lines) == 4
    assert lines[0] == lines[3]
    assert lines[0]["hits"][0]["code"]
    assert lines[1] == {"hits": []}
    assert all(len(line["hits"]) <= 2 for line in lines)


def test_every_command_helps(tmp_path):
    for command in (
        "load", "check-pack", "rule", "due", "search", "demo-logins", "verify-paper",
        "verify-journal", "doctor", "user", "backup", "restore", "demo", "serve",
    ):  # fmt: skip
        code, out, _err = run(tmp_path, command, "--help")
        assert code == 0
        assert command in out


def test_a_stranger_paper_is_not_confirmed(home, tmp_path):
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"not a pdf")
    code, out, _err = run(home, "verify-paper", str(paper), "--json")
    assert code == 1
    assert json.loads(out)["state"] == "cannot_confirm"


def test_an_account_from_the_terminal(home):
    assert run(home, "user", "create", "clerk-test", "--name", "窗口试样", "--no-totp")[0] == 0
    code, out, err = run(
        home, "user", "give-post", "clerk-test", "--role", "clerk", "--outlet", CENTRE
    )
    assert code == 0, err
    post = out.split("#")[1].split("已")[0]
    code, out, _err = run(home, "user", "token", post, "--label", "test")
    assert code == 0
    assert run(home, "user", "give-post", "clerk-test", "--role", "clerk", "--outlet", "x")[0] == 1
    listed = json.loads(run(home, "user", "list", "--json")[1])
    assert listed[0]["posts"][0]["outlet"] == CENTRE


def test_a_backup_brings_everything_back(home, tmp_path):
    archive, second = tmp_path / "a.tar", tmp_path / "second"
    assert run(home, "verify-journal", "--export-head")[0] == 0
    assert run(home, "backup", str(archive))[0] == 0
    assert archive.stat().st_mode & 0o077 == 0
    assert run(home, "backup", str(archive))[0] == 1, "an archive is never overwritten"
    code, _out, err = run(second, "restore", str(archive))
    assert code == 0, err
    words = ["--item", "QH-01-001", "--place", VILLAGE, "--outlet", CENTRE, "--on", "2026-09-09"]
    assert run(second, "rule", *words)[1] == run(home, "rule", *words)[1]
    assert run(second, "restore", str(archive))[0] == 1, "a used home is never overwritten"


def test_a_damaged_backup_is_refused(home, tmp_path):
    archive = tmp_path / "a.tar"
    run(home, "backup", str(archive))
    cut = tmp_path / "cut.tar"
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    code, _out, err = run(tmp_path / "third", "restore", str(cut))
    assert code == 1
    assert "备份" in err


def test_doctor_is_honest(home):
    code, out, _err = run(home, "doctor", "--json")
    found = {check["check"]: check["ok"] for check in json.loads(out)}
    assert found["数据库"] is True
    assert code == (0 if all(found.values()) else 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("YICHUANG_HOME", "/dev/null/home", "YICHUANG_HOME"),
        ("YICHUANG_MODE", "holiday", "must be one of"),
        ("DATABASE_URL", "oracle://somewhere", "DATABASE_URL"),
    ],
)
def test_what_it_cannot_start_with_is_said_in_a_line(tmp_path, name, value, said):
    """Seen to fail with the traceback that these ended in."""
    environment = {**os.environ, "YICHUANG_HOME": str(tmp_path), "YICHUANG_MODE": "demo"}
    done = subprocess.run(
        [sys.executable, "-m", "yichuang.project.main", "doctor"],
        env={**environment, name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backup_into_no_folder_and_a_port_that_is_none_are_refused(home, tmp_path):
    for words in (["backup", str(tmp_path / "no" / "b.tar")], ["serve", "--port", "99999"]):
        code, _out, err = run(home, *words)
        assert code == 2
        assert "Traceback" not in err


def test_two_starts_in_one_home_do_not_meet(tmp_path):
    """Seen to fail without the lock: the second found half of the first one's tables."""
    call = "from yichuang.project import main, serve; serve.prepare(None)"
    environment = {**os.environ, "YICHUANG_HOME": str(tmp_path), "YICHUANG_MODE": "demo"}
    environment.pop("DATABASE_URL", None)
    starts = [
        subprocess.Popen([sys.executable, "-c", call], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [start.communicate(timeout=120)[1].decode() for start in starts]
    assert [start.returncode for start in starts] == [0, 0], ends
