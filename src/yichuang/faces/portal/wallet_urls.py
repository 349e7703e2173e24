"""Addresses of the wallet, and of what a scanned code opens."""

from django.urls import path

from yichuang.faces.portal.views import wallet

urlpatterns = [
    path("mine/licences", wallet.cards, name="wallet"),
    path("mine/licences/add", wallet.add, name="wallet-add"),
    path("mine/licences/<uuid:licence_id>", wallet.licence, name="wallet-licence"),
    path("mine/licences/<uuid:licence_id>/file", wallet.file, name="wallet-file"),
    path("mine/licences/<uuid:licence_id>/show", wallet.show, name="wallet-show"),
    # short: it is drawn as a QR code
    path("shown/<str:secret>", wallet.shown, name="shown"),
]
