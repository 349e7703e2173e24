"""Addresses of this face."""

from django.urls import path

from yichuang.faces.window.views import case, intake, papers, worklist

app_name = "window"
urlpatterns = [
    path("", worklist.cases, name="cases"),
    path("find", worklist.find, name="find"),
    path("intake", intake.intake, name="intake"),
    path("intake/check", intake.check, name="check"),
    path("intake/place", intake.place, name="place"),
    path("cases/<uuid:case_id>", case.case, name="case"),
    path("cases/<uuid:case_id>/receipt", papers.receipt, name="receipt"),
    path("cases/<uuid:case_id>/reveal", case.reveal, name="reveal"),
    path("cases/<uuid:case_id>/<str:event>", case.cause, name="cause"),
    path("papers/<uuid:case_id>/<uuid:paper_id>", papers.paper, name="paper"),
    path("files/<uuid:case_id>/<uuid:file_id>", papers.material, name="file"),
]
