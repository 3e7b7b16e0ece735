"""People, what they may do, what they keep, and what was done."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What someone is; staff verify policymakers and appoint editors and reviewers."""

    RESEARCHER = "researcher", "Researcher"
    CIVIL_SOCIETY = "civil_society", "Civil society"
    POLICYMAKER = "policymaker", "Policymaker"
    EDITOR = "editor", "Editor"
    REVIEWER = "reviewer", "Reviewer"
    ADMIN = "admin", "Administrator"


class User(AbstractUser):
    """Someone with an account."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.RESEARCHER)
    claims_policymaker = models.BooleanField(default=False, help_text="asked to be verified as a policymaker")
    affiliation = models.CharField(max_length=200, blank=True)
    verified_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    verified_reason = models.TextField(blank=True, help_text="why staff believe it")
    verified_at = models.DateTimeField(null=True, blank=True)


class Token(models.Model):
    """A personal API token; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class Collection(models.Model):
    """Pages someone keeps together, with notes; private, or shared by link."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(max_length=120)
    reading_list = models.BooleanField(default=False)
    share_key = models.CharField(max_length=43, blank=True, db_index=True)
    created_at = models.DateTimeField()


class CollectionItem(models.Model):
    """One page in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    page = models.ForeignKey("workbench.Page", on_delete=models.CASCADE, related_name="+")
    note = models.TextField(blank=True)
    added_at = models.DateTimeField()

    class Meta:
        """A page stands in a collection once."""

        constraints = [models.UniqueConstraint(fields=["collection", "page"], name="once_in_collection")]


class AuditEntry(models.Model):
    """Who did what, when; never changed."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)


class CacheRow(models.Model):
    """A row of Django's database cache, in which sign-in attempts are counted; here so that it migrates like the rest.

    The columns are those of `createcachetable` in django.core.cache.backends.db.
    """

    cache_key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        """The name that settings.CACHES gives."""

        db_table = "workbench_cache"
