"""Addresses of this face."""

urlpatterns = []
