"""Addresses under /custody/licences/, named "licences" and "licences-…"."""

from django.urls import path

from yichuang.faces.custody.views import licences

urlpatterns = [
    path("licences/", licences.listed, name="licences"),
    path("licences/types/", licences.types, name="licences-types"),
    path("licences/readers/", licences.readers, name="licences-readers"),
    path("licences/readers/<int:reader_id>/end", licences.end_reader, name="licences-end-reader"),
    path("licences/<uuid:licence_id>/", licences.one, name="licences-one"),
    path("licences/<uuid:licence_id>/<slug:event>", licences.act, name="licences-act"),
]
