"""What people watch, what is to be delivered to them, and what was shown to them."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models


class Watch(models.Model):
    """Something someone wants to hear about, and how."""

    class Kind(models.TextChoices):
        """What is watched."""

        PAGE = "page", "a page"
        FIELD = "field", "a field of a page"
        CLAIM = "claim", "a claim"
        SEARCH = "search", "a search"
        CELL = "cell", "what an instrument says on a topic"
        THRESHOLD = "threshold", "a measured number against a bound"
        EXPIRY = "expiry", "claims that expire"

    class Frequency(models.TextChoices):
        """When it is delivered."""

        IMMEDIATE = "immediate", "at once"
        WEEKLY = "weekly", "in a weekly digest"

    user = models.ForeignKey("workbench.User", on_delete=models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    slug = models.SlugField(max_length=120, blank=True, db_index=True, help_text="page, where it is about one")
    target = models.CharField(max_length=300, blank=True, help_text="path, claim id, query, or cell")
    bound = models.JSONField(default=dict, help_text='for a threshold: {"number", "leaves" or "above" or "below"}')
    frequency = models.CharField(max_length=10, choices=Frequency.choices, default=Frequency.IMMEDIATE)
    by_email = models.BooleanField(default=True)
    webhook_url = models.URLField(blank=True, max_length=500)
    webhook_secret = models.CharField(max_length=64, blank=True)
    feed_key = models.CharField(max_length=43, unique=True)
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, help_text="since when it hears nothing; null while it listens")


class Message(models.Model):
    """The outbox: one message to one address, written in the transaction of what it tells of."""

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"

    key = models.CharField(primary_key=True, max_length=64, help_text="hash of event, watch and channel: idempotent")
    watch = models.ForeignKey(Watch, null=True, on_delete=models.SET_NULL, related_name="messages")
    user = models.ForeignKey("workbench.User", on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=10, help_text="email, webhook or digest")
    address = models.CharField(max_length=500)
    payload = models.JSONField(help_text="frozen: every attempt sends the same")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        """Due messages are found by state and time."""

        indexes = [models.Index(fields=["state", "next_at"], name="due")]

    @property
    def shown_address(self) -> str:
        """Give the address as staff may see it: of a webhook the host only, for the rest of it can open a channel."""
        return f"webhook at {urlsplit(self.address).hostname}" if self.channel == "webhook" else self.address


class Notice(models.Model):
    """An alert shown in the workbench and in feeds; one per watch and event."""

    key = models.CharField(primary_key=True, max_length=64)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey("workbench.User", on_delete=models.CASCADE, related_name="notices")
    revision = models.ForeignKey("workbench.Revision", null=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=300)
    words = models.TextField()
    at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField(null=True)
    digested_at = models.DateTimeField(
        null=True, help_text="when its digest was written, or it was told at once; null while it waits"
    )
