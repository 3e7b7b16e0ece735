"""What search looks in: an index of what stands on every page now, rewritten with each revision."""

from __future__ import annotations

from django.apps import AppConfig
from django.db import connection, models
from django.db.models.signals import post_migrate
from django.dispatch import receiver

FULL_TEXT = "workbench_fulltext"
"""SQLite's FTS5 table; of PostgreSQL's index, the column and the index on it."""

# a tsvector holds 1 MiB of words: a page past that could not be published at all
_WEIGHED = (
    "setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', definition), 'B') "
    "|| to_tsvector('english', left(body, 200000))"
)


class IndexedPage(models.Model):
    """The words of one page."""

    page = models.OneToOneField("workbench.Page", primary_key=True, on_delete=models.CASCADE, related_name="indexed")
    kind = models.CharField(max_length=20, db_index=True)
    title = models.CharField(max_length=300)
    definition = models.TextField()
    jurisdiction = models.CharField(max_length=40, blank=True, db_index=True)
    body = models.TextField()


class IndexedClaim(models.Model):
    """One claim as a page shows it now; a claim that stands on two pages has two rows."""

    page = models.ForeignKey("workbench.Page", on_delete=models.CASCADE, related_name="indexed_claims")
    slug = models.SlugField(max_length=120)
    claim = models.CharField(max_length=200, db_index=True)
    status = models.CharField(max_length=20)
    evidence = models.CharField(max_length=20)
    review = models.CharField(max_length=20)
    verified_on = models.CharField(max_length=10)
    expires_on = models.CharField(max_length=10, blank=True, db_index=True)
    jurisdiction = models.CharField(max_length=40, blank=True)
    data = models.JSONField(help_text="the claim as plain data")

    class Meta:
        """Filters go by status and evidence."""

        indexes = [models.Index(fields=["status", "evidence"], name="claims_by_worth")]
        constraints = [models.UniqueConstraint(fields=["page", "claim"], name="claim_once_on_page")]


@receiver(post_migrate)
def make_full_text(sender: AppConfig, using: str, **_others: object) -> None:
    """Make the full-text table or index once the tables stand; Django has no model for either."""
    if sender.label != "workbench" or using != connection.alias:
        return
    if IndexedPage._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001 - Django's documented name for it
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {FULL_TEXT} USING fts5("
                "title, definition, body, tokenize = 'porter unicode61 remove_diacritics 2')"
            )
        elif connection.vendor == "postgresql":
            # kept beside the text: ranked anew for each search, a word that every page holds would take seconds
            table = IndexedPage._meta.db_table  # noqa: SLF001 - as above
            cursor.execute(
                f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {FULL_TEXT} tsvector "
                f"GENERATED ALWAYS AS ({_WEIGHED}) STORED"
            )
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {FULL_TEXT} ON {table} USING gin ({FULL_TEXT})")
