"""Addresses of the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from angelshare.workbench.api import api

urlpatterns: list[URLPattern | URLResolver] = [path("v1/", api.urls)]
