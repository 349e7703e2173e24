"""Addresses of this face."""

from django.urls import path

from yichuang.faces.window.views import (
    bundles,
    case,
    contacts,
    elsewhere,
    handbook,
    intake,
    papers,
    promise,
    referrals,
    worklist,
)

app_name = "window"
urlpatterns = [
    path("", worklist.cases, name="cases"),
    path("find", worklist.find, name="find"),
    path("intake", intake.intake, name="intake"),
    path("intake/place", intake.place, name="place"),
    path("intake/look/<str:part>", intake.look, name="look"),
    path("intake/promise/<str:item>/<int:position>", promise.promise, name="promise"),
    path("handbook/<str:code>", handbook.handbook, name="handbook"),
    path("handbook/<str:code>/handbook.pdf", handbook.printed, name="handbook-pdf"),
    path("where", elsewhere.where, name="where"),
    path("slip/<uuid:contact_id>", elsewhere.slip, name="slip"),
    path("cases/<uuid:case_id>", case.case, name="case"),
    path("cases/<uuid:case_id>/receipt", papers.receipt, name="receipt"),
    path("cases/<uuid:case_id>/reveal", case.reveal, name="reveal"),
    path("cases/<uuid:case_id>/<str:event>", case.cause, name="cause"),
    path("papers/<uuid:case_id>/<uuid:paper_id>", papers.paper, name="paper"),
    path("files/<uuid:case_id>/<uuid:file_id>", papers.material, name="file"),
    path("bundles", bundles.overview, name="bundles"),
    path("bundles/new", bundles.new, name="bundle-new"),
    path("bundles/<uuid:bundle_id>", bundles.bundle, name="bundle"),
    path("bundles/<uuid:bundle_id>/receipt", bundles.receipt, name="bundle-receipt"),
    path("bundles/<uuid:bundle_id>/withdraw", bundles.withdraw, name="bundle-withdraw"),
    path("bundles/<uuid:bundle_id>/done", bundles.done, name="bundle-done"),
    path("contacts", contacts.contacts, name="contacts"),
    path("contacts/new", contacts.new, name="contact-new"),
    path("contacts/<uuid:contact_id>", contacts.contact, name="contact"),
    path("contacts/<uuid:contact_id>/reveal", contacts.reveal, name="contact-reveal"),
    path("contacts/<uuid:contact_id>/<str:event>", contacts.cause, name="contact-cause"),
    path("referrals", referrals.referrals, name="referrals"),
    path("referrals/new", referrals.new, name="referral-new"),
    path("referrals/<uuid:referral_id>", referrals.referral, name="referral"),
    path("referrals/<uuid:referral_id>/slip", referrals.slip, name="referral-slip"),
    path("referrals/<uuid:referral_id>/reveal", referrals.reveal, name="referral-reveal"),
    path("referrals/<uuid:referral_id>/<str:event>", referrals.cause, name="referral-cause"),
]
