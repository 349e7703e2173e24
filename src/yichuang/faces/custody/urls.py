"""Addresses of this face. Blanks and licences keep their own lists."""

from django.urls import path

from yichuang.faces.custody import blanks_urls, licences_urls
from yichuang.faces.custody.views import approvals, ledger, seals

app_name = "custody"
urlpatterns = [
    path("", seals.listed, name="seals"),
    path("seals/make", seals.make, name="seals-make"),
    path("seals/policy", seals.policy, name="seals-policy"),
    path("seals/<str:code>/", seals.one, name="seals-one"),
    path("seals/<str:code>/specimen", seals.specimen, name="seals-specimen"),
    path("seals/<str:code>/picture", seals.picture, name="seals-picture"),
    path("seals/<str:code>/ask/<slug:event>", seals.ask, name="seals-ask"),
    path("seals/<str:code>/events/<int:event_id>/<slug:answer>", seals.settle, name="seals-settle"),
    path("approvals/", approvals.queue, name="approvals"),
    path("approvals/<uuid:paper_id>", approvals.one, name="approvals-one"),
    path("approvals/<uuid:paper_id>/file", approvals.file, name="approvals-file"),
    path("approvals/<uuid:paper_id>/approve", approvals.approve, name="approvals-approve"),
    path("approvals/<uuid:paper_id>/decline", approvals.decline, name="approvals-decline"),
    path("ledger/", ledger.listed, name="ledger"),
    path("ledger/csv", ledger.as_csv, name="ledger-csv"),
    *blanks_urls.urlpatterns,
    *licences_urls.urlpatterns,
]
