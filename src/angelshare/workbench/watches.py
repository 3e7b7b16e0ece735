"""Watches: who is to hear of a revision, of a claim that expires, and how a watch is made."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from angelshare.core.dossier import Change, Dossier
from angelshare.core.errors import WatchError
from angelshare.core.strict import convert
from angelshare.workbench.models import Page, Revision, User, Watch
from angelshare.workbench.outbox import Event, event_of, tell
from angelshare.workbench.watch_match import bound_words, lines_for
from angelshare.workbench.watch_target import heard_at

UPHELD = ("measured", "reported", "disputed")
"""Claims that can expire; one superseded or withdrawn is no longer upheld."""
MOST_WATCHES = 500
"""Of one person."""


def fire(revision: Revision, changes: Sequence[Change], *, before: Dossier | None, after: Dossier) -> int:
    """Write the notices and messages of every watch a revision concerns; runs in the revision's own transaction."""
    watching = listening().filter(Q(slug=after.slug) | Q(slug="")).select_related("user")
    told = 0
    for watch in watching.exclude(kind=Watch.Kind.EXPIRY).order_by("pk").iterator():
        if lines := lines_for(watch, changes, before=before, after=after):
            tell(event_of(revision, lines), watch)
            told += 1
    return told


def expire(now: datetime) -> int:
    """Tell watchers of claims that expired by `now`, once per claim and date; gives how many alerts stood due."""
    watching = list(listening().filter(kind=Watch.Kind.EXPIRY).select_related("user"))
    if not watching:
        return 0
    told = 0
    with transaction.atomic():
        for event, claim in _expired(now):
            for watch in watching:
                if watch.slug in ("", event.slug) and watch.target in ("", claim):
                    tell(event, watch)
                    told += 1
    return told


def listening() -> QuerySet[Watch]:
    """Give the watches that hear of things: not paused, and of people who can still sign in."""
    return Watch.objects.filter(paused_at__isnull=True, user__is_active=True)


def _expired(now: datetime) -> Iterator[tuple[Event, str]]:
    today = now.astimezone(UTC).date().isoformat()
    for page in Page.objects.filter(head__isnull=False).select_related("head").order_by("slug").iterator():
        if page.head is None:
            continue
        dossier = convert(page.head.dossier, Dossier, f"page {page.slug}")
        for claim in dossier.claims:
            if claim.status in UPHELD and claim.expires_on and claim.expires_on < today:
                yield (
                    Event(
                        id=f"expiry/{page.slug}/{claim.id}/{claim.expires_on}",
                        title=f"{page.title}: a claim expired",
                        lines=[f"claim {claim.id} was to be looked at again by {claim.expires_on}: {claim.statement}"],
                        slug=page.slug,
                        at=now,
                        more={"claim": claim.id, "expired_on": claim.expires_on},
                    ),
                    claim.id,
                )


def watch_for(
    user: User,
    kind: str,
    *,
    slug: str = "",
    target: str = "",
    bound: Mapping[str, object] | None = None,
    weekly: bool = False,
    by_email: bool = True,
    webhook_url: str = "",
    now: datetime,
) -> Watch:
    """Make a watch; a webhook gets a secret of its own. Raises WatchError when it could never fire."""
    if kind not in Watch.Kind.values:
        raise WatchError(f"no kind of watch is called '{kind}'; valid: {', '.join(Watch.Kind.values)}")
    target = heard_at(kind, slug, target)
    if user.watches.count() >= MOST_WATCHES:
        raise WatchError(f"you have {MOST_WATCHES} watches; stop one first")
    kept = dict(bound or {})
    if kind == Watch.Kind.THRESHOLD:
        refuse_bound(kept)
    return Watch.objects.create(
        user=user,
        kind=kind,
        slug=slug,
        target=target,
        bound=kept,
        frequency=Watch.Frequency.WEEKLY if weekly else Watch.Frequency.IMMEDIATE,
        by_email=by_email,
        webhook_url=webhook_url,
        webhook_secret=secrets.token_hex(32) if webhook_url else "",
        feed_key=secrets.token_urlsafe(32),
        created_at=now,
    )


def refuse_bound(bound: Mapping[str, object]) -> None:
    """Raise WatchError for a bound that no number could cross."""
    sides = [key for key in ("above", "below", "leaves") if key in bound]
    line = bound[sides[0]] if len(sides) == 1 else None
    lines = line if isinstance(line, list) else [line]
    numbers = [x for x in lines if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]
    if not lines or len(numbers) != len(lines) or bound_words(bound) == "past no bound":
        raise WatchError("a threshold needs one of above, below or leaves, each with a number (leaves: one or two)")
    if len(numbers) == 2 and numbers[0] >= numbers[1]:  # noqa: PLR2004 - the two ends of a range
        raise WatchError(f"the range {numbers[0]:g} to {numbers[1]:g} is empty; put the lower end first")
