"""The search measured where it stands: recall on the questions, milliseconds at two sizes.

`python -m tests.benchmarks search` takes these figures alone, on the database of DATABASE_URL (SQLite
without one); `make bench` takes them on PostgreSQL. The many items are made up of the pack's own
words, so that every question meets tens of thousands of texts that have something in common with it.
"""

import csv
import random
import re
import time
from collections import Counter
from pathlib import Path

from django.utils import timezone

from yichuang.catalogue import search
from yichuang.catalogue.models import Item, ItemVersion

QUESTIONS = Path(__file__).parents[1] / "catalogue" / "questions.csv"
MANY = 100_000
FIELDS = [field.attname for field in ItemVersion._meta.concrete_fields if not field.primary_key]


def questions():
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def recall():
    """half → (questions, share right at first, share right in the first three)."""
    asked, first, third = Counter(), Counter(), Counter()
    for row in questions():
        hits = search.search(row["question"], on=timezone.localdate(), limit=3)
        found, right = [hit.code for hit in hits], set(row["code"].split("|"))
        asked[row["half"]] += 1
        first[row["half"]] += bool(right.intersection(found[:1]))
        third[row["half"]] += bool(right.intersection(found))
    return {half: (n, first[half] / n, third[half] / n) for half, n in sorted(asked.items())}


def times():
    """Milliseconds of each question, ten answers, its database reads included: passed, and of CPU.

    The quietest of four rounds, because other work may share the machine.
    """
    rounds = []
    for _round in range(4):
        took, worked = [], []
        for row in questions():
            began, at_work = time.perf_counter(), time.process_time()
            search.search(row["question"], on=timezone.localdate())
            took.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - at_work) * 1000)
        rounds.append((took, worked))
    return min(rounds, key=lambda one: sum(one[0]))


def up_to(size):
    """Add made-up items until there are `size`, and index them; the seconds the index took."""
    dealt = random.Random(7)  # noqa: S311
    models = list(ItemVersion.objects.filter(version=1).values(*FIELDS))
    names = [re.sub("（.*?）", "", model["name"]) for model in models]
    sayings = [said for model in models for said in model["aliases"]]
    today = timezone.localdate()
    wanted = range(Item.objects.count(), size)
    Item.objects.bulk_create([Item(code=f"M-{n}") for n in wanted], batch_size=2000)
    versions = []
    for n in wanted:
        model, (head, tail) = dealt.choice(models), dealt.choices(names, k=2)
        given = {
            "item_id": f"M-{n}",
            "valid_from": today,
            "name": f"{head[: len(head) // 2]}{tail[len(tail) // 2 :]}（{dealt.choice(names)}）"[
                :200
            ],
            "aliases": [_mixed(dealt, sayings) for _turn in range(dealt.randint(3, 12))],
        }
        versions.append(ItemVersion(**(model | given)))
        if len(versions) == 2000:
            ItemVersion.objects.bulk_create(versions)
            versions = []
    ItemVersion.objects.bulk_create(versions)
    began = time.perf_counter()
    search.rebuild_index()
    return time.perf_counter() - began


def _mixed(dealt, sayings):
    head, tail = dealt.choices(sayings, k=2)
    return head[: dealt.randint(1, len(head))] + tail[dealt.randint(0, len(tail) - 1) :]


def measure(say, percentile):
    """All figures, said by `say` (label, value, limit, of)."""
    print("Search in everyday words, in the process, ten answers")
    for half, (asked, first, third) in recall().items():
        print(f"  recall on {asked} questions ({half}): {first:.3f} first, {third:.3f} in three")
    for size in (Item.objects.count(), MANY):
        if size == MANY:
            print(f"  (index of {MANY:,} items made in {up_to(MANY):.0f} s)", flush=True)
        took, worked = times()
        say(f"  p50 at {size:,} items", percentile(took, 0.5))
        say(f"  p95 at {size:,} items", percentile(took, 0.95), 10, of="search")
        say(f"  p95 at {size:,} items, of CPU", percentile(worked, 0.95))
