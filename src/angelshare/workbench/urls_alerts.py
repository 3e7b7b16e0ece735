"""Addresses of the alerts and of what people save."""

from __future__ import annotations

from django.urls import URLPattern, path

from angelshare.workbench import views_alerts, views_collections, views_watch

urlpatterns: list[URLPattern] = [
    path("watches/", views_alerts.watches, name="watches"),
    path("watches/<int:number>/", views_watch.watch, name="watch"),
    path("watches/<int:number>/pause/", views_watch.pause, name="pause_watch"),
    path("watches/<int:number>/stop/", views_alerts.unwatch, name="unwatch"),
    path("notices/", views_alerts.notices, name="notices"),
    path("staff/deliveries/", views_alerts.deliveries, name="deliveries"),
    path("deliveries/<str:key>/retry/", views_alerts.retry, name="retry"),
    path("feeds/watch/<str:key>/", views_alerts.watch_feed, name="watch_feed"),
    path("feeds/watches/<int:number>/<str:key>/", views_alerts.watchlist_feed, name="watchlist_feed"),
    path("collections/", views_collections.collections, name="collections"),
    path("collections/<int:number>/", views_collections.collection, name="collection"),
    path("shared/<str:key>/", views_collections.shared, name="shared"),
    path("<slug:slug>/feed/", views_alerts.feed, name="feed"),
]
