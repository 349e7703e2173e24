"""Addresses of this face. Papers and messages carry /track/… and /verify/…: those never move."""

from django.urls import path

from yichuang.faces.portal.views import (
    find,
    guide,
    outlets,
    rating,
    residents,
    texts,
    track,
    verify,
)

app_name = "portal"
urlpatterns = [
    path("", find.home, name="home"),
    path("items", find.search, name="search"),
    path("items/all", find.everything, name="items"),
    path("items/<str:code>", guide.guide, name="guide"),
    path("chains/<str:code>", find.chain, name="chain"),
    path("outlets", outlets.county, name="outlets"),
    path("outlets/<str:code>", outlets.town, name="town"),
    path("track", track.ask, name="track"),
    path("track/<str:code>", track.case, name="case"),
    path("track/<str:code>/papers/<uuid:paper_id>", track.paper, name="paper"),
    path("track/<str:code>/rate", rating.rate, name="rate"),
    path("verify", verify.ask, name="verify"),
    path("verify/file", verify.file, name="verify-file"),
    path("verify/<str:code>", verify.paper, name="verified"),
    path("sign-in", residents.sign_in, name="sign-in"),
    path("sign-in/code", residents.code, name="sign-in-code"),
    path("sign-out", residents.sign_out, name="sign-out"),
    path("mine", residents.mine, name="mine"),
    path("help", texts.help_, name="help"),
    path("privacy", texts.privacy, name="privacy"),
    path("about", texts.about, name="about"),
]
