"""The app, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """The one app of the project."""

    name = "angelshare.workbench"
    label = "workbench"
    default_auto_field = "django.db.models.BigAutoField"
