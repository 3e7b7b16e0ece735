"""Every address; each part of the workbench keeps its own list."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("angelshare.workbench.urls_accounts")),
    path("", include("angelshare.workbench.urls_alerts")),
    path("", include("angelshare.workbench.urls_editing")),
    path("api/", include("angelshare.workbench.urls_api")),
    path("", include("angelshare.workbench.urls_data")),
    path("", include("angelshare.workbench.urls_pages")),
]
