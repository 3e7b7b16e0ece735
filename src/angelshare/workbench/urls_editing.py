"""Addresses of the editing."""

from __future__ import annotations

from django.urls import URLPattern, path

from angelshare.workbench import views_editing

urlpatterns: list[URLPattern] = [
    path("proposals/", views_editing.listed, name="proposals"),
    path("proposals/new/", views_editing.propose_page, name="propose_page"),
    path("proposals/<int:number>/", views_editing.proposal, name="proposal"),
    path("<slug:slug>/propose/", views_editing.propose, name="propose"),
]
