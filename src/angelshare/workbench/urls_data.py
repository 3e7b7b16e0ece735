"""Addresses of search, upload, exports, embeds, and what robots read."""

from __future__ import annotations

from django.urls import URLPattern, path

from angelshare.workbench import views_data, views_search, views_upload

urlpatterns: list[URLPattern] = [
    path("search/", views_search.search, name="search"),
    path("upload/", views_upload.upload, name="upload"),
    path("export/", views_data.export_all, name="export_all"),
    path("embed/<slug:slug>/<slug:figure>.svg", views_data.embed, name="embed"),
    path("sitemap.xml", views_data.sitemap, name="sitemap"),
    path("robots.txt", views_data.robots, name="robots"),
    path("<slug:slug>/export/", views_data.export_page, name="export"),
]
