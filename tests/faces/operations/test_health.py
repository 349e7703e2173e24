"""Probes tell alive from started from ready, and say why not."""

import pytest
from django.db import OperationalError
from django.test import Client

from yichuang.faces.operations import health, metrics


@pytest.fixture
def probe(db):
    return Client()


def gone(*_args, **_kwargs):
    raise OperationalError("connection refused")


def test_alive_without_a_database(monkeypatch):
    monkeypatch.setattr(health, "is_migrated", gone)
    assert Client().get("/healthz/live").status_code == 200


def test_started_when_migrated(probe, monkeypatch):
    assert probe.get("/healthz/startup").json() == {"migrated": True}
    monkeypatch.setattr(health, "is_migrated", gone)
    assert probe.get("/healthz/startup").status_code == 503


def test_not_ready_without_a_county(probe):
    response = probe.get("/healthz/ready")
    assert response.status_code == 503
    assert response.json() == {"database": True, "migrated": True, "county": False}


def test_ready_with_a_county(probe, monkeypatch):
    monkeypatch.setattr(health.Division.objects, "exists", lambda: True, raising=False)
    response = probe.get("/healthz/ready")
    assert response.status_code == 200


def test_not_ready_without_a_database(monkeypatch):
    monkeypatch.setattr(health, "is_migrated", gone)
    response = Client().get("/healthz/ready")
    assert response.status_code == 503
    assert response.json()["database"] is False


def test_probes_are_not_cached(probe):
    assert "no-store" in probe.get("/healthz/live")["Cache-Control"]


def test_metrics_count_requests(probe):
    def answered():
        sample = metrics.registry.get_sample_value(
            "yichuang_requests_total", {"method": "GET", "status": "200"}
        )
        return sample or 0

    before = answered()
    probe.get("/healthz/live")
    assert answered() == before + 1
    text = probe.get("/metrics").content.decode()
    assert "yichuang_tasks_waiting 0.0" in text
    assert "yichuang_journal_entries 0.0" in text
    assert "yichuang_database_up 1.0" in text


def test_unknown_methods_share_one_label(probe):
    probe.generic("BREW", "/healthz/live")
    assert metrics.registry.get_sample_value(
        "yichuang_requests_total", {"method": "other", "status": "405"}
    )


def test_metrics_in_production_need_the_token(probe, settings):
    settings.PRODUCTION = True
    settings.METRICS_TOKEN = "a-token-of-this-deployment"
    assert probe.get("/metrics").status_code == 404
    wrong = probe.get("/metrics", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == 404
    right = probe.get("/metrics", headers={"Authorization": "Bearer a-token-of-this-deployment"})
    assert right.status_code == 200
    settings.METRICS_TOKEN = ""
    assert probe.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_survive_a_lost_database(monkeypatch):
    monkeypatch.setattr(metrics.OrmQ.objects, "count", gone, raising=False)
    text = Client().get("/metrics").content.decode()
    assert "yichuang_database_up 0.0" in text
    assert "yichuang_requests_total" in text
