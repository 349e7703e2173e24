"""Figures of situations, which need no database, and of loading a county with ten thousand items,
on PostgreSQL and SQLite whatever the run itself stands on.

As a program (`python -m tests.benchmarks.packs`) it loads such a pack into a new home and prints
the seconds of the whole, of the search index in it, and of loading the same again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTY = ROOT / "counties/huantai"
ITEMS = 10_000
ROUNDS = 5

if __name__ == "__main__":
    home = tempfile.TemporaryDirectory(prefix="yichuang-bench-")
    os.environ |= {
        "YICHUANG_MODE": "test",
        "YICHUANG_HOME": home.name,
        "DJANGO_SETTINGS_MODULE": "yichuang.project.settings",
    }

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.benchmarks import large_pack  # noqa: E402
from yichuang.accounts.actor import system  # noqa: E402
from yichuang.catalogue import search  # noqa: E402
from yichuang.catalogue.situations import outcome, paths, settled  # noqa: E402
from yichuang.faces.operations.pack.loader import load_pack  # noqa: E402
from yichuang.faces.operations.pack.reader import read_pack  # noqa: E402


def measure_situations(say, percentile):
    """Every path through the questions of every item of the county, compiled tables at hand."""
    print("What the answers to an item's questions mean")
    walks = [
        (draft.questions, draft.situations, path)
        for draft in read_pack(COUNTY).items
        if draft.questions
        for path in paths(draft.questions)
    ]
    first, times = [], []
    for turn in range(ROUNDS + 1):
        for questions, rows, path in walks:
            began = time.perf_counter()
            outcome(rows, settled(questions, path))
            (times if turn else first).append((time.perf_counter() - began) * 1000)
    print(f"  ({len(walks)} situations)")
    say("p50", percentile(times, 0.5))
    say("p95", percentile(times, 0.95), 2, of="situation")
    say("p95 of the first round, tables compiled in it", percentile(first, 0.95))


def measure_loading(say):
    """A pack of ten thousand items into a new database of each kind, in a process of its own."""
    print(f"Load a county pack of {ITEMS:,} items")
    clean = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    clean.pop("YICHUANG_TEST_CLUSTER", None)
    program = [sys.executable, "-m", "tests.benchmarks.packs"]
    own_cluster = [sys.executable, "-m", "tests.support.postgres", "--"]
    for database, command in (("PostgreSQL", own_cluster + program), ("SQLite", program)):
        answer = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, check=True)
        seconds = json.loads(answer.stdout)
        say(f"{database}, the whole", seconds["whole"], 60, unit="s", of="pack")
        say(f"{database}, the search index anew", seconds["index"], unit="s")
        say(f"{database}, the same pack again", seconds["again"], unit="s")


def loaded():
    """Seconds, by what was done."""
    with tempfile.TemporaryDirectory() as folder:
        pack = large_pack.write(COUNTY, Path(folder) / "pack", ITEMS)
        return {
            "whole": _took(load_pack, pack, by=system("bench"), at=timezone.now()),
            "index": _took(search.rebuild_index),
            "again": _took(load_pack, pack, by=system("bench"), at=timezone.now()),
        }


def _took(act, *args, **named):
    began = time.perf_counter()
    act(*args, **named)
    return time.perf_counter() - began


if __name__ == "__main__":
    call_command("migrate", verbosity=0, interactive=False)
    json.dump(loaded(), sys.stdout)
