"""Addresses of this face. Papers and messages carry /track/… and /verify/…: those never move."""

from django.urls import path

from yichuang.faces.portal import apply_urls
from yichuang.faces.portal.views import (
    chain,
    find,
    guide,
    open_data,
    outlets,
    prints,
    rating,
    residents,
    texts,
    track,
    verify,
    versions,
)

app_name = "portal"
urlpatterns = [
    path("", find.home, name="home"),
    path("items", find.search, name="search"),
    path("items/all", find.everything, name="items"),
    path("items/<str:code>", guide.guide, name="guide"),
    path("items/<str:code>/guide.pdf", prints.guide, name="guide-pdf"),
    path("items/<str:code>/versions", versions.versions, name="versions"),
    path("chains/<str:code>", chain.chain, name="chain"),
    *apply_urls.urlpatterns,
    path("outlets", outlets.county, name="outlets"),
    path("outlets/<str:code>", outlets.town, name="town"),
    path("outlets/<str:code>/items", outlets.items, name="outlet-items"),
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
    path("open", open_data.about, name="open"),
    path("open/items.json", open_data.items_json, name="open-items-json"),
    path("open/items.csv", open_data.items_csv, name="open-items-csv"),
    path("open/items/<str:code>.json", open_data.item_json, name="open-item"),
    path("open/chains.json", open_data.chains_json, name="open-chains"),
    path("open/outlets.csv", open_data.outlets_csv, name="open-outlets"),
    path("help", texts.help_, name="help"),
    path("privacy", texts.privacy, name="privacy"),
    path("about", texts.about, name="about"),
]
