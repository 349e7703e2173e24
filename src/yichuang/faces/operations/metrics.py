"""Figures for Prometheus: requests as they pass, and gauges read when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_q.models import OrmQ
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from yichuang.journal import queries, witness
from yichuang.messages.queries import figures

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)

registry = CollectorRegistry()
requests = Counter(
    "yichuang_requests", "Requests answered", ["method", "status"], registry=registry
)
duration = Histogram(
    "yichuang_request_seconds", "Time to answer a request", buckets=SECONDS, registry=registry
)


def observe(method: str, status: int, seconds: float) -> None:
    """Count one answered request. Unknown methods share one label: labels must stay few."""
    requests.labels(method if method in METHODS else "other", str(status)).inc()
    duration.observe(seconds)


class Gauges(Collector):
    """Read at each scrape: one row, two short tables and a count over an index."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("yichuang_database_up", "Whether the database answers")
        waiting = GaugeMetricFamily("yichuang_tasks_waiting", "Background tasks not yet done")
        size = GaugeMetricFamily("yichuang_journal_entries", "Entries in the journal")
        behind = GaugeMetricFamily(
            "yichuang_journal_behind", "Entries a reader has not handled", labels=["reader"]
        )
        witnessed = GaugeMetricFamily(
            "yichuang_witnessed_timestamp_seconds",
            "When each witness last co-signed the journal's head; 0 for never",
            labels=["witness"],
        )
        alarms = GaugeMetricFamily(
            "yichuang_journal_alarms", "Contradictions of the journal's past not yet looked into"
        )
        for each in witness.states():
            witnessed.add_metric([each.name], each.latest.moment.timestamp() if each.latest else 0)
        alarms.add_metric([], len(witness.alarms()))
        yield from (witnessed, alarms)
        outgoing = GaugeMetricFamily(
            "yichuang_messages",
            "Messages that wait, are late, or need a person; open differences of the daily account",
            labels=["state"],
        )
        try:
            waiting.add_metric([], OrmQ.objects.count())
            told = figures(timezone.now())
            for name in ("waiting", "late", "dead", "open_differences"):
                outgoing.add_metric([name], getattr(told, name))
            size.add_metric([], queries.head().size)
            for reader in queries.readers():
                behind.add_metric([reader.name], reader.behind)
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield from (up, waiting, size, behind, outgoing)


registry.register(Gauges())


def metrics(request: HttpRequest) -> HttpResponse:
    """Open in the demo; in production only to the bearer of YICHUANG_METRICS_TOKEN."""
    if settings.PRODUCTION:
        given = request.headers.get("Authorization", "")
        wanted = settings.METRICS_TOKEN
        if not wanted or not constant_time_compare(given, f"Bearer {wanted}"):
            raise Http404
    return HttpResponse(latest(registry), content_type=CONTENT_TYPE_LATEST)
