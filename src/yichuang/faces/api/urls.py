"""Addresses of the JSON face."""

from django.urls import path

from yichuang.faces.api.views import api

urlpatterns = [path("", api.urls)]
