"""Addresses of this face."""

from django.urls import include, path

from yichuang.faces.operations import health, metrics

urlpatterns = [
    path("", include("yichuang.faces.operations.signin.urls")),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("healthz/evidence", health.evidence, name="evidence"),
    path("healthz/startup", health.startup, name="startup"),
    path("metrics", metrics.metrics, name="metrics"),
]
