"""Applying from home: how long the server works on a page, shown and saved, and what it asks of the
database. In this process through the same views, so the network is not in it."""

import itertools
import time

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from yichuang.authority import queries as authority
from yichuang.cases import drafts
from yichuang.faces.portal import applying

ITEM, TOWN, VILLAGE = "ZR-01-001", "370321105000", "370321105201"
WALKS, QUIET = 11, 4  # as everywhere here: the quietest four of ten, the first only warms up
PAGE_MS, STATEMENTS = 60, 12


def measure(say, percentile):
    """Walk the whole form several times; every page is read and saved once a walk."""
    print("Applying from home, page by page")
    client = Client()
    walks = []
    for _walk in range(WALKS):
        shown, saved, asked = [], [], []
        walks.append((shown, saved, asked))
        root = "/".join(client.post(f"/items/{ITEM}/apply")["Location"].split("/")[:3])
        secret = root.rsplit("/", 1)[-1]
        done = set()
        for _page in itertools.repeat(None, 60):
            opened = drafts.opened(secret=secret, on=timezone.localdate())
            steps = applying.steps(opened, authority.order())
            step = next((one for one in steps if one.slug not in done), None)
            if step is None:
                break
            done.add(step.slug)
            address = f"{root}/{step.slug}"
            with CaptureQueriesContext(connection) as statements:
                shown.append(_timed(client.get, address))
            asked.append(len(statements))
            if step.slug != "materials":
                saved.append(_timed(client.post, address, _answer(opened, step.slug)))
        with CaptureQueriesContext(connection) as statements:
            shown.append(_timed(client.get, f"{root}/check"))
        asked.append(len(statements))
    quiet = sorted(walks[1:], key=lambda walk: percentile(walk[0], 0.5))[:QUIET]
    shown, saved, asked = ([each for walk in quiet for each in walk[part]] for part in range(3))
    say("a page shown, p50", percentile(shown, 0.5))
    say("a page shown, p95", percentile(shown, 0.95), PAGE_MS, of="application page")
    say("an answer saved, p95", percentile(saved, 0.95), PAGE_MS, of="application page")
    say("SQL statements of a page, at most", max(asked), STATEMENTS, unit="", of="application page")


def _timed(act, *arguments):
    began = time.perf_counter()
    answer = act(*arguments)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code < 500, answer.content
    return took


def _answer(opened, slug):
    """An answer that fits the page; for facts, one by kind."""
    kind, _dash, key = slug.partition("-")
    plain = {
        "who": "self",
        "town": TOWN,
        "village": VILLAGE,
        "receive": "mail",
        "address": "演示路9号（虚构）",
        "phone": "13800001234",
        "request": "演示",
    }
    if slug in plain:
        return {"answer": plain[slug]}
    if slug == "me":
        return {"name": "田试样", "identity": "379901188001010018"}
    if kind == "q":
        question = next(q for q in opened.item.questions if q.key == key)
        return {"answer": question.options[0].value}
    values = {"number": "3", "money": "1200", "phone": "13800001234", "date": "2026-03-09"}
    return {
        fact.key: fact.options[0].value if fact.options else values.get(fact.kind, "演示内容")
        for fact in opened.item.facts
    }
