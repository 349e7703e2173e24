"""Addresses of this face."""

from django.urls import path

from yichuang.faces.library.views import drafts, edit, items, sayings, trying

app_name = "library"
urlpatterns = [
    path("", items.items, name="items"),
    path("items/<str:code>", items.item, name="item"),
    path("items/<str:code>/paths", items.paths, name="paths"),
    path("items/<str:code>/try", trying.item, name="try"),
    path("items/<str:code>/try/case", trying.from_case, name="try-case"),
    path("items/<str:code>/examples", trying.examples, name="examples"),
    path("items/<str:code>/examples/<int:example_id>/retire", trying.retire, name="retire"),
    path("items/<str:code>/versions", items.versions, name="versions"),
    path("items/<str:code>/sayings", sayings.of_item, name="sayings"),
    path("items/<str:code>/sayings/remove", sayings.remove, name="unsay"),
    path("items/<str:code>/draft", drafts.begin, name="begin"),
    path("drafts", drafts.drafts, name="drafts"),
    path("drafts/<int:draft_id>", drafts.draft, name="draft"),
    path("drafts/<int:draft_id>/try", trying.draft, name="draft-try"),
    path("drafts/<int:draft_id>/do/<slug:verb>", drafts.act, name="act"),
    path("drafts/<int:draft_id>/publish", drafts.publish, name="publish"),
    path("drafts/<int:draft_id>/basic", edit.basic, name="basic"),
    path("drafts/<int:draft_id>/guide", edit.guide, name="guide"),
    path("drafts/<int:draft_id>/paste/<slug:part>", edit.paste, name="paste"),
    path("drafts/<int:draft_id>/<slug:part>", edit.part, name="part"),
    path("drafts/<int:draft_id>/<slug:part>/<int:number>", edit.element, name="element"),
    path("misses", sayings.misses, name="misses"),
    path("misses/answer", sayings.answer, name="answer"),
    path("misses/dismiss", sayings.dismiss, name="dismiss"),
    path("sayings.csv", sayings.table, name="sayings-csv"),
]
