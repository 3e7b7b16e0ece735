"""Pages, their chain of revisions, proposals, and imported runs."""

from __future__ import annotations

from django.db import models


class Run(models.Model):
    """An imported run: its report, known by the hash of its manifest."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    report = models.JSONField(help_text="report.json as decoded and checked")
    manifest = models.JSONField()
    uploaded_by = models.ForeignKey("workbench.User", null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField()


class Page(models.Model):
    """An address, and the revision that stands there now."""

    slug = models.SlugField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, db_index=True)
    title = models.CharField(max_length=300)
    head = models.ForeignKey("workbench.Revision", null=True, on_delete=models.PROTECT, related_name="+")


class Revision(models.Model):
    """One dated state of a page; the key is the hash of its content, its parent's hash among it."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="revisions")
    parent = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="child")
    number = models.PositiveIntegerField()
    dossier = models.JSONField(help_text="a core.dossier.Dossier as plain data")
    message = models.TextField()
    author = models.ForeignKey("workbench.User", null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=150)
    reviewer = models.ForeignKey("workbench.User", null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer_name = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(db_index=True)

    class Meta:
        """Numbers count up per page, so a chain cannot fork."""

        constraints = [models.UniqueConstraint(fields=["page", "number"], name="one_chain_per_page")]


class RevisionChange(models.Model):
    """One typed field that a revision changed against its parent."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="changes")
    path = models.CharField(max_length=300, db_index=True)
    action = models.CharField(max_length=10)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    words = models.TextField()


class Proposal(models.Model):
    """A dossier someone proposes; published only by someone else, and kept with its reason if it is not."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        PUBLISHED = "published", "Published"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    slug = models.SlugField(max_length=120)
    base = models.ForeignKey(Revision, null=True, on_delete=models.PROTECT, related_name="+")
    dossier = models.JSONField()
    message = models.TextField()
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="proposals")
    author = models.ForeignKey("workbench.User", null=True, on_delete=models.SET_NULL, related_name="proposals")
    author_name = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, db_index=True)
    reviewer = models.ForeignKey("workbench.User", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True, help_text="why it was rejected or withdrawn")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
