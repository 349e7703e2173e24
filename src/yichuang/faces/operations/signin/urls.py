"""Addresses of staff sign-in and of the way to the identity service and back."""

from django.urls import path

from yichuang.faces.operations.signin import identity, views

app_name = "signin"
urlpatterns = [
    path("staff/", views.account, name="account"),
    path("staff/login", views.login, name="login"),
    path("staff/code", views.code, name="code"),
    path("staff/post", views.post, name="post"),
    path("staff/password", views.password, name="password"),
    path("staff/second-factor", views.second_factor, name="second-factor"),
    path("staff/logout", views.logout, name="logout"),
    path("staff/signed-out", views.signed_out, name="signed-out"),
    path("identity/begin", identity.begin, name="identity-begin"),
    path("identity/return", identity.complete, name="identity-return"),
]
