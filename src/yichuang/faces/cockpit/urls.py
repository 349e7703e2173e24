"""Addresses of this face."""

from django.urls import path

from yichuang.faces.cockpit import sent, views

app_name = "cockpit"
urlpatterns = [
    path("coverage", views.coverage, name="coverage"),
    path("coverage.csv", views.coverage_csv, name="coverage-csv"),
    path("coverage/<str:code>", views.outlet, name="outlet"),
    path("once", views.once, name="once"),
    path("once.csv", views.once_csv, name="once-csv"),
    path("once/cases", views.behind, name="behind"),
    path("messages", sent.listed, name="messages"),
    path("messages/<uuid:uid>/retry", sent.retry, name="message-retry"),
    path("messages/<uuid:uid>/give-up", sent.give_up, name="message-give-up"),
    path("messages/differences/<int:number>", sent.settle, name="difference"),
]
