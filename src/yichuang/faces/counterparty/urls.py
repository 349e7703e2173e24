"""Addresses of this face."""

from django.urls import path

from yichuang.faces.counterparty import views

app_name = "counterparty"
urlpatterns = [
    path("", views.listed, name="list"),
    path("referrals/<uuid:referral_id>", views.referral, name="referral"),
    path("referrals/<uuid:referral_id>/look", views.look, name="look"),
    path("referrals/<uuid:referral_id>/<str:event>", views.cause, name="cause"),
]
