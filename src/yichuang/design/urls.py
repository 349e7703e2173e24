"""Addresses that base.html names on every page; include at the root, before the faces."""

from django.urls import path

from yichuang.design import views

urlpatterns = [
    path("mode", views.mode, name="design-mode"),
    path("language", views.language, name="design-language"),
    path("accessibility", views.accessibility, name="design-accessibility"),
    path("design", views.gallery, name="design-gallery"),
]
