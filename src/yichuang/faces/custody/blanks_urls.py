"""Addresses under /custody/blanks/, named "blanks" and "blanks-…"."""

from django.urls import path

from yichuang.faces.custody.views import blank_days, blanks

urlpatterns = [
    path("blanks/", blanks.listed, name="blanks"),
    path("blanks/counter", blanks.counter, name="blanks-counter"),
    path("blanks/outlets/<str:outlet>", blanks.outlet, name="blanks-outlet"),
    path("blanks/ask/<str:kind>", blanks.ask, name="blanks-ask"),
    path("blanks/proposals/<uuid:proposal_id>", blanks.proposal, name="blanks-proposal"),
    path("blanks/proposals/<uuid:proposal_id>/photo", blanks.photo, name="blanks-photo"),
    path("blanks/sheets/<int:blank_id>/<str:event>", blanks.step, name="blanks-step"),
    path("blanks/days/<str:outlet>/<str:day>", blank_days.day, name="blanks-day"),
]
