"""The outbox: notices and messages written with what they tell of, claimed, retried, and never lost."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.db import connection, transaction

from angelshare.core.record import record
from angelshare.workbench.models import Message, Notice, Revision, User, Watch

MOST_ATTEMPTS = 12
"""After as many a message is given up and shown to its owner and to staff; about 15 hours after the first."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 6 * 3600.0
MOST_LINES = 40
"""Changes told in one message; the page has the rest."""
ADDRESS = "ANGELSHARE_ADDRESS"
"""Environment variable in which a running server tells its processes where it answers; people do not set it."""
LOCAL = "http://127.0.0.1:8000"
"""Where a workbench is read that nobody has served yet."""


@record
class Event:
    """Something a watch fired on."""

    id: str
    """What happened, uniquely: a revision's hash, or "expiry/PAGE/CLAIM/DATE"."""

    title: str
    """In a line."""

    lines: Sequence[str]
    """What changed, in words."""

    slug: str
    """The page it happened on."""

    at: datetime
    """When, in UTC."""

    revision: str | None = None
    """Hash of the revision it came with."""

    more: Mapping[str, str] = field(default_factory=dict)
    """What else a webhook is told."""


def key_of(*what: str) -> str:
    """Hash what makes a notice or message the same one: an event, a watch, a channel."""
    return hashlib.sha256("\n".join(what).encode()).hexdigest()


def link(path: str) -> str:
    """Make an address of the workbench absolute."""
    origin: str = getattr(settings, "ORIGIN", "") or os.environ.get(ADDRESS, "") or LOCAL
    return f"{origin.rstrip('/')}{path}"


def tell(event: Event, watch: Watch) -> None:
    """Write the notice of an event and, for an immediate watch, its messages; a second call changes nothing."""
    lines = list(event.lines[:MOST_LINES])
    if len(event.lines) > MOST_LINES:
        lines.append(f"and {len(event.lines) - MOST_LINES} more changes")
    notice = Notice(
        key=key_of(event.id, str(watch.pk)),
        watch=watch,
        user_id=watch.user_id,
        revision_id=event.revision,
        title=event.title[:300],
        words="\n".join(lines),
        at=event.at,
        # told at once, it needs no digest, whatever its watch is changed to; the digest takes what is null here
        digested_at=event.at if watch.frequency == Watch.Frequency.IMMEDIATE else None,
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    if watch.frequency == Watch.Frequency.IMMEDIATE:
        put(_messages(event, watch, lines))


def put(messages: Sequence[Message]) -> None:
    """Add messages to the outbox; one whose key is there already is the same message and stays as it is."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def message(key: str, *, channel: str, watch: Watch | None, user: User, address: str, at: datetime) -> Message:
    """Make a message that is due at once; its payload is still to be set, once."""
    return Message(
        key=key, watch=watch, user=user, channel=channel, address=address, payload={}, next_at=at, created_at=at
    )


def _messages(event: Event, watch: Watch, lines: Sequence[str]) -> Sequence[Message]:
    made = []
    where = link(f"/{event.slug}/")
    if watch.by_email and watch.user.email:
        letter = _message(event, watch, "email", watch.user.email)
        letter.payload = {"subject": event.title, "body": "\n".join([*lines, "", where])}
        made.append(letter)
    if watch.webhook_url:
        call = _message(event, watch, "webhook", watch.webhook_url)
        call.payload = {
            "text": "\n".join([event.title, *lines, where]),
            "event": event.id,
            "page": where,
            "revision": event.revision,
            "at": event.at.isoformat(),
            "title": event.title,
            "changes": list(lines),
            **event.more,
        }
        made.append(call)
    return made


def _message(event: Event, watch: Watch, channel: str, address: str) -> Message:
    key = key_of(event.id, str(watch.pk), channel)
    return message(key, channel=channel, watch=watch, user=watch.user, address=address, at=event.at)


def claim(now: datetime, *, most: int, lease_seconds: float) -> Sequence[Message]:
    """Take due messages for delivery: counted as an attempt, and out of others' sight until the lease ends.

    A deliverer that dies leaves nothing behind but the lease: when it ends, the message is due again.
    """
    with transaction.atomic():
        due = Message.objects.filter(state=Message.State.PENDING, next_at__lte=now).order_by("next_at", "key")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        taken = list(due[:most])
        for one in taken:
            one.attempts += 1
            one.next_at = now + timedelta(seconds=lease_seconds)
        Message.objects.bulk_update(taken, ["attempts", "next_at"])
    return taken


def mark_sent(sent: Message, now: datetime) -> None:
    """Note that a message arrived, even if its lease had ended meanwhile: what arrived has arrived."""
    done = Message.objects.filter(key=sent.key).exclude(state=Message.State.SENT)
    done.update(state=Message.State.SENT, sent_at=now, error="")


def mark_failed(failed: Message, why: str, now: datetime, *, rng: Random, final: bool = False) -> None:
    """Note why an attempt failed, and when to try again; `final` gives up at once."""
    # only this attempt's own claim: another deliverer may have taken it since
    held = Message.objects.filter(key=failed.key, state=Message.State.PENDING, attempts=failed.attempts)
    if final or failed.attempts >= MOST_ATTEMPTS:
        held.update(state=Message.State.DEAD, error=why)
    else:
        held.update(next_at=now + timedelta(seconds=pause_seconds(failed.attempts, rng)), error=why)


def pause_seconds(attempts: int, rng: Random) -> float:
    """Say how long to wait after so many attempts: doubling, capped, and spread over its upper half by chance."""
    whole = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempts - 1))
    return whole * rng.uniform(0.5, 1.0)


def revive(dead: Message, now: datetime) -> None:
    """Give a message that was given up its attempts back."""
    held = Message.objects.filter(key=dead.key, state=Message.State.DEAD)
    held.update(state=Message.State.PENDING, attempts=0, next_at=now, error="")


def event_of(revision: Revision, lines: Sequence[str]) -> Event:
    """Tell of a revision what one watch is to hear."""
    return Event(
        id=revision.sha256,
        title=f"{revision.page.title}: revision {revision.number}",
        lines=lines,
        slug=revision.page.slug,
        at=revision.published_at,
        revision=revision.sha256,
        more={"message": revision.message},
    )
