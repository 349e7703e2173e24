"""Addresses: one line a face."""

from django.urls import include, path

urlpatterns = [
    path("", include("yichuang.design.urls")),
    path("", include("yichuang.faces.operations.urls")),
    path("", include("yichuang.faces.portal.urls")),
    path("window/", include("yichuang.faces.window.urls")),
    path("desk/", include("yichuang.faces.desk.urls")),
    path("cockpit/", include("yichuang.faces.cockpit.urls")),
    path("library/", include("yichuang.faces.library.urls")),
    path("custody/", include("yichuang.faces.custody.urls")),
    path("powers/", include("yichuang.faces.powers.urls")),
    path("counterparty/", include("yichuang.faces.counterparty.urls")),
    path("api/v1/", include("yichuang.faces.api.urls")),
]

handler400 = "yichuang.faces.operations.errors.bad_request"
handler403 = "yichuang.faces.operations.errors.forbidden"
handler404 = "yichuang.faces.operations.errors.not_found"
handler500 = "yichuang.faces.operations.errors.server_error"
