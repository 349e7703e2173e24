"""Addresses of this face."""

from django.urls import path

from yichuang.faces.desk.views import acts, case, files, inbox, powers, reissue

app_name = "desk"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("find", inbox.find, name="find"),
    path("next", inbox.following, name="next"),
    path("cases/<uuid:case_id>", case.case, name="case"),
    path("cases/<uuid:case_id>/reveal", case.reveal, name="reveal"),
    path("cases/<uuid:case_id>/done", acts.done, name="done"),
    path("cases/<uuid:case_id>/do/<slug:event>", acts.act, name="act"),
    path("cases/<uuid:case_id>/papers/<uuid:paper_id>", files.paper, name="paper"),
    path("cases/<uuid:case_id>/papers/<uuid:paper_id>.ofd", files.paper_as_ofd, name="paper-ofd"),
    path("cases/<uuid:case_id>/papers/<uuid:paper_id>/reissue", reissue.reissue, name="reissue"),
    path("cases/<uuid:case_id>/materials/<int:position>", files.material, name="material"),
    path("cases/<uuid:case_id>/materials/<int:position>/file", files.upload, name="upload"),
    path("ruling", powers.ruling, name="ruling"),
    path("grants", powers.grants, name="grants"),
]
