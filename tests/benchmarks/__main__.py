"""`make bench`: our figures against the peers', on PostgreSQL with durable commits. Writes nothing.

One server process with one thread, one client on a keep-alive connection on the same host; the
county is the real pack. Times come in ten bursts of which the quietest four count, as the peer's
did, because other work may share the machine. Limits are the project's own; the peer is Open Zaak
1.30.0 with one process, one client and durable commits on two shared cores. Exit code 1 if over.
"""

import csv
import datetime as dt
import itertools
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import quote

_home = tempfile.TemporaryDirectory(prefix="yichuang-bench-")
os.environ |= {
    "YICHUANG_MODE": "test",
    "YICHUANG_HOME": _home.name,
    "DJANGO_SETTINGS_MODULE": "yichuang.project.settings",
}

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client as InProcess  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.benchmarks import (  # noqa: E402
    applying,
    fill,
    guide_page,
    items,
    machine,
    packs,
    papers,
)
from tests.factories import county as made  # noqa: E402
from yichuang.accounts.actor import Actor  # noqa: E402
from yichuang.cases import tracking  # noqa: E402
from yichuang.faces.operations.pack.loader import load_pack  # noqa: E402

ROOT = Path(__file__).parents[2]
OUTLET, TOWN, VILLAGE = "370321110000-centre", "370321105000-gov", "370321105201"
ITEM = "ZR-01-001"  # 宅基地: six materials; taken in at one town's counter, decided by another
STAFF = {
    "clerk": Actor(1, "窗口试样", "clerk", 1, "370321110000-centre", OUTLET, "370321110000"),
    "examiner": Actor(2, "审核试样", "examiner", 2, TOWN, "", "370321105000"),
    "decider": Actor(3, "审批试样", "decider", 3, TOWN, "", "370321105000"),
}
BURSTS, QUIET = 10, 4
ACCEPTS, WHOLE, PAGES, SEARCHES = 30, 4, 27, 21  # in one burst

over = []


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def quietest(burst):
    """Run `burst` (→ times in ms, and facts of its own) ten times; the four with the least p50."""
    bursts = sorted((burst() for _turn in range(BURSTS)), key=lambda b: percentile(b[0], 0.5))
    return bursts[:QUIET]


def together(bursts):
    return [took for times, _facts in bursts for took in times]


def say(label, value, limit=None, *, unit="ms", peer="", of=""):
    """One line; a value above its limit is marked and makes the run fail, named as one `of` what."""
    mark = ""
    if limit is not None:
        good = value <= limit
        mark = f"limit {limit:g} {'ok' if good else 'OVER'}"
        if not good:
            over.append(f"{of} {label}".strip())
    print(f"  {label:<44}{value:>9.2f} {unit:<6} {mark:<16} {peer}".rstrip(), flush=True)


def body(serial):
    return {
        "item": ITEM,
        "place": VILLAGE,
        "outlet": OUTLET,
        "applicant": {
            "kind": "person",
            "name": made.NAME,
            "identity": made.identity(serial),
            "phone": made.PHONE,
        },
        "materials": [{"position": position} for position in range(1, 7)],
        "answers": {"面积": "166平方米", "原因": "子女成家分户"},
        "delivery": "collect",
    }


def accept(client):
    return client.must(
        "POST", "/api/v1/cases", body(uuid.uuid4().int % 6000), **{"Idempotency-Key": str(uuid.uuid4())}
    )  # fmt: skip


def statements(token):
    """What one acceptance asks of the database, counted in this process through the same views."""
    client = InProcess()
    for turn in ("warm-up-1", "measured-1"):
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(
                "/api/v1/cases", body(1), content_type="application/json",
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": turn},
            )  # fmt: skip
            assert answer.status_code == 201, answer.content
    return len(asked)


def measure_acceptance(port, pid, postmaster, tokens):
    print("Accept a matter in one request")
    peer = "peer's nearest call"
    say("SQL statements, BEGIN and COMMIT included", statements(tokens["clerk"]), 15, unit="",
        peer="38 for creating the case alone")  # fmt: skip
    if settings.DATABASES["default"].get("CONN_HEALTH_CHECKS"):
        print("    (and one SELECT 1 at the start of each request, to see that the line is alive)")
    client = machine.Client(port, tokens["clerk"])

    def burst():
        before = machine.cpu_seconds(pid), machine.cpu_seconds(postmaster)
        times = [accept(client)[1] for _turn in range(ACCEPTS)]
        after = machine.cpu_seconds(pid), machine.cpu_seconds(postmaster)
        return times, [(b - a) * 1000 / ACCEPTS for a, b in zip(before, after, strict=True)]

    burst()  # warm-up
    quiet = quietest(burst)
    server, database = (sum(cpu) / QUIET for cpu in zip(*(cpu for _t, cpu in quiet), strict=True))
    say("p50", percentile(together(quiet), 0.5), peer=f"{peer} 175–196")
    say("p95", percentile(together(quiet), 0.95), 50, peer=f"{peer} 224–250", of="acceptance")
    say("CPU of the server a request", server, 15, peer=f"{peer} 145–154")
    say("CPU of PostgreSQL a request", database, peer=f"{peer} 31")


def measure_whole(port, tokens):
    print("One whole case, seven writes")
    clients = {role: machine.Client(port, token) for role, token in tokens.items()}
    public = machine.Client(port)
    sealing = []

    def seal(case):
        began = time.perf_counter()
        made.seal_papers(case, at=timezone.now())
        sealing.append((time.perf_counter() - began) * 1000)

    def whole():
        """Milliseconds of each of the seven writes."""
        answer, took = accept(clients["clerk"])
        times, case, seq = {"accept": took}, answer["case"], answer["seq"]
        for name, role, fields in (
            ("review", "examiner", {"text": "材料齐全，符合条件。"}),
            ("grant", "decider", {"text": "准予使用集体土地166平方米建设住宅。"}),
            ("dispatch", "clerk", {"courier": "演示寄递", "tracking_number": case[:20]}),
            ("deliver", "clerk", {"received_by": made.NAME}),
            ("close", "clerk", {}),
        ):
            if name == "dispatch":
                seal(case)
            answer, times[name] = clients[role].must(
                "POST", f"/api/v1/cases/{case}/{name}", {"seq": seq, **fields}
            )
            seq = answer["seq"]
        code = quote(tracking.code(uuid.UUID(case)))
        grade = {"grade": "very_satisfied"}
        _answer, times["rate"] = public.must("POST", f"/api/v1/track/{code}/rating", grade)
        return times

    def burst():
        cases = [whole() for _turn in range(WHOLE)]
        return [sum(times.values()) for times in cases], cases

    burst()  # warm-up
    quiet = quietest(burst)
    cases = [times for _sums, times in quiet for times in times]
    middles = {name: percentile([times[name] for times in cases], 0.5) for name in cases[0]}
    for name, middle in middles.items():
        say(f"{name} p50", middle)
    say("sum of p50", sum(middles.values()), 75, peer="peer 534–678", of="whole case")
    say("making and sealing two papers (background) p50", percentile(sealing, 0.5))


TABS = (
    ("examiner", "todo", "one state"),
    ("decider", "decided", "two states"),
    ("clerk", "running", "three states"),
    ("clerk", "closed", "two states, most of all cases"),
)


def measure_pages(port, tokens):
    """Milliseconds of each worklist's first pages, walked by their keys: tab → times."""
    found = {}
    for role, tab, _note in TABS:
        client = machine.Client(port, tokens[role])

        def burst(client=client, tab=tab):
            times, after = [], ""
            for turn in range(PAGES):
                path = f"/api/v1/cases?tab={tab}&after={quote(after)}"
                answer, took = client.must("GET", path)
                assert len(answer["rows"]) == 20
                times.append(took)
                after = answer["after"] if turn % 9 < 8 else ""  # nine pages, and again
            return times, None

        burst()  # warm-up
        found[role, tab] = together(quietest(burst))
    return found


def measure_worklists(port, tokens):
    print("A page of 20 rows of a worklist")
    seen = {}
    for size in (20_000, 1_000_000):
        began = time.perf_counter()
        fill.up_to(size)
        print(f"  ({size:,} cases, filled in {time.perf_counter() - began:.0f} s)", flush=True)
        seen[size] = measure_pages(port, tokens)
    small, large = seen.values()
    for role, tab, note in TABS:
        name = f"{role}/{tab} ({note})"
        print(f"  {name}")
        few, many = small[role, tab], large[role, tab]
        times = percentile(many, 0.5) / percentile(few, 0.5)
        say("  p50 at 20 thousand", percentile(few, 0.5), peer="peer 91–117 at 21–24 thousand")
        say("  p50 at 1 million", percentile(many, 0.5))
        say("  p95 at 20 thousand", percentile(few, 0.95), 50, peer="peer 134–170", of=name)
        say("  p95 at 1 million", percentile(many, 0.95), 50, of=name)
        say("  1 million to 20 thousand, p50", times, 1.2, unit="×", of=name)


def measure_search(port):
    print("Search in everyday words, ten answers")
    with (ROOT / "tests/catalogue/questions.csv").open(encoding="utf-8") as file:
        asked = itertools.cycle([row["question"] for row in csv.DictReader(file)])
    client = machine.Client(port)

    def burst():
        paths = [f"/api/v1/items?q={quote(next(asked))}" for _turn in range(SEARCHES)]
        return [client.must("GET", path)[1] for path in paths], None

    burst()  # warm-up
    times = together(quietest(burst))
    say("p50", percentile(times, 0.5))
    say("p95", percentile(times, 0.95))


def measure_guide(port):
    print("A service guide on a phone: slow 4G, processor four times slower")
    turns = guide_page.measured(f"http://127.0.0.1:{port}/items/{ITEM}")
    middle = percentile([lcp for lcp, _weight in turns], 0.5)
    say("largest contentful paint, median", middle, 2000, of="guide")
    weight = max(weight for _lcp, weight in turns)
    say("HTML, styles and scripts, compressed", weight, 80, unit="kB", of="guide")


def main():
    if sys.argv[1:] == ["search"]:
        print(machine.facts(), connection.vendor)
        call_command("migrate", verbosity=0, interactive=False)
        load_pack(ROOT / "counties/huantai", by=made.SYSTEM, at=timezone.now())
        items.measure(say, percentile)
        return 1 if over else 0
    if sys.argv[1:] == ["packs"]:
        print(machine.facts(), "situations without a database, loading on PostgreSQL and SQLite")
        packs.measure_situations(say, percentile)
        packs.measure_loading(say)
        return 1 if over else 0
    if sys.argv[1:] == ["papers"]:
        print(machine.facts(), connection.vendor)
        call_command("migrate", verbosity=0, interactive=False)
        load_pack(ROOT / "counties/huantai", by=made.SYSTEM, at=timezone.now())
        papers.measure(say)
        return 1 if over else 0
    if sys.argv[1:] == ["apply"]:
        print(machine.facts(), connection.vendor)
        call_command("migrate", verbosity=0, interactive=False)
        load_pack(ROOT / "counties/huantai", by=made.SYSTEM, at=timezone.now())
        applying.measure(say, percentile)
        return 1 if over else 0
    if connection.vendor != "postgresql":
        sys.stderr.write("The figures are taken on PostgreSQL: make bench.\n")
        return 2
    print(machine.facts())
    began = time.perf_counter()
    call_command("migrate", verbosity=0, interactive=False)
    load_pack(ROOT / "counties/huantai", by=made.SYSTEM, at=timezone.now())
    at = timezone.now() - dt.timedelta(days=1)
    tokens = {role: made.posted(actor, at=at)[2] for role, actor in STAFF.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), version(), current_setting('fsync'),"
            " current_setting('synchronous_commit')"
        )
        backend, version, fsync, commit = cursor.fetchone()
    print(f"{' '.join(version.split()[:2])}; fsync {fsync}; synchronous_commit {commit}")
    with machine.server() as (port, pid):
        measure_acceptance(port, pid, machine.parent_of(backend), tokens)
        measure_whole(port, tokens)
        measure_search(port)
        measure_guide(port)
        measure_worklists(port, tokens)
    papers.measure(say)
    applying.measure(say, percentile)
    items.measure(say, percentile)
    packs.measure_situations(say, percentile)
    packs.measure_loading(say)
    print(f"Taken in {time.perf_counter() - began:.0f} s.")
    if over:
        print("Over the limit: " + "; ".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
