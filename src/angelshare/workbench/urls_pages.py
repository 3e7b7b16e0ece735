"""Addresses of the pages that people read; the address of a page itself comes last, so that fixed ones win."""

from __future__ import annotations

from django.urls import URLPattern, path

from angelshare.workbench import views_compare, views_matrix, views_pages, views_pages_history, views_pages_lists

urlpatterns: list[URLPattern] = [
    path("", views_pages_lists.home, name="home"),
    path("pages/", views_pages_lists.index, name="index"),
    path("palette-<str:version>.css", views_pages_lists.palette, name="palette"),
    path("matrix/", views_matrix.matrix, name="matrix"),
    path("matrix/silent/", views_matrix.silent, name="silent"),
    path("compare/", views_compare.compare, name="compare"),
    path("runs/<str:sha256>/", views_pages.run, name="run"),
    path("<slug:slug>/revisions/", views_pages_history.revisions, name="revisions"),
    path("<slug:slug>/revisions/<str:sha256>/", views_pages_history.revision, name="revision"),
    path("<slug:slug>/cite/", views_pages_history.cite, name="cite"),
    path("<slug:slug>/", views_pages.page, name="page"),
]
