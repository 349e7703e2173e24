"""Addresses of this face."""

from django.urls import path

from yichuang.faces.powers.views import acts, drafts, explain, register

app_name = "powers"
urlpatterns = [
    path("", register.grants, name="grants"),
    path("explain", explain.explain, name="explain"),
    path("new", drafts.new, name="new"),
    path("grants/<str:number>", register.grant, name="grant"),
    path("grants/<str:number>/edit", drafts.edit, name="edit"),
    path("grants/<str:number>/<slug:verb>", acts.act, name="act"),
]
